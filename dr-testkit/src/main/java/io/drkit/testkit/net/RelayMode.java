package io.drkit.testkit.net;

import java.time.Duration;
import java.util.Objects;

/** What a {@link TcpRelay} does with what passes through it. */
public sealed interface RelayMode {
    /** Everything passes as it comes. */
    static RelayMode pass() {
        return new Pass();
    }

    /** Everything passes, each way, {@code by} later than it came. */
    static RelayMode delay(Duration by) {
        return new Delay(by);
    }

    /** Nothing passes and nobody is told: connections stay open, new ones are accepted and hear nothing. */
    static RelayMode blackhole() {
        return new Blackhole();
    }

    /** Existing connections are reset, new ones too. */
    static RelayMode refuse() {
        return new Refuse();
    }

    /** Everything passes as it comes. */
    record Pass() implements RelayMode {}

    /**
     * Everything passes late. Connections are opened late too.
     *
     * @param by how late, each way; more than zero
     */
    record Delay(Duration by) implements RelayMode {
        public Delay {
            Objects.requireNonNull(by, "by");
            if (by.isNegative() || by.isZero()) {
                throw new IllegalArgumentException("A delay must be longer than zero: " + by);
            }
        }
    }

    /** Nothing passes and nobody is told. */
    record Blackhole() implements RelayMode {}

    /** Connections are reset. */
    record Refuse() implements RelayMode {}
}
