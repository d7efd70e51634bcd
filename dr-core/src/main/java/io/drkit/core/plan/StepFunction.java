package io.drkit.core.plan;

import io.drkit.core.Site;
import io.drkit.core.action.Action;

/**
 * A step as a function of the two sites, so that the way back comes for free. Pure: it only builds the action, and may be called
 * any number of times; it must not talk to anything.
 */
@FunctionalInterface
public interface StepFunction<S extends Site> {
    /**
     * The action of this step.
     *
     * @param from the site that is left
     * @param to the site that is made active
     */
    Action<?> between(S from, S to);
}
