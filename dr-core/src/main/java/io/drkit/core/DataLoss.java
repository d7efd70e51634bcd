package io.drkit.core;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How much data a failover or a sync gives up: as a bound before the fact, or as what was found after it. What is not known is
 * absent, and absent is never read as nothing.
 *
 * @param subject what may be lost, for example {@code database shop}
 * @param stage whether this is the bound stated before, or what was achieved
 * @param time the span whose changes are lost at most; absent when unknown
 * @param bytes the lost bytes at most; absent when unknown
 * @param basis what the figures rest on
 * @param evidence how they are known, in words, for example {@code flush position sampled 0.2 s before the fence}
 */
public record DataLoss(
        String subject, Stage stage, Optional<Duration> time, OptionalLong bytes, Basis basis, String evidence) {
    /** When the figure was computed. */
    public enum Stage {
        /** Before the point of no return: what accepting it may cost at most. */
        BOUND,
        /** Afterwards: what it did cost at most. */
        ACHIEVED
    }

    /** What the figures rest on, from the firmest to nothing at all. A closed set, for whoever accepts or refuses a loss by rule. */
    public enum Basis {
        /** What one side has was compared with what the other side has, so that the figures hold whatever any clock says. */
        COMPARED,
        /** How far the lost side had come was sampled while it lived: what it took on since the newest sample that arrived may be lost. */
        SAMPLED,
        /** Only when something last came over is known: whatever was changed since may be lost. */
        TIMED,
        /** Nobody knows, and there are no figures. */
        UNKNOWN
    }

    /**
     * Checks it.
     *
     * @throws IllegalArgumentException when there are figures and their basis is unknown, or none and it is said to be known
     */
    public DataLoss {
        Objects.requireNonNull(subject, "subject");
        Objects.requireNonNull(stage, "stage");
        Objects.requireNonNull(time, "time");
        Objects.requireNonNull(bytes, "bytes");
        Objects.requireNonNull(basis, "basis");
        Objects.requireNonNull(evidence, "evidence");
        if ((basis == Basis.UNKNOWN) != (time.isEmpty() && bytes.isEmpty())) {
            throw new IllegalArgumentException("A loss has no figures where its basis is unknown, and only there: "
                    + basis + ", " + time + ", " + bytes);
        }
    }

    /** Nothing was lost: both sides were compared, and {@code evidence} says how. */
    public static DataLoss none(String subject, String evidence) {
        return new DataLoss(
                subject, Stage.ACHIEVED, Optional.of(Duration.ZERO), OptionalLong.of(0), Basis.COMPARED, evidence);
    }

    /** Nobody knows, and {@code evidence} says why. */
    public static DataLoss unknown(String subject, Stage stage, String evidence) {
        return new DataLoss(subject, stage, Optional.empty(), OptionalLong.empty(), Basis.UNKNOWN, evidence);
    }
}
