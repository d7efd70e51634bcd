package io.drkit.testkit.fault;

import io.drkit.core.Epoch;

/**
 * The way from one process to one place, such as a site: whatever that process asks or changes there goes over it. A fake takes
 * {@link #direct()} unless it is given another one, and a simulation gives each process its own, to cut it off, to stop it or to
 * watch it.
 *
 * <p>Implementations are thread-safe. A fake holds no lock over a call of a route.
 */
public interface Route {
    /** The way that is always open and adds nothing. */
    static Route direct() {
        return DirectRoute.INSTANCE;
    }

    /** Whether what is at the other end can be reached at this moment. */
    boolean open();

    /**
     * Asks something.
     *
     * @param operation in the words of {@link Faults}, for example {@code read deployment/runtime}
     * @throws io.drkit.core.UnknownOutcomeException when no answer came
     */
    <T> T ask(String operation, Faults.Effect<T> question) throws InterruptedException;

    /**
     * Changes something.
     *
     * @param operation in the words of {@link Faults}, for example {@code scale deployment/runtime}
     * @param what the change in words, for messages and reports
     * @param epoch in whose name
     * @throws io.drkit.core.UnknownOutcomeException when no answer came: it may have been made
     */
    <T> T change(String operation, String what, Epoch epoch, Faults.Effect<T> change) throws InterruptedException;
}
