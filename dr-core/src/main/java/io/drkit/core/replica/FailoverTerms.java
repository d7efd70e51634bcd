package io.drkit.core.replica;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * On which terms a failover may promote. Without a waiver it takes a confirmed fence and a loss bound that is known and within
 * the accepted loss (default: any known bound).
 *
 * <pre>{@code
 * FailoverTerms.fencedBy(powerSwitch).acceptingLoss(Duration.ofMinutes(1))
 * FailoverTerms.fencedBy(powerSwitch).waivedBy(new LossWaiver("ann", "region lost, provider confirmed, call 4711"))
 * }</pre>
 *
 * @param fence how the old primary is fenced; it is tried even where a waiver stands
 * @param acceptedLoss the longest span of writes that may be lost without a waiver; empty: any known bound
 * @param waiver who accepted promoting without a confirmed fence or with an unknown or higher loss
 */
public record FailoverTerms(Optional<Fence> fence, Optional<Duration> acceptedLoss, Optional<LossWaiver> waiver) {
    public FailoverTerms {
        Objects.requireNonNull(fence, "fence");
        Objects.requireNonNull(acceptedLoss, "acceptedLoss");
        Objects.requireNonNull(waiver, "waiver");
        if (fence.isEmpty() && waiver.isEmpty()) {
            throw new IllegalArgumentException(
                    "A failover needs a fence, or a loss waiver that says who does without one");
        }
    }

    /** The fence must be confirmed. */
    public static FailoverTerms fencedBy(Fence fence) {
        return new FailoverTerms(Optional.of(fence), Optional.empty(), Optional.empty());
    }

    /** There is no fence at all, and somebody answers for it. */
    public static FailoverTerms unfenced(LossWaiver waiver) {
        return new FailoverTerms(Optional.empty(), Optional.empty(), Optional.of(waiver));
    }

    /** With a limit on the loss. */
    public FailoverTerms acceptingLoss(Duration limit) {
        return new FailoverTerms(fence, Optional.of(limit), waiver);
    }

    /** With somebody's word for what cannot be proven. It is recorded in the journal and in the report. */
    public FailoverTerms waivedBy(LossWaiver who) {
        return new FailoverTerms(fence, acceptedLoss, Optional.of(who));
    }
}
