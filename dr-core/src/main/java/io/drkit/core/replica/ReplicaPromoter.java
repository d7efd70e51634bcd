package io.drkit.core.replica;

import io.drkit.core.action.Action;

/**
 * Promotes the replica of a database, over and back.
 *
 * <p>Each method that changes something answers an {@link Action}, to be a step of a plan or to be executed directly with
 * {@link io.drkit.core.action.ActionExecutor}. Implementations are thread-safe.
 *
 * @param <N> what names a database server for this implementation
 */
public interface ReplicaPromoter<N> {
    /**
     * The server's name, as status and actions show it, without asking it. The same in every process for the same server: it stands in
     * descriptions, which a plan's hash covers, whereas two processes may see other words in the {@code toString} of an {@code N}.
     */
    String name(N node);

    /**
     * Both sides as they are now; changes nothing. What cannot be known is unknown, never a default.
     *
     * @param primary the server expected to be the primary
     * @param replica the server expected to replicate from it
     */
    ReplicationStatus status(N primary, N replica) throws InterruptedException;

    /**
     * Makes {@code to} the primary and {@code from} its replica, with no acknowledged write lost: fences and stops {@code from},
     * waits until {@code to} has its last write, promotes, proves it with a write probe, and rejoins {@code from}. Until the
     * promotion is asked for, a failure leaves {@code from} writable as it was, where the run can show that it still has the authority
     * to put it back; otherwise, and afterwards, {@code from} stays stopped or fenced until the switchover is resumed.
     */
    Action<?> switchover(N from, N to);

    /**
     * Promotes {@code to} without {@code from}, which may be dead: only when the fence proves that {@code from} can take no more
     * writes, or when somebody waived that proof by name. States the loss bound before, and the achieved loss after.
     */
    Action<?> failover(N from, N to, FailoverTerms terms);

    /**
     * Makes {@code former} a streaming replica of {@code primary}. Refuses when {@code former} holds writes that {@code primary}
     * does not have, as those would be lost.
     */
    Action<?> rejoin(N former, N primary);
}
