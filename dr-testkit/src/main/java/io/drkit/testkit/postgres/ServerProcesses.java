package io.drkit.testkit.postgres;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Signals to the processes of a server, and whether they live. */
final class ServerProcesses {
    private static final Duration TICK = Duration.ofMillis(2);

    private ServerProcesses() {}

    /** Whether it lives: one that has ended and that nobody has reaped yet does not. */
    static boolean lives(long pid) {
        boolean known = ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
        if (!known || !PostgresBinaries.linux()) {
            return known;
        }
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            // the name stands in brackets and may hold anything, brackets too
            String state = stat.substring(stat.lastIndexOf(')') + 1).strip();
            return !state.startsWith("Z") && !state.startsWith("X");
        } catch (IOException gone) {
            return false;
        }
    }

    /** Waits until all have ended; answers whether they have. */
    static boolean awaitEnd(Clockwork clockwork, Collection<Long> pids, Duration time) throws InterruptedException {
        Deadline deadline = clockwork.deadline(time);
        while (pids.stream().anyMatch(ServerProcesses::lives)) {
            if (deadline.passed()) {
                return false;
            }
            clockwork.sleep(TICK);
        }
        return true;
    }

    /**
     * Ends a server and every process of it as a power cut does: stopped first so that it can neither notice nor restart anything.
     */
    static void kill(Clockwork clockwork, long postmaster) throws IOException, InterruptedException {
        if (!PostgresBinaries.windows()) {
            signal("STOP", List.of(postmaster));
        }
        List<Long> all = new ArrayList<>();
        ProcessHandle.of(postmaster).ifPresent(p -> p.descendants().forEach(child -> all.add(child.pid())));
        all.add(postmaster);
        for (long pid : all) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
        if (!awaitEnd(clockwork, all, Duration.ofSeconds(20))) {
            throw new IOException("Of the processes " + all + " some live on after kill -9");
        }
    }

    /** Sends a signal by its name without SIG; to one that has ended already is no error. */
    static void signal(String name, Collection<Long> pids) throws IOException, InterruptedException {
        if (PostgresBinaries.windows()) {
            throw new UnsupportedOperationException("Windows has no SIG" + name);
        }
        List<String> command =
                new ArrayList<>(List.of("sh", "-c", "for p in \"$@\"; do kill -" + name + " $p; done", "sh"));
        pids.forEach(pid -> command.add(Long.toString(pid)));
        new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
