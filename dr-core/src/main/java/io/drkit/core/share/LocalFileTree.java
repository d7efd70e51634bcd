package io.drkit.core.share;

import io.drkit.core.BlockedException;
import io.drkit.core.DeniedException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of this machine, such as a share that is mounted in a pod.
 *
 * <p>Keeps content, time of modification and, on POSIX file systems, the permission bits (attribute {@code mode}, as in {@code
 * rw-r-----}). Names are kept byte for byte, also those that are not valid UTF-8. Not kept: owner and group, access lists,
 * extended attributes, the times of directories, holes; a file with several hard links becomes several files. Symbolic links,
 * devices, pipes and sockets are {@link FileEntry.Type#OTHER}: never followed, never copied. Only the root itself may be a link.
 *
 * <p>A change of a file is seen by its size, time, inode and change time. A process that writes through a memory mapping may be
 * seen late; stop it before a final sync.
 *
 * <p>A claim is a lock of the operating system on the file {@code .~drkit-lock} in the root. It ends with the process that holds
 * it, however that dies; the file itself stays. Between machines it is as good as the locks of the file system that is mounted.
 *
 * <p>Immutable and thread-safe. Nothing is opened before it is needed, so that the root need not exist when a plan is built.
 */
public final class LocalFileTree implements FileTree {
    private static final Logger log = LoggerFactory.getLogger(LocalFileTree.class);
    private static final int PAGE = 1_000;
    private static final int TYPE_BITS = 0170000;
    private static final int FILE_BITS = 0100000;
    private static final int DIRECTORY_BITS = 0040000;
    private static final String PERMISSIONS = "rwxrwxrwx";

    private final Path root;
    private final LocalNames names;
    private final Duration timeResolution;
    private final boolean unix;

    private final boolean permissions;
    private final boolean mounted;

    private LocalFileTree(Path root, Duration timeResolution, boolean permissions, boolean mounted) {
        this.root = root;
        this.mounted = mounted;
        this.permissions = permissions;
        this.timeResolution = timeResolution;
        this.names = new LocalNames(root);
        this.unix = root.getFileSystem().supportedFileAttributeViews().contains("unix");
    }

    /** The tree under {@code root}, made absolute. */
    public static LocalFileTree at(Path root) {
        return new LocalFileTree(root.toAbsolutePath().normalize(), Duration.ofNanos(1_000), true, false);
    }

    /**
     * The same for a file system that stores times more coarsely than to 1 µs, such as 2 s on FAT: times that differ by less
     * count as equal.
     */
    public LocalFileTree withTimeResolution(Duration resolution) {
        if (resolution.isZero() || resolution.isNegative()) {
            throw new IllegalArgumentException("the resolution is more than zero, not " + resolution);
        }
        return new LocalFileTree(root, resolution, permissions, mounted);
    }

    /**
     * The same without permissions: for a mount that shows the same ones for every file, as SMB mounts do, and where setting them
     * would never take.
     */
    public LocalFileTree withoutPermissions() {
        return new LocalFileTree(root, timeResolution, false, mounted);
    }

    /**
     * The same for a root that is to be the point where a file system is mounted, on Unix: whatever is asked of it while nothing
     * is mounted there is refused with {@code share.not-mounted}. Without this, the empty directory below a share that is not
     * mounted takes everything, and nothing of it is on the share.
     *
     * <p>A mount is told by its device, which is another one than that of the directory above. Not told so: a bind mount of a
     * directory of the same file system, and the root of all.
     */
    public LocalFileTree requiringMount() {
        return new LocalFileTree(root, timeResolution, permissions, true);
    }

    /** The absolute path of the root. */
    public Path root() {
        return root;
    }

    @Override
    public String describe() {
        return "directory " + root;
    }

    @Override
    public Listing list(TreePath directory) throws InterruptedException {
        requireMount();
        Path path = names.path(directory);
        try {
            if (!directory.isRoot() && !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                throw Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                        ? new NotDirectoryException(path.toString())
                        : new NoSuchFileException(path.toString());
            }
            return new LocalListing(directory, path);
        } catch (IOException e) {
            throw failure("to list " + directory + " in " + describe(), e);
        }
    }

    @Override
    public Optional<FileEntry> stat(TreePath path) throws InterruptedException {
        if (path.isRoot()) {
            requireMount();
        }
        try {
            return Optional.of(entry(path, names.path(path)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            // a parent that is a file answers "not a directory": then there certainly is no such entry
            if (path.parent().isPresent() && isNoDirectory(path.parent().get())) {
                return Optional.empty();
            }
            throw failure("to look at " + path + " in " + describe(), e);
        }
    }

    @Override
    public InputStream read(FileEntry file) throws InterruptedException {
        try {
            return Files.newInputStream(names.path(file.path()), LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            throw failure("to read " + file.path() + " in " + describe(), e);
        }
    }

    @Override
    public Set<String> attributes() {
        return unix && permissions ? Set.of(LocalWriter.MODE) : Set.of();
    }

    @Override
    public Duration timeResolution() {
        return timeResolution;
    }

    /** 20 ms: common kernels stamp files with the time of their last timer tick, at most 10 ms ago. */
    @Override
    public Duration settling() {
        return Duration.ofMillis(20);
    }

    @Override
    public boolean overlaps(FileTree other) {
        if (!(other instanceof LocalFileTree local) || root.getFileSystem() != local.root.getFileSystem()) {
            return false;
        }
        Path mine = real(root);
        Path theirs = real(local.root);
        return mine.startsWith(theirs) || theirs.startsWith(mine) || sameFile(mine, theirs);
    }

    @Override
    public FileTreeWriter claim(Claim claim) throws InterruptedException {
        requireMount();
        return LocalWriter.claim(this, names, claim);
    }

    /** Of the file {@code .~drkit-lock}, which is not locked for it. Empty also while a run of this process holds the tree. */
    @Override
    public Optional<Epoch> heldEpoch() throws InterruptedException {
        requireMount();
        return LocalWriter.heldEpoch(this);
    }

    @Override
    public String toString() {
        return describe();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LocalFileTree local
                && root.equals(local.root)
                && timeResolution.equals(local.timeResolution)
                && permissions == local.permissions
                && mounted == local.mounted;
    }

    @Override
    public int hashCode() {
        return Objects.hash(root, timeResolution, permissions, mounted);
    }

    /** Whether a file lies in it. */
    boolean holds(Path file) {
        Path absolute = file.toAbsolutePath().normalize();
        Path directory = absolute.getParent();
        return absolute.startsWith(root)
                || (directory != null
                        && directory.getFileSystem() == root.getFileSystem()
                        && real(directory).startsWith(real(root)));
    }

    private void requireMount() throws InterruptedException {
        if (!mounted) {
            return;
        }
        boolean found;
        try {
            Path here = root.toRealPath();
            Path above = here.getParent();
            found = unix
                    && above != null
                    && !Files.getAttribute(here, "unix:dev").equals(Files.getAttribute(above, "unix:dev"));
        } catch (IOException e) {
            throw failure("to look for what is mounted at " + root, e);
        }
        if (!found) {
            throw new BlockedException(
                    "share.not-mounted",
                    Problem.expected("a file system of its own, mounted at " + root)
                            .found("none")
                            .remedy("mount it; if this directory is the share itself, leave requiringMount out"));
        }
    }

    static DrException failure(String wanted, IOException e) throws InterruptedException {
        if (e instanceof ClosedByInterruptException) {
            throw Spill.interrupted(e);
        }
        Problem.Expected expected = Problem.expected(wanted);
        if (e instanceof NoSuchFileException) {
            return new NotFoundException(
                    "share.not-found", expected.found("that it does not exist").remedy("see what removed it"), e);
        }
        if (e instanceof NotDirectoryException) {
            return new NotFoundException(
                    "share.no-directory", expected.found("no directory").remedy("see what replaced it"), e);
        }
        if (e instanceof AccessDeniedException) {
            return new DeniedException(
                    "share.denied",
                    expected.found("that this process may not").remedy("give it the permission, or exclude the path"),
                    e);
        }
        if (String.valueOf(e.getMessage()).contains("No space left")
                || String.valueOf(e.getMessage()).contains("quota")) {
            return new BlockedException(
                    "share.full", expected.found("no room left").remedy("make room, then synchronise again"), e);
        }
        return new UnknownOutcomeException(
                "share.io-failed",
                expected.found(e.getClass().getSimpleName() + ": " + e.getMessage())
                        .remedy("see to the file system, then synchronise again"),
                e);
    }

    private FileEntry entry(TreePath path, Path file) throws IOException {
        LinkOption[] links = path.isRoot() ? new LinkOption[0] : new LinkOption[] {LinkOption.NOFOLLOW_LINKS};
        return unix ? unixEntry(path, file, links) : basicEntry(path, file, links);
    }

    private static FileEntry unixEntry(TreePath path, Path file, LinkOption... links) throws IOException {
        Map<String, Object> seen = Files.readAttributes(file, "unix:mode,size,lastModifiedTime,ctime,ino,dev", links);
        int mode = ((Number) present(seen, "mode")).intValue();
        FileEntry.Type type = switch (mode & TYPE_BITS) {
            case FILE_BITS -> FileEntry.Type.FILE;
            case DIRECTORY_BITS -> FileEntry.Type.DIRECTORY;
            default -> FileEntry.Type.OTHER;
        };
        // the change time of a directory moves with whatever is made in it: its version only names it
        String version = type == FileEntry.Type.FILE
                ? present(seen, "ino") + "@" + ((FileTime) present(seen, "ctime")).toInstant()
                : present(seen, "dev") + ":" + present(seen, "ino");
        return new FileEntry(
                path,
                type,
                type == FileEntry.Type.FILE ? ((Number) present(seen, "size")).longValue() : 0,
                ((FileTime) present(seen, "lastModifiedTime")).toInstant(),
                Optional.of(version),
                Map.of(LocalWriter.MODE, permissions(mode)));
    }

    private static FileEntry basicEntry(TreePath path, Path file, LinkOption... links) throws IOException {
        BasicFileAttributes seen = Files.readAttributes(file, BasicFileAttributes.class, links);
        FileEntry.Type type = seen.isRegularFile()
                ? FileEntry.Type.FILE
                : seen.isDirectory() ? FileEntry.Type.DIRECTORY : FileEntry.Type.OTHER;
        return new FileEntry(
                path,
                type,
                type == FileEntry.Type.FILE ? seen.size() : 0,
                seen.lastModifiedTime().toInstant(),
                Optional.ofNullable(seen.fileKey()).map(Object::toString),
                Map.of());
    }

    private static Object present(Map<String, Object> seen, String name) throws IOException {
        Object value = seen.get(name);
        if (value == null) {
            throw new IOException("the file system does not tell " + name);
        }
        return value;
    }

    private static String permissions(int mode) {
        StringBuilder text = new StringBuilder(9);
        for (int i = 0; i < 9; i++) {
            text.append((mode & (0400 >> i)) != 0 ? PERMISSIONS.charAt(i) : '-');
        }
        return text.toString();
    }

    private boolean isNoDirectory(TreePath path) {
        Path file = names.path(path);
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(file);
    }

    private static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            return path;
        }
    }

    private static boolean sameFile(Path one, Path other) {
        try {
            return Files.isSameFile(one, other);
        } catch (IOException e) {
            return false;
        }
    }

    private final class LocalListing implements Listing {
        private final TreePath directory;
        private final DirectoryStream<Path> stream;
        private final Iterator<Path> paths;

        @SuppressWarnings("StreamResourceLeak") // close() closes it
        LocalListing(TreePath directory, Path path) throws IOException {
            this.directory = directory;
            this.stream = Files.newDirectoryStream(path);
            this.paths = stream.iterator();
        }

        @Override
        public Page next() throws InterruptedException {
            if (Thread.interrupted()) {
                throw new InterruptedException("interrupted while listing " + directory);
            }
            List<FileEntry> entries = new ArrayList<>();
            try {
                while (entries.size() < PAGE && paths.hasNext()) {
                    Path path = paths.next();
                    TreePath name = directory.resolve(names.name(path));
                    try {
                        entries.add(entry(name, path));
                    } catch (NoSuchFileException e) {
                        log.trace("{} went away between the two looks, as anything may", name);
                    } catch (IOException e) {
                        entries.add(new FileEntry(
                                name, FileEntry.Type.UNREADABLE, 0, Instant.EPOCH, Optional.empty(), Map.of()));
                    }
                }
                return new Page(entries, !paths.hasNext());
            } catch (DirectoryIteratorException e) {
                throw failure("to list " + directory + " in " + describe(), Objects.requireNonNull(e.getCause()));
            }
        }

        @Override
        public void close() {
            try {
                stream.close();
            } catch (IOException e) {
                log.debug("A listing of {} was not closed well; it was only read from", directory, e);
            }
        }
    }
}
