package io.drkit.samples.tworegion;

import io.drkit.core.Epoch;
import io.drkit.core.action.Action;
import io.drkit.core.share.FileTreeSynchronizer;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.action.LocalActionContract;
import io.drkit.testkit.action.RunContext;
import io.drkit.testkit.replica.FakeDatabase;
import io.drkit.testkit.replica.FakeDatabases;
import io.drkit.testkit.share.InMemoryFileTree;
import io.drkit.testkit.time.VirtualClockwork;
import io.drkit.testkit.workload.FakeWorkloadScaler;
import io.drkit.testkit.workload.FakeWorkloads;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;

/** The steps that turn the sample's own file sync off and on, under the contract that every action keeps. */
class ScheduledSyncTest {
    private final VirtualClockwork time = VirtualClockwork.seeded(5);
    private final FakeDatabases databases = FakeDatabases.on(time);
    private final ShopSite<FakeDatabase> west = site("west");
    private final ShopSite<FakeDatabase> east = site("east");
    private final ScheduledSync schedule =
            new ScheduledSync(new FileTreeSynchronizer(time), time, Duration.ofMinutes(15));

    private ShopSite<FakeDatabase> site(String name) {
        FakeDatabase database = databases.primary(name);
        return new ShopSite<>(
                name,
                FakeWorkloadScaler.of(FakeWorkloads.on(time)),
                database,
                database.fence(),
                InMemoryFileTree.named(name),
                "ingress." + name,
                "db." + name);
    }

    @AfterEach
    void endTheTime() {
        time.close();
    }

    private abstract class OnVirtualTime extends LocalActionContract {
        @Override
        protected Clockwork clockwork() {
            return time;
        }

        @Override
        protected void run(Body body) throws Exception {
            time.run(body::run);
        }

        @Override
        protected String fingerprint() throws Exception {
            return schedule.paused().observe(RunContext.of(time, Epoch.NONE));
        }
    }

    @Nested
    class Pausing extends OnVirtualTime {
        @BeforeEach
        void begin() {
            schedule.begin(west, east);
        }

        @Override
        protected Action<?> action() {
            return schedule.paused();
        }
    }

    @Nested
    class Running extends OnVirtualTime {
        @Override
        protected Action<?> action() {
            return schedule.running(west, east);
        }
    }
}
