package io.drkit.core.journal;

import io.drkit.core.Epoch;
import java.util.List;

/**
 * The journal of one plan and pair of sites, open in this process alone. Append-only. Thread-safe.
 *
 * <p>Whoever holds it asks it, right before an effect, whether it still does ({@link #requireHeld}): a journal that was taken
 * over by force answers with {@link io.drkit.core.StaleEpochException}.
 */
public interface Journal extends AutoCloseable {
    /**
     * The entries of the latest run, oldest first; empty when there was none. A torn last entry, left by a crash in the middle
     * of writing it, is as if it had never been written.
     *
     * @throws CorruptJournalException when an entry that was durable is damaged
     * @throws CorruptJournalException when it was written by a newer format, with the code {@code journal.newer-format}
     */
    List<JournalEntry> latestRun();

    /**
     * A new epoch, higher than {@code above} and than any before it, even where older journals were removed. Durable when it
     * returns.
     *
     * @throws io.drkit.core.StaleEpochException when another process has taken the journal over, and for good
     * @param above an epoch that comes from elsewhere, such as the run's lease; {@link Epoch#NONE} when there is none
     */
    Epoch raiseEpoch(Epoch above);

    /**
     * Begins a new run with its first entry; {@link #latestRun()} is that run from now on. Durable when it returns. Each run begins
     * under an epoch of its own: raise it first.
     *
     * @throws io.drkit.core.StaleEpochException when another process has taken the journal over, and for good
     */
    void begin(JournalEntry first);

    /**
     * Appends to the latest run. Durable when it returns, and there for whoever takes the journal over.
     *
     * @throws io.drkit.core.StaleEpochException when another process has taken the journal over, and for good
     */
    void append(JournalEntry entry);

    /**
     * Checks that this process still holds the journal under this epoch.
     *
     * @throws io.drkit.core.StaleEpochException when it does not
     */
    void requireHeld(Epoch epoch);

    /** Who holds it, for people, as whoever is refused meanwhile is told: for example {@code process 4711}. */
    default String owner() {
        return "process " + ProcessHandle.current().pid();
    }

    /** Lets another process have it. */
    @Override
    void close();
}
