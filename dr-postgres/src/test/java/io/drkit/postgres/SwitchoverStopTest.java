package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.ActionExecutor.Watcher;
import io.drkit.testkit.postgres.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A clean stop that does not come to its end: nobody can write meanwhile. */
@DisabledOnOs(OS.WINDOWS)
class SwitchoverStopTest {
    @TempDir
    static Path directory;

    static Duo duo;
    static Path hang;

    @BeforeAll
    static void start() throws Exception {
        hang = directory.resolve("hang");
        duo = new Duo(pair -> pair.servers(server -> server.setting("wal_retrieve_retry_interval", "100ms")
                .setting("archive_mode", "on")
                .setting("archive_command", "while test -e " + hang + "; do sleep 0.1; done")));
    }

    @AfterAll
    static void stop() throws Exception {
        Files.deleteIfExists(hang);
        duo.close();
    }

    private final PostgresReplicaPromoter promoter = PostgresReplicaPromoter.builder()
            .stopTimeout(Duration.ofSeconds(10))
            .drainTimeout(Duration.ofSeconds(5))
            .rejoinTimeout(Duration.ofSeconds(3))
            .build();

    @Test
    @DisplayName(
            "D4: an archive_command that hangs does not hold up the promotion, and its server is left alone till it ends")
    void switchover_archiverHangs_targetIsPromotedAllTheSame() throws Exception {
        PostgresServer from = duo.pair.writable().get(0);
        PostgresServer to = duo.pair.other(from);
        Files.createFile(hang);
        Recorder context = new Recorder();
        PostgresNode source = duo.node(from, new WatchedAgent(from, moment -> {
                    if (moment.equals("before write postgresql.auto.conf") || moment.equals("before start")) {
                        assertThat(from.running()).as(moment).isFalse();
                    }
                }))
                .build();
        Throwable open = catchThrowable(() ->
                SharedPair.apply(promoter.switchover(source, duo.node(to, to).build()), context));
        assertThat(open).isInstanceOf(DrTimeoutException.class).hasMessageContaining("postgres.still-stopping");
        assertThat(from.running()).isTrue();
        assertThat(duo.pair.writable()).containsExactly(to);
        duo.write(to, "while it lingers");

        Files.delete(hang);
        ActionExecutor.on(Duo.CLOCK)
                .execute(
                        PostgresReplicaPromoter.withDefaults()
                                .switchover(source, duo.node(to, to).build()),
                        context,
                        Watcher.NONE);
        assertThat(duo.pair.writable()).containsExactly(to);
        duo.pair.awaitCaughtUp(to, Duration.ofSeconds(20));
        assertThat(duo.holds(from, "while it lingers")).isTrue();
    }

    @Test
    @DisplayName("D4: a server that lingers is put back without waiting for its archiver")
    void switchover_archiverHangsAndReplicaIsCutOff_oldPrimaryIsAsBefore() throws Exception {
        PostgresServer from = duo.pair.writable().get(0);
        PostgresServer to = duo.pair.other(from);
        PostgresNode source = duo.node(from, new WatchedAgent(from, moment -> {
                    if (moment.equals("before stop") && !Files.exists(hang)) {
                        Files.createFile(hang);
                        duo.pair.partition();
                        try {
                            duo.write(from, "unsent");
                        } catch (java.sql.SQLException e) {
                            throw new java.io.IOException(e);
                        }
                    }
                }))
                .build();
        BlockedException aborted = catchThrowableOfType(
                BlockedException.class,
                () -> SharedPair.apply(
                        promoter.switchover(source, duo.node(to, to).build()), new Recorder()));
        assertThat(duo.pair.writable()).containsExactly(from);
        assertThat(aborted.code()).isEqualTo("postgres.not-drained");
        assertThat(from.dataDirectory().resolve(SwitchoverNote.PATH)).doesNotExist();
        Files.delete(hang);
        duo.pair.heal();
        duo.pair.awaitCaughtUp(from, Duration.ofSeconds(20));
        assertThat(duo.holds(to, "unsent")).isTrue();
    }

    @Test
    @DisplayName("D4: an agent that never comes back from a stop does not hold up the clients longer than was set")
    void switchover_stopDoesNotReturn_oldPrimaryIsAsBefore() throws Exception {
        PostgresServer from = duo.pair.writable().get(0);
        PostgresServer to = duo.pair.other(from);
        CountDownLatch never = new CountDownLatch(1);
        PostgresNode source = duo.node(from, new WatchedAgent(from, moment -> {
                    if (moment.equals("before stop")) {
                        never.await();
                    }
                }))
                .build();
        BlockedException aborted = catchThrowableOfType(
                BlockedException.class,
                () -> SharedPair.apply(
                        PostgresReplicaPromoter.builder()
                                .stopTimeout(Duration.ofMillis(300))
                                .build()
                                .switchover(source, duo.node(to, to).build()),
                        new Recorder()));
        assertThat(aborted.code()).isEqualTo("postgres.stop-overdue");
        assertThat(duo.pair.writable()).containsExactly(from);
        assertThat(from.dataDirectory().resolve(SwitchoverNote.PATH)).doesNotExist();
    }
}
