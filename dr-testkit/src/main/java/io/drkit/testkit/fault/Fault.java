package io.drkit.testkit.fault;

import io.drkit.core.DrException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One thing that goes wrong with one call, told as an HTTP server would tell it, so that fakes and simulators share one notion. */
public sealed interface Fault {
    /**
     * The call is refused and changes nothing. Fakes turn the status into the exception that an adapter turns it into: 401 and
     * 403 denied, 404 not found, 409 conflict, 429 and 5xx unknown.
     *
     * @param status an HTTP status, 400 to 599
     */
    record Refused(int status) implements Fault {
        public Refused {
            if (status < 400 || status > 599) {
                throw new IllegalArgumentException("A refusal has a status from 400 to 599, not " + status);
            }
        }
    }

    /** The request never arrives: nothing is changed, and the caller hears nothing. */
    record RequestLost() implements Fault {}

    /** The change is made, and then the answer is lost: to the caller the same as {@link RequestLost}. */
    record AnswerLost() implements Fault {}

    /**
     * The call goes through, later.
     *
     * @param by how much later; more than zero
     */
    record Delayed(Duration by) implements Fault {
        public Delayed {
            if (by.isZero() || by.isNegative()) {
                throw new IllegalArgumentException("A delay is more than zero, not " + by);
            }
        }
    }

    /**
     * The request is held up: its caller hears nothing, as after {@link RequestLost}, and it arrives when the test says so. Each
     * instance is of one call; thread-safe.
     */
    final class Late implements Fault {
        private Faults.@Nullable Effect<?> request;

        private Late() {}

        /**
         * Lets it arrive, once. What it is answered nobody hears.
         *
         * @throws IllegalStateException when no call has met this fault
         */
        public void arrive() throws InterruptedException {
            Faults.Effect<?> arriving;
            synchronized (this) {
                arriving = request;
                request = null;
            }
            if (arriving == null) {
                throw new IllegalStateException(
                        "Nothing is held up: no call has met this fault yet, or it has arrived");
            }
            try {
                arriving.take();
            } catch (DrException e) {
                // a refusal that nobody waits for
            }
        }

        /** For simulators: keeps the request until it is to arrive. */
        public synchronized void hold(Faults.Effect<?> held) {
            request = held;
        }
    }

    static Fault refused(int status) {
        return new Refused(status);
    }

    static Fault requestLost() {
        return new RequestLost();
    }

    static Fault answerLost() {
        return new AnswerLost();
    }

    static Late late() {
        return new Late();
    }

    static Fault delayed(Duration by) {
        return new Delayed(by);
    }
}
