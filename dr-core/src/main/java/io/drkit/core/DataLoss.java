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
 * @param basis how the figures are known, in words, for example {@code flush position sampled 0.2 s before the fence}
 */
public record DataLoss(String subject, Stage stage, Optional<Duration> time, OptionalLong bytes, String basis) {
    /** When the figure was computed. */
    public enum Stage {
        /** Before the point of no return: what accepting it may cost at most. */
        BOUND,
        /** Afterwards: what it did cost at most. */
        ACHIEVED
    }

    public DataLoss {
        Objects.requireNonNull(subject, "subject");
        Objects.requireNonNull(stage, "stage");
        Objects.requireNonNull(time, "time");
        Objects.requireNonNull(bytes, "bytes");
        Objects.requireNonNull(basis, "basis");
    }

    /** Nothing was lost, and {@code basis} says how that is known. */
    public static DataLoss none(String subject, String basis) {
        return new DataLoss(subject, Stage.ACHIEVED, Optional.of(Duration.ZERO), OptionalLong.of(0), basis);
    }

    /** Nobody knows, and {@code basis} says why. */
    public static DataLoss unknown(String subject, Stage stage, String basis) {
        return new DataLoss(subject, stage, Optional.empty(), OptionalLong.empty(), basis);
    }
}
