package io.drkit.testkit.k8s;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that runs beside this JVM and ends when it ends, in whatever way. Linux and macOS. */
final class ChildProcess {
    private static final long PATIENCE_SECONDS = 20;

    private final String name;
    private final Process process;
    private final Process guard;
    private final Path log;

    private ChildProcess(String name, Process process, Process guard, Path log) {
        this.name = name;
        this.process = process;
        this.guard = guard;
        this.log = log;
    }

    /**
     * Starts it, its output going to the end of {@code log}.
     *
     * @param command the program and its arguments
     * @param directory where it runs
     */
    static ChildProcess start(List<String> command, Path directory, Path log) throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        // The only writer of the guard's input is this JVM: the end of that input is the end of the JVM.
        Process guard = new ProcessBuilder(
                        "sh",
                        "-c",
                        "read -r line && exit 0; kill -KILL $1",
                        "drkit-guard",
                        Long.toString(process.pid()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        return new ChildProcess(Path.of(command.get(0)).getFileName().toString(), process, guard, log);
    }

    boolean alive() {
        return process.isAlive();
    }

    /** Ends it as a power cut does, and returns when it has ended. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException(name + " lives on after kill -9");
        }
        try (var input = guard.getOutputStream()) {
            input.write('\n');
        } catch (IOException gone) {
            // the guard is gone already: nobody is left to be guarded either
        }
    }

    /** Sends it a signal, by its name without SIG. */
    void signal(String signal) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
    }

    /** The end of what it said. */
    String lastWords() throws IOException {
        byte[] all = Files.readAllBytes(log);
        int from = Math.max(0, all.length - 4_096);
        return name + " said last:\n" + new String(all, from, all.length - from, StandardCharsets.UTF_8);
    }
}
