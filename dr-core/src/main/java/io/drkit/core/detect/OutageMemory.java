package io.drkit.core.detect;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * Remembers the last outage that was declared, and whether somebody acknowledged it: until then no other is declared. Keep it where
 * it survives this process, and the active site. Implementations are thread-safe.
 */
public interface OutageMemory {
    /**
     * The last outage that was declared.
     *
     * @throws IOException when it cannot be read: then nothing may be declared that leads to an automatic failover
     */
    Optional<Remembered> latest() throws IOException;

    /**
     * Remembers it, not acknowledged. Durable when it returns.
     *
     * @throws IOException when it cannot be written
     */
    void declared(Outage outage) throws IOException;

    /**
     * Somebody has seen to the last outage: another may be declared. Nothing happens when there is none.
     *
     * @param who the person
     * @param reason what they did, or why nothing was to be done
     * @throws IOException when it cannot be written
     */
    void acknowledge(String who, String reason, Instant at) throws IOException;

    /**
     * A declared outage.
     *
     * @param outage which
     * @param acknowledgement who has seen to it; empty until somebody has
     */
    record Remembered(Outage outage, Optional<Acknowledgement> acknowledgement) {
        public Remembered {
            Objects.requireNonNull(outage, "outage");
            Objects.requireNonNull(acknowledgement, "acknowledgement");
        }
    }

    /** Who has seen to it, how, and when. */
    record Acknowledgement(String who, String reason, Instant at) {
        public Acknowledgement {
            Objects.requireNonNull(at, "at");
            if (who.isBlank() || reason.isBlank()) {
                throw new IllegalArgumentException("To acknowledge an outage takes a person and a reason");
            }
        }
    }

    /** Forgets with this process: not for automatic failover. */
    static OutageMemory inProcess() {
        return new ProcessMemory();
    }

    /**
     * Two files, each replaced as a whole: this one with the outage, and beside it one whose name ends in {@code .acknowledged}. For
     * the detectors of one machine, in one process or several; it must not lie on the active site.
     */
    static OutageMemory in(Path file) {
        return new FileMemory(file);
    }
}
