package io.drkit.core.action;

import io.drkit.core.time.Clockwork;
import java.time.Duration;

/**
 * How long an action may take, and how it is retried. Defaults: 10 minutes in all, 5 attempts to apply, 500 ms before the second
 * and doubling up to 30 s less up to 20 % jitter, and an observation each 200 ms while something is under way.
 */
public final class ExecutionPolicy {
    /** Far beyond any recovery, and far from overflowing nanoseconds. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    private static final ExecutionPolicy DEFAULTS = new Builder().build();

    private final Duration timeout;
    private final int attempts;
    private final Duration firstBackoff;
    private final Duration maxBackoff;
    private final Duration pollInterval;

    private ExecutionPolicy(Builder builder) {
        timeout = builder.timeout;
        attempts = builder.attempts;
        firstBackoff = builder.firstBackoff;
        maxBackoff = builder.maxBackoff;
        pollInterval = builder.pollInterval;
    }

    /** The defaults above. */
    public static ExecutionPolicy defaults() {
        return DEFAULTS;
    }

    /** Starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Starts from this one. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.timeout = timeout;
        builder.attempts = attempts;
        builder.firstBackoff = firstBackoff;
        builder.maxBackoff = maxBackoff;
        builder.pollInterval = pollInterval;
        return builder;
    }

    /** From the first observation to {@code Done}, retries included. */
    public Duration timeout() {
        return timeout;
    }

    /** How often the change is applied at the most. */
    public int attempts() {
        return attempts;
    }

    /** How long to wait between observations while something is under way. */
    public Duration pollInterval() {
        return pollInterval;
    }

    /** The wait before attempt {@code attempt} + 1, where {@code attempt} counts from 1; jitter is drawn from the clockwork. */
    public Duration backoff(int attempt, Clockwork clockwork) {
        double doubled = (double) firstBackoff.toNanos() * Math.pow(2, Math.min(attempt - 1, 40));
        double capped = Math.min(doubled, (double) maxBackoff.toNanos());
        return Duration.ofNanos(
                Math.round(capped * (0.8 + 0.2 * clockwork.random().nextDouble())));
    }

    /**
     * Builds a policy; a bad value throws {@link IllegalArgumentException} at once. Times beyond 100 years count as 100 years.
     * Not thread-safe.
     */
    public static final class Builder {
        private Duration timeout = Duration.ofMinutes(10);
        private int attempts = 5;
        private Duration firstBackoff = Duration.ofMillis(500);
        private Duration maxBackoff = Duration.ofSeconds(30);
        private Duration pollInterval = Duration.ofMillis(200);

        private Builder() {}

        /** More than zero. */
        public Builder timeout(Duration timeout) {
            this.timeout = positive("timeout", timeout);
            return this;
        }

        /** 1 or more. */
        public Builder attempts(int attempts) {
            if (attempts < 1) {
                throw new IllegalArgumentException("attempts must be 1 or more, not " + attempts);
            }
            this.attempts = attempts;
            return this;
        }

        /** Both more than zero, the first not above the longest. */
        public Builder backoff(Duration first, Duration longest) {
            positive("first back-off", first);
            positive("longest back-off", longest);
            if (first.compareTo(longest) > 0) {
                throw new IllegalArgumentException("the first back-off " + first + " is above the longest " + longest);
            }
            this.firstBackoff = first;
            this.maxBackoff = longest;
            return this;
        }

        /** More than zero. */
        public Builder pollInterval(Duration pollInterval) {
            this.pollInterval = positive("poll interval", pollInterval);
            return this;
        }

        public ExecutionPolicy build() {
            return new ExecutionPolicy(this);
        }

        private static Duration positive(String name, Duration value) {
            if (value.isZero() || value.isNegative()) {
                throw new IllegalArgumentException(name + " must be more than zero, not " + value);
            }
            return value.compareTo(LONGEST) > 0 ? LONGEST : value;
        }
    }
}
