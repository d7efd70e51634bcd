package io.drkit.core.plan;

import io.drkit.core.Site;
import io.drkit.core.safety.SafetyRule;

/** A safety rule as a function of the two sites. Pure, as {@link StepFunction}. */
@FunctionalInterface
public interface RuleFunction<S extends Site> {
    /**
     * The rule.
     *
     * @param from the site that is left
     * @param to the site that is made active
     */
    SafetyRule<?> between(S from, S to);
}
