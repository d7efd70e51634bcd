package io.drkit.testkit.postgres;

import io.drkit.core.DrTimeoutException;
import io.drkit.core.Problem;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.testkit.net.RelayMode;
import io.drkit.testkit.net.TcpRelay;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two real PostgreSQL servers with streaming replication from the first to the second, and the network between them in the test's
 * hand. No Docker, nothing installed: the programs come from a Maven artifact.
 *
 * <p>Two relays stand in front of each server, one for clients and one for the other server's replication, so that a partition
 * holds also after the two have changed roles. {@link #upstream} is what a server must be told in order to follow the other.
 * Replication is asynchronous and uses a slot named after the standby. What the methods do to the network they do to whatever is
 * connected; they ask no server anything. Thread-safe.
 *
 * <pre>{@code
 * try (PostgresPair pair = PostgresPair.builder().database("shop").start()) {
 *     pair.partition();
 *     write(pair.clientUrl(pair.first()));
 *     pair.kill9(pair.first());
 *     promote(pair.second());
 * }
 * }</pre>
 */
public final class PostgresPair implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PostgresPair.class);
    private static final Duration TICK = Duration.ofMillis(5);

    private final Clockwork clockwork;
    private final String database;
    private final Path directory;
    private final boolean ownsDirectory;
    private final List<PostgresServer> servers = new ArrayList<>();
    private final Map<PostgresServer, TcpRelay> clientRelays = new LinkedHashMap<>();
    private final Map<PostgresServer, TcpRelay> replicationRelays = new LinkedHashMap<>();

    private PostgresPair(Builder builder, Path directory, boolean ownsDirectory) {
        this.clockwork = builder.clockwork;
        this.database = builder.database;
        this.directory = directory;
        this.ownsDirectory = ownsDirectory;
    }

    /** A pair to be described. */
    public static Builder builder() {
        return new Builder();
    }

    /** The server that was the primary at the start. */
    public PostgresServer first() {
        return servers.get(0);
    }

    /** The server that was the standby at the start. */
    public PostgresServer second() {
        return servers.get(1);
    }

    /** Both, the first one first. */
    public List<PostgresServer> servers() {
        return List.copyOf(servers);
    }

    /** The other one of the two. */
    public PostgresServer other(PostgresServer server) {
        return require(server) == first() ? second() : first();
    }

    /** The database that was created at the start. */
    public String database() {
        return database;
    }

    /** How clients reach a server's database: through its relay, so that they can be cut off. */
    public String clientUrl(PostgresServer server) {
        return clientUrl(server, database);
    }

    /** How clients reach any database of a server. */
    public String clientUrl(PostgresServer server, String database) {
        TcpRelay relay = clients(server);
        return PostgresServer.jdbcUrl(relay.host(), relay.port(), database);
    }

    /** How to reach a server's database with nothing in between. */
    public String directUrl(PostgresServer server) {
        return require(server).jdbcUrl(database);
    }

    /** Where the other server must get its log from in order to follow this one: through the relay. */
    public Upstream upstream(PostgresServer server) {
        TcpRelay relay = replication(server);
        return new Upstream(
                relay.host(),
                relay.port(),
                PostgresServer.SUPERUSER,
                other(server).name());
    }

    /** The relay in front of a server through which clients come. */
    public TcpRelay clients(PostgresServer server) {
        return Objects.requireNonNull(clientRelays.get(require(server)));
    }

    /** The relay in front of a server through which the other one's replication comes. */
    public TcpRelay replication(PostgresServer server) {
        return Objects.requireNonNull(replicationRelays.get(require(server)));
    }

    /** Does this to the replication, whichever way it goes. */
    public void replication(RelayMode mode) {
        replicationRelays.values().forEach(relay -> relay.mode(mode));
    }

    /**
     * Cuts the servers off from each other: replication is reset and does not come back. A standby notices at once and tries again
     * every {@code wal_retrieve_retry_interval}, 5 seconds by default, also after {@link #heal}.
     */
    public void partition() {
        replication(RelayMode.refuse());
    }

    /** Replication passes, but each way this much later: a standby that lags. */
    public void lag(Duration by) {
        replication(RelayMode.delay(by));
    }

    /** Nothing of the replication passes any more and neither server is told; both notice after their own time-outs, if at all. */
    public void blackhole() {
        replication(RelayMode.blackhole());
    }

    /** Lets the replication pass again. */
    public void heal() {
        replication(RelayMode.pass());
    }

    /** Resets the clients' connections to a server, and new ones too. */
    public void cutClients(PostgresServer server) {
        clients(server).mode(RelayMode.refuse());
    }

    /** Lets clients reach a server again. */
    public void admitClients(PostgresServer server) {
        clients(server).mode(RelayMode.pass());
    }

    /** Ends a server as a power cut does. */
    public void kill9(PostgresServer server) throws IOException, InterruptedException {
        require(server).kill9();
    }

    /** Stops a server cleanly, if it runs, and starts it. */
    public void restart(PostgresServer server) throws IOException, InterruptedException {
        require(server).restart();
    }

    /** Makes a server a new standby of the other one, which must run: its data is thrown away and copied. Ends it if it runs. */
    public void rebuild(PostgresServer server) throws IOException, InterruptedException {
        require(server).kill9();
        server.cloneFrom(other(server), upstream(other(server)));
        server.start();
    }

    /** The servers that answer now and are not in recovery: more than one is a split brain. Asked directly. */
    public List<PostgresServer> writable() {
        List<PostgresServer> found = new ArrayList<>();
        for (PostgresServer server : servers) {
            try (Connection connection = server.connect("postgres");
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT pg_is_in_recovery()")) {
                rows.next();
                if (!rows.getBoolean(1)) {
                    found.add(server);
                }
            } catch (SQLException e) {
                log.debug("{} does not answer", server, e);
            }
        }
        return found;
    }

    /**
     * Waits until the other server streams from this one and has replayed all that this one had written when the call began.
     *
     * @throws DrTimeoutException when it has not within {@code time}
     */
    public void awaitCaughtUp(PostgresServer primary, Duration time) throws InterruptedException {
        String standby = other(primary).name();
        Deadline deadline = clockwork.deadline(time);
        String target = null;
        String found = "no answer";
        while (true) {
            try (Connection connection = primary.connect("postgres")) {
                if (target == null) {
                    target = text(connection, "SELECT pg_current_wal_flush_lsn()::text");
                }
                found = text(
                        connection,
                        "SELECT coalesce((SELECT CASE WHEN state = 'streaming' AND replay_lsn >= ?::pg_lsn THEN 'done'"
                                + " ELSE state || ', replayed ' || replay_lsn END FROM pg_stat_replication"
                                + " WHERE application_name = ? ORDER BY state = 'streaming' DESC LIMIT 1), 'not connected')",
                        target,
                        standby);
                if (found.equals("done")) {
                    return;
                }
            } catch (SQLException e) {
                found = Objects.requireNonNullElse(e.getMessage(), e.toString());
            }
            if (deadline.passed()) {
                throw new DrTimeoutException(
                        "testkit.postgres-not-caught-up",
                        Problem.expected(standby + " streaming from " + primary.name() + " and having replayed "
                                        + target)
                                .found(found + " after " + time)
                                .remedy("read " + other(primary).logFile() + ", heal the partition, or wait longer"));
            }
            clockwork.sleep(TICK);
        }
    }

    /** Ends both servers at once, resets all connections, and removes the directory unless one was given. Says no errors but logs them. */
    @Override
    public void close() {
        servers.forEach(PostgresServer::close);
        clientRelays.values().forEach(TcpRelay::close);
        replicationRelays.values().forEach(TcpRelay::close);
        if (ownsDirectory) {
            try {
                DirectoryTree.delete(directory);
            } catch (IOException e) {
                log.warn("{} could not be removed", directory, e);
            }
        }
    }

    private void begin(Builder builder) throws IOException, InterruptedException {
        for (String name : List.of(builder.firstName, builder.secondName)) {
            PostgresServer.Builder server =
                    PostgresServer.builder(name).clockwork(clockwork).directory(directory.resolve(name));
            builder.servers.accept(server);
            servers.add(server.build());
        }
        first().initialise();
        first().start();
        relaysFor(first());
        if (!database.equals("postgres")) {
            try (Connection connection = first().connect("postgres");
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE DATABASE " + database);
            } catch (SQLException e) {
                throw new IOException("The database " + database + " could not be created", e);
            }
        }
        second().cloneFrom(first(), upstream(first()));
        second().start();
        relaysFor(second());
        awaitCaughtUp(first(), Duration.ofSeconds(30));
    }

    private void relaysFor(PostgresServer server) throws IOException {
        InetSocketAddress address = new InetSocketAddress(server.host(), server.port());
        clientRelays.put(server, TcpRelay.to(clockwork, server.name() + "-clients", address));
        replicationRelays.put(server, TcpRelay.to(clockwork, server.name() + "-replication", address));
    }

    private PostgresServer require(PostgresServer server) {
        if (!servers.contains(server)) {
            throw new IllegalArgumentException(server + " is not of this pair");
        }
        return server;
    }

    private static String text(Connection connection, String query, String... values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            for (int i = 0; i < values.length; i++) {
                statement.setString(i + 1, values[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getString(1);
            }
        }
    }

    /** A pair to be described; see {@link PostgresPair#builder}. */
    public static final class Builder {
        private Clockwork clockwork = Clockwork.system();
        private String database = "postgres";
        private String firstName = "west";
        private String secondName = "east";
        private @Nullable Path directory;
        private Consumer<PostgresServer.Builder> servers = server -> {};

        private Builder() {}

        /** Time, randomness and threads; the machine's own by default. It must run on real time. */
        public Builder clockwork(Clockwork clockwork) {
            this.clockwork = Objects.requireNonNull(clockwork, "clockwork");
            return this;
        }

        /** The database to create; by default none is, and {@code postgres} is used. Lower-case letters, digits and underscores. */
        public Builder database(String database) {
            if (!database.matches("[a-z][a-z0-9_]{0,62}")) {
                throw new IllegalArgumentException("Not a name of a database: " + database);
            }
            this.database = database;
            return this;
        }

        /** What the two are called; {@code west} and {@code east} by default. */
        public Builder names(String first, String second) {
            if (first.equals(second)) {
                throw new IllegalArgumentException("Both servers would be called " + first);
            }
            this.firstName = Objects.requireNonNull(first, "first");
            this.secondName = Objects.requireNonNull(second, "second");
            return this;
        }

        /** An empty or new directory for data and logs, which stay there; by default a temporary one that closing removes. */
        public Builder directory(Path directory) {
            this.directory = Objects.requireNonNull(directory, "directory");
            return this;
        }

        /** What is to be set on both servers: settings, durability, times. The second takes over the first's configuration file. */
        public Builder servers(Consumer<PostgresServer.Builder> servers) {
            this.servers = this.servers.andThen(servers);
            return this;
        }

        /**
         * Creates and starts both and returns when the second one streams. Takes some seconds; the first time on a machine it also
         * unpacks the programs. When it fails, nothing is left running.
         */
        public PostgresPair start() throws IOException, InterruptedException {
            boolean own = directory == null;
            Path where = directory == null ? Files.createTempDirectory("drkit-pair-") : directory;
            if (own) {
                PostgresServer.restrict(where, "rwxr-xr-x");
            }
            PostgresPair pair = new PostgresPair(this, where, own);
            try {
                pair.begin(this);
                return pair;
            } catch (IOException | InterruptedException | RuntimeException e) {
                pair.close();
                throw e;
            }
        }
    }
}
