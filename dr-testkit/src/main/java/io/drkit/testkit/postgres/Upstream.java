package io.drkit.testkit.postgres;

import java.util.Objects;

/**
 * Where a standby gets its log from.
 *
 * @param host the host to connect to
 * @param port the port to connect to
 * @param user the role to connect as
 * @param slot the replication slot that the standby uses
 */
public record Upstream(String host, int port, String user, String slot) {
    public Upstream {
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(user, "user");
        Objects.requireNonNull(slot, "slot");
    }

    /**
     * The value of {@code primary_conninfo}.
     *
     * @param standby the name under which the standby shows itself
     */
    public String conninfo(String standby) {
        return "host=" + host + " port=" + port + " user=" + user + " application_name=" + standby;
    }
}
