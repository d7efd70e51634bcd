package io.drkit.core.replica;

import java.util.Objects;
import java.util.OptionalLong;

/**
 * One database server as it was seen.
 *
 * @param name the server's name
 * @param role what it is
 * @param timeline its timeline; empty when not known
 * @param position its position in the log, in the database's own notation; empty when not known
 * @param receiving whether a replica is receiving from a primary at this moment; false when not known
 * @param detail what more is known, such as why it cannot be reached; may be empty
 */
public record NodeStatus(
        String name, Role role, OptionalLong timeline, String position, boolean receiving, String detail) {
    /** What a server is. */
    public enum Role {
        /** It accepts writes. */
        PRIMARY,
        /** It replays a primary's log and accepts no writes. */
        REPLICA,
        /** It answers nobody, and its control state or its process says that it is stopped. */
        STOPPED,
        /** It could not be asked: it may be anything, a writable primary included. */
        UNKNOWN
    }

    public NodeStatus {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(timeline, "timeline");
        Objects.requireNonNull(position, "position");
        Objects.requireNonNull(detail, "detail");
    }

    /** One phrase for a person. */
    public String line() {
        StringBuilder line =
                new StringBuilder(name).append(' ').append(role.name().toLowerCase(java.util.Locale.ROOT));
        if (role == Role.REPLICA) {
            line.append(receiving ? " streaming" : " not streaming");
        }
        timeline.ifPresent(t -> line.append(" (timeline ").append(t).append(')'));
        if (role == Role.UNKNOWN && !detail.isEmpty()) {
            line.append(" (").append(detail).append(')');
        }
        return line.toString();
    }
}
