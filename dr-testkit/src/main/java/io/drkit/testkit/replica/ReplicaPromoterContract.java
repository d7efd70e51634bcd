package io.drkit.testkit.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.ActionExecutor.Watcher;
import io.drkit.core.action.Assessment;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.Fence;
import io.drkit.core.replica.FenceProof;
import io.drkit.core.replica.Lag;
import io.drkit.core.replica.LossWaiver;
import io.drkit.core.replica.NodeStatus;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.core.replica.ReplicationStatus;
import io.drkit.core.safety.SiteChange;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.action.RunContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link ReplicaPromoter} promises, a rule a test. Extend it in your own tests, and say how your two servers are set
 * up, written to and disturbed. At the beginning of each test one server is a primary and the other streams from it.
 *
 * @param <N> what names a server
 */
public abstract class ReplicaPromoterContract<N> {
    private static final LossWaiver WAIVER = new LossWaiver("ann", "the region is lost");
    // servers that outlive a test have seen its epochs
    private static final AtomicLong EPOCHS = new AtomicLong();

    /** The clockwork that promoter and servers run on. */
    protected abstract Clockwork clockwork();

    /** The promoter; the same at each call within a test. */
    protected abstract ReplicaPromoter<N> promoter();

    /** Another promoter of the same servers, as another process would make one. */
    protected abstract ReplicaPromoter<N> anotherProcess();

    /** The server that is the primary at the beginning of the test; the same at each call. */
    protected abstract N primary();

    /** The server that is the replica at the beginning of the test; the same at each call. */
    protected abstract N replica();

    /** A running primary of another database. */
    protected abstract N stranger() throws Exception;

    /** A server, running or not, as a node that cannot be reached. */
    protected abstract N unreachable(N server) throws Exception;

    /** Writes a row as a client does, and returns when it is acknowledged; throws when it is not. */
    protected abstract void write(N server, String row) throws Exception;

    /** Whether a running server has the row. */
    protected abstract boolean holds(N server, String row) throws Exception;

    /** Whether a server runs and accepts writes, as it really is. */
    protected abstract boolean writable(N server) throws Exception;

    /** Ends a server as a power cut does. */
    protected abstract void crash(N server) throws Exception;

    /** Starts a server as a reboot of its machine does. */
    protected abstract void reboot(N server) throws Exception;

    /** Cuts or mends the replication between the two, and returns when the promoter sees it so. */
    protected abstract void cutReplication(boolean cut) throws Exception;

    /** Waits until the replica has what the primary has. */
    protected abstract void awaitCaughtUp() throws Exception;

    /** A fence that works. */
    protected abstract Fence fence(N server);

    /** Lets {@link #promoter} know from now on how far the primary is, and returns when it does. */
    protected abstract void watchLoss() throws Exception;

    /** Runs a test's body, for servers on virtual time to do so as a task; at once if not overridden. */
    protected void run(Body body) throws Exception {
        body.run();
    }

    /** A test. */
    @FunctionalInterface
    protected interface Body {
        void run() throws Exception;
    }

    private RunContext context() {
        return RunContext.of(clockwork(), new Epoch(EPOCHS.incrementAndGet()));
    }

    private RunContext execute(Action<?> action) throws InterruptedException {
        RunContext context = context();
        ActionExecutor.on(clockwork()).execute(action, context, Watcher.NONE);
        return context;
    }

    private Assessment preview(Action<?> action) throws InterruptedException {
        return ActionExecutor.on(clockwork()).preview(action, context());
    }

    private void refused(Action<?> action) throws Exception {
        boolean primaryWrites = writable(primary());
        boolean replicaWrites = writable(replica());
        assertThatExceptionOfType(BlockedException.class)
                .isThrownBy(() -> execute(action))
                .satisfies(refusal -> assertThat(refusal.problem().remedy()).isNotBlank());
        assertThat(writable(primary())).as("the primary accepts writes").isEqualTo(primaryWrites);
        assertThat(writable(replica())).as("the replica accepts writes").isEqualTo(replicaWrites);
    }

    /** Goes on being a replica of the primary: what is written there arrives. */
    private void assertStillReplicates() throws Exception {
        write(primary(), "still here");
        awaitCaughtUp();
        assertThat(holds(replica(), "still here")).isTrue();
    }

    @Test
    @DisplayName("P01, D9: status tells who is the primary, that the replica receives, and how far it is behind")
    void status_healthyPair_isTold() throws Exception {
        run(() -> {
            write(primary(), "one");
            awaitCaughtUp();
            ReplicationStatus status = promoter().status(primary(), replica());
            assertThat(status.primary().role()).isEqualTo(NodeStatus.Role.PRIMARY);
            assertThat(status.replica().role()).isEqualTo(NodeStatus.Role.REPLICA);
            assertThat(status.replica().receiving()).isTrue();
            assertThat(status.lag()).isInstanceOf(Lag.Known.class);
            assertThat(status.line()).isNotBlank().doesNotContain("\n");
        });
    }

    @Test
    @DisplayName("P02, D9: what cannot be asked is unknown, and so is the lag")
    void status_unreachable_isUnknown() throws Exception {
        run(() -> {
            ReplicationStatus status = promoter().status(unreachable(primary()), replica());
            assertThat(status.primary().role()).isEqualTo(NodeStatus.Role.UNKNOWN);
            assertThat(status.lag()).isInstanceOf(Lag.Unknown.class);
        });
    }

    @Test
    @DisplayName("P03, D11: a preview says what would change, in the same words each time, and changes nothing")
    void preview_anyAction_changesNothing() throws Exception {
        run(() -> {
            assertThat(promoter().switchover(primary(), replica()).describe())
                    .isNotBlank()
                    .isEqualTo(anotherProcess().switchover(primary(), replica()).describe());
            assertThat(preview(promoter().switchover(primary(), replica()))).isInstanceOf(Assessment.Needed.class);
            FailoverTerms terms = FailoverTerms.fencedBy(fence(primary())).waivedBy(WAIVER);
            assertThat(preview(promoter().failover(primary(), replica(), terms)))
                    .isInstanceOf(Assessment.Needed.class);
            assertThat(writable(primary())).isTrue();
            assertThat(writable(replica())).isFalse();
            assertStillReplicates();
        });
    }

    @Test
    @DisplayName("P04, A11, D4: a switchover loses nothing, and the old primary streams from the new one")
    void switchover_healthyPair_losesNothing() throws Exception {
        run(() -> {
            List<String> rows = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                rows.add("row " + i);
                write(primary(), "row " + i);
            }
            RunContext context = execute(promoter().switchover(primary(), replica()));
            for (String row : rows) {
                assertThat(holds(replica(), row)).as(row).isTrue();
            }
            assertThat(writable(replica())).isTrue();
            assertThat(writable(primary())).isFalse();
            write(replica(), "after");
            ReplicationStatus status = promoter().status(replica(), primary());
            assertThat(status.replica().receiving()).isTrue();
            assertThat(context.losses()).isNotEmpty().allSatisfy(loss -> {
                assertThat(loss.stage()).isEqualTo(DataLoss.Stage.ACHIEVED);
                assertThat(loss.time()).contains(Duration.ZERO);
                assertThat(loss.bytes()).hasValue(0);
                assertThat(loss.basis()).isEqualTo(DataLoss.Basis.COMPARED);
                assertThat(loss.evidence()).isNotBlank();
            });
        });
    }

    @Test
    @DisplayName("P05: what has been switched over is done, for every process, and is not applied again")
    void switchover_again_isDone() throws Exception {
        run(() -> {
            execute(promoter().switchover(primary(), replica()));
            assertThat(preview(anotherProcess().switchover(primary(), replica())))
                    .isInstanceOf(Assessment.Done.class);
        });
    }

    @Test
    @DisplayName("P06, D6: over and back again loses nothing and leaves the roles as they were")
    void switchover_overAndBack_losesNothing() throws Exception {
        run(() -> {
            write(primary(), "before");
            execute(promoter().switchover(primary(), replica()));
            write(replica(), "between");
            execute(anotherProcess().switchover(replica(), primary()));
            write(primary(), "after");
            assertThat(holds(primary(), "before")).isTrue();
            assertThat(holds(primary(), "between")).isTrue();
            assertThat(writable(replica())).isFalse();
            assertStillReplicates();
        });
    }

    @Test
    @DisplayName("P07: servers of two databases are refused, with nothing changed")
    void switchover_stranger_refused() throws Exception {
        run(() -> {
            N stranger = stranger();
            refused(promoter().switchover(primary(), stranger));
            assertThat(writable(stranger)).isTrue();
            assertStillReplicates();
        });
    }

    @Test
    @DisplayName("P08: a server that cannot be reached is refused, with nothing changed")
    void switchover_unreachable_refused() throws Exception {
        run(() -> {
            refused(promoter().switchover(primary(), unreachable(replica())));
            refused(promoter().switchover(unreachable(primary()), replica()));
        });
    }

    @Test
    @DisplayName("P09: a replica that does not receive is refused: nothing unknown passes for zero")
    void switchover_replicationCut_refused() throws Exception {
        run(() -> {
            cutReplication(true);
            refused(promoter().switchover(primary(), replica()));
            cutReplication(false);
            assertStillReplicates();
        });
    }

    @Test
    @DisplayName("P10: the roles the wrong way round are refused or done, and nothing changes")
    void switchover_swapped_changesNothing() throws Exception {
        run(() -> {
            assertThat(preview(promoter().switchover(replica(), primary()))).isInstanceOf(Assessment.Done.class);
            execute(promoter().switchover(replica(), primary()));
            assertThat(writable(primary())).isTrue();
            assertStillReplicates();
        });
    }

    @Test
    @DisplayName("P11, D4: no failover from a primary that answers without a confirmed fence, whoever waives it")
    void failover_primaryAnswers_refused() throws Exception {
        run(() -> {
            watchLoss();
            refused(promoter().failover(primary(), replica(), FailoverTerms.unfenced(WAIVER)));
            assertStillReplicates();
        });
    }

    @Test
    @DisplayName("P12, D4: an unknown loss is refused, unless somebody waives it by name, which is recorded")
    void failover_unknownLoss_takesAWaiver() throws Exception {
        run(() -> {
            write(primary(), "kept");
            awaitCaughtUp();
            cutReplication(true);
            write(primary(), "lost");
            crash(primary());
            FailoverTerms fenced = FailoverTerms.fencedBy(fence(primary()));
            refused(anotherProcess().failover(primary(), replica(), fenced));

            RunContext context = execute(anotherProcess().failover(primary(), replica(), fenced.waivedBy(WAIVER)));
            assertThat(writable(replica())).isTrue();
            assertThat(holds(replica(), "kept")).isTrue();
            assertThat(context.recorded("waiver"))
                    .hasValueSatisfying(who -> assertThat(who).contains("ann"));
            assertThat(context.losses())
                    .extracting(DataLoss::stage)
                    .containsExactly(DataLoss.Stage.BOUND, DataLoss.Stage.ACHIEVED);
            assertThat(context.losses())
                    .allSatisfy(loss -> assertThat(loss.time()).isEmpty());
        });
    }

    @Test
    @DisplayName("P13, D4: a failover states its loss before and after; what is lost is younger than that")
    void failover_knownLoss_isWithinTheBound() throws Exception {
        run(() -> {
            watchLoss();
            write(primary(), "kept");
            awaitCaughtUp();
            cutReplication(true);
            write(primary(), "lost");
            long written = clockwork().nanoTime();
            // on virtual time nothing takes any by itself
            clockwork().sleep(Duration.ofMillis(50));
            crash(primary());
            long crashed = clockwork().nanoTime();

            RunContext context =
                    execute(promoter().failover(primary(), replica(), FailoverTerms.fencedBy(fence(primary()))));
            assertThat(holds(replica(), "kept")).isTrue();
            assertThat(holds(replica(), "lost")).isFalse();
            assertThat(context.losses())
                    .extracting(DataLoss::stage)
                    .containsExactly(DataLoss.Stage.BOUND, DataLoss.Stage.ACHIEVED);
            assertThat(context.losses()).allSatisfy(loss -> {
                assertThat(loss.basis()).isEqualTo(DataLoss.Basis.SAMPLED);
                assertThat(loss.time().orElseThrow()).isGreaterThanOrEqualTo(Duration.ofNanos(crashed - written));
            });
        });
    }

    @Test
    @DisplayName("P14, D4: an old primary that was fenced comes up read-only, however it is started")
    void failover_oldPrimaryReboots_isReadOnly() throws Exception {
        run(() -> {
            FailoverTerms terms = FailoverTerms.fencedBy(fence(primary())).waivedBy(WAIVER);
            execute(promoter().failover(primary(), replica(), terms));
            reboot(primary());
            assertThat(writable(primary())).isFalse();
            assertThat(writable(replica())).isTrue();
            assertThat(preview(anotherProcess().failover(primary(), replica(), terms)))
                    .isInstanceOf(Assessment.Done.class);
        });
    }

    @Test
    @DisplayName("P15, D6: a former primary with writes of its own is not rejoined, and keeps them")
    void rejoin_diverged_refused() throws Exception {
        run(() -> {
            cutReplication(true);
            write(primary(), "only here");
            crash(primary());
            execute(promoter()
                    .failover(
                            primary(),
                            replica(),
                            FailoverTerms.fencedBy(fence(primary())).waivedBy(WAIVER)));
            write(replica(), "elsewhere");
            assertThatExceptionOfType(BlockedException.class)
                    .isThrownBy(() -> execute(promoter().rejoin(primary(), replica())));
            reboot(primary());
            assertThat(holds(primary(), "only here")).isTrue();
            assertThat(writable(primary())).isFalse();
        });
    }

    @Test
    @DisplayName("P16, D6: a replica that streams has rejoined")
    void rejoin_streaming_isDone() throws Exception {
        run(() -> assertThat(preview(promoter().rejoin(replica(), primary()))).isInstanceOf(Assessment.Done.class));
    }

    @Test
    @DisplayName("P17: an epoch lower than one that was there is refused, with nothing changed")
    void anyAction_lowerEpoch_refused() throws Exception {
        run(() -> {
            RunContext older = context();
            execute(promoter().switchover(primary(), replica()));
            assertThatExceptionOfType(StaleEpochException.class)
                    .isThrownBy(() -> ActionExecutor.on(clockwork())
                            .execute(promoter().switchover(replica(), primary()), older, Watcher.NONE));
            assertThat(writable(replica())).isTrue();
            assertThat(writable(primary())).isFalse();
        });
    }

    @Test
    @DisplayName("P20: a server's name is that of its status and of its actions, the same in every process")
    void name_anyServer_isTheSameEverywhere() throws Exception {
        run(() -> {
            ReplicationStatus status = promoter().status(primary(), replica());
            assertThat(promoter().name(primary()))
                    .isNotBlank()
                    .isEqualTo(status.primary().name())
                    .isEqualTo(anotherProcess().name(primary()));
            assertThat(promoter().name(replica()))
                    .isEqualTo(status.replica().name())
                    .isNotEqualTo(promoter().name(primary()));
            assertThat(promoter().rejoin(primary(), replica()).describe())
                    .contains(promoter().name(primary()), promoter().name(replica()));
        });
    }

    /** The replica is promoted while the primary is dead and bars nobody from starting it again: by hand, or by a run that is gone. */
    private void promoteElsewhere() throws Exception {
        write(primary(), "kept");
        awaitCaughtUp();
        crash(primary());
        execute(anotherProcess().failover(primary(), replica(), FailoverTerms.unfenced(WAIVER)));
        assertThat(writable(replica())).isTrue();
    }

    @Test
    @DisplayName("P18, D4: a failover onto a server that somebody else has promoted fences the old primary too")
    void failover_promotedElsewhere_fencesTheOldPrimary() throws Exception {
        run(() -> {
            promoteElsewhere();
            FailoverTerms fenced = FailoverTerms.fencedBy(fence(primary()));
            assertThat(preview(promoter().failover(primary(), replica(), fenced)))
                    .isInstanceOf(Assessment.Needed.class);

            RunContext context = execute(promoter().failover(primary(), replica(), fenced));
            assertThat(context.recorded(SiteChange.FROM_FENCED.fact())).isPresent();
            // nobody saw what the new primary had when it was promoted
            assertThat(context.losses())
                    .allSatisfy(loss -> assertThat(loss.time()).isNotEqualTo(Optional.of(Duration.ZERO)));
            reboot(primary());
            assertThat(writable(primary())).isFalse();
            assertThat(writable(replica())).isTrue();
            assertThat(preview(anotherProcess().failover(primary(), replica(), fenced)))
                    .isInstanceOf(Assessment.Done.class);
        });
    }

    @Test
    @DisplayName(
            "P19, F1: that an old primary does not answer is no evidence that it is fenced: it takes proof, or a name")
    void failover_promotedElsewhereAndNoProof_takesAWaiver() throws Exception {
        run(() -> {
            promoteElsewhere();
            Fence blind = new Fence() {
                @Override
                public String describe() {
                    return "ask nobody";
                }

                @Override
                public FenceProof fence(ActionContext context) {
                    return new FenceProof.Unknown("no route");
                }
            };
            N gone = unreachable(primary());
            refused(promoter().failover(gone, replica(), FailoverTerms.fencedBy(blind)));

            Action<?> waived = promoter()
                    .failover(gone, replica(), FailoverTerms.fencedBy(blind).waivedBy(WAIVER));
            assertThat(preview(waived)).isInstanceOf(Assessment.Needed.class);
            RunContext context = execute(waived);
            assertThat(context.recorded("waiver"))
                    .hasValueSatisfying(who -> assertThat(who).contains("ann"));
            assertThat(ActionExecutor.on(clockwork()).preview(waived, context))
                    .as("the same run again")
                    .isInstanceOf(Assessment.Done.class);
        });
    }
}
