package io.drkit.core.share;

import java.util.Objects;
import java.util.Optional;

/**
 * A path inside a {@link FileTree}: names with {@code /} between them, byte for byte as the tree holds them, never absolute and
 * never climbing. The root is the empty path. Ordered by UTF-16 code units.
 *
 * <p>A name that is not valid Unicode (a local file name may be any bytes) is carried with each undecodable byte {@code b} as the
 * lone surrogate {@code U+DC00 + b}, so that it comes out as the same bytes again.
 *
 * @param value for example {@code web/repository}
 */
public record TreePath(String value) implements Comparable<TreePath> {
    /** The root of a tree. */
    public static final TreePath ROOT = new TreePath("");

    /** Refuses empty names, {@code .}, {@code ..} and NUL. */
    public TreePath {
        Objects.requireNonNull(value, "value");
        if (!value.isEmpty()) {
            for (String name : value.split("/", -1)) {
                requireName(name);
            }
        }
    }

    /** The same as the constructor, as a sentence; both {@code ""} and {@code "."} are the root. */
    public static TreePath of(String value) {
        return value.isEmpty() || value.equals(".") ? ROOT : new TreePath(value);
    }

    /** The entry called {@code name} in this directory. */
    public TreePath resolve(String name) {
        requireName(name);
        if (name.indexOf('/') >= 0) {
            throw new IllegalArgumentException("A name holds no '/': " + name);
        }
        return new TreePath(value.isEmpty() ? name : value + "/" + name);
    }

    /** The last name; empty for the root. */
    public String name() {
        return value.substring(value.lastIndexOf('/') + 1);
    }

    /** The directory that holds it; empty for the root. */
    public Optional<TreePath> parent() {
        if (value.isEmpty()) {
            return Optional.empty();
        }
        int slash = value.lastIndexOf('/');
        return Optional.of(slash < 0 ? ROOT : new TreePath(value.substring(0, slash)));
    }

    /** Whether it is the root. */
    public boolean isRoot() {
        return value.isEmpty();
    }

    /** Whether it is {@code ancestor} or lies below it. */
    public boolean startsWith(TreePath ancestor) {
        return ancestor.isRoot() || value.equals(ancestor.value) || value.startsWith(ancestor.value + "/");
    }

    @Override
    public int compareTo(TreePath other) {
        return value.compareTo(other.value);
    }

    /** The path as people read it; {@code .} for the root. */
    @Override
    public String toString() {
        return value.isEmpty() ? "." : value;
    }

    private static void requireName(String name) {
        if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("Not a name in a tree: '" + name + "'");
        }
    }
}
