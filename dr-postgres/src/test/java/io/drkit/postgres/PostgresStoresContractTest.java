package io.drkit.postgres;

import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.journal.MirroredJournalStore;
import io.drkit.core.lease.LeaseStore;
import io.drkit.testkit.journal.JournalStoreContract;
import io.drkit.testkit.lease.LeadershipContract;
import io.drkit.testkit.lease.LeaseStoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Journals and leases in PostgreSQL keep to the rules that all keep to. */
class PostgresStoresContractTest {
    @TempDir
    static Path directory;

    static RegistryServer registry;

    @BeforeAll
    static void start() throws Exception {
        registry = new RegistryServer(directory);
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @Nested
    class Journals extends JournalStoreContract {
        private final String schema = RegistryServer.schema();

        @Override
        protected JournalStore store() {
            return new PostgresJournalStore(registry.node(), schema);
        }
    }

    @Nested
    class MirroredJournals extends JournalStoreContract {
        private final String schema = RegistryServer.schema();

        @TempDir
        Path root;

        @Override
        protected JournalStore store() {
            return MirroredJournalStore.of(
                            "disk",
                            new FileJournalStore(root),
                            "registry",
                            new PostgresJournalStore(registry.node(), schema))
                    .build();
        }
    }

    @Nested
    class Leases extends LeaseStoreContract {
        private final String schema = RegistryServer.schema();

        @Override
        protected LeaseStore store() {
            return new PostgresLeaseStore(registry.node(), schema);
        }

        @Override
        protected void delete(String name) throws Exception {
            registry.sql("DELETE FROM " + schema + ".lease WHERE name = '" + name + "'");
        }
    }

    @Tag("harness")
    @Execution(ExecutionMode.CONCURRENT)
    @Nested
    class Leaders extends LeadershipContract {
        private final String schema = RegistryServer.schema();

        @Override
        protected LeaseStore store() {
            return new PostgresLeaseStore(registry.node(), schema);
        }

        @Override
        protected void delete(String name) throws Exception {
            registry.sql("DELETE FROM " + schema + ".lease WHERE name = '" + name + "'");
        }
    }
}
