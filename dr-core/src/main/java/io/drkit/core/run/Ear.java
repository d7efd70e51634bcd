package io.drkit.core.run;

import io.drkit.core.DrException;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.journal.Words;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks for words that people left for the run. For the coordinator's thread alone, except {@link #wake}. */
final class Ear {
    private static final Logger log = LoggerFactory.getLogger(Ear.class);

    private final JournalStore store;
    private final JournalKey key;
    private final String runId;
    private final Clockwork clockwork;
    private final Duration every;
    private Deadline next;
    private volatile boolean woken;
    private String trouble = "";
    private List<Words.Unreadable> unreadable = List.of();

    Ear(JournalStore store, JournalKey key, String runId, Duration every, Clockwork clockwork) {
        this.store = store;
        this.key = key;
        this.runId = runId;
        this.every = every;
        this.clockwork = clockwork;
        this.next = clockwork.deadline(Duration.ZERO);
    }

    /** Until it looks again. */
    Duration rest() {
        return next.remaining();
    }

    /** Lets it look at once. From any thread. */
    void wake() {
        woken = true;
    }

    boolean due() {
        return woken || next.passed();
    }

    /** Why it heard nothing when it last looked; empty when it could hear. */
    String trouble() {
        return trouble;
    }

    /** What it could not read when it last looked. */
    List<Words.Unreadable> unreadable() {
        return unreadable;
    }

    /** All that was left for this run so far. */
    List<Instruction> listen() {
        woken = false;
        String before = trouble;
        trouble = "";
        List<Instruction> heard = List.of();
        try {
            Words words = store.words(key);
            unreadable = words.unreadable();
            heard = words.instructions().stream()
                    .filter(said -> said.run().isEmpty() || said.run().equals(runId))
                    .toList();
        } catch (DrException e) {
            // What cannot be heard holds nothing up: whether the run may go on is for the journal to say.
            trouble = String.valueOf(e.getMessage());
            if (!trouble.equals(before)) {
                log.warn("The words left for the run of {} could not be read", key, e);
            }
        }
        next = clockwork.deadline(every);
        return heard;
    }
}
