package io.drkit.testkit.share;

import io.drkit.core.share.DeleteGuard;
import io.drkit.core.share.FileTreeSynchronizer;
import io.drkit.core.share.LocalFileTree;
import io.drkit.core.share.SyncOptions;
import io.drkit.core.time.Clockwork;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;

/** A process of its own that synchronises, writes a byte for each call to the target, and is killed meanwhile. */
final class KilledSync {
    private KilledSync() {}

    public static void main(String... args) throws Exception {
        FaultyFileTree target = FaultyFileTree.around(LocalFileTree.at(Path.of(args[1])))
                .beforeEveryCall(() -> {
                    System.out.write('.');
                    System.out.flush();
                });
        new FileTreeSynchronizer(Clockwork.system())
                .sync(
                        LocalFileTree.at(Path.of(args[0])),
                        target,
                        SyncOptions.builder()
                                .deleteExtraneous(DeleteGuard.defaults())
                                .concurrency(4)
                                .build())
                .orThrow();
        System.out.write('!');
        System.out.flush();
    }

    static ProcessBuilder process(Class<?> main, Object... args) {
        List<String> command = new java.util.ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                main.getName()));
        for (Object arg : args) {
            command.add(arg.toString());
        }
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    }

    /** Waits for so many bytes; false when the process ended first. */
    static boolean awaitBytes(InputStream out, long count) throws IOException {
        for (long i = 0; i < count; i++) {
            if (out.read() < 0) {
                return false;
            }
        }
        return true;
    }

    static void awaitLine(BufferedReader out, String line) throws IOException {
        for (String read = out.readLine(); read != null; read = out.readLine()) {
            if (read.equals(line)) {
                return;
            }
        }
        throw new IOException("the process ended before it said " + line);
    }
}
