package io.drkit.testkit.share;

import io.drkit.core.share.Claim;
import io.drkit.core.share.FileEntry;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.FileTreeWriter;
import io.drkit.core.share.TreePath;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Fills and reads any file tree through its own interface, as a test wants it: text as content, parents made as needed. Each call
 * claims the tree for its own time, so it cannot edit a tree that a run holds.
 *
 * <pre>{@code
 * TreeEditor.of(tree).file("web/index.html", "hello", noon).directory("empty");
 * assertThat(TreeEditor.contents(tree)).containsEntry("web/index.html", "hello");
 * }</pre>
 */
public final class TreeEditor {
    private static final String RUN = "ed1707ed1707";

    private final FileTree tree;

    private TreeEditor(FileTree tree) {
        this.tree = tree;
    }

    /** Edits {@code tree}. */
    public static TreeEditor of(FileTree tree) {
        return new TreeEditor(tree);
    }

    /** Writes a file. */
    public TreeEditor file(String path, String content, Instant modified) throws InterruptedException {
        return file(path, content.getBytes(StandardCharsets.UTF_8), modified, Map.of());
    }

    /** Writes a file with attributes. */
    public TreeEditor file(String path, byte[] content, Instant modified, Map<String, String> attributes)
            throws InterruptedException {
        TreePath at = TreePath.of(path);
        InMemoryFileTree source = InMemoryFileTree.named("editor").file(path, content, modified);
        try (FileTreeWriter writer = tree.claim(Claim.of(RUN))) {
            makeDirectories(writer, at.parent());
            FileEntry entry = source.stat(at).orElseThrow();
            FileTreeWriter.Staged staged = writer.stage(source, entry, bytes -> {});
            writer.commit(
                    staged,
                    new FileEntry(at, FileEntry.Type.FILE, content.length, modified, Optional.empty(), attributes),
                    tree.stat(at));
        }
        return this;
    }

    /** Makes a directory. */
    public TreeEditor directory(String path) throws InterruptedException {
        try (FileTreeWriter writer = tree.claim(Claim.of(RUN))) {
            makeDirectories(writer, Optional.of(TreePath.of(path)));
        }
        return this;
    }

    /** Sets the attributes of a file or directory, and the time of a file. */
    public TreeEditor properties(String path, Instant modified, Map<String, String> attributes)
            throws InterruptedException {
        FileEntry now = tree.stat(TreePath.of(path)).orElseThrow();
        try (FileTreeWriter writer = tree.claim(Claim.of(RUN))) {
            writer.setProperties(
                    new FileEntry(now.path(), now.type(), now.size(), modified, Optional.empty(), attributes));
        }
        return this;
    }

    /** Removes an entry with all below it; one that does not exist is no error. */
    public TreeEditor remove(String path) throws InterruptedException {
        Optional<FileEntry> entry = tree.stat(TreePath.of(path));
        if (entry.isPresent()) {
            try (FileTreeWriter writer = tree.claim(Claim.of(RUN))) {
                remove(writer, entry.get());
            }
        }
        return this;
    }

    /** Leaves content under a temporary name, as a run that died in the middle of a copy does. */
    public TreeEditor orphan(String path, String deadRun) throws InterruptedException {
        InMemoryFileTree source =
                InMemoryFileTree.named("editor").file(path, "half".getBytes(StandardCharsets.UTF_8), Instant.EPOCH);
        try (FileTreeWriter writer = tree.claim(Claim.of(deadRun))) {
            makeDirectories(writer, TreePath.of(path).parent());
            writer.stage(source, source.stat(TreePath.of(path)).orElseThrow(), bytes -> {});
        }
        return this;
    }

    /** All files by path with their content as text, and all directories, with a slash at the end. DRKit's own names are left out. */
    public static SortedMap<String, String> contents(FileTree tree) throws InterruptedException {
        SortedMap<String, String> contents = new TreeMap<>();
        for (FileEntry entry : entries(tree)) {
            if (!entry.name().startsWith(FileTree.RESERVED_PREFIX)) {
                contents.put(
                        entry.path().value() + (entry.isDirectory() ? "/" : ""),
                        entry.isFile() ? text(tree, entry) : "");
            }
        }
        return contents;
    }

    /** The temporary files in it, of whichever run. */
    public static List<TreePath> temporaries(FileTree tree) throws InterruptedException {
        return entries(tree).stream()
                .map(FileEntry::path)
                .filter(path -> path.name().matches("\\.~drkit-[0-9a-f]{12}-[0-9a-f]+"))
                .toList();
    }

    /** Everything in it, parents first. */
    public static List<FileEntry> entries(FileTree tree) throws InterruptedException {
        List<FileEntry> all = new ArrayList<>();
        collect(tree, TreePath.ROOT, all);
        return all;
    }

    private static void collect(FileTree tree, TreePath directory, List<FileEntry> all) throws InterruptedException {
        List<FileEntry> here = new ArrayList<>();
        try (FileTree.Listing listing = tree.list(directory)) {
            FileTree.Page page;
            do {
                page = listing.next();
                here.addAll(page.entries());
            } while (!page.last());
        }
        for (FileEntry entry : here) {
            all.add(entry);
            if (entry.isDirectory()) {
                collect(tree, entry.path(), all);
            }
        }
    }

    private static String text(FileTree tree, FileEntry file) throws InterruptedException {
        try (InputStream in = tree.read(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void makeDirectories(FileTreeWriter writer, Optional<TreePath> directory) throws InterruptedException {
        if (directory.isPresent() && !directory.get().isRoot()) {
            makeDirectories(writer, directory.get().parent());
            writer.makeDirectory(directory.get());
        }
    }

    private void remove(FileTreeWriter writer, FileEntry entry) throws InterruptedException {
        if (entry.isDirectory()) {
            List<FileEntry> children = new ArrayList<>();
            collect(tree, entry.path(), children);
            for (int i = children.size() - 1; i >= 0; i--) {
                writer.delete(children.get(i));
            }
        }
        writer.delete(entry);
    }
}
