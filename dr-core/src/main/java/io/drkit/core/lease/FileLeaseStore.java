package io.drkit.core.lease;

import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.DrException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leases as files: the default, with no server to depend on. For processes of one machine, or of several that share a folder; such
 * a folder must honour file locks, atomic renames and fsync.
 *
 * <p>Each lease has two files: {@code NAME.lease} with the record, and {@code NAME.epoch} with the highest epoch and the number of
 * writes so far. To delete the first is to delete the lease; its next holder still gets a higher epoch. To delete both is to forget
 * that there ever was one. In file names all but {@code a-z}, digits, {@code -} and {@code _} is written {@code %xx}.
 *
 * <p>Reading takes no lock. Writing compares and writes under a lock on the file {@code lock}, which dies with its process; a
 * process that is stopped, but alive, within those few milliseconds keeps the others from writing until it goes on or is ended.
 *
 * <p>Errors: {@link BlockedException} with {@code lease.corrupt} when a file holds something else (such a lease is not free), and
 * with {@code lease.unreachable} when the folder cannot be used and nothing was written; {@link DrTimeoutException} with
 * {@code lease.store-busy} when the lock could not be had within 5 seconds, and nothing was written;
 * {@link UnknownOutcomeException} with {@code lease.write-unknown} when it failed in the middle of writing.
 */
public final class FileLeaseStore implements LeaseStore {
    /**
     * POSIX file locks belong to the process: closing any channel on the lock file would release the lock that another thread
     * holds here, so a second opening must wait before it touches the file.
     */
    private static final Set<Path> LOCKED_HERE = ConcurrentHashMap.newKeySet();

    private static final Logger log = LoggerFactory.getLogger(FileLeaseStore.class);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration RETRY = Duration.ofMillis(3);
    private static final String RECORD = ".lease";
    private static final String FLOOR = ".epoch";
    private static final String ABSENT = "absent after ";
    private static final int LONGEST_NAME = 180;
    private static final int HASH_LENGTH = 32;

    private final Path root;
    private final Clockwork clockwork;

    /** What outlives a record: the highest epoch, and the number of writes. */
    private record Floor(long epoch, long writes) {}

    /** A record as its file has it, with its name in full, and the number of the write that wrote it. */
    private record Kept(String name, LeaseRecord record, long write) {}

    /** Both files as one. The floor is that of whichever is higher: one of them may have been put back from an old copy. */
    private record State(Optional<Kept> kept, Floor floor) {
        State {
            long epoch = kept.map(lease -> lease.record().epoch().value()).orElse(0L);
            long write = kept.map(Kept::write).orElse(0L);
            floor = new Floor(Math.max(floor.epoch(), epoch), Math.max(floor.writes(), write));
        }

        Seen seen() {
            return new Seen(
                    kept.map(Kept::record),
                    kept.map(lease -> Long.toString(lease.write())).orElse(ABSENT + floor.writes()),
                    new Epoch(floor.epoch()));
        }
    }

    /** Keeps leases in {@code root}, which is made when it is first needed. */
    public FileLeaseStore(Path root) {
        this(root, Clockwork.system());
    }

    /** @param clockwork on which to wait for the lock */
    public FileLeaseStore(Path root, Clockwork clockwork) {
        this.root = root.toAbsolutePath();
        this.clockwork = clockwork;
    }

    @Override
    public Seen read(String name) throws InterruptedException {
        return state(fileName(name)).seen();
    }

    @Override
    public Seen write(String name, Seen expected, LeaseRecord record) throws InterruptedException {
        try {
            Files.createDirectories(root);
            Lock lock = lock();
            try {
                return writeLocked(name, expected, record);
            } finally {
                lock.release();
            }
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    private Seen writeLocked(String name, Seen expected, LeaseRecord record) throws InterruptedException {
        String file = fileName(name);
        State before = state(file);
        if (!before.seen().version().equals(expected.version())) {
            throw new ConflictException(
                    "lease.changed",
                    Problem.expected("the lease " + name + " as it was seen, write " + expected.version())
                            .found("write " + before.seen().version())
                            .remedy("look at it again"));
        }
        long write = Math.addExact(before.floor().writes(), 1);
        State after = new State(
                Optional.of(new Kept(name, record, write)),
                new Floor(before.floor().epoch(), write));
        try {
            // The floor goes first: a crash in between wastes an epoch, and never lets one be given twice.
            replace(root.resolve(file + FLOOR), after.floor().epoch() + " " + write + "\n");
            replace(root.resolve(file + RECORD), write + " " + name + "\n" + record.toJson() + "\n");
            force(root);
        } catch (IOException e) {
            throw new UnknownOutcomeException(
                    "lease.write-unknown",
                    Problem.expected("to write the lease " + name + " in " + root)
                            .found(e.toString())
                            .remedy("make the folder writable, with free space; the lease is looked at again"),
                    e);
        }
        return after.seen();
    }

    @Override
    public Map<String, Seen> list(String prefix) throws InterruptedException {
        Map<String, Seen> found = new TreeMap<>();
        if (!Files.isDirectory(root)) {
            return found;
        }
        List<String> files;
        try (Stream<Path> all = Files.list(root)) {
            files = all.map(path -> path.getFileName().toString())
                    .filter(file -> file.endsWith(RECORD))
                    .map(file -> file.substring(0, file.length() - RECORD.length()))
                    .toList();
        } catch (IOException e) {
            throw unreachable(e);
        }
        for (String file : files) {
            State state = state(file);
            state.kept()
                    .filter(lease -> lease.name().startsWith(prefix))
                    .ifPresent(lease -> found.put(lease.name(), state.seen()));
        }
        return found;
    }

    /** The record is read first and the floor is written first, so the floor that is read is that of the record or a later one. */
    private State state(String file) throws InterruptedException {
        Path recordFile = root.resolve(file + RECORD);
        Optional<Kept> kept = content(recordFile).map(text -> {
            try {
                int line = text.indexOf('\n');
                int space = text.indexOf(' ');
                return new Kept(
                        text.substring(space + 1, line),
                        LeaseRecord.fromJson(text.substring(line)),
                        Long.parseLong(text.substring(0, space)));
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw corrupt(recordFile, e);
            }
        });
        Path floorFile = root.resolve(file + FLOOR);
        Optional<Floor> floor = content(floorFile).map(text -> {
            try {
                String[] numbers = text.strip().split(" ", 2);
                return new Floor(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]));
            } catch (NumberFormatException | IndexOutOfBoundsException e) {
                throw corrupt(floorFile, e);
            }
        });
        return new State(kept, floor.orElse(new Floor(0, 0)));
    }

    private Optional<String> content(Path file) throws InterruptedException {
        try {
            return Optional.of(Files.readString(file));
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (ClosedByInterruptException e) {
            throw interrupted(e);
        } catch (java.nio.charset.CharacterCodingException e) {
            throw corrupt(file, e);
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    private Lock lock() throws IOException, InterruptedException {
        Path file = root.toRealPath().resolve("lock");
        Deadline deadline = clockwork.deadline(PATIENCE);
        while (true) {
            if (LOCKED_HERE.add(file)) {
                Lock lock = tryLock(file);
                if (lock != null) {
                    return lock;
                }
            }
            if (deadline.passed()) {
                throw new DrTimeoutException(
                        "lease.store-busy",
                        Problem.expected("to lock " + file + " within " + PATIENCE)
                                .found("that another process holds it")
                                .remedy("let that process go on, or end it: a lock is held for milliseconds only"));
            }
            clockwork.sleep(RETRY);
        }
    }

    private static @Nullable Lock tryLock(Path file) throws IOException, InterruptedException {
        FileChannel channel = null;
        boolean locked = false;
        boolean closable = true;
        try {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            locked = channel.tryLock() != null;
            return locked ? new Lock(file, channel) : null;
        } catch (OverlappingFileLockException e) {
            // Another class loader of this process holds it: closing this channel would release that lock.
            closable = false;
            return null;
        } catch (ClosedByInterruptException e) {
            throw interrupted(e);
        } finally {
            if (!locked) {
                if (closable && channel != null) {
                    channel.close();
                }
                LOCKED_HERE.remove(file);
            }
        }
    }

    /** The lock while it is held. */
    private record Lock(Path file, FileChannel channel) {
        void release() {
            try {
                channel.close();
            } catch (IOException e) {
                // What was written is written, whatever becomes of the lock.
                log.warn("The lock {} could not be closed", file, e);
            } finally {
                LOCKED_HERE.remove(file);
            }
        }
    }

    /** As a whole or not at all, and durable once the folder is forced. Not by a channel, which an interruption would close. */
    private static void replace(Path file, String text) throws IOException {
        Path draft = file.resolveSibling(file.getFileName() + ".new");
        try (RandomAccessFile out = new RandomAccessFile(draft.toFile(), "rw")) {
            out.setLength(0);
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.getFD().sync();
        }
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Makes the renames durable. Windows cannot open a folder, and needs no such thing. */
    private static void force(Path folder) throws IOException {
        if (!folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return;
        }
        boolean interrupted = Thread.interrupted();
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (ClosedByInterruptException again) {
            interrupted = true;
            // What was renamed stands there for every reader; only a power cut in this moment could undo it.
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A name that no file system refuses for its length: a long one is cut, and told from its like by its hash. */
    private static String fileName(String name) {
        if (name.isBlank() || name.indexOf('\n') >= 0) {
            throw new IllegalArgumentException("A lease has a name of one line");
        }
        StringBuilder safe = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
            safe.append(plain ? String.valueOf(c) : String.format(Locale.ROOT, "%%%02x", (int) c));
        }
        return safe.length() <= LONGEST_NAME
                ? safe.toString()
                : safe.substring(0, LONGEST_NAME - HASH_LENGTH - 1) + "~" + hash(name);
    }

    private static String hash(String name) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, HASH_LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    private static InterruptedException interrupted(ClosedByInterruptException e) {
        // The exception tells the caller; whoever catches it expects the flag to be clear.
        boolean cleared = Thread.interrupted();
        InterruptedException told = new InterruptedException("while a lease was read or locked, flag " + cleared);
        told.initCause(e);
        return told;
    }

    private static BlockedException corrupt(Path file, Exception cause) {
        return new BlockedException(
                "lease.corrupt",
                Problem.expected("a lease of this DRKit version in " + file)
                        .found("something else")
                        .remedy("make sure that no process holds that lease, then move the file aside; where it is one"
                                + " ending in " + FLOOR
                                + ", the next epoch may be lower than one that was given before"),
                cause);
    }

    private DrException unreachable(IOException cause) {
        return new BlockedException(
                "lease.unreachable",
                Problem.expected("to read and write leases in " + root)
                        .found(cause.toString())
                        .remedy("make the folder reachable and writable; nobody leads without a lease"),
                cause);
    }
}
