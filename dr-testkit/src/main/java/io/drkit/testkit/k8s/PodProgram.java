package io.drkit.testkit.k8s;

/**
 * What runs in the pods of a workload, played by the test: for example a writer that must have stopped when its pod is gone.
 *
 * <p>Called by the cluster's controllers, one call at a time; they wait for it, so it should be quick.
 */
public interface PodProgram {
    /** A pod has become ready. */
    void started(String pod);

    /** A pod that had started ends: returns when its program does nothing more. The pod is seen to be gone only afterwards. */
    void ended(String pod);
}
