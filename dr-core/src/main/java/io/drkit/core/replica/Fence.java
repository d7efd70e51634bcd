package io.drkit.core.replica;

import io.drkit.core.action.ActionContext;

/**
 * Makes an old primary unable to take writes, and proves it. Implement it with whatever reaches the machine when its database
 * does not answer: its agent, its hypervisor, its cluster.
 *
 * <p>Called from one thread at a time, perhaps repeatedly for the same node: it must be idempotent, and stay in force after a
 * reboot of what it fences.
 */
public interface Fence {
    /** What it does, for example {@code stop the server west-1 and bar it from starting writable}. Part of the plan's hash. */
    String describe();

    /** Fences, and answers what is proven. What cannot be established is {@link FenceProof.Unknown}, not an exception. */
    FenceProof fence(ActionContext context) throws InterruptedException;
}
