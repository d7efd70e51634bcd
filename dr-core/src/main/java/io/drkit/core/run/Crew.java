package io.drkit.core.run;

import io.drkit.core.DrException;
import io.drkit.core.StaleEpochException;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The steps at work in this process. For the coordinator's thread alone. */
final class Crew {
    private final Clockwork clockwork;
    private final Duration stopGrace;
    private final Mailbox<Signal> signals;
    /** The steps whose tasks have not ended, in the order in which they began. */
    private final Map<StepRun, Watch> running = new LinkedHashMap<>();
    /** The steps that were told to stop, were given up, and have not ended as far as was heard. */
    private final Set<StepRun> unheard = new LinkedHashSet<>();

    /** A step's task and its time. */
    private static final class Watch {
        final Task task;
        Deadline deadline;
        /** Why it was told to stop; empty while it was not. */
        String stopped = "";

        Watch(Task task, Deadline deadline) {
            this.task = task;
            this.deadline = deadline;
        }
    }

    Crew(Clockwork clockwork, Duration stopGrace, Mailbox<Signal> signals) {
        this.clockwork = clockwork;
        this.stopGrace = stopGrace;
        this.signals = signals;
    }

    void start(StepRun run) {
        Task task = clockwork.start("drkit " + run.step().name(), run);
        // The executor keeps to the action's own time; what blocks beyond it is stopped from here.
        running.put(run, new Watch(task, clockwork.deadline(run.allowed().plusSeconds(1))));
    }

    int size() {
        return running.size();
    }

    boolean isEmpty() {
        return running.isEmpty();
    }

    /** The names of the steps that were given up and are still at work, as far as was heard. */
    List<String> unheard() {
        return unheard.stream().map(run -> run.step().name()).toList();
    }

    /**
     * Takes note of the steps that were given up and have ended since, waiting at most {@code atMost} for one. Only while no other
     * step is at work: whatever else is heard meanwhile is lost.
     */
    void hearOut(Duration atMost) throws InterruptedException {
        if (unheard.isEmpty()) {
            return;
        }
        Signal signal = signals.poll(atMost);
        while (signal != null) {
            if (signal instanceof StepRun run && unheard.remove(run)) {
                run.endedUnheard();
            }
            signal = signals.poll(Duration.ZERO);
        }
    }

    /** The names of the steps at work, those included that go on unheard. */
    Set<String> atWork() {
        Set<String> names = new HashSet<>();
        running.keySet().forEach(run -> names.add(run.step().name()));
        unheard.forEach(run -> names.add(run.step().name()));
        return names;
    }

    /** Tells all of them to stop. */
    void stop(String because) {
        for (Watch watch : running.values()) {
            if (watch.stopped.isEmpty()) {
                stop(watch, because);
            }
        }
    }

    private void stop(Watch watch, String because) {
        watch.stopped = because;
        watch.deadline = clockwork.deadline(stopGrace);
        watch.task.interrupt();
    }

    /**
     * Waits until a step ends, and settles it; null when none did within {@code atMost}, or when a word was left meanwhile. One
     * that overruns its time is interrupted; one that does not end within the grace either is given up, and counts as ended with
     * its outcome unknown.
     */
    @Nullable
    StepRun await(Duration atMost) throws InterruptedException {
        Deadline end = clockwork.deadline(atMost);
        while (true) {
            Duration next = running.values().stream()
                    .map(watch -> watch.deadline.remaining())
                    .min(Duration::compareTo)
                    .map(end::atMost)
                    .orElseGet(end::remaining);
            Signal signal = signals.poll(next);
            if (signal instanceof StepRun run) {
                Watch watch = running.remove(run);
                if (watch != null) {
                    rethrowWhatEndsTheRun(run.failure());
                    run.settle(watch.stopped);
                    return run;
                }
                if (unheard.remove(run)) {
                    run.endedUnheard();
                }
            } else if (signal != null || end.passed()) {
                return null;
            }
            StepRun lost = overdue();
            if (lost != null) {
                return lost;
            }
        }
    }

    private @Nullable StepRun overdue() {
        for (Map.Entry<StepRun, Watch> entry : running.entrySet()) {
            Watch watch = entry.getValue();
            if (!watch.deadline.passed()) {
                continue;
            }
            StepRun run = entry.getKey();
            if (!watch.stopped.isEmpty()) {
                running.remove(run);
                unheard.add(run);
                run.giveUp(watch.stopped);
                return run;
            }
            run.tellOverran();
            stop(watch, "after " + run.allowed());
        }
        return null;
    }

    /** Losing the authority, or the journal, is no step's failure: the run as a whole must stop and write nothing more. */
    private static void rethrowWhatEndsTheRun(@Nullable Throwable failure) {
        if (failure instanceof StaleEpochException stale) {
            throw stale;
        }
        if (failure instanceof DrException known && known.code().startsWith("journal.")) {
            throw known;
        }
        // A missing class, a failed assertion or endless recursion is the step's own; beyond that the process itself is
        // in doubt.
        if (failure instanceof Error error
                && !(error instanceof LinkageError
                        || error instanceof AssertionError
                        || error instanceof StackOverflowError)) {
            throw error;
        }
    }

    /** The run ends by {@code why}: what goes on all the same is given up. */
    void stopAll(Throwable why) {
        running.values().forEach(watch -> watch.task.interrupt());
        Deadline grace = clockwork.deadline(stopGrace);
        try {
            for (Watch watch : running.values()) {
                watch.task.join(grace.remaining());
            }
        } catch (InterruptedException e) {
            why.addSuppressed(e);
            if (!(why instanceof InterruptedException)) {
                Thread.currentThread().interrupt();
            }
        }
        for (Map.Entry<StepRun, Watch> entry : running.entrySet()) {
            if (!entry.getValue().task.ended()) {
                unheard.add(entry.getKey());
                try {
                    entry.getKey().giveUp("when the run ended here");
                } catch (RuntimeException | Error e) {
                    // Where the journal is lost, nobody can be told.
                    if (e != why) {
                        why.addSuppressed(e);
                    }
                }
            }
        }
        running.clear();
    }
}
