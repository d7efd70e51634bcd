package io.drkit.core.share;

import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The claim on a local directory. */
final class LocalWriter implements FileTreeWriter {
    static final String MODE = "mode";
    static final String LOCK = FileTree.RESERVED_PREFIX + "lock";

    private static final Logger log = LoggerFactory.getLogger(LocalWriter.class);
    private static final Pattern TEMPORARY = Pattern.compile("\\.~drkit-([0-9a-f]{12})-[0-9a-f]{32}");
    private static final int BUFFER = 128 * 1024;

    /**
     * The roots that this process holds, with what names each directory whatever the way to it. It must be one for the process,
     * as the lock of the operating system is one for the process: closing any other descriptor of the lock file would give the
     * lock away, so that a second claim must not even open it.
     */
    private static final Map<Path, Object> HELD = new HashMap<>();

    /** The directories whose lock file is being read: nobody here may lock it before it is closed. Guarded as those that are held. */
    private static final Set<Object> BEING_READ = new HashSet<>();

    /** A run's id and the highest epoch, of fixed length, so that writing it anew leaves nothing of it torn. */
    private static final Pattern HOLDER = Pattern.compile("([0-9a-f]{12}) ([0-9]{19})\\n");

    private static final int HOLDER_LENGTH = 33;

    private final LocalFileTree tree;
    private final LocalNames names;
    private final String run;
    private final Path held;
    private final FileChannel lock;
    private final boolean posix;

    private LocalWriter(LocalFileTree tree, LocalNames names, String run, Path held, FileChannel lock) {
        this.tree = tree;
        this.names = names;
        this.run = run;
        this.held = held;
        this.lock = lock;
        this.posix = held.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    static LocalWriter claim(LocalFileTree tree, LocalNames names, Claim claim) throws InterruptedException {
        Path root;
        Object identity;
        try {
            root = tree.root().toRealPath();
            identity = identity(root);
        } catch (IOException e) {
            throw LocalFileTree.failure("to write to " + tree.describe(), e);
        }
        synchronized (HELD) {
            awaitRead(identity);
            for (Map.Entry<Path, Object> other : HELD.entrySet()) {
                if (other.getValue().equals(identity)
                        || root.startsWith(other.getKey())
                        || other.getKey().startsWith(root)) {
                    throw busy(tree, "another run of this process in " + other.getKey());
                }
            }
            HELD.put(root, identity);
        }
        boolean claimed = false;
        try {
            LocalWriter writer = new LocalWriter(tree, names, claim.run(), root, lock(tree, root, claim));
            claimed = true;
            return writer;
        } finally {
            if (!claimed) {
                release(root);
            }
        }
    }

    @Override
    public Staged stage(FileTree source, FileEntry file, LongConsumer bytes) throws InterruptedException {
        TreePath temporary = temporary(file.path());
        Path path = names.path(temporary);
        boolean whole = false;
        try (InputStream in = source.read(file);
                FileChannel out = create(path, file)) {
            long size = 0;
            byte[] buffer = new byte[BUFFER];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                ByteBuffer chunk = ByteBuffer.wrap(buffer, 0, count);
                while (chunk.hasRemaining()) {
                    out.write(chunk);
                }
                size += count;
                bytes.accept(count);
            }
            out.force(true);
            whole = true;
            return new Staged(file.path(), temporary, size);
        } catch (IOException e) {
            throw LocalFileTree.failure("to copy " + file.path() + " to " + tree.describe(), e);
        } finally {
            if (!whole) {
                forget(path);
            }
        }
    }

    @Override
    public void commit(Staged staged, FileEntry as, Optional<FileEntry> seen) throws InterruptedException {
        Path temporary = names.path(staged.temporary());
        Path path = names.path(as.path());
        try {
            apply(temporary, as);
            if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                throw new ConflictException(
                        "share.directory-in-the-way",
                        Problem.expected("no directory at " + as.path() + " in " + tree.describe())
                                .found("one")
                                .remedy("synchronise again, so that it is seen and counted"));
            }
            Optional<FileEntry> there = tree.stat(as.path());
            if (there.isPresent() != seen.isPresent() || (seen.isPresent() && !isSame(seen.get(), there.get()))) {
                throw changed(as.path());
            }
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
            force(path);
        } catch (IOException e) {
            throw LocalFileTree.failure("to put " + as.path() + " in place in " + tree.describe(), e);
        }
    }

    @Override
    public void discard(Staged staged) throws InterruptedException {
        try {
            Files.deleteIfExists(names.path(staged.temporary()));
        } catch (IOException e) {
            throw LocalFileTree.failure("to remove " + staged.temporary() + " in " + tree.describe(), e);
        }
    }

    @Override
    public void makeDirectory(TreePath directory) throws InterruptedException {
        Path path = names.path(directory);
        try {
            Files.createDirectory(path);
            force(path);
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                throw new ConflictException(
                        "share.file-in-the-way",
                        Problem.expected("to make the directory " + directory + " in " + tree.describe())
                                .found("something else of that name")
                                .remedy("synchronise again, so that it is seen and counted"),
                        e);
            }
        } catch (IOException e) {
            throw LocalFileTree.failure("to make the directory " + directory + " in " + tree.describe(), e);
        }
    }

    @Override
    public void setProperties(FileEntry as) throws InterruptedException {
        try {
            apply(names.path(as.path()), as);
        } catch (IOException e) {
            throw LocalFileTree.failure("to set the properties of " + as.path() + " in " + tree.describe(), e);
        }
    }

    @Override
    public void delete(FileEntry entry) throws InterruptedException {
        Path path = names.path(entry.path());
        Optional<FileEntry> there = tree.stat(entry.path());
        if (there.isPresent() && !isSame(entry, there.get())) {
            throw changed(entry.path());
        }
        try {
            Files.delete(path);
        } catch (NoSuchFileException e) {
            // so it is as it should be
            return;
        } catch (DirectoryNotEmptyException e) {
            throw new ConflictException(
                    "share.directory-not-empty",
                    Problem.expected("an empty directory " + entry.path() + " in " + tree.describe())
                            .found("something in it")
                            .remedy("synchronise again, so that it is seen and counted"),
                    e);
        } catch (IOException e) {
            throw LocalFileTree.failure("to delete " + entry.path() + " in " + tree.describe(), e);
        }
    }

    @Override
    public boolean sweep(FileEntry reserved) throws InterruptedException {
        // The lock is held, so that no other run lives: whatever is not this run's own is an orphan.
        var name = TEMPORARY.matcher(reserved.name());
        if (!reserved.isFile() || !name.matches() || name.group(1).equals(run)) {
            return false;
        }
        delete(reserved);
        return true;
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new UnknownOutcomeException(
                    "share.lock-not-released",
                    Problem.expected("to give back the lock on " + tree.describe())
                            .found(String.valueOf(e.getMessage()))
                            .remedy("see to the file system; the lock ends with this process"),
                    e);
        } finally {
            release(held);
        }
    }

    /** By inode and content, not by the change time: that moves when another link to the same file is replaced or deleted. */
    private static boolean isSame(FileEntry seen, FileEntry now) {
        return seen.type() == now.type()
                && inode(seen).equals(inode(now))
                && (seen.isDirectory()
                        || (seen.size() == now.size() && seen.modified().equals(now.modified())));
    }

    private static Optional<String> inode(FileEntry entry) {
        return entry.version().map(version -> version.replaceFirst("@.*", ""));
    }

    private ConflictException changed(TreePath path) {
        return new ConflictException(
                "share.target-changed",
                Problem.expected(path + " in " + tree.describe() + " as it was seen")
                        .found("something else there: somebody wrote to it during the run, or the file system takes two"
                                + " names, such as of other case, for one")
                        .remedy("see who writes to the target; where it is the name, rename one of the two files"));
    }

    /** The highest epoch that it was claimed under; empty also while this process holds it. */
    static Optional<Epoch> heldEpoch(LocalFileTree tree) throws InterruptedException {
        String wanted = "to read the epoch in " + LOCK + " of " + tree.describe();
        Path root;
        Object identity;
        try {
            root = tree.root().toRealPath();
            identity = identity(root);
        } catch (IOException e) {
            throw LocalFileTree.failure(wanted, e);
        }
        synchronized (HELD) {
            awaitRead(identity);
            if (HELD.containsValue(identity)) {
                return Optional.empty();
            }
            BEING_READ.add(identity);
        }
        try (FileChannel channel =
                FileChannel.open(root.resolve(LOCK), Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            return Optional.of(new Epoch(epoch(channel))).filter(epoch -> !epoch.equals(Epoch.NONE));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw LocalFileTree.failure(wanted, e);
        } finally {
            synchronized (HELD) {
                BEING_READ.remove(identity);
                HELD.notifyAll();
            }
        }
    }

    private static Object identity(Path root) throws IOException {
        Object key = Files.readAttributes(root, BasicFileAttributes.class).fileKey();
        return key == null ? root : key;
    }

    /** Not the lock around the read itself: a share that hangs is not to hold up the claims of others. */
    private static void awaitRead(Object identity) throws InterruptedException {
        while (BEING_READ.contains(identity)) {
            HELD.wait();
        }
    }

    private static FileChannel lock(LocalFileTree tree, Path root, Claim claim) throws InterruptedException {
        FileChannel channel = null;
        boolean locked = false;
        try {
            channel = FileChannel.open(
                    root.resolve(LOCK),
                    Set.<OpenOption>of(
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE,
                            LinkOption.NOFOLLOW_LINKS));
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw busy(tree, "the run " + holder(channel));
            }
            long highest = epoch(channel);
            if (!claim.epoch().equals(Epoch.NONE) && claim.epoch().value() < highest) {
                throw StaleEpochException.at("share.stale-epoch", tree.describe(), new Epoch(highest), claim.epoch());
            }
            String holder = String.format(
                    Locale.ROOT,
                    "%s %019d\n",
                    claim.run(),
                    Math.max(highest, claim.epoch().value()));
            channel.write(ByteBuffer.wrap(holder.getBytes(StandardCharsets.US_ASCII)), 0);
            channel.truncate(HOLDER_LENGTH);
            channel.force(true);
            locked = true;
            return channel;
        } catch (ClosedByInterruptException e) {
            throw Spill.interrupted(e);
        } catch (IOException e) {
            throw new BlockedException(
                    "share.cannot-lock",
                    Problem.expected("to lock " + tree.describe() + " by the file " + LOCK)
                            .found(e.getClass().getSimpleName() + ": " + e.getMessage())
                            .remedy("make it writable, and its file system one that has locks"),
                    e);
        } finally {
            if (!locked && channel != null) {
                closeQuietly(channel);
            }
        }
    }

    private static String holder(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(12);
        channel.read(text, 0);
        return StandardCharsets.US_ASCII.decode(text.flip()).toString();
    }

    private static long epoch(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(HOLDER_LENGTH);
        channel.read(text, 0);
        var holder = HOLDER.matcher(StandardCharsets.US_ASCII.decode(text.flip()));
        return holder.matches() ? Long.parseLong(holder.group(2)) : 0;
    }

    private static ConflictException busy(LocalFileTree tree, String holder) {
        return new ConflictException(
                "share.target-busy",
                Problem.expected("to be the only one to write to " + tree.describe())
                        .found(holder + " at it")
                        .remedy("wait for that run to end; when its process is dead, the lock is gone by itself"));
    }

    private static void release(Path root) {
        synchronized (HELD) {
            HELD.remove(root);
        }
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // what led here is thrown already
            return;
        }
    }

    /** For nobody else to read while its permissions are still to come; without any to come, as the process makes files. */
    private FileChannel create(Path path, FileEntry file) throws IOException {
        boolean closed =
                posix && tree.attributes().contains(MODE) && file.attributes().containsKey(MODE);
        FileAttribute<?>[] mode = closed
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        return FileChannel.open(
                path,
                Set.of(
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS),
                mode);
    }

    /** Time first: opening a file to set it may be what the permissions then forbid. */
    private void apply(Path path, FileEntry as) throws IOException {
        if (as.isFile()) {
            Files.getFileAttributeView(path, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .setTimes(FileTime.from(as.modified()), null, null);
        }
        String mode = as.attributes().get(MODE);
        if (posix && mode != null) {
            Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .setPermissions(PosixFilePermissions.fromString(mode));
        }
    }

    /** Makes a new name durable as far as the file system lets a directory be synchronised: some network mounts do not. */
    private void force(Path made) throws IOException {
        Path directory = made.getParent();
        if (posix && directory != null) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            } catch (ClosedByInterruptException e) {
                throw e;
            } catch (IOException e) {
                log.debug(
                        "{} cannot be synchronised to disk; its new names are durable when the file system says so",
                        directory,
                        e);
            }
        }
    }

    private static void forget(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            // the next run sweeps it; what led here is thrown already
            return;
        }
    }

    /** In the same directory, so that the move is atomic; short, so that it fits where any name does. */
    private TreePath temporary(TreePath path) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(path.value().getBytes(StandardCharsets.UTF_16BE));
            return path.parent()
                    .orElse(TreePath.ROOT)
                    .resolve(FileTree.RESERVED_PREFIX + run + "-"
                            + HexFormat.of().formatHex(hash, 0, 16));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
