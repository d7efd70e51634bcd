package io.drkit.k8s;

import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadStatus;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentCondition;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A workload and its pods, as one observation saw them. The workload is read before its pods: a pod that the controller made
 * after the first reading is then seen by the second.
 *
 * @param nodes where its pods are
 * @param removed the nodes that its pods were on, that are not there any more and never said that they have ended; known only when
 *     no pod is left
 * @param unready the same of those that are not ready, and so cannot say it now
 */
record SeenWorkload(
        Workload workload,
        String resourceVersion,
        EpochMark epoch,
        int wanted,
        int counted,
        boolean settled,
        @Nullable String memory,
        int pods,
        int ready,
        List<String> terminating,
        String notReadyBecause,
        Optional<String> autoscaler,
        SortedSet<String> nodes,
        List<String> removed,
        List<String> unready) {

    /** Where {@code toZero} remembers the count. */
    static final String MEMORY = "drkit.io/replicas";

    /** What is read of a workload before its pods are. */
    record Head(
            Workload workload,
            ObjectMeta meta,
            LabelSelector selector,
            @Nullable Integer replicas,
            @Nullable Integer counted,
            @Nullable Long observedGeneration,
            Optional<String> trouble) {

        static Head of(Workload workload, Deployment seen) {
            return new Head(
                    workload,
                    seen.getMetadata(),
                    seen.getSpec().getSelector(),
                    seen.getSpec().getReplicas(),
                    seen.getStatus() == null ? null : seen.getStatus().getReplicas(),
                    seen.getStatus() == null ? null : seen.getStatus().getObservedGeneration(),
                    seen.getStatus() == null || seen.getStatus().getConditions() == null
                            ? Optional.empty()
                            : seen.getStatus().getConditions().stream()
                                    .filter(c -> "ReplicaFailure".equals(c.getType()) && "True".equals(c.getStatus()))
                                    .map(DeploymentCondition::getMessage)
                                    .findFirst());
        }

        static Head of(Workload workload, StatefulSet seen) {
            return new Head(
                    workload,
                    seen.getMetadata(),
                    seen.getSpec().getSelector(),
                    seen.getSpec().getReplicas(),
                    seen.getStatus() == null ? null : seen.getStatus().getReplicas(),
                    seen.getStatus() == null ? null : seen.getStatus().getObservedGeneration(),
                    Optional.empty());
        }
    }

    static SeenWorkload of(Head head, boolean replicaSetsBehind, List<Pod> listed, Optional<String> autoscaler) {
        // A pod that has run to its end, such as an evicted one, holds no process any more, and its controller leaves
        // it lying.
        List<Pod> pods = listed.stream().filter(pod -> !ended(pod)).toList();
        List<Pod> staying = pods.stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .toList();
        Set<String> reasons = new LinkedHashSet<>();
        head.trouble().ifPresent(reasons::add);
        staying.stream()
                .filter(pod -> !ready(pod))
                .flatMap(SeenWorkload::reasons)
                .forEach(reasons::add);
        Map<String, String> annotations = head.meta().getAnnotations();
        return new SeenWorkload(
                head.workload(),
                head.meta().getResourceVersion(),
                EpochMark.on(head.meta()),
                // the API server fills in 1 when a manifest says nothing
                head.replicas() == null ? 1 : head.replicas(),
                head.counted() == null ? 0 : head.counted(),
                !replicaSetsBehind
                        && head.observedGeneration() != null
                        && head.meta().getGeneration() != null
                        && head.observedGeneration() >= head.meta().getGeneration(),
                annotations == null ? null : annotations.get(MEMORY),
                pods.size(),
                (int) staying.stream().filter(SeenWorkload::ready).count(),
                pods.stream()
                        .filter(pod -> pod.getMetadata().getDeletionTimestamp() != null)
                        .map(SeenWorkload::where)
                        .toList(),
                String.join("; ", reasons),
                autoscaler,
                pods.stream()
                        .map(SeenWorkload::node)
                        .filter(node -> !node.isEmpty())
                        .collect(Collectors.toCollection(TreeSet::new)),
                List.of(),
                List.of());
    }

    /** The same with the nodes that cannot say whether its pods have ended. */
    SeenWorkload losing(List<String> removed, List<String> unready) {
        return new SeenWorkload(
                workload,
                resourceVersion,
                epoch,
                wanted,
                counted,
                settled,
                memory,
                pods,
                ready,
                terminating,
                notReadyBecause,
                autoscaler,
                nodes,
                removed,
                unready);
    }

    /** The remembered count; empty when there is none, or none that can be read. */
    OptionalInt remembered() {
        if (memory == null) {
            return OptionalInt.empty();
        }
        try {
            int count = Integer.parseInt(memory);
            return count < 1 ? OptionalInt.empty() : OptionalInt.of(count);
        } catch (NumberFormatException e) {
            return OptionalInt.empty();
        }
    }

    boolean memoryUnreadable() {
        return memory != null && remembered().isEmpty();
    }

    /** Whether its controller has seen the latest change, counts none, and no pod is left. */
    boolean gone() {
        return wanted == 0 && settled && counted == 0 && pods == 0;
    }

    /** Whether its controller has seen the latest change, and exactly the wanted pods exist and are ready. */
    boolean complete() {
        return settled && counted == wanted && pods == wanted && ready == wanted;
    }

    WorkloadStatus status() {
        List<String> because = new ArrayList<>();
        if (!notReadyBecause.isEmpty()) {
            because.add(notReadyBecause);
        }
        if (memoryUnreadable()) {
            because.add("the annotation " + MEMORY + " reads \"" + memory + "\", which is no count");
        }
        return new WorkloadStatus(workload, wanted, pods, ready, remembered(), autoscaler, String.join("; ", because));
    }

    /** For a person who waits. */
    String line() {
        StringBuilder line = new StringBuilder(status().line());
        if (!terminating.isEmpty()) {
            line.append(", ending: ").append(String.join(" ", terminating));
        }
        if (!settled) {
            line.append(", its controller has not seen the change yet");
        }
        if (!notReadyBecause.isEmpty()) {
            line.append(", because ").append(notReadyBecause);
        }
        unready.forEach(node -> line.append(", node ").append(node).append(" is not ready"));
        return line.toString();
    }

    /**
     * Whether its kubelet says so. A pod of a node that is gone is called Failed by the garbage collector, too, right before it removes
     * it: its containers are then still said to run.
     */
    private static boolean ended(Pod pod) {
        return "Succeeded".equals(phase(pod))
                || ("Failed".equals(phase(pod))
                        && containers(pod)
                                .noneMatch(status -> status.getState() != null
                                        && status.getState().getRunning() != null));
    }

    private static String node(Pod pod) {
        return pod.getSpec() == null || pod.getSpec().getNodeName() == null
                ? ""
                : pod.getSpec().getNodeName();
    }

    private static String where(Pod pod) {
        return pod.getMetadata().getName() + (node(pod).isEmpty() ? "" : " on " + node(pod));
    }

    private static String phase(Pod pod) {
        return pod.getStatus() == null ? "" : String.valueOf(pod.getStatus().getPhase());
    }

    private static boolean ready(Pod pod) {
        return conditions(pod).anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus()));
    }

    private static Stream<PodCondition> conditions(Pod pod) {
        return pod.getStatus() == null || pod.getStatus().getConditions() == null
                ? Stream.empty()
                : pod.getStatus().getConditions().stream();
    }

    /** Why a pod is not ready, as far as its status tells; what is merely on its way is no reason. */
    private static Stream<String> reasons(Pod pod) {
        Stream<String> scheduling = conditions(pod)
                .filter(c -> "PodScheduled".equals(c.getType()) && "False".equals(c.getStatus()))
                .map(c -> told(pod, c.getReason(), c.getMessage()));
        Stream<String> containers = containers(pod)
                .map(ContainerStatus::getState)
                .filter(state -> state != null && state.getWaiting() != null)
                .map(ContainerState::getWaiting)
                .filter(waiting -> waiting.getReason() != null
                        && !"ContainerCreating".equals(waiting.getReason())
                        && !"PodInitializing".equals(waiting.getReason()))
                .map(waiting -> told(pod, waiting.getReason(), waiting.getMessage()));
        return Stream.concat(scheduling, containers);
    }

    private static Stream<ContainerStatus> containers(Pod pod) {
        PodStatus status = pod.getStatus();
        return status == null
                ? Stream.empty()
                : Stream.of(status.getInitContainerStatuses(), status.getContainerStatuses())
                        .filter(list -> list != null)
                        .flatMap(List::stream);
    }

    private static String told(Pod pod, @Nullable String reason, @Nullable String message) {
        String name = "pod " + pod.getMetadata().getName() + ": " + reason;
        return message == null || message.isBlank() ? name : name + ", " + message;
    }
}
