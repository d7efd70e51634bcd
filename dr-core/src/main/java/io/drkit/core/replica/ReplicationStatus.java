package io.drkit.core.replica;

import java.util.Objects;

/**
 * A primary and its replica as they were seen.
 *
 * @param primary the side asked about as the primary
 * @param replica the side asked about as the replica
 * @param lag how far the replica is behind
 */
public record ReplicationStatus(NodeStatus primary, NodeStatus replica, Lag lag) {
    public ReplicationStatus {
        Objects.requireNonNull(primary, "primary");
        Objects.requireNonNull(replica, "replica");
        Objects.requireNonNull(lag, "lag");
    }

    /** One line for a person, for example {@code west primary (timeline 3), east replica streaming, lag 0 B}. */
    public String line() {
        return primary.line() + ", " + replica.line() + ", lag " + lag.line();
    }
}
