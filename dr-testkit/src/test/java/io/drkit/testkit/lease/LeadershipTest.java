package io.drkit.testkit.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.BlockedException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.StaleEpochException;
import io.drkit.core.lease.LeaderListener;
import io.drkit.core.lease.Leadership;
import io.drkit.core.lease.Lease;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.lease.NodeView;
import io.drkit.core.lease.NodeView.Mode;
import io.drkit.core.lease.Presence;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.fault.Faults;
import io.drkit.testkit.time.Machine;
import io.drkit.testkit.time.OnVirtualTime;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Nodes that stand for one lease, each on a machine of its own. Ttl 15 s, margin 3 s, renewed each 5 s, looked at each 1.5 s. */
@Timeout(120)
class LeadershipTest {
    private static final String NAME = "controller";

    @RegisterExtension
    final OnVirtualTime time = new OnVirtualTime();

    private final VirtualClockwork virtual = time.clockwork();
    private final InMemoryLeaseStore store = new InMemoryLeaseStore(virtual);
    private final List<String> told = new ArrayList<>();

    private static Duration seconds(double seconds) {
        return Duration.ofMillis((long) (seconds * 1000));
    }

    /** A node, its machine, its link to the store, and a listener that tells what it was told. */
    private final class Member implements LeaderListener {
        final Machine machine;
        final Faults link = new Faults();
        final Node node;
        Duration stopsFor = Duration.ZERO;
        boolean heedsInterrupts = true;

        @Nullable
        Exception failure;

        @Nullable
        Lease lease;

        Leadership leadership;

        Member(String id) {
            this(id, false);
        }

        Member(String id, boolean standby) {
            machine = virtual.machine(id);
            node = new Node(id, "the " + id + " one", "https://" + id);
            leadership = start(standby);
        }

        Leadership start(boolean standby) {
            Leadership.Builder builder = Leadership.of(
                            NAME,
                            Leases.in(store.over(machine, link))
                                    .as(node)
                                    .clockwork(machine)
                                    .build())
                    .health(() -> node.id() + " is well");
            return (standby ? builder.standby() : builder).start(this);
        }

        @Override
        public void lead(Lease lease) throws Exception {
            this.lease = lease;
            told.add(node.id() + " leads " + lease.epoch());
            if (failure != null) {
                throw failure;
            }
            while (true) {
                try {
                    machine.sleep(Duration.ofDays(1));
                } catch (InterruptedException e) {
                    if (heedsInterrupts) {
                        throw e;
                    }
                }
            }
        }

        @Override
        public void stop(Why why) throws Exception {
            told.add(node.id() + " stops, " + why);
            machine.sleep(stopsFor);
            told.add(node.id() + " stopped");
        }

        void cutOff() {
            link.every("read", Fault.requestLost())
                    .every("write", Fault.requestLost())
                    .every("list", Fault.requestLost());
        }

        void reconnect() {
            link.clear("read").clear("write").clear("list");
        }
    }

    private Optional<LeaseRecord> record() throws InterruptedException {
        return store.read(NAME).record();
    }

    @Test
    @DisplayName("E1: of three nodes one leads; E3: the others know its address")
    void start_threeNodes_oneLeadsAndTheOthersKnowIt() throws Exception {
        List<Member> members = List.of(new Member("a"), new Member("b"), new Member("c"));
        virtual.sleep(seconds(60));
        assertThat(told).hasSize(1).first().asString().endsWith(" leads 1");
        Node leader = record().orElseThrow().holder().orElseThrow();
        assertThat(members)
                .allSatisfy(member -> assertThat(member.leadership.leader()).contains(leader));
        assertThat(leader.address()).isEqualTo("https://" + leader.id());
        assertThat(members)
                .filteredOn(member -> member.leadership.lease().isPresent())
                .singleElement()
                .satisfies(member -> assertThat(member.leadership.mode()).isEqualTo(Mode.LEADER));
    }

    @Test
    @DisplayName("E2: when the leader dies another leads within the ttl and one look")
    void kill_theLeader_anotherLeadsInTime() throws Exception {
        Member a = new Member("a");
        virtual.sleep(seconds(1));
        Member b = new Member("b");
        virtual.sleep(seconds(60));
        a.machine.kill();
        virtual.sleep(seconds(16.5));
        assertThat(told).containsExactly("a leads 1", "b leads 2");
        assertThat(b.leadership.leader()).contains(b.node);
    }

    @Test
    @DisplayName(
            "E4: a leader whose store is down stops before its lease could be taken, and nobody leads until it is back")
    void storeDown_leader_stopsInTimeAndLeadsAgainLater() throws Exception {
        Member a = new Member("a");
        virtual.sleep(seconds(1));
        a.cutOff();
        a.stopsFor = seconds(2);
        Duration renewed = virtual.elapsed();
        while (!told.contains("a stopped")) {
            virtual.sleep(Duration.ofMillis(100));
        }
        assertThat(virtual.elapsed().minus(renewed)).isLessThan(seconds(15));
        assertThat(told).containsExactly("a leads 1", "a stops, LOST", "a stopped");
        assertThat(a.leadership.lease()).isEmpty();
        virtual.sleep(seconds(60));
        assertThat(a.leadership.leader()).isEmpty();
        a.reconnect();
        virtual.sleep(seconds(60));
        assertThat(told).hasSize(4).endsWith("a leads 2");
    }

    @Test
    @DisplayName("F11: a leader that was stopped for 30 s has no effect afterwards")
    void pause_theLeaderFor30Seconds_noEffectAfterItsExpiry() throws Exception {
        Member a = new Member("a");
        virtual.sleep(seconds(1));
        Member b = new Member("b");
        virtual.sleep(seconds(10));
        a.machine.pause(seconds(30));
        virtual.sleep(seconds(29));
        assertThat(told).containsExactly("a leads 1", "b leads 2");
        virtual.sleep(seconds(1.5));
        assertThatThrownBy(() -> a.lease.requireHeld()).isInstanceOf(StaleEpochException.class);
        virtual.sleep(seconds(1));
        assertThat(told).containsExactly("a leads 1", "b leads 2", "a stops, LOST", "a stopped");
        b.lease.requireHeld();
        assertThat(record().orElseThrow().holder()).contains(b.node);
    }

    @Test
    @DisplayName("L12: the lease is released only after the listener has stopped, and renewed until then")
    void close_leaderWhoseStopTakesLong_releasesAfterwards() throws Exception {
        Member a = new Member("a");
        virtual.sleep(seconds(1));
        new Member("b");
        a.stopsFor = seconds(25);
        virtual.start("closer", () -> a.leadership.close());
        virtual.sleep(seconds(24));
        assertThat(record().orElseThrow().holder()).contains(a.node);
        assertThat(told).containsExactly("a leads 1", "a stops, CLOSED");
        virtual.sleep(seconds(1.001));
        assertThat(told).contains("a stopped");
        virtual.sleep(seconds(3));
        assertThat(told).containsExactly("a leads 1", "a stops, CLOSED", "a stopped", "b leads 2");
        assertThat(a.leadership.mode()).isEqualTo(Mode.LEFT);
    }

    @Test
    @DisplayName(
            "L13: a listener that does not stop keeps the lease from being released: it runs out, and this node does not stand")
    void close_leadThatNeverEnds_runsOut() throws Exception {
        Member a = new Member("a");
        virtual.sleep(seconds(1));
        Member b = new Member("b");
        virtual.sleep(seconds(15));
        a.heedsInterrupts = false;
        a.stopsFor = seconds(1);
        assertThatThrownBy(() -> a.leadership.handOverTo("b"))
                .isInstanceOf(DrTimeoutException.class)
                .hasMessageContaining("lease.not-stopped");
        assertThat(record().orElseThrow().holder()).contains(a.node);
        assertThat(a.leadership.mode()).isEqualTo(Mode.STANDBY);
        virtual.sleep(seconds(18));
        assertThat(told).containsExactly("a leads 1", "a stops, HANDED_OVER", "a stopped", "b leads 2");
        b.machine.kill();
        virtual.sleep(Duration.ofMinutes(10));
        assertThat(told).hasSize(4);
    }

    @Test
    @DisplayName("L14: leadership is told only after the store has accepted the claim")
    void lead_claimNotAccepted_isNotTold() throws Exception {
        Member a = new Member("a");
        a.link.every("write", Fault.requestLost());
        virtual.sleep(seconds(60));
        assertThat(told).isEmpty();
        a.link.clear("write").every("write " + NAME, Fault.refused(409));
        virtual.sleep(seconds(60));
        assertThat(told).isEmpty();
        assertThat(a.leadership.lease()).isEmpty();
        a.link.clear("write " + NAME);
        virtual.sleep(seconds(60));
        assertThat(told).hasSize(1);
    }

    @Test
    @DisplayName("L15: a listener that blocks does not keep the lease from being renewed")
    void lead_blocks_isRenewed() throws Exception {
        Member a = new Member("a");
        new Member("b");
        a.heedsInterrupts = false;
        virtual.sleep(Duration.ofHours(1));
        assertThat(told).hasSize(1);
        assertThat(record().orElseThrow().renewals()).isGreaterThan(700);
    }

    @Test
    @DisplayName("L16: a listener that throws steps down, and others go first")
    void lead_throws_stepsDown() throws Exception {
        Member a = new Member("a");
        a.failure = new IllegalStateException("cannot lead");
        virtual.sleep(seconds(1));
        Member b = new Member("b");
        virtual.sleep(seconds(60));
        assertThat(told).containsExactly("a leads 1", "a stops, FAILED", "a stopped", "b leads 2");
        b.machine.kill();
        a.failure = null;
        virtual.sleep(seconds(60));
        assertThat(told).hasSize(5).endsWith("a leads 3");
    }

    @Test
    @DisplayName("L16: a listener that throws, alone, leads again after a ttl")
    void lead_throwsAlone_leadsAgainAfterATtl() throws Exception {
        Member a = new Member("a");
        a.failure = new IllegalStateException("cannot lead");
        virtual.sleep(seconds(14.9));
        assertThat(told).containsExactly("a leads 1", "a stops, FAILED", "a stopped");
        virtual.sleep(seconds(1));
        assertThat(told).contains("a leads 2");
    }

    @Test
    @DisplayName("E10: leadership is handed over to the chosen node, at its next look")
    void handOverTo_chosenNode_leads() throws Exception {
        Member a = new Member("a");
        virtual.sleep(seconds(1));
        new Member("b");
        Member c = new Member("c");
        virtual.sleep(seconds(15));
        a.leadership.handOverTo("c");
        virtual.sleep(seconds(1.501));
        assertThat(told).containsExactly("a leads 1", "a stops, HANDED_OVER", "a stopped", "c leads 2");
        virtual.sleep(seconds(1.5));
        assertThat(a.leadership.leader()).contains(c.node);
        assertThat(a.leadership.mode()).isEqualTo(Mode.CANDIDATE);
    }

    @Test
    @DisplayName("E6: a standby node leads when it is handed over to it, and only then")
    void handOverTo_standby_leads() throws Exception {
        Member b = new Member("b", true);
        virtual.sleep(seconds(60));
        assertThat(told).isEmpty();
        Member a = new Member("a");
        virtual.sleep(seconds(15));
        assertThat(b.leadership.mode()).isEqualTo(Mode.STANDBY);
        a.leadership.handOverTo("b");
        virtual.sleep(seconds(2));
        assertThat(told).endsWith("b leads 2");
        b.leadership.handOverTo("a");
        virtual.sleep(seconds(2));
        assertThat(told).endsWith("a leads 3");
    }

    @Test
    @DisplayName(
            "E10: a hand-over whose turn does not come, since the node is closed first, is answered at once: refused")
    void handOverTo_closedBeforeItsTurn_isRefusedAtOnce() throws Exception {
        Member a = new Member("a");
        virtual.sleep(seconds(1));
        new Member("b");
        new Member("c");
        virtual.sleep(seconds(15));
        a.stopsFor = seconds(10);
        List<String> answers = new ArrayList<>();
        for (String heir : List.of("b", "c")) {
            virtual.start("hand over to " + heir, () -> {
                try {
                    a.leadership.handOverTo(heir);
                    answers.add("handed over to " + heir);
                } catch (BlockedException e) {
                    answers.add(heir + ": " + e.code());
                } catch (Exception e) {
                    answers.add(heir + ": " + e);
                }
            });
            virtual.sleep(seconds(1));
        }
        a.leadership.close();
        virtual.sleep(seconds(1));
        assertThat(answers).containsExactlyInAnyOrder("handed over to b", "c: lease.not-leader");
    }

    @Test
    @DisplayName("E10: a hand-over that meets the end of the lease is answered with why it is over")
    void handOverTo_leaseIsLostBeforeItsTurn_isRefusedAtOnce() throws Exception {
        Member a = new Member("a");
        virtual.sleep(seconds(1));
        new Member("b");
        virtual.sleep(seconds(15));
        List<String> answers = new ArrayList<>();
        // It asks in the very moment in which the machine stands still.
        a.machine.pause(Duration.ofMinutes(1));
        virtual.start("hand over", () -> {
            try {
                a.leadership.handOverTo("b");
            } catch (StaleEpochException e) {
                answers.add(e.code());
            } catch (Exception e) {
                answers.add(e.toString());
            }
        });
        virtual.sleep(seconds(61));
        assertThat(answers).containsExactly("lease.run-out");
    }

    @Test
    @DisplayName("E10: nothing changes when the chosen node is dead, unknown or itself, or when another leads")
    void handOverTo_unfitNode_isBlocked() throws Exception {
        Member a = new Member("a");
        virtual.sleep(seconds(1));
        Member b = new Member("b");
        virtual.sleep(seconds(15));
        assertThatThrownBy(() -> b.leadership.handOverTo("a"))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("lease.not-leader")
                .hasMessageContaining("https://a");
        b.machine.kill();
        virtual.sleep(seconds(16));
        for (String unfit : List.of("a", "b", "nobody")) {
            assertThatThrownBy(() -> a.leadership.handOverTo(unfit))
                    .isInstanceOf(BlockedException.class)
                    .hasMessageContaining("lease.heir-unfit");
        }
        a.lease.requireHeld();
        assertThat(told).containsExactly("a leads 1");
    }

    @Test
    @DisplayName("E5: every node with its alias, address, mode and health, and whether it is there")
    void nodes_all_areSeenAsTheyAre() throws Exception {
        Member a = new Member("a");
        virtual.sleep(seconds(1));
        Member b = new Member("b");
        Member c = new Member("c", true);
        Member d = new Member("d");
        virtual.sleep(seconds(20));
        d.machine.kill();
        virtual.sleep(seconds(10));
        c.machine.clockAhead(Duration.ofHours(1));
        virtual.sleep(seconds(20));
        for (Member member : List.of(a, b, c)) {
            assertThat(member.leadership.nodes())
                    .as("as %s sees them", member.node)
                    .containsExactly(
                            new NodeView(a.node, Mode.LEADER, "a is well", Presence.FRESH),
                            new NodeView(b.node, Mode.CANDIDATE, "b is well", Presence.FRESH),
                            new NodeView(c.node, Mode.STANDBY, "c is well", Presence.FRESH),
                            new NodeView(d.node, Mode.CANDIDATE, "d is well", Presence.STALE));
        }
        c.leadership.close();
        virtual.sleep(seconds(6));
        assertThat(a.leadership.nodes().get(2).mode()).isEqualTo(Mode.LEFT);
    }

    @Test
    @DisplayName("E5: what is not known is said to be unknown")
    void nodes_justStartedOrCutOff_areUnknown() throws Exception {
        new Member("a");
        virtual.sleep(seconds(20));
        Member b = new Member("b");
        virtual.sleep(seconds(1));
        assertThat(b.leadership.nodes())
                .extracting(NodeView::presence)
                .containsExactly(Presence.UNKNOWN, Presence.FRESH);
        virtual.sleep(seconds(20));
        assertThat(b.leadership.nodes()).extracting(NodeView::presence).containsExactly(Presence.FRESH, Presence.FRESH);
        assertThat(b.leadership.leader()).isPresent();
        b.cutOff();
        virtual.sleep(seconds(20));
        assertThat(b.leadership.nodes())
                .extracting(NodeView::presence)
                .containsExactly(Presence.UNKNOWN, Presence.FRESH);
        assertThat(b.leadership.leader()).isEmpty();
    }

    @Test
    void close_candidate_leavesNothingRunning() throws Exception {
        Member a = new Member("a");
        virtual.sleep(seconds(20));
        a.leadership.close();
        a.leadership.close();
        assertThat(told).containsExactly("a leads 1", "a stops, CLOSED", "a stopped");
        assertThat(record().orElseThrow().holder()).isEmpty();
        long renewals = store.read(NAME + "/nodes/a").record().orElseThrow().renewals();
        virtual.sleep(Duration.ofHours(1));
        assertThat(store.read(NAME + "/nodes/a").record().orElseThrow().renewals())
                .isEqualTo(renewals);
        assertThat(virtual.failures()).isEmpty();
    }

    @Test
    @DisplayName("L17: a restarted process with the same node id leads again, under a higher epoch")
    void restart_sameNodeId_leadsAgainUnderAHigherEpoch() throws Exception {
        Member a = new Member("a");
        virtual.sleep(seconds(7));
        a.machine.kill();
        a.machine.restart();
        a.leadership = a.start(false);
        virtual.sleep(seconds(14));
        assertThat(told).containsExactly("a leads 1");
        assertThat(a.leadership.leader()).isEmpty();
        virtual.sleep(seconds(2));
        assertThat(told).containsExactly("a leads 1", "a leads 2");
    }

    @Test
    @DisplayName("L18: a health supplier that throws is told as unknown, and hurts nobody")
    void health_throws_isUnknown() throws Exception {
        Machine machine = virtual.machine("z");
        Leadership leadership = Leadership.of(
                        NAME,
                        Leases.in(store).as(Node.named("z")).clockwork(machine).build())
                .health(() -> {
                    throw new IllegalStateException("not now");
                })
                .start(lease -> {});
        virtual.sleep(seconds(10));
        assertThat(store.read(NAME + "/nodes/z").record().orElseThrow().notes())
                .isEqualTo(Map.of("mode", "LEADER", "health", "unknown: IllegalStateException"));
        assertThat(leadership.lease()).isPresent();
    }
}
