package io.drkit.samples.tworegion;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The program of the listener's pods: writes a file into its region's share every now and then, and remembers each one that was
 * written whole.
 */
final class FileProducer {
    private static final List<String> FOLDERS = List.of("web/repository", "recovery", "reprocessing");

    private final Clockwork clockwork;
    private final Duration pause;
    private final List<Produced> produced = new ArrayList<>();
    private final Map<String, Running> running = new HashMap<>();

    /**
     * A file that was written whole.
     *
     * @param path below the share
     * @param content what it holds
     * @param at when, on monotonic time
     */
    record Produced(String path, String content, long at) {}

    private static final class Running {
        volatile boolean stop;
        final Task task;

        Running(Clockwork clockwork, String name, java.util.function.Consumer<Running> work) {
            this.task = clockwork.start(name, () -> work.accept(this));
        }
    }

    FileProducer(Clockwork clockwork, Duration pause) {
        this.clockwork = clockwork;
        this.pause = pause;
    }

    /** A pod has started. */
    synchronized void start(String pod, Path share) {
        running.put(pod, new Running(clockwork, "producer " + pod, self -> produce(self, pod, share)));
    }

    /** A pod is ending: returns when its program writes nothing more. */
    void stop(String pod) {
        Running ending;
        synchronized (this) {
            ending = running.remove(pod);
        }
        if (ending == null) {
            return;
        }
        ending.stop = true;
        try {
            if (!ending.task.join(Duration.ofSeconds(10))) {
                throw new IllegalStateException("The producer in " + pod + " does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void produce(Running self, String pod, Path share) {
        try {
            for (int i = 0; !self.stop; i++) {
                Path folder = share.resolve(FOLDERS.get(i % FOLDERS.size()));
                Files.createDirectories(folder);
                String content = pod + " " + i + " " + "x".repeat(200 + i % 1000);
                Path file = folder.resolve(pod + "-" + i + ".txt");
                Files.writeString(file, content, StandardCharsets.UTF_8, StandardOpenOption.CREATE_NEW);
                synchronized (this) {
                    produced.add(new Produced(
                            share.relativize(file).toString().replace('\\', '/'), content, clockwork.nanoTime()));
                }
                clockwork.sleep(pause);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How many files were written whole so far. */
    synchronized int count() {
        return produced.size();
    }

    /** The files that were written whole and are not, as they were written, in that share. */
    List<Produced> missingIn(Path share) {
        List<Produced> all;
        synchronized (this) {
            all = List.copyOf(produced);
        }
        return all.stream().filter(file -> !holds(share, file)).toList();
    }

    /** How many files were written whole from the one moment of monotonic time to the other. */
    synchronized long countBetween(long from, long to) {
        return produced.stream()
                .filter(file -> file.at() - from >= 0 && to - file.at() >= 0)
                .count();
    }

    private static boolean holds(Path share, Produced file) {
        Path path = share.resolve(file.path());
        try {
            return Files.exists(path)
                    && Files.readString(path, StandardCharsets.UTF_8).equals(file.content());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
