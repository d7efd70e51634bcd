package io.drkit.samples.benchmarks;

import java.util.Arrays;
import java.util.Locale;

/** Times of the same thing, measured several times. */
final class Timing {
    private final double[] seconds;
    private int count;

    Timing(int rounds) {
        seconds = new double[rounds];
    }

    /** Runs and times it. */
    void add(Work work) throws Exception {
        long begin = System.nanoTime();
        work.run();
        seconds[count] = (System.nanoTime() - begin) / 1e9;
        count++;
    }

    double median() {
        double[] sorted = Arrays.copyOf(seconds, count);
        Arrays.sort(sorted);
        return sorted[count / 2];
    }

    /** Median, least and most, in milliseconds. */
    @Override
    public String toString() {
        double[] sorted = Arrays.copyOf(seconds, count);
        Arrays.sort(sorted);
        return String.format(
                Locale.ROOT, "%9.1f ms (%.1f to %.1f)", median() * 1e3, sorted[0] * 1e3, sorted[count - 1] * 1e3);
    }

    interface Work {
        void run() throws Exception;
    }
}
