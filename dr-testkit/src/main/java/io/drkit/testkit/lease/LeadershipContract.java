package io.drkit.testkit.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.Epoch;
import io.drkit.core.lease.LeaderListener;
import io.drkit.core.lease.Leadership;
import io.drkit.core.lease.Lease;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.lease.NodeView;
import io.drkit.core.lease.Presence;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What a {@link LeaderListener} may rely on, a rule a test: whoever implements one is promised this, over whichever store. Extend
 * it beside {@link LeaseStoreContract}, to see that leaders change over your store as they should. Each test uses leases of its own
 * name. Where the clockwork is the system's, most of a test is waiting: mark your class as {@code @Execution(CONCURRENT)} and set
 * JUnit's {@code junit.jupiter.execution.parallel.enabled}, and they wait beside each other.
 */
public abstract class LeadershipContract {
    private static final AtomicInteger NAMES = new AtomicInteger();
    private static final Duration STOPPING = Duration.ofMillis(50);

    /** Another one for each test, so that they may run beside each other over one store. */
    private final String name = "contract-" + NAMES.incrementAndGet();

    private final List<String> told = new CopyOnWriteArrayList<>();
    private final List<Member> members = new ArrayList<>();

    /** The store under test; each call may answer another object, but always the same leases. */
    protected abstract LeaseStore store();

    /** Removes the record by other means than the store, as a person would. */
    protected abstract void delete(String name) throws Exception;

    /** The clockwork of every node; the system's if not overridden. */
    protected Clockwork clockwork() {
        return Clockwork.system();
    }

    /** For how long leases are taken; 3 s if not overridden. A store that is slow to answer needs longer. */
    protected Duration ttl() {
        return Duration.ofSeconds(3);
    }

    /** Runs a test's body, for nodes on virtual time to do so as a task; at once if not overridden. */
    protected void run(Body body) throws Exception {
        body.run();
    }

    /** A test. */
    @FunctionalInterface
    protected interface Body {
        void run() throws Exception;
    }

    /** Lets the nodes that a test started leave, whatever became of it. */
    private void standing(Body body) throws Exception {
        run(() -> {
            try {
                body.run();
            } finally {
                for (Member member : members) {
                    member.quick();
                }
                for (Member member : members) {
                    member.leadership().close();
                }
            }
        });
    }

    private Member start(String id) {
        return start(new Member(id));
    }

    private Member start(Member member) {
        Leases leases = Leases.in(store())
                .as(Node.named(member.id))
                .ttl(ttl())
                .clockwork(clockwork())
                .build();
        members.add(member);
        member.leadership = Leadership.of(name, leases).start(member);
        return member;
    }

    private Member leading(String id) throws Exception {
        return leading(new Member(id));
    }

    private Member leading(Member member) throws Exception {
        start(member);
        await(member.id + " leads", () -> told.contains(member.id + " leads"));
        return member;
    }

    private void await(String what, Callable<Boolean> condition) throws Exception {
        Deadline deadline = clockwork().deadline(ttl().multipliedBy(10));
        while (!condition.call()) {
            assertThat(deadline.passed())
                    .as("waited for 10 times the ttl that %s; told so far: %s", what, told)
                    .isFalse();
            clockwork().sleep(Duration.ofMillis(20));
        }
    }

    /** Leads until it is interrupted, if it heeds that, and writes down what it is told. */
    private final class Member implements LeaderListener {
        final String id;
        final AtomicInteger atWork = new AtomicInteger();
        volatile boolean stopHeld;
        volatile boolean deaf;
        volatile boolean throwing;
        volatile boolean leaving;
        volatile boolean interrupted;
        volatile @Nullable Lease lease;
        volatile Optional<LeaseRecord> whenTold = Optional.empty();

        @Nullable
        Leadership leadership;

        Member(String id) {
            this.id = id;
        }

        Leadership leadership() {
            Leadership started = leadership;
            if (started == null) {
                throw new AssertionError(id + " was not started");
            }
            return started;
        }

        Lease lease() {
            Lease held = lease;
            if (held == null) {
                throw new AssertionError(id + " never led");
            }
            return held;
        }

        void quick() {
            stopHeld = false;
            deaf = false;
            leaving = true;
        }

        @Override
        public void lead(Lease lease) throws Exception {
            whenTold = store().read(name).record();
            this.lease = lease;
            told.add(id + " leads");
            if (throwing) {
                throw new IllegalStateException("cannot lead");
            }
            atWork.incrementAndGet();
            try {
                while (!leaving) {
                    try {
                        clockwork().sleep(Duration.ofMillis(50));
                    } catch (InterruptedException e) {
                        interrupted = true;
                        if (!deaf) {
                            throw e;
                        }
                    }
                }
            } finally {
                atWork.decrementAndGet();
            }
        }

        @Override
        public void stop(Why why) throws Exception {
            told.add(id + " stops: " + why);
            do {
                clockwork().sleep(STOPPING);
            } while (stopHeld);
            told.add(id + " stopped");
        }
    }

    private Optional<Node> holder() throws InterruptedException {
        return store().read(name).record().flatMap(LeaseRecord::holder);
    }

    @Test
    @DisplayName("LD1, F11: leadership is told when the store has accepted the claim, and not before")
    void lead_told_storeHasTheClaim() throws Exception {
        standing(() -> {
            Member a = leading("a");
            assertThat(a.whenTold.flatMap(LeaseRecord::holder)).contains(Node.named("a"));
            assertThat(a.whenTold.map(LeaseRecord::epoch)).contains(a.lease().epoch());
        });
    }

    @Test
    @DisplayName("LD2, E1: of several nodes one leads")
    void lead_severalNodes_isToldToOne() throws Exception {
        standing(() -> {
            start("a");
            start("b");
            start("c");
            await("one leads", () -> !told.isEmpty());
            clockwork().sleep(ttl());
            assertThat(told).hasSize(1);
            assertThat(members)
                    .filteredOn(member -> member.leadership().lease().isPresent())
                    .hasSize(1);
        });
    }

    @Test
    @DisplayName("LD3: a listener that blocks does not keep the lease from being renewed")
    void lead_blocksForLong_leadsOn() throws Exception {
        standing(() -> {
            Member a = new Member("a");
            a.deaf = true;
            leading(a);
            start("b");
            clockwork().sleep(ttl().multipliedBy(3).dividedBy(2));
            a.lease().requireHeld();
            assertThat(told).containsExactly("a leads");
        });
    }

    @Test
    @DisplayName("LD4: the term ends with one stop, which says why; lead is interrupted")
    void stop_closed_isToldOnceAndLeadIsInterrupted() throws Exception {
        standing(() -> {
            Member a = leading("a");
            a.leadership().close();
            assertThat(told).containsExactly("a leads", "a stops: CLOSED", "a stopped");
            assertThat(a.interrupted).isTrue();
            a.leadership().close();
            assertThat(told).hasSize(3);
        });
    }

    @Test
    @DisplayName("LD5, F11: the lease is released when stop has returned, and renewed until then")
    void stop_takesLongerThanTheTtl_leaseIsHeldUntilItReturns() throws Exception {
        standing(() -> {
            Member a = leading("a");
            start("b");
            a.stopHeld = true;
            clockwork().start("close", a.leadership()::close);
            await("a stops", () -> told.contains("a stops: CLOSED"));
            clockwork().sleep(ttl().multipliedBy(5).dividedBy(4));
            assertThat(holder()).contains(Node.named("a"));
            assertThat(told).containsExactly("a leads", "a stops: CLOSED");
            a.stopHeld = false;
            await("b leads", () -> told.contains("b leads"));
            assertThat(told).containsExactly("a leads", "a stops: CLOSED", "a stopped", "b leads");
        });
    }

    @Test
    @DisplayName("LD6: the lease is released when lead has returned too")
    void lead_heedsNoInterruption_leaseIsHeldUntilItReturns() throws Exception {
        standing(() -> {
            Member a = new Member("a");
            a.deaf = true;
            leading(a);
            start("b");
            clockwork().start("close", a.leadership()::close);
            await("a stopped", () -> told.contains("a stopped"));
            clockwork().sleep(ttl().dividedBy(2));
            assertThat(holder()).contains(Node.named("a"));
            assertThat(told).doesNotContain("b leads");
            a.leaving = true;
            await("b leads", () -> told.contains("b leads"));
        });
    }

    @Test
    @DisplayName("LD7: who returns from lead leads on")
    void lead_returns_leadsOn() throws Exception {
        standing(() -> {
            Member a = new Member("a");
            a.leaving = true;
            leading(a);
            start("b");
            clockwork().sleep(ttl().multipliedBy(3).dividedBy(2));
            a.lease().requireHeld();
            assertThat(told).containsExactly("a leads");
        });
    }

    @Test
    @DisplayName("LD8: who throws from lead stops, and lets others go first")
    void lead_throws_othersGoFirst() throws Exception {
        standing(() -> {
            Member a = new Member("a");
            a.throwing = true;
            start(a);
            await("a stopped", () -> told.contains("a stopped"));
            start("b");
            await("b leads", () -> told.contains("b leads"));
            assertThat(told).containsExactly("a leads", "a stops: FAILED", "a stopped", "b leads");
        });
    }

    @Test
    @DisplayName("LD9, E4: a lease that is lost ends the term before another node leads, under a higher epoch")
    void stop_leaseDeleted_comesBeforeTheNextLeader() throws Exception {
        standing(() -> {
            Member a = leading("a");
            Epoch first = a.lease().epoch();
            Member b = start("b");
            delete(name);
            await("a stopped", () -> told.contains("a stopped"));
            assertThat(a.lease().held()).isFalse();
            assertThat(told).startsWith("a leads", "a stops: LOST", "a stopped");
            await("the next leads", () -> told.size() > 3);
            Member next = told.get(3).equals("b leads") ? b : a;
            assertThat(next.lease().epoch()).isGreaterThan(first);
        });
    }

    @Test
    @DisplayName("LD10, E10: a hand-over is a stop, and then a lead at the chosen node: terms do not overlap")
    void handOver_severalTimes_termsDoNotOverlap() throws Exception {
        standing(() -> {
            Member a = leading("a");
            Member b = start("b");
            List<String> expected = new ArrayList<>(List.of("a leads"));
            Epoch last = a.lease().epoch();
            for (int i = 0; i < 3; i++) {
                Member from = i % 2 == 0 ? a : b;
                Member to = i % 2 == 0 ? b : a;
                await(from.id + " sees " + to.id, () -> sees(from, to));
                from.leadership().handOverTo(to.id);
                expected.addAll(List.of(from.id + " stops: HANDED_OVER", from.id + " stopped", to.id + " leads"));
                await(to.id + " leads", () -> told.size() >= expected.size());
                assertThat(told).containsExactlyElementsOf(expected);
                assertThat(from.atWork).hasValue(0);
                assertThat(to.lease().epoch()).isGreaterThan(last);
                last = to.lease().epoch();
            }
        });
    }

    private static boolean sees(Member from, Member to) {
        return from.leadership().nodes().stream()
                .anyMatch(view -> view.node().id().equals(to.id)
                        && view.presence() == Presence.FRESH
                        && view.mode() == NodeView.Mode.CANDIDATE);
    }
}
