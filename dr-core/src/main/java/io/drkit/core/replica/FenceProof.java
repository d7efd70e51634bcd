package io.drkit.core.replica;

import java.util.Objects;

/** What a {@link Fence} could establish. */
public sealed interface FenceProof {
    /**
     * The old primary can take no more writes.
     *
     * @param evidence how that is known
     */
    record Confirmed(String evidence) implements FenceProof {
        public Confirmed {
            Objects.requireNonNull(evidence, "evidence");
        }
    }

    /**
     * It is known to be still able to take writes.
     *
     * @param why what failed
     */
    record Refused(String why) implements FenceProof {
        public Refused {
            Objects.requireNonNull(why, "why");
        }
    }

    /**
     * Nobody knows: it counts as not fenced.
     *
     * @param why what could not be asked
     */
    record Unknown(String why) implements FenceProof {
        public Unknown {
            Objects.requireNonNull(why, "why");
        }
    }
}
