package io.drkit.testkit.ledger;

import java.time.Duration;
import java.util.List;

/**
 * What a {@link LiveWriter}'s clients were promised, against what is there.
 *
 * @param acknowledged how many rows were acknowledged
 * @param present how many of these are there, as they were written
 * @param lost acknowledged rows that are not there
 * @param altered acknowledged rows that are there with something else in them
 * @param duplicated the ids of rows that are there more than once, acknowledged or not
 * @param unknownPresent how many rows of which no answer came are there
 * @param unknownAbsent how many rows of which no answer came are not there, which is no loss
 */
public record Audit(
        int acknowledged,
        int present,
        List<Row> lost,
        List<Row> altered,
        List<Long> duplicated,
        int unknownPresent,
        int unknownAbsent) {
    /**
     * One acknowledged row.
     *
     * @param id its id
     * @param acknowledgedAfter when it was acknowledged, counted from the writer's start on monotonic time
     */
    public record Row(long id, Duration acknowledgedAfter) {}

    public Audit {
        lost = List.copyOf(lost);
        altered = List.copyOf(altered);
        duplicated = List.copyOf(duplicated);
    }

    /** Whether every acknowledged row is there, once and unaltered. */
    public boolean clean() {
        return lost.isEmpty() && altered.isEmpty() && duplicated.isEmpty();
    }

    /** From the first to the last acknowledgement of a lost row; zero when none was lost. */
    public Duration lossSpan() {
        if (lost.isEmpty()) {
            return Duration.ZERO;
        }
        Duration first = lost.get(0).acknowledgedAfter();
        Duration last = first;
        for (Row row : lost) {
            first = row.acknowledgedAfter().compareTo(first) < 0 ? row.acknowledgedAfter() : first;
            last = row.acknowledgedAfter().compareTo(last) > 0 ? row.acknowledgedAfter() : last;
        }
        return last.minus(first);
    }
}
