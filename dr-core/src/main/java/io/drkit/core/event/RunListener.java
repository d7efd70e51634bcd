package io.drkit.core.event;

/**
 * Is told what happens in a run.
 *
 * <p>Called on a thread of its own, one call at a time and in order, once an event. The run gives its listeners a moment, 1 s for all
 * of them, to take an event in before it goes on, except for {@link RunEvent.StepProgressed}; one that takes longer is waited for
 * no more until it has caught up. So one that is slow, hangs or throws stops neither the run nor the others; what it throws is
 * logged. One that is more than 1,000 events behind is spared further {@code StepProgressed}. When the run has ended its listeners
 * have 10 s, all of them together, to hear the rest before the run answers its caller; a slower one hears it later, if the process
 * lives on. It is told every event of one process; a resumed run begins anew with {@link RunEvent.RunBegan}.
 */
@FunctionalInterface
public interface RunListener {
    void on(RunEvent event);
}
