package io.drkit.core.plan;

import io.drkit.core.safety.SafetyRule;
import java.util.Locale;
import java.util.Objects;

/**
 * A safety rule as it stands for one direction.
 *
 * @param name unique within the plan; whoever overrides the rule names it so
 * @param rule the rule
 */
public record PlannedRule(String name, SafetyRule<?> rule) {
    public PlannedRule {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(rule, "rule");
    }

    /** The code of the failure when it does not hold: {@code safety.one-writable-primary}, for example. */
    public String code() {
        return "safety." + name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    }
}
