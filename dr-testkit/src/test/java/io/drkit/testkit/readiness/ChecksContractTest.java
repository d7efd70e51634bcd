package io.drkit.testkit.readiness;

import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.readiness.BlackHole;
import io.drkit.core.readiness.Check;
import io.drkit.core.readiness.Checks;
import io.drkit.core.readiness.Finding;
import io.drkit.core.readiness.Side;
import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.dns.FakeDnsSwitcher;
import io.drkit.testkit.dns.FakeDnsZone;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.lease.InMemoryLeaseStore;
import io.drkit.testkit.replica.FakeDatabase;
import io.drkit.testkit.replica.FakeDatabases;
import io.drkit.testkit.time.VirtualClockwork;
import io.drkit.testkit.workload.FakeWorkloadScaler;
import io.drkit.testkit.workload.FakeWorkloads;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/** Every built-in check under the contract of checks, on the fakes. */
class ChecksContractTest {
    private abstract static class OnVirtualTime extends CheckContract {
        final VirtualClockwork virtual = VirtualClockwork.seeded(17);

        @AfterEach
        void close() {
            virtual.close();
        }

        @Override
        protected Clockwork clockwork() {
            return virtual;
        }

        @Override
        protected void run(Body body) throws Exception {
            virtual.run(body::run);
        }
    }

    /** A check of something that is read; it cannot change it. */
    private abstract static class OfAReading<T> extends OnVirtualTime {
        private boolean unreadable;
        private T value;

        OfAReading() {
            value = ready();
        }

        abstract T ready();

        abstract T notReady();

        final T read() throws IOException {
            if (unreadable) {
                throw new IOException("no route to host");
            }
            return value;
        }

        @Override
        protected void makeReady() {
            value = ready();
        }

        @Override
        protected void makeNotReady() {
            value = notReady();
        }

        @Override
        protected void makeUnreadable() {
            unreadable = true;
        }

        @Override
        protected String fingerprint() {
            return value.toString();
        }
    }

    @Nested
    class Named extends OfAReading<Integer> {
        @Override
        Integer ready() {
            return 40;
        }

        @Override
        Integer notReady() {
            return 39;
        }

        @Override
        protected Check check() {
            return Check.named("quota", "east may start 40 more cores", clockwork -> {
                int free = read();
                return free >= 40
                        ? Finding.ready(free + " cores are free")
                        : Finding.notReady("only " + free + " cores are free", "raise the quota of east");
            });
        }
    }

    @Nested
    class Staleness extends OfAReading<Optional<Instant>> {
        @Override
        Optional<Instant> ready() {
            return Optional.of(virtual.now());
        }

        @Override
        Optional<Instant> notReady() {
            return Optional.of(virtual.now().minus(Duration.ofHours(1)));
        }

        @Override
        protected Check check() {
            return Checks.staleness("files", this::read, Duration.ofMinutes(15));
        }
    }

    @Nested
    class Parity extends OfAReading<Map<String, String>> {
        @Override
        Map<String, String> ready() {
            return Map.of("runtime", "1.4");
        }

        @Override
        Map<String, String> notReady() {
            return Map.of("runtime", "1.3");
        }

        @Override
        protected Check check() {
            return Checks.parity("images", Side.of("west", this::ready), Side.of("east", this::read));
        }
    }

    @Nested
    class Secrets extends OfAReading<Map<String, String>> {
        @Override
        Map<String, String> ready() {
            return Map.of("password", "a digest");
        }

        @Override
        Map<String, String> notReady() {
            return Map.of("password", "another digest");
        }

        @Override
        protected Check check() {
            return Checks.secrets("secrets", Side.of("west", this::ready), Side.of("east", this::read));
        }
    }

    @Nested
    class Credential extends OfAReading<Instant> {
        @Override
        Instant ready() {
            return virtual.now().plus(Duration.ofDays(90));
        }

        @Override
        Instant notReady() {
            return virtual.now().plus(Duration.ofDays(3));
        }

        @Override
        protected Check check() {
            return Checks.credential("token", this::read, Duration.ofDays(30));
        }
    }

    @Nested
    class ReplicationLag extends OnVirtualTime {
        private final FakeDatabases databases = FakeDatabases.on(virtual);
        private final FakeDatabase west = databases.primary("west");
        private final FakeDatabase east;

        ReplicationLag() {
            west.write("first");
            east = databases.replicaOf(west, "east");
        }

        @Override
        protected Check check() {
            return Checks.replicationLag("database", databases.promoter(), west, east, Duration.ofMinutes(15));
        }

        @Override
        protected void makeReady() throws InterruptedException {
            databases.replicationDelay(Duration.ofMillis(20));
            virtual.sleep(Duration.ofSeconds(1));
        }

        @Override
        protected void makeNotReady() throws InterruptedException {
            databases.replicationDelay(Duration.ofHours(1));
            west.write("late");
            virtual.sleep(Duration.ofMinutes(20));
        }

        @Override
        protected void makeUnreadable() {
            west.reachable(false);
        }

        @Override
        protected String fingerprint() {
            return west.writable() + " " + east.writable() + " " + west.acknowledged() + " " + east.promotions();
        }
    }

    @Nested
    class ReplicaIntent extends OnVirtualTime {
        private final Workload app = Workload.deployment("app");
        private final FakeWorkloads west = FakeWorkloads.on(virtual);
        private final FakeWorkloads east = FakeWorkloads.on(virtual);

        ReplicaIntent() {
            west.run(app, 2);
            east.run(app, 2);
        }

        @Override
        protected Check check() {
            return Checks.replicaIntent(
                    "replicas",
                    Side.of("west", FakeWorkloadScaler.of(west)),
                    Side.of("east", FakeWorkloadScaler.of(east)),
                    app);
        }

        @Override
        protected void makeReady() {
            west.scaleByHand(app, 2);
        }

        @Override
        protected void makeNotReady() {
            west.scaleByHand(app, 5);
        }

        @Override
        protected void makeUnreadable() {
            east.faults().every("read", Fault.refused(503));
        }

        @Override
        protected String fingerprint() {
            return west.version(app) + " " + east.version(app);
        }
    }

    @Nested
    class DnsTtl extends OnVirtualTime {
        private final FakeDnsZone zone = FakeDnsZone.on(virtual);

        DnsTtl() {
            makeReady();
        }

        @Override
        protected Check check() {
            return Checks.dnsTtl("shop.example.com", FakeDnsSwitcher.of(zone), Duration.ofMinutes(1));
        }

        @Override
        protected final void makeReady() {
            zone.record("shop.example.com", "west.example.com", Duration.ofSeconds(60));
        }

        @Override
        protected void makeNotReady() {
            zone.record("shop.example.com", "west.example.com", Duration.ofHours(1));
        }

        @Override
        protected void makeUnreadable() {
            zone.faults().every("read", Fault.refused(503));
        }

        @Override
        protected String fingerprint() {
            return Long.toString(zone.version("shop.example.com"));
        }
    }

    @Nested
    class NoUnfinishedRun extends OnVirtualTime {
        private static final JournalKey KEY = new JournalKey("shop", "west", "east");

        private final JournalStore store = new InMemoryJournalStore();
        private boolean unreadable;

        NoUnfinishedRun() {
            write(JournalEntry.Kind.RUN_BEGAN);
            write(JournalEntry.Kind.RUN_ENDED);
        }

        private void write(JournalEntry.Kind kind) {
            JournalEntry entry = new JournalEntry(kind, Instant.EPOCH, "", Map.of("mode", "FAILOVER"));
            try (var journal = store.open(KEY)) {
                if (kind == JournalEntry.Kind.RUN_BEGAN) {
                    journal.raiseEpoch(Epoch.NONE);
                    journal.begin(entry);
                } else {
                    journal.append(entry);
                }
            }
        }

        @Override
        protected Check check() {
            JournalStore behind = (JournalStore) Proxy.newProxyInstance(
                    JournalStore.class.getClassLoader(),
                    new Class<?>[] {JournalStore.class},
                    (self, method, arguments) -> {
                        if (unreadable) {
                            throw new UnknownOutcomeException(
                                    "test.no-answer",
                                    Problem.expected("an answer").found("none").remedy("see the test"));
                        }
                        return method.invoke(store, arguments);
                    });
            return Checks.noUnfinishedRun(behind, KEY);
        }

        @Override
        protected void makeReady() {
            write(JournalEntry.Kind.RUN_ENDED);
        }

        @Override
        protected void makeNotReady() {
            write(JournalEntry.Kind.RUN_BEGAN);
        }

        @Override
        protected void makeUnreadable() {
            unreadable = true;
        }

        @Override
        protected String fingerprint() {
            return store.runs(KEY, 10).toString();
        }
    }

    /** Something that may need west, and is read while west is cut off. */
    private abstract static class Surviving extends OnVirtualTime {
        private boolean needsWest;
        private boolean holds = true;
        boolean cut;

        /** Throws when what is read needs the site that is cut off. */
        final void reach() {
            if (cut && needsWest) {
                throw new UnknownOutcomeException(
                        "test.no-answer",
                        Problem.expected("an answer").found("none").remedy("see the test"));
            }
        }

        final <T> T behindTheNetwork(Class<T> type, T store) {
            return type.cast(
                    Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                        reach();
                        return method.invoke(store, arguments);
                    }));
        }

        final BlackHole hole() {
            return new BlackHole() {
                @Override
                public String site() {
                    return "west";
                }

                @Override
                public <T> T inside(Callable<T> work) throws Exception {
                    cut = holds;
                    try {
                        return work.call();
                    } finally {
                        cut = false;
                    }
                }

                @Override
                public boolean siteAnswers() {
                    return !cut;
                }
            };
        }

        @Override
        protected void makeReady() {
            needsWest = false;
        }

        @Override
        protected void makeNotReady() {
            needsWest = true;
        }

        /** The black hole does not hold. */
        @Override
        protected void makeUnreadable() {
            holds = false;
        }
    }

    @Nested
    class Survives extends Surviving {
        @Override
        protected Check check() {
            return Checks.survives("registry", hole(), () -> {
                reach();
                return "read";
            });
        }

        @Override
        protected String fingerprint() {
            return "it is only read";
        }
    }

    @Nested
    class Journal extends Surviving {
        private static final JournalKey KEY = new JournalKey("shop", "west", "east");

        private final JournalStore store = new InMemoryJournalStore();

        Journal() {
            try (io.drkit.core.journal.Journal journal = store.open(KEY)) {
                journal.begin(new JournalEntry(JournalEntry.Kind.RUN_BEGAN, Instant.EPOCH, "", Map.of()));
            }
        }

        @Override
        protected Check check() {
            JournalStore reached = behindTheNetwork(JournalStore.class, store);
            return Checks.journal(KEY, hole(), inside -> reached);
        }

        @Override
        protected String fingerprint() {
            return store.keys().toString();
        }
    }

    @Nested
    class Lease extends Surviving {
        private static final LeaseRecord ONCE_HELD =
                new LeaseRecord(Optional.empty(), new Epoch(1), Duration.ofSeconds(30), 0, Optional.empty(), Map.of());

        private final InMemoryLeaseStore store = new InMemoryLeaseStore(virtual);

        Lease() throws InterruptedException {
            store.write("shop", store.read("shop"), ONCE_HELD);
        }

        @Override
        protected Check check() {
            LeaseStore reached = behindTheNetwork(LeaseStore.class, store);
            return Checks.lease("shop", hole(), inside -> reached);
        }

        @Override
        protected String fingerprint() throws InterruptedException {
            return store.list("").toString();
        }
    }
}
