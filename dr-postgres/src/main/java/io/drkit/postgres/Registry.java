package io.drkit.postgres;

import io.drkit.core.BlockedException;
import io.drkit.core.DeniedException;
import io.drkit.core.DrException;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.readiness.Check;
import io.drkit.core.readiness.Finding;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/**
 * A schema of DRKit's own in some database: journals and leases. Its name is an identifier, so that it can stand in a statement.
 *
 * @param confirm what a person does after a failover of the server, once it is known which server counts: the call, with its class
 */
record Registry(PostgresNode node, String schema, String subject, String confirm) {
    static final String UNIQUE_VIOLATION = "23505";

    /** Where the rows were written; {@code floor} lies above every epoch that may have been given and forgotten. */
    private static final String SERVER = """
            CREATE TABLE IF NOT EXISTS SCHEMA.server (
                id smallint PRIMARY KEY CHECK (id = 1),
                system_id bigint NOT NULL,
                timeline bigint NOT NULL,
                floor bigint NOT NULL DEFAULT 0,
                confirmed_by text NOT NULL DEFAULT '',
                reason text NOT NULL DEFAULT '');
            """;

    private static final String HERE = "(SELECT (SELECT system_identifier FROM pg_control_system()) AS system_id,"
            + " ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint AS timeline) AS here";

    private static final long LEAP = 1_000_000;

    private static final int IDLE_TIMEOUT_SINCE = 14;

    Registry {
        if (!schema.matches("[a-z_][a-z0-9_]{0,62}")) {
            throw new IllegalArgumentException(
                    "A schema's name is lower-case letters, digits and underscores, at most 63, not '" + schema + "'");
        }
    }

    /** What is done with a connection. */
    interface Work<T> {
        T with(Connection connection) throws SQLException;
    }

    /**
     * Connects. What a commit says is durable whatever the server's defaults are, and a client whose machine vanished is noticed by
     * the server within half a minute, so that its locks do not outlive it for hours. A session that is idle, as it is while a run
     * waits for an approval, is not ended by the server. A statement that takes too long is ended there a little before this side
     * gives up, so that it is known not to have been done.
     */
    Connection connect() {
        try {
            Connection connection = Session.connect(node);
            try (Statement statement = connection.createStatement()) {
                long limit = node.socketTimeout().toMillis();
                statement.execute("SET synchronous_commit = on; SET tcp_keepalives_idle = 10;"
                        + " SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET lock_timeout = "
                        + limit * 8 / 10 + "; SET statement_timeout = " + limit * 9 / 10);
                if (connection.getMetaData().getDatabaseMajorVersion() >= IDLE_TIMEOUT_SINCE) {
                    statement.execute("SET idle_session_timeout = 0");
                }
                return connection;
            } catch (SQLException e) {
                close(connection, e);
                throw e;
            }
        } catch (SQLException e) {
            throw unreachable(e);
        }
    }

    /** Reads over a connection of its own. */
    <T> T read(Work<T> work) {
        Connection connection = connect();
        try (connection) {
            return work.with(connection);
        } catch (SQLException e) {
            throw unreachable(e);
        }
    }

    /** Writes over a connection of its own; an answer that was lost says nothing. */
    <T> T write(Work<T> work) {
        Connection connection = connect();
        try {
            return work.with(connection);
        } catch (SQLException e) {
            if (lost(e)) {
                throw new UnknownOutcomeException(
                        subject + ".answer-lost",
                        Problem.expected("an answer from " + node + " to what was written there")
                                .found(e.getSQLState() + " " + e.getMessage())
                                .remedy("look whether it stands there before writing it again"),
                        e);
            }
            throw unreachable(e);
        } finally {
            close(connection, null);
        }
    }

    /** Whether the server may have done what it was asked for, although it did not say so. */
    private static boolean lost(SQLException e) {
        String state = e.getSQLState() == null ? "08" : e.getSQLState();
        return state.startsWith("08") || state.startsWith("57P") || state.startsWith("XX");
    }

    /** Makes what {@code ddl} makes, in one transaction that no other process makes at the same time, if {@code table} is missing. */
    void create(Connection connection, String table, String ddl) throws SQLException {
        if (exists(connection, table)) {
            return;
        }
        try (Statement statement = connection.createStatement()) {
            // One statement, and so one transaction that ends at the server even where this process is stopped
            // meanwhile.
            statement.execute("DO $drkit$ BEGIN PERFORM pg_advisory_xact_lock(hashtextextended('drkit schema " + schema
                    + "', 0)); CREATE SCHEMA IF NOT EXISTS " + schema + "; " + sql(ddl)
                    + " END $drkit$");
        }
    }

    /** Makes the table that says which server wrote the rows. */
    void createServer(Connection connection) throws SQLException {
        create(connection, "server", SERVER);
    }

    /**
     * That the rows were written by this server, and not before a failover of its own. A promotion begins a new timeline. It says
     * nothing of whether rows were lost by it, so that is for a person to say.
     */
    void requireSameServer(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    sql("INSERT INTO SCHEMA.server (id, system_id, timeline) SELECT 1, here.system_id, here.timeline"
                            + " FROM " + HERE
                            + " WHERE NOT EXISTS (SELECT FROM SCHEMA.server) ON CONFLICT DO NOTHING"));
        }
        Optional<Problem> moved = moved(connection);
        if (moved.isPresent()) {
            throw new BlockedException(subject + ".registry-failed-over", moved.get());
        }
    }

    /** What shows that the rows were written by another server, or before a failover of this one. Changes nothing. */
    private Optional<Problem> moved(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql("SELECT s.timeline, here.timeline FROM SCHEMA.server AS s, "
                        + HERE + " WHERE (s.system_id, s.timeline) <> (here.system_id, here.timeline)"))) {
            if (!row.next()) {
                return Optional.empty();
            }
            return Optional.of(Problem.expected("the " + subject + "s of " + node
                            + " on the server that wrote them, timeline " + row.getLong(1))
                    .found("timeline " + row.getLong(2)
                            + ": it was failed over, or restored from a copy, and may have forgotten entries and epochs")
                    .remedy("see what state both sites are in, and that the server that it was is not in use; then "
                            + confirm));
        }
    }

    /**
     * Takes the server as it is now for the one that wrote the rows, and lifts the floor of epochs above all that may have been
     * forgotten; nothing where it is the same server.
     *
     * @param tables what makes the tables that are missing
     * @param highest the highest epoch that is remembered, as SQL
     * @param then what else is to be changed with it, as SQL that may read {@code moved.floor}
     */
    void confirmFailover(String who, String reason, Tables tables, String highest, String then) {
        if (who.isBlank() || reason.isBlank()) {
            throw new IllegalArgumentException("A failover of the registry is confirmed by a person, with a reason");
        }
        write(connection -> {
            tables.make(connection);
            try (PreparedStatement statement =
                    connection.prepareStatement(sql("WITH moved AS (UPDATE SCHEMA.server AS s"
                            + " SET system_id = here.system_id, timeline = here.timeline, confirmed_by = ?, reason = ?,"
                            + " floor = " + LEAP + " + greatest(s.floor, " + highest + ") FROM " + HERE
                            + " WHERE (s.system_id, s.timeline) <> (here.system_id, here.timeline) RETURNING s.floor) "
                            + then))) {
                statement.setString(1, who);
                statement.setString(2, reason);
                return statement.executeUpdate();
            }
        });
    }

    /** Makes tables. */
    interface Tables {
        void make(Connection connection) throws SQLException;
    }

    /** With the schema's name in the place of {@code SCHEMA}. */
    String sql(String text) {
        return text.replace("SCHEMA.", schema + ".");
    }

    /** Adds a column that tables made by an older version lack. Those versions must be able to go on writing without it. */
    void addColumn(Connection connection, String table, String column, String definition) throws SQLException {
        if (has(connection, table, column)) {
            return;
        }
        try (Statement statement = connection.createStatement()) {
            // whoever waits behind this lock waits as long
            statement.execute("DO $drkit$ BEGIN PERFORM set_config('lock_timeout', '2s', true); ALTER TABLE " + schema
                    + "." + table + " ADD COLUMN IF NOT EXISTS " + column + " " + definition + "; END $drkit$");
        }
    }

    boolean has(Connection connection, String table, String column) throws SQLException {
        try (Statement statement = connection.createStatement();
                var row =
                        statement.executeQuery("SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('"
                                + schema + "." + table + "') AND attname = '" + column + "' AND NOT attisdropped)")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    boolean exists(Connection connection, String table) throws SQLException {
        try (Statement statement = connection.createStatement();
                var row = statement.executeQuery("SELECT to_regclass('" + schema + "." + table + "') IS NOT NULL")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    /**
     * That what the server acknowledged is still there after its own crash, and after a failover of its own; and that no such failover
     * waits to be confirmed.
     */
    Check outlivesFailover() {
        return Check.named(
                subject + "s in " + node.name(),
                "what " + node.name() + " acknowledged outlives its crash and its failover",
                clockwork -> read(this::durability));
    }

    private Finding durability(Connection connection) throws SQLException {
        Optional<Problem> moved = exists(connection, "server") ? moved(connection) : Optional.empty();
        if (moved.isPresent()) {
            // Nobody can go on until that is confirmed, which is met otherwise only when it is needed.
            return Finding.notReady(
                    node.name() + " is on " + moved.get().found(), moved.get().remedy());
        }
        try (Statement statement = connection.createStatement();
                var row = statement.executeQuery("SELECT current_setting('fsync') = 'on',"
                        + " current_setting('synchronous_standby_names'),"
                        + " greatest((SELECT count(*) FROM pg_stat_replication),"
                        + " (SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'physical'))")) {
            row.next();
            if (!row.getBoolean(1)) {
                return Finding.notReady(node.name() + " runs with fsync = off", "set fsync to on");
            }
            long standbys = row.getLong(3);
            if (standbys == 0) {
                return Finding.ready("it has no standby that could be promoted with less");
            }
            return row.getString(2).isEmpty()
                    ? Finding.notReady(
                            node.name() + " has standbys, " + standbys
                                    + ", and waits for none: were one promoted, entries"
                                    + " could be missing and an epoch be given twice",
                            "set synchronous_standby_names on it, and promote only a standby that is named there")
                    : Finding.ready("it waits for a standby: synchronous_standby_names = " + row.getString(2));
        }
    }

    DrException unreachable(SQLException e) {
        String found = e.getSQLState() + " " + e.getMessage();
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        if (state.startsWith("28") || state.equals(Session.INSUFFICIENT_PRIVILEGE)) {
            return new DeniedException(
                    subject + ".denied",
                    Problem.expected("to use the schema " + schema + " of " + node + " as " + node.user())
                            .found(found)
                            .remedy("give that role the right to use it, or to create it"),
                    e);
        }
        return new BlockedException(
                subject + ".unreachable",
                Problem.expected("to read and write the schema " + schema + " of " + node)
                        .found(found)
                        .remedy("make that server reachable and writable; it is not to be the one that is failed over"),
                e);
    }

    static void close(Connection connection, @org.jspecify.annotations.Nullable Exception failure) {
        try {
            connection.close();
        } catch (SQLException e) {
            if (failure != null) {
                failure.addSuppressed(e);
            }
        }
    }
}
