package io.drkit.postgres;

import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A control connection to one server. Not thread-safe. */
final class Session implements AutoCloseable {
    static final String INSUFFICIENT_PRIVILEGE = "42501";
    static final String NOT_IN_PREREQUISITE_STATE = "55000";

    private static final Set<String> STOPS_RECOVERY = Set.of(
            "recovery_target",
            "recovery_target_lsn",
            "recovery_target_name",
            "recovery_target_time",
            "recovery_target_xid");

    private final PostgresNode node;
    private final Connection connection;

    private Session(PostgresNode node, Connection connection) {
        this.node = node;
        this.connection = connection;
    }

    /** Connects to this one server, whatever its role. */
    static Session open(PostgresNode node) throws SQLException {
        return new Session(node, connect(node));
    }

    static Connection connect(PostgresNode node) throws SQLException {
        Properties properties = new Properties();
        properties.putAll(node.connectionOptions());
        properties.setProperty("user", node.user());
        String password = node.password();
        if (password != null) {
            properties.setProperty("password", password);
        }
        properties.setProperty("targetServerType", "any");
        properties.setProperty(
                "connectTimeout", Long.toString(node.connectTimeout().toSeconds()));
        properties.setProperty(
                "socketTimeout", Long.toString(node.socketTimeout().toSeconds()));
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("ApplicationName", "drkit");
        String host = node.host().indexOf(':') >= 0 ? "[" + node.host() + "]" : node.host();
        String url = "jdbc:postgresql://" + host + ":" + node.port() + "/"
                + URLEncoder.encode(node.database(), StandardCharsets.UTF_8);
        return DriverManager.getConnection(url, properties);
    }

    /** Everything that is ever asked of a server; an answer that is refused or lost is {@link ServerView.Silent}. */
    static ServerView look(PostgresNode node) {
        try (Session session = open(node)) {
            return session.view();
        } catch (SQLException e) {
            return silent(e);
        }
    }

    static ServerView.Silent silent(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        boolean denied = state.startsWith("28") || state.equals(INSUFFICIENT_PRIVILEGE) || state.equals("53300");
        return new ServerView.Silent(state + " " + e.getMessage(), denied);
    }

    PostgresNode node() {
        return node;
    }

    ServerView.Answered view() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT pg_is_in_recovery() AS recovering,
                               (SELECT system_identifier FROM pg_control_system()) AS system_id,
                               current_setting('server_version_num')::int AS version,
                               extract(epoch FROM pg_postmaster_start_time())::text AS instance,
                               pg_last_wal_receive_lsn()::text AS received,
                               pg_last_wal_replay_lsn()::text AS replayed,
                               (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS clock,
                               (extract(epoch FROM pg_last_xact_replay_timestamp()) * 1000000)::bigint AS replayed_time,
                               CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE false END AS paused,
                               has_function_privilege('pg_promote(boolean,integer)', 'EXECUTE') AS may_promote,
                               has_function_privilege('pg_reload_conf()', 'EXECUTE') AS may_reload,
                               has_database_privilege(current_database(), 'CREATE') AS may_create,
                               (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user)
                                   AS may_slots,
                               CASE WHEN pg_is_in_recovery() THEN NULL
                                    ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END AS written_tli,
                               CASE WHEN pg_is_in_recovery() THEN NULL
                                    ELSE pg_current_wal_flush_lsn()::text END AS flushed
                        """)) {
            row.next();
            boolean recovering = row.getBoolean("recovering");
            Optional<Lsn> replayed = Lsn.of(row.getString("replayed"));
            Optional<Lsn> received = Lsn.of(row.getString("received"))
                    .map(position ->
                            replayed.map(other -> Lsn.greatest(position, other)).orElse(position))
                    .or(() -> replayed);
            long time = row.getLong("replayed_time");
            OptionalLong replayedTime = row.wasNull() ? OptionalLong.empty() : OptionalLong.of(time);
            // After the positions: a standby that goes over to a newer timeline in between must not seem to be far on
            // the old.
            ServerView.Receiver receiver = receiver();
            return new ServerView.Answered(
                    !recovering,
                    row.getLong("system_id"),
                    row.getInt("version"),
                    row.getString("instance"),
                    timeline(row.getString("written_tli"), receiver, received),
                    Lsn.of(row.getString("flushed")),
                    recovering ? received : Optional.empty(),
                    recovering ? replayed : Optional.empty(),
                    row.getLong("clock"),
                    replayedTime,
                    row.getBoolean("paused"),
                    receiver,
                    senders(),
                    settings(),
                    new ServerView.Rights(
                            row.getBoolean("may_promote"),
                            row.getBoolean("may_reload"),
                            row.getBoolean("may_create") || probeTableExists(),
                            maySetConninfo(row.getInt("version")),
                            row.getBoolean("may_slots")),
                    mark());
        }
    }

    private boolean maySetConninfo(int version) throws SQLException {
        boolean privileged = version >= 150000
                ? "t".equals(one("SELECT has_parameter_privilege('primary_conninfo', 'ALTER SYSTEM')"))
                : "on".equals(one("SELECT current_setting('is_superuser')"));
        // it is read before it is changed, so that it can be put back
        return privileged
                && "t".equals(one("SELECT pg_has_role('pg_read_all_settings', 'USAGE')"))
                && !"off".equals(one("SELECT current_setting('allow_alter_system', true)"));
    }

    private OptionalLong timeline(@Nullable String written, ServerView.Receiver receiver, Optional<Lsn> received)
            throws SQLException {
        if (written != null) {
            return OptionalLong.of(Long.parseLong(written, 16));
        }
        if (receiver instanceof ServerView.Receiver.Seen seen && seen.streaming()) {
            return OptionalLong.of(seen.timeline());
        }
        return received.isPresent() ? timelineOf(received.get()) : OptionalLong.empty();
    }

    /**
     * The timeline of a standby that does not stream: that of the newest file of the log with its position. What the control
     * data say is as old as the last restart point, and may name the timeline before.
     */
    private OptionalLong timelineOf(Lsn position) throws SQLException {
        if (position.bytes() == 0) {
            return OptionalLong.empty();
        }
        try {
            String size = one("SELECT setting FROM pg_settings WHERE name = 'wal_segment_size'");
            if (size == null) {
                return OptionalLong.empty();
            }
            long bytes = Long.parseLong(size);
            long perName = 0x1_0000_0000L / bytes;
            // of the byte before it: at the end of a file the next one need not be there
            long segment = Long.divideUnsigned(position.bytes() - 1, bytes);
            String name = String.format(Locale.ROOT, "%08X%08X", segment / perName, segment % perName);
            String timeline = one("SELECT max(substr(name, 1, 8)) FROM pg_ls_waldir()"
                    + " WHERE length(name) = 24 AND substr(name, 9) = '" + name + "'");
            return timeline == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(timeline, 16));
        } catch (SQLException e) {
            if (INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
                return OptionalLong.empty();
            }
            throw e;
        }
    }

    private ServerView.Receiver receiver() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT status, received_tli, sender_host, sender_port, slot_name FROM pg_stat_wal_receiver")) {
            if (!row.next()) {
                return new ServerView.Receiver.None();
            }
            String status = row.getString("status");
            if (status == null) {
                return new ServerView.Receiver.Hidden();
            }
            return new ServerView.Receiver.Seen(
                    status,
                    row.getLong("received_tli"),
                    orEmpty(row.getString("sender_host")),
                    row.getInt("sender_port"),
                    orEmpty(row.getString("slot_name")));
        }
    }

    private ServerView.Senders senders() throws SQLException {
        int streaming = 0;
        int hidden = 0;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT state FROM pg_stat_replication")) {
            while (row.next()) {
                String state = row.getString("state");
                if (state == null) {
                    hidden++;
                } else if (state.equals("streaming")) {
                    streaming++;
                }
            }
        }
        return new ServerView.Senders(streaming, hidden);
    }

    private ServerView.Settings settings() throws SQLException {
        List<String> targets = new ArrayList<>();
        String targetTimeline = "latest";
        long applyDelay = 0;
        String walLevel = "";
        int maxWalSenders = 0;
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT name, setting FROM pg_settings WHERE name LIKE 'recovery_%'"
                                + " OR name IN ('wal_level', 'max_wal_senders')")) {
            while (row.next()) {
                String name = row.getString("name");
                String value = orEmpty(row.getString("setting"));
                if (STOPS_RECOVERY.contains(name)) {
                    if (!value.isEmpty()) {
                        targets.add(name);
                    }
                } else if (name.equals("recovery_target_timeline")) {
                    targetTimeline = value;
                } else if (name.equals("recovery_min_apply_delay")) {
                    applyDelay = Long.parseLong(value);
                } else if (name.equals("wal_level")) {
                    walLevel = value;
                } else if (name.equals("max_wal_senders")) {
                    maxWalSenders = Integer.parseInt(value);
                }
            }
        }
        return new ServerView.Settings(List.copyOf(targets), targetTimeline, applyDelay, walLevel, maxWalSenders);
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    boolean inRecovery() throws SQLException {
        return "t".equals(one("SELECT pg_is_in_recovery()"));
    }

    /** The greater of receive and replay position; empty when the server has neither. */
    Optional<Lsn> received() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT pg_last_wal_receive_lsn()::text, pg_last_wal_replay_lsn()::text")) {
            row.next();
            Optional<Lsn> received = Lsn.of(row.getString(1));
            Optional<Lsn> replayed = Lsn.of(row.getString(2));
            if (received.isPresent() && replayed.isPresent()) {
                return Optional.of(Lsn.greatest(received.get(), replayed.get()));
            }
            return received.isPresent() ? received : replayed;
        }
    }

    Optional<Lsn> replayed() throws SQLException {
        return Lsn.of(one("SELECT pg_last_wal_replay_lsn()::text"));
    }

    boolean receiverRuns() throws SQLException {
        return "t".equals(one("SELECT EXISTS (SELECT FROM pg_stat_wal_receiver)"));
    }

    /** Which primary this flush position belongs to, and the position; empty when the server is none. */
    Optional<Flushed> flushed() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT (SELECT system_identifier FROM pg_control_system()),
                               CASE WHEN pg_is_in_recovery() THEN NULL
                                    ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END,
                               CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_wal_flush_lsn()::text END
                        """)) {
            row.next();
            String timeline = row.getString(2);
            String position = row.getString(3);
            if (timeline == null || position == null) {
                return Optional.empty();
            }
            return Optional.of(new Flushed(row.getLong(1), Long.parseLong(timeline, 16), Lsn.parse(position)));
        }
    }

    record Flushed(long systemId, long timeline, Lsn position) {}

    /** Answers false when this role may not. */
    boolean checkpoint(Duration limit) throws SQLException {
        int usual = connection.getNetworkTimeout();
        // the driver sets the socket's timeout itself and needs no thread for it
        connection.setNetworkTimeout(Runnable::run, Math.toIntExact(limit.toMillis()));
        try {
            run("CHECKPOINT");
            return true;
        } catch (SQLException e) {
            if (INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
                return false;
            }
            throw e;
        } finally {
            if (!connection.isClosed()) {
                connection.setNetworkTimeout(Runnable::run, usual);
            }
        }
    }

    void promote() throws SQLException {
        one("SELECT pg_promote(false)");
    }

    void reload() throws SQLException {
        one("SELECT pg_reload_conf()");
    }

    /** {@code name} is one of ours. */
    void alterSystem(String name, String value) throws SQLException {
        run("ALTER SYSTEM SET " + name + " = '" + value.replace("'", "''") + "'");
    }

    String setting(String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT current_setting(?)")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return orEmpty(row.getString(1));
            }
        }
    }

    /** The switches that led to {@code timeline}; empty when this role may not read them. */
    Optional<TimelineHistory> history(long timeline) throws SQLException {
        if (timeline <= 1) {
            return Optional.of(new TimelineHistory(List.of()));
        }
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_read_binary_file(?)")) {
            statement.setString(1, String.format(Locale.ROOT, "pg_wal/%08X.history", timeline));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return Optional.of(TimelineHistory.parse(new String(row.getBytes(1), StandardCharsets.UTF_8)));
            }
        } catch (SQLException e) {
            if (INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Answers whether it made it; one of that name that is there already is left as it is. */
    boolean createSlot(String name) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_create_physical_replication_slot(?, true)"
                        + " WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = ?)")) {
            statement.setString(1, name);
            statement.setString(2, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    boolean hasSlot(String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT FROM pg_replication_slots WHERE slot_name = ? AND slot_type = 'physical'")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next();
            }
        }
    }

    void dropIdleSlot(String name) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                        + " WHERE slot_name = ? AND slot_type = 'physical' AND NOT active")) {
            statement.setString(1, name);
            statement.execute();
        }
    }

    // -- the write probe
    // ------------------------------------------------------------------------------------------------

    private boolean probeTableExists() throws SQLException {
        return one("SELECT to_regclass('drkit_probe.run')") != null;
    }

    Optional<ServerView.Mark> mark() throws SQLException {
        if (!probeTableExists()) {
            return Optional.empty();
        }
        try (Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT epoch, run_id, timeline FROM drkit_probe.run WHERE id = 1")) {
            if (!row.next()) {
                return Optional.empty();
            }
            return Optional.of(new ServerView.Mark(row.getLong(1), row.getString(2), row.getLong(3)));
        }
    }

    /**
     * Writes and commits the run's mark: it proves that the server takes writes, and lets no lower epoch write its own
     * afterwards.
     *
     * @throws StaleEpochException when a run with a higher epoch wrote before
     */
    void writeMark(Epoch epoch, String runId) throws SQLException {
        connection.setAutoCommit(false);
        try {
            // A standby that commits would have to wait for may just be missing: that is being dealt with.
            run("SET LOCAL synchronous_commit = local");
            // A process that is stopped between its statements must not keep the row from a newer run.
            run("SET LOCAL idle_in_transaction_session_timeout = '5s'");
            if (!probeTableExists()) {
                run("CREATE SCHEMA IF NOT EXISTS drkit_probe");
                run("""
                        CREATE TABLE IF NOT EXISTS drkit_probe.run (
                            id smallint PRIMARY KEY CHECK (id = 1),
                            epoch bigint NOT NULL,
                            run_id text NOT NULL,
                            node text NOT NULL,
                            timeline bigint NOT NULL,
                            written_at timestamptz NOT NULL)
                        """);
            }
            Optional<ServerView.Mark> before = mark();
            requireNotStale(before, epoch, node);
            try (PreparedStatement statement = connection.prepareStatement("""
                    INSERT INTO drkit_probe.run AS run (id, epoch, run_id, node, timeline, written_at)
                    VALUES (1, ?, ?, ?, ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint,
                            clock_timestamp())
                    ON CONFLICT (id) DO UPDATE
                    SET epoch = greatest(run.epoch, excluded.epoch), run_id = excluded.run_id, node = excluded.node,
                        timeline = excluded.timeline, written_at = excluded.written_at
                    WHERE excluded.epoch = 0 OR run.epoch <= excluded.epoch
                    """)) {
                statement.setLong(1, epoch.value());
                statement.setString(2, runId);
                statement.setString(3, node.name());
                if (statement.executeUpdate() != 1) {
                    requireNotStale(mark(), epoch, node);
                    throw new SQLException("The write probe changed no row on " + node.name());
                }
            }
            connection.commit();
        } catch (SQLException | RuntimeException e) {
            try {
                connection.rollback();
            } catch (SQLException also) {
                e.addSuppressed(also);
            }
            throw e;
        } finally {
            if (!connection.isClosed()) {
                connection.setAutoCommit(true);
            }
        }
    }

    /** Work outside any run claims no authority and is measured by none. */
    static void requireNotStale(Optional<ServerView.Mark> mark, Epoch epoch, PostgresNode node) {
        if (epoch.equals(Epoch.NONE) || mark.isEmpty() || mark.get().epoch() <= epoch.value()) {
            return;
        }
        throw new StaleEpochException(
                "postgres.stale-epoch",
                Problem.expected("an epoch of at least " + mark.get().epoch() + " at " + node.name())
                        .found("epoch " + epoch + "; run " + mark.get().runId() + " has been there since")
                        .remedy("let that run go on. "
                                + StaleEpochException.remedy(
                                        new Epoch(mark.get().epoch()))));
    }

    private void run(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private @Nullable String one(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException ignored) {
            // what was asked has been answered
        }
    }
}
