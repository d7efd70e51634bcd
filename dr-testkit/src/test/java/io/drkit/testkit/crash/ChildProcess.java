package io.drkit.testkit.crash;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/** A JVM with a {@link CrashChild} in it. */
final class ChildProcess implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;

    private ChildProcess(Process process) {
        this.process = process;
        this.answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** What a child needs to start quickly: its classes in jars, and those of a first run archived. */
    record Image(String classPath, Path archive) {
        /** Makes an image; the classes in the directories {@code first} come before all others. */
        static Image in(Path directory, Path... first) throws IOException {
            List<String> entries = new ArrayList<>();
            for (Path each : first) {
                entries.add(each.toString());
            }
            entries.addAll(List.of(System.getProperty("java.class.path").split(File.pathSeparator)));
            List<String> jars = new ArrayList<>();
            for (String entry : entries) {
                Path path = Path.of(entry);
                if (Files.isDirectory(path)) {
                    // classes in directories cannot be archived
                    Path jar = directory.resolve("classes-" + jars.size() + ".jar");
                    pack(path, jar);
                    jars.add(jar.toString());
                } else if (Files.exists(path)) {
                    jars.add(entry);
                }
            }
            return new Image(String.join(File.pathSeparator, jars), directory.resolve("classes.jsa"));
        }

        /** Archives what a run over the world in {@code directory} loads; worth it for many children. */
        void train(Path directory) throws IOException, InterruptedException {
            try (ChildProcess trained = start(this, "-XX:ArchiveClassesAtExit=" + archive)) {
                trained.tell(directory, true, "");
                trained.process.getOutputStream().close();
                trained.process.waitFor();
            }
        }

        private static void pack(Path classes, Path jar) throws IOException {
            try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                    Stream<Path> files = Files.walk(classes)) {
                for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                    out.putNextEntry(
                            new JarEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
                    Files.copy(file, out);
                    out.closeEntry();
                }
            }
        }
    }

    static ChildProcess start(Image image) throws IOException {
        return Files.exists(image.archive)
                ? start(image, "-XX:SharedArchiveFile=" + image.archive, "-Xshare:auto")
                : start(image, "-Xshare:auto");
    }

    private static ChildProcess start(Image image, String... options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(
                "-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"));
        command.addAll(List.of(options));
        command.addAll(List.of(
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", image.classPath, CrashChild.class.getName()));
        return new ChildProcess(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** Lets it work on the world in that directory, until it ends or comes to that point; its answer. */
    String tell(Path directory, boolean failing, String point) throws IOException {
        String line = directory + "\t" + (failing ? CrashChild.FAILING : "succeeds") + "\t" + point + "\n";
        OutputStream out = process.getOutputStream();
        out.write(line.getBytes(StandardCharsets.UTF_8));
        out.flush();
        String answer = answers.readLine();
        if (answer == null) {
            throw new AssertionError("The child died by itself, over " + directory + " at " + point);
        }
        return answer;
    }

    /** Kills it as a power cut would: SIGKILL where there are signals. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
