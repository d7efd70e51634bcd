package io.drkit.testkit.k8s;

import java.time.Duration;
import java.util.Objects;

/**
 * How the pods of a workload behave. Takes effect at once, for pods that exist too.
 *
 * @param startTime from a pod's creation until it is ready
 * @param stopTime from the beginning of its deletion until it is gone
 * @param imagePullFails whether its image cannot be pulled, so that it never becomes ready
 * @param unschedulable whether no node has room for it
 * @param stuckTerminating whether it never goes
 */
public record PodBehaviour(
        Duration startTime,
        Duration stopTime,
        boolean imagePullFails,
        boolean unschedulable,
        boolean stuckTerminating) {
    public PodBehaviour {
        Objects.requireNonNull(startTime, "startTime");
        Objects.requireNonNull(stopTime, "stopTime");
        if (startTime.isNegative() || stopTime.isNegative()) {
            throw new IllegalArgumentException("A pod starts and stops in zero time or more");
        }
    }

    /** Pods that start and stop in these times, and have no fault. */
    public static PodBehaviour healthy(Duration startTime, Duration stopTime) {
        return new PodBehaviour(startTime, stopTime, false, false, false);
    }

    public PodBehaviour withStartTime(Duration time) {
        return new PodBehaviour(time, stopTime, imagePullFails, unschedulable, stuckTerminating);
    }

    public PodBehaviour withStopTime(Duration time) {
        return new PodBehaviour(startTime, time, imagePullFails, unschedulable, stuckTerminating);
    }

    public PodBehaviour withImagePullFailing() {
        return new PodBehaviour(startTime, stopTime, true, unschedulable, stuckTerminating);
    }

    public PodBehaviour withNoRoom() {
        return new PodBehaviour(startTime, stopTime, imagePullFails, true, stuckTerminating);
    }

    public PodBehaviour withStuckTerminating() {
        return new PodBehaviour(startTime, stopTime, imagePullFails, unschedulable, true);
    }
}
