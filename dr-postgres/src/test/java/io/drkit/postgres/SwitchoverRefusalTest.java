package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.BlockedException;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.replica.Lag;
import io.drkit.core.replica.NodeStatus;
import io.drkit.core.replica.ReplicationStatus;
import io.drkit.testkit.postgres.PostgresServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a switchover refuses, with nothing changed. One pair serves all. */
class SwitchoverRefusalTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final PostgresReplicaPromoter PROMOTER = PostgresReplicaPromoter.withDefaults();

    private static Duo duo;

    @BeforeAll
    static void start() throws Exception {
        duo = new Duo(pair -> pair.servers(server -> server.setting("wal_retrieve_retry_interval", "100ms")));
        duo.sql(duo.westServer(), "CREATE ROLE stranger LOGIN");
        duo.sql(duo.westServer(), "GRANT CREATE ON DATABASE shop TO stranger");
        duo.sql(duo.westServer(), "GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO stranger");
        duo.pair.awaitCaughtUp(duo.westServer(), SOON);
    }

    @AfterAll
    static void stop() {
        duo.close();
    }

    private static void refused(PostgresNode from, PostgresNode to, String code, String... told) throws Exception {
        refused(PROMOTER, from, to, code, told);
    }

    private static void refused(
            PostgresReplicaPromoter promoter, PostgresNode from, PostgresNode to, String code, String... told)
            throws Exception {
        byte[] settings = duo.westServer().read("postgresql.auto.conf");
        String started = duo.ask(duo.westServer(), "SELECT pg_postmaster_start_time()");
        BlockedException refusal = Assertions.catchThrowableOfType(
                BlockedException.class, () -> ActionExecutor.on(Duo.CLOCK).execute(promoter.switchover(from, to)));
        assertThat(refusal).isNotNull();
        assertThat(refusal.getMessage()).contains("[" + code + "]");
        for (String part : told) {
            assertThat(refusal.getMessage()).contains(part);
        }
        assertThat(refusal.problem().remedy()).isNotBlank();
        assertThat(duo.ask(duo.westServer(), "SELECT pg_postmaster_start_time()"))
                .isEqualTo(started);
        assertThat(duo.writable(duo.westServer())).isTrue();
        assertThat(duo.westServer().read("postgresql.auto.conf")).isEqualTo(settings);
        assertThat(duo.westServer().dataDirectory().resolve("drkit.switchover")).doesNotExist();
        assertThat(duo.ask(duo.westServer(), "SELECT to_regclass('drkit_probe.run')"))
                .isEqualTo("null");
    }

    private static PostgresNode.Builder unreachable(String name) {
        // nobody listens on a port below those that systems give out
        return PostgresNode.named(name).address("127.0.0.1", 2).user("postgres").database("shop");
    }

    @Test
    @DisplayName("D4: a replica that cannot be reached is refused")
    void switchover_replicaUnreachable_refused() throws Exception {
        refused(duo.west(), unreachable("east").build(), "postgres.unreachable", "east cannot be asked", "127.0.0.1:2");
    }

    @Test
    @DisplayName("D4: a primary that cannot be reached is refused")
    void switchover_primaryUnreachable_refused() throws Exception {
        PostgresNode west = unreachable("west").agent(duo.westServer()).build();
        refused(west, duo.east(), "postgres.unreachable", "west cannot be asked");
    }

    @Test
    void switchover_roleMayNotLogIn_refusedAsDenied() throws Exception {
        PostgresNode east =
                duo.node(duo.eastServer(), null).user("nobody_of_that_name").build();
        refused(duo.west(), east, "postgres.denied", "nobody_of_that_name");
    }

    @Test
    @DisplayName("D4: the roles the wrong way round are refused")
    void switchover_rolesSwapped_refused() throws Exception {
        PostgresNode third = duo.node(duo.eastServer(), null).build();
        PostgresNode again = PostgresNode.named("third")
                .address(duo.eastServer().host(), duo.eastServer().port())
                .user("postgres")
                .database("shop")
                .build();
        refused(third, again, "postgres.no-primary");
    }

    @Test
    void switchover_alreadyTheOtherWay_isDoneWithoutAChange() throws Exception {
        assertThat(ActionExecutor.on(Duo.CLOCK)
                        .execute(PROMOTER.switchover(duo.east(), duo.west()))
                        .because())
                .contains("west is the primary");
    }

    @Test
    @DisplayName("D4: two database systems that are not copies of each other are refused")
    void switchover_otherDatabaseSystem_refused(@TempDir Path directory) throws Exception {
        try (PostgresServer other = PostgresServer.builder("other")
                .directory(directory)
                .durable(false)
                .build()) {
            other.initialise();
            other.start();
            PostgresNode stranger = PostgresNode.named("other")
                    .address(other.host(), other.port())
                    .user("postgres")
                    .build();
            refused(duo.west(), stranger, "postgres.wrong-pair", "west and other");
        }
    }

    @Test
    void switchover_noAgent_refused() throws Exception {
        refused(duo.node(duo.westServer(), null).build(), duo.east(), "postgres.no-agent");
    }

    @Test
    void switchover_agentDoesNotAnswer_refused() throws Exception {
        PostgresNode west = duo.node(duo.westServer(), new WatchedAgent(duo.westServer(), moment -> {
                    throw new IOException("no route to the agent");
                }))
                .build();
        refused(west, duo.east(), "postgres.agent-unreachable", "no route to the agent");
    }

    @Test
    void switchover_agentOfTheOtherServer_refused() throws Exception {
        PostgresNode west = duo.node(duo.westServer(), duo.eastServer()).build();
        refused(west, duo.east(), "postgres.agent-mismatch", "IN_ARCHIVE_RECOVERY");
    }

    @Test
    void switchover_replayPaused_refused() throws Exception {
        duo.sql(duo.eastServer(), "SELECT pg_wal_replay_pause()");
        try {
            refused(duo.west(), duo.east(), "postgres.replay-paused");
        } finally {
            duo.sql(duo.eastServer(), "SELECT pg_wal_replay_resume()");
        }
    }

    @Test
    @DisplayName("D4, D9: a lag that the role may not see is unknown, and refused")
    void switchover_lagUnknown_refused() throws Exception {
        PostgresNode east =
                duo.node(duo.eastServer(), duo.eastServer()).user("stranger").build();
        ReplicationStatus status = PROMOTER.status(duo.west(), east);
        assertThat(status.lag()).isInstanceOf(Lag.Unknown.class);
        assertThat(status.lag().line()).contains("pg_monitor");
        assertThat(status.replica().receiving()).isFalse();
        refused(duo.west(), east, "postgres.lag-unknown", "pg_monitor");
    }

    @Test
    @DisplayName("D4, D9: a primary whose senders the role may not see is refused")
    void switchover_sendersHidden_refused() throws Exception {
        PostgresNode west =
                duo.node(duo.westServer(), duo.westServer()).user("stranger").build();
        refused(west, duo.east(), "postgres.missing-grant", "pg_stat_replication");
    }

    @Test
    void switchover_streamsFromElsewhere_refused() throws Exception {
        PostgresNode west = duo.node(duo.westServer(), duo.westServer())
                .replication("127.0.0.1", 3, "postgres")
                .build();
        refused(west, duo.east(), "postgres.not-streaming", "127.0.0.1:3");
    }

    @Test
    @DisplayName("D4: a partitioned replica is refused")
    void switchover_notStreaming_refused() throws Exception {
        duo.pair.partition();
        try {
            awaitStreams(false);
            refused(duo.west(), duo.east(), "postgres.not-streaming");
            assertThat(PROMOTER.status(duo.west(), duo.east()).replica().receiving())
                    .isFalse();
        } finally {
            duo.pair.heal();
            awaitStreams(true);
        }
    }

    @Test
    @DisplayName("D4: more lag than allowed is refused")
    void switchover_laggingTooMuch_refused() throws Exception {
        // a standby tells no time before it has replayed its first transaction
        duo.write(duo.westServer(), "before");
        duo.pair.awaitCaughtUp(duo.westServer(), SOON);
        duo.eastServer().pause(io.drkit.testkit.postgres.ServerPart.WAL_RECEIVER);
        try {
            duo.sql(duo.westServer(), "INSERT INTO item (note) SELECT repeat('x', 500) FROM generate_series(1, 1000)");
            ReplicationStatus status = PROMOTER.status(duo.west(), duo.east());
            assertThat(((Lag.Known) status.lag()).bytes()).isGreaterThan(500_000);
            assertThat(((Lag.Known) status.lag()).time()).isPresent();
            refused(
                    PostgresReplicaPromoter.builder().maxLag(100_000).build(),
                    duo.west(),
                    duo.east(),
                    "postgres.lag",
                    "100000 B");
        } finally {
            duo.eastServer().resume();
            duo.pair.awaitCaughtUp(duo.westServer(), SOON);
        }
    }

    @Test
    void switchover_delayedReplica_refused() throws Exception {
        configureEast("recovery_min_apply_delay", "1h", "postgres.delayed-replica");
    }

    @Test
    void switchover_leftoverRecoveryTarget_refused() throws Exception {
        configureEast("recovery_target_name", "nowhere", "postgres.recovery-target");
    }

    private static void configureEast(String setting, String value, String code) throws Exception {
        duo.sql(duo.eastServer(), "ALTER SYSTEM SET " + setting + " = '" + value + "'");
        try {
            duo.eastServer().restart();
            awaitStreams(true);
            refused(duo.west(), duo.east(), code);
        } finally {
            duo.sql(duo.eastServer(), "ALTER SYSTEM RESET " + setting);
            duo.eastServer().restart();
            awaitStreams(true);
        }
    }

    @Test
    void switchover_leftoverStandbySignalOnThePrimary_refused() throws Exception {
        duo.westServer().write("standby.signal", new byte[0]);
        try {
            refused(duo.west(), duo.east(), "postgres.leftover-signal");
        } finally {
            duo.westServer().remove("standby.signal");
        }
    }

    @Test
    void switchover_mayNotPromote_refused() throws Exception {
        duo.sql(duo.westServer(), "CREATE ROLE onlooker LOGIN");
        duo.sql(duo.westServer(), "GRANT pg_monitor TO onlooker");
        duo.pair.awaitCaughtUp(duo.westServer(), SOON);
        PostgresNode east =
                duo.node(duo.eastServer(), duo.eastServer()).user("onlooker").build();
        refused(duo.west(), east, "postgres.missing-grant", "pg_promote");
        PostgresNode west =
                duo.node(duo.westServer(), duo.westServer()).user("onlooker").build();
        refused(west, duo.east(), "postgres.missing-grant", "write the probe");
    }

    @Test
    void switchover_unreadableNote_refused() throws Exception {
        duo.westServer().write("drkit.switchover", new byte[] {1, 2, 3});
        try {
            BlockedException refusal = Assertions.catchThrowableOfType(
                    BlockedException.class,
                    () -> ActionExecutor.on(Duo.CLOCK).execute(PROMOTER.switchover(duo.west(), duo.east())));
            assertThat(refusal).hasMessageContaining("drkit.switchover is no readable note");
        } finally {
            duo.westServer().remove("drkit.switchover");
        }
    }

    @Test
    void switchover_stoppedByNobodyOfOurs_refused() throws Exception {
        duo.westServer().stop(io.drkit.core.replica.NodeAgent.Stop.CLEAN);
        try {
            assertThat(PROMOTER.status(duo.west(), duo.east()).primary().role()).isEqualTo(NodeStatus.Role.STOPPED);
            BlockedException refusal = Assertions.catchThrowableOfType(
                    BlockedException.class,
                    () -> ActionExecutor.on(Duo.CLOCK).execute(PROMOTER.switchover(duo.west(), duo.east())));
            assertThat(refusal).hasMessageContaining("[postgres.primary-stopped]");
        } finally {
            duo.westServer().start();
            awaitStreams(true);
        }
    }

    @Test
    @DisplayName("D9: an idle primary is not a lagging replica")
    void status_idlePrimary_lagIsZeroInBytesAndTime() throws Exception {
        duo.pair.awaitCaughtUp(duo.westServer(), SOON);
        ReplicationStatus status = PROMOTER.status(duo.west(), duo.east());
        assertThat(status.line()).startsWith("west primary (timeline 1), east replica streaming (timeline 1), lag ");
        Lag.Known lag = (Lag.Known) status.lag();
        assertThat(lag.bytes()).isZero();
        assertThat(lag.time()).contains(Duration.ZERO);
    }

    @Test
    @DisplayName("D9: what cannot be reached is unknown, never a default")
    void status_unreachable_rolesAndLagAreUnknown() throws Exception {
        ReplicationStatus status =
                PROMOTER.status(unreachable("west").build(), unreachable("east").build());
        assertThat(status.primary().role()).isEqualTo(NodeStatus.Role.UNKNOWN);
        assertThat(status.replica().role()).isEqualTo(NodeStatus.Role.UNKNOWN);
        assertThat(status.lag()).isInstanceOf(Lag.Unknown.class);
    }

    private static void awaitStreams(boolean wanted) throws Exception {
        var deadline = Duo.CLOCK.deadline(SOON);
        while (PROMOTER.status(duo.west(), duo.east()).replica().receiving() != wanted) {
            assertThat(deadline.passed()).isFalse();
            Duo.CLOCK.sleep(Duration.ofMillis(10));
        }
    }
}
