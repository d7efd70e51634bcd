package io.drkit.core.run;

import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.DrException;
import io.drkit.core.DrTimeoutException;
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
import io.drkit.core.action.SupersedingAction;
import io.drkit.core.event.RunEvent;
import io.drkit.core.journal.JournalEntry.Kind;
import io.drkit.core.plan.BoundPlan;
import io.drkit.core.plan.PlannedStep;
import io.drkit.core.report.StepStatus;
import io.drkit.core.time.Clockwork;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One step being done, or undone, once in this process. Its task drives the action and puts this into the mailbox when it has
 * ended; only then does the coordinator read how.
 */
final class StepRun implements Signal, Runnable, ActionContext, ActionExecutor.Watcher {
    private final PlannedStep step;
    private final BoundPlan plan;
    private final Action<?> action;
    /** Whose requests without an answer must not take effect any more once this has begun. */
    private final List<Action<?>> doubted;

    private final boolean undo;
    private final RunScope scope;
    private final RunLog log;
    private final Instant began;
    private final Duration allowed;
    private final boolean inDoubtBefore;
    private boolean applying;
    private boolean mayHaveChanged;
    /** Whether something that it asked for has not been answered. */
    private boolean unanswered;
    /** It makes void what was asked for before, and asks for nothing of its own yet. */
    private boolean superseding;
    /** Nothing of what was asked for before can take effect any more. */
    private boolean superseded;

    private boolean lost;
    /** It was applied to the end: the last time that it was, that came back without a failure. */
    private boolean applied;

    private volatile boolean givenUp;
    private String waitingFor = "";
    private Assessment.@Nullable Done done;
    private @Nullable Throwable failure;

    private StepRun(
            PlannedStep step, BoundPlan plan, Action<?> action, List<Action<?>> doubted, boolean undo, RunScope scope) {
        this.step = step;
        this.plan = plan;
        this.action = action;
        this.doubted = List.copyOf(doubted);
        this.undo = undo;
        this.scope = scope;
        this.log = scope.log();
        this.began = log.now();
        this.allowed = doubted.stream()
                .filter(SupersedingAction.class::isInstance)
                .map(StepRun::allowed)
                .reduce(allowed(action), Duration::plus);
        this.inDoubtBefore = log.ask(history -> history.step(step.name()).mayHaveChanged());
    }

    /**
     * Does the step of that plan.
     *
     * @param doubted undid it, and has asked for something without an answer
     */
    static StepRun doing(PlannedStep step, BoundPlan plan, List<Action<?>> doubted, RunScope scope) {
        return new StepRun(step, plan, step.action(), doubted, false, scope);
    }

    /**
     * Undoes the step by that action.
     *
     * @param doubted did it, and has asked for something without an answer
     */
    static StepRun undoing(PlannedStep step, BoundPlan plan, Action<?> by, List<Action<?>> doubted, RunScope scope) {
        return new StepRun(step, plan, by, doubted, true, scope);
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
            supersede();
            done = ActionExecutor.on(scope.clockwork()).execute(action, this, this);
        } catch (Throwable t) {
            // An Error too: a step that ends unheard would leave the run waiting for ever.
            failure = t;
        } finally {
            scope.guard().ended(this);
            scope.signals().put(this);
        }
    }

    /**
     * First of all: what was found as it should be, or was put back, must stay so. Of an action that cannot do it the report warns.
     */
    private void supersede() throws InterruptedException {
        superseding = true;
        boolean all = !doubted.isEmpty();
        for (Action<?> one : doubted) {
            all &= one instanceof SupersedingAction<?> asked && madeVoid(asked);
        }
        superseded = all;
        superseding = false;
    }

    /** Whoever undoes goes on without it: what can be put back is, and the report warns of the rest. */
    private boolean madeVoid(SupersedingAction<?> asked) throws InterruptedException {
        try {
            ActionExecutor.on(scope.clockwork()).execute(new Superseding<>(asked), this, this);
            return true;
        } catch (DrException e) {
            if (!undo || endsTheRun(e)) {
                throw e;
            }
            // a touch in vain leaves no change in doubt
            applying = false;
            waiting("nothing more: what was asked for before could not be made void: " + say(e));
            return false;
        }
    }

    /** It is not about the resource: others have the run, or its journal cannot be written. */
    private static boolean endsTheRun(DrException e) {
        return e instanceof StaleEpochException
                || e.code().startsWith("journal.")
                || e.code().startsWith("run.");
    }

    /** Writes down and tells how it ended, and why it was stopped, if it was. */
    void settle(String stoppedBecause) {
        Throwable cause = failure;
        noteUnanswered();
        if (cause == null) {
            boolean changed = mayHaveChanged || inDoubtBefore;
            StepStatus status = undo ? StepStatus.UNDONE : changed ? StepStatus.DONE : StepStatus.ALREADY_SO;
            Map<String, String> how = !undo && applied ? Map.of("applied", "true") : unchanged(!undo && !changed);
            write(status, Objects.requireNonNull(done, "done").because(), how);
            return;
        }
        // Whoever was interrupted, or broke down, in the middle of a change cannot say whether it was made.
        boolean inDoubt = cause instanceof UnknownOutcomeException
                || ((cause instanceof InterruptedException || cause instanceof Error) && applying);
        String detail = (stoppedBecause.isEmpty() ? "" : "stopped " + stoppedBecause + ": ") + say(cause);
        if (undo) {
            write(StepStatus.UNDO_FAILED, detail, Map.of());
        } else {
            // What was not applied has changed nothing, nor has what the action refused as it was applied; both hold
            // only where
            // nothing before that is in doubt.
            boolean unchanged = !mayHaveChanged
                    && !inDoubtBefore
                    && (!applying || (cause instanceof BlockedException && !unanswered));
            write(inDoubt ? StepStatus.UNKNOWN : StepStatus.FAILED, detail, unchanged(unchanged));
        }
    }

    /** Writes down that it goes on unheard: it was told to stop and did not. */
    void giveUp(String stoppedBecause) {
        givenUp = true;
        write(
                undo ? StepStatus.UNDO_FAILED : StepStatus.UNKNOWN,
                "still going on, and does not heed being stopped " + stoppedBecause,
                Map.of("givenUpBy", scope.owner()));
    }

    /** Writes down that it has ended after it was given up. What it did, and how it ended, is to be observed. */
    void endedUnheard() {
        noteUnanswered();
        Map<String, String> details = new HashMap<>();
        details.put("began", began.toString());
        details.put("undo", Boolean.toString(undo));
        if (unanswered) {
            details.put("unanswered", "true");
        }
        log.writeEnd(step.name(), details);
    }

    void tellOverran() {
        log.tell(new RunEvent.StepOverran(log.now(), step.name(), allowed(), undo));
    }

    private void noteUnanswered() {
        unanswered |= failure != null && applying && !superseding && unanswered(failure);
    }

    /** Whether it leaves open that something which was asked for is still on its way; or something beside it does. */
    private static boolean unanswered(Throwable failure) {
        return !(failure instanceof DrException)
                || failure instanceof UnknownOutcomeException
                || failure instanceof DrTimeoutException
                || Stream.of(failure.getSuppressed()).anyMatch(StepRun::unanswered);
    }

    private static Map<String, String> unchanged(boolean unchanged) {
        return unchanged ? Map.of("unchanged", "true") : Map.of();
    }

    private void write(StepStatus status, String detail, Map<String, String> more) {
        Map<String, String> details = new HashMap<>(more);
        details.put("began", began.toString());
        details.put("status", status.name());
        details.put("detail", detail);
        if (unanswered) {
            details.put("unanswered", "true");
        }
        if (superseded) {
            details.put("superseded", "true");
        }
        log.write(undo ? Kind.UNDO_OUTCOME : Kind.OUTCOME, step.name(), details);
        Instant now = log.now();
        log.tell(new RunEvent.StepEnded(now, step.name(), status, detail, Duration.between(began, now), undo));
    }

    private static String say(Throwable failure) {
        if (failure instanceof DrException) {
            return Masked.message(failure);
        }
        return failure instanceof InterruptedException ? "interrupted" : Masked.text(failure.toString());
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

    /** What was given up, cancelled, or turned into a failover, in the meantime begins no further change. */
    private void requireWanted(RunHistory history) {
        requireHeard();
        if (history.mode() != plan.mode() || (!undo && history.cancelled().isPresent())) {
            throw new BlockedException(
                    "run.called-off",
                    Problem.expected("the " + plan.line() + " to be still wanted")
                            .found("that it was cancelled, or turned into a failover")
                            .remedy("see what was said to the run"));
        }
    }

    // ---- what the executor tells

    @Override
    public void assessed(Assessment assessment) {
        mayHaveChanged |= applying;
        if (applying && !superseding) {
            applied = !lost;
        }
        applying = false;
    }

    @Override
    public void applying(Assessment.Needed needed, int attempt) throws InterruptedException {
        requireHeard();
        scope.guard().beforeChange(plan.rules(), step, undo, this);
        log.write(
                undo ? Kind.UNDO_INTENT : Kind.INTENT,
                step.name(),
                Map.of("began", began.toString(), "changes", String.join("\n", needed.changes())),
                this::requireWanted);
        applying = true;
        lost = false;
        log.tell(new RunEvent.StepApplying(log.now(), step.name(), needed.changes(), attempt, undo));
    }

    @Override
    public void outcomeUnknown(RuntimeException failure) {
        mayHaveChanged = true;
        unanswered |= !superseding && unanswered(failure);
        lost = true;
        log.tell(new RunEvent.StepOutcomeUnknown(log.now(), step.name(), say(failure), undo));
    }

    @Override
    public void waiting(String forWhat) {
        String what = Masked.text(forWhat);
        if (!what.equals(waitingFor)) {
            waitingFor = what;
            log.tell(new RunEvent.StepWaiting(log.now(), step.name(), what, undo));
        }
    }

    // ---- what the action is given

    @Override
    public Clockwork clockwork() {
        return scope.clockwork();
    }

    @Override
    public Epoch epoch() {
        return scope.epoch();
    }

    @Override
    public String runId() {
        return scope.runId();
    }

    @Override
    public void progress(Progress progress) {
        log.tell(new RunEvent.StepProgressed(log.now(), step.name(), progress, undo));
    }

    @Override
    public void requireAuthority() {
        requireHeard();
        scope.authority().require();
    }

    @Override
    public void noWayBack() {
        mayHaveChanged = true;
    }

    @Override
    public void record(String key, String value) {
        log.write(Kind.FACT, step.name(), Map.of("key", key, "value", value), history -> requireHeard());
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
        log.write(Kind.LOSS, step.name(), RunHistory.details(loss), history -> requireHeard());
        log.tell(new RunEvent.LossStated(log.now(), step.name(), loss));
    }
}
