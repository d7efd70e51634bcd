package io.drkit.core.action;

import io.drkit.core.BlockedException;
import io.drkit.core.DrException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Drives an {@link Action} to {@link Assessment.Done}: observe, assess, apply where needed, and observe again until the world
 * itself says that it is done. The runner of plans drives every step with it; use it directly where there is no plan:
 *
 * <pre>{@code
 * ActionExecutor.on(Clockwork.system()).execute(promoter.switchover(west, east));
 * }</pre>
 *
 * <p>Thread-safe; {@code execute} blocks its caller's thread.
 */
public final class ActionExecutor {
    private final Clockwork clockwork;

    private ActionExecutor(Clockwork clockwork) {
        this.clockwork = clockwork;
    }

    /** Waits and backs off on {@code clockwork}. */
    public static ActionExecutor on(Clockwork clockwork) {
        return new ActionExecutor(clockwork);
    }

    /** What {@link #execute} would do now; changes nothing. */
    public <O> Assessment preview(Action<O> action) throws InterruptedException {
        return preview(action, new DirectContext(clockwork));
    }

    /** As {@link #preview(Action)}, within a run. */
    public <O> Assessment preview(Action<O> action, ActionContext context) throws InterruptedException {
        return action.assess(action.observe(context));
    }

    /** As {@link #execute(Action, ActionContext, Watcher)}, outside any run. */
    public <O> Assessment.Done execute(Action<O> action) throws InterruptedException {
        return execute(action, new DirectContext(clockwork), Watcher.NONE);
    }

    /**
     * Makes it so.
     *
     * @return what showed that it is done
     * @throws BlockedException when the action is blocked; what was changed before, if anything, stays
     * @throws UnknownOutcomeException when a change was made, or may have been, and its outcome could not be observed in time
     * @throws DrTimeoutException when it was observed to be still not done at the deadline or after the last attempt
     * @throws DrException whatever else the action threw that no retry can help
     */
    public <O> Assessment.Done execute(Action<O> action, ActionContext context, Watcher watcher)
            throws InterruptedException {
        ExecutionPolicy policy = action.policy();
        Deadline deadline = clockwork.deadline(policy.timeout());
        Failures failures = new Failures();
        int applied = 0;
        int unseen = 0;
        boolean lookedAgain = false;
        while (true) {
            O observed;
            Assessment assessment;
            try {
                observed = action.observe(context);
                assessment = action.assess(observed);
                unseen = 0;
            } catch (RuntimeException e) {
                failures.add(e);
                unseen++;
                boolean helpless = e instanceof DrException known && !known.retryable();
                if (helpless || deadline.passed() || (applied == 0 && unseen >= policy.attempts())) {
                    throw failures.ending(applied == 0 ? null : unverified(action, e));
                }
                pause(deadline, policy.backoff(unseen, clockwork), watcher, "it to be observable: " + e.getMessage());
                continue;
            }
            watcher.assessed(assessment);
            if (assessment instanceof Assessment.Done done) {
                return done;
            } else if (assessment instanceof Assessment.Blocked blocked) {
                throw failures.ending(new BlockedException(
                        "action.blocked",
                        Problem.expected("to " + action.describe())
                                .found(blocked.why())
                                .remedy(blocked.remedy())));
            } else if (deadline.passed()) {
                throw failures.ending(
                        overdue(action, assessment, policy.timeout().toString()));
            } else if (assessment instanceof Assessment.Underway underway) {
                pause(deadline, policy.pollInterval(), watcher, underway.waitingFor());
            } else if (assessment instanceof Assessment.Needed needed) {
                if (applied > 0 && !lookedAgain) {
                    // The change may be on its way to being visible: look once more before it is made again.
                    lookedAgain = true;
                    pause(deadline, policy.backoff(applied, clockwork), watcher, "the change to show");
                    continue;
                }
                if (applied >= policy.attempts()) {
                    throw failures.ending(overdue(action, assessment, applied + " attempts"));
                }
                lookedAgain = false;
                applied++;
                watcher.applying(needed, applied);
                try {
                    context.requireAuthority();
                    action.apply(observed, context);
                } catch (RuntimeException e) {
                    failures.add(e);
                    if (e instanceof DrException known && !known.retryable()) {
                        throw failures.ending(null);
                    }
                    watcher.outcomeUnknown(e);
                }
            }
        }
    }

    private void pause(Deadline deadline, Duration time, Watcher watcher, String waitingFor)
            throws InterruptedException {
        watcher.waiting(waitingFor);
        clockwork.sleep(deadline.atMost(time));
    }

    private static DrException unverified(Action<?> action, Throwable why) {
        return new UnknownOutcomeException(
                "action.unverified",
                Problem.expected("to see that it is done: " + action.describe())
                        .found("that it could not be observed any more: " + why.getMessage())
                        .remedy("find out what state it is in, then resume; nothing was undone"),
                why);
    }

    private static DrException overdue(Action<?> action, Assessment last, String spent) {
        String found = last instanceof Assessment.Underway underway
                ? "still waiting for " + underway.waitingFor()
                : "still to do: " + last;
        return new DrTimeoutException(
                "action.overdue",
                Problem.expected("to " + action.describe())
                        .found(found + ", after " + spent)
                        .remedy("see why it does not come to its end, then resume"));
    }

    /** What a caller may want to know of an execution while it goes on. Called on the executing thread. */
    public interface Watcher {
        /** Watches nothing. */
        Watcher NONE = new Watcher() {};

        /** The world was observed and assessed. */
        default void assessed(Assessment assessment) {}

        /** The change is about to be applied for the {@code attempt}th time, counted from 1. What it throws prevents that. */
        default void applying(Assessment.Needed needed, int attempt) {}

        /** Applying threw something that leaves open whether the change was made; it will be observed. */
        default void outcomeUnknown(RuntimeException failure) {}

        /** Nothing to do at the moment but to wait. */
        default void waiting(String waitingFor) {}
    }

    /** Keeps the first failure on top: later ones are suppressed onto it. */
    private static final class Failures {
        private @Nullable RuntimeException first;

        void add(RuntimeException failure) {
            if (first == null) {
                first = failure;
            } else if (first != failure) {
                first.addSuppressed(failure);
            }
        }

        RuntimeException ending(@Nullable DrException verdict) {
            RuntimeException cause = first;
            if (verdict == null) {
                return cause == null ? new IllegalStateException("ended without a failure") : cause;
            }
            if (cause != null && verdict.getCause() != cause) {
                verdict.addSuppressed(cause);
            }
            return verdict;
        }
    }
}
