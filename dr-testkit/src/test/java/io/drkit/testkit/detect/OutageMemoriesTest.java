package io.drkit.testkit.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.detect.Outage;
import io.drkit.core.detect.OutageMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
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

        @Test
        @DisplayName(
                "C4: an acknowledgement that another process makes never takes away an outage that was declared meanwhile")
        void acknowledge_whileAnotherProcessDeclares_losesNoOutage() throws Exception {
            memory().declared(outage(0));
            AtomicBoolean over = new AtomicBoolean();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread another = new Thread(() -> {
                try {
                    while (!over.get()) {
                        nextProcess().acknowledge("ann", "seen to", Instant.EPOCH);
                    }
                } catch (Throwable t) {
                    failure.set(t);
                }
            });
            another.start();
            try {
                for (int n = 1; n <= 500; n++) {
                    memory().declared(outage(n));
                    assertThat(memory().latest().orElseThrow().outage()).isEqualTo(outage(n));
                }
            } finally {
                over.set(true);
                another.join();
            }
            assertThat(failure).hasNullValue();
            assertThat(memory().latest().orElseThrow().outage()).isEqualTo(outage(500));
        }

        @Test
        @DisplayName("C4: an acknowledgement of an earlier outage says nothing of the one that came after it")
        void latest_acknowledgementIsOfAnEarlierOutage_isNotAcknowledged() throws Exception {
            memory().declared(outage(1));
            memory().acknowledge("ann", "seen to", Instant.EPOCH);
            memory().declared(outage(2));
            assertThat(nextProcess().latest().orElseThrow().acknowledgement()).isEmpty();
            memory().acknowledge("bob", "seen to", Instant.EPOCH);
            assertThat(nextProcess()
                            .latest()
                            .orElseThrow()
                            .acknowledgement()
                            .orElseThrow()
                            .who())
                    .isEqualTo("bob");
        }

        private Outage outage(int number) {
            Instant began = Instant.EPOCH.plusSeconds(number);
            return new Outage("west", began, began.plusSeconds(30), List.of("no answer"));
        }

        /** The end of the file is lost. */
        @Override
        protected void makeUnreadable() throws Exception {
            String whole = Files.readString(file());
            Files.writeString(file(), whole.substring(0, whole.length() / 2));
        }
    }
}
