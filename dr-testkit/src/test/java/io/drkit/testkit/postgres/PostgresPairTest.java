package io.drkit.testkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.DrTimeoutException;
import io.drkit.core.replica.NodeAgent.Stop;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("harness")
@Timeout(120)
class PostgresPairTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @RegisterExtension
    static final PostgresPairExtension PAIRS = PostgresPairExtension.perTest(PostgresPair.builder()
            .database("shop")
            .servers(server -> server.durable(false)
                    // a standby that lost its primary asks again soon, so that the tests are short
                    .setting("wal_retrieve_retry_interval", "200ms")));

    private final Clockwork clockwork = Clockwork.system();

    @Test
    void start_twoServers_rowOfTheFirstIsReadOnTheSecond(PostgresPair pair) throws Exception {
        execute(pair.clientUrl(pair.first()), "CREATE TABLE t AS SELECT 1 AS id");
        pair.awaitCaughtUp(pair.first(), SOON);

        assertThat(number(pair.clientUrl(pair.second()), "SELECT count(*) FROM t"))
                .isEqualTo(1);
        assertThat(pair.writable()).containsExactly(pair.first());
        assertThat(pair.first().controlState()).isEqualTo(ControlState.IN_PRODUCTION);
        assertThat(pair.second().controlState()).isEqualTo(ControlState.IN_ARCHIVE_RECOVERY);
    }

    @Test
    void start_slot_isUsedByTheStandby(PostgresPair pair) throws Exception {
        assertThat(text(
                        pair.directUrl(pair.first()),
                        "SELECT string_agg(slot_name || ' ' || active, ',') FROM pg_replication_slots"))
                .isEqualTo("east true");
    }

    @Test
    void stop_clean_standbyHasAllAndPrimaryComesBackWithIt(PostgresPair pair) throws Exception {
        execute(pair.clientUrl(pair.first()), "CREATE TABLE t AS SELECT generate_series(1, 1000) AS id");

        pair.first().stop(Stop.CLEAN);

        assertThat(pair.first().running()).isFalse();
        assertThat(pair.first().controlState()).isEqualTo(ControlState.SHUT_DOWN);
        await(() -> number(pair.clientUrl(pair.second()), "SELECT count(*) FROM t") == 1000);
        pair.first().start();
        pair.awaitCaughtUp(pair.first(), SOON);
    }

    @Test
    void stop_cleanOfTheStandby_controlStateSaysSo(PostgresPair pair) throws Exception {
        pair.second().stop(Stop.CLEAN);

        assertThat(pair.second().controlState()).isEqualTo(ControlState.SHUT_DOWN_IN_RECOVERY);
    }

    @Test
    void kill9_primaryWithOpenSession_endsAllProcessesAndKeepsWhatWasCommitted(PostgresPair pair) throws Exception {
        execute(pair.clientUrl(pair.first()), "CREATE TABLE t AS SELECT generate_series(1, 1000) AS id");
        long backend;
        try (Connection open = DriverManager.getConnection(pair.clientUrl(pair.first()));
                Statement statement = open.createStatement()) {
            open.setAutoCommit(false);
            statement.execute("INSERT INTO t VALUES (1001)");
            try (ResultSet rows = statement.executeQuery("SELECT pg_backend_pid()")) {
                rows.next();
                backend = rows.getLong(1);
            }

            pair.kill9(pair.first());

            assertThat(ServerProcesses.lives(backend)).isFalse();
            assertThatThrownBy(open::commit).isInstanceOf(SQLException.class);
        }
        assertThat(pair.first().running()).isFalse();
        assertThat(pair.first().controlState()).isEqualTo(ControlState.IN_PRODUCTION);
        assertThat(pair.writable()).isEmpty();
        pair.restart(pair.first());
        assertThat(number(pair.clientUrl(pair.first()), "SELECT count(*) FROM t"))
                .isEqualTo(1000);
        pair.awaitCaughtUp(pair.first(), SOON);
    }

    @Test
    void partition_writesGoOn_lagGrowsAndHealingCatchesUp(PostgresPair pair) throws Exception {
        execute(pair.clientUrl(pair.first()), "CREATE TABLE t (id int)");
        pair.awaitCaughtUp(pair.first(), SOON);
        pair.partition();

        execute(pair.clientUrl(pair.first()), "INSERT INTO t SELECT generate_series(1, 1000)");
        long lag = lag(pair);
        execute(pair.clientUrl(pair.first()), "INSERT INTO t SELECT generate_series(1, 1000)");

        assertThat(lag).isPositive();
        assertThat(lag(pair)).isGreaterThan(lag);
        assertThat(number(pair.clientUrl(pair.second()), "SELECT count(*) FROM t"))
                .isZero();
        assertThatThrownBy(() -> pair.awaitCaughtUp(pair.first(), Duration.ofMillis(500)))
                .isInstanceOfSatisfying(
                        DrTimeoutException.class,
                        e -> assertThat(e.code()).isEqualTo("testkit.postgres-not-caught-up"));

        pair.heal();
        pair.awaitCaughtUp(pair.first(), SOON);
        assertThat(number(pair.clientUrl(pair.second()), "SELECT count(*) FROM t"))
                .isEqualTo(2000);
    }

    @Test
    void blackhole_writesGoOn_sameConnectionDeliversThemAfterHealing(PostgresPair pair) throws Exception {
        execute(pair.clientUrl(pair.first()), "CREATE TABLE t (id int)");
        pair.awaitCaughtUp(pair.first(), SOON);
        String sender = "SELECT pid FROM pg_stat_replication WHERE state = 'streaming'";
        long before = number(pair.directUrl(pair.first()), sender);
        pair.blackhole();

        execute(pair.clientUrl(pair.first()), "INSERT INTO t VALUES (1)");

        assertThat(number(pair.directUrl(pair.first()), sender)).isEqualTo(before);
        assertThat(lag(pair)).isPositive();
        pair.heal();
        pair.awaitCaughtUp(pair.first(), SOON);
        assertThat(number(pair.directUrl(pair.first()), sender)).isEqualTo(before);
    }

    @Test
    void lag_oneWrite_isReplayedNoSoonerThanTheDelay(PostgresPair pair) throws Exception {
        execute(pair.clientUrl(pair.first()), "CREATE TABLE t (id int)");
        pair.awaitCaughtUp(pair.first(), SOON);
        pair.lag(Duration.ofMillis(700));
        long before = clockwork.nanoTime();

        execute(pair.clientUrl(pair.first()), "INSERT INTO t VALUES (1)");
        await(() -> number(pair.directUrl(pair.second()), "SELECT count(*) FROM t") == 1);

        assertThat(Duration.ofNanos(clockwork.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(700));
    }

    @Test
    void promote_primaryKilled_standbyIsWritableAndTheOldOneCanFollowItAfterRebuilding(PostgresPair pair)
            throws Exception {
        execute(pair.clientUrl(pair.first()), "CREATE TABLE t AS SELECT generate_series(1, 100) AS id");
        pair.awaitCaughtUp(pair.first(), SOON);
        pair.kill9(pair.first());

        execute(pair.clientUrl(pair.second()), "SELECT pg_promote(true, 30)");

        assertThat(pair.writable()).containsExactly(pair.second());
        execute(pair.clientUrl(pair.second()), "INSERT INTO t VALUES (101)");
        pair.rebuild(pair.first());
        pair.awaitCaughtUp(pair.second(), SOON);
        assertThat(number(pair.clientUrl(pair.first()), "SELECT count(*) FROM t"))
                .isEqualTo(101);
        assertThat(pair.writable()).containsExactly(pair.second());

        // the roles have changed: the partition must hold this way round too
        pair.partition();
        execute(pair.clientUrl(pair.second()), "INSERT INTO t VALUES (102)");
        assertThat(number(pair.clientUrl(pair.first()), "SELECT count(*) FROM t"))
                .isEqualTo(101);
        pair.heal();
        pair.awaitCaughtUp(pair.second(), SOON);
    }

    @Test
    void upstream_afterCleanStopAndPromotion_oldPrimaryFollowsWithoutRebuilding(PostgresPair pair) throws Exception {
        execute(pair.clientUrl(pair.first()), "CREATE TABLE t AS SELECT 1 AS id");
        pair.first().stop(Stop.CLEAN);
        execute(pair.clientUrl(pair.second()), "SELECT pg_promote(true, 30)");
        Upstream upstream = pair.upstream(pair.second());
        execute(
                pair.directUrl(pair.second()),
                "SELECT pg_create_physical_replication_slot('" + upstream.slot() + "', true)");

        pair.first().follow(upstream);
        pair.first().start();

        pair.awaitCaughtUp(pair.second(), SOON);
        assertThat(pair.writable()).containsExactly(pair.second());
        assertThat(upstream.port()).isEqualTo(pair.replication(pair.second()).port());
    }

    @Test
    void cutClients_openAndNewConnections_fail_andTheServerStillRunsForOthers(PostgresPair pair) throws Exception {
        String url = pair.clientUrl(pair.first());
        try (Connection open = DriverManager.getConnection(url);
                Statement statement = open.createStatement()) {
            pair.cutClients(pair.first());

            assertThatThrownBy(() -> statement.execute("SELECT 1")).isInstanceOf(SQLException.class);
        }
        assertThatThrownBy(() -> number(url, "SELECT 1")).isInstanceOf(SQLException.class);
        assertThat(number(pair.directUrl(pair.first()), "SELECT 1")).isEqualTo(1);
        pair.awaitCaughtUp(pair.first(), SOON);

        pair.admitClients(pair.first());
        assertThat(number(url, "SELECT 1")).isEqualTo(1);
    }

    @Test
    void pause_wholeServer_answersNobodyUntilResumed(PostgresPair pair) throws Exception {
        String impatient = pair.clientUrl(pair.first()) + "&connectTimeout=1&socketTimeout=1";
        pair.first().pause();

        assertThat(pair.first().running()).isTrue();
        assertThatThrownBy(() -> number(impatient, "SELECT 1")).isInstanceOf(SQLException.class);

        pair.first().resume();
        assertThat(number(pair.clientUrl(pair.first()), "SELECT 1")).isEqualTo(1);
    }

    @Test
    void pause_startupProcess_standbyReceivesAndDoesNotReplay(PostgresPair pair) throws Exception {
        execute(pair.clientUrl(pair.first()), "CREATE TABLE t (id int)");
        pair.awaitCaughtUp(pair.first(), SOON);
        pair.second().pause(ServerPart.STARTUP);

        execute(pair.clientUrl(pair.first()), "INSERT INTO t VALUES (1)");
        String flushed = text(pair.directUrl(pair.first()), "SELECT pg_current_wal_flush_lsn()::text");
        await(() -> text(
                        pair.directUrl(pair.second()),
                        "SELECT (pg_last_wal_receive_lsn() >= '" + flushed + "'::pg_lsn)::text")
                .equals("true"));

        assertThat(number(pair.directUrl(pair.second()), "SELECT count(*) FROM t"))
                .isZero();
        pair.second().resume();
        pair.awaitCaughtUp(pair.first(), SOON);
    }

    @Test
    void stop_atOnceOfAFrozenServer_endsIt(PostgresPair pair) throws Exception {
        pair.first().pause();

        pair.first().stop(Stop.AT_ONCE);

        assertThat(pair.first().running()).isFalse();
    }

    @Test
    void rebuild_otherServerIsDown_saysThatNoBackupCouldBeTaken(PostgresPair pair) throws Exception {
        pair.first().stop(Stop.CLEAN);

        assertThatThrownBy(() -> pair.rebuild(pair.second()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("No base backup of west");
    }

    @Test
    void clientUrl_serverOfAnotherPair_isRefused(PostgresPair pair) {
        PostgresServer stranger = PostgresServer.builder("stranger")
                .directory(java.nio.file.Path.of("unused"))
                .build();

        assertThatThrownBy(() -> pair.clientUrl(stranger)).isInstanceOf(IllegalArgumentException.class);
    }

    private static long lag(PostgresPair pair) throws SQLException {
        String replayed = text(pair.directUrl(pair.second()), "SELECT pg_last_wal_replay_lsn()::text");
        return number(
                pair.directUrl(pair.first()),
                "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '" + replayed + "'::pg_lsn)");
    }

    private interface Condition {
        boolean holds() throws SQLException;
    }

    private void await(Condition condition) throws Exception {
        Deadline deadline = clockwork.deadline(SOON);
        while (!condition.holds()) {
            assertThat(deadline.passed()).as("still not so after " + SOON).isFalse();
            clockwork.sleep(Duration.ofMillis(5));
        }
    }

    private static void execute(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long number(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private static String text(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
