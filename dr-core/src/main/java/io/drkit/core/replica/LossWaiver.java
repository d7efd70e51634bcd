package io.drkit.core.replica;

import java.util.Objects;

/**
 * A person's word that losing data, or a second writable primary, is accepted. Always recorded.
 *
 * @param who the person, not a system account
 * @param reason why, for whoever reads the report
 */
public record LossWaiver(String who, String reason) {
    public LossWaiver {
        Objects.requireNonNull(who, "who");
        Objects.requireNonNull(reason, "reason");
        if (who.isBlank() || reason.isBlank()) {
            throw new IllegalArgumentException("A loss waiver names a person and a reason");
        }
    }
}
