package io.drkit.samples.benchmarks;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/**
 * Runs the benchmarks and prints what they measured: {@code retention}, {@code overhead}, {@code disasters}, or these when none
 * is named; {@code disasters-10000} simulates a tenth as many disasters, for those who do not want to wait.
 *
 * <p>Each is measured beside the bare cost of what it cannot do without, in the same process, in turns, so that the machine's mood
 * falls on both. No harness: the calls take from tens of milliseconds to seconds, where a harness has little to add.
 */
public final class Benchmarks {
    private Benchmarks() {}

    /** Names of benchmarks, or none for all. */
    public static void main(String[] names) throws Exception {
        List<String> wanted = names.length == 0 ? List.of("retention", "overhead", "disasters") : Arrays.asList(names);
        System.out.println("Java " + System.getProperty("java.version") + ", "
                + Runtime.getRuntime().availableProcessors() + " processors, " + System.getProperty("os.name") + " "
                + System.getProperty("os.arch") + ", " + Instant.now());
        for (String name : wanted) {
            System.out.println();
            switch (name) {
                case "retention" -> Retention.measure();
                case "overhead" -> Overhead.measure();
                case "disasters" -> DisasterRate.measure(true);
                case "disasters-10000" -> DisasterRate.measure(false);
                default ->
                    throw new IllegalArgumentException(
                            "No benchmark '" + name + "': retention, overhead, disasters, disasters-10000");
            }
        }
    }
}
