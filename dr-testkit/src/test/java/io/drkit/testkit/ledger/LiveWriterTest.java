package io.drkit.testkit.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.time.Clockwork;
import io.drkit.testkit.postgres.PostgresPair;
import io.drkit.testkit.postgres.PostgresPairExtension;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(120)
class LiveWriterTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @RegisterExtension
    static final PostgresPairExtension PAIR = PostgresPairExtension.perClass(
            PostgresPair.builder().database("shop").servers(server -> server.durable(false)));

    private static final PostgresPair.Builder OWN =
            PostgresPair.builder().database("shop").servers(server -> server.durable(false));

    private final Clockwork clockwork = Clockwork.system();
    private LiveWriter writer;

    @BeforeEach
    void write(PostgresPair pair) throws Exception {
        writer = LiveWriter.builder(() -> pair.clientUrl(pair.first()))
                .clients(3)
                .start();
        assertThat(writer.awaitAcknowledged(50, SOON)).isTrue();
    }

    @AfterEach
    void stop(PostgresPair pair) throws Exception {
        pair.admitClients(pair.first());
        writer.stop();
    }

    @Test
    void audit_nothingHappened_allAcknowledgedRowsArePresent(PostgresPair pair) throws Exception {
        writer.stop();

        Audit audit = writer.audit(pair.directUrl(pair.first()));

        assertThat(audit.clean()).isTrue();
        assertThat(audit.acknowledged()).isEqualTo(writer.acknowledged()).isGreaterThanOrEqualTo(50);
        assertThat(audit.present()).isEqualTo(audit.acknowledged());
        assertThat(audit.unknownPresent() + audit.unknownAbsent()).isZero();
        assertThat(audit.lossSpan()).isZero();
    }

    @Test
    void audit_whileTheClientsWrite_blamesNobodyForRowsUnderWay(PostgresPair pair) throws Exception {
        for (int i = 0; i < 20; i++) {
            assertThat(writer.audit(pair.directUrl(pair.first())).clean()).isTrue();
        }
    }

    @Test
    void audit_acknowledgedRowsDeleted_areFoundLostWithTheirTimes(PostgresPair pair) throws Exception {
        writer.stop();
        execute(pair, "DELETE FROM drkit_ledger WHERE id IN (7, 20) AND run = " + newestRun());

        Audit audit = writer.audit(pair.directUrl(pair.first()));

        assertThat(audit.clean()).isFalse();
        assertThat(audit.lost()).extracting(Audit.Row::id).containsExactlyInAnyOrder(7L, 20L);
        assertThat(audit.lost()).allMatch(row -> row.acknowledgedAfter().compareTo(Duration.ZERO) > 0);
        assertThat(audit.lossSpan()).isPositive();
        assertThat(audit.present()).isEqualTo(audit.acknowledged() - 2);
    }

    @Test
    void audit_rowAlteredAndRowDoubled_areFound(PostgresPair pair) throws Exception {
        writer.stop();
        String run = newestRun();
        execute(pair, "UPDATE drkit_ledger SET payload = payload # 1 WHERE id = 3 AND run = " + run);
        execute(pair, "INSERT INTO drkit_ledger SELECT * FROM drkit_ledger WHERE id = 4 AND run = " + run);

        Audit audit = writer.audit(pair.directUrl(pair.first()));

        assertThat(audit.clean()).isFalse();
        assertThat(audit.altered()).extracting(Audit.Row::id).containsExactly(3L);
        assertThat(audit.duplicated()).containsExactly(4L);
        assertThat(audit.lost()).isEmpty();
    }

    @Test
    void audit_rowWasNotCommittedAndNobodySaidSo_isUnknownAndNotLost(PostgresPair pair) throws Exception {
        whileTableIsLocked(pair, () -> {
            awaitNumber(pair, WAITING, 3);
            // told to end first, or each would come back and wait again
            writer.close();
            execute(pair, "SELECT pg_terminate_backend(pid) FROM (" + WAITERS + ") w");
            awaitNumber(pair, WAITING, 0);
        });
        writer.stop();

        Audit audit = writer.audit(pair.directUrl(pair.first()));

        assertThat(audit.unknownAbsent()).isEqualTo(3);
        assertThat(audit.clean()).isTrue();
    }

    @Test
    void audit_rowWasCommittedAndTheAnswerLost_isUnknownAndNotAcknowledged(PostgresPair pair) throws Exception {
        whileTableIsLocked(pair, () -> {
            awaitNumber(pair, WAITING, 3);
            pair.cutClients(pair.first());
        });
        // the server does not look at its client while it waits for the lock: the three rows are committed now
        awaitNumber(pair, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'drkit-live-writer'", 0);
        writer.stop();

        Audit audit = writer.audit(pair.directUrl(pair.first()));

        assertThat(audit.unknownPresent()).isEqualTo(3);
        assertThat(audit.clean()).isTrue();
        assertThat(audit.acknowledged()).isEqualTo(writer.acknowledged());
    }

    @Test
    void work_commitReturnsWithAWarningThatItIsOnlyLocal_isNotAcknowledged(PostgresPair pair) throws Exception {
        execute(pair, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        execute(pair, "SELECT pg_reload_conf()");
        String waiting =
                "FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'drkit-live-writer'";
        int acknowledged;
        try {
            awaitNumber(pair, "SELECT count(*) " + waiting, 3);
            acknowledged = writer.acknowledged();

            execute(pair, "SELECT pg_cancel_backend(pid) " + waiting);
            writer.close();
            // those that began another commit before the writer was closed wait as well, and do not see that their
            // client is gone
            awaitNumber(pair, "SELECT count(pg_cancel_backend(pid)) " + waiting, 0);
            writer.stop();
        } finally {
            execute(pair, "ALTER SYSTEM RESET synchronous_standby_names");
            execute(pair, "SELECT pg_reload_conf()");
        }

        assertThat(writer.acknowledged()).isEqualTo(acknowledged);
        assertThat(writer.audit(pair.directUrl(pair.first())).unknownPresent()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void work_connectionsCutForAWhile_goOnAndTheGapIsAtLeastThatLong(PostgresPair pair) throws Exception {
        LiveWriter.Mark mark = writer.mark();
        pair.cutClients(pair.first());
        long cut = clockwork.nanoTime();
        clockwork.sleep(Duration.ofMillis(300));
        Duration without = Duration.ofNanos(clockwork.nanoTime() - cut);
        LiveWriter.Mark open = writer.mark();
        assertThat(writer.longestGapSince(mark)).isGreaterThanOrEqualTo(without);
        pair.admitClients(pair.first());

        assertThat(writer.awaitAcknowledgedSince(open, 50, SOON)).isTrue();
        writer.stop();

        assertThat(writer.longestGapSince(mark)).isGreaterThanOrEqualTo(without);
        assertThat(writer.longestGapSince(writer.mark())).isLessThan(writer.longestGapSince(mark));
        assertThat(writer.audit(pair.directUrl(pair.first())).clean()).isTrue();
    }

    @Test
    void awaitAcknowledged_nobodyAnswers_saysNo(PostgresPair pair) throws Exception {
        pair.cutClients(pair.first());

        assertThat(writer.awaitAcknowledgedSince(writer.mark(), 1_000, Duration.ofMillis(50)))
                .isFalse();
    }

    @Test
    void start_nobodyListens_failsAndStartsNothing() {
        assertThatThrownBy(() -> LiveWriter.builder(() -> "jdbc:postgresql://127.0.0.1:1/shop?user=postgres")
                        .start())
                .isInstanceOf(SQLException.class);
    }

    @Test
    void builder_badValues_areRefused() {
        assertThatThrownBy(() -> LiveWriter.builder(() -> "").clients(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LiveWriter.builder(() -> "").pause(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LiveWriter.builder(() -> "").answerWithin(Duration.ofMillis(1_500)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LiveWriter.builder(() -> "").table("a; drop table b"))
                .isInstanceOf(IllegalArgumentException.class);
    }

    // what is destructive for the pair gets one of its own
    @Test
    void audit_primaryKilledAndStarted_nothingIsLost() throws Exception {
        try (PostgresPair pair = OWN.start();
                LiveWriter live =
                        LiveWriter.builder(() -> pair.clientUrl(pair.first())).start()) {
            assertThat(live.awaitAcknowledged(100, SOON)).isTrue();
            pair.kill9(pair.first());
            LiveWriter.Mark killed = live.mark();
            pair.restart(pair.first());
            assertThat(live.awaitAcknowledgedSince(killed, 100, SOON)).isTrue();
            live.stop();

            Audit audit = live.audit(pair.directUrl(pair.first()));

            assertThat(audit.clean()).isTrue();
            assertThat(audit.acknowledged()).isGreaterThanOrEqualTo(200);
        }
    }

    @Test
    void audit_standbyCutOffThenPromoted_findsTheRowsAcknowledgedMeanwhileLost() throws Exception {
        AtomicReference<String> address = new AtomicReference<>("");
        try (PostgresPair pair = OWN.start()) {
            address.set(pair.clientUrl(pair.first()));
            LiveWriter live = LiveWriter.builder(address::get).start();
            assertThat(live.awaitAcknowledged(100, SOON)).isTrue();
            pair.partition();
            LiveWriter.Mark cut = live.mark();
            int before = live.acknowledged();
            assertThat(live.awaitAcknowledgedSince(cut, 200, SOON)).isTrue();
            pair.kill9(pair.first());
            int meanwhile = live.acknowledged() - before;
            try (Connection connection = DriverManager.getConnection(pair.directUrl(pair.second()));
                    Statement statement = connection.createStatement()) {
                statement.execute("SELECT pg_promote(true, 30)");
            }
            LiveWriter.Mark promoted = live.mark();
            address.set(pair.clientUrl(pair.second()));
            assertThat(live.awaitAcknowledgedSince(promoted, 100, SOON)).isTrue();
            live.stop();

            Audit audit = live.audit(pair.directUrl(pair.second()));

            // each of the four clients may have had one row that reached the standby before the cut and was
            // acknowledged after it
            assertThat(audit.lost().size())
                    .isGreaterThanOrEqualTo(meanwhile - 4)
                    .isLessThan(before + meanwhile);
            assertThat(audit.present()).isGreaterThanOrEqualTo(100);
        }
    }

    private static final String WAITERS =
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'drkit-live-writer'";
    private static final String WAITING = "SELECT count(*) FROM (" + WAITERS + ") w";

    private interface Work {
        void run() throws Exception;
    }

    private static void whileTableIsLocked(PostgresPair pair, Work work) throws Exception {
        try (Connection connection = DriverManager.getConnection(pair.directUrl(pair.first()));
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("LOCK TABLE drkit_ledger IN EXCLUSIVE MODE");
            work.run();
            connection.rollback();
        }
    }

    private void awaitNumber(PostgresPair pair, String query, long expected) throws Exception {
        var deadline = clockwork.deadline(SOON);
        while (true) {
            try (Connection connection = DriverManager.getConnection(pair.directUrl(pair.first()));
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(query)) {
                rows.next();
                if (rows.getLong(1) == expected) {
                    return;
                }
                assertThat(deadline.passed())
                        .as(query + " answers " + rows.getLong(1))
                        .isFalse();
            }
            clockwork.sleep(Duration.ofMillis(5));
        }
    }

    private static void execute(PostgresPair pair, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(pair.directUrl(pair.first()));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The runs of earlier tests are in the same table. */
    private String newestRun() {
        return "'" + writer.run() + "'";
    }
}
