package io.drkit.testkit.fault;

import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.DeniedException;
import io.drkit.core.DrException;
import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.time.Clockwork;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * Which calls go wrong, and how. A test writes the schedule; the fake or the simulator asks it at each call.
 *
 * <p>An operation is one or more words, such as {@code read}, {@code PATCH deployments}. A schedule for {@code PATCH} meets every
 * operation whose first word it is. Each fault fires once, except those of {@link #every}. When several wait for the same call,
 * the one that was scheduled first fires, and all of them count the call.
 *
 * <pre>{@code
 * cluster.faults().next("PATCH deployments", Fault.answerLost());
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class Faults {
    private final List<Scheduled> schedule = new ArrayList<>();

    /** Makes the next call of {@code operation} go wrong. */
    public Faults next(String operation, Fault fault) {
        return nth(1, operation, fault);
    }

    /** Makes the {@code n}th call of {@code operation} from now go wrong, counted from 1. */
    public synchronized Faults nth(int n, String operation, Fault fault) {
        if (n < 1) {
            throw new IllegalArgumentException("Calls are counted from 1, not from " + n);
        }
        schedule.add(new Scheduled(operation, fault, n, false));
        return this;
    }

    /** Makes every call of {@code operation} go wrong until it is cleared. */
    public synchronized Faults every(String operation, Fault fault) {
        schedule.add(new Scheduled(operation, fault, 1, true));
        return this;
    }

    /** Forgets what was scheduled for exactly this {@code operation}. */
    public synchronized Faults clear(String operation) {
        schedule.removeIf(scheduled -> scheduled.operation.equals(operation));
        return this;
    }

    /** Whether something that was scheduled has not happened yet; {@link #every} counts until it is cleared. */
    public synchronized boolean pending() {
        return !schedule.isEmpty();
    }

    /** For simulators: the call happens now; what goes wrong with it? */
    public synchronized Optional<Fault> take(String operation) {
        Optional<Fault> found = Optional.empty();
        for (Iterator<Scheduled> all = schedule.iterator(); all.hasNext(); ) {
            Scheduled scheduled = all.next();
            if (!scheduled.meets(operation)) {
                continue;
            }
            scheduled.left = Math.max(0, scheduled.left - 1);
            if (found.isEmpty() && scheduled.left == 0) {
                found = Optional.of(scheduled.fault);
                if (!scheduled.forEver) {
                    all.remove();
                }
            }
        }
        return found;
    }

    /**
     * For fakes: makes the call, or lets it go wrong as scheduled.
     *
     * @param operation what is called
     * @param what the call in words, for the message
     * @param effect the call itself
     */
    public <T> T call(Clockwork clockwork, String operation, String what, Effect<T> effect)
            throws InterruptedException {
        Optional<Fault> fault = take(operation);
        if (fault.isEmpty()) {
            return effect.take();
        } else if (fault.get() instanceof Fault.Refused refused) {
            throw refusal(refused.status(), what);
        } else if (fault.get() instanceof Fault.RequestLost) {
            throw lost(what);
        } else if (fault.get() instanceof Fault.AnswerLost) {
            effect.take();
            throw lost(what);
        } else if (fault.get() instanceof Fault.Late late) {
            late.hold(effect);
            throw lost(what);
        } else if (fault.get() instanceof Fault.Delayed delayed) {
            clockwork.sleep(delayed.by());
        }
        return effect.take();
    }

    private static DrException lost(String what) {
        return new UnknownOutcomeException(
                "fake.answer-lost", Problem.expected(what).found("no answer").remedy("observe it again"));
    }

    /** What a caller is told when its call is refused with this status. */
    public static DrException refusal(int status, String what) {
        Problem problem =
                Problem.expected(what).found("a refusal, " + status).remedy("see the test's schedule of faults");
        return switch (status) {
            case 401, 403 -> new DeniedException("fake.denied", problem);
            case 404 -> new NotFoundException("fake.not-found", problem);
            case 409, 412 -> new ConflictException("fake.conflict", problem);
            default ->
                status == 429 || status >= 500
                        ? new UnknownOutcomeException("fake.unavailable", problem)
                        : new BlockedException("fake.rejected", problem);
        };
    }

    /** What a fake does when nothing goes wrong. */
    @FunctionalInterface
    public interface Effect<T> {
        T take() throws InterruptedException;
    }

    private static final class Scheduled {
        private final String operation;
        private final Fault fault;
        private final boolean forEver;
        private int left;

        private Scheduled(String operation, Fault fault, int left, boolean forEver) {
            this.operation = operation;
            this.fault = fault;
            this.left = left;
            this.forEver = forEver;
        }

        private boolean meets(String called) {
            return called.equals(operation) || called.startsWith(operation + " ");
        }
    }
}
