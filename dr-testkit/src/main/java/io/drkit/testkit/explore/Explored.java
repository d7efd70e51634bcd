package io.drkit.testkit.explore;

import java.time.Duration;

/**
 * What an exploration covered without finding a breach.
 *
 * @param schedules how many different schedules were played, none twice
 * @param cutShort how many of them were left where they came to a state that an earlier one had covered with as many preemptions to
 *     go
 * @param states how many different states were seen at the places where something was to be decided
 * @param preemptions up to how many preemptions
 * @param complete whether that was all of them; not, when the limit of the exploration was reached before
 * @param took in real time
 */
public record Explored(long schedules, long cutShort, long states, int preemptions, boolean complete, Duration took) {
    @Override
    public String toString() {
        return (complete ? "all " : "not all, but ") + schedules + " schedules up to " + preemptions
                + " preemptions played, " + cutShort + " of them up to a state that was covered; " + states
                + " states; "
                + took.toMillis() + " ms";
    }
}
