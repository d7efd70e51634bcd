package io.drkit.core.share;

import io.drkit.core.Epoch;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What a run says of itself when it takes a tree for writing. It may come to say more; what a tree does not know of, it leaves
 * aside, and hands out the claim for that run alone as before.
 */
public final class Claim {
    private static final Pattern RUN = Pattern.compile("[0-9a-f]{12}");

    private final String run;
    private final Epoch epoch;

    private Claim(String run, Epoch epoch) {
        if (!RUN.matcher(run).matches()) {
            throw new IllegalArgumentException("A run's id is 12 lower-case hexadecimal digits, not " + run);
        }
        this.run = run;
        this.epoch = Objects.requireNonNull(epoch, "epoch");
    }

    /** A claim for work outside any plan's run: it claims no authority over anybody. */
    public static Claim of(String run) {
        return of(run, Epoch.NONE);
    }

    /**
     * A claim.
     *
     * @param run a fresh id of 12 lower-case hexadecimal digits
     * @param epoch the fencing token of the plan's run that it is part of; {@link Epoch#NONE} outside any
     */
    public static Claim of(String run, Epoch epoch) {
        return new Claim(run, epoch);
    }

    /** The id of this synchronisation; part of its temporary names. */
    public String run() {
        return run;
    }

    /** The fencing token; {@link Epoch#NONE} outside any plan's run. */
    public Epoch epoch() {
        return epoch;
    }

    @Override
    public String toString() {
        return "run " + run + (epoch.equals(Epoch.NONE) ? "" : " of epoch " + epoch);
    }
}
