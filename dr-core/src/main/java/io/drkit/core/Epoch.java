package io.drkit.core;

/**
 * The fencing token of a run: a number that only grows. Every run, and every resumption of one, gets a higher epoch than any
 * before it; a resource that can compare refuses a lower one with {@link StaleEpochException}.
 *
 * @param value 0 for work outside any run, else 1 or more
 */
public record Epoch(long value) implements Comparable<Epoch> {
    /** The epoch of work done outside any run: it claims no authority over anybody. */
    public static final Epoch NONE = new Epoch(0);

    public Epoch {
        if (value < 0) {
            throw new IllegalArgumentException("An epoch is 0 or more, not " + value);
        }
    }

    /** The next epoch. */
    public Epoch next() {
        return new Epoch(Math.addExact(value, 1));
    }

    @Override
    public int compareTo(Epoch other) {
        return Long.compare(value, other.value);
    }

    @Override
    public String toString() {
        return Long.toString(value);
    }
}
