package io.drkit.core.plan;

import io.drkit.core.action.Action;
import java.util.Objects;

/** How a step is undone when a later one fails before the point of no return. */
public sealed interface Undo {
    /**
     * By another action, which is verified like any.
     *
     * @param action puts back what the step changed
     */
    record By(Action<?> action) implements Undo {
        public By {
            Objects.requireNonNull(action, "action");
        }
    }

    /**
     * There is nothing to undo.
     *
     * @param because why, for whoever reads the plan
     */
    record Nothing(String because) implements Undo {
        public Nothing {
            Objects.requireNonNull(because, "because");
        }
    }

    /** It comes with or after the point of no return, and is never undone. */
    record Never() implements Undo {}
}
