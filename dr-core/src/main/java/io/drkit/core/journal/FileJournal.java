package io.drkit.core.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder with one file a run. All methods hold the journal's monitor, as entries of parallel steps must follow each other.
 *
 * <p>A run's file: first the line {@code drkit-journal 1}, then an entry a line as {@code <sha256> <json>}, where the hash is
 * over the hash of the line before (the first: over the head line) and the JSON.
 */
final class FileJournal implements Journal {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String HEAD = "drkit-journal ";
    private static final int FORMAT = 1;
    private static final int HASH_LENGTH = 64;
    static final String LOCK = "lock";

    private final Path folder;
    private final JournalKey key;
    private final FileChannel lockChannel;
    private final FileLock lock;
    private final Runnable release;
    private final Optional<Object> lockIdentity;
    /** Not a {@link FileChannel}: the interruption of a step that writes here would close that, and end the whole run. */
    private @Nullable RandomAccessFile run;

    private @Nullable Path runPath;
    private Optional<Object> runIdentity = Optional.empty();
    private long end;
    private String chain = "";
    private List<JournalEntry> entries = List.of();

    FileJournal(Path folder, JournalKey key, FileChannel lockChannel, FileLock lock, Runnable release)
            throws IOException {
        this.release = release;
        this.folder = folder;
        this.key = key;
        this.lockChannel = lockChannel;
        this.lock = lock;
        this.lockIdentity = identity(folder.resolve(LOCK));
        Optional<Path> latest = latestFile();
        if (latest.isPresent()) {
            load(latest.get());
        }
    }

    @Override
    public synchronized List<JournalEntry> latestRun() {
        return List.copyOf(entries);
    }

    @Override
    public synchronized Epoch raiseEpoch() {
        try {
            long highest = Math.max(
                    Math.max(storedEpoch(), epochOfEntries()),
                    latestFile().map(FileJournal::epochOf).orElse(0L));
            Epoch next = new Epoch(highest).next();
            Path draft = folder.resolve("epoch.new");
            try (RandomAccessFile file = emptied(draft)) {
                write(file, next + "\n");
                file.getFD().sync();
            }
            Files.move(
                    draft,
                    folder.resolve("epoch"),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            force(folder);
            return next;
        } catch (IOException e) {
            throw FileJournalStore.unreachable(folder, e);
        }
    }

    @Override
    public synchronized void begin(JournalEntry first) {
        try {
            closeRun();
            long epoch = storedEpoch();
            Path file = folder.resolve(String.format(Locale.ROOT, "run-%019d.journal", epoch));
            // The head and the first entry become visible together: a crash in between leaves no run behind.
            Path draft = folder.resolve("run.new");
            chain = hash("", HEAD + FORMAT);
            entries = new ArrayList<>();
            RandomAccessFile opened = emptied(draft);
            run = opened;
            write(opened, HEAD + FORMAT + "\n");
            end = opened.getFilePointer();
            append(first);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            force(folder);
            runPath = file;
            runIdentity = identity(file);
        } catch (IOException e) {
            throw FileJournalStore.unreachable(folder, e);
        }
    }

    @Override
    public synchronized void append(JournalEntry entry) {
        RandomAccessFile file = run;
        if (file == null) {
            throw FileJournalStore.unreachable(
                    folder, new IOException("no run has begun in it, or an earlier entry could not be written whole"));
        }
        try {
            String json = JSON.writeValueAsString(toJson(entry));
            String next = hash(chain, json);
            write(file, next + " " + json + "\n");
            file.getFD().sync();
            end = file.getFilePointer();
            chain = next;
            entries.add(entry);
        } catch (IOException e) {
            cutBack(file, e);
            throw FileJournalStore.unreachable(folder, e);
        }
    }

    @Override
    public synchronized void requireHeld(Epoch epoch) {
        long stored;
        boolean gone;
        try {
            stored = storedEpoch();
            gone = stored == 0
                    || !identity(folder.resolve(LOCK)).equals(lockIdentity)
                    || (runPath != null && !identity(runPath).equals(runIdentity));
        } catch (IOException e) {
            throw FileJournalStore.unreachable(folder, e);
        }
        if (lock.isValid() && gone) {
            // Whoever opens what stands there now is not kept out by the lock that is held here, and nothing that is
            // written
            // here can be found again.
            throw new StaleEpochException(
                    "journal.gone",
                    Problem.expected("the journal of " + key + " to stay in " + folder + " while it is in use")
                            .found("that its files were removed, moved or replaced")
                            .remedy(
                                    "put them back as they were and resume; where they are lost, look at both sites to see"
                                            + " what was done, then begin a new run, which observes everything anew"));
        }
        if (!lock.isValid() || stored != epoch.value()) {
            throw new StaleEpochException(
                    "journal.taken-over",
                    Problem.expected("to hold the journal of " + key + " under epoch " + epoch)
                            .found(lock.isValid() ? "epoch " + stored : "that the journal was closed")
                            .remedy("leave the recovery to whoever took it over"));
        }
    }

    @Override
    public synchronized void close() {
        try (lockChannel) {
            closeRun();
        } catch (IOException e) {
            throw FileJournalStore.unreachable(folder, e);
        } finally {
            release.run();
        }
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

    private void load(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        String head = null;
        List<JournalEntry> read = new ArrayList<>();
        int begin = 0;
        int number = 0;
        while (begin < bytes.length) {
            int end = indexOf(bytes, (byte) '\n', begin);
            if (end < 0) {
                // The crash came while this line was being written: nobody has relied on it.
                break;
            }
            number++;
            String line = new String(bytes, begin, end - begin, StandardCharsets.UTF_8);
            if (head == null) {
                head = line;
                checkHead(file, head);
                chain = hash("", head);
            } else {
                read.add(parse(file, number, line));
            }
            begin = end + 1;
        }
        if (read.isEmpty()) {
            throw corrupt(file, Math.max(1, number), "no whole entry", null);
        }
        entries = read;
        RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw");
        try {
            if (begin < bytes.length) {
                opened.setLength(begin);
                opened.getFD().sync();
            }
            opened.seek(begin);
            runIdentity = identity(file);
        } catch (IOException e) {
            opened.close();
            throw e;
        }
        run = opened;
        runPath = file;
        end = begin;
    }

    private void checkHead(Path file, String head) {
        if (!head.startsWith(HEAD)) {
            throw corrupt(file, 1, "another first line", null);
        }
        int format;
        try {
            format = Integer.parseInt(head.substring(HEAD.length()));
        } catch (NumberFormatException e) {
            throw corrupt(file, 1, "another first line", e);
        }
        if (format > FORMAT) {
            throw new CorruptJournalException(
                    "journal.newer-format",
                    Problem.expected("a journal of format " + FORMAT + " or older in " + file)
                            .found("format " + format)
                            .remedy("resume with the DRKit version that began this run, or a newer one"),
                    null);
        }
    }

    private JournalEntry parse(Path file, int number, String line) {
        if (line.length() <= HASH_LENGTH || line.charAt(HASH_LENGTH) != ' ') {
            throw corrupt(file, number, "a line that is no entry", null);
        }
        String json = line.substring(HASH_LENGTH + 1);
        String expected = hash(chain, json);
        if (!line.startsWith(expected)) {
            throw corrupt(
                    file, number, "a line whose checksum is not that of its content and of the lines before it", null);
        }
        chain = expected;
        try {
            return fromJson(JSON.readTree(json));
        } catch (JsonProcessingException | IllegalArgumentException | DateTimeParseException e) {
            throw corrupt(file, number, "an entry that cannot be read", e);
        }
    }

    private CorruptJournalException corrupt(Path file, int line, String found, @Nullable Throwable cause) {
        return new CorruptJournalException(
                "journal.corrupt",
                Problem.expected("an undamaged journal of " + key)
                        .found(found + " in line " + line + " of " + file)
                        .remedy(
                                "look at both sites to see what was done; then move that file aside and begin a new run,"
                                        + " which observes everything anew"),
                cause);
    }

    private static ObjectNode toJson(JournalEntry entry) {
        ObjectNode node = JSON.createObjectNode();
        node.put("kind", entry.kind().name());
        node.put("at", entry.at().toString());
        if (!entry.step().isEmpty()) {
            node.put("step", entry.step());
        }
        entry.details().forEach(node::put);
        return node;
    }

    private static JournalEntry fromJson(JsonNode node) {
        Map<String, String> details = new TreeMap<>();
        node.properties()
                .forEach(field -> details.put(field.getKey(), field.getValue().asText()));
        String kind = details.remove("kind");
        String at = details.remove("at");
        String step = details.remove("step");
        if (kind == null || at == null) {
            throw new IllegalArgumentException("An entry has a kind and a time");
        }
        return new JournalEntry(JournalEntry.Kind.valueOf(kind), Instant.parse(at), step == null ? "" : step, details);
    }

    private long storedEpoch() throws IOException {
        try {
            return Long.parseLong(Files.readString(folder.resolve("epoch")).strip());
        } catch (NoSuchFileException none) {
            return 0;
        } catch (NumberFormatException e) {
            throw corrupt(folder.resolve("epoch"), 1, "no number", e);
        }
    }

    /** The file's name carries the epoch of its first process alone. */
    private long epochOfEntries() {
        return entries.stream()
                .map(entry -> entry.detail("epoch"))
                .filter(epoch -> !epoch.isEmpty())
                .mapToLong(Long::parseLong)
                .max()
                .orElse(0);
    }

    /** What tells a file from another one in its place; empty when there is none, or where the file system cannot tell. */
    private static Optional<Object> identity(Path file) throws IOException {
        try {
            return Optional.ofNullable(
                    Files.readAttributes(file, BasicFileAttributes.class).fileKey());
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        }
    }

    /** File names carry the epoch in a fixed width, so the last by name is the latest. */
    private Optional<Path> latestFile() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> {
                        String name = file.getFileName().toString();
                        return name.startsWith("run-") && name.endsWith(".journal");
                    })
                    .max(java.util.Comparator.comparing(
                            file -> file.getFileName().toString()));
        }
    }

    private static long epochOf(Path file) {
        String name = file.getFileName().toString();
        return Long.parseLong(name.substring("run-".length(), name.length() - ".journal".length()));
    }

    private static int indexOf(byte[] bytes, byte wanted, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == wanted) {
                return i;
            }
        }
        return -1;
    }

    private static RandomAccessFile emptied(Path path) throws IOException {
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
        try {
            file.setLength(0);
            return file;
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    private static void write(RandomAccessFile file, String text) throws IOException {
        file.write(text.getBytes(StandardCharsets.UTF_8));
    }

    static String hash(String before, String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(before.getBytes(StandardCharsets.UTF_8));
            digest.update(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** Makes a rename durable. Windows cannot open a folder, and needs no such thing. */
    static void force(Path folder) throws IOException {
        if (!folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return;
        }
        boolean interrupted = false;
        try {
            while (true) {
                // The interruption of a step or of the run is no failure of the disk: it waits until this is durable.
                interrupted |= Thread.interrupted();
                try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                    channel.force(true);
                    return;
                } catch (ClosedByInterruptException again) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
