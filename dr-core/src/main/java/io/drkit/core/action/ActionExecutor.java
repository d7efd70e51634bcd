package io.drkit.core.action;

import io.drkit.core.BlockedException;
import io.drkit.core.DrException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
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
     * Makes it so. Whatever it ends with keeps the first failure, as its cause or suppressed.
     *
     * @return what showed that it is done
     * @throws BlockedException when the action is blocked; what was changed before, if anything, stays
     * @throws UnknownOutcomeException when a change was made, or may have been, and its outcome could not be observed in time
     * @throws DrTimeoutException when it was observed to be still not done at the deadline or after the last attempt
     * @throws DrException whatever else the action threw that no retry can help
     */
    public <O> Assessment.Done execute(Action<O> action, ActionContext context, Watcher watcher)
            throws InterruptedException {
        Failures failures = new Failures();
        try {
            return drive(action, context, watcher, failures);
        } catch (RuntimeException | Error | InterruptedException e) {
            failures.keptBy(e);
            throw e;
        }
    }

    private <O> Assessment.Done drive(Action<O> action, ActionContext context, Watcher watcher, Failures failures)
            throws InterruptedException {
        ExecutionPolicy policy = action.policy();
        Deadline deadline = clockwork.deadline(policy.timeout());
        int applied = 0;
        int unseen = 0;
        boolean lookedAgain = false;
        while (true) {
            O observed;
            Assessment assessment;
            try {
                observed = action.observe(context);
                assessment = Objects.requireNonNull(
                        action.assess(observed),
                        () -> "nothing was concluded from what was observed: " + action.describe());
                unseen = 0;
            } catch (RuntimeException e) {
                boolean helpless = helpless(e);
                if (e instanceof StaleEpochException || (helpless && applied == 0)) {
                    throw e;
                }
                RuntimeException first = failures.add(e);
                unseen++;
                if (helpless || deadline.passed() || (applied == 0 && unseen >= policy.attempts())) {
                    throw applied == 0 ? first : unverified(action, e, first);
                }
                pause(
                        deadline,
                        atLeast(policy.backoff(unseen, clockwork), retryAfter(e)),
                        watcher,
                        "it to be observable: " + say(e));
                continue;
            }
            watcher.assessed(assessment);
            if (assessment instanceof Assessment.Done done) {
                return done;
            } else if (assessment instanceof Assessment.Blocked blocked) {
                throw new BlockedException(
                        "action.blocked",
                        Problem.expected("to " + action.describe())
                                .found(blocked.why())
                                .remedy(blocked.remedy()),
                        failures.first());
            } else if (deadline.passed()) {
                throw overdue(action, assessment, policy.timeout().toString(), failures.first());
            } else if (assessment instanceof Assessment.Underway underway) {
                pause(
                        deadline,
                        atLeast(policy.pollInterval(), underway.lookAgainIn()),
                        watcher,
                        underway.waitingFor());
            } else if (assessment instanceof Assessment.Needed needed) {
                if (applied > 0 && !lookedAgain) {
                    // The change may be on its way to being visible: look once more before it is made again.
                    lookedAgain = true;
                    pause(deadline, policy.backoff(applied, clockwork), watcher, "the change to show");
                    continue;
                }
                if (applied >= policy.attempts()) {
                    throw overdue(action, assessment, applied + " attempts", failures.first());
                }
                lookedAgain = false;
                applied++;
                Optional<Duration> asked = Optional.empty();
                watcher.applying(needed, applied);
                try {
                    context.requireAuthority();
                    action.apply(observed, context);
                } catch (RuntimeException e) {
                    if (helpless(e)) {
                        throw e;
                    }
                    asked = retryAfter(e);
                    failures.add(e);
                    watcher.outcomeUnknown(e);
                }
                if (asked.isPresent()) {
                    // To look is a request as well, and whoever throttles counts all of them.
                    pause(deadline, asked.get(), watcher, "the time to pass for which it asked to be left alone");
                }
            }
        }
    }

    private void pause(Deadline deadline, Duration time, Watcher watcher, String waitingFor)
            throws InterruptedException {
        watcher.waiting(waitingFor);
        clockwork.sleep(deadline.atMost(time));
    }

    private static Duration atLeast(Duration time, Optional<Duration> asked) {
        return asked.filter(longer -> longer.compareTo(time) > 0).orElse(time);
    }

    private static Optional<Duration> retryAfter(RuntimeException failure) {
        return failure instanceof DrException known ? known.retryAfter() : Optional.empty();
    }

    /** Many failures of the platform, such as a null pointer, say nothing but their kind. */
    private static String say(RuntimeException failure) {
        String message = failure.getMessage();
        return message == null ? failure.toString() : message;
    }

    private static boolean helpless(RuntimeException failure) {
        return failure instanceof DrException known && !known.retryable();
    }

    private static DrException unverified(Action<?> action, RuntimeException why, RuntimeException first) {
        return new UnknownOutcomeException(
                "action.unverified",
                Problem.expected("to see that it is done: " + action.describe())
                        .found("that it could not be observed any more: " + say(why))
                        .remedy("find out what state it is in, then resume; nothing was undone"),
                first);
    }

    private static DrException overdue(
            Action<?> action, Assessment last, String spent, @Nullable RuntimeException first) {
        String found = last instanceof Assessment.Underway underway
                ? "still waiting for " + underway.waitingFor()
                : "still to do: " + last;
        return new DrTimeoutException(
                "action.overdue",
                Problem.expected("to " + action.describe())
                        .found(found + ", after " + spent)
                        .remedy("see why it does not come to its end, then resume"),
                first);
    }

    /** What a caller may want to know of an execution while it goes on. Called on the executing thread. */
    public interface Watcher {
        /** Watches nothing. */
        Watcher NONE = new Watcher() {};

        /** The world was observed and assessed. */
        default void assessed(Assessment assessment) {}

        /** The change is about to be applied for the {@code attempt}th time, counted from 1. What it throws prevents that. */
        default void applying(Assessment.Needed needed, int attempt) throws InterruptedException {}

        /** Applying threw something that leaves open whether the change was made; it will be observed. */
        default void outcomeUnknown(RuntimeException failure) {}

        /** Nothing to do at the moment but to wait. */
        default void waiting(String waitingFor) {}
    }

    /** Keeps the first failure on top: later ones are suppressed onto it. */
    private static final class Failures {
        private @Nullable RuntimeException first;

        @Nullable
        RuntimeException first() {
            return first;
        }

        /** Answers the first. */
        RuntimeException add(RuntimeException failure) {
            RuntimeException earlier = first;
            if (earlier == null) {
                first = failure;
                return failure;
            }
            if (earlier != failure) {
                earlier.addSuppressed(failure);
            }
            return earlier;
        }

        void keptBy(Throwable verdict) {
            RuntimeException earlier = first;
            if (earlier != null && verdict != earlier && verdict.getCause() != earlier) {
                verdict.addSuppressed(earlier);
            }
        }
    }
}
