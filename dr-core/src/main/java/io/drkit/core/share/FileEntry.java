package io.drkit.core.share;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * One thing in a tree as a listing or {@link FileTree#stat} showed it: what two trees are compared by.
 *
 * @param path where in its tree
 * @param type what it is
 * @param size bytes; 0 for anything but a file
 * @param modified when its content last changed, by the clock of the system that stores it
 * @param version an opaque tag that changes whenever a file does (an ETag, or inode and change time), and that for a directory
 *     names that very directory; empty when the tree has none. Compared only with versions of the same tree.
 * @param attributes further properties to be kept equal, by name, for example {@code mode} = {@code rw-r-----}; the names that a
 *     tree can hold are {@link FileTree#attributes()}
 */
public record FileEntry(
        TreePath path,
        Type type,
        long size,
        Instant modified,
        Optional<String> version,
        Map<String, String> attributes) {
    /** What an entry is. */
    public enum Type {
        /** A file with content. */
        FILE,
        /** A directory. */
        DIRECTORY,
        /** Something that is never copied and never followed: a symbolic link, a device, a pipe, a socket. */
        OTHER,
        /** It exists, and nothing more could be learnt about it. */
        UNREADABLE
    }

    public FileEntry {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(modified, "modified");
        Objects.requireNonNull(version, "version");
        attributes = Map.copyOf(attributes);
        if (size < 0) {
            throw new IllegalArgumentException("size is 0 or more, not " + size + ": " + path);
        }
    }

    /** A file without version and attributes. */
    public static FileEntry file(TreePath path, long size, Instant modified) {
        return new FileEntry(path, Type.FILE, size, modified, Optional.empty(), Map.of());
    }

    /** A directory without version and attributes. */
    public static FileEntry directory(TreePath path) {
        return new FileEntry(path, Type.DIRECTORY, 0, Instant.EPOCH, Optional.empty(), Map.of());
    }

    /** The name within its directory. */
    public String name() {
        return path.name();
    }

    /** Whether it is a file. */
    public boolean isFile() {
        return type == Type.FILE;
    }

    /** Whether it is a directory. */
    public boolean isDirectory() {
        return type == Type.DIRECTORY;
    }

    /** Whether {@code later}, of the same tree, shows the same state of the same file: not one sign of a change in between. */
    public boolean unchangedIn(FileEntry later) {
        return type == later.type
                && size == later.size
                && modified.equals(later.modified)
                && version.equals(later.version)
                && attributes.equals(later.attributes);
    }
}
