package io.drkit.postgres;

import io.drkit.core.time.Clockwork;
import java.util.StringJoiner;

/** How long each phase took, in milliseconds of monotonic time. */
final class Timings {
    private final Clockwork clockwork;
    private final StringJoiner line = new StringJoiner(", ");
    private long since;

    Timings(Clockwork clockwork) {
        this.clockwork = clockwork;
        this.since = clockwork.nanoTime();
    }

    /** The phase that has just ended. */
    void lap(String phase) {
        long now = clockwork.nanoTime();
        line.add(phase + " " + (now - since) / 1_000_000 + " ms");
        since = now;
    }

    @Override
    public String toString() {
        return line.toString();
    }
}
