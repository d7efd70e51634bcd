package io.drkit.core.lease;

/**
 * What a node does while it leads. Both methods are called on tasks of their own, never on the one that renews the lease, and once
 * a term each; terms of one {@link Leadership} do not overlap.
 */
public interface LeaderListener {
    /**
     * This node leads: the store has accepted its claim. May return, or work until it is interrupted; the node leads on when it
     * returns. Before each effect it asks {@link Lease#requireHeld()}, and it hands {@link Lease#epoch()} to what it changes.
     *
     * <p>When the term ends while it still runs, its thread is interrupted and {@link #stop} is called at the same time.
     *
     * @throws Exception whatever it throws ends the term, and lets others go first; it is logged
     */
    void lead(Lease lease) throws Exception;

    /**
     * This node leads no more: end what {@link #lead} began, and return when it has ended. The others cannot lead before this and
     * {@link #lead} have returned, or the lease has run out. It is called before the lease could be another's, a
     * {@linkplain Leases.Builder#margin margin} before at the least, but where the process was stopped over that time.
     *
     * @throws Exception whatever it throws is logged, and counts as returned
     */
    default void stop(Why why) throws Exception {}

    /** Why a term ends. */
    enum Why {
        /** This node was asked to hand over. */
        HANDED_OVER,
        /** The {@link Leadership} was closed. */
        CLOSED,
        /** {@link #lead} threw. */
        FAILED,
        /** The lease could not be renewed in time, was taken over, or was deleted. */
        LOST
    }
}
