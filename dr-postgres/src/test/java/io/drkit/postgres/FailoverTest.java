package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.ActionExecutor.Watcher;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.Fence;
import io.drkit.core.replica.FenceProof;
import io.drkit.core.replica.LossWaiver;
import io.drkit.core.replica.NodeAgent;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.ledger.Audit;
import io.drkit.testkit.ledger.LiveWriter;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class FailoverTest extends SharedPair {
    private static final LossWaiver WAIVER = new LossWaiver("ann", "the region is lost");

    private final PostgresReplicaPromoter promoter = PostgresReplicaPromoter.builder()
            .drainTimeout(Duration.ofSeconds(5))
            .build();
    private final ActionExecutor executor = ActionExecutor.on(Duo.CLOCK);

    private record Answering(FenceProof proof) implements Fence {
        @Override
        public String describe() {
            return "answer " + proof;
        }

        @Override
        public FenceProof fence(ActionContext context) {
            return proof;
        }
    }

    private void refused(FailoverTerms terms, String code) throws Exception {
        String conninfo = duo.ask(to, "SHOW primary_conninfo");
        assertThatThrownBy(() -> executor.execute(promoter.failover(from(), to(), terms)))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("[" + code + "]");
        assertThat(duo.writable(to)).isFalse();
        assertThat(duo.ask(to, "SHOW primary_conninfo")).isEqualTo(conninfo).isNotEmpty();
    }

    @Test
    @DisplayName("D4: after a power cut of a primary whose replica lagged, no more is lost than was stated")
    void failover_powerCutWithLaggingReplica_lossFoundIsWithinTheBound() throws Exception {
        try (FlushSampler sampler = promoter.sampling(from(), Duration.ofMillis(20));
                LiveWriter writer = LiveWriter.builder(duo.anyServer()).start()) {
            long begun = System.nanoTime();
            assertThat(writer.awaitAcknowledged(100, SOON)).isTrue();
            duo.pair.partition();
            assertThat(writer.awaitAcknowledgedSince(writer.mark(), 100, SOON)).isTrue();
            duo.pair.kill9(from);

            long[] fencedAt = new long[1];
            Fence stopping = PostgresFences.stopping(from());
            Fence timed = new Fence() {
                @Override
                public String describe() {
                    return stopping.describe();
                }

                @Override
                public FenceProof fence(ActionContext context) throws InterruptedException {
                    FenceProof proof = stopping.fence(context);
                    fencedAt[0] = System.nanoTime();
                    return proof;
                }
            };
            Recorder context = new Recorder();
            executor.execute(promoter.failover(from(), to(), FailoverTerms.fencedBy(timed)), context, Watcher.NONE);
            assertThat(writer.awaitAcknowledgedSince(writer.mark(), 20, SOON)).isTrue();
            writer.stop();

            assertThat(duo.pair.writable()).containsExactly(to);
            assertThat(context.losses)
                    .extracting(DataLoss::stage)
                    .containsExactly(DataLoss.Stage.BOUND, DataLoss.Stage.ACHIEVED);
            assertThat(context.facts.get("fence")).startsWith("Confirmed");
            Duration bound = context.losses.get(1).time().orElseThrow();
            assertThat(bound).isLessThanOrEqualTo(context.losses.get(0).time().orElseThrow());
            Audit audit = writer.audit(duo.pair.directUrl(to));
            assertThat(audit.lost()).isNotEmpty();
            assertThat(audit.lossSpan()).isLessThanOrEqualTo(bound);
            for (Audit.Row row : audit.lost()) {
                // acknowledged no longer before the fence than stated; the writer's own beginning was a little earlier
                Duration beforeFence = Duration.ofNanos(fencedAt[0] - begun).minus(row.acknowledgedAfter());
                assertThat(beforeFence).isLessThanOrEqualTo(bound);
            }
            assertThat(sampler.toString()).doesNotContain(" 0 samples");
        }
        // as a reboot of the machine would
        from.start();
        assertThat(duo.writable(from)).isFalse();
        assertThat(duo.pair.writable()).containsExactly(to);
    }

    @Test
    @DisplayName("D4: without samples the loss is unknown and refused, unless somebody waives it by name")
    void failover_noSamples_refusedWithoutAWaiverAndDoneWithOne() throws Exception {
        duo.write(from, "kept");
        duo.pair.awaitCaughtUp(from, SOON);
        duo.pair.kill9(from);
        FailoverTerms fenced = FailoverTerms.fencedBy(PostgresFences.stopping(from()));
        refused(fenced, "postgres.loss-unknown");
        assertThat(from.dataDirectory().resolve("standby.signal")).doesNotExist();

        Recorder context = new Recorder();
        executor.execute(promoter.failover(from(), to(), fenced.waivedBy(WAIVER)), context, Watcher.NONE);

        assertThat(duo.holds(to, "kept")).isTrue();
        assertThat(context.facts).containsEntry("waiver", "ann: the region is lost");
        assertThat(context.losses).extracting(DataLoss::time).allMatch(java.util.Optional::isEmpty);
        assertThat(executor.execute(promoter.failover(from(), to(), fenced)).because())
                .contains(to.name() + " is the primary on timeline");
    }

    @Test
    @DisplayName("D4: a loss above the accepted one is refused, with nothing changed")
    void failover_lossAboveAccepted_refused() throws Exception {
        try (FlushSampler sampler = promoter.sampling(from(), Duration.ofMillis(20))) {
            Duo.until(() -> executor.preview(
                            promoter.failover(from(), to(), FailoverTerms.fencedBy(PostgresFences.stopping(from()))))
                    instanceof Assessment.Needed);
            duo.pair.kill9(from);
            refused(
                    FailoverTerms.fencedBy(PostgresFences.stopping(from())).acceptingLoss(Duration.ofNanos(1)),
                    "postgres.loss-above-accepted");
            assertThat(from.dataDirectory().resolve("standby.signal")).doesNotExist();
            executor.execute(promoter.failover(
                    from(),
                    to(),
                    FailoverTerms.fencedBy(PostgresFences.stopping(from())).acceptingLoss(Duration.ofMinutes(1))));
            assertThat(duo.pair.writable()).containsExactly(to);
            assertThat(sampler.toString()).contains(from.name());
        }
    }

    /** The system's clockwork, whose monotonic time a test can move on. */
    private static Clockwork leaping(AtomicLong ahead) {
        return (Clockwork) Proxy.newProxyInstance(
                FailoverTest.class.getClassLoader(), new Class<?>[] {Clockwork.class}, (proxy, method, arguments) -> {
                    Object answer;
                    try {
                        answer = method.invoke(Duo.CLOCK, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                    return method.getName().equals("nanoTime") ? (Object) ((Long) answer + ahead.get()) : answer;
                });
    }

    @Test
    @DisplayName("D4: a loss that grew above the accepted one while it was fenced is refused, and the replica put back")
    void failover_fencingTakesTooLong_refusedAndReplicaIsAsBefore() throws Exception {
        AtomicLong ahead = new AtomicLong();
        PostgresReplicaPromoter watching =
                PostgresReplicaPromoter.builder().clockwork(leaping(ahead)).build();
        Fence stopping = PostgresFences.stopping(from());
        Fence slow = new Fence() {
            @Override
            public String describe() {
                return stopping.describe();
            }

            @Override
            public FenceProof fence(ActionContext context) throws InterruptedException {
                FenceProof proof = stopping.fence(context);
                ahead.addAndGet(Duration.ofHours(1).toNanos());
                return proof;
            }
        };
        String conninfo = duo.ask(to, "SHOW primary_conninfo");
        try (FlushSampler sampler = watching.sampling(from(), Duration.ofMillis(20))) {
            Duo.until(() -> !sampler.toString().contains(" 0 samples"));
            Recorder context = new Recorder();
            assertThatThrownBy(() -> apply(
                            watching.failover(
                                    from(), to(), FailoverTerms.fencedBy(slow).acceptingLoss(Duration.ofMinutes(10))),
                            context))
                    .isInstanceOf(BlockedException.class)
                    .hasMessageContaining("[postgres.loss-above-accepted]");
            assertThat(context.losses).extracting(DataLoss::stage).containsExactly(DataLoss.Stage.BOUND);
        }
        assertThat(duo.writable(to)).isFalse();
        assertThat(duo.ask(to, "SHOW primary_conninfo")).isEqualTo(conninfo);
        assertThat(from.running()).isFalse();
    }

    @Test
    @DisplayName("D4: a primary that answers is not failed over from without a confirmed fence, whoever waives it")
    void failover_primaryStillAnswers_refused() throws Exception {
        try (FlushSampler sampler = promoter.sampling(from(), Duration.ofMillis(20))) {
            Duo.until(() -> !sampler.toString().contains(" 0 samples"));
            refused(FailoverTerms.unfenced(WAIVER), "postgres.primary-answers");
            FenceProof unknown = new FenceProof.Unknown("no route");
            FenceProof refused = new FenceProof.Refused("it runs");
            refused(FailoverTerms.fencedBy(new Answering(unknown)), "postgres.not-fenced");
            refused(FailoverTerms.fencedBy(new Answering(unknown)).waivedBy(WAIVER), "postgres.primary-answers");
            refused(FailoverTerms.fencedBy(new Answering(refused)).waivedBy(WAIVER), "postgres.not-fenced");
            assertThat(duo.pair.writable()).containsExactly(from);
        }
    }

    @Test
    @DisplayName("D4: a fence stops a living primary for good")
    void failover_fencedWhileAlive_oldPrimaryComesUpReadOnly() throws Exception {
        try (FlushSampler sampler = promoter.sampling(from(), Duration.ofMillis(20))) {
            Duo.until(() -> !sampler.toString().contains(" 0 samples"));
            executor.execute(promoter.failover(from(), to(), FailoverTerms.fencedBy(PostgresFences.stopping(from()))));
        }
        assertThat(from.running()).isFalse();
        from.start();
        assertThat(duo.pair.writable()).containsExactly(to);
    }

    @Test
    @DisplayName("D4: a fence that cannot reach the agent is unknown, and takes a waiver")
    void failover_agentUnreachable_takesAWaiver() throws Exception {
        duo.pair.kill9(from);
        PostgresNode cutOff = from(moment -> {
            throw new IOException("no route");
        });
        FailoverTerms terms = FailoverTerms.fencedBy(PostgresFences.stopping(cutOff));
        assertThat(PostgresFences.stopping(cutOff).fence(new Recorder())).isInstanceOf(FenceProof.Unknown.class);
        refused(terms, "postgres.loss-unknown");
        Recorder context = new Recorder();
        executor.execute(promoter.failover(cutOff, to(), terms.waivedBy(WAIVER)), context, Watcher.NONE);
        assertThat(context.facts.get("fence")).startsWith("Unknown");
        assertThat(context.facts).containsKey("waiver");
        assertThat(duo.pair.writable()).containsExactly(to);
    }

    @Test
    @DisplayName("D4, D6: after a clean stop nothing is lost, and the old primary rejoins")
    void failover_primaryStoppedCleanly_losesNothingAndRejoins() throws Exception {
        duo.write(from, "last words");
        from.stop(NodeAgent.Stop.CLEAN);
        Recorder context = new Recorder();
        executor.execute(
                promoter.failover(from(), to(), FailoverTerms.fencedBy(PostgresFences.stopping(from()))),
                context,
                Watcher.NONE);
        assertThat(context.losses).extracting(DataLoss::bytes).allMatch(bytes -> bytes.orElse(-1) == 0);
        assertThat(duo.holds(to, "last words")).isTrue();

        executor.execute(promoter.rejoin(from(), to()));
        assertThat(promoter.status(to(), from()).replica().receiving()).isTrue();
        assertThat(executor.preview(promoter.rejoin(from(), to()))).isInstanceOf(Assessment.Done.class);
        // D6: and back again
        executor.execute(promoter.switchover(to(), from()));
        assertThat(duo.pair.writable()).containsExactly(from);
    }

    @Test
    @DisplayName(
            "D9: a replica whose primary has gone tells the timeline that it is on, not the one of its last checkpoint")
    void status_primaryGoneSoonAfterASwitchover_replicaTellsTheNewTimeline() throws Exception {
        executor.execute(promoter.switchover(from(), to()));
        long timeline = promoter.status(to(), from()).primary().timeline().orElseThrow();
        to.stop(NodeAgent.Stop.CLEAN);
        Duo.until(() -> !promoter.status(to(), from()).replica().receiving());
        assertThat(promoter.status(to(), from()).replica().timeline()).hasValue(timeline);
        to.start();
    }

    @Test
    @DisplayName("D6: an old primary that may hold more is not made a replica")
    void rejoin_crashedFormerPrimary_refused() throws Exception {
        duo.pair.partition();
        duo.write(from, "only here");
        duo.pair.kill9(from);
        executor.execute(promoter.failover(
                from(),
                to(),
                FailoverTerms.fencedBy(PostgresFences.stopping(from())).waivedBy(WAIVER)));
        duo.pair.heal();
        assertThatThrownBy(() -> executor.execute(promoter.rejoin(from(), to())))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("[postgres.diverged]")
                .hasMessageContaining("pg_rewind");
        assertThat(from.running()).isFalse();

        // started under its tombstone it answers, and looks healthy, and is not
        from.start();
        assertThat(duo.holds(from, "only here")).isTrue();
        assertThatThrownBy(() -> executor.execute(promoter.rejoin(from(), to())))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("[postgres.diverged]")
                .hasMessageContaining("have parted at");
        assertThat(duo.holds(from, "only here")).isTrue();
    }

    @Test
    @DisplayName("D6: a primary that wrote on after the switch is refused, stopped cleanly or not")
    void rejoin_cleanlyStoppedButDiverged_refused() throws Exception {
        from.stop(NodeAgent.Stop.CLEAN);
        executor.execute(promoter.failover(from(), to(), FailoverTerms.fencedBy(PostgresFences.stopping(from()))));
        from.remove("standby.signal");
        from.start();
        assertThatThrownBy(() -> executor.execute(promoter.rejoin(from(), to())))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("[postgres.split-brain]");
        duo.write(from, "after the switch");
        from.stop(NodeAgent.Stop.CLEAN);
        assertThatThrownBy(() -> executor.execute(promoter.rejoin(from(), to())))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("[postgres.diverged]");
        assertThat(from.running()).isFalse();
    }

    @Test
    @DisplayName("D6: a replica that was cut off for a failover that never came is put back")
    void rejoin_replicaCutOff_streamsAgain() throws Exception {
        duo.sql(to, "ALTER SYSTEM SET primary_conninfo = ''");
        duo.sql(to, "SELECT pg_reload_conf()");
        Duo.until(() -> !promoter.status(from(), to()).replica().receiving());
        executor.execute(promoter.rejoin(to(), from()));
        assertThat(promoter.status(from(), to()).replica().receiving()).isTrue();
    }

    @Test
    @DisplayName("D4: an epoch below one that was there is refused, and nothing changed")
    void failover_lowerEpoch_refused() throws Exception {
        Recorder first = new Recorder();
        executor.execute(promoter.switchover(from(), to()), first, Watcher.NONE);
        Recorder older = new Recorder();
        older.epoch = new io.drkit.core.Epoch(first.epoch.value() - 1);
        duo.pair.awaitCaughtUp(to, SOON);
        duo.pair.kill9(to);
        assertThatThrownBy(() -> executor.execute(
                        promoter.failover(
                                to(),
                                from(),
                                FailoverTerms.fencedBy(PostgresFences.stopping(to()))
                                        .waivedBy(WAIVER)),
                        older,
                        Watcher.NONE))
                .isInstanceOf(StaleEpochException.class);
        assertThat(to.dataDirectory().resolve("standby.signal")).doesNotExist();
        assertThat(duo.pair.writable()).isEmpty();
    }

    @Test
    @DisplayName("D4: a promotion that had shown its timeline before it ended is told from a start without promotion")
    void prove_timelineSeenBeforeThePromotionEnded_isNoStartWithoutOne() throws Exception {
        from.stop(NodeAgent.Stop.CLEAN);
        ServerView.Answered before = (ServerView.Answered) Session.look(to());
        executor.execute(promoter.failover(
                from(),
                to(),
                FailoverTerms.fencedBy(PostgresFences.stopping(from())).waivedBy(WAIVER)));
        Duration soon = Duration.ofSeconds(10);
        Promotion promotion =
                new Promotion(to(), new Limits(0, soon, soon, soon, soon, soon, soon, ExecutionPolicy.defaults()));
        try (Session session = Session.open(to())) {
            ServerView.Answered now = session.view();
            long timeline = now.timeline().orElseThrow();

            assertThat(promotion
                            .prove(session, timeline, before.replayed(), new Recorder())
                            .writable())
                    .isTrue();
            assertThatThrownBy(() -> promotion.prove(session, timeline, now.flushed(), new Recorder()))
                    .isInstanceOf(BlockedException.class)
                    .hasMessageContaining("postgres.timeline");
        }
    }

    @Test
    @DisplayName("D4: a controller that dies at any boundary of a failover is followed by one that ends it")
    void failover_controllerDiesAtEveryBoundary_nextOneEndsIt() throws Exception {
        List<String> passed = new java.util.ArrayList<>();
        for (int at = 1; ; at++) {
            findRoles();
            duo.write(from, "row " + at);
            // stopped cleanly, so that it can follow again and the next round begins soon
            from.stop(NodeAgent.Stop.CLEAN);
            FailoverTerms terms =
                    FailoverTerms.fencedBy(PostgresFences.stopping(from())).waivedBy(WAIVER);
            passed.clear();
            MortalContext mortal = new MortalContext(passed, at);
            boolean died = false;
            try {
                apply(promoter.failover(from(), to(), terms), mortal);
            } catch (MortalContext.Death e) {
                died = true;
            }
            assertThat(duo.pair.writable()).isSubsetOf(to);
            Recorder next = new Recorder();
            if (at % 2 == 0) {
                // as from a journal; the others have nothing but the two servers
                next.facts.putAll(mortal.facts);
            }
            executor.execute(promoter.failover(from(), to(), terms), next, Watcher.NONE);
            assertThat(duo.pair.writable()).containsExactly(to);
            assertThat(duo.holds(to, "row " + at)).isTrue();
            from.start();
            assertThat(duo.pair.writable()).as("after death at %s", passed).containsExactly(to);
            if (!died) {
                assertThat(at).isGreaterThan(15);
                return;
            }
            executor.execute(promoter.rejoin(from(), to()));
        }
    }
}
