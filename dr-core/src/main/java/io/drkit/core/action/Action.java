package io.drkit.core.action;

import java.util.Optional;

/**
 * An idempotent change to the outside world, in four parts: observe, assess, apply, and verify (which is to observe and assess
 * again). From this one shape follow preview, resumption after a crash, "was it already so?" and verified completion.
 *
 * <p>An action is immutable and holds no state between calls: all that it knows of the world comes from {@link #observe}. It may
 * be observed from several threads at once; {@link #apply} is called by one thread at a time within a run.
 *
 * @param <O> what was observed
 */
public interface Action<O> {
    /**
     * What it will do, as a person would say it, for example {@code scale runtime and listener to 0 in west}. The same for the
     * same action, however often it is built: it is part of the plan's hash. Never a secret.
     */
    String describe();

    /**
     * Reads the real state and changes nothing. May block; heeds interruption. What cannot be known is observed as unknown, or
     * thrown as {@link io.drkit.core.UnknownOutcomeException} when nothing at all can be said.
     */
    O observe(ActionContext context) throws InterruptedException;

    /** Decides from the observation alone: pure, quick, no input or output. */
    Assessment assess(O observed);

    /**
     * Makes the change, or starts it. Called only after {@link #assess} answered {@link Assessment.Needed}, and perhaps again
     * after a crash or a lost answer, so it must be idempotent. Returning says that the change was accepted, not that it is
     * done: only the next observation says that.
     *
     * @throws io.drkit.core.UnknownOutcomeException when the answer was lost: it will be observed again
     * @throws io.drkit.core.BlockedException when it was refused: by throwing it the action states that nothing was changed, or
     *     that everything was put back, unless it said {@link ActionContext#noWayBack} before. Any other exception leaves that open
     */
    void apply(O observed, ActionContext context) throws InterruptedException;

    /** How long it may take and how it is retried. */
    default ExecutionPolicy policy() {
        return ExecutionPolicy.defaults();
    }

    /** Whether what {@link #apply} changes refuses a lower epoch by itself. Unless an action says so it is not assumed. */
    default EpochCheck epochCheck() {
        return EpochCheck.ADVISORY;
    }

    /**
     * How to read the epoch that is remembered where {@link #apply} makes its change; empty, the default, when nothing there
     * remembers one or it cannot be read.
     */
    default Optional<HeldEpoch> heldEpoch() {
        return Optional.empty();
    }
}
