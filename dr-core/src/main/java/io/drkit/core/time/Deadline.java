package io.drkit.core.time;

import java.time.Duration;

/** A moment on the monotonic time of a {@link Clockwork} by which something must have happened. */
public final class Deadline {
    private final Clockwork clockwork;
    private final long at;

    private Deadline(Clockwork clockwork, long at) {
        this.clockwork = clockwork;
        this.at = at;
    }

    static Deadline after(Clockwork clockwork, Duration time) {
        long nanos;
        try {
            nanos = time.toNanos();
        } catch (ArithmeticException beyond292Years) {
            nanos = time.isNegative() ? Long.MIN_VALUE / 4 : Long.MAX_VALUE / 4;
        }
        nanos = Math.min(nanos, Long.MAX_VALUE / 4);
        return new Deadline(clockwork, clockwork.nanoTime() + nanos);
    }

    /** What is left, never negative. */
    public Duration remaining() {
        return Duration.ofNanos(Math.max(0, at - clockwork.nanoTime()));
    }

    /** Whether it has passed. */
    public boolean passed() {
        return at - clockwork.nanoTime() <= 0;
    }

    /** The shorter of {@code time} and what is left. */
    public Duration atMost(Duration time) {
        Duration left = remaining();
        return left.compareTo(time) < 0 ? left : time;
    }
}
