package io.drkit.core.workload;

import io.drkit.core.action.Action;
import java.util.List;
import java.util.Map;

/**
 * Scales the workloads of one site to zero and back. The count to go back to is remembered on the workload itself, so that
 * another process, years later, can restore it.
 *
 * <p>A workload of a kind that an implementation does not know is refused with {@link IllegalArgumentException} as soon as it is named,
 * or not found.
 *
 * <p>Implementations are thread-safe. Actions refuse a workload that an autoscaler governs, since the two would fight.
 */
public interface WorkloadScaler {
    /**
     * The workloads as they are now.
     *
     * @throws io.drkit.core.NotFoundException naming those that do not exist
     */
    List<WorkloadStatus> status(Workload... workloads) throws InterruptedException;

    /**
     * Remembers each count and scales to zero; done when the last pod is really gone, terminating ones included. A workload
     * that is at zero already keeps the count that it remembers.
     */
    Action<?> toZero(Workload... workloads);

    /**
     * Scales back to the remembered counts; done when that many pods are ready. Blocked for a workload that is at zero and
     * remembers nothing: use {@link #scaleTo}.
     */
    Action<?> restore(Workload... workloads);

    /** Scales to given counts; done when that many pods are ready and no more exist. What was remembered is forgotten. */
    Action<?> scaleTo(Map<Workload, Integer> counts);
}
