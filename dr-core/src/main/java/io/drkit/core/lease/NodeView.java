package io.drkit.core.lease;

import java.util.Objects;

/**
 * A node as another one sees it.
 *
 * @param node its id, alias and address
 * @param mode what it said last that it does; while it is not {@link Presence#FRESH} that may have changed
 * @param health what it said last of its health, in the application's own words; empty when it said nothing
 * @param presence whether it is there
 */
public record NodeView(Node node, Mode mode, String health, Presence presence) {
    public NodeView {
        Objects.requireNonNull(node, "node");
        Objects.requireNonNull(mode, "mode");
        Objects.requireNonNull(health, "health");
        Objects.requireNonNull(presence, "presence");
    }

    /** What a node does. */
    public enum Mode {
        /** It holds the lease, and its listener leads or is about to stop. */
        LEADER,
        /** It takes the lease when that becomes free. */
        CANDIDATE,
        /** It takes the lease only if it is handed over to it, or its listener has not stopped yet since it led last. */
        STANDBY,
        /** It was closed. */
        LEFT,
        /** It says something that this version does not know. */
        UNKNOWN
    }
}
