package io.drkit.core.action;

import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.time.Clockwork;
import java.util.Optional;

/** What an {@link Action} is given to work with. May be used from any thread until the action has ended. */
public interface ActionContext {
    /** Time, sleep, randomness and threads. */
    Clockwork clockwork();

    /** The run's fencing token, to be carried to every resource that can compare it. {@link Epoch#NONE} outside a run. */
    Epoch epoch();

    /** The run's id; the same after a resumption. Outside a run a fresh id. */
    String runId();

    /** Tells listeners how far long work has come. Cheap; call it as often as something changed. */
    void progress(Progress progress);

    /**
     * Checks, right before an effect, that this run still holds its authority.
     *
     * @throws io.drkit.core.StaleEpochException when a newer run has taken over: change nothing more
     */
    void requireAuthority();

    /**
     * States that from here on something is changed, or may be, that this action does not put back, such as a fence: whatever it
     * throws later, a {@link io.drkit.core.BlockedException} included, no longer says that nothing was changed. Call it right
     * before that change. Outside a run nothing follows from it.
     */
    default void noWayBack() {}

    /**
     * Remembers a fact that could not be observed again, such as who waived what. Durable when it returns, and still there after
     * a crash; outside a run it lasts as long as the execution. Never a secret: it goes to the journal and the report.
     *
     * @param key unique within the step; a later value replaces an earlier one
     */
    void record(String key, String value);

    /** The fact that this step recorded, in this process or in the one before it. */
    Optional<String> recorded(String key);

    /** The fact that an earlier step recorded. */
    Optional<String> recorded(String step, String key);

    /** States how much data may be, or was, lost. It goes to the journal and the report, and decides the achieved RPO. */
    void report(DataLoss loss);
}
