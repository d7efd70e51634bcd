package io.drkit.core.report;

import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.journal.Instruction;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.Objectives;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What a run did, from its first process to its last. Immutable.
 *
 * @param plan the plan's name
 * @param planHash the hash of the plan as it was run, sites and mode included
 * @param runId the run
 * @param epoch the run's last epoch
 * @param mode switchover or failover
 * @param from the site that was left
 * @param to the site that was made active
 * @param outcome how it ended
 * @param reason why it did not succeed; empty when it did
 * @param outageBegan when service was lost, as far as the caller said
 * @param detectedAt when that was noticed, as far as the caller said
 * @param began when the run began
 * @param ended when it ended
 * @param resumptions how often another process went on with it
 * @param objectives what it is held to
 * @param losses what was said about lost data, in order, each with its step
 * @param steps every step of the plan, in an order in which they can run; for a run that was turned into a failover, those of the
 *     failover and those that the switchover had begun
 * @param told what people told the run, in order
 * @param waits when the run waited for people, in order
 * @param warnings what is not settled, however the run ended, each with what to do: a step that was given up, or was at work when
 *     its process was taken over, and that nobody has seen end. Empty as a rule
 */
public record RunReport(
        String plan,
        String planHash,
        String runId,
        Epoch epoch,
        Mode mode,
        String from,
        String to,
        RunOutcome outcome,
        Optional<String> reason,
        Optional<Instant> outageBegan,
        Optional<Instant> detectedAt,
        Instant began,
        Instant ended,
        int resumptions,
        Objectives objectives,
        List<StatedLoss> losses,
        List<StepReport> steps,
        List<Told> told,
        List<Wait> waits,
        List<String> warnings) {
    /**
     * A loss and the step that stated it.
     *
     * @param step the step's name
     * @param loss what it stated
     */
    public record StatedLoss(String step, DataLoss loss) {}

    /**
     * What a person told the run.
     *
     * @param instruction who said what, in which role, why and when
     * @param at when the run took it, or refused it
     * @param refused why it was refused; empty when it was taken
     */
    public record Told(Instruction instruction, Instant at, Optional<String> refused) {
        public Told {
            Objects.requireNonNull(instruction, "instruction");
            Objects.requireNonNull(at, "at");
            Objects.requireNonNull(refused, "refused");
        }
    }

    /**
     * A time in which the run waited for a person.
     *
     * @param what for what
     * @param step the step that it held up; empty for a pause
     * @param name the approval's name; else empty
     * @param began since when
     * @param ended until when; empty when nobody ever answered
     */
    public record Wait(For what, String step, String name, Instant began, Optional<Instant> ended) {
        /** What a run waits for. */
        public enum For {
            /** A step's approval. */
            APPROVAL,
            /** What to do about a step that failed. */
            DECISION,
            /** The end of a pause. */
            CONTINUATION
        }

        public Wait {
            Objects.requireNonNull(what, "what");
            Objects.requireNonNull(step, "step");
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(began, "began");
            Objects.requireNonNull(ended, "ended");
        }
    }

    public RunReport {
        Objects.requireNonNull(outcome, "outcome");
        losses = List.copyOf(losses);
        steps = List.copyOf(steps);
        told = List.copyOf(told);
        waits = List.copyOf(waits);
        warnings = List.copyOf(warnings);
    }

    /** A run that nobody told anything, that waited for nobody, and that left nothing unsettled. */
    public RunReport(
            String plan,
            String planHash,
            String runId,
            Epoch epoch,
            Mode mode,
            String from,
            String to,
            RunOutcome outcome,
            Optional<String> reason,
            Optional<Instant> outageBegan,
            Optional<Instant> detectedAt,
            Instant began,
            Instant ended,
            int resumptions,
            Objectives objectives,
            List<StatedLoss> losses,
            List<StepReport> steps) {
        this(
                plan,
                planHash,
                runId,
                epoch,
                mode,
                from,
                to,
                outcome,
                reason,
                outageBegan,
                detectedAt,
                began,
                ended,
                resumptions,
                objectives,
                losses,
                steps,
                List.of(),
                List.of(),
                List.of());
    }

    /** Whether the switch is done: every step that no person skipped by name is done, and was seen to be done. */
    public boolean succeeded() {
        return outcome == RunOutcome.SUCCEEDED;
    }

    /**
     * Answers this report, for callers to whom anything but success is an error.
     *
     * @throws BlockedException with the code {@code run.not-succeeded} and the reason when the switch is not done
     */
    public RunReport requireSucceeded() {
        if (!succeeded()) {
            throw new BlockedException(
                    "run.not-succeeded",
                    Problem.expected("the " + mode + " " + from + " → " + to + " of " + plan + " to succeed")
                            .found(outcome
                                    + reason.map(why -> ", because: " + why).orElse(""))
                            .remedy("see its report; "
                                    + (outcome == RunOutcome.UNDONE
                                            ? "mend the cause, and run it again"
                                            : "mend the cause, and resume it")));
        }
        return this;
    }

    /**
     * When the steps that restore service were all done; the end of the run when no step is marked so. Empty when it is not back,
     * and for a run that was put back, wholly or in part: the switch did not restore it.
     */
    public Optional<Instant> serviceRestored() {
        if (outcome == RunOutcome.UNDONE || outcome == RunOutcome.UNDO_INCOMPLETE) {
            return Optional.empty();
        }
        List<StepReport> restoring =
                steps.stream().filter(StepReport::restoresService).toList();
        if (restoring.isEmpty()) {
            return succeeded() ? Optional.of(ended) : Optional.empty();
        }
        boolean all = restoring.stream()
                .allMatch(step -> step.status() == StepStatus.DONE || step.status() == StepStatus.ALREADY_SO);
        return all
                ? restoring.stream().flatMap(step -> step.ended().stream()).max(Instant::compareTo)
                : Optional.empty();
    }

    /** From the outage, or from the run's begin where that is not known, until service was back. Empty when it is not back. */
    public Optional<Duration> achievedRto() {
        return serviceRestored().map(back -> Duration.between(outageBegan.orElse(began), back));
    }

    /**
     * Whether {@link #achievedRto()} is only the least that it was: in a failover of which nobody said when the outage began, it
     * counts from the run's begin.
     */
    public boolean rtoAtLeast() {
        return mode == Mode.FAILOVER && outageBegan.isEmpty();
    }

    /**
     * The longest span of changes that may have been lost, over everything that was stated: what was achieved where a step said
     * so, else its bound. Empty when nothing was stated, or when a step stated that it does not know.
     */
    public Optional<Duration> achievedRpo() {
        List<DataLoss> counted = countedLosses().stream().map(StatedLoss::loss).toList();
        if (counted.isEmpty() || counted.stream().anyMatch(loss -> loss.time().isEmpty())) {
            return Optional.empty();
        }
        return counted.stream().flatMap(loss -> loss.time().stream()).max(Duration::compareTo);
    }

    /** Whether both objectives are known to be met: see {@link Verdict}. Unknown is not met. */
    public boolean objectivesMet() {
        return Verdict.rto(this) == Verdict.MET && Verdict.rpo(this) == Verdict.MET;
    }

    /** The losses that count: of each subject what was achieved where a step said so, else its bound, which then is the loss. */
    public List<StatedLoss> countedLosses() {
        return losses.stream()
                .filter(stated -> stated.loss().stage() == DataLoss.Stage.ACHIEVED
                        || !achieved(stated.loss().subject()))
                .toList();
    }

    private boolean achieved(String subject) {
        return losses.stream()
                .map(StatedLoss::loss)
                .anyMatch(loss -> loss.stage() == DataLoss.Stage.ACHIEVED
                        && loss.subject().equals(subject));
    }
}
