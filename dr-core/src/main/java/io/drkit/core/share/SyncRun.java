package io.drkit.core.share;

import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Progress;
import io.drkit.core.time.Clockwork;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One walk over two trees: for a preview, for a verification, or to make the target like the source. Used once, by one thread,
 * which it lends workers.
 *
 * <p>The order of things when it acts: walk and copy; then, when the guard allows and all new content has arrived, put right what
 * changed its type and delete what is extraneous; then the properties of directories, from the leaves up.
 */
final class SyncRun {
    enum Purpose {
        PREVIEW,
        VERIFY,
        SYNC
    }

    /** What the run needs from whoever asked for it. */
    interface Host {
        /** Throws when nothing may be changed any more. */
        void requireAuthority();

        /** The fencing token that the target is claimed under. */
        Epoch epoch();

        void progress(Progress progress);
    }

    /** The sizes that bound memory. */
    record Limits(int window, int queue, @Nullable Path spillDirectory) {}

    private static final Logger log = LoggerFactory.getLogger(SyncRun.class);
    private static final long REPORT_BYTES = 8L << 20;

    private final Clockwork clockwork;
    private final FileTree source;
    private final FileTree target;
    private final SyncOptions options;
    private final Purpose purpose;
    private final Host host;
    private final Limits limits;
    private final Optional<SyncTotals> expected;

    private final PathFilter filter;
    private final Set<String> attributes;
    private final Duration resolution;
    private final Tally tally = new Tally();
    private final WorkPool pool;
    private final EntrySpool extraneous;
    private final EntrySpool changedType;
    private final EntrySpool directoryProperties;
    private final AtomicLong unreportedBytes = new AtomicLong();
    private final AtomicLong compared = new AtomicLong();
    private final AtomicLong deletesTried = new AtomicLong();
    private volatile long deletesPlanned;
    /** How much that the source has and the target lacks could not be brought over. */
    private final AtomicLong missing = new AtomicLong();
    /** Extraneous directories that stay, as something in them is to stay. */
    private final Set<TreePath> staying = ConcurrentHashMap.newKeySet();

    private SyncManifest manifest;
    private @Nullable FileTreeWriter claimed;

    SyncRun(
            Clockwork clockwork,
            FileTree source,
            FileTree target,
            SyncOptions options,
            Purpose purpose,
            Host host,
            Limits limits,
            Optional<SyncTotals> expected) {
        this.clockwork = clockwork;
        this.source = source;
        this.target = target;
        this.options = options;
        this.purpose = purpose;
        this.host = host;
        this.limits = limits;
        this.expected = expected;
        this.filter = options.filter();
        this.attributes = source.attributes().stream()
                .filter(target.attributes()::contains)
                .collect(Collectors.toUnmodifiableSet());
        this.resolution = longer(source.timeResolution(), target.timeResolution());
        this.pool =
                new WorkPool(clockwork, purpose.name().toLowerCase(Locale.ROOT), options.concurrency(), limits.queue);
        this.extraneous = new EntrySpool(limits.spillDirectory);
        this.changedType = new EntrySpool(limits.spillDirectory);
        this.directoryProperties = new EntrySpool(limits.spillDirectory);
        this.manifest = SyncManifest.none(clockwork);
    }

    SyncResult run() throws InterruptedException {
        Instant asOf = source.asOf().orElseGet(clockwork::now);
        long began = clockwork.nanoTime();
        refuseOverlap();
        FileEntry sourceRoot = root(source, "source");
        FileEntry targetRoot = root(target, "target");
        List<SubTree> subTrees = new ArrayList<>();
        for (TreePath path : options.subTrees()) {
            subTrees.add(subTree(path));
        }
        DeleteGuard.Verdict verdict;
        try {
            Roots roots = new Roots(sourceRoot, targetRoot, subTrees);
            verdict = purpose == Purpose.SYNC ? act(roots) : look(roots);
        } finally {
            extraneous.close();
            changedType.close();
            directoryProperties.close();
        }
        SyncFindings findings = tally.findings();
        return new SyncResult(
                SyncResult.stateOf(findings),
                asOf,
                Duration.ofNanos(clockwork.nanoTime() - began),
                tally.totals(),
                verdict,
                findings);
    }

    // ---- before anything is touched

    private void refuseOverlap() {
        if (source.overlaps(target) || target.overlaps(source)) {
            throw new BlockedException(
                    "share.overlap",
                    Problem.expected("two trees that have nothing in common")
                            .found(source.describe() + " and " + target.describe()
                                    + ", which are the same or lie within one another")
                            .remedy("name two separate trees"));
        }
    }

    private static FileEntry root(FileTree tree, String side) throws InterruptedException {
        Optional<FileEntry> root = tree.stat(TreePath.ROOT);
        if (root.isEmpty() || !root.get().isDirectory()) {
            throw new BlockedException(
                    "share." + side + "-missing",
                    Problem.expected("the " + side + ", " + tree.describe())
                            .found(root.isEmpty() ? "that it does not exist" : "no directory there")
                            .remedy("mount or create it, or correct its name; nothing was touched"));
        }
        return root.get();
    }

    private SubTree subTree(TreePath path) throws InterruptedException {
        Optional<FileEntry> here = directoryAt(source, path, "source");
        boolean inTarget = directoryAt(target, path, "target").isPresent();
        if (!options.mayBeEmpty(path) && (here.isEmpty() || isEmpty(path))) {
            throw new BlockedException(
                    here.isEmpty() ? "share.source-missing" : "share.source-empty",
                    Problem.expected("something in " + path + " of the source, " + source.describe())
                            .found(here.isEmpty() ? "that it does not exist" : "that it is empty")
                            .remedy("see whether the source is mounted and whole; if that is how it should be, "
                                    + "allow it with allowEmptySource; nothing was touched"));
        }
        return new SubTree(path, here, inTarget);
    }

    /** Every directory on the way is looked at, since a link among them would lead out of the tree. */
    private static Optional<FileEntry> directoryAt(FileTree tree, TreePath path, String side)
            throws InterruptedException {
        List<TreePath> way = new ArrayList<>();
        for (Optional<TreePath> step = Optional.of(path);
                step.isPresent();
                step = step.get().parent()) {
            way.add(0, step.get());
        }
        Optional<FileEntry> entry = Optional.empty();
        for (TreePath step : way) {
            entry = tree.stat(step);
            if (entry.isEmpty()) {
                return entry;
            }
            if (!entry.get().isDirectory()) {
                throw new BlockedException(
                        "share." + side + "-no-directory",
                        Problem.expected("the sub-tree " + path + " to be a directory in " + tree.describe())
                                .found(entry.get().type() + " at " + step)
                                .remedy("name a sub-tree that is a directory and is reached through no link; "
                                        + "nothing was touched"));
            }
        }
        return entry;
    }

    private boolean isEmpty(TreePath directory) throws InterruptedException {
        try (FileTree.Listing listing = source.list(directory)) {
            while (true) {
                FileTree.Page page = listing.next();
                for (FileEntry entry : page.entries()) {
                    if (!reserved(entry)) {
                        return false;
                    }
                }
                if (page.last()) {
                    return true;
                }
            }
        }
    }

    // ---- the phases

    private DeleteGuard.Verdict look(Roots roots) throws InterruptedException {
        walk(roots.subTrees);
        areStillThere(roots);
        DeleteGuard.Verdict verdict = judge();
        if (purpose == Purpose.VERIFY) {
            extraneous.forEach(entry -> {
                if (goes(entry)) {
                    found(SyncFinding.Kind.EXTRA, entry.path(), "the source does not have it");
                }
            });
        }
        if (purpose == Purpose.PREVIEW) {
            tally.deleted.add(doomed());
            tally.replaced.add(tally.inTheWay.sum());
            refusedBy(verdict);
        }
        return verdict;
    }

    private DeleteGuard.Verdict act(Roots roots) throws InterruptedException {
        Claim claim = Claim.of(clockwork.newId(), host.epoch());
        refuseManifestWithin(source);
        refuseManifestWithin(target);
        host.requireAuthority();
        Throwable failed = null;
        FileTreeWriter writer = target.claim(claim);
        try {
            claimed = writer;
            if (options.manifest().isPresent()) {
                manifest = SyncManifest.appendingTo(options.manifest().get(), clockwork, claim.run());
            }
            manifest.run("begin", source.describe() + " to " + target.describe() + ", " + options);
            walk(roots.subTrees);
            boolean stillThere = areStillThere(roots);
            DeleteGuard.Verdict verdict = judge();
            if (verdict.doomed() > 0 && stillThere && !refusedBy(verdict) && allHasArrived()) {
                settleTypes();
                if (allHasArrived()) {
                    deleteExtraneous();
                }
            }
            finishDirectories();
            manifest.run("end", tally.totals().line());
            return verdict;
        } catch (InterruptedException | RuntimeException | Error e) {
            failed = e;
            throw e;
        } finally {
            close(writer, failed);
        }
    }

    private void close(FileTreeWriter writer, @Nullable Throwable failed) {
        RuntimeException late = null;
        try {
            manifest.close();
        } catch (RuntimeException e) {
            late = e;
        }
        try {
            // A worker that is still inside a call may yet write: then the claim is kept until the process ends.
            if (!pool.abandoned()) {
                writer.close();
            }
        } catch (RuntimeException e) {
            late = e;
        }
        if (late != null) {
            if (failed == null) {
                throw late;
            }
            failed.addSuppressed(late);
        }
    }

    private void walk(List<SubTree> subTrees) throws InterruptedException {
        pool.drain(batch -> {
            for (SubTree tree : subTrees) {
                if (!tree.inTarget && tree.inSource.isPresent()) {
                    makeWayTo(tree.path);
                }
                batch.submit(() -> directory(batch, tree.path, tree.inSource.isPresent(), tree.inTarget));
            }
        });
    }

    private void makeWayTo(TreePath path) throws InterruptedException {
        List<TreePath> way = new ArrayList<>();
        for (Optional<TreePath> step = Optional.of(path);
                step.isPresent();
                step = step.get().parent()) {
            way.add(0, step.get());
        }
        for (TreePath step : way) {
            if (step.isRoot() || target.stat(step).isPresent()) {
                continue;
            }
            FileEntry directory = source.stat(step)
                    .orElseThrow(() -> new NotFoundException(
                            "share.source-missing",
                            Problem.expected(step + " in the source, " + source.describe())
                                    .found("that it has just disappeared")
                                    .remedy("see what removes it, and synchronise again")));
            makeDirectory(directory);
        }
    }

    private void refuseManifestWithin(FileTree tree) {
        if (tree instanceof LocalFileTree local
                && options.manifest().filter(local::holds).isPresent()) {
            throw new BlockedException(
                    "share.manifest-within",
                    Problem.expected("the manifest outside both trees")
                            .found(options.manifest().get() + " in " + tree.describe()
                                    + ", where it would be copied or deleted as any other file")
                            .remedy("name a place outside; nothing was touched"));
        }
    }

    private DeleteGuard.Verdict judge() {
        long doomed = doomed() + tally.inTheWay.sum();
        return options.guard().judge(doomed, tally.targetEntries.sum());
    }

    /** How many extraneous entries are to go. */
    private long doomed() {
        return options.deletes() ? extraneous.size() - staying.size() : 0;
    }

    private boolean goes(FileEntry extraneousEntry) {
        return !extraneousEntry.isDirectory() || !staying.contains(extraneousEntry.path());
    }

    private boolean refusedBy(DeleteGuard.Verdict verdict) {
        if (verdict.allowed()) {
            return false;
        }
        found(SyncFinding.Kind.REMOVALS_REFUSED, TreePath.ROOT, verdict.line());
        return true;
    }

    /**
     * What a new name holds may be what an old name held: while it has not arrived, what the old name holds is the only copy.
     */
    private boolean allHasArrived() {
        long lacking = missing.getAndSet(0);
        if (lacking > 0) {
            found(
                    SyncFinding.Kind.REMOVALS_REFUSED,
                    TreePath.ROOT,
                    lacking + " new files or directories could not be brought over, and what would be removed may be an"
                            + " only copy of them, under an older name");
        }
        return lacking == 0;
    }

    /**
     * A source that was unmounted or renamed in mid-run would make everything look deleted, and what was written to a target that
     * went away is in no target.
     */
    private boolean areStillThere(Roots roots) throws InterruptedException {
        // each is looked at, for each is told
        boolean sourceThere = isStillThere("source", source, roots.source, roots.subTrees);
        boolean targetThere = isStillThere("target", target, roots.target, List.of());
        return sourceThere && targetThere;
    }

    private boolean isStillThere(String side, FileTree tree, FileEntry root, List<SubTree> subTrees)
            throws InterruptedException {
        try {
            AtomicBoolean same = new AtomicBoolean();
            retrying(() -> {
                boolean all = sameDirectory(Optional.of(root), tree.stat(TreePath.ROOT));
                for (SubTree subTree : subTrees) {
                    all &= sameDirectory(subTree.inSource, tree.stat(subTree.path));
                }
                same.set(all);
            });
            if (!same.get()) {
                found(
                        SyncFinding.Kind.FAILED,
                        TreePath.ROOT,
                        "the " + side + ", " + tree.describe() + ", was replaced or went away during the run");
            }
            return same.get();
        } catch (RuntimeException e) {
            failed(TreePath.ROOT, "the " + side + " could not be looked at once more", e);
            return false;
        }
    }

    private static boolean sameDirectory(Optional<FileEntry> before, Optional<FileEntry> now) {
        if (before.isEmpty() || now.isEmpty()) {
            return before.isEmpty() && now.isEmpty();
        }
        return now.get().isDirectory()
                && before.get().version().equals(now.get().version());
    }

    private void deleteExtraneous() throws InterruptedException {
        if (!options.deletes()) {
            return;
        }
        deletesPlanned = doomed();
        pool.drain(batch -> extraneous.forEach(entry -> {
            if (!entry.isDirectory()) {
                batch.submit(() -> deleteAndReport(entry));
            }
        }));
        // Each directory was noted before what it holds: backwards, children come first.
        extraneous.forEachReversed(entry -> {
            if (entry.isDirectory() && goes(entry) && !pool.stopped()) {
                deleteAndReport(entry);
            }
        });
    }

    private void settleTypes() throws InterruptedException {
        pool.drain(batch -> changedType.forEach(entry -> batch.submit(() -> settleType(batch, entry))));
    }

    private void finishDirectories() throws InterruptedException {
        directoryProperties.forEachReversed(entry -> {
            if (authority()) {
                perform(entry.path(), "its properties could not be set", () -> {
                    writer().setProperties(held(entry));
                    noted("properties", entry);
                });
            }
        });
        // nothing is left to do: it throws when the authority was lost on the way
        pool.drain(batch -> {});
    }

    // ---- the walk

    private void directory(WorkPool.Batch batch, TreePath path, boolean inSource, boolean inTarget)
            throws InterruptedException {
        directory(batch, path, inSource, inTarget, null);
    }

    private void directory(
            WorkPool.Batch batch, TreePath path, boolean inSource, boolean inTarget, @Nullable Extraneous within)
            throws InterruptedException {
        try (SortedListing from = listing(source, path, inSource);
                SortedListing to = listing(target, path, inTarget)) {
            boolean wholeSource = whole(from, source, path);
            boolean wholeTarget = whole(to, target, path);
            boolean removable = wholeSource && wholeTarget;
            FileEntry a = from.next();
            FileEntry b = to.next();
            while ((a != null || b != null) && !pool.stopped()) {
                int order = a == null ? 1 : b == null ? -1 : a.name().compareTo(b.name());
                if (order < 0) {
                    both(batch, Objects.requireNonNull(a), null, wholeTarget);
                    a = from.next();
                } else if (order > 0) {
                    targetOnly(batch, Objects.requireNonNull(b), removable, wholeSource, within);
                    b = to.next();
                } else {
                    both(batch, Objects.requireNonNull(a), b, true);
                    a = from.next();
                    b = to.next();
                }
            }
            long count = compared.addAndGet(from.seen() + to.seen());
            report(Progress.openEnded("comparing", count, "entries"));
        }
    }

    private SortedListing listing(FileTree tree, TreePath path, boolean exists) throws InterruptedException {
        if (!exists) {
            return SortedListing.none();
        }
        for (int attempt = 1; ; attempt++) {
            SortedListing listing = SortedListing.of(tree, path, limits.window, limits.spillDirectory);
            if (listing.complete() || !listing.worthAnotherTry() || attempt >= options.attempts() || pool.stopped()) {
                return listing;
            }
            listing.close();
            backOff(attempt);
        }
    }

    private boolean whole(SortedListing listing, FileTree tree, TreePath path) throws InterruptedException {
        RuntimeException failure = listing.failure();
        if (failure == null) {
            return true;
        }
        if (tree == source && failure instanceof NotFoundException && isGone(path)) {
            found(SyncFinding.Kind.VANISHED, path, "the directory disappeared from the source during the run");
        } else {
            String side = tree == source ? "source" : "target";
            found(
                    SyncFinding.Kind.INCOMPLETE_DIRECTORY,
                    path,
                    "not all of it could be listed in the " + side + ": " + message(failure));
        }
        return false;
    }

    private boolean isGone(TreePath path) throws InterruptedException {
        try {
            return source.stat(path).isEmpty();
        } catch (RuntimeException e) {
            return false;
        }
    }

    private void targetOnly(
            WorkPool.Batch batch, FileEntry there, boolean removable, boolean wholeSource, @Nullable Extraneous within)
            throws InterruptedException {
        if (reserved(there)) {
            if (!sweep(there) && within != null && purpose == Purpose.SYNC && options.deletes()) {
                found(
                        SyncFinding.Kind.FAILED,
                        there.path(),
                        "its directory is to go, and this is no run's to remove: remove it by hand if nothing uses it");
                stays(within);
            }
            return;
        }
        if (filter.excluded(there.path())) {
            stays(within);
            return;
        }
        boolean wanted = filter.included(there.path());
        if (wanted) {
            tally.targetEntries.increment();
        } else {
            stays(within);
        }
        if (!wholeSource) {
            // nobody knows whether the source has it
            return;
        }
        if (wanted && options.deletes() && there.type() == FileEntry.Type.UNREADABLE) {
            found(
                    SyncFinding.Kind.FAILED,
                    there.path(),
                    "the source does not have it, and it could not be looked at in the target");
            stays(within);
        } else if (wanted) {
            tally.extraneous.increment();
            if (options.deletes() && removable) {
                extraneous.add(there);
            } else {
                stays(within);
            }
        }
        if (there.isDirectory()) {
            Extraneous here = new Extraneous(there.path(), wanted && options.deletes() && removable, within);
            batch.submit(() -> directory(batch, there.path(), false, true, here));
        }
    }

    /** Something in it stays, and so it stays, and what it lies in. */
    private void stays(@Nullable Extraneous directory) {
        for (Extraneous each = directory; each != null && each.stays.compareAndSet(false, true); each = each.within) {
            if (each.counted) {
                staying.add(each.path);
            }
        }
    }

    /** The source has it; the target has {@code seen}, or nothing as far as its listing goes. */
    private void both(WorkPool.Batch batch, FileEntry here, @Nullable FileEntry seen, boolean wholeTarget)
            throws InterruptedException {
        TreePath path = here.path();
        if (reserved(here)) {
            if (seen != null) {
                sweep(seen);
            }
            return;
        }
        if (filter.excluded(path) || (!here.isDirectory() && !filter.included(path))) {
            return;
        }
        FileEntry there = seen;
        if (there == null && !wholeTarget) {
            try {
                there = target.stat(path).orElse(null);
            } catch (RuntimeException e) {
                failed(path, "it could not be looked at in the target", e);
                return;
            }
        }
        if (there != null) {
            tally.targetEntries.increment();
        }
        switch (here.type()) {
            case UNREADABLE -> {
                if (there == null) {
                    missing.incrementAndGet();
                }
                found(SyncFinding.Kind.FAILED, path, "it could not be read in the source; what the target has stays");
            }
            case OTHER ->
                found(SyncFinding.Kind.UNSUPPORTED, path, "neither a file nor a directory; it was not copied");
            case DIRECTORY -> sourceDirectory(batch, here, there);
            case FILE -> sourceFile(batch, here, there);
        }
    }

    private void sourceDirectory(WorkPool.Batch batch, FileEntry here, @Nullable FileEntry there)
            throws InterruptedException {
        TreePath path = here.path();
        if (there == null) {
            if (purpose == Purpose.VERIFY) {
                found(SyncFinding.Kind.MISSING, path, "the target lacks the directory");
            }
            if (makeDirectory(here)) {
                batch.submit(() -> directory(batch, path, true, false));
            }
        } else if (there.isDirectory()) {
            if (!sameAttributes(here, there)) {
                different(path, "attributes " + there.attributes() + " instead of " + here.attributes());
                tally.properties.increment();
                directoryProperties.add(here);
            }
            batch.submit(() -> directory(batch, path, true, true));
        } else if (changesType(here, there) && purpose != Purpose.SYNC) {
            tally.directories.increment();
            batch.submit(() -> directory(batch, path, true, false));
        }
    }

    private void sourceFile(WorkPool.Batch batch, FileEntry here, @Nullable FileEntry there)
            throws InterruptedException {
        tally.sourceFiles.increment();
        TreePath path = here.path();
        if (there == null) {
            if (purpose == Purpose.VERIFY) {
                found(SyncFinding.Kind.MISSING, path, "the target lacks the file");
            }
            submitCopy(batch, here, null);
        } else if (!there.isFile()) {
            if (changesType(here, there) && purpose != Purpose.SYNC) {
                tally.copied.increment();
                tally.bytes.add(here.size());
            }
        } else if (options.compare() == CompareMode.CONTENT && here.size() == there.size()) {
            FileEntry old = there;
            batch.submit(() -> compareContent(batch, here, old));
        } else {
            decide(batch, here, there, here.size() != there.size() || !sameTime(here, there));
        }
    }

    private void decide(WorkPool.Batch batch, FileEntry here, FileEntry there, boolean differs)
            throws InterruptedException {
        TreePath path = here.path();
        boolean newerThere = there.modified().minus(resolution).compareTo(here.modified()) >= 0;
        if (differs && purpose == Purpose.VERIFY) {
            different(
                    path,
                    there.size() + " bytes of " + there.modified() + " instead of " + here.size() + " bytes of "
                            + here.modified());
            submitCopy(batch, here, there);
        } else if (differs && options.compare() == CompareMode.NEWER_WINS && newerThere) {
            found(
                    SyncFinding.Kind.KEPT_NEWER,
                    path,
                    "the target's is of " + there.modified() + ", the source's of " + here.modified());
        } else if (differs) {
            submitCopy(batch, here, there);
        } else if (!sameAttributes(here, there) || !sameTime(here, there)) {
            different(
                    path,
                    "attributes " + there.attributes() + " of " + there.modified() + " instead of " + here.attributes()
                            + " of " + here.modified());
            if (purpose == Purpose.SYNC) {
                batch.submit(() -> setProperties(here));
            } else {
                tally.properties.increment();
            }
        } else {
            tally.unchanged.increment();
        }
    }

    private void compareContent(WorkPool.Batch batch, FileEntry here, FileEntry there) throws InterruptedException {
        boolean differs;
        try (InputStream mine = source.read(here);
                InputStream theirs = target.read(there)) {
            differs = !sameBytes(mine, theirs);
        } catch (ClosedByInterruptException e) {
            throw Spill.interrupted(e);
        } catch (IOException | RuntimeException e) {
            failed(here.path(), "its content could not be compared", e);
            return;
        }
        if (differs && purpose == Purpose.VERIFY) {
            different(here.path(), "the content differs");
            submitCopy(batch, here, there);
        } else if (differs) {
            submitCopy(batch, here, there);
        } else {
            decide(batch, here, there, false);
        }
    }

    private static boolean sameBytes(InputStream one, InputStream other) throws IOException {
        byte[] a = new byte[64 * 1024];
        byte[] b = new byte[a.length];
        while (true) {
            int count = one.readNBytes(a, 0, a.length);
            int same = other.readNBytes(b, 0, b.length);
            if (count != same || !Arrays.equals(a, 0, count, b, 0, same)) {
                return false;
            }
            if (count == 0) {
                return true;
            }
        }
    }

    /** Notes that something must be removed to make room; false when that is not to be. */
    private boolean changesType(FileEntry here, FileEntry there) throws InterruptedException {
        TreePath path = here.path();
        if (there.type() == FileEntry.Type.UNREADABLE) {
            found(SyncFinding.Kind.FAILED, path, "it could not be looked at in the target");
            return false;
        }
        different(path, there.type() + " instead of " + here.type());
        if (purpose == Purpose.VERIFY) {
            return true;
        }
        long below = 0;
        if (there.isDirectory()) {
            Weight weight = new Weight();
            try {
                weigh(path, weight);
            } catch (RuntimeException e) {
                found(
                        SyncFinding.Kind.INCOMPLETE_DIRECTORY,
                        path,
                        "not all of it could be listed in the target: " + message(e));
                return false;
            }
            if (weight.obstacle != null) {
                found(
                        SyncFinding.Kind.REMOVALS_REFUSED,
                        path,
                        "the source has a file where the target has a directory with " + weight.obstacle);
                return false;
            }
            below = weight.entries;
        }
        tally.targetEntries.add(below);
        tally.inTheWay.add(1 + below);
        changedType.add(here);
        return true;
    }

    private void weigh(TreePath directory, Weight weight) throws InterruptedException {
        try (FileTree.Listing listing = target.list(directory)) {
            FileTree.Page page;
            do {
                page = listing.next();
                for (FileEntry entry : page.entries()) {
                    if (reserved(entry)) {
                        continue;
                    }
                    weight.entries++;
                    if (filter.excluded(entry.path()) || (!entry.isDirectory() && !filter.included(entry.path()))) {
                        weight.obstacle = "something excluded in it: " + entry.path();
                    } else if (!options.deletes()) {
                        weight.obstacle = "something in it, and nothing is to be deleted: " + entry.path();
                    }
                    if (entry.isDirectory() && weight.obstacle == null) {
                        weigh(entry.path(), weight);
                    }
                }
            } while (!page.last());
        }
    }

    // ---- the changes

    private void submitCopy(WorkPool.Batch batch, FileEntry here, @Nullable FileEntry there)
            throws InterruptedException {
        if (purpose == Purpose.SYNC) {
            batch.submit(() -> copy(here, there, () -> {}));
        } else {
            tally.copied.increment();
            tally.bytes.add(here.size());
        }
    }

    /**
     * Copies until a copy was made between two looks at the source that show the same.
     *
     * @param makeRoom done when the new content is staged and known to be good, right before it is put in place
     */
    private void copy(FileEntry listed, @Nullable FileEntry old, WorkPool.Work makeRoom) throws InterruptedException {
        TreePath path = listed.path();
        FileEntry wanted = listed;
        FileEntry committing = null;
        boolean answerLost = false;
        RuntimeException failure = null;
        for (int attempt = 1; attempt <= options.attempts(); attempt++) {
            if (attempt > 1) {
                backOff(attempt - 1);
            }
            if (!authority()) {
                return;
            }
            FileTreeWriter.Staged staged = null;
            try {
                Optional<FileEntry> settled = settle(wanted);
                if (settled.isPresent() && !wanted.unchangedIn(settled.get())) {
                    wanted = settled.get();
                    failure = null;
                    continue;
                }
                if (settled.isPresent() && settled.get().isFile()) {
                    staged = writer().stage(source, wanted, this::copiedBytes);
                    settled = source.stat(path);
                }
                if (settled.isEmpty() || !settled.get().isFile()) {
                    discard(staged);
                    found(SyncFinding.Kind.VANISHED, path, "it disappeared from the source during the run");
                    return;
                }
                FileEntry now = settled.get();
                if (staged != null && wanted.unchangedIn(now) && staged.size() == now.size()) {
                    makeRoom.run();
                    if (!authority()) {
                        discard(staged);
                        return;
                    }
                    committing = now;
                    writer().commit(staged, held(now), Optional.ofNullable(old));
                    copied(now);
                    return;
                }
                wanted = now;
                failure = null;
            } catch (RuntimeException e) {
                failure = e;
                if (!(e instanceof DrException known && known.retryable())) {
                    attempt = options.attempts();
                } else if (committing != null) {
                    answerLost |= !(e instanceof ConflictException);
                    if (answerLost && isInPlace(committing, old)) {
                        discard(staged);
                        copied(committing);
                        return;
                    } else if (e instanceof ConflictException) {
                        // it is not as it was seen: the next run sees it anew
                        attempt = options.attempts();
                    }
                    committing = null;
                } else if (e instanceof ConflictException) {
                    Optional<FileEntry> now = lookAgain(path);
                    if (now.isPresent() && !wanted.unchangedIn(now.get())) {
                        wanted = now.get();
                        failure = null;
                    }
                }
            }
            discard(staged);
        }
        if (old == null) {
            missing.incrementAndGet();
        }
        if (failure != null) {
            failed(
                    path,
                    old == null ? "it could not be copied" : "it could not be copied; the target keeps its old copy",
                    failure);
        } else {
            stale(path, wanted, old);
        }
    }

    private void copied(FileEntry file) {
        tally.copied.increment();
        tally.bytes.add(file.size());
        noted("copy", file);
        reportFiles();
    }

    /** Whether a commit whose answer was lost was made. */
    private boolean isInPlace(FileEntry committed, @Nullable FileEntry old) throws InterruptedException {
        try {
            FileEntry there = target.stat(committed.path()).orElse(null);
            return there != null
                    && there.isFile()
                    && there.size() == committed.size()
                    && sameTime(committed, there)
                    && sameAttributes(committed, there)
                    && (old == null || !old.unchangedIn(there));
        } catch (RuntimeException e) {
            return false;
        }
    }

    private void stale(TreePath path, FileEntry latest, @Nullable FileEntry old) {
        String detail = "it changed during each of " + options.attempts() + " attempts; the target "
                + (old == null ? "has no copy" : "keeps the copy of " + old.modified());
        Optional<Duration> behind = old == null
                ? Optional.empty()
                : Optional.of(longer(Duration.between(old.modified(), latest.modified()), Duration.ZERO));
        found(new SyncFinding(SyncFinding.Kind.STALE, path, detail, behind));
    }

    private Optional<FileEntry> lookAgain(TreePath path) throws InterruptedException {
        try {
            return source.stat(path);
        } catch (RuntimeException e) {
            return Optional.empty();
        }
    }

    /**
     * Waits, where times and versions of the source tick slowly, until a further write would show; then looks again. The local
     * clock decides only whether to wait.
     */
    private Optional<FileEntry> settle(FileEntry wanted) throws InterruptedException {
        Duration settling = source.settling();
        if (settling.isZero()
                || Duration.between(wanted.modified(), clockwork.now()).abs().compareTo(settling) > 0) {
            return Optional.of(wanted);
        }
        clockwork.sleep(settling);
        return source.stat(wanted.path());
    }

    private void discard(FileTreeWriter.@Nullable Staged staged) throws InterruptedException {
        if (staged != null) {
            try {
                writer().discard(staged);
            } catch (RuntimeException e) {
                // the next run sweeps it
                found(
                        SyncFinding.Kind.FAILED,
                        staged.temporary(),
                        "a temporary file could not be removed: " + message(e));
            }
        }
    }

    private boolean makeDirectory(FileEntry here) throws InterruptedException {
        if (purpose == Purpose.SYNC) {
            if (!authority()
                    || !perform(
                            here.path(),
                            "the directory could not be made",
                            () -> writer().makeDirectory(here.path()))) {
                missing.incrementAndGet();
                return false;
            }
            noted("mkdir", here);
            if (!held(here).attributes().isEmpty()) {
                directoryProperties.add(here);
            }
        }
        tally.directories.increment();
        return true;
    }

    private void setProperties(FileEntry here) throws InterruptedException {
        if (authority()
                && perform(here.path(), "its properties could not be set", () -> writer().setProperties(held(here)))) {
            tally.properties.increment();
            noted("properties", here);
        }
    }

    private void deleteAndReport(FileEntry there) throws InterruptedException {
        delete(there);
        report(Progress.of("deleting", deletesTried.incrementAndGet(), deletesPlanned, "entries"));
    }

    private void delete(FileEntry there) throws InterruptedException {
        TreePath path = there.path();
        if (!authority()) {
            return;
        }
        try {
            if (source.stat(path).isPresent()) {
                // it came back meanwhile: the next run copies it
                found(
                        SyncFinding.Kind.VANISHED,
                        path,
                        "it appeared in the source during the run; the target's was not deleted");
                return;
            }
        } catch (RuntimeException e) {
            failed(path, "not deleted, as the source could not be asked once more", e);
            return;
        }
        try {
            retrying(() -> writer().delete(there));
            tally.deleted.increment();
            noted("delete", there);
        } catch (RuntimeException e) {
            failed(path, "it could not be deleted", e);
        }
    }

    private void settleType(WorkPool.Batch batch, FileEntry here) throws InterruptedException {
        TreePath path = here.path();
        if (here.isFile()) {
            copy(here, null, () -> makeRoomAt(path));
            return;
        }
        if (authority()
                && perform(
                        path,
                        "what stands where the source has a directory could not be removed",
                        () -> makeRoomAt(path))
                && makeDirectory(here)) {
            batch.submit(() -> directory(batch, path, true, false));
        }
    }

    private void makeRoomAt(TreePath path) throws InterruptedException {
        Optional<FileEntry> there = target.stat(path);
        if (there.isPresent()) {
            removeTree(there.get());
        }
    }

    /** What it removes was counted and judged before; what came since and must not go stops it. */
    private void removeTree(FileEntry there) throws InterruptedException {
        if (there.isDirectory()) {
            boolean found = true;
            while (found && !pool.stopped()) {
                List<FileEntry> children = new ArrayList<>();
                try (FileTree.Listing listing = target.list(there.path())) {
                    FileTree.Page page;
                    do {
                        page = listing.next();
                        children.addAll(page.entries());
                    } while (children.isEmpty() && !page.last());
                }
                for (FileEntry child : children) {
                    if (!reserved(child) && mustStay(child)) {
                        throw new BlockedException(
                                "share.must-stay",
                                Problem.expected("nothing that must stay in " + there.path())
                                        .found(child.path().toString())
                                        .remedy("move it away"));
                    }
                    removeTree(child);
                }
                found = !children.isEmpty();
            }
        }
        if (authority()) {
            writer().delete(there);
            if (!reserved(there)) {
                tally.replaced.increment();
                noted("replace", there);
            }
        }
    }

    private boolean mustStay(FileEntry below) {
        return !options.deletes()
                || filter.excluded(below.path())
                || (!below.isDirectory() && !filter.included(below.path()));
    }

    private boolean sweep(FileEntry there) throws InterruptedException {
        AtomicBoolean swept = new AtomicBoolean();
        if (purpose == Purpose.SYNC && authority()) {
            perform(there.path(), "a left-over temporary file could not be removed", () -> {
                if (writer().sweep(there)) {
                    swept.set(true);
                    tally.swept.increment();
                    noted("sweep", there);
                }
            });
        }
        return swept.get();
    }

    // ---- small things

    private boolean perform(TreePath path, String otherwise, WorkPool.Work work) throws InterruptedException {
        try {
            retrying(work);
            return true;
        } catch (RuntimeException e) {
            failed(path, otherwise, e);
            return false;
        }
    }

    private void retrying(WorkPool.Work work) throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                work.run();
                return;
            } catch (RuntimeException e) {
                boolean again = e instanceof DrException known && known.retryable();
                if (!again || attempt >= options.attempts() || pool.stopped()) {
                    throw e;
                }
            }
            backOff(attempt);
        }
    }

    private void backOff(int attempt) throws InterruptedException {
        long millis = Math.min(5_000, 50L << Math.min(attempt - 1, 10));
        clockwork.sleep(Duration.ofMillis(millis));
    }

    /** Whether changes may still be made; a lost authority or an interruption ends the whole run. */
    private boolean authority() {
        if (Thread.interrupted()) {
            // a tree that never blocks would not notice
            pool.stop(new InterruptedException("interrupted while synchronising"));
        }
        if (pool.stopped()) {
            return false;
        }
        try {
            host.requireAuthority();
            return true;
        } catch (RuntimeException e) {
            pool.stop(e);
            return false;
        }
    }

    private FileTreeWriter writer() {
        return Objects.requireNonNull(claimed, "claimed");
    }

    /** The entry with only those attributes that the target can hold. */
    private FileEntry held(FileEntry entry) {
        Map<String, String> kept = new HashMap<>(entry.attributes());
        kept.keySet().retainAll(attributes);
        return new FileEntry(entry.path(), entry.type(), entry.size(), entry.modified(), entry.version(), kept);
    }

    private boolean sameAttributes(FileEntry here, FileEntry there) {
        for (String name : attributes) {
            String wanted = here.attributes().get(name);
            if (wanted != null && !wanted.equals(there.attributes().get(name))) {
                return false;
            }
        }
        return true;
    }

    private boolean sameTime(FileEntry here, FileEntry there) {
        return Duration.between(here.modified(), there.modified()).abs().compareTo(resolution) < 0;
    }

    private static boolean reserved(FileEntry entry) {
        return entry.name().startsWith(FileTree.RESERVED_PREFIX);
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    private void different(TreePath path, String detail) {
        if (purpose == Purpose.VERIFY) {
            found(SyncFinding.Kind.DIFFERENT, path, detail);
        }
    }

    private void failed(TreePath path, String what, Exception why) {
        found(SyncFinding.Kind.FAILED, path, what + ": " + message(why));
    }

    private static String message(Exception why) {
        return why instanceof DrException known
                ? known.problem().found() + "; " + known.problem().remedy() + " [" + known.code() + "]"
                : String.valueOf(why.getMessage());
    }

    private void found(SyncFinding.Kind kind, TreePath path, String detail) {
        found(new SyncFinding(kind, path, detail, Optional.empty()));
    }

    private void found(SyncFinding finding) {
        tally.found(finding);
        try {
            manifest.found(finding);
        } catch (RuntimeException e) {
            pool.stop(e);
        }
    }

    /** A manifest that cannot be written ends the run: what it does not say was not to be done. */
    private void noted(String what, FileEntry entry) {
        try {
            manifest.done(what, entry);
        } catch (RuntimeException e) {
            pool.stop(e);
        }
    }

    private void copiedBytes(long more) {
        long unreported = unreportedBytes.addAndGet(more);
        if (unreported >= REPORT_BYTES && unreportedBytes.compareAndSet(unreported, 0)) {
            reportBytes(tally.bytes.sum() + unreported);
        }
    }

    private void reportFiles() {
        long files = tally.copied.sum();
        report(new Progress("copying", files, total(expected.map(SyncTotals::copied), files), "files"));
        reportBytes(tally.bytes.sum());
    }

    private void reportBytes(long bytes) {
        report(new Progress("copying", bytes, total(expected.map(SyncTotals::bytes), bytes), "bytes"));
    }

    private void report(Progress progress) {
        try {
            host.progress(progress);
        } catch (RuntimeException e) {
            // whoever watches must not be able to spoil what is watched
            log.warn("A listener to the progress of a synchronisation failed", e);
        }
    }

    private static OptionalLong total(Optional<Long> expected, long done) {
        return expected.isPresent() ? OptionalLong.of(Math.max(expected.get(), done)) : OptionalLong.empty();
    }

    private record Roots(FileEntry source, FileEntry target, List<SubTree> subTrees) {}

    private record SubTree(TreePath path, Optional<FileEntry> inSource, boolean inTarget) {}

    /** A directory that the target alone has, on the way down through it. */
    private static final class Extraneous {
        private final TreePath path;
        /** Whether it is among those that are to go, unless it stays. */
        private final boolean counted;

        private final @Nullable Extraneous within;
        private final AtomicBoolean stays = new AtomicBoolean();

        Extraneous(TreePath path, boolean counted, @Nullable Extraneous within) {
            this.path = path;
            this.counted = counted;
            this.within = within;
        }
    }

    private static final class Weight {
        private long entries;
        private @Nullable String obstacle;
    }

    static UnknownOutcomeException incomparable(SyncFindings findings) {
        return new UnknownOutcomeException(
                "share.incomparable",
                Problem.expected("to compare the trees completely")
                        .found(findings.line())
                        .remedy("see to what cannot be read, or exclude it by name"));
    }
}
