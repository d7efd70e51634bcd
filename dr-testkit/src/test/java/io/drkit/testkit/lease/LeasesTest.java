package io.drkit.testkit.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.DrException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Epoch;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.lease.Lease;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.lease.LeaseStore.Seen;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.fault.Faults;
import io.drkit.testkit.time.OnVirtualTime;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** One-shot leases on virtual time: ttl 15 s, renewed each 5 s, looked at each 1.5 s, over 3 s before their end. */
@Timeout(120)
class LeasesTest {
    private static final String NAME = "shop";
    private static final Duration LONG = Duration.ofMinutes(5);

    @RegisterExtension
    final OnVirtualTime time = new OnVirtualTime();

    private final VirtualClockwork clockwork = time.clockwork();
    private final InMemoryLeaseStore store = new InMemoryLeaseStore(clockwork);
    private final Faults westLink = new Faults();
    private final Leases west = node("west", store.over(clockwork, westLink), clockwork);
    private final Leases east = node("east", store, clockwork);

    private static Leases node(String id, LeaseStore store, Clockwork clockwork) {
        return Leases.in(store).as(Node.named(id)).clockwork(clockwork).build();
    }

    private static Duration seconds(double seconds) {
        return Duration.ofMillis((long) (seconds * 1000));
    }

    private void cutOffWest() {
        westLink.every("read", Fault.requestLost()).every("write", Fault.requestLost());
    }

    private void reconnectWest() {
        westLink.clear("read").clear("write");
    }

    @Test
    @DisplayName("L1: a free lease is taken at once, under a higher epoch each time")
    void tryAcquire_free_takesItUnderAHigherEpoch() throws Exception {
        Epoch last = Epoch.NONE;
        for (int i = 0; i < 3; i++) {
            Lease lease = (i % 2 == 0 ? west : east).tryAcquire(NAME).orElseThrow();
            assertThat(lease.epoch()).isGreaterThan(last);
            assertThat(lease.name()).isEqualTo(NAME);
            assertThat(lease.remaining()).isEqualTo(seconds(15));
            lease.requireHeld();
            last = lease.epoch();
            lease.release();
            assertThat(store.read(NAME).record().orElseThrow().holder()).isEmpty();
        }
        assertThat(clockwork.elapsed()).isZero();
    }

    @Test
    @DisplayName("L2: a held lease stays with its holder for as long as that renews it")
    void acquire_held_waitsInVain() throws Exception {
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        assertThatThrownBy(() -> east.acquire(NAME, LONG))
                .isInstanceOf(DrTimeoutException.class)
                .hasMessageContaining("lease.held")
                .hasMessageContaining("held by west under epoch 1");
        assertThat(clockwork.elapsed()).isGreaterThanOrEqualTo(LONG);
        lease.requireHeld();
        assertThat(east.holder(NAME)).contains(Node.named("west"));
    }

    @Test
    @DisplayName("E2: the lease of a holder that died is taken after its ttl, not sooner and not much later")
    void acquire_holderDied_takesItAfterTheTtl() throws Exception {
        LeaseRecord left = new LeaseRecord(
                Optional.of(Node.named("dead")), new Epoch(7), seconds(40), 3, Optional.empty(), Map.of());
        store.write(NAME, store.read(NAME), left);
        Lease lease = east.acquire(NAME, LONG);
        assertThat(lease.epoch()).isEqualTo(new Epoch(8));
        // the ttl that counts is that of the record, not the candidate's own
        assertThat(clockwork.elapsed()).isEqualTo(seconds(40));
    }

    @Test
    @DisplayName("F12: a candidate whose clock is one hour ahead does not take a live lease")
    void acquire_clockAnHourAhead_leavesALiveLeaseAlone() throws Exception {
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        Leases candidate = node("ahead", store, clockwork.machine("ahead").clockAhead(Duration.ofHours(1)));
        assertThatThrownBy(() -> candidate.acquire(NAME, LONG)).isInstanceOf(DrTimeoutException.class);
        lease.requireHeld();
        assertThat(store.read(NAME).floor()).isEqualTo(lease.epoch());
    }

    @Test
    @DisplayName("F12: a candidate whose clock runs a fifth faster takes a lease only after its holder has stopped")
    void acquire_clockRunsFaster_takesItAfterTheHolderStopped() throws Exception {
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        cutOffWest();
        Leases candidate = node("fast", store, clockwork.machine("fast").drift(200_000));
        Lease taken = candidate.acquire(NAME, LONG);
        assertThat(clockwork.elapsed()).isLessThan(seconds(13));
        assertThat(lease.held()).isFalse();
        assertThat(taken.epoch()).isGreaterThan(lease.epoch());
    }

    @Test
    @DisplayName("E4: a holder that cannot renew is over a margin before its lease could be taken, and stays so")
    void requireHeld_storeDown_throwsBeforeTheEnd() throws Exception {
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        cutOffWest();
        clockwork.sleep(seconds(12).minusMillis(1));
        lease.requireHeld();
        clockwork.sleep(Duration.ofMillis(1));
        assertThatThrownBy(lease::requireHeld)
                .isInstanceOf(StaleEpochException.class)
                .hasMessageContaining("lease.run-out");
        reconnectWest();
        clockwork.sleep(LONG);
        assertThat(lease.held()).isFalse();
        assertThat(lease.remaining()).isZero();
    }

    @Test
    @DisplayName("L3: an outage of the store that is shorter than the ttl less margin, renewal and retry costs nothing")
    void requireHeld_storeBackInTime_passes() throws Exception {
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        for (int i = 0; i < 20; i++) {
            cutOffWest();
            clockwork.sleep(seconds(5.9));
            reconnectWest();
            clockwork.sleep(seconds(1.4));
            lease.requireHeld();
        }
    }

    @Test
    @DisplayName("L4: what is left is counted from before the request was sent, not from its answer")
    void remaining_slowStore_countsFromTheRequest() throws Exception {
        westLink.next("write", Fault.delayed(seconds(4)));
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        assertThat(clockwork.elapsed()).isEqualTo(seconds(4));
        assertThat(lease.remaining()).isEqualTo(seconds(11));
        westLink.next("write", Fault.delayed(seconds(3)));
        clockwork.sleep(seconds(4.5));
        assertThat(clockwork.elapsed()).isEqualTo(seconds(8.5));
        assertThat(lease.remaining()).isEqualTo(seconds(11.5));
    }

    @Test
    @DisplayName("L5: a claim that was answered too late is no lease")
    void tryAcquire_answeredTooLate_isNotTaken() throws Exception {
        westLink.next("write", Fault.delayed(seconds(13)));
        assertThat(west.tryAcquire(NAME)).isEmpty();
        assertThat(store.read(NAME).record().flatMap(LeaseRecord::holder)).isEmpty();
    }

    @Test
    @DisplayName("L6: a claim whose answer was lost is looked for, and counts if it arrived")
    void tryAcquire_answerLost_isTakenIfItStandsThere() throws Exception {
        westLink.next("write", Fault.answerLost());
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        assertThat(lease.epoch()).isEqualTo(new Epoch(1));
        lease.release();
        westLink.next("write", Fault.requestLost());
        assertThat(west.tryAcquire(NAME)).isEmpty();
        assertThat(west.tryAcquire(NAME)).isPresent();
    }

    @Test
    @DisplayName("L7: two processes with one node id by mistake do not both get it")
    void tryAcquire_sameNodeIdTwice_oneGetsIt() throws Exception {
        Leases twin = node("west", store, clockwork);
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        assertThat(twin.tryAcquire(NAME)).isEmpty();
        assertThatThrownBy(() -> twin.acquire(NAME, LONG)).isInstanceOf(DrTimeoutException.class);
        lease.requireHeld();
    }

    @Test
    @DisplayName(
            "L7: of two such processes whose claims cross, the one whose answer was lost does not take the other's for its own")
    void tryAcquire_sameNodeIdTwiceAndAnswerLost_oneGetsIt() throws Exception {
        Leases twin = node("west", store, clockwork);
        westLink.next("write", Fault.requestLost()).nth(2, "read", Fault.delayed(seconds(2)));
        List<Optional<Lease>> twins = new ArrayList<>();
        clockwork.start("twin", () -> {
            try {
                clockwork.sleep(seconds(1));
                twins.add(twin.tryAcquire(NAME));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(west.tryAcquire(NAME)).isEmpty();
        assertThat(clockwork.elapsed()).isEqualTo(seconds(2));
        assertThat(twins)
                .hasSize(1)
                .first()
                .satisfies(lease -> assertThat(lease).isPresent());
    }

    @Test
    @DisplayName("L7: nor does a holder, when the store has forgotten all and gives the same epoch again")
    void requireHeld_sameNodeIdAndEpochButAnotherMark_throws() throws Exception {
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        LeaseRecord other = new LeaseRecord(
                Optional.of(Node.named("west")),
                lease.epoch(),
                seconds(15),
                0,
                Optional.empty(),
                Map.of("claim", "other"));
        store.write(NAME, store.read(NAME), other);
        clockwork.sleep(seconds(5.1));
        assertThatThrownBy(lease::requireHeld).hasMessageContaining("lease.taken-over");
    }

    @Test
    @DisplayName("L8: a renewal whose answer was lost is looked for")
    void requireHeld_renewalAnswersLost_passes() throws Exception {
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        westLink.every("write", Fault.answerLost());
        clockwork.sleep(LONG);
        lease.requireHeld();
    }

    @Test
    @DisplayName("F11: a holder that was overruled notices at its next renewal")
    void requireHeld_takenOver_throwsAfterTheNextRenewal() throws Exception {
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        Seen seen = store.read(NAME);
        LeaseRecord other = new LeaseRecord(
                Optional.of(Node.named("east")), lease.epoch().next(), seconds(15), 0, Optional.empty(), Map.of());
        store.write(NAME, seen, other);
        clockwork.sleep(seconds(5));
        clockwork.sleep(Duration.ofMillis(1));
        assertThatThrownBy(lease::requireHeld)
                .isInstanceOf(StaleEpochException.class)
                .hasMessageContaining("lease.taken-over");
        lease.release();
        assertThat(store.read(NAME).record()).contains(other);
    }

    @Test
    @DisplayName("L9: a deleted lease is lost to its holder, and taken after a ttl under a higher epoch")
    void tryAcquire_deleted_waitsAndGetsAHigherEpoch() throws Exception {
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        store.delete(NAME);
        assertThat(east.tryAcquire(NAME)).isEmpty();
        lease.requireHeld();
        Lease next = east.acquire(NAME, LONG);
        assertThat(clockwork.elapsed()).isEqualTo(seconds(15));
        assertThat(next.epoch()).isGreaterThan(lease.epoch());
        assertThatThrownBy(lease::requireHeld)
                .isInstanceOf(StaleEpochException.class)
                .hasMessageContaining("lease.deleted");
    }

    @Test
    @DisplayName("E10: a lease that is handed over goes to the chosen node at once, and for a ttl to no other")
    void handOverTo_chosenNode_goesToThatOne() throws Exception {
        Leases north = node("north", store, clockwork);
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        lease.handOverTo("north");
        assertThat(lease.held()).isFalse();
        assertThat(east.tryAcquire(NAME)).isEmpty();
        assertThat(west.tryAcquire(NAME)).isEmpty();
        Lease heirs = north.tryAcquire(NAME).orElseThrow();
        assertThat(heirs.epoch()).isGreaterThan(lease.epoch());
    }

    @Test
    @DisplayName("E10: an heir that does not come loses its right after a ttl")
    void handOverTo_heirIsDead_goesToAnyAfterTheTtl() throws Exception {
        west.tryAcquire(NAME).orElseThrow().handOverTo("dead");
        east.acquire(NAME, LONG);
        assertThat(clockwork.elapsed()).isEqualTo(seconds(15));
    }

    @Test
    @DisplayName("E10: a hand-over that the store was not told is an unknown outcome, and the lease is over")
    void handOverTo_storeDown_isUnknown() throws Exception {
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        cutOffWest();
        assertThatThrownBy(() -> lease.handOverTo("east"))
                .isInstanceOf(UnknownOutcomeException.class)
                .hasMessageContaining("lease.not-handed-over");
        assertThat(lease.held()).isFalse();
        assertThatThrownBy(() -> lease.handOverTo("east")).hasMessageContaining("lease.released");
    }

    @Test
    @DisplayName("L10: a release whose answer is lost is made once")
    void release_answerLost_isReleased() throws Exception {
        Lease lease = west.tryAcquire(NAME).orElseThrow();
        westLink.every("write", Fault.answerLost());
        lease.release();
        LeaseRecord record = store.read(NAME).record().orElseThrow();
        assertThat(record.holder()).isEmpty();
        assertThat(record.epoch()).isEqualTo(lease.epoch());
        lease.close();
        assertThatThrownBy(lease::requireHeld).hasMessageContaining("lease.released");
    }

    @Test
    @DisplayName("L11: acquire outlasts a store that is down for a while, and says so of one that stays down")
    void acquire_storeDown_triesOnUntilItsPatienceEnds() throws Exception {
        cutOffWest();
        assertThatThrownBy(() -> west.acquire(NAME, LONG)).isInstanceOf(UnknownOutcomeException.class);
        clockwork.start("repair", () -> {
            try {
                clockwork.sleep(seconds(20));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            reconnectWest();
        });
        assertThat(west.acquire(NAME, LONG).held()).isTrue();
    }

    @Test
    void acquire_denied_throwsAtOnce() {
        westLink.every("read", Fault.refused(403));
        assertThatThrownBy(() -> west.acquire(NAME, LONG)).isInstanceOf(DrException.class);
        assertThat(clockwork.elapsed()).isZero();
    }

    @Test
    void build_badValuesAndCombinations_areRefused() {
        Leases.Builder builder = Leases.in(store);
        assertThatThrownBy(() -> builder.ttl(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.margin(seconds(-1))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(builder::build).isInstanceOf(IllegalStateException.class);
        builder.as(Node.named("west")).renewEvery(seconds(12));
        assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("before it is renewed");
    }
}
