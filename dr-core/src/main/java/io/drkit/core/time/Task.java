package io.drkit.core.time;

import java.time.Duration;

/** Work that a {@link Clockwork} started. */
public interface Task {
    /** The name it was started with. */
    String name();

    /** Whether the work has ended, in whatever way. */
    boolean ended();

    /** Asks the work to stop, by interrupting its thread. It may take its time, or not heed it: see {@link #join}. */
    void interrupt();

    /** Waits until the work has ended, at most {@code time}; answers whether it has. */
    boolean join(Duration time) throws InterruptedException;
}
