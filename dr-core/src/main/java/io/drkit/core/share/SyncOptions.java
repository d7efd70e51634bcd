package io.drkit.core.share;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a synchronisation does. Immutable. Defaults: the whole tree; whatever differs is copied; nothing that the source lacks is
 * deleted; an empty or missing source is refused; 8 files at once; 4 attempts for a file; no manifest.
 *
 * <pre>{@code
 * SyncOptions options = SyncOptions.builder()
 *         .subTrees("web/repository", "recovery", "reprocessing")
 *         .exclude("*.tmp", "web/repository/cache")
 *         .deleteExtraneous(DeleteGuard.defaults())
 *         .build();
 * }</pre>
 */
public final class SyncOptions {
    private static final SyncOptions DEFAULTS = builder().build();

    private final CompareMode compare;
    private final boolean deletes;
    private final DeleteGuard guard;
    private final List<TreePath> subTrees;
    private final List<String> includes;
    private final List<String> excludes;
    private final PathFilter filter;
    private final int concurrency;
    private final int attempts;
    private final boolean anyMayBeEmpty;
    private final List<TreePath> mayBeEmpty;
    private final Optional<Path> manifest;

    private SyncOptions(Builder builder) {
        compare = builder.compare;
        deletes = builder.deletes;
        guard = builder.guard;
        subTrees = builder.subTrees.isEmpty() ? List.of(TreePath.ROOT) : List.copyOf(builder.subTrees);
        includes = List.copyOf(builder.includes);
        excludes = List.copyOf(builder.excludes);
        filter = new PathFilter(includes, excludes);
        concurrency = builder.concurrency;
        attempts = builder.attempts;
        anyMayBeEmpty = builder.anyMayBeEmpty;
        mayBeEmpty = List.copyOf(builder.mayBeEmpty);
        manifest = builder.manifest;
    }

    /** The defaults above. */
    public static SyncOptions defaults() {
        return DEFAULTS;
    }

    /** Starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Starts from this one. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.compare = compare;
        builder.deletes = deletes;
        builder.guard = guard;
        builder.subTrees = subTrees.equals(List.of(TreePath.ROOT)) ? List.of() : subTrees;
        builder.includes.addAll(includes);
        builder.excludes.addAll(excludes);
        builder.concurrency = concurrency;
        builder.attempts = attempts;
        builder.anyMayBeEmpty = anyMayBeEmpty;
        builder.mayBeEmpty.addAll(mayBeEmpty);
        builder.manifest = manifest;
        return builder;
    }

    public CompareMode compare() {
        return compare;
    }

    /** Whether what the source lacks is deleted from the target. */
    public boolean deletes() {
        return deletes;
    }

    /** The limit on removals. */
    public DeleteGuard guard() {
        return guard;
    }

    /** The sub-trees that are synchronised; the root alone for the whole tree. */
    public List<TreePath> subTrees() {
        return subTrees;
    }

    /** How many files and directories are worked on at once. */
    public int concurrency() {
        return concurrency;
    }

    /** How often a file is tried whose copy failed, or that changed while it was copied. */
    public int attempts() {
        return attempts;
    }

    Optional<Path> manifest() {
        return manifest;
    }

    boolean mayBeEmpty(TreePath subTree) {
        return anyMayBeEmpty || mayBeEmpty.contains(subTree);
    }

    PathFilter filter() {
        return filter;
    }

    /** In words, the same for equal options: part of what an action says it will do. */
    @Override
    public String toString() {
        StringBuilder words = new StringBuilder();
        words.append(
                switch (compare) {
                    case DIFFERS -> "whatever differs";
                    case NEWER_WINS -> "newer wins";
                    case CONTENT -> "by content";
                });
        if (!subTrees.equals(List.of(TreePath.ROOT))) {
            words.append(", only ").append(subTrees);
        }
        if (!includes.isEmpty()) {
            words.append(", including ").append(includes);
        }
        if (!excludes.isEmpty()) {
            words.append(", excluding ").append(excludes);
        }
        words.append(deletes ? ", deleting what the source lacks" : ", deleting nothing");
        words.append(", guard ")
                .append(guard.atLeast())
                .append(" or ")
                .append(guard.share() * 100)
                .append(" %");
        if (anyMayBeEmpty) {
            words.append(", the source may be empty");
        } else if (!mayBeEmpty.isEmpty()) {
            words.append(", may be empty: ").append(mayBeEmpty);
        }
        return words.toString();
    }

    /** Builds options; a bad value throws {@link IllegalArgumentException} at once. Not thread-safe. */
    public static final class Builder {
        private CompareMode compare = CompareMode.DIFFERS;
        private boolean deletes;
        private DeleteGuard guard = DeleteGuard.defaults();
        private List<TreePath> subTrees = List.of();
        private final List<String> includes = new ArrayList<>();
        private final List<String> excludes = new ArrayList<>();
        private int concurrency = 8;
        private int attempts = 4;
        private boolean anyMayBeEmpty;
        private final List<TreePath> mayBeEmpty = new ArrayList<>();
        private Optional<Path> manifest = Optional.empty();

        private Builder() {}

        /** When a file that both sides have is copied. */
        public Builder compare(CompareMode mode) {
            this.compare = Objects.requireNonNull(mode, "mode");
            return this;
        }

        /**
         * Deletes from the target what the source lacks: after all copies, only in directories that were listed completely on
         * both sides, and nothing at all when the guard refuses or when something new in the source could not be brought over.
         */
        public Builder deleteExtraneous(DeleteGuard guard) {
            this.deletes = true;
            this.guard = Objects.requireNonNull(guard, "guard");
            return this;
        }

        /** Synchronises only these sub-trees, at the same paths on both sides; none may lie within another. */
        public Builder subTrees(String... paths) {
            if (paths.length == 0) {
                throw new IllegalArgumentException("name at least one sub-tree");
            }
            List<TreePath> trees = new ArrayList<>();
            for (String path : paths) {
                trees.add(TreePath.of(path));
            }
            this.subTrees = trees;
            return this;
        }

        /**
         * Only files that match one of the globs; may be called more than once. {@code *} and {@code ?} do not match a slash,
         * {@code **} does; a backslash takes the next character literally. A glob without a slash is matched against names at any
         * depth, one with a slash against the whole path from the root of the tree. Directories are walked and made in any case.
         */
        public Builder include(String... globs) {
            return add(includes, globs);
        }

        /**
         * Leaves out what matches one of the globs (see {@link #include}), with all below it: an excluded directory is not even
         * listed, and what is excluded is never deleted from the target. Stronger than any inclusion.
         */
        public Builder exclude(String... globs) {
            return add(excludes, globs);
        }

        /** From 1 to 256. */
        public Builder concurrency(int concurrency) {
            if (concurrency < 1 || concurrency > 256) {
                throw new IllegalArgumentException("concurrency is from 1 to 256, not " + concurrency);
            }
            this.concurrency = concurrency;
            return this;
        }

        /** From 1 to 100: for a listing or a copy that failed with a retryable error, and for a file that changed meanwhile. */
        public Builder attempts(int attempts) {
            if (attempts < 1 || attempts > 100) {
                throw new IllegalArgumentException("attempts are from 1 to 100, not " + attempts);
            }
            this.attempts = attempts;
            return this;
        }

        /**
         * Takes an empty or missing source for what it seems to be, instead of refusing it: for the sub-trees named, which are
         * among those of {@link #subTrees}, or for everything when none is named.
         */
        public Builder allowEmptySource(String... subTrees) {
            if (subTrees.length == 0) {
                anyMayBeEmpty = true;
            }
            for (String path : subTrees) {
                mayBeEmpty.add(TreePath.of(path));
            }
            return this;
        }

        /**
         * Appends a line of JSON to this file for everything that is done to the target. Keep it outside both trees. The file is
         * made when it does not exist; several runs may follow one another in it.
         */
        public Builder manifest(Path file) {
            this.manifest = Optional.of(file);
            return this;
        }

        /**
         * The options.
         *
         * @throws IllegalStateException when sub-trees overlap, or one that may be empty is not among the sub-trees
         */
        public SyncOptions build() {
            for (int i = 0; i < subTrees.size(); i++) {
                for (int j = 0; j < subTrees.size(); j++) {
                    if (i != j && subTrees.get(i).startsWith(subTrees.get(j))) {
                        throw new IllegalStateException(
                                "The sub-trees overlap: " + subTrees.get(i) + " lies within " + subTrees.get(j));
                    }
                }
            }
            for (TreePath tree : mayBeEmpty) {
                if (!subTrees.contains(tree) && !(subTrees.isEmpty() && tree.isRoot())) {
                    throw new IllegalStateException("May be empty, but is not among the sub-trees: " + tree);
                }
            }
            return new SyncOptions(this);
        }

        private Builder add(List<String> globs, String... more) {
            for (String glob : more) {
                PathFilter.compile(glob);
                globs.add(glob);
            }
            return this;
        }
    }
}
