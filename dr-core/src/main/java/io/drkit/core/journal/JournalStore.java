package io.drkit.core.journal;

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
}
