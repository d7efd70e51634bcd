package io.drkit.core.snapshot;

import io.drkit.core.action.ActionContext;
import io.drkit.core.action.EpochCheck;
import java.util.List;

/** Where snapshots of one thing are made and kept. Implementations are thread-safe. */
public interface SnapshotStore {
    /** What is snapshotted, for example {@code disk data-1}. */
    String describe();

    /**
     * All snapshots, in any order. Complete, or an exception: a partial list is never returned, since what is missing from it
     * would change what is dropped.
     */
    List<Snapshot> list() throws InterruptedException;

    /** Starts making a snapshot of now, and answers it, usually still pending. */
    Snapshot create(ActionContext context) throws InterruptedException;

    /** Deletes one snapshot; one that does not exist is no error. */
    void delete(String id, ActionContext context) throws InterruptedException;

    /** Whether the store itself refuses a lower epoch than it has seen. Unless it says so it is not assumed. */
    default EpochCheck epochCheck() {
        return EpochCheck.ADVISORY;
    }
}
