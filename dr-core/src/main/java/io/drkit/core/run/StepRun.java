package io.drkit.core.run;

import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.action.Progress;
import io.drkit.core.event.RunEvent;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry.Kind;
import io.drkit.core.plan.PlannedStep;
import io.drkit.core.report.StepStatus;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One step being done, or undone, once in this process. Its task drives the action and puts this into the mailbox when it has
 * ended; only then does the coordinator read how.
 */
final class StepRun implements Runnable, ActionContext, ActionExecutor.Watcher {
    private final PlannedStep step;
    private final Action<?> action;
    private final boolean undo;
    private final String runId;
    private final Epoch epoch;
    private final Clockwork clockwork;
    private final Journal journal;
    private final RunLog log;
    private final Mailbox<StepRun> ended;
    private final Instant began;
    private final Duration allowed;
    private final boolean inDoubtBefore;
    private boolean applying;
    private boolean mayHaveChanged;
    private volatile boolean givenUp;
    private String waitingFor = "";
    private Assessment.@Nullable Done done;
    private @Nullable Throwable failure;

    StepRun(
            PlannedStep step,
            Action<?> action,
            boolean undo,
            String runId,
            Epoch epoch,
            Clockwork clockwork,
            Journal journal,
            RunLog log,
            Mailbox<StepRun> ended) {
        this.step = step;
        this.action = action;
        this.undo = undo;
        this.runId = runId;
        this.epoch = epoch;
        this.clockwork = clockwork;
        this.journal = journal;
        this.log = log;
        this.ended = ended;
        this.began = log.now();
        this.allowed = allowed(action);
        this.inDoubtBefore = log.ask(history -> history.step(step.name()).mayHaveChanged());
    }

    PlannedStep step() {
        return step;
    }

    private static Duration allowed(Action<?> action) {
        try {
            return action.policy().timeout();
        } catch (RuntimeException e) {
            // The executor meets it as well, where it counts as the step's failure.
            return ExecutionPolicy.defaults().timeout();
        }
    }

    Duration allowed() {
        return allowed;
    }

    /** Whether it came through. Only after it has ended or was given up. */
    boolean succeeded() {
        return !givenUp && failure == null;
    }

    /** Why it did not come through; null when it did. Only after it has ended. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    @Override
    public void run() {
        try {
            log.tell(new RunEvent.StepBegan(began, step.name(), action.describe(), undo));
            done = ActionExecutor.on(clockwork).execute(action, this, this);
        } catch (Throwable t) {
            // An Error too: a step that ends unheard would leave the run waiting for ever.
            failure = t;
        } finally {
            ended.put(this);
        }
    }

    /** Writes down and tells how it ended; {@code overran} when it was stopped for taking too long. */
    void settle(boolean overran) {
        Throwable cause = failure;
        if (cause == null) {
            boolean changed = mayHaveChanged || inDoubtBefore;
            StepStatus status = undo ? StepStatus.UNDONE : changed ? StepStatus.DONE : StepStatus.ALREADY_SO;
            write(status, Objects.requireNonNull(done, "done").because(), !undo && !changed);
            return;
        }
        // Whoever was interrupted, or broke down, in the middle of a change cannot say whether it was made.
        boolean lost = cause instanceof UnknownOutcomeException
                || ((cause instanceof InterruptedException || cause instanceof Error) && applying);
        String detail = (overran ? "stopped after " + allowed() + ": " : "") + say(cause);
        if (undo) {
            write(StepStatus.UNDO_FAILED, detail, false);
        } else {
            // What an action refuses it has not changed; that holds only where nothing before it is in doubt.
            boolean unchanged = cause instanceof BlockedException && !mayHaveChanged && !inDoubtBefore;
            write(lost ? StepStatus.UNKNOWN : StepStatus.FAILED, detail, unchanged);
        }
    }

    /** Writes down that it goes on unheard: it was told to stop and did not. */
    void giveUp() {
        givenUp = true;
        write(
                undo ? StepStatus.UNDO_FAILED : StepStatus.UNKNOWN,
                "still going on after " + allowed() + ", and does not heed being stopped",
                false);
    }

    void tellOverran() {
        log.tell(new RunEvent.StepOverran(log.now(), step.name(), allowed(), undo));
    }

    private void write(StepStatus status, String detail, boolean unchanged) {
        Map<String, String> details = new HashMap<>();
        details.put("began", began.toString());
        details.put("status", status.name());
        details.put("detail", detail);
        if (unchanged) {
            details.put("unchanged", "true");
        }
        log.write(undo ? Kind.UNDO_OUTCOME : Kind.OUTCOME, step.name(), details);
        Instant now = log.now();
        log.tell(new RunEvent.StepEnded(now, step.name(), status, detail, Duration.between(began, now), undo));
    }

    private static String say(Throwable failure) {
        if (failure instanceof DrException) {
            return String.valueOf(failure.getMessage());
        }
        return failure instanceof InterruptedException ? "interrupted" : failure.toString();
    }

    /** It goes on unheard, and whatever the run decides meanwhile does not count on it: it must change nothing more. */
    private void requireHeard() {
        if (givenUp) {
            throw new StaleEpochException(
                    "run.step-given-up",
                    Problem.expected("the step \"" + step.name() + "\" to end within " + allowed
                                    + " or when it was stopped")
                            .found("it still at work after it was given up")
                            .remedy("let it end; the run is resumed when its outcome can be observed"));
        }
    }

    // ---- what the executor tells

    @Override
    public void assessed(Assessment assessment) {
        mayHaveChanged |= applying;
        applying = false;
    }

    @Override
    public void applying(Assessment.Needed needed, int attempt) {
        requireHeard();
        applying = true;
        log.write(
                undo ? Kind.UNDO_INTENT : Kind.INTENT,
                step.name(),
                Map.of("began", began.toString(), "changes", String.join("\n", needed.changes())));
        log.tell(new RunEvent.StepApplying(log.now(), step.name(), needed.changes(), attempt, undo));
    }

    @Override
    public void outcomeUnknown(RuntimeException lost) {
        mayHaveChanged = true;
        log.tell(new RunEvent.StepOutcomeUnknown(log.now(), step.name(), say(lost), undo));
    }

    @Override
    public void waiting(String what) {
        if (!what.equals(waitingFor)) {
            waitingFor = what;
            log.tell(new RunEvent.StepWaiting(log.now(), step.name(), what, undo));
        }
    }

    // ---- what the action is given

    @Override
    public Clockwork clockwork() {
        return clockwork;
    }

    @Override
    public Epoch epoch() {
        return epoch;
    }

    @Override
    public String runId() {
        return runId;
    }

    @Override
    public void progress(Progress progress) {
        log.tell(new RunEvent.StepProgressed(log.now(), step.name(), progress, undo));
    }

    @Override
    public void requireAuthority() {
        requireHeard();
        journal.requireHeld(epoch);
    }

    @Override
    public void noWayBack() {
        mayHaveChanged = true;
    }

    @Override
    public void record(String key, String value) {
        log.write(Kind.FACT, step.name(), Map.of("key", key, "value", value));
        log.tell(new RunEvent.FactRecorded(log.now(), step.name(), key, value));
    }

    @Override
    public Optional<String> recorded(String key) {
        return recorded(step.name(), key);
    }

    @Override
    public Optional<String> recorded(String ofStep, String key) {
        return log.ask(history -> Optional.ofNullable(history.step(ofStep).facts.get(key)));
    }

    @Override
    public void report(DataLoss loss) {
        log.write(Kind.LOSS, step.name(), RunHistory.details(loss));
        log.tell(new RunEvent.LossStated(log.now(), step.name(), loss));
    }
}
