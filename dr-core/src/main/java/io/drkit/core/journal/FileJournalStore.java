package io.drkit.core.journal;

import io.drkit.core.BlockedException;
import io.drkit.core.Problem;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Journals as files: the default, with no server to depend on. One folder a plan and pair of sites, in it one file a run, the
 * highest epoch, and a lock that dies with its process. The folder may stand on a network file system only if that honours file
 * locks and fsync.
 *
 * <p>Each line of a run's file is an entry in JSON behind the SHA-256 of itself and of the line before it, so that a line that
 * was damaged, removed, added or moved is noticed.
 */
public final class FileJournalStore implements JournalStore {
    /**
     * POSIX file locks belong to the process: closing any channel on the lock file would release the lock that another run in
     * this process holds, so a second opening here must be refused before it touches the file.
     */
    private static final Set<Path> OPEN_HERE = ConcurrentHashMap.newKeySet();

    private static final Set<FileChannel> LEFT_OPEN = ConcurrentHashMap.newKeySet();

    private static final int LONGEST_NAME = 200;
    private static final int HASH_LENGTH = 32;

    private final Path root;

    /** Keeps journals below {@code root}, which is made when it is first needed. */
    public FileJournalStore(Path root) {
        this.root = root.toAbsolutePath();
    }

    @Override
    public Journal open(JournalKey key) {
        Path folder = root.resolve(folderName(key));
        try {
            create(folder);
            Path real = folder.toRealPath();
            if (!OPEN_HERE.add(real)) {
                throw inUse(key, "this very process");
            }
            try {
                return lockAndRead(real, key);
            } catch (IOException | RuntimeException e) {
                OPEN_HERE.remove(real);
                throw e;
            }
        } catch (IOException e) {
            throw unreachable(folder, e);
        }
    }

    private static Journal lockAndRead(Path folder, JournalKey key) throws IOException {
        FileChannel channel = FileChannel.open(
                folder.resolve(FileJournal.LOCK),
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        try {
            FileLock lock;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                // Another class loader of this process holds it, such as an application that was deployed anew in the
                // middle
                // of a run. Closing this channel would release that lock, so it stays open.
                LEFT_OPEN.add(channel);
                throw inUse(key, "this very process");
            }
            Path owner = folder.resolve("owner");
            if (lock == null) {
                throw inUse(
                        key,
                        Files.exists(owner) ? Files.readString(owner).strip() : "a process that did not say which");
            }
            Files.writeString(owner, "process " + ProcessHandle.current().pid() + "\n");
            return new FileJournal(folder, key, channel, lock, () -> OPEN_HERE.remove(folder));
        } catch (IOException | RuntimeException e) {
            if (!LEFT_OPEN.contains(channel)) {
                try {
                    channel.close();
                } catch (IOException suppressed) {
                    e.addSuppressed(suppressed);
                }
            }
            throw e;
        }
    }

    private static JournalInUseException inUse(JournalKey key, String owner) {
        return new JournalInUseException(
                "journal.in-use",
                Problem.expected("no other run of " + key)
                        .found("one in " + owner)
                        .remedy("wait for it, or watch it there; if it hangs, end that process and resume here"),
                null);
    }

    static BlockedException unreachable(Path where, IOException cause) {
        return new BlockedException(
                "journal.unreachable",
                Problem.expected("to read and write the journal in " + where)
                        .found(cause.toString())
                        .remedy(
                                "make the folder reachable and writable, with free space; nothing is done without a journal"),
                cause);
    }

    /** Makes the folder, and makes it durable: what is written in a folder that a power cut takes away was never written. */
    private static void create(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Path parent = folder.getParent();
            if (parent != null) {
                create(parent);
            }
            Files.createDirectories(folder);
            if (parent != null) {
                FileJournal.force(parent);
            }
        }
    }

    /** A name that no file system refuses for its length: a long one is cut, and told from its like by its hash. */
    private static String folderName(JournalKey key) {
        String name = fileName(key.plan()) + "@" + fileName(key.siteA()) + "+" + fileName(key.siteB());
        return name.length() <= LONGEST_NAME
                ? name
                : name.substring(0, LONGEST_NAME - HASH_LENGTH - 1) + "~"
                        + FileJournal.hash("", name).substring(0, HASH_LENGTH);
    }

    private static String fileName(String name) {
        StringBuilder safe = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
            safe.append(plain ? String.valueOf(c) : String.format(Locale.ROOT, "%%%02x", (int) c));
        }
        return safe.toString();
    }
}
