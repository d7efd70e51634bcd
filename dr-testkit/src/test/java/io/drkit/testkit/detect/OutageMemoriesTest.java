package io.drkit.testkit.detect;

import io.drkit.core.detect.OutageMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The memories of core under their contract. */
class OutageMemoriesTest {
    @Nested
    class InProcess extends OutageMemoryContract {
        private final OutageMemory memory = OutageMemory.inProcess();

        @Override
        protected OutageMemory memory() {
            return memory;
        }
    }

    @Nested
    class InAFile extends DurableOutageMemoryContract {
        @TempDir
        Path directory;

        private Path file() {
            return directory.resolve("outage.json");
        }

        @Override
        protected OutageMemory memory() {
            return OutageMemory.in(file());
        }

        @Override
        protected OutageMemory nextProcess() {
            return OutageMemory.in(file());
        }

        /** The end of the file is lost. */
        @Override
        protected void makeUnreadable() throws Exception {
            String whole = Files.readString(file());
            Files.writeString(file(), whole.substring(0, whole.length() / 2));
        }
    }
}
