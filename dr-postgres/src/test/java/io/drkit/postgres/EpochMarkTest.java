package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.Epoch;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.Action;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.LossWaiver;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.action.RunContext;
import io.drkit.testkit.net.RelayMode;
import io.drkit.testkit.net.TcpRelay;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The row by which a database refuses a run with a lower epoch than it has seen. */
@Timeout(120)
class EpochMarkTest {
    @TempDir
    static Path directory;

    static RegistryServer database;

    @BeforeAll
    static void start() throws Exception {
        database = new RegistryServer(directory);
    }

    @AfterAll
    static void stop() {
        database.close();
    }

    @BeforeEach
    void clear() throws SQLException {
        database.sql("DROP SCHEMA IF EXISTS drkit_probe CASCADE");
    }

    private static void mark(PostgresNode node, long epoch) throws SQLException {
        try (Session session = Session.open(node)) {
            session.writeMark(new Epoch(epoch), Long.toString(epoch));
        }
    }

    @Test
    @DisplayName(
            "F2: the epoch is compared in the transaction of the change: of many at once none is accepted below another")
    void writeMark_manyEpochsAtOnce_noneIsAcceptedBelowAnEarlierOne() throws Exception {
        mark(database.node(), 1);
        database.sql(
                "CREATE TABLE drkit_probe.log (n bigserial PRIMARY KEY, epoch bigint, accepted bigint);"
                        + " CREATE FUNCTION drkit_probe.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " INSERT INTO drkit_probe.log (epoch, accepted) VALUES (NEW.epoch, NEW.run_id::bigint); RETURN NULL; END $$;"
                        + " CREATE TRIGGER note AFTER UPDATE ON drkit_probe.run FOR EACH ROW EXECUTE FUNCTION drkit_probe.note()");
        long seed = 7;
        int writers = 16;
        CountDownLatch all = new CountDownLatch(writers);
        AtomicInteger accepted = new AtomicInteger();
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < writers; i++) {
            Random random = new Random(seed + i);
            Thread thread = new Thread(() -> {
                try (Session session = Session.open(database.node())) {
                    all.countDown();
                    all.await();
                    for (int n = 0; n < 20; n++) {
                        long epoch = 1 + n * 3L + random.nextInt(12);
                        try {
                            session.writeMark(new Epoch(epoch), Long.toString(epoch));
                            accepted.incrementAndGet();
                        } catch (StaleEpochException lower) {
                            // as it should be
                        }
                    }
                } catch (SQLException | InterruptedException | RuntimeException e) {
                    failures.add(e);
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
        assertThat(accepted.get()).isBetween(1, writers * 20 - 1);
        assertThat(database.one("SELECT count(*) FROM drkit_probe.log WHERE accepted <> epoch"))
                .as("accepted below the highest, seed %d", seed)
                .isEqualTo("0");
        assertThat(database.one("SELECT count(*) FROM drkit_probe.log")).isEqualTo(Integer.toString(accepted.get()));
    }

    @Test
    void writeMark_lowerEpoch_isStaleAndChangesNothingAndNoEpochClaimsNothing() throws Exception {
        mark(database.node(), 5);
        assertThatThrownBy(() -> mark(database.node(), 4)).isInstanceOf(StaleEpochException.class);
        assertThat(database.one("SELECT epoch || ' ' || run_id FROM drkit_probe.run"))
                .isEqualTo("5 5");
        mark(database.node(), 0);
        assertThat(database.one("SELECT epoch FROM drkit_probe.run")).isEqualTo("5");
        mark(database.node(), 5);
        mark(database.node(), 6);
        assertThat(database.one("SELECT epoch FROM drkit_probe.run")).isEqualTo("6");
    }

    @Test
    @DisplayName(
            "F3: the actions tell the epoch that the last run left in the database; a server that is out takes nothing away")
    void heldEpoch_afterARun_isThatOfTheRun() throws Exception {
        PostgresNode out = PostgresNode.named("out")
                .address("127.0.0.1", 1)
                .user("postgres")
                .build();
        PostgresReplicaPromoter promoter = PostgresReplicaPromoter.withDefaults();
        List<Action<?>> actions = List.of(
                promoter.switchover(database.node(), out),
                promoter.failover(out, database.node(), FailoverTerms.unfenced(new LossWaiver("ann", "it is a test"))),
                promoter.rejoin(out, database.node()));
        mark(database.node(), 12);
        for (Action<?> action : actions) {
            assertThat(action.heldEpoch().orElseThrow().read(RunContext.of(Clockwork.system(), Epoch.NONE)))
                    .as(action.describe())
                    .contains(new Epoch(12));
        }
    }

    @Test
    @DisplayName("F13: an old run that froze between its statements does not keep the row from a newer one")
    void writeMark_anotherFrozenInTheMiddleOfItsTransaction_goesThroughOnceTheServerEndsThatOne() throws Exception {
        mark(database.node(), 1);
        database.sql(
                "CREATE FUNCTION drkit_probe.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " IF NEW.epoch = 2 THEN PERFORM pg_sleep(1); END IF; RETURN NULL; END $$;"
                        + " CREATE TRIGGER slow AFTER UPDATE ON drkit_probe.run FOR EACH ROW EXECUTE FUNCTION drkit_probe.slow()");
        try (TcpRelay relay = TcpRelay.to(
                Clockwork.system(), "frozen", new InetSocketAddress(database.server.host(), database.server.port()))) {
            CountDownLatch ended = new CountDownLatch(1);
            Thread old = new Thread(() -> {
                try {
                    mark(RegistryServer.node(relay.host(), relay.port()), 2);
                } catch (SQLException | RuntimeException frozen) {
                    ended.countDown();
                }
            });
            old.start();
            while (!database.one("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
                    .equals("1")) {
                Thread.onSpinWait();
            }
            relay.mode(RelayMode.blackhole());
            PostgresNode patient = PostgresNode.named("patient")
                    .address(database.server.host(), database.server.port())
                    .user("postgres")
                    .socketTimeout(Duration.ofSeconds(60))
                    .build();
            mark(patient, 3);
            assertThat(database.one("SELECT epoch || ' ' || run_id FROM drkit_probe.run"))
                    .isEqualTo("3 3");
            ended.await();
            old.join();
        }
    }
}
