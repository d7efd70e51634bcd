package io.drkit.core.event;

/**
 * Is told what happens in a run.
 *
 * <p>Called on a thread of its own, one call at a time and in order, once an event, soon after it happened. It holds up neither
 * the run nor other listeners: one that is slow, hangs or throws changes nothing, and what it throws is logged. One that is more
 * than 1,000 events behind is spared further {@link RunEvent.StepProgressed}. When the run has ended its listeners are given 10 s,
 * all of them together, to hear the rest before the run answers its caller; a slower one hears it later, if the process lives on.
 * It is told every event of one process; a resumed run begins anew with {@link RunEvent.RunBegan}.
 */
@FunctionalInterface
public interface RunListener {
    void on(RunEvent event);
}
