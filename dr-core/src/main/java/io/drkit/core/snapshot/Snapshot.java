package io.drkit.core.snapshot;

import java.time.Instant;
import java.util.Objects;

/**
 * A snapshot of something, somewhere.
 *
 * @param id what the store calls it; unique within the store
 * @param taken the moment whose data it holds
 * @param state whether it can be restored from
 */
public record Snapshot(String id, Instant taken, State state) {
    /** Whether a snapshot can be restored from. */
    public enum State {
        /** Complete. */
        GOOD,
        /** Still being made. */
        PENDING,
        /** It cannot be restored from. */
        FAILED
    }

    public Snapshot {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(taken, "taken");
        Objects.requireNonNull(state, "state");
    }
}
