package io.drkit.testkit.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Epoch;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.snapshot.Snapshot;
import io.drkit.core.snapshot.Snapshot.State;
import io.drkit.core.snapshot.SnapshotKeeper;
import io.drkit.core.snapshot.SnapshotPolicy;
import io.drkit.core.snapshot.SnapshotStore;
import io.drkit.testkit.action.RunContext;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SnapshotKeeperTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final SnapshotPolicy POLICY = SnapshotPolicy.takenEvery(HOUR)
            .keepAll(Duration.ofHours(24))
            .thenOnePer(Duration.ofHours(12), Duration.ofDays(7))
            .thenOnePer(Duration.ofHours(24), Duration.ofDays(15))
            .build();

    private final VirtualClockwork virtual = VirtualClockwork.builder()
            .seed(3)
            .startsAt(Instant.parse("2026-03-29T12:30:00Z"))
            .build();
    private final Instant start = virtual.now();
    private final ActionExecutor executor = ActionExecutor.on(virtual);
    private final FakeSnapshotStore store = FakeSnapshotStore.of("disk data-1", virtual);
    private final SnapshotKeeper keeper = SnapshotKeeper.applying(POLICY).build();

    @AfterEach
    void close() {
        virtual.close();
    }

    private void holding(String id, Duration age, State state) {
        store.holding(new Snapshot(id, start.minus(age), state));
    }

    /** A fresh one, one that stands for its period, and {@code count} that are to be dropped. */
    private void holdingToDrop(int count) {
        holding("fresh", HOUR, State.GOOD);
        for (int i = 0; i < count; i++) {
            holding("old-" + i, Duration.ofDays(20 + i), State.GOOD);
        }
    }

    private List<String> ids() throws Exception {
        return virtual.run(() -> store.list().stream().map(Snapshot::id).toList());
    }

    private Assessment.Done execute(Action<?> action) throws Exception {
        return virtual.run(() -> executor.execute(action));
    }

    private <E extends Throwable> E failure(Class<E> type, Action<?> action) throws Exception {
        return virtual.run(() -> {
            E thrown = catchThrowableOfType(type, () -> executor.execute(action));
            assertThat(thrown).as("it must fail").isNotNull();
            return thrown;
        });
    }

    @Test
    @DisplayName("C5: taken hourly and pruned daily for 40 days, the store holds what the tiers say")
    void takeAndPrune_fortyDays_storeHoldsTheTiers() throws Exception {
        store.takes(Duration.ofMinutes(4)).deletes(Duration.ofMinutes(1));
        virtual.run(() -> {
            for (int h = 0; h < 40 * 24; h++) {
                executor.execute(keeper.take(store));
                if (h % 24 == 23) {
                    executor.execute(keeper.prune(store));
                }
                virtual.sleep(HOUR.minus(Duration.between(
                        virtual.now().minusSeconds(virtual.now().getEpochSecond() % 3600), virtual.now())));
            }
        });
        assertThat(store.created()).isEqualTo(40 * 24);
        Instant now = virtual.now();
        List<Snapshot> left = virtual.run(store::list);
        assertThat(left.stream().filter(s -> s.taken().isAfter(now.minus(Duration.ofHours(24)))))
                .hasSizeBetween(23, 24);
        assertThat(left.stream()
                        .filter(s -> !s.taken().isAfter(now.minus(Duration.ofHours(25))))
                        .filter(s -> s.taken().isAfter(now.minus(Duration.ofDays(7)))))
                .hasSizeBetween(11, 13);
        assertThat(left.stream().filter(s -> !s.taken().isAfter(now.minus(Duration.ofDays(7)))))
                .hasSizeBetween(8, 9);
    }

    @Test
    void prune_preview_saysWhatWouldGoAndDeletesNothing() throws Exception {
        holdingToDrop(2);
        Assessment assessment = virtual.run(() -> executor.preview(keeper.prune(store)));
        assertThat(assessment)
                .isEqualTo(Assessment.needed(
                        "delete old-1 of 2026-03-08T12:30:00Z: older than PT360H",
                        "delete old-0 of 2026-03-09T12:30:00Z: older than PT360H"));
        assertThat(store.deleted()).isEmpty();
    }

    @Test
    void prune_nothingToDrop_isDoneWithoutADeletion() throws Exception {
        holdingToDrop(0);
        execute(keeper.prune(store));
        assertThat(store.deleted()).isEmpty();
    }

    @Test
    void prune_toDrop_deletesOldestFirstAndRecordsEach() throws Exception {
        holdingToDrop(3);
        RunContext context = RunContext.of(virtual, new Epoch(4));
        virtual.run(() -> executor.execute(keeper.prune(store), context, ActionExecutor.Watcher.NONE));
        assertThat(store.deleted()).containsExactly("old-2", "old-1", "old-0");
        assertThat(ids()).containsExactly("fresh");
        assertThat(context.recorded("dropped")).contains("3");
        assertThat(context.recorded("dropped old-2")).contains("deleted, of 2026-03-07T12:30:00Z: older than PT360H");
    }

    @Test
    void prune_listingFails_deletesNothing() throws Exception {
        holdingToDrop(3);
        store.faults().every("list", Fault.requestLost());
        failure(UnknownOutcomeException.class, keeper.prune(store));
        assertThat(store.deleted()).isEmpty();
    }

    @Test
    void prune_listingFailsBetweenDeletions_deletesNothingMoreUntilItWorks() throws Exception {
        holdingToDrop(3);
        store.faults().nth(3, "list", Fault.requestLost());
        virtual.run(() -> executor.execute(keeper.prune(store)));
        assertThat(store.deleted()).containsExactly("old-2", "old-1", "old-0");
        assertThat(store.faults().pending()).isFalse();
    }

    @Test
    void prune_moreThanTheLimit_isBlockedBeforeTheFirst() throws Exception {
        holdingToDrop(31);
        BlockedException thrown = failure(BlockedException.class, keeper.prune(store));
        assertThat(thrown).hasMessageContaining("31").hasMessageContaining("maxDeletions");
        assertThat(store.deleted()).isEmpty();
        execute(SnapshotKeeper.applying(POLICY).maxDeletions(31).build().prune(store));
        assertThat(store.deleted()).hasSize(31);
    }

    @Test
    void prune_resumedByAnotherProcess_keepsToTheLimitInAll() throws Exception {
        holdingToDrop(25);
        RunContext context = RunContext.of(virtual, new Epoch(4));
        virtual.run(() -> {
            executor.execute(keeper.prune(store), context, ActionExecutor.Watcher.NONE);
            for (int i = 0; i < 6; i++) {
                holding("more-" + i, Duration.ofDays(50), State.GOOD);
            }
            BlockedException thrown = catchThrowableOfType(
                    BlockedException.class,
                    () -> executor.execute(keeper.prune(store), context, ActionExecutor.Watcher.NONE));
            assertThat(thrown).hasMessageContaining("31");
        });
        assertThat(store.deleted()).hasSize(25);
    }

    @Test
    void prune_deletionsShowLate_countOnceTowardsTheLimit() throws Exception {
        store.deletes(Duration.ofMinutes(20));
        holdingToDrop(25);
        execute(keeper.prune(store));
        assertThat(virtual.elapsed()).isGreaterThanOrEqualTo(Duration.ofMinutes(20));
        assertThat(store.deleted()).hasSize(25);
    }

    @Test
    void prune_answersLost_deletesEachOnceAndEnds() throws Exception {
        holdingToDrop(4);
        store.faults().next("delete", Fault.answerLost()).nth(3, "delete", Fault.requestLost());
        execute(keeper.prune(store));
        assertThat(store.deleted()).containsExactlyInAnyOrder("old-3", "old-2", "old-1", "old-0");
    }

    @Test
    void prune_noFreshOne_isBlockedAsTheClockMayBeWrong() throws Exception {
        holding("a", Duration.ofDays(30), State.GOOD);
        holding("b", Duration.ofDays(20), State.GOOD);
        BlockedException thrown = failure(BlockedException.class, keeper.prune(store));
        assertThat(thrown).hasMessageContaining("clock").hasMessageContaining("pruneWithoutFreshOne");
        assertThat(store.deleted()).isEmpty();
        execute(SnapshotKeeper.applying(POLICY).pruneWithoutFreshOne().build().prune(store));
        assertThat(store.deleted()).containsExactly("a");
    }

    @Test
    void prune_freshOneIsGoneBetweenDeletions_stops() throws Exception {
        holdingToDrop(3);
        SnapshotStore thief = new Forwarding() {
            @Override
            public void delete(String id, ActionContext context) throws InterruptedException {
                super.delete(id, context);
                super.delete("fresh", context);
            }
        };
        BlockedException thrown = failure(BlockedException.class, keeper.prune(thief));
        assertThat(thrown.code()).isEqualTo("snapshot.none-fresh");
        assertThat(store.deleted()).containsExactly("old-2", "fresh");
    }

    @Test
    void prune_snapshotChangesBetweenDeletions_isLookedAtAnew() throws Exception {
        holdingToDrop(2);
        SnapshotStore changing = new Forwarding() {
            @Override
            public void delete(String id, ActionContext context) throws InterruptedException {
                super.delete(id, context);
                store.holding(new Snapshot("old-0", start.minus(HOUR), State.PENDING));
            }
        };
        execute(keeper.prune(changing));
        assertThat(store.deleted()).containsExactly("old-1");
    }

    @Test
    void take_due_takesOneAndWaitsUntilItIsGood() throws Exception {
        store.takes(Duration.ofMinutes(7));
        execute(keeper.take(store));
        assertThat(virtual.elapsed()).isBetween(Duration.ofMinutes(7), Duration.ofMinutes(8));
        assertThat(virtual.run(store::list)).extracting(Snapshot::state).containsExactly(State.GOOD);
    }

    @Test
    void take_notDue_takesNone() throws Exception {
        holding("just now", Duration.ofMinutes(10), State.GOOD);
        assertThat(execute(keeper.take(store)).because()).contains("due at 2026-03-29T13:00:00Z");
        assertThat(store.created()).isZero();
    }

    @Test
    void take_anotherProcessTakesOne_waitsForThatOne() throws Exception {
        store.takes(Duration.ofMinutes(5));
        virtual.run(() -> {
            store.create(RunContext.of(virtual, Epoch.NONE));
            executor.execute(keeper.take(store));
        });
        assertThat(store.created()).isEqualTo(1);
        assertThat(virtual.elapsed()).isGreaterThanOrEqualTo(Duration.ofMinutes(5));
    }

    @Test
    void take_answerLost_isNotTakenTwice() throws Exception {
        store.takes(Duration.ofMinutes(5));
        store.faults().next("create", Fault.answerLost());
        execute(keeper.take(store));
        assertThat(store.created()).isEqualTo(1);
    }

    @Test
    void take_failsOnce_isTakenAgain() throws Exception {
        store.takes(Duration.ofMinutes(5)).failNext(1);
        execute(keeper.take(store));
        assertThat(store.created()).isEqualTo(2);
    }

    @Test
    void take_neverGetsGood_timesOut() throws Exception {
        store.takes(Duration.ofDays(1));
        failure(DrTimeoutException.class, keeper.take(store));
        assertThat(store.created()).isEqualTo(1);
    }

    @Test
    void take_storesClockIsHoursAhead_isTakenOnce() throws Exception {
        store.takes(Duration.ofMinutes(5)).clockAhead(Duration.ofHours(3));
        execute(keeper.take(store));
        assertThat(store.created()).isEqualTo(1);
    }

    /** The store, with something happening in between. */
    private class Forwarding implements SnapshotStore {
        @Override
        public String describe() {
            return store.describe();
        }

        @Override
        public List<Snapshot> list() throws InterruptedException {
            return store.list();
        }

        @Override
        public Snapshot create(ActionContext context) throws InterruptedException {
            return store.create(context);
        }

        @Override
        public void delete(String id, ActionContext context) throws InterruptedException {
            store.delete(id, context);
        }
    }
}
