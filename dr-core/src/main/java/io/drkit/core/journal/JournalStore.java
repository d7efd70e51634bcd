package io.drkit.core.journal;

import java.util.List;

/**
 * Where journals are kept. It must be reachable when the active site is dead, so it does not live there, or not only there.
 * Implementations are thread-safe.
 */
public interface JournalStore {
    /**
     * Opens a journal for this process alone, until it is closed or the process ends in whatever way.
     *
     * @throws JournalInUseException when another process, or another run in this one, has it open
     * @throws io.drkit.core.DrException when it cannot be reached
     */
    Journal open(JournalKey key);

    /**
     * Opens a journal although another process has it open, and raises its epoch in the same step: from then on whatever that
     * process writes or asks is refused as stale, however long it slept. The entries it made durable are there; what it was
     * writing at that moment is either there whole or not at all.
     *
     * <p>For an operator who knows that the other process is dead or cut off. Nobody decides that by a timeout.
     *
     * @throws JournalInUseException when yet another process is taking it over at this moment
     * @throws io.drkit.core.DrException when it cannot be reached
     */
    Journal takeOver(JournalKey key);

    /**
     * The latest runs, the newest first, each with its entries as far as they are durable now, without opening it: for whoever
     * watches a run, or looks at past ones.
     *
     * @param atMost how many runs, 1 or more
     * @throws CorruptJournalException when an entry that was durable is damaged
     */
    List<List<JournalEntry>> runs(JournalKey key, int atMost);

    /** Every journal that was ever begun here, in no particular order. */
    List<JournalKey> keys();

    /**
     * Leaves a word for the latest run of this key, whichever process works on it. Durable when it returns.
     *
     * @throws io.drkit.core.NotFoundException with the code {@code journal.no-run} when none ever began
     */
    void post(JournalKey key, Instruction instruction);

    /**
     * The words left for the latest run of this key, in the order in which they were posted; a new run begins without any.
     *
     * @throws CorruptJournalException when one of them cannot be read: see {@link #words}
     */
    List<Instruction> instructions(JournalKey key);

    /**
     * As {@link #instructions}, but one that cannot be read hides no other: a run must hear the word to stop that comes after it. A
     * store in which a word can be damaged overrides this.
     */
    default Words words(JournalKey key) {
        return new Words(instructions(key), List.of());
    }
}
