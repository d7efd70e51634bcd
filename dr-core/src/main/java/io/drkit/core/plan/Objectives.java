package io.drkit.core.plan;

import java.time.Duration;
import java.util.Objects;

/**
 * What a recovery is held to.
 *
 * @param rpo recovery point objective: the longest span of changes that may be lost; zero or more
 * @param rto recovery time objective: the longest time until service is back; more than zero
 */
public record Objectives(Duration rpo, Duration rto) {
    public Objectives {
        Objects.requireNonNull(rpo, "rpo");
        Objects.requireNonNull(rto, "rto");
        if (rpo.isNegative()) {
            throw new IllegalArgumentException("The RPO is zero or more, not " + rpo);
        }
        if (rto.isNegative() || rto.isZero()) {
            throw new IllegalArgumentException("The RTO is more than zero, not " + rto);
        }
    }
}
