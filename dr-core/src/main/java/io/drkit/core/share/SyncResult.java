package io.drkit.core.share;

import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a synchronisation or a verification ended. There is no "completed": whatever was skipped shows in the state.
 *
 * @param state the verdict
 * @param asOf the moment whose source the target has: when the run began, or the moment that a snapshot shows. For people: no
 *     decision rests on it.
 * @param took how long it took
 * @param totals how much was done; for a verification, how much differs
 * @param guard what the guard said about removals
 * @param findings everything a person should know, path by path
 */
public record SyncResult(
        State state, Instant asOf, Duration took, SyncTotals totals, DeleteGuard.Verdict guard, SyncFindings findings) {
    /** The verdicts. */
    public enum State {
        /** The target is as the options want it. */
        CONSISTENT,
        /** So it is, except for the paths that the findings name. */
        CONSISTENT_EXCEPT,
        /** Something could not be looked at or not be done: nobody can say what the target lacks. */
        INCOMPLETE
    }

    public SyncResult {
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(asOf, "asOf");
        Objects.requireNonNull(took, "took");
        Objects.requireNonNull(totals, "totals");
        Objects.requireNonNull(guard, "guard");
        Objects.requireNonNull(findings, "findings");
    }

    static State stateOf(SyncFindings findings) {
        if (findings.incomplete()) {
            return State.INCOMPLETE;
        }
        return findings.none() ? State.CONSISTENT : State.CONSISTENT_EXCEPT;
    }

    /** The files that changed during every attempt; the target has an older copy of them, or none. */
    public List<SyncFinding> stale() {
        return findings.of(SyncFinding.Kind.STALE);
    }

    /** The directories that could not be listed to their end. */
    public List<TreePath> incompleteDirectories() {
        return findings.paths(SyncFinding.Kind.INCOMPLETE_DIRECTORY);
    }

    /**
     * The moment up to which the target has what the source had: {@link #asOf}, or earlier by what the stale files lack. Empty when
     * nobody can tell: the run or the verification was incomplete or found a difference, or a stale file has no copy at all, or
     * there are more of them than are listed. What was left out by choice, or kept as it is newer in the target, does not count.
     */
    public Optional<Instant> proven() {
        List<SyncFinding> stale = stale();
        boolean tellable = state != State.INCOMPLETE
                && findings.count(SyncFinding.Kind.DIFFERENT, SyncFinding.Kind.MISSING) == 0
                && stale.size() == findings.count(SyncFinding.Kind.STALE)
                && stale.stream().allMatch(finding -> finding.behind().isPresent());
        if (!tellable) {
            return Optional.empty();
        }
        return Optional.of(asOf.minus(stale.stream()
                .map(finding -> finding.behind().orElseThrow())
                .max(Duration::compareTo)
                .orElse(Duration.ZERO)));
    }

    /** How old the target's state is at {@code now}, the recovery point that this run bought; empty as {@link #proven}. */
    public Optional<Duration> staleness(Instant now) {
        return proven().map(moment -> Duration.between(moment, now));
    }

    /**
     * This result, unless it is {@link State#INCOMPLETE}.
     *
     * @throws UnknownOutcomeException naming the first thing that was not done
     */
    public SyncResult orThrow() {
        if (state == State.INCOMPLETE) {
            throw new UnknownOutcomeException(
                    "share.incomplete",
                    Problem.expected("every file to be looked at and brought over")
                            .found(findings.line())
                            .remedy("see to what stands in the way and synchronise again; what was done stays"));
        }
        return this;
    }

    /** For a person, in one line. */
    public String line() {
        return state + " as of " + asOf + ": " + totals.line() + (findings.none() ? "" : "; " + findings.line());
    }
}
