package io.drkit.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.ActionExecutor.Watcher;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.testkit.ledger.LiveWriter;
import io.drkit.testkit.postgres.ServerPart;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Switchovers that do not come to their end at once. */
class SwitchoverAbortTest extends SharedPair {
    private final PostgresReplicaPromoter promoter = PostgresReplicaPromoter.builder()
            .drainTimeout(Duration.ofMillis(300))
            .promoteTimeout(Duration.ofMillis(700))
            .policy(ExecutionPolicy.builder().timeout(Duration.ofSeconds(2)).build())
            .build();
    private final ActionExecutor executor = ActionExecutor.on(Duo.CLOCK);

    @BeforeEach
    void writeOddSettings() throws Exception {
        // a comment and an odd order must survive byte for byte
        from.write("postgresql.auto.conf", "# by hand: é\nprimary_slot_name = 'x'\nwork_mem='5MB'".getBytes(UTF_8));
    }

    private void assertFromIsAsBefore(byte[] settings) throws Exception {
        assertThat(duo.writable(from)).isTrue();
        assertThat(from.read("postgresql.auto.conf")).isEqualTo(settings);
        assertThat(from.dataDirectory().resolve("standby.signal")).doesNotExist();
        assertThat(from.dataDirectory().resolve("drkit.switchover")).doesNotExist();
        assertThat(duo.pair.writable()).containsExactly(from);
        assertThat(duo.ask(to, "SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
        duo.pair.awaitCaughtUp(from, SOON);
    }

    @Test
    @DisplayName("D4: a replica that does not receive the last write is not promoted, and the old primary writes on")
    void switchover_replicaCutOffAtTheStop_oldPrimaryIsAsBefore() throws Exception {
        byte[] settings = from.read("postgresql.auto.conf");
        PostgresNode source = from(moment -> {
            if (moment.equals("before stop")) {
                duo.pair.partition();
                try {
                    duo.write(from, "unsent");
                } catch (java.sql.SQLException e) {
                    throw new IOException(e);
                }
            }
            if (moment.equals("before start")) {
                duo.pair.heal();
            }
        });
        BlockedException aborted =
                catchThrowableOfType(BlockedException.class, () -> executor.execute(promoter.switchover(source, to())));
        assertThat(aborted.code()).isEqualTo("postgres.not-drained");
        assertFromIsAsBefore(settings);
        assertThat(duo.holds(to, "unsent")).isTrue();
    }

    @Test
    @DisplayName("D4: an agent that fails at any write before the promotion leaves the old primary writing")
    void switchover_agentFailsAtEachStepBeforeThePromotion_oldPrimaryIsAsBefore() throws Exception {
        byte[] settings = from.read("postgresql.auto.conf");
        // neither a slow stop nor a slow drain is to come before the break
        ActionExecutor patient = ActionExecutor.on(new PatientStops(Duo.CLOCK, SOON));
        PostgresReplicaPromoter unhurried = PostgresReplicaPromoter.withDefaults();
        for (String broken : new String[] {
            "before write drkit.switchover",
            "after write drkit.switchover",
            "before stop",
            "after stop",
            "before write standby.signal",
            "after write standby.signal",
            "before write postgresql.auto.conf",
            "after write postgresql.auto.conf"
        }) {
            boolean[] done = new boolean[1];
            PostgresNode source = from(moment -> {
                if (moment.equals(broken) && !done[0]) {
                    done[0] = true;
                    throw new IOException("the line broke " + broken);
                }
            });
            BlockedException aborted = catchThrowableOfType(
                    BlockedException.class, () -> patient.execute(unhurried.switchover(source, to())));
            assertThat(aborted).as(broken).hasMessageContaining("the line broke " + broken);
            assertThat(aborted.code()).isEqualTo("postgres.switchover-aborted");
            assertThat(aborted).hasCauseInstanceOf(IOException.class);
            assertFromIsAsBefore(settings);
        }
    }

    @Test
    void switchover_restoreFailsToo_firstFailureIsToldAndAnotherRunEndsIt() throws Exception {
        PostgresNode source = from(moment -> {
            if (moment.equals("before write standby.signal") || moment.equals("before start")) {
                throw new IOException("broken " + moment);
            }
        });
        Action<?> action = promoter.switchover(source, to());
        UnknownOutcomeException first =
                catchThrowableOfType(UnknownOutcomeException.class, () -> apply(action, new Recorder()));
        assertThat(first.code()).isEqualTo("postgres.abort-incomplete");
        assertThat(first).hasMessageContaining("broken before write standby.signal");
        assertThat(first.getCause()).hasMessageContaining("broken before write standby.signal");
        assertThat(first.getCause().getSuppressed()[0]).hasMessageContaining("broken before start");
        assertThat(duo.pair.writable()).isEmpty();

        executor.execute(PostgresReplicaPromoter.withDefaults().switchover(from(), to()));
        assertThat(duo.pair.writable()).containsExactly(to);
    }

    @Test
    void switchover_interrupted_oldPrimaryIsAsBefore() throws Exception {
        byte[] settings = from.read("postgresql.auto.conf");
        PostgresNode source = from(moment -> {
            if (moment.equals("after write standby.signal")) {
                throw new InterruptedException("called off");
            }
        });
        assertThatThrownBy(() -> apply(promoter.switchover(source, to()), new Recorder()))
                .isInstanceOf(InterruptedException.class);
        assertFromIsAsBefore(settings);
    }

    @Test
    @DisplayName("D4: a run that has lost its authority changes nothing more, and the newer one goes on")
    void switchover_authorityLostBeforeThePromotion_newerRunEndsIt() throws Exception {
        StaleEpochException stale = new StaleEpochException(
                "test.stale", Problem.expected("1").found("2").remedy("stop"));
        Recorder context = new Recorder() {
            private int left = 2;

            @Override
            public void requireAuthority() {
                if (left-- == 0) {
                    throw stale;
                }
            }
        };
        assertThatThrownBy(() -> apply(promoter.switchover(from(), to()), context))
                .isSameAs(stale);
        assertThat(duo.pair.writable()).isEmpty();
        assertThat(from.dataDirectory().resolve("standby.signal")).exists();

        Recorder next = new Recorder();
        executor.execute(promoter.switchover(from(), to()), next, Watcher.NONE);
        assertThat(duo.pair.writable()).containsExactly(to);

        Recorder old = new Recorder();
        old.epoch = context.epoch;
        assertThatThrownBy(() -> apply(promoter.switchover(to(), from()), old))
                .isInstanceOf(StaleEpochException.class)
                .hasMessageContaining("postgres.stale-epoch");
        assertThat(duo.pair.writable()).containsExactly(to);
    }

    @Test
    @DisplayName("D4: a promotion that comes late is unknown, the old primary stays fenced, and a resumption ends it")
    void switchover_promotionComesLate_unknownThenResumed() throws Exception {
        try (LiveWriter writer = LiveWriter.builder(duo.anyServer()).start()) {
            assertThat(writer.awaitAcknowledged(50, SOON)).isTrue();
            PostgresNode source = from(moment -> {
                if (moment.equals("after write standby.signal")) {
                    to.pause(ServerPart.STARTUP);
                }
            });
            Recorder context = new Recorder();
            assertThatThrownBy(() -> apply(promoter.switchover(source, to()), context))
                    .isInstanceOf(UnknownOutcomeException.class)
                    .hasMessageContaining("postgres.promotion-unknown");
            assertThat(from.running()).isFalse();
            assertThat(duo.pair.writable()).isEmpty();

            // the request stands and cannot be withdrawn: nothing is to be done but to wait
            assertThat(executor.preview(promoter.switchover(from(), to()), context))
                    .isInstanceOf(Assessment.Underway.class);
            assertThatThrownBy(() -> executor.execute(promoter.switchover(from(), to()), context, Watcher.NONE))
                    .isInstanceOf(DrTimeoutException.class)
                    .hasMessageContaining("carry out the promotion");

            // a reboot of the old primary does not make it writable
            from.start();
            assertThat(duo.writable(from)).isFalse();

            to.resume();
            executor.execute(PostgresReplicaPromoter.withDefaults().switchover(from(), to()), context, Watcher.NONE);
            assertThat(duo.pair.writable()).containsExactly(to);
            assertThat(writer.awaitAcknowledgedSince(writer.mark(), 20, SOON)).isTrue();
            writer.stop();
            assertThat(writer.audit(duo.pair.directUrl(to)).clean()).isTrue();
        }
    }

    @Test
    @DisplayName("D4: a candidate that restarts has forgotten the request, and is asked again")
    void switchover_candidateRestartsBeforePromoting_askedAgain() throws Exception {
        PostgresNode source = from(moment -> {
            if (moment.equals("after write standby.signal")) {
                to.pause(ServerPart.STARTUP);
            }
        });
        Recorder context = new Recorder();
        assertThatThrownBy(() -> apply(promoter.switchover(source, to()), context))
                .isInstanceOf(UnknownOutcomeException.class);
        duo.pair.kill9(to);
        to.start();
        assertThat(duo.pair.writable()).isEmpty();
        executor.execute(PostgresReplicaPromoter.withDefaults().switchover(from(), to()), context, Watcher.NONE);
        assertThat(duo.pair.writable()).containsExactly(to);
    }

    @Test
    @DisplayName("D4: a fenced primary that somebody made writable again is not overlooked")
    void switchover_tombstoneRemovedByHand_refusedAsTheOutcomeIsOpen() throws Exception {
        PostgresNode source = from(moment -> {
            if (moment.equals("after write standby.signal")) {
                to.pause(ServerPart.STARTUP);
            }
        });
        assertThatThrownBy(() -> apply(promoter.switchover(source, to()), new Recorder()))
                .isInstanceOf(UnknownOutcomeException.class);
        from.remove("standby.signal");
        from.start();
        assertThatThrownBy(() -> executor.execute(promoter.switchover(from(), to())))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("[postgres.promotion-open]");
        to.resume();
        Duo.until(() -> duo.pair.writable().size() == 2);
        assertThatThrownBy(() -> executor.execute(promoter.switchover(from(), to())))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("[postgres.split-brain]");
    }
}
