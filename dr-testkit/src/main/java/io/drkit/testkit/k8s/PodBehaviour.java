package io.drkit.testkit.k8s;

import java.time.Duration;
import java.util.Objects;

/**
 * How the pods of a workload behave. Takes effect at once, for pods that exist too.
 *
 * @param startTime from a pod's creation until it is ready
 * @param stopTime from the beginning of its deletion until it is gone
 * @param runTime from then on until a pod that is to end by itself, such as a Job's, has succeeded; others run on
 * @param imagePullFails whether its image cannot be pulled, so that it never becomes ready
 * @param unschedulable whether no node has room for it
 * @param stuckTerminating whether it never goes
 * @param crashes whether its program fails at each start: it is restarted with a back-off, or has failed where its restart policy is
 *     Never
 */
public record PodBehaviour(
        Duration startTime,
        Duration stopTime,
        Duration runTime,
        boolean imagePullFails,
        boolean unschedulable,
        boolean stuckTerminating,
        boolean crashes) {
    public PodBehaviour {
        Objects.requireNonNull(startTime, "startTime");
        Objects.requireNonNull(stopTime, "stopTime");
        Objects.requireNonNull(runTime, "runTime");
        if (startTime.isNegative() || stopTime.isNegative() || runTime.isNegative()) {
            throw new IllegalArgumentException("A pod starts, runs and stops in zero time or more");
        }
    }

    /** Pods that start and stop in these times, and have no fault; a Job's pod succeeds as soon as it has started. */
    public static PodBehaviour healthy(Duration startTime, Duration stopTime) {
        return new PodBehaviour(startTime, stopTime, Duration.ZERO, false, false, false, false);
    }

    public PodBehaviour withStartTime(Duration time) {
        return new PodBehaviour(time, stopTime, runTime, imagePullFails, unschedulable, stuckTerminating, crashes);
    }

    public PodBehaviour withStopTime(Duration time) {
        return new PodBehaviour(startTime, time, runTime, imagePullFails, unschedulable, stuckTerminating, crashes);
    }

    public PodBehaviour withRunTime(Duration time) {
        return new PodBehaviour(startTime, stopTime, time, imagePullFails, unschedulable, stuckTerminating, crashes);
    }

    public PodBehaviour withImagePullFailing() {
        return new PodBehaviour(startTime, stopTime, runTime, true, unschedulable, stuckTerminating, crashes);
    }

    public PodBehaviour withNoRoom() {
        return new PodBehaviour(startTime, stopTime, runTime, imagePullFails, true, stuckTerminating, crashes);
    }

    public PodBehaviour withStuckTerminating() {
        return new PodBehaviour(startTime, stopTime, runTime, imagePullFails, unschedulable, true, crashes);
    }

    public PodBehaviour withCrashing() {
        return new PodBehaviour(startTime, stopTime, runTime, imagePullFails, unschedulable, stuckTerminating, true);
    }
}
