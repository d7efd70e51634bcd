package io.drkit.core.snapshot;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What a {@link SnapshotPolicy} says of a list of snapshots at one moment. Every snapshot of the list is in exactly one of the two
 * lists, once, oldest first.
 *
 * @param at the moment it was decided for
 * @param keep what stays, and why
 * @param drop what goes, and why
 * @param nextDue when the next snapshot is due; not after {@code at} when one is due now
 */
public record SnapshotDecision(Instant at, List<Verdict> keep, List<Verdict> drop, Instant nextDue) {
    public SnapshotDecision {
        Objects.requireNonNull(at, "at");
        keep = List.copyOf(keep);
        drop = List.copyOf(drop);
        Objects.requireNonNull(nextDue, "nextDue");
    }

    /** Whether a snapshot is due now. */
    public boolean due() {
        return !nextDue.isAfter(at);
    }

    /** The newest snapshot that can be restored from; one from the future is none. */
    public Optional<Snapshot> newestGood() {
        return newest(Set.of(Reason.YOUNG, Reason.FIRST_OF_PERIOD, Reason.NEWEST_GOOD));
    }

    /** The newest one that is still being made and not stuck. */
    public Optional<Snapshot> newestPending() {
        return newest(Set.of(Reason.PENDING));
    }

    private Optional<Snapshot> newest(Set<Reason> reasons) {
        for (int i = keep.size() - 1; i >= 0; i--) {
            if (reasons.contains(keep.get(i).reason())) {
                return Optional.of(keep.get(i).snapshot());
            }
        }
        return Optional.empty();
    }

    /** What is kept although something is wrong with it: somebody should look. */
    public List<Verdict> suspicious() {
        return keep.stream().filter(verdict -> verdict.reason().suspicious()).toList();
    }

    /**
     * What is decided of one snapshot.
     *
     * @param snapshot the snapshot, as it was listed
     * @param reason why, for code
     * @param because why, for people
     */
    public record Verdict(Snapshot snapshot, Reason reason, String because) {
        public Verdict {
            Objects.requireNonNull(snapshot, "snapshot");
            Objects.requireNonNull(reason, "reason");
            Objects.requireNonNull(because, "because");
        }
    }

    /** Why a snapshot is kept or dropped. */
    public enum Reason {
        /** Kept: good, and younger than the age up to which all are kept. */
        YOUNG,
        /** Kept: the first good one of its period, in a tier that is not over for it. */
        FIRST_OF_PERIOD,
        /** Kept: the newest good one, whatever its age. */
        NEWEST_GOOD,
        /** Kept: still being made. */
        PENDING,
        /** Kept, suspicious: still being made after a time in which it should have come to an end. */
        STUCK,
        /** Kept, suspicious: failed, and recently enough for somebody to look into it. */
        FAILED_LATELY,
        /** Kept, suspicious: failed long ago, but there is no good one. */
        FAILED_BUT_NO_GOOD_ONE,
        /** Kept, suspicious: dated in the future, so that one of the clocks is wrong. */
        IN_THE_FUTURE,
        /** Kept, suspicious: the store lists two different snapshots under one id. */
        CONTRADICTORY,
        /** Dropped: an earlier good one stands for its period. */
        NOT_FIRST_OF_PERIOD,
        /** Dropped: older than the last tier. */
        TOO_OLD,
        /** Dropped: failed long ago. */
        FAILED_LONG_AGO;

        /** Whether it is kept although something is wrong with it. */
        public boolean suspicious() {
            return switch (this) {
                case STUCK, FAILED_LATELY, FAILED_BUT_NO_GOOD_ONE, IN_THE_FUTURE, CONTRADICTORY -> true;
                default -> false;
            };
        }
    }
}
