package io.drkit.testkit.action;

import io.drkit.core.DeniedException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.action.Action;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.FileTreeSynchronizer;
import io.drkit.core.share.ShareSynchronizer;
import io.drkit.core.share.SyncOptions;
import io.drkit.core.share.WritersStopped;
import io.drkit.core.snapshot.Snapshot;
import io.drkit.core.snapshot.SnapshotKeeper;
import io.drkit.core.snapshot.SnapshotPolicy;
import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.dns.FakeDnsSwitcher;
import io.drkit.testkit.dns.FakeDnsZone;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.share.FaultyFileTree;
import io.drkit.testkit.share.InMemoryFileTree;
import io.drkit.testkit.share.TreeEditor;
import io.drkit.testkit.snapshot.FakeSnapshotStore;
import io.drkit.testkit.workload.FakeWorkloadScaler;
import io.drkit.testkit.workload.FakeWorkloads;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;

/** The actions that the library makes under the contract of the actions that an application writes. */
class ActionsTest {
    @Nested
    class PointTo extends VirtualActionContract {
        private final FakeDnsZone zone = FakeDnsZone.on(virtual);

        PointTo() {
            zone.record("shop.example.com", "west.example.com", Duration.ofSeconds(60));
        }

        @Override
        protected Action<?> action() {
            return FakeDnsSwitcher.of(zone).pointTo("shop.example.com", "east.example.com");
        }

        @Override
        protected String fingerprint() {
            return Long.toString(zone.version("shop.example.com"));
        }

        @Override
        protected void loseNextAnswer() {
            zone.faults().next("write", Fault.answerLost());
        }

        @Override
        protected void makeUnreadable() {
            zone.faults().every("read", Fault.refused(503));
        }

        @Override
        protected void changeUnder(Epoch epoch) throws InterruptedException {
            execute(FakeDnsSwitcher.of(zone).pointTo("shop.example.com", "north.example.com"), epoch);
        }
    }

    @Nested
    class ToZero extends VirtualActionContract {
        private final Workload app = Workload.deployment("app");
        private final FakeWorkloads site = FakeWorkloads.on(virtual);

        ToZero() {
            site.run(app, 2);
        }

        @Override
        protected Action<?> action() {
            return FakeWorkloadScaler.of(site).toZero(app);
        }

        @Override
        protected String fingerprint() {
            return Long.toString(site.version(app));
        }

        @Override
        protected void loseNextAnswer() {
            site.faults().next("scale", Fault.answerLost());
        }

        @Override
        protected void makeUnreadable() {
            site.faults().every("read", Fault.refused(503));
        }

        @Override
        protected void changeUnder(Epoch epoch) throws InterruptedException {
            execute(FakeWorkloadScaler.of(site).scaleTo(Map.of(app, 5)), epoch);
        }
    }

    @Nested
    class TakeSnapshot extends VirtualActionContract {
        private final FakeSnapshotStore store =
                FakeSnapshotStore.of("disk data-1", virtual).takes(Duration.ofMinutes(3));

        TakeSnapshot() {
            store.holding(new Snapshot("old", virtual.now().minus(Duration.ofDays(2)), Snapshot.State.GOOD));
        }

        @Override
        protected Action<?> action() {
            return SnapshotKeeper.applying(SnapshotPolicy.takenEvery(Duration.ofDays(1))
                            .keepAll(Duration.ofDays(7))
                            .build())
                    .build()
                    .take(store);
        }

        @Override
        protected String fingerprint() {
            return Long.toString(store.created());
        }

        @Override
        protected void loseNextAnswer() {
            store.faults().next("create", Fault.answerLost());
        }

        @Override
        protected void makeUnreadable() {
            store.faults().every("list", Fault.requestLost());
        }

        @Override
        protected void changeUnder(Epoch epoch) throws InterruptedException {
            store.delete("old", RunContext.of(virtual, epoch));
        }
    }

    @Nested
    class PruneSnapshots extends VirtualActionContract {
        private final FakeSnapshotStore store = FakeSnapshotStore.of("disk data-1", virtual);
        private final SnapshotKeeper keeper = SnapshotKeeper.applying(SnapshotPolicy.takenEvery(Duration.ofDays(1))
                        .keepAll(Duration.ofDays(3))
                        .build())
                .build();

        PruneSnapshots() {
            for (int days = 0; days < 6; days++) {
                Instant taken = virtual.now().minus(Duration.ofDays(days)).minusSeconds(60);
                store.holding(new Snapshot("day " + days, taken, Snapshot.State.GOOD));
            }
        }

        @Override
        protected Action<?> action() {
            return keeper.prune(store);
        }

        @Override
        protected String fingerprint() {
            return store.created() + " " + store.deleted();
        }

        @Override
        protected void loseNextAnswer() {
            store.faults().nth(3, "delete", Fault.answerLost());
        }

        @Override
        protected void makeUnreadable() {
            store.faults().every("list", Fault.requestLost());
        }

        @Override
        protected void changeUnder(Epoch epoch) throws InterruptedException {
            store.delete("day 5", RunContext.of(virtual, epoch));
        }
    }

    /** Two trees of which one is brought over. */
    private abstract static class TwoTrees extends ActionContract {
        final InMemoryFileTree source = InMemoryFileTree.named("west");
        final InMemoryFileTree target = InMemoryFileTree.named("east");
        final FaultyFileTree from = FaultyFileTree.around(source);
        final FaultyFileTree to = FaultyFileTree.around(target);
        final ShareSynchronizer<FileTree> shares = new FileTreeSynchronizer(Clockwork.system());

        @BeforeEach
        void writeTheSource() throws Exception {
            TreeEditor.of(source).file("d/f", "content", Instant.parse("2026-03-04T12:00:00Z"));
        }

        @Override
        protected Clockwork clockwork() {
            return Clockwork.system();
        }

        @Override
        protected String fingerprint() throws Exception {
            return TreeEditor.entries(target).toString();
        }

        @Override
        protected void loseNextAnswer() {
            to.loseAnswer(FaultyFileTree.Operation.COMMIT, "d/f", 1);
        }

        @Override
        protected void makeUnreadable() throws Exception {
            from.fail(
                    FaultyFileTree.Operation.LIST,
                    "d",
                    FaultyFileTree.ALWAYS,
                    () -> new DeniedException(
                            "test.denied",
                            Problem.expected("to list d").found("no leave").remedy("see the test")));
        }
    }

    @Nested
    class Syncing extends TwoTrees {
        @Override
        protected Action<?> action() {
            return shares.syncing(from, to, SyncOptions.defaults());
        }
    }

    @Nested
    class FinalSync extends TwoTrees {
        private boolean writersSeen = true;

        @Override
        protected Action<?> action() {
            return shares.finalSync(
                    from,
                    to,
                    SyncOptions.defaults(),
                    context -> writersSeen
                            ? new WritersStopped.Stopped("nobody writes")
                            : new WritersStopped.NotShown("they cannot be asked"));
        }

        /** All can be read but whether somebody still writes. */
        @Override
        protected void makeUnreadable() {
            writersSeen = false;
        }
    }
}
