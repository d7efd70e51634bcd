package io.drkit.core.action;

import io.drkit.core.Epoch;
import java.util.Optional;

/**
 * Reads the epoch that a resource remembers: that of the last run which changed it. A run asks for it before it changes anything,
 * so that one which would be refused half-way is refused at its beginning, with what to do.
 */
@FunctionalInterface
public interface HeldEpoch {
    /**
     * Reads it and changes nothing. May block; heeds interruption. What it throws, or does not answer within some seconds, counts
     * as not known and holds no run up.
     *
     * @return the highest that any of the action's resources has; empty when none has one
     */
    Optional<Epoch> read(ActionContext context) throws InterruptedException;
}
