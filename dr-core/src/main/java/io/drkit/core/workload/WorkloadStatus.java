package io.drkit.core.workload;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A workload as it was seen.
 *
 * @param workload which
 * @param wanted how many replicas it is told to have
 * @param pods how many pods exist, terminating ones included
 * @param ready how many of them are ready
 * @param remembered the count that {@code toZero} remembered on the workload itself; empty when it remembers none
 * @param autoscaler the autoscaler that governs it, in words; empty when there is none
 * @param notReadyBecause why pods are not ready, as far as the platform says; may be empty
 */
public record WorkloadStatus(
        Workload workload,
        int wanted,
        int pods,
        int ready,
        OptionalInt remembered,
        Optional<String> autoscaler,
        String notReadyBecause) {
    public WorkloadStatus {
        Objects.requireNonNull(workload, "workload");
        Objects.requireNonNull(remembered, "remembered");
        Objects.requireNonNull(autoscaler, "autoscaler");
        Objects.requireNonNull(notReadyBecause, "notReadyBecause");
    }

    /** For a person, for example {@code deployment/runtime 2 wanted, 1 of 2 pods ready}. */
    public String line() {
        return workload + " " + wanted + " wanted, " + ready + " of " + pods + " pods ready";
    }
}
