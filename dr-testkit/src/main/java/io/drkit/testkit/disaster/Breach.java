package io.drkit.testkit.disaster;

import java.time.Duration;
import java.util.Objects;

/**
 * That an invariant did not hold.
 *
 * @param at when, from the beginning of the simulation
 * @param what in words
 */
public record Breach(Duration at, String what) {
    public Breach {
        Objects.requireNonNull(at, "at");
        Objects.requireNonNull(what, "what");
    }
}
