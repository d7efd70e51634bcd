package io.drkit.testkit.k8s;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/** Where a pod that is not being deleted stands in its life, and what a kubelet then writes into its status. */
enum PodStage {
    UNSCHEDULABLE,
    PULL_FAILING,
    CREATING,
    RUNNING,
    CRASHING,
    SUCCEEDED,
    FAILED;

    /**
     * @param age since its creation
     * @param restartPolicy Always, OnFailure or Never
     */
    static PodStage of(PodBehaviour behaviour, Duration age, String restartPolicy) {
        if (behaviour.unschedulable()) {
            return UNSCHEDULABLE;
        } else if (behaviour.imagePullFails()) {
            return PULL_FAILING;
        } else if (age.compareTo(behaviour.startTime()) < 0) {
            return CREATING;
        } else if (behaviour.crashes()) {
            return restartPolicy.equals("Never") ? FAILED : CRASHING;
        } else if (endsByItself(restartPolicy)
                && age.compareTo(behaviour.startTime().plus(behaviour.runTime())) >= 0) {
            return SUCCEEDED;
        }
        return RUNNING;
    }

    /** Whether its program is meant to end. */
    static boolean endsByItself(String restartPolicy) {
        return restartPolicy.equals("Never") || restartPolicy.equals("OnFailure");
    }

    /** Whether it stays as it is for ever. */
    boolean last() {
        return this == SUCCEEDED || this == FAILED;
    }

    /** Whether its containers run. */
    boolean runs() {
        return this == RUNNING;
    }

    /**
     * The status.
     *
     * @param containers their images by their names
     */
    ObjectNode status(Map<String, String> containers, Instant now) {
        ObjectNode status = JsonNodeFactory.instance.objectNode();
        status.put("phase", phase());
        String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
        ArrayNode conditions = status.putArray("conditions");
        if (this == UNSCHEDULABLE) {
            condition(conditions, "PodScheduled", false, time)
                    .put("reason", "Unschedulable")
                    .put("message", "0/3 nodes are available: insufficient cpu");
            return status;
        }
        condition(conditions, "PodScheduled", true, time);
        condition(conditions, "Initialized", true, time);
        condition(conditions, "ContainersReady", runs(), time);
        condition(conditions, "Ready", runs(), time);
        status.put("startTime", time);
        ArrayNode list = status.putArray("containerStatuses");
        containers.forEach((name, image) -> {
            ObjectNode container = list.addObject();
            container.put("name", name).put("image", image).put("imageID", "");
            container.put("ready", runs()).put("started", runs());
            container.put("restartCount", this == CRASHING ? 1 : 0);
            ObjectNode state = container.putObject("state");
            switch (this) {
                case PULL_FAILING ->
                    state.putObject("waiting")
                            .put("reason", "ImagePullBackOff")
                            .put("message", "Back-off pulling image \"" + image + "\"");
                case CRASHING -> {
                    state.putObject("waiting")
                            .put("reason", "CrashLoopBackOff")
                            .put("message", "back-off 10s restarting failed container=" + name);
                    container
                            .putObject("lastState")
                            .putObject("terminated")
                            .put("exitCode", 1)
                            .put("reason", "Error");
                }
                case RUNNING -> state.putObject("running").put("startedAt", time);
                case SUCCEEDED ->
                    state.putObject("terminated").put("exitCode", 0).put("reason", "Completed");
                case FAILED -> state.putObject("terminated").put("exitCode", 1).put("reason", "Error");
                default -> state.putObject("waiting").put("reason", "ContainerCreating");
            }
        });
        return status;
    }

    private String phase() {
        return switch (this) {
            case UNSCHEDULABLE, PULL_FAILING, CREATING -> "Pending";
            case RUNNING, CRASHING -> "Running";
            case SUCCEEDED -> "Succeeded";
            case FAILED -> "Failed";
        };
    }

    private static ObjectNode condition(ArrayNode conditions, String type, boolean value, String time) {
        return conditions
                .addObject()
                .put("type", type)
                .put("status", value ? "True" : "False")
                .put("lastTransitionTime", time);
    }
}
