package io.drkit.core.journal;

import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One generation of a {@link JournalFolder}, under its lock. All methods hold the journal's monitor, as entries of parallel steps
 * must follow each other.
 */
final class FileJournal implements Journal {
    private final JournalFolder folder;
    private final long number;
    private final Path generation;
    private final FileChannel lockChannel;
    private final FileLock lock;
    private final Runnable release;
    private final Optional<Object> lockIdentity;
    /** Not a {@link FileChannel}: the interruption of a step that writes here would close that, and end the whole run. */
    private @Nullable RandomAccessFile run;

    private @Nullable Path runPath;
    private Optional<Object> runIdentity = Optional.empty();
    private long end;
    private EntryChain chain = EntryChain.begin();
    private List<JournalEntry> entries = List.of();
    /** Set for good once somebody else was seen to have taken it over. */
    private @Nullable StaleEpochException stale;

    FileJournal(JournalFolder folder, long number, FileChannel lockChannel, FileLock lock, Runnable release)
            throws IOException {
        this.folder = folder;
        this.number = number;
        this.generation = folder.generation(number);
        this.lockChannel = lockChannel;
        this.lock = lock;
        this.release = release;
        this.lockIdentity = JournalFolder.identity(generation.resolve(JournalFolder.LOCK));
        folder.complete(number);
        Optional<Path> latest = JournalFolder.runs(generation).stream().findFirst();
        if (latest.isPresent()) {
            load(RunFile.read(latest.get(), folder.key().toString()));
        }
    }

    @Override
    public synchronized List<JournalEntry> latestRun() {
        return List.copyOf(entries);
    }

    @Override
    public synchronized Epoch raiseEpoch(Epoch above) {
        try {
            requireOpen();
            long highest = Math.max(
                    Math.max(folder.epoch(generation), JournalFolder.highestEpoch(entries)),
                    JournalFolder.runs(generation).stream()
                            .findFirst()
                            .map(RunFile::epochOf)
                            .orElse(0L));
            Epoch next = new Epoch(Math.max(highest, above.value())).next();
            JournalFolder.writeEpoch(generation, next.value());
            requireNewest();
            return next;
        } catch (IOException e) {
            throw FileJournalStore.unreachable(generation, e);
        }
    }

    @Override
    public synchronized void begin(JournalEntry first) {
        requireNotStale();
        try {
            requireOpen();
            closeRun();
            Path file = generation.resolve(RunFile.name(folder.epoch(generation)));
            if (Files.exists(file)) {
                throw new IllegalStateException("A run has begun under this epoch already: raise it first");
            }
            folder.label();
            // The head and the first entry become visible together: a crash in between leaves no run behind.
            Path draft = generation.resolve("run.new");
            chain = EntryChain.begin();
            entries = new ArrayList<>();
            RandomAccessFile opened = JournalFolder.emptied(draft);
            run = opened;
            write(opened, EntryChain.HEAD + EntryChain.FORMAT + "\n");
            end = opened.getFilePointer();
            append(first);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            JournalFolder.force(generation);
            runPath = file;
            runIdentity = JournalFolder.identity(file);
            requireNewest();
        } catch (IOException e) {
            RandomAccessFile opened = run;
            if (opened != null) {
                cutBack(opened, e);
            }
            throw FileJournalStore.unreachable(generation, e);
        }
    }

    @Override
    public synchronized void append(JournalEntry entry) {
        requireNotStale();
        RandomAccessFile file = run;
        if (file == null) {
            throw FileJournalStore.unreachable(
                    generation,
                    new IOException("no run has begun in it, or an earlier entry could not be written whole"));
        }
        try {
            String line = chain.line(entry);
            write(file, line + "\n");
            file.getFD().sync();
            // Only now: whoever takes over from here on finds the entry; whoever did so before may not have.
            requireNewest();
            end = file.getFilePointer();
            chain = chain.after(line);
            entries.add(entry);
        } catch (IOException e) {
            cutBack(file, e);
            throw FileJournalStore.unreachable(generation, e);
        }
    }

    @Override
    public synchronized void requireHeld(Epoch epoch) {
        long stored;
        boolean gone;
        try {
            requireNewest();
            stored = folder.epoch(generation);
            gone = stored == 0
                    || !JournalFolder.identity(generation.resolve(JournalFolder.LOCK))
                            .equals(lockIdentity)
                    || (runPath != null && !JournalFolder.identity(runPath).equals(runIdentity));
        } catch (IOException e) {
            throw FileJournalStore.unreachable(generation, e);
        }
        if (lock.isValid() && gone) {
            // Whoever opens what stands there now is not kept out by the lock that is held here, and nothing that is
            // written here can be found again.
            throw new StaleEpochException(
                    "journal.gone",
                    Problem.expected("the journal of " + folder.key() + " to stay in " + generation
                                    + " while it is in use")
                            .found("that its files were removed, moved or replaced")
                            .remedy(
                                    "put them back as they were and resume; where they are lost, look at both sites to see"
                                            + " what was done, then begin a new run, which observes everything anew"));
        }
        if (!lock.isValid() || stored != epoch.value()) {
            throw takenOver(
                    "to hold the journal of " + folder.key() + " under epoch " + epoch,
                    lock.isValid() ? "epoch " + stored : "that the journal was closed");
        }
    }

    @Override
    public synchronized void close() {
        try (lockChannel) {
            closeRun();
        } catch (IOException e) {
            throw FileJournalStore.unreachable(generation, e);
        } finally {
            release.run();
        }
    }

    private void requireOpen() throws IOException {
        if (!lock.isValid()) {
            throw new IOException("the journal was closed");
        }
    }

    /**
     * Without this nothing is acknowledged: in an older generation nobody would find it again. Asked after a change and not before
     * it, when it could still come too late.
     */
    private void requireNewest() throws IOException {
        long newest = folder.newest();
        if (newest > number) {
            StaleEpochException found = takenOver(
                    "to hold the journal of " + folder.key(),
                    "that it was taken over, for the " + newest + ". time, by "
                            + FileJournalStore.owner(folder.generation(newest)));
            stale = found;
            throw found;
        }
    }

    /**
     * The take-over may not have copied yet, and then it also copies the entry at which it was noticed. That one is not part of
     * the chain here: another one behind it would break the copy.
     */
    private void requireNotStale() {
        StaleEpochException known = stale;
        if (known != null) {
            throw known;
        }
    }

    private static StaleEpochException takenOver(String expected, String found) {
        return new StaleEpochException(
                "journal.taken-over",
                Problem.expected(expected).found(found).remedy("leave the recovery to whoever took it over"));
    }

    /**
     * What was not written whole is cut off. Nothing more is written here after that: a disk that has failed once to make an
     * entry durable is not trusted to do so with the next.
     */
    private void cutBack(RandomAccessFile file, IOException first) {
        run = null;
        try (file) {
            file.setLength(end);
        } catch (IOException e) {
            first.addSuppressed(e);
        }
    }

    private void closeRun() throws IOException {
        if (run != null) {
            run.close();
            run = null;
        }
    }

    private void load(RunFile file) throws IOException {
        RandomAccessFile opened = new RandomAccessFile(file.path().toFile(), "rw");
        try {
            if (file.torn() || !file.ended()) {
                if (!file.ended()) {
                    opened.seek(file.end() - 1L);
                    opened.write('\n');
                }
                opened.setLength(file.end());
                opened.getFD().sync();
            }
            opened.seek(file.end());
            runIdentity = JournalFolder.identity(file.path());
        } catch (IOException e) {
            opened.close();
            throw e;
        }
        run = opened;
        runPath = file.path();
        entries = new ArrayList<>(file.entries());
        chain = file.chain();
        end = file.end();
    }

    private static void write(RandomAccessFile file, String text) throws IOException {
        file.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
