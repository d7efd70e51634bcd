package io.drkit.testkit.lease;

import io.drkit.core.lease.FileLeaseStore;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.fault.Faults;
import io.drkit.testkit.time.VirtualClockwork;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The stores of core and of the testkit under the same contract. */
@Tag("harness")
class LeaseStoresTest {
    @Nested
    class InMemory extends LeaseStoreContract {
        private final InMemoryLeaseStore store = new InMemoryLeaseStore(Clockwork.system());

        @Override
        protected LeaseStore store() {
            return store;
        }

        @Override
        protected void delete(String name) {
            store.delete(name);
        }
    }

    /** As a node reaches them, over a link on which nothing goes wrong. */
    @Nested
    class InMemoryOverALink extends LeaseStoreContract {
        private final InMemoryLeaseStore store = new InMemoryLeaseStore(Clockwork.system());

        @Override
        protected LeaseStore store() {
            return store.over(Clockwork.system(), new Faults());
        }

        @Override
        protected void delete(String name) {
            store.delete(name);
        }
    }

    @Nested
    class Files extends LeaseStoreContract {
        @TempDir
        Path root;

        @Override
        protected LeaseStore store() {
            return new FileLeaseStore(root);
        }

        @Override
        protected void delete(String name) throws Exception {
            java.nio.file.Files.delete(root.resolve(name + ".lease"));
        }
    }

    @Nested
    class LeadersInMemory extends LeadershipContract {
        private final VirtualClockwork virtual = VirtualClockwork.seeded(31);
        private final InMemoryLeaseStore store = new InMemoryLeaseStore(virtual);

        @AfterEach
        void close() {
            virtual.close();
        }

        @Override
        protected LeaseStore store() {
            return store;
        }

        @Override
        protected void delete(String name) {
            store.delete(name);
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

    @Execution(ExecutionMode.CONCURRENT)
    @Nested
    class LeadersInFiles extends LeadershipContract {
        @TempDir
        Path root;

        @Override
        protected LeaseStore store() {
            return new FileLeaseStore(root);
        }

        @Override
        protected void delete(String name) throws Exception {
            java.nio.file.Files.delete(root.resolve(name + ".lease"));
        }
    }
}
