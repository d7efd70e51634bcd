package io.drkit.core.journal;

import io.drkit.core.BlockedException;
import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Journals as files: the default, with no server to depend on. One folder a plan and pair of sites, in it one file a run, the
 * highest epoch, and a lock that dies with its process. The folder may stand on a network file system only if that honours file
 * locks and fsync.
 *
 * <p>Each line of a run's file is an entry in JSON behind the SHA-256 of itself and of the line before it, so that a line that
 * was damaged, removed, added or moved is noticed.
 *
 * <p>A take-over leaves the old owner's files alone and goes on with copies of them, so that it needs not be stopped: whatever it
 * still writes, it writes where nobody looks, and is told that it is stale.
 */
public final class FileJournalStore implements JournalStore {
    /**
     * POSIX file locks belong to the process: closing any channel on the lock file would release the lock that another run in
     * this process holds, so a second opening here must be refused before it touches the file.
     */
    private static final Set<Path> OPEN_HERE = ConcurrentHashMap.newKeySet();

    private static final Set<FileChannel> LEFT_OPEN = ConcurrentHashMap.newKeySet();

    private static final JournalKey NOBODY = new JournalKey("", "", "");
    private static final String OWNER = "owner";
    private static final int LONGEST_NAME = 200;
    private static final int HASH_LENGTH = 32;

    private final Path root;

    /** Keeps journals below {@code root}, which is made when it is first needed. */
    public FileJournalStore(Path root) {
        this.root = root.toAbsolutePath();
    }

    @Override
    public Journal open(JournalKey key) {
        Path path = root.resolve(folderName(key));
        try {
            JournalFolder.create(path);
            JournalFolder folder = new JournalFolder(path.toRealPath(), key);
            return lock(folder, folder.newest());
        } catch (IOException e) {
            throw unreachable(path, e);
        }
    }

    @Override
    public Journal takeOver(JournalKey key) {
        Path path = root.resolve(folderName(key));
        try {
            JournalFolder.create(path);
            JournalFolder folder = new JournalFolder(path.toRealPath(), key);
            // Where it cannot be read it is not taken from anybody either.
            Optional<Path> latest =
                    JournalFolder.runs(folder.newestComplete()).stream().findFirst();
            if (latest.isPresent()) {
                RunFile.read(latest.get(), key.toString());
            }
            long next = folder.newest() + 1;
            if (!folder.begin(next)) {
                throw inUse(key, "another process that is taking it over at this moment");
            }
            return lock(folder, next);
        } catch (IOException e) {
            throw unreachable(path, e);
        }
    }

    @Override
    public List<List<JournalEntry>> runs(JournalKey key, int atMost) {
        if (atMost < 1) {
            throw new IllegalArgumentException("at least 1 run is asked for, not " + atMost);
        }
        Path path = root.resolve(folderName(key));
        try {
            List<List<JournalEntry>> runs = new ArrayList<>();
            for (Path file : latest(new JournalFolder(path, key))) {
                if (runs.size() == atMost) {
                    break;
                }
                RunFile run = RunFile.read(file, key.toString());
                // Another process may have written, and not yet synced, what was just read.
                JournalFolder.force(file);
                runs.add(List.copyOf(run.entries()));
            }
            return runs;
        } catch (IOException e) {
            throw unreachable(path, e);
        }
    }

    @Override
    public List<JournalKey> keys() {
        List<JournalKey> keys = new ArrayList<>();
        for (JournalFolder folder : folders()) {
            keys.add(folder.key());
        }
        return keys;
    }

    @Override
    public void post(JournalKey key, Instruction instruction) {
        Path path = root.resolve(folderName(key));
        try {
            instructionsOf(new JournalFolder(path, key))
                    .orElseThrow(
                            () -> new NotFoundException(
                                    "journal.no-run",
                                    Problem.expected("a run of " + key + " to leave an instruction for")
                                            .found("none in " + path)
                                            .remedy(
                                                    "begin one first; what is to hold for it from its beginning, hand to its plan")))
                    .post(instruction);
        } catch (IOException e) {
            throw unreachable(path, e);
        }
    }

    @Override
    public List<Instruction> instructions(JournalKey key) {
        return words(key).intact();
    }

    @Override
    public Words words(JournalKey key) {
        Path path = root.resolve(folderName(key));
        try {
            Optional<FileInstructions> instructions = instructionsOf(new JournalFolder(path, key));
            return instructions.isPresent() ? instructions.get().read() : new Words(List.of(), List.of());
        } catch (IOException e) {
            throw unreachable(path, e);
        }
    }

    /** The folders of journals in which a run ever began. */
    private List<JournalFolder> folders() {
        List<JournalFolder> folders = new ArrayList<>();
        try {
            for (Path path : directories()) {
                JournalFolder.at(path).ifPresent(folders::add);
            }
            return folders;
        } catch (IOException e) {
            throw unreachable(root, e);
        }
    }

    private List<Path> directories() throws IOException {
        try (Stream<Path> paths = Files.list(root)) {
            return paths.filter(Files::isDirectory).sorted().toList();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }

    /** Reads everything that counts, file by file, so that a damaged one does not hide the others. */
    void check(List<JournalCheck.Run> runs, List<String> damages) {
        try {
            for (Path path : directories()) {
                JournalCheck.noting(damages, () -> {
                    Optional<JournalFolder> folder = JournalFolder.at(path);
                    if (folder.isPresent()) {
                        check(folder.get(), runs, damages);
                    } else if (!latest(new JournalFolder(path, NOBODY)).isEmpty()) {
                        damages.add("runs in " + path + ", which does not say whose they are: its file key is gone");
                    }
                });
            }
        } catch (IOException e) {
            throw unreachable(root, e);
        }
    }

    private static void check(JournalFolder folder, List<JournalCheck.Run> runs, List<String> damages)
            throws IOException {
        Path generation = folder.newestComplete();
        long highest = 0;
        for (Path file : JournalFolder.runs(generation)) {
            highest = Math.max(highest, RunFile.epochOf(file));
            JournalCheck.noting(damages, () -> {
                RunFile run = RunFile.read(file, folder.key().toString());
                JournalCheck.add(new JournalCheck.Run(folder.key(), run.entries(), run.torn()), runs, damages);
            });
            JournalCheck.noting(damages, () -> JournalCheck.add(instructions(folder, file).read(), damages));
        }
        long begun = highest;
        JournalCheck.noting(damages, () -> {
            long epoch = folder.epoch(generation);
            if (epoch < begun) {
                damages.add("epoch " + epoch + " in " + generation + ", where a run began under epoch " + begun);
            }
        });
    }

    private static Optional<FileInstructions> instructionsOf(JournalFolder folder) throws IOException {
        return latest(folder).stream().findFirst().map(run -> instructions(folder, run));
    }

    private static FileInstructions instructions(JournalFolder folder, Path run) {
        return new FileInstructions(folder.path().resolve("instructions").resolve(Long.toString(RunFile.epochOf(run))));
    }

    private static List<Path> latest(JournalFolder folder) throws IOException {
        try {
            return JournalFolder.runs(folder.newestComplete());
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }

    /** Opens that generation, which must still be the newest once it is locked. */
    private static Journal lock(JournalFolder folder, long number) throws IOException {
        Path generation = folder.generation(number);
        if (!OPEN_HERE.add(generation)) {
            throw inUse(folder.key(), "this very process");
        }
        try {
            FileChannel channel = FileChannel.open(
                    generation.resolve(JournalFolder.LOCK),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE);
            try {
                FileLock lock = lock(folder.key(), generation, channel);
                if (folder.newest() != number) {
                    throw inUse(folder.key(), "another process that has just taken it over");
                }
                Files.writeString(
                        generation.resolve(OWNER),
                        "process " + ProcessHandle.current().pid() + "\n");
                FileJournal journal =
                        new FileJournal(folder, number, channel, lock, () -> OPEN_HERE.remove(generation));
                if (folder.newest() != number) {
                    journal.close();
                    throw inUse(folder.key(), "another process that has just taken it over");
                }
                return journal;
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
        } catch (IOException | RuntimeException e) {
            OPEN_HERE.remove(generation);
            throw e;
        }
    }

    private static FileLock lock(JournalKey key, Path generation, FileChannel channel) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // Another class loader of this process holds it, such as an application that was deployed anew in the
            // middle of a run. Closing this channel would release that lock, so it stays open.
            LEFT_OPEN.add(channel);
            throw inUse(key, "this very process");
        }
        if (lock == null) {
            throw inUse(key, owner(generation));
        }
        return lock;
    }

    /** Who holds or held it, as far as it said so. */
    static String owner(Path generation) throws IOException {
        try {
            return Files.readString(generation.resolve(OWNER)).strip();
        } catch (NoSuchFileException none) {
            return "a process that did not say which";
        }
    }

    private static JournalInUseException inUse(JournalKey key, String owner) {
        return new JournalInUseException(
                "journal.in-use",
                Problem.expected("no other run of " + key)
                        .found("one in " + owner)
                        .remedy(
                                "wait for it, or watch it there; if that process hangs, end it and resume here; if it cannot be"
                                        + " reached, and only then, take the run over"),
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

    /** A name that no file system refuses for its length: a long one is cut, and told from its like by its hash. */
    private static String folderName(JournalKey key) {
        String name = fileName(key.plan()) + "@" + fileName(key.siteA()) + "+" + fileName(key.siteB());
        return name.length() <= LONGEST_NAME
                ? name
                : name.substring(0, LONGEST_NAME - HASH_LENGTH - 1) + "~"
                        + EntryChain.hash("", name).substring(0, HASH_LENGTH);
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
