package io.drkit.core.run;

import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.Action;
import io.drkit.core.event.RunEvent;
import io.drkit.core.event.RunListener;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry.Kind;
import io.drkit.core.plan.BoundPlan;
import io.drkit.core.plan.PlannedStep;
import io.drkit.core.plan.Undo;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One run in one process. The caller's thread coordinates: it starts steps, waits for them in a mailbox, and decides what
 * follows from the {@link RunHistory} alone, so that another process with the same journal decides the same.
 */
final class PlanRun {
    private final BoundPlan plan;
    private final Journal journal;
    private final String runId;
    private final Epoch epoch;
    private final Clockwork clockwork;
    private final int parallelism;
    private final Duration stopGrace;
    private final RunLog log;
    private final Mailbox<StepRun> ended;
    /** The steps whose tasks have not ended, in the order in which they began. */
    private final Map<StepRun, Watch> running = new LinkedHashMap<>();
    /** The steps that were told to stop and go on all the same. */
    private final Map<StepRun, Watch> unheard = new LinkedHashMap<>();

    /** A step's task and its time. */
    private static final class Watch {
        final Task task;
        Deadline deadline;
        boolean overran;

        Watch(Task task, Deadline deadline) {
            this.task = task;
            this.deadline = deadline;
        }
    }

    PlanRun(
            BoundPlan plan,
            Journal journal,
            RunHistory history,
            Epoch epoch,
            Clockwork clockwork,
            List<RunListener> listeners,
            int parallelism,
            Duration stopGrace) {
        this.plan = plan;
        this.journal = journal;
        this.runId = history.runId();
        this.epoch = epoch;
        this.clockwork = clockwork;
        this.parallelism = parallelism;
        this.stopGrace = stopGrace;
        this.log = new RunLog(journal, history, clockwork, listeners);
        this.ended = clockwork.mailbox();
    }

    RunReport execute(boolean resumed) throws InterruptedException {
        List<String> names = plan.steps().stream().map(PlannedStep::name).toList();
        log.tell(new RunEvent.RunBegan(log.now(), plan.plan(), plan.line(), runId, epoch, names, resumed));
        try {
            return drive();
        } catch (InterruptedException | RuntimeException | Error e) {
            // Whatever ended it, no step goes on behind the caller's back with the journal closed.
            stopAll(e);
            throw e;
        } finally {
            log.close();
        }
    }

    private RunReport drive() throws InterruptedException {
        if (!log.ask(RunHistory::undoing)) {
            Optional<String> failure = goForward();
            if (failure.isEmpty()) {
                return end(Kind.RUN_ENDED, RunOutcome.SUCCEEDED, "");
            }
            // What a step that goes on unheard may still change cannot be put back.
            if (!unheard.isEmpty() || log.ask(history -> history.pastPointOfNoReturn(plan))) {
                return end(Kind.RUN_PAUSED, RunOutcome.STOPPED, failure.get());
            }
            log.write(Kind.UNDO_BEGAN, "", Map.of("reason", failure.get()));
        }
        String reason = log.ask(RunHistory::undoReason);
        log.tell(new RunEvent.UndoBegan(log.now(), reason));
        return goBack()
                ? end(Kind.RUN_ENDED, RunOutcome.UNDONE, reason)
                : end(Kind.RUN_PAUSED, RunOutcome.UNDO_INCOMPLETE, reason);
    }

    private RunReport end(Kind kind, RunOutcome outcome, String reason) {
        log.write(kind, "", Map.of("outcome", outcome.name(), "reason", reason));
        RunReport report = log.ask(RunHistory::report);
        log.tell(new RunEvent.RunEnded(report.ended(), report));
        return report;
    }

    /** Runs steps until all are done, or one has failed and the others have ended; answers why it did not come through. */
    private Optional<String> goForward() throws InterruptedException {
        Set<String> finished = settledBefore();
        ReadySteps ready = new ReadySteps(plan.steps(), finished);
        List<String> failures = new ArrayList<>();
        while (true) {
            while (failures.isEmpty() && running.size() < parallelism && ready.any()) {
                PlannedStep step = ready.take();
                start(step, step.action(), false);
            }
            if (running.isEmpty()) {
                if (failures.isEmpty() && finished.size() < plan.steps().size()) {
                    failures.add("of " + plan.steps().size() + " steps only " + finished.size()
                            + " could begin: the others come after steps that the plan does not have");
                }
                return failures.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", failures));
            }
            StepRun run = awaitEnd();
            if (run.succeeded()) {
                finished.add(run.step().name());
                ready.finished(run.step().name());
            } else {
                String name = run.step().name();
                failures.add("\"" + name + "\": " + log.ask(history -> history.step(name).detail));
            }
        }
    }

    /**
     * The steps that need no second look after a resumption. A step that is done is looked at again when nothing has built on it
     * yet, since the world may have moved while nobody watched; where something has, a later step may have changed it on purpose.
     * A later step that changed nothing has built nothing.
     */
    private Set<String> settledBefore() {
        return log.ask(history -> {
            Set<String> builtOn = new HashSet<>();
            List<PlannedStep> steps = plan.steps();
            for (int i = steps.size() - 1; i >= 0; i--) {
                PlannedStep step = steps.get(i);
                if (builtOn.contains(step.name()) || history.step(step.name()).mayHaveChanged()) {
                    builtOn.addAll(step.after());
                }
            }
            builtOn.removeIf(name -> !history.step(name).done());
            return builtOn;
        });
    }

    /** Undoes what this run may have changed, the last first, one at a time; answers whether all of it was put back. */
    private boolean goBack() throws InterruptedException {
        // What was built on them still stands: putting them back first could hurt.
        Set<String> heldUp = new HashSet<>();
        boolean all = true;
        List<PlannedStep> steps = plan.steps();
        for (int i = steps.size() - 1; i >= 0; i--) {
            PlannedStep step = steps.get(i);
            boolean toUndo = log.ask(history -> history.step(step.name()).mayHaveChanged());
            boolean stuck = heldUp.contains(step.name());
            if (!stuck && toUndo && step.undo() instanceof Undo.By by) {
                start(step, by.action(), true);
                stuck = !awaitEnd().succeeded();
            } else if (toUndo && step.undo() instanceof Undo.Never) {
                stuck = true;
            }
            if (stuck) {
                all = false;
                heldUp.addAll(step.after());
            }
        }
        return all;
    }

    private void start(PlannedStep step, Action<?> action, boolean undo) {
        StepRun run = new StepRun(step, action, undo, runId, epoch, clockwork, journal, log, ended);
        Task task = clockwork.start("drkit " + step.name(), run);
        // The executor keeps to the action's own time; what blocks beyond it is stopped from here.
        running.put(run, new Watch(task, clockwork.deadline(run.allowed().plusSeconds(1))));
    }

    /**
     * Waits until a step ends, and settles it. One that overruns its time is interrupted; one that does not end within the grace
     * either is given up, and counts as ended with its outcome unknown.
     */
    private StepRun awaitEnd() throws InterruptedException {
        while (true) {
            Duration next = running.values().stream()
                    .map(watch -> watch.deadline.remaining())
                    .min(Duration::compareTo)
                    .orElse(Duration.ZERO);
            StepRun run = ended.poll(next);
            if (run != null) {
                Watch watch = running.remove(run);
                if (watch != null) {
                    rethrowWhatEndsTheRun(run.failure());
                    run.settle(watch.overran);
                    return run;
                }
                // else it was given up, and has ended after all: what it did is for the next process to observe
            }
            for (Map.Entry<StepRun, Watch> entry : running.entrySet()) {
                Watch watch = entry.getValue();
                if (!watch.deadline.passed()) {
                    continue;
                }
                if (watch.overran) {
                    StepRun lost = entry.getKey();
                    running.remove(lost);
                    unheard.put(lost, watch);
                    lost.giveUp();
                    return lost;
                }
                watch.overran = true;
                watch.deadline = clockwork.deadline(stopGrace);
                entry.getKey().tellOverran();
                watch.task.interrupt();
            }
        }
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

    private void stopAll(Throwable why) {
        running.values().forEach(watch -> watch.task.interrupt());
        Deadline grace = clockwork.deadline(stopGrace);
        for (Watch watch : running.values()) {
            try {
                watch.task.join(grace.remaining());
            } catch (InterruptedException e) {
                why.addSuppressed(e);
                if (!(why instanceof InterruptedException)) {
                    Thread.currentThread().interrupt();
                }
                return;
            }
        }
    }
}
