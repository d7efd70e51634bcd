package io.drkit.core;

import java.util.Objects;

/**
 * What every DRKit error says: what was expected, what was found, and what to do about it.
 *
 * <pre>{@code
 * throw new BlockedException("postgres.lag-unknown", Problem.expected("a known replication lag")
 *         .found("no walreceiver on west-2").remedy("start replication, or fail over with a loss waiver"));
 * }</pre>
 *
 * @param expected what should have been so
 * @param found what was so instead
 * @param remedy what a person can do now
 */
public record Problem(String expected, String found, String remedy) {
    public Problem {
        Objects.requireNonNull(expected, "expected");
        Objects.requireNonNull(found, "found");
        Objects.requireNonNull(remedy, "remedy");
    }

    /** Begins with what was expected. */
    public static Expected expected(String expected) {
        return new Expected(expected);
    }

    /** The whole as one sentence a person reads. */
    public String sentence() {
        return "Expected " + expected + ", but found " + found + ". What to do: " + remedy + ".";
    }

    /** A problem of which only the expectation is said yet. */
    public record Expected(String expected) {
        /** Goes on with what was found instead. */
        public Found found(String found) {
            return new Found(expected, found);
        }
    }

    /** A problem that lacks only its remedy. */
    public record Found(String expected, String found) {
        /** Ends with what to do, without a full stop. */
        public Problem remedy(String remedy) {
            return new Problem(expected, found, remedy);
        }
    }
}
