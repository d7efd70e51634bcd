package io.drkit.core.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder of one journal. What its first owner writes lies in the folder itself: a lock, the epoch, a file a run. Each take-over
 * begins a new generation, a folder {@code takeovers/N} with the same things in it, and only what lies in the newest generation
 * counts. So whoever is taken over needs not be stopped: whatever it still writes, it writes where nobody looks.
 *
 * <p>The order of a take-over is what keeps every acknowledged entry. First the new generation's folder is made, which one
 * process alone can do; then the runs of the generation before are copied. An entry is acknowledged only if, after it was durable,
 * there was still no newer generation ({@link #newest}): so it was there to be copied.
 */
record JournalFolder(Path path, JournalKey key) {
    static final String LOCK = "lock";
    private static final String EPOCH = "epoch";
    private static final String KEY = "key";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The number of the newest generation, complete or not; 0 when nobody ever took over. */
    long newest() throws IOException {
        try (Stream<Path> files = Files.list(path.resolve("takeovers"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches("[1-9][0-9]{0,17}"))
                    .mapToLong(Long::parseLong)
                    .max()
                    .orElse(0);
        } catch (NoSuchFileException none) {
            return 0;
        }
    }

    Path generation(long number) {
        return number == 0 ? path : path.resolve("takeovers").resolve(Long.toString(number));
    }

    /** Begins the generation of that number: from now on nothing that is written in an older one is acknowledged. */
    boolean begin(long number) throws IOException {
        Path takeovers = path.resolve("takeovers");
        create(takeovers);
        try {
            Files.createDirectory(generation(number));
        } catch (FileAlreadyExistsException another) {
            return false;
        }
        force(takeovers);
        return true;
    }

    /** Copies what counts so far into the newest generation, if its first owner has not done so; only under its lock. */
    void complete(long number) throws IOException {
        Path target = generation(number);
        if (isComplete(number)) {
            return;
        }
        Path source = newestComplete();
        long epoch = epoch(source);
        for (Path run : runs(source)) {
            epoch = Math.max(epoch, RunFile.epochOf(run));
            Path copy = target.resolve(run.getFileName());
            // What is there was copied by an owner that crashed before the rest was.
            if (!Files.exists(copy)) {
                publish(target, copy.getFileName().toString(), RunFile.whole(run, key.toString()));
            }
        }
        Optional<Path> latest = runs(target).stream().findFirst();
        if (latest.isPresent()) {
            epoch = Math.max(
                    epoch,
                    highestEpoch(RunFile.read(latest.get(), key.toString()).entries()));
        }
        // The last: from now on this generation is the one that counts.
        writeEpoch(target, Math.addExact(epoch, 1));
    }

    private boolean isComplete(long number) {
        return number == 0 || Files.exists(generation(number).resolve(EPOCH));
    }

    /** The generation that counts for whoever only reads. */
    Path newestComplete() throws IOException {
        long number = newest();
        while (!isComplete(number)) {
            number--;
        }
        return generation(number);
    }

    /** The files of the runs in a generation, the newest first. */
    static List<Path> runs(Path generation) throws IOException {
        try (Stream<Path> files = Files.list(generation)) {
            return files.filter(RunFile::isOne)
                    .sorted(Comparator.comparing(
                                    (Path file) -> file.getFileName().toString())
                            .reversed())
                    .toList();
        }
    }

    /** The highest epoch that its owners got; 0 when there was none. */
    long epoch(Path generation) throws IOException {
        Path file = generation.resolve(EPOCH);
        try {
            return Long.parseLong(Files.readString(file).strip());
        } catch (NoSuchFileException none) {
            return 0;
        } catch (NumberFormatException e) {
            throw RunFile.corrupt(file, key.toString(), 1, "no number", e);
        }
    }

    static void writeEpoch(Path generation, long epoch) throws IOException {
        byte[] bytes = (epoch + "\n").getBytes(StandardCharsets.UTF_8);
        publish(generation, EPOCH, bytes);
    }

    /** A run's file is named after the epoch of its first process alone. */
    static long highestEpoch(List<JournalEntry> entries) {
        return entries.stream()
                .map(entry -> entry.detail("epoch"))
                .filter(epoch -> !epoch.isEmpty())
                .mapToLong(Long::parseLong)
                .max()
                .orElse(0);
    }

    /** Notes down whose folder it is, since its name may be cut short. */
    void label() throws IOException {
        if (!Files.exists(path.resolve(KEY))) {
            byte[] bytes = JSON.writeValueAsBytes(
                    JSON.createArrayNode().add(key.plan()).add(key.siteA()).add(key.siteB()));
            publish(path, KEY, bytes);
        }
    }

    /** Whose folder it is; empty when it is no journal's, or one in which nothing ever began. */
    static Optional<JournalFolder> at(Path path) throws IOException {
        Path file = path.resolve(KEY);
        try {
            JsonNode names = JSON.readTree(Files.readAllBytes(file));
            if (!names.isArray() || names.size() != 3) {
                throw RunFile.corrupt(file, path.toString(), 1, "something else than three names", null);
            }
            return Optional.of(new JournalFolder(
                    path,
                    new JournalKey(
                            names.get(0).asText(),
                            names.get(1).asText(),
                            names.get(2).asText())));
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (JsonProcessingException e) {
            throw RunFile.corrupt(file, path.toString(), 1, "something else than three names", e);
        }
    }

    /** What tells a file from another one in its place; empty when there is none, or where the file system cannot tell. */
    static Optional<Object> identity(Path file) throws IOException {
        try {
            return Optional.ofNullable(
                    Files.readAttributes(file, BasicFileAttributes.class).fileKey());
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        }
    }

    /** Puts a file there whole and durable, or not at all, in place of another one. */
    static void publish(Path folder, String name, byte[] bytes) throws IOException {
        Path draft = folder.resolve(name + ".new");
        try (RandomAccessFile opened = emptied(draft)) {
            opened.write(bytes);
            opened.getFD().sync();
        }
        Files.move(draft, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        force(folder);
    }

    /** Not a {@link FileChannel}: the interruption of a step that writes there would close that, and end the whole run. */
    static RandomAccessFile emptied(Path path) throws IOException {
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
        try {
            file.setLength(0);
            return file;
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** Makes the folder, and makes it durable: what is written in a folder that a power cut takes away was never written. */
    static void create(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Path parent = folder.getParent();
            if (parent != null) {
                create(parent);
            }
            Files.createDirectories(folder);
            if (parent != null) {
                force(parent);
            }
        }
    }

    /** Makes a rename durable, or what others wrote to a file. Windows cannot open a folder, and needs no such thing. */
    static void force(Path path) throws IOException {
        if (!path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            return;
        }
        boolean interrupted = false;
        try {
            while (true) {
                // The interruption of a step or of the run is no failure of the disk: it waits until this is durable.
                interrupted |= Thread.interrupted();
                try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
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
