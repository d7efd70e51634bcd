package io.drkit.core.event;

/**
 * Is told what happens in a run.
 *
 * <p>Called on the run's own threads, one call at a time and in order, once an event. It holds the run up while it works, so it
 * should be quick. What it throws is logged and changes nothing; so is an interruption that it swallows. It is told every event
 * of one process; a resumed run begins anew with {@link RunEvent.RunBegan}.
 */
@FunctionalInterface
public interface RunListener {
    void on(RunEvent event);
}
