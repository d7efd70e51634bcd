package io.drkit.testkit.explore;

/** A schedule under which something does not hold that must. The message says what, how it came to that, and how to replay it. */
public final class Breach extends AssertionError {
    private static final long serialVersionUID = 1L;

    private final String choices;
    private final long schedules;

    Breach(String message, String choices, long schedules, Throwable cause) {
        super(message, cause);
        this.choices = choices;
        this.schedules = schedules;
    }

    /** The choices of the schedule, for {@link Exploration#replay}. */
    public String choices() {
        return choices;
    }

    /** How many schedules were played until it was found. */
    public long schedules() {
        return schedules;
    }
}
