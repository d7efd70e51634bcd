package io.drkit.core.readiness;

import io.drkit.core.time.Clockwork;
import java.time.Duration;

/**
 * Something that must hold today for a recovery to work when it is needed. Built-in ones are made by {@link Checks}; an
 * application adds its own:
 *
 * <pre>{@code
 * Check quota = Check.named("quota", "east may start 40 more cores", clockwork -> cores.free("east") >= 40
 *         ? Finding.ready(cores.free("east") + " cores are free")
 *         : Finding.notReady("only " + cores.free("east") + " cores are free", "raise the quota of east"));
 * }</pre>
 *
 * <p>Changes nothing. Run again and again, not twice at the same time, and each time on some other thread.
 */
public interface Check {
    /** Short, and unique among the checks of one {@link Readiness}. */
    String name();

    /** What it verifies, as a sentence without a full stop. */
    String verifies();

    /**
     * Looks now.
     *
     * @param clockwork time and threads, should it need any
     * @throws Exception whatever stands in the way of finding out: it counts as {@link ReadyState#UNKNOWN}; a
     *     {@link io.drkit.core.DrException} that no retry helps counts as {@link ReadyState#NOT_READY}
     */
    Finding run(Clockwork clockwork) throws Exception;

    /** How long it may take, 15 s unless it says otherwise; after that it is interrupted, and unknown. */
    default Duration timeout() {
        return Duration.ofSeconds(15);
    }

    /** A check from a function. */
    static Check named(String name, String verifies, Look look) {
        return new NamedCheck(name, verifies, look);
    }

    /** What a check does. */
    @FunctionalInterface
    interface Look {
        /** As {@link Check#run}. */
        Finding now(Clockwork clockwork) throws Exception;
    }
}
