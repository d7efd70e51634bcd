package io.drkit.core.share;

import io.drkit.core.action.Action;

/**
 * Makes one share equal another, one way.
 *
 * <p>Each call looks at both trees anew; nothing is remembered between calls, so that a run that was killed is repaired by the
 * next one, from whichever machine. Implementations are thread-safe. All methods refuse, before anything is touched and with an
 * {@link io.drkit.core.DrException} that says why: trees that are the same or overlap, a missing source or target, and an empty
 * source that was not allowed by name.
 *
 * @param <T> what names a share for this implementation
 */
public interface ShareSynchronizer<T> {
    /** What {@link #sync} would do now; changes nothing. */
    SyncPreview preview(T source, T target, SyncOptions options) throws InterruptedException;

    /**
     * Makes the target like the source and says how far that went: one failing file stops no other. Look at {@link
     * SyncResult#state()}, or call {@link SyncResult#orThrow()}.
     *
     * @throws io.drkit.core.ConflictException when another run is writing to the target
     */
    SyncResult sync(T source, T target, SyncOptions options) throws InterruptedException;

    /**
     * Compares the two and changes nothing: whatever differs is a finding, a newer file in the target as well. Content is
     * compared only in the mode {@link CompareMode#CONTENT}; else size, time and attributes. What the target has beyond the
     * source is a finding when the options delete such things.
     */
    SyncResult verify(T source, T target, SyncOptions options) throws InterruptedException;

    /**
     * Synchronises until a walk over both trees finds nothing to do. A source that is being written may keep it from ever being
     * done: for that, call {@link #sync} on a schedule. Blocked while the guard refuses, and for what can never be brought over,
     * such as symbolic links, until it is excluded by name.
     */
    Action<?> syncing(T source, T target, SyncOptions options);

    /**
     * The last synchronisation before the target takes over. Done only when a walk that began after the writers were seen to be
     * stopped, and ended while they still were, found the target equal to the source. Nothing of that is taken from memory: a
     * resumed run looks again. Blocked as {@link #syncing}, when the writers come back during the walk, and when the target holds
     * newer files that the options keep. While the writers are not shown to be stopped it is needed, as a preview of a plan looks
     * before the step that stops them, but to apply it is refused with {@code share.writers-not-stopped}.
     */
    Action<?> finalSync(T source, T target, SyncOptions options, WritersStopped writersStopped);
}
