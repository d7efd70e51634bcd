package io.drkit.core.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
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

    private final Path folder;
    private final JournalKey key;
    private final FileChannel lockChannel;
    private final FileLock lock;
    private final Runnable release;
    private @Nullable FileChannel run;
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
                    storedEpoch(), latestFile().map(FileJournal::epochOf).orElse(0L));
            Epoch next = new Epoch(highest).next();
            Path draft = folder.resolve("epoch.new");
            try (FileChannel channel = FileChannel.open(
                    draft, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                write(channel, next + "\n");
                channel.force(true);
            }
            Files.move(
                    draft,
                    folder.resolve("epoch"),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            forceFolder();
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
            FileChannel channel = FileChannel.open(
                    draft, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
            run = channel;
            write(channel, HEAD + FORMAT + "\n");
            end = channel.position();
            append(first);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            forceFolder();
        } catch (IOException e) {
            throw FileJournalStore.unreachable(folder, e);
        }
    }

    @Override
    public synchronized void append(JournalEntry entry) {
        FileChannel channel = run;
        if (channel == null) {
            throw FileJournalStore.unreachable(
                    folder, new IOException("no run has begun in it, or an earlier entry could not be written whole"));
        }
        try {
            String json = JSON.writeValueAsString(toJson(entry));
            String next = hash(chain, json);
            write(channel, next + " " + json + "\n");
            channel.force(false);
            end = channel.position();
            chain = next;
            entries.add(entry);
        } catch (IOException e) {
            cutBack(channel, e);
            throw FileJournalStore.unreachable(folder, e);
        }
    }

    @Override
    public synchronized void requireHeld(Epoch epoch) {
        long stored;
        try {
            stored = storedEpoch();
        } catch (IOException e) {
            throw FileJournalStore.unreachable(folder, e);
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

    /** What was not written whole must not stand before what is written next. */
    private void cutBack(FileChannel channel, IOException first) {
        try {
            channel.truncate(end);
            channel.position(end);
        } catch (IOException e) {
            first.addSuppressed(e);
            run = null;
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
        FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        run = channel;
        if (begin < bytes.length) {
            channel.truncate(begin);
            channel.force(true);
        }
        channel.position(begin);
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

    private static void write(FileChannel channel, String text) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private static String hash(String before, String text) {
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
    private void forceFolder() throws IOException {
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
