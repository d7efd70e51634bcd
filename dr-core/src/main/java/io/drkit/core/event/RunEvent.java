package io.drkit.core.event;

import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.action.Progress;
import io.drkit.core.journal.Instruction;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What a run tells its listeners, in the order in which it happened. {@code undo} marks what belongs to undoing a step. */
public sealed interface RunEvent {
    /** When it happened, on the run's own clock, which never goes back within one process. */
    Instant at();

    /**
     * The run begins, or goes on in this process.
     *
     * @param line for example {@code switchover west → east}
     * @param steps the names of its steps, in an order in which they can run
     * @param resumed whether another process began it
     */
    record RunBegan(
            Instant at, String plan, String line, String runId, Epoch epoch, List<String> steps, boolean resumed)
            implements RunEvent {
        public RunBegan {
            steps = List.copyOf(steps);
        }
    }

    /** A step begins. */
    record StepBegan(Instant at, String step, String description, boolean undo) implements RunEvent {}

    /** A step's change is about to be applied; its intent is durable. Attempts count from 1. */
    record StepApplying(Instant at, String step, List<String> changes, int attempt, boolean undo) implements RunEvent {
        public StepApplying {
            changes = List.copyOf(changes);
        }
    }

    /** A step has nothing to do at the moment but to wait. Told when what it waits for changes. */
    record StepWaiting(Instant at, String step, String waitingFor, boolean undo) implements RunEvent {}

    /** How far long work has come. */
    record StepProgressed(Instant at, String step, Progress progress, boolean undo) implements RunEvent {}

    /** An answer was lost: the step will observe again. */
    record StepOutcomeUnknown(Instant at, String step, String why, boolean undo) implements RunEvent {}

    /** A step has overrun its time and was asked to stop. */
    record StepOverran(Instant at, String step, Duration allowed, boolean undo) implements RunEvent {}

    /** A step ended. */
    record StepEnded(Instant at, String step, StepStatus status, String detail, Duration took, boolean undo)
            implements RunEvent {}

    /** A step recorded a fact. */
    record FactRecorded(Instant at, String step, String key, String value) implements RunEvent {}

    /** A step stated how much data may be, or was, lost. */
    record LossStated(Instant at, String step, DataLoss loss) implements RunEvent {}

    /** A failure before the point of no return: what was done is being put back. */
    record UndoBegan(Instant at, String reason) implements RunEvent {}

    /**
     * A person told the run something.
     *
     * @param refused why it is not done; empty when it is
     */
    record Instructed(Instant at, Instruction instruction, Optional<String> refused) implements RunEvent {}

    /**
     * One word that was left for the run is damaged, or of a newer version: it is not obeyed, and the others are heard.
     *
     * @param where where it lies
     */
    record WordUnreadable(Instant at, String where, String why) implements RunEvent {}

    /** What people left for the run cannot be read at the moment, by damage to the store say: it goes on, and obeys nobody. */
    record WordsUnreadable(Instant at, String why) implements RunEvent {}

    /**
     * The run waits for a person's word.
     *
     * @param what for what: to approve, to say what to do about a failed step, or to end a pause
     * @param step the step that it holds up; empty for a pause, which holds up all that has not begun
     * @param name the approval's name; else empty
     * @param role the role that is asked; empty when anybody's word will do
     * @param timeout how long it waits; zero for a pause, which nothing else ends
     */
    record WordAwaited(Instant at, RunReport.Wait.For what, String step, String name, String role, Duration timeout)
            implements RunEvent {}

    /** Nobody answered in time. */
    record WordLapsed(Instant at, RunReport.Wait.For what, String step, String name) implements RunEvent {}

    /**
     * The switchover goes on as a failover.
     *
     * @param line for example {@code failover west → east}
     * @param steps the names of the failover's steps, in an order in which they can run
     */
    record FailedOver(Instant at, String line, List<String> steps) implements RunEvent {
        public FailedOver {
            steps = List.copyOf(steps);
        }
    }

    /** This process does not run the run that is told: it watches another one do it. Told before anything else. */
    record Attached(Instant at, String runId) implements RunEvent {}

    /**
     * The process that runs what this one watches has written nothing for a while: a long step may be at work, or the process may
     * hang. Whoever knows that it is dead or cut off may take the run over.
     */
    record OwnerSilent(Instant at, String runId, Duration silent) implements RunEvent {}

    /**
     * This process works on the run no more, or watches it no more, and has seen no end of it: the run was taken over, its lease or its
     * journal was lost, or the process was told to stop. How the run stands is for whoever resumes it to observe. Nothing more
     * comes.
     *
     * @param why for people
     */
    record RunBrokeOff(Instant at, String why) implements RunEvent {}

    /** The run ended; nothing more comes. */
    record RunEnded(Instant at, RunReport report) implements RunEvent {}
}
