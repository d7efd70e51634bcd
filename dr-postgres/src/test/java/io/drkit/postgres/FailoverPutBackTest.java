package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.ActionExecutor.Watcher;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.Fence;
import io.drkit.core.replica.FenceProof;
import io.drkit.core.replica.LossWaiver;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A replica that was cut off to weigh its loss is put back when its failover is refused, whoever refuses it. */
class FailoverPutBackTest extends SharedPair {
    private static final Fence ROUTER = new Fence() {
        @Override
        public String describe() {
            return "cut the clients off at the router";
        }

        @Override
        public FenceProof fence(ActionContext context) {
            return new FenceProof.Confirmed("the router says so");
        }
    };

    private final FailoverTerms terms = FailoverTerms.fencedBy(ROUTER);
    private final PostgresReplicaPromoter promoter = PostgresReplicaPromoter.withDefaults();

    private FailoverTerms waived() {
        return terms.waivedBy(new LossWaiver("ann", "a test"));
    }

    private static BlockedException refusal() {
        return new BlockedException(
                "test.refused", Problem.expected("1").found("2").remedy("3"), null);
    }

    /** Dies, or is refused, where the position of the cut replica is recorded. */
    private static Recorder endingAtTheCut(Throwable end) {
        return new Recorder() {
            @Override
            public void record(String key, String value) {
                super.record(key, value);
                if (key.equals("received.position")) {
                    if (end instanceof Error error) {
                        throw error;
                    }
                    throw (RuntimeException) end;
                }
            }
        };
    }

    private Recorder diedWhileCut() throws Exception {
        Recorder first = endingAtTheCut(new MortalContext.Death());
        assertThat(catchThrowable(() -> apply(promoter.failover(from(), to(), waived()), first)))
                .isInstanceOf(MortalContext.Death.class);
        assertThat(duo.ask(to, "SHOW primary_conninfo")).isEmpty();
        return first;
    }

    private void assertStreamsAgain() throws Exception {
        Duo.until(() -> promoter.status(from(), to()).replica().receiving());
        duo.write(from, "since");
        duo.pair.awaitCaughtUp(from, SOON);
    }

    @Test
    @DisplayName("D4: a resumption that refuses in the middle puts back the replica that a dead process had cut off")
    void failover_resumedAndRefusedAfterTheCut_replicaStreamsAgain() throws Exception {
        Recorder first = diedWhileCut();
        Recorder next = endingAtTheCut(refusal());
        next.facts.putAll(first.facts);
        assertThat(catchThrowable(() -> apply(promoter.failover(from(), to(), waived()), next)))
                .hasMessageContaining("test.refused");
        assertStreamsAgain();
    }

    @Test
    @DisplayName("D4: a resumption that is refused at once puts back the replica that a dead process had cut off")
    void failover_resumedAndRefusedAtOnce_replicaStreamsAgain() throws Exception {
        Recorder first = diedWhileCut();
        Recorder next = new Recorder();
        next.facts.putAll(first.facts);
        // no sampler runs in this process, and nobody waives
        BlockedException refused = catchThrowableOfType(
                BlockedException.class,
                () -> ActionExecutor.on(Duo.CLOCK).execute(promoter.failover(from(), to(), terms), next, Watcher.NONE));
        assertThat(refused.code()).isEqualTo("postgres.loss-unknown");
        assertThat(refused).hasMessageContaining("FlushSampler").hasMessageContaining("sampling(");
        assertStreamsAgain();

        // and from then on it is refused with nothing to put back
        String conninfo = duo.ask(to, "SHOW primary_conninfo");
        assertThat(catchThrowable(() -> ActionExecutor.on(Duo.CLOCK)
                        .execute(promoter.failover(from(), to(), terms), next, Watcher.NONE)))
                .hasMessageContaining("postgres.loss-unknown");
        assertThat(duo.ask(to, "SHOW primary_conninfo")).isEqualTo(conninfo);
    }

    @Test
    @DisplayName("D4: a session that broke meanwhile does not keep the replica from being put back")
    void failover_sessionBreaksWhileCut_replicaStreamsAgain() throws Exception {
        Recorder context = new Recorder() {
            @Override
            public void record(String key, String value) {
                super.record(key, value);
                if (key.equals("received.position")) {
                    try {
                        duo.ask(
                                to,
                                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                        + " WHERE application_name = 'drkit'");
                    } catch (java.sql.SQLException e) {
                        throw new AssertionError(e);
                    }
                    throw refusal();
                }
            }
        };
        assertThat(catchThrowable(() -> apply(promoter.failover(from(), to(), waived()), context)))
                .hasMessageContaining("test.refused");
        assertStreamsAgain();
    }

    @Test
    @DisplayName("D4: a refused failover that cannot put the replica back says that it is still cut off")
    void failover_refusedAndReplicaGone_saysThatItIsStillCut() throws Exception {
        Recorder context = new Recorder() {
            @Override
            public void record(String key, String value) {
                super.record(key, value);
                if (key.equals("received.position")) {
                    try {
                        duo.pair.kill9(to);
                    } catch (java.io.IOException | InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    throw refusal();
                }
            }
        };
        UnknownOutcomeException cut = catchThrowableOfType(
                UnknownOutcomeException.class, () -> apply(promoter.failover(from(), to(), waived()), context));
        assertThat(cut.code()).isEqualTo("postgres.still-cut");
        assertThat(cut).hasMessageContaining("test.refused").hasCauseInstanceOf(BlockedException.class);
        to.start();

        Recorder next = new Recorder();
        next.facts.putAll(context.facts);
        assertThat(catchThrowable(() -> ActionExecutor.on(Duo.CLOCK)
                        .execute(promoter.failover(from(), to(), terms), next, Watcher.NONE)))
                .hasMessageContaining("postgres.loss-unknown");
        assertStreamsAgain();
    }

    @Test
    void failover_replicaHadNoPrimaryBefore_leftSo() throws Exception {
        duo.sql(to, "ALTER SYSTEM SET primary_conninfo = ''");
        duo.sql(to, "SELECT pg_reload_conf()");
        Duo.until(() -> !promoter.status(from(), to()).replica().receiving());
        assertThat(catchThrowable(() -> apply(promoter.failover(from(), to(), waived()), endingAtTheCut(refusal()))))
                .hasMessageContaining("test.refused");
        assertThat(duo.ask(to, "SHOW primary_conninfo")).isEmpty();
    }

    @Test
    @DisplayName("F14: without a sampler the failover is known not to be ready, long before it is needed")
    void samplingCheck_noSampler_isNotReady() throws Exception {
        assertThat(promoter.lossKnown(from(), Duration.ofSeconds(5))
                        .run(Duo.CLOCK)
                        .state())
                .isEqualTo(io.drkit.core.readiness.ReadyState.NOT_READY);
        try (FlushSampler sampler = promoter.sampling(from(), Duration.ofMillis(20))) {
            Duo.until(() -> !sampler.toString().contains(" 0 samples"));
            assertThat(promoter.lossKnown(from(), Duration.ofSeconds(5))
                            .run(Duo.CLOCK)
                            .state())
                    .isEqualTo(io.drkit.core.readiness.ReadyState.READY);
            assertThat(promoter.lossKnown(from(), Duration.ofNanos(1))
                            .run(Duo.CLOCK)
                            .state())
                    .isEqualTo(io.drkit.core.readiness.ReadyState.UNKNOWN);
        }
    }
}
