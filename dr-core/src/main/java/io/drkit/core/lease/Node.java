package io.drkit.core.lease;

import java.util.Objects;

/**
 * A process that may hold a lease.
 *
 * @param id unique among the nodes, and best the same after a restart; two processes that were given the same one by mistake do
 *     not both get a lease, as each claim bears a mark of its own
 * @param alias what people call it; may be empty
 * @param address where others reach it, for whoever is to be sent to the leader; may be empty, never a secret
 */
public record Node(String id, String alias, String address) {
    public Node {
        if (id.isBlank()) {
            throw new IllegalArgumentException("A node has an id");
        }
        Objects.requireNonNull(alias, "alias");
        Objects.requireNonNull(address, "address");
    }

    /** A node with neither alias nor address. */
    public static Node named(String id) {
        return new Node(id, "", "");
    }

    @Override
    public String toString() {
        return alias.isEmpty() ? id : alias + " (" + id + ")";
    }
}
