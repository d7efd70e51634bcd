package io.drkit.core.replica;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/** How far a replica is behind its primary. Unknown is a value of its own: it passes no gate and is never a zero. */
public sealed interface Lag {
    /**
     * A measured lag.
     *
     * @param bytes log bytes that the replica has not received, 0 or more
     * @param time how old the newest replayed change is when something is missing; zero when nothing is; empty when unknown
     */
    record Known(long bytes, Optional<Duration> time) implements Lag {
        public Known {
            Objects.requireNonNull(time, "time");
            if (bytes < 0) {
                throw new IllegalArgumentException("lag is 0 bytes or more, not " + bytes);
            }
        }

        @Override
        public String line() {
            return bytes + " B" + time.map(t -> " / " + t.toMillis() + " ms").orElse("");
        }
    }

    /**
     * Nobody knows.
     *
     * @param why for example {@code the primary cannot be reached}
     */
    record Unknown(String why) implements Lag {
        public Unknown {
            Objects.requireNonNull(why, "why");
        }

        @Override
        public String line() {
            return "unknown (" + why + ")";
        }
    }

    /** For a person. */
    String line();
}
