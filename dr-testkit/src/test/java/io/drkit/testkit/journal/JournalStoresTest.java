package io.drkit.testkit.journal;

import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.journal.MirroredJournalStore;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The journal stores of core and of the testkit under the same contract. */
class JournalStoresTest {
    @Nested
    class InMemory extends JournalStoreContract {
        private final InMemoryJournalStore store = new InMemoryJournalStore();

        @Override
        protected JournalStore store() {
            return store;
        }
    }

    @Nested
    class Files extends JournalStoreContract {
        @TempDir
        Path root;

        @Override
        protected JournalStore store() {
            return new FileJournalStore(root);
        }
    }

    @Nested
    class Mirrored extends JournalStoreContract {
        private final InMemoryJournalStore memory = new InMemoryJournalStore();

        @TempDir
        Path root;

        @Override
        protected JournalStore store() {
            return MirroredJournalStore.of("files", new FileJournalStore(root), "memory", memory)
                    .build();
        }
    }
}
