package io.drkit.postgres;

import io.drkit.core.replica.NodeAgent;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One PostgreSQL server, and how it is reached: by the controller over SQL, by the other server for replication, and through an
 * agent for what SQL cannot do.
 *
 * <pre>{@code
 * PostgresNode west = PostgresNode.named("west")
 *         .address("west-db.internal", 5432)
 *         .database("shop")
 *         .user("drkit")
 *         .password(secrets::databasePassword)
 *         .replication("west-db.internal", 5432, "replicator")
 *         .agent(agentOfWest)
 *         .build();
 * }</pre>
 *
 * <p>Immutable and thread-safe; holds no connection. A control connection is made for each use, to this one host, and never
 * taken from an application's pool. The password is asked for at each connection and kept nowhere.
 */
public final class PostgresNode {
    private final String name;
    private final String host;
    private final int port;
    private final String database;
    private final String user;
    private final Supplier<@Nullable String> password;
    private final Map<String, String> connectionOptions;
    private final String replicationHost;
    private final int replicationPort;
    private final String replicationUser;
    private final Map<String, String> replicationOptions;
    private final Optional<NodeAgent> agent;
    private final Duration connectTimeout;
    private final Duration socketTimeout;

    private PostgresNode(Builder builder, String host, String user) {
        name = builder.name;
        this.host = host;
        port = builder.port;
        database = builder.database;
        this.user = user;
        password = builder.password;
        connectionOptions = Map.copyOf(builder.connectionOptions);
        replicationHost = builder.replicationHost == null ? host : builder.replicationHost;
        replicationPort = builder.replicationHost == null ? port : builder.replicationPort;
        replicationUser = builder.replicationUser == null ? user : builder.replicationUser;
        replicationOptions = new LinkedHashMap<>(builder.replicationOptions);
        agent = Optional.ofNullable(builder.agent);
        connectTimeout = builder.connectTimeout;
        socketTimeout = builder.socketTimeout;
    }

    /** Begins a node; the name is what plans, reports and {@code application_name} show, for example {@code west}. */
    public static Builder named(String name) {
        return new Builder(name);
    }

    /** The server's name. */
    public String name() {
        return name;
    }

    String host() {
        return host;
    }

    int port() {
        return port;
    }

    String database() {
        return database;
    }

    String user() {
        return user;
    }

    @Nullable
    String password() {
        return password.get();
    }

    Map<String, String> connectionOptions() {
        return connectionOptions;
    }

    String replicationHost() {
        return replicationHost;
    }

    int replicationPort() {
        return replicationPort;
    }

    Optional<NodeAgent> agent() {
        return agent;
    }

    Duration connectTimeout() {
        return connectTimeout;
    }

    Duration socketTimeout() {
        return socketTimeout;
    }

    /** The {@code primary_conninfo} with which the server {@code standby} follows this one. */
    String conninfoFor(PostgresNode standby) {
        StringBuilder conninfo = new StringBuilder();
        conninfo.append("host=").append(quoted(replicationHost));
        conninfo.append(" port=").append(replicationPort);
        conninfo.append(" user=").append(quoted(replicationUser));
        conninfo.append(" application_name=").append(quoted(standby.name));
        replicationOptions.forEach(
                (key, value) -> conninfo.append(' ').append(key).append('=').append(quoted(value)));
        return conninfo.toString();
    }

    /** The slot through which this server follows another one, where slots are used. */
    String slot() {
        String text = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]", "_");
        return text.substring(0, Math.min(63, text.length()));
    }

    private static String quoted(String value) {
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    /** Name and address; never the password. */
    @Override
    public String toString() {
        return name + " (" + host + ":" + port + "/" + database + ")";
    }

    /** Builds a node. Not thread-safe. */
    public static final class Builder {
        private final String name;
        private @Nullable String host;
        private int port = 5432;
        private String database = "postgres";
        private @Nullable String user;
        private Supplier<@Nullable String> password = () -> null;
        private final Map<String, String> connectionOptions = new LinkedHashMap<>();
        private @Nullable String replicationHost;
        private int replicationPort;
        private @Nullable String replicationUser;
        private final Map<String, String> replicationOptions = new LinkedHashMap<>(Map.of("connect_timeout", "5"));
        private @Nullable NodeAgent agent;
        private Duration connectTimeout = Duration.ofSeconds(5);
        private Duration socketTimeout = Duration.ofSeconds(10);

        private Builder(String name) {
            this.name = text("name", name);
        }

        /** What the controller connects to: one host, never a list of them or a name that follows the primary. Required. */
        public Builder address(String host, int port) {
            this.host = oneHost(host);
            this.port = port(port);
            return this;
        }

        /** The database of control connections, and of the write probe's schema {@code drkit_probe}. Default {@code postgres}. */
        public Builder database(String database) {
            this.database = text("database", database);
            return this;
        }

        /** The role of control connections. Required. */
        public Builder user(String user) {
            this.user = text("user", user);
            return this;
        }

        /** Asked at every connection, so that a rotated secret is taken up; null for none. Default: none. */
        public Builder password(Supplier<@Nullable String> password) {
            this.password = Objects.requireNonNull(password, "password");
            return this;
        }

        /** A property of the JDBC driver for control connections, for example {@code sslmode} {@code verify-full}. */
        public Builder connectionOption(String property, String value) {
            String key = text("connection option", property);
            if (key.equals("user") || key.equals("password")) {
                throw new IllegalArgumentException(key + " is set with the method of that name");
            }
            connectionOptions.put(key, Objects.requireNonNull(value, "value"));
            return this;
        }

        /**
         * Where and as whom the other server finds this one for replication. It must be what the other server's
         * {@code primary_conninfo} says, as that is how it is recognised. Default: the controller's address and user.
         */
        public Builder replication(String host, int port, String user) {
            this.replicationHost = oneHost(host);
            this.replicationPort = port(port);
            this.replicationUser = text("replication user", user);
            return this;
        }

        /**
         * A parameter more for {@code primary_conninfo}, for example {@code sslmode} or {@code passfile}. A password is refused:
         * it would end in a file and in views; give the other server a {@code passfile} or a certificate.
         */
        public Builder replicationOption(String parameter, String value) {
            String key = text("replication option", parameter);
            if (!key.matches("[a-z_]+") || Set.of("host", "port", "user").contains(key)) {
                throw new IllegalArgumentException("Not a further conninfo parameter: " + key);
            }
            if (key.equals("password")) {
                throw new IllegalArgumentException(
                        "A replication password belongs into a passfile, not into a setting");
            }
            replicationOptions.put(key, Objects.requireNonNull(value, "value"));
            return this;
        }

        /** Stops and starts the server and edits its files. Default: none, and then it cannot be switched over from. */
        public Builder agent(NodeAgent agent) {
            this.agent = Objects.requireNonNull(agent, "agent");
            return this;
        }

        /** How long a connection may take, from 1 s, in whole seconds. Default 5 s. */
        public Builder connectTimeout(Duration time) {
            this.connectTimeout = seconds("connect timeout", time);
            return this;
        }

        /** How long one answer may take, from 1 s, in whole seconds. Default 10 s. Checkpoints are given longer. */
        public Builder socketTimeout(Duration time) {
            this.socketTimeout = seconds("socket timeout", time);
            return this;
        }

        /**
         * The node.
         *
         * @throws IllegalStateException when the address or the user is missing
         */
        public PostgresNode build() {
            String theHost = host;
            String theUser = user;
            if (theHost == null || theUser == null) {
                throw new IllegalStateException("The node " + name + " needs an address and a user");
            }
            return new PostgresNode(this, theHost, theUser);
        }

        private static String text(String what, String value) {
            if (value.isBlank()) {
                throw new IllegalArgumentException("The " + what + " is blank");
            }
            if (value.chars().anyMatch(c -> c < ' ')) {
                throw new IllegalArgumentException("The " + what + " holds a control character");
            }
            return value;
        }

        private static String oneHost(String host) {
            if (text("host", host).indexOf(',') >= 0) {
                throw new IllegalArgumentException("One host, not a list: " + host);
            }
            return host;
        }

        private static int port(int port) {
            if (port < 1 || port > 65535) {
                throw new IllegalArgumentException("A port is 1 to 65535, not " + port);
            }
            return port;
        }

        private static Duration seconds(String what, Duration time) {
            if (time.toSeconds() < 1 || time.toSeconds() > 3600 || !time.equals(Duration.ofSeconds(time.toSeconds()))) {
                throw new IllegalArgumentException("The " + what + " is 1 s to 1 h in whole seconds, not " + time);
            }
            return time;
        }
    }
}
