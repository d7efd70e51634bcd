package io.drkit.testkit.lease;

import io.drkit.core.lease.FileLeaseStore;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.time.Clockwork;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The stores of core and of the testkit under the same contract. */
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
}
