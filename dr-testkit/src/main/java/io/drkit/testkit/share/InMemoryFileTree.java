package io.drkit.testkit.share;

import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.Epoch;
import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.share.Claim;
import io.drkit.core.share.FileEntry;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.FileTreeWriter;
import io.drkit.core.share.TreePath;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file tree in memory, for tests of plans and of synchronisation: with version tags, attributes, links, pages of any size and
 * listings in any order. Faults are put around it, as around any tree, with {@link FaultyFileTree}.
 *
 * <p>Thread-safe. It fills no disk and knows no time but the one it is told.
 */
public final class InMemoryFileTree implements FileTree {
    private static final Pattern TEMPORARY = Pattern.compile("\\.~drkit-([0-9a-f]{12})-[0-9a-f]{16}");

    private final String name;
    private Map<TreePath, Node> nodes = new TreeMap<>();
    private boolean ignoresCase;
    private long versions;
    private int pageSize = 1_000;
    private @Nullable Random order;
    private OptionalLong quota = OptionalLong.empty();
    private Optional<Instant> asOf = Optional.empty();
    private @Nullable String holder;
    private Epoch highest = Epoch.NONE;

    private InMemoryFileTree(String name) {
        this.name = name;
        nodes.put(TreePath.ROOT, new Node(FileEntry.Type.DIRECTORY, new byte[0], Instant.EPOCH, Map.of(), 0));
    }

    /** An empty tree. Two trees of one name are still two. */
    public static InMemoryFileTree named(String name) {
        return new InMemoryFileTree(name);
    }

    /** Lists {@code size} entries a page, 1 or more; default 1,000. */
    public synchronized InMemoryFileTree pageSize(int size) {
        if (size < 1) {
            throw new IllegalArgumentException("a page holds 1 entry or more, not " + size);
        }
        pageSize = size;
        return this;
    }

    /** Lists in an order drawn from {@code seed}, another one each time; default: by name. */
    public synchronized InMemoryFileTree shuffled(long seed) {
        order = new Random(seed);
        return this;
    }

    /** Takes names that differ in case alone for one, and keeps the one that it was made by, as an SMB share does. */
    public synchronized InMemoryFileTree ignoringCase() {
        Map<TreePath, Node> folded = new TreeMap<>(
                Comparator.comparing((TreePath path) -> path.value().toLowerCase(Locale.ROOT)));
        folded.putAll(nodes);
        nodes = folded;
        ignoresCase = true;
        return this;
    }

    /** Refuses to hold more than so many bytes of content. */
    public synchronized InMemoryFileTree quota(long bytes) {
        quota = OptionalLong.of(bytes);
        return this;
    }

    /** Says that it is a snapshot of that moment. It can be changed nevertheless: that is the test's affair. */
    public synchronized InMemoryFileTree asOf(Instant moment) {
        asOf = Optional.of(moment);
        return this;
    }

    /** Makes a symbolic link, which no synchroniser copies; its parents are made as needed. */
    public synchronized InMemoryFileTree link(String path) {
        return put(TreePath.of(path), FileEntry.Type.OTHER, new byte[0], Instant.EPOCH);
    }

    /** Writes a file as a process of the application would; its parents are made as needed. */
    public synchronized InMemoryFileTree file(String path, byte[] content, Instant modified) {
        return put(TreePath.of(path), FileEntry.Type.FILE, content.clone(), modified);
    }

    /** Takes away an entry with all below it. The root too: then the tree is missing. */
    public synchronized InMemoryFileTree vanish(String path) {
        TreePath gone = TreePath.of(path);
        nodes.keySet().removeIf(other -> other.startsWith(gone));
        return this;
    }

    /** Makes it a copy of {@code other}, as a person does who gives up what only this one has. */
    public void copyOf(InMemoryFileTree other) {
        Map<TreePath, Node> copied;
        synchronized (other) {
            copied = new TreeMap<>(other.nodes);
        }
        synchronized (this) {
            nodes.clear();
            copied.forEach((path, node) ->
                    nodes.put(path, new Node(node.type, node.content, node.modified, node.attributes, ++versions)));
        }
    }

    /** Whether there is an entry of that path, as whoever has the tree before their eyes sees it. */
    public synchronized boolean has(String path) {
        return nodes.containsKey(TreePath.of(path));
    }

    /** What the file of that path holds, as whoever has the tree before their eyes sees it; empty when there is no such file. */
    public synchronized Optional<byte[]> content(String path) {
        return Optional.ofNullable(nodes.get(TreePath.of(path)))
                .filter(node -> node.type == FileEntry.Type.FILE)
                .map(node -> node.content.clone());
    }

    @Override
    public String describe() {
        return "tree " + name;
    }

    @Override
    public synchronized Listing list(TreePath directory) {
        if (type(directory) != FileEntry.Type.DIRECTORY) {
            throw new NotFoundException(
                    "share.not-found",
                    Problem.expected("to list " + directory + " in " + describe())
                            .found("no such directory")
                            .remedy("see what removed it"));
        }
        List<FileEntry> entries = new ArrayList<>();
        nodes.forEach((path, node) -> {
            if (in(directory, path)) {
                entries.add(node.entry(path));
            }
        });
        if (order != null) {
            Collections.shuffle(entries, order);
        }
        return new Pages(entries, pageSize);
    }

    @Override
    public synchronized Optional<FileEntry> stat(TreePath path) {
        return Optional.ofNullable(nodes.get(path)).map(node -> node.entry(path));
    }

    @Override
    public synchronized InputStream read(FileEntry file) {
        Node node = nodes.get(file.path());
        if (node == null || node.type != FileEntry.Type.FILE) {
            throw new NotFoundException(
                    "share.not-found",
                    Problem.expected("to read " + file.path() + " in " + describe())
                            .found("no such file")
                            .remedy("see what removed it"));
        }
        return new ByteArrayInputStream(node.content);
    }

    @Override
    public Set<String> attributes() {
        return Set.of("mode");
    }

    @Override
    public synchronized Optional<Instant> asOf() {
        return asOf;
    }

    @Override
    public boolean overlaps(FileTree other) {
        return this == other;
    }

    @Override
    public synchronized FileTreeWriter claim(Claim claim) {
        if (type(TreePath.ROOT) == null) {
            throw new NotFoundException(
                    "share.not-found",
                    Problem.expected(describe()).found("that it does not exist").remedy("create it"));
        }
        if (holder != null) {
            throw new ConflictException(
                    "share.target-busy",
                    Problem.expected("to be the only one to write to " + describe())
                            .found("the run " + holder + " at it")
                            .remedy("wait for that run to end"));
        }
        boolean claims = !claim.epoch().equals(Epoch.NONE);
        if (claims && claim.epoch().compareTo(highest) < 0) {
            throw StaleEpochException.at("share.stale-epoch", describe(), highest, claim.epoch());
        }
        highest = claims ? claim.epoch() : highest;
        holder = claim.run();
        return new Writer(claim.run());
    }

    @Override
    public synchronized Optional<Epoch> heldEpoch() {
        return Optional.of(highest).filter(epoch -> !epoch.equals(Epoch.NONE));
    }

    @Override
    public String toString() {
        return describe();
    }

    /** Whether it is an entry of that very directory. */
    private boolean in(TreePath directory, TreePath path) {
        String value = path.value();
        int parent = value.lastIndexOf('/');
        int length = directory.value().length();
        return !path.isRoot()
                && Math.max(0, parent) == length
                && value.regionMatches(ignoresCase, 0, directory.value(), 0, length);
    }

    private long used() {
        return nodes.values().stream().mapToLong(node -> node.content.length).sum();
    }

    private FileEntry.@Nullable Type type(TreePath path) {
        Node node = nodes.get(path);
        return node == null ? null : node.type;
    }

    private InMemoryFileTree put(TreePath path, FileEntry.Type type, byte[] content, Instant modified) {
        for (Optional<TreePath> parent = path.parent();
                parent.isPresent();
                parent = parent.get().parent()) {
            if (!nodes.containsKey(parent.get())) {
                nodes.put(
                        parent.get(),
                        new Node(FileEntry.Type.DIRECTORY, new byte[0], Instant.EPOCH, Map.of(), ++versions));
            }
        }
        nodes.put(path, new Node(type, content, modified, Map.of(), ++versions));
        return this;
    }

    private static ConflictException inTheWay(TreePath path) {
        return new ConflictException(
                "share.directory-in-the-way",
                Problem.expected("room at " + path)
                        .found("something else of that name")
                        .remedy("synchronise again"));
    }

    private static ConflictException changed(TreePath path) {
        return new ConflictException(
                "share.target-changed",
                Problem.expected(path + " as it was seen")
                        .found("something else there")
                        .remedy("see who writes to the target"));
    }

    private static final class Node {
        private final FileEntry.Type type;
        private final byte[] content;
        private final Instant modified;
        private final Map<String, String> attributes;
        private final long version;

        Node(FileEntry.Type type, byte[] content, Instant modified, Map<String, String> attributes, long version) {
            this.type = type;
            this.content = content;
            this.modified = modified;
            this.attributes = attributes;
            this.version = version;
        }

        FileEntry entry(TreePath path) {
            return new FileEntry(path, type, content.length, modified, Optional.of(Long.toString(version)), attributes);
        }
    }

    private static final class Pages implements Listing {
        private final List<FileEntry> entries;
        private final int size;
        private int next;

        Pages(List<FileEntry> entries, int size) {
            this.entries = entries;
            this.size = size;
        }

        @Override
        public Page next() {
            int end = Math.min(entries.size(), next + size);
            Page page = new Page(entries.subList(next, end), end == entries.size());
            next = end;
            return page;
        }

        @Override
        public void close() {
            next = entries.size();
        }
    }

    private final class Writer implements FileTreeWriter {
        private final String run;

        Writer(String run) {
            this.run = run;
        }

        @Override
        public Staged stage(FileTree source, FileEntry file, LongConsumer bytes) throws InterruptedException {
            byte[] content;
            try (InputStream in = source.read(file)) {
                content = in.readAllBytes();
            } catch (IOException e) {
                throw new UnknownOutcomeException(
                        "share.io-failed",
                        Problem.expected("to read " + file.path())
                                .found(String.valueOf(e.getMessage()))
                                .remedy("see to the source"),
                        e);
            }
            bytes.accept(content.length);
            synchronized (InMemoryFileTree.this) {
                requireHeld();
                TreePath parent = file.path().parent().orElse(TreePath.ROOT);
                if (type(parent) != FileEntry.Type.DIRECTORY) {
                    throw new NotFoundException(
                            "share.not-found",
                            Problem.expected("the directory " + parent)
                                    .found("none")
                                    .remedy("make it first"));
                }
                if (quota.isPresent() && used() + content.length > quota.getAsLong()) {
                    throw new BlockedException(
                            "share.full",
                            Problem.expected("room for " + file.path())
                                    .found("none left")
                                    .remedy("make room"));
                }
                String hash = HexFormat.of().toHexDigits(file.path().value().hashCode() & 0xffff_ffffL);
                TreePath temporary = parent.resolve(RESERVED_PREFIX + run + "-" + hash);
                nodes.put(temporary, new Node(FileEntry.Type.FILE, content, Instant.EPOCH, Map.of(), ++versions));
                return new Staged(file.path(), temporary, content.length);
            }
        }

        @Override
        public void commit(Staged staged, FileEntry as, Optional<FileEntry> seen) {
            synchronized (InMemoryFileTree.this) {
                requireHeld();
                if (type(as.path()) == FileEntry.Type.DIRECTORY) {
                    throw inTheWay(as.path());
                }
                Optional<FileEntry> there = stat(as.path());
                if (there.isPresent() != seen.isPresent()
                        || (seen.isPresent() && !seen.get().unchangedIn(there.get()))) {
                    throw changed(as.path());
                }
                Node node = nodes.get(staged.temporary());
                if (node == null) {
                    throw new NotFoundException(
                            "share.not-found",
                            Problem.expected("staged content of " + as.path())
                                    .found("none")
                                    .remedy("stage it again"));
                }
                nodes.remove(staged.temporary());
                nodes.put(
                        as.path(),
                        new Node(FileEntry.Type.FILE, node.content, as.modified(), as.attributes(), ++versions));
            }
        }

        @Override
        public void discard(Staged staged) {
            synchronized (InMemoryFileTree.this) {
                requireHeld();
                nodes.remove(staged.temporary());
            }
        }

        @Override
        public void makeDirectory(TreePath directory) {
            synchronized (InMemoryFileTree.this) {
                requireHeld();
                FileEntry.Type there = type(directory);
                if (there == null) {
                    nodes.put(
                            directory,
                            new Node(FileEntry.Type.DIRECTORY, new byte[0], Instant.EPOCH, Map.of(), ++versions));
                } else if (there != FileEntry.Type.DIRECTORY) {
                    throw inTheWay(directory);
                }
            }
        }

        @Override
        public void setProperties(FileEntry as) {
            synchronized (InMemoryFileTree.this) {
                requireHeld();
                Node node = nodes.get(as.path());
                if (node == null) {
                    throw new NotFoundException(
                            "share.not-found",
                            Problem.expected(as.path().toString())
                                    .found("nothing there")
                                    .remedy("synchronise again"));
                }
                Map<String, String> attributes = new HashMap<>(node.attributes);
                attributes.putAll(as.attributes());
                Instant modified = node.type == FileEntry.Type.FILE ? as.modified() : node.modified;
                long version = node.type == FileEntry.Type.FILE ? ++versions : node.version;
                nodes.put(as.path(), new Node(node.type, node.content, modified, attributes, version));
            }
        }

        @Override
        public void delete(FileEntry entry) {
            synchronized (InMemoryFileTree.this) {
                requireHeld();
                Node there = nodes.get(entry.path());
                if (there != null && !entry.version().equals(Optional.of(Long.toString(there.version)))) {
                    throw changed(entry.path());
                }
                for (TreePath path : nodes.keySet()) {
                    if (in(entry.path(), path)) {
                        throw inTheWay(path);
                    }
                }
                nodes.remove(entry.path());
            }
        }

        @Override
        public boolean sweep(FileEntry reserved) {
            var temporary = TEMPORARY.matcher(reserved.name());
            if (!temporary.matches() || temporary.group(1).equals(run)) {
                return false;
            }
            delete(reserved);
            return true;
        }

        @Override
        public void close() {
            synchronized (InMemoryFileTree.this) {
                if (run.equals(holder)) {
                    holder = null;
                }
            }
        }

        private void requireHeld() {
            if (!run.equals(holder)) {
                throw new IllegalStateException("The run " + run + " does not hold " + describe());
            }
        }
    }
}
