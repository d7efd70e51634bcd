package io.drkit.core.share;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Shows whether everything that writes to a source has stopped. A final sync asks it before each walk and again after it, and
 * believes only a walk with a stop on both ends.
 *
 * <p>Called on the thread that executes the action; it changes nothing, may block, and is asked anew each time: it must not
 * answer from memory. What it throws is treated as "cannot be observed now".
 *
 * <pre>{@code
 * WritersStopped writersStopped = WritersStopped.shownBy(west.workloads().toZero(runtime, listener));
 * }</pre>
 */
@FunctionalInterface
public interface WritersStopped {
    /** Looks at the writers now. */
    Answer observe(ActionContext context) throws InterruptedException;

    /**
     * Stopped when every one of these actions, observed and never applied, is {@link Assessment.Done}: for example the very
     * actions that scale the writers to zero.
     */
    static WritersStopped shownBy(Action<?>... actions) {
        List<Action<?>> stops = List.of(actions);
        if (stops.isEmpty()) {
            throw new IllegalArgumentException("name at least one action that shows it");
        }
        return context -> {
            StringBuilder evidence = new StringBuilder();
            for (Action<?> stop : stops) {
                Assessment assessment = assess(stop, context);
                if (!(assessment instanceof Assessment.Done done)) {
                    return new NotShown("not done: " + stop.describe() + " (" + assessment + ")");
                }
                evidence.append(evidence.isEmpty() ? "" : "; ").append(done.because());
            }
            return new Stopped(evidence.toString());
        };
    }

    /**
     * Stopped when an earlier step of the run recorded this fact, whatever its value. Weaker than {@link #shownBy}: it says that
     * they were stopped, not that they still are. For writers that cannot be observed, such as those a person stops by hand.
     */
    static WritersStopped recordedBy(String step, String key) {
        return context -> {
            Optional<String> fact = context.recorded(step, key);
            return fact.isPresent()
                    ? new Stopped(step + " recorded " + key + " = " + fact.get())
                    : new NotShown("the step " + step + " has not recorded " + key);
        };
    }

    private static <O> Assessment assess(Action<O> action, ActionContext context) throws InterruptedException {
        return action.assess(action.observe(context));
    }

    /** What was seen. */
    sealed interface Answer {}

    /**
     * Nothing writes any more.
     *
     * @param evidence what shows it
     */
    record Stopped(String evidence) implements Answer {
        public Stopped {
            Objects.requireNonNull(evidence, "evidence");
        }
    }

    /**
     * Something still writes, or nobody can tell.
     *
     * @param why what was seen, or could not be
     */
    record NotShown(String why) implements Answer {
        public NotShown {
            Objects.requireNonNull(why, "why");
        }
    }
}
