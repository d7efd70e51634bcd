package io.drkit.core.journal;

import java.time.Instant;
import java.util.Objects;

/**
 * What an operator tells a run.
 *
 * @param id unique; whoever posts the same one twice has posted it once
 * @param kind what is asked for
 * @param subject the step, the approval or the safety rule it is about; empty when it is about the run
 * @param who the person who answers for it
 * @param role the role in which they say it; may be empty
 * @param reason why, for whoever reads the journal
 * @param at when, for people
 * @param run the id of the run that it is meant for, which no other obeys; empty when any may, or where that needs not be told
 */
public record Instruction(
        String id, Kind kind, String subject, String who, String role, String reason, Instant at, String run) {
    /** What may be asked for. */
    public enum Kind {
        /** Let the approval named by the subject pass. */
        APPROVE,
        /** Let the approval named by the subject fail. */
        REJECT,
        /** Begin no further step. */
        PAUSE,
        /** Go on after a pause. */
        CONTINUE,
        /** Go on without the step, as if it were done. */
        SKIP,
        /** Try the failed step once more. */
        RETRY,
        /** Stop, and put back what was done where that is still possible. */
        CANCEL,
        /** Ignore the safety rule named by the subject, and no other, in this run. */
        OVERRIDE,
        /** Turn the switchover into a failover. */
        FAIL_OVER,
        /** Not to be posted: a report names so what a process did that took the run over. */
        TAKE_OVER,
        /** Not to be posted: a report names so that a run began, or went on, above the epoch in the subject. */
        BEGIN_ABOVE
    }

    public Instruction {
        if (id.isBlank()) {
            throw new IllegalArgumentException("An instruction has an id");
        }
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(subject, "subject");
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(at, "at");
        Objects.requireNonNull(run, "run");
        if (who.isBlank() || reason.isBlank()) {
            throw new IllegalArgumentException("An instruction names a person and a reason");
        }
    }

    /** One for whichever run hears it. */
    public Instruction(String id, Kind kind, String subject, String who, String role, String reason, Instant at) {
        this(id, kind, subject, who, role, reason, at, "");
    }
}
