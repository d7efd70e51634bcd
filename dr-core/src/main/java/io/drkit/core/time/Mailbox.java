package io.drkit.core.time;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** An unbounded first-in first-out queue between threads of one {@link Clockwork}. */
public interface Mailbox<T> {
    /** Adds a message; never blocks. */
    void put(T message);

    /** Takes the oldest message, waiting for one at most {@code time}; null when none came. */
    @Nullable
    T poll(Duration time) throws InterruptedException;
}
