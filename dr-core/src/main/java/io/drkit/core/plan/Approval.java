package io.drkit.core.plan;

import java.time.Duration;

/**
 * What a step waits for before it begins: the word of a person.
 *
 * @param name unique within the plan; whoever approves names it so
 * @param role the role in which it must be said. DRKit compares the word and authenticates nobody: whoever can write to the
 *     journal's store can speak
 * @param timeout how long the run waits; then the step counts as failed
 */
public record Approval(String name, String role, Duration timeout) {
    public Approval {
        if (name.isBlank() || role.isBlank()) {
            throw new IllegalArgumentException("An approval has a name and a role");
        }
        if (timeout.isZero() || timeout.isNegative()) {
            throw new IllegalArgumentException("An approval waits longer than zero, not " + timeout);
        }
    }
}
