package io.drkit.testkit.crash;

import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Resources that outlive the process that changes them: a file each, replaced whole by every change, which counts how often it was
 * changed. A change under a lower epoch than the last one is refused.
 */
final class FileWorld {
    /**
     * A resource.
     *
     * @param value how it stands
     * @param effects how often it was changed
     * @param epoch the highest that changed it
     */
    record Resource(String value, int effects, long epoch) {}

    private final Path directory;
    private final Points points;

    FileWorld(Path directory, Points points) {
        this.directory = directory;
        this.points = points;
    }

    /** Makes the world as it is before any run. */
    static void create(Path directory, Map<String, String> values) throws IOException {
        Files.createDirectories(directory);
        for (Map.Entry<String, String> each : values.entrySet()) {
            put(directory, each.getKey(), new Resource(each.getValue(), 0, 0));
        }
    }

    /** Every resource, as it really is. */
    static Map<String, Resource> truth(Path directory) throws IOException {
        Map<String, Resource> all = new TreeMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (!name.endsWith(".new")) {
                    all.put(name, get(directory, name));
                }
            }
        }
        return all;
    }

    String read(String name) {
        points.at("before read of " + name);
        String value = get(directory, name).value();
        points.at("after read of " + name);
        return value;
    }

    void change(String name, Epoch epoch, UnaryOperator<String> change) {
        points.at("before change of " + name);
        synchronized (this) {
            Resource before = get(directory, name);
            if (epoch.value() < before.epoch()) {
                throw new StaleEpochException(
                        "fake.stale-epoch",
                        Problem.expected("that no run newer than " + epoch + " has changed " + name)
                                .found("epoch " + before.epoch())
                                .remedy("stop: the newer run is in charge"));
            }
            put(directory, name, new Resource(change.apply(before.value()), before.effects() + 1, epoch.value()));
        }
        points.at("after change of " + name);
    }

    private static Resource get(Path directory, String name) {
        try {
            List<String> lines = Files.readAllLines(directory.resolve(name));
            return new Resource(
                    lines.stream().skip(2).collect(Collectors.joining("\n")),
                    Integer.parseInt(lines.get(0)),
                    Long.parseLong(lines.get(1)));
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("There is no " + name, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void put(Path directory, String name, Resource resource) {
        try {
            Path draft = directory.resolve(name + ".new");
            Files.writeString(draft, resource.effects() + "\n" + resource.epoch() + "\n" + resource.value());
            Files.move(
                    draft,
                    directory.resolve(name),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
