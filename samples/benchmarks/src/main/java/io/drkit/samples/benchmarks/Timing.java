package io.drkit.samples.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Locale;

/** Times of the same thing, measured several times. */
final class Timing {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final double[] seconds;
    private final double[] cpuSeconds;
    private int count;

    Timing(int rounds) {
        seconds = new double[rounds];
        cpuSeconds = new double[rounds];
    }

    /** Runs and times it. */
    void add(Work work) throws Exception {
        long cpu = THREADS.getCurrentThreadCpuTime();
        long begin = System.nanoTime();
        work.run();
        seconds[count] = (System.nanoTime() - begin) / 1e9;
        cpuSeconds[count] = (THREADS.getCurrentThreadCpuTime() - cpu) / 1e9;
        count++;
    }

    double median() {
        return sorted(seconds)[count / 2];
    }

    /** What the thread itself computed, which other programs on the machine do not lengthen by waiting. */
    double cpuMedian() {
        return sorted(cpuSeconds)[count / 2];
    }

    private double[] sorted(double[] all) {
        double[] sorted = Arrays.copyOf(all, count);
        Arrays.sort(sorted);
        return sorted;
    }

    /** Median, least and most, in milliseconds. */
    @Override
    public String toString() {
        double[] sorted = sorted(seconds);
        return String.format(
                Locale.ROOT, "%9.1f ms (%.1f to %.1f)", median() * 1e3, sorted[0] * 1e3, sorted[count - 1] * 1e3);
    }

    interface Work {
        void run() throws Exception;
    }
}
