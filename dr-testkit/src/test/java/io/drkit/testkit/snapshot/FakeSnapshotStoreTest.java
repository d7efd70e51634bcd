package io.drkit.testkit.snapshot;

import io.drkit.core.snapshot.SnapshotStore;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

class FakeSnapshotStoreTest {
    private abstract static class OnVirtualTime extends SnapshotStoreContract {
        private final VirtualClockwork virtual = VirtualClockwork.seeded(11);
        private final FakeSnapshotStore store;

        OnVirtualTime(Duration making, Duration deleting) {
            store = FakeSnapshotStore.of("disk data-1", virtual).takes(making).deletes(deleting);
        }

        @AfterEach
        void close() {
            virtual.close();
        }

        @Override
        protected Clockwork clockwork() {
            return virtual;
        }

        @Override
        protected SnapshotStore store() {
            return store;
        }

        @Override
        protected void run(Body body) throws Exception {
            virtual.run(body::run);
        }

        @Override
        protected void loseNextAnswer() {
            store.faults().next("create", Fault.answerLost()).next("delete", Fault.answerLost());
        }

        @Override
        protected void loseNextRequest() {
            store.faults().next("create", Fault.requestLost());
        }

        @Override
        protected void makeUnreachable(boolean unreachable) {
            if (unreachable) {
                store.faults().every("list", Fault.requestLost());
            } else {
                store.faults().clear("list");
            }
        }
    }

    @Nested
    class Quick extends OnVirtualTime {
        Quick() {
            super(Duration.ZERO, Duration.ZERO);
        }
    }

    @Nested
    class Slow extends OnVirtualTime {
        Slow() {
            super(Duration.ofSeconds(50), Duration.ofSeconds(40));
        }
    }
}
