package io.drkit.testkit.journal;

import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.JournalStore;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** Both journal stores under the same contract. */
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
}
