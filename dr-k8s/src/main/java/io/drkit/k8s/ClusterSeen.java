package io.drkit.k8s;

import io.fabric8.kubernetes.api.model.LimitRange;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClass;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What a cluster has, as one look saw it.
 *
 * @param pods of all namespaces, without those that have ended
 * @param priorities by name
 * @param runtimes by name
 * @param limitRanges by namespace
 * @param quotas by namespace
 */
record ClusterSeen(
        List<Node> nodes,
        List<Pod> pods,
        Map<String, PriorityClass> priorities,
        Map<String, RuntimeClass> runtimes,
        Map<String, List<LimitRange>> limitRanges,
        Map<String, List<ResourceQuota>> quotas) {

    /** Pods are read before nodes: one that a new node has been given is then not seen without its node. */
    static ClusterSeen read(ApiServer server, Set<String> namespaces, boolean runtimeClasses)
            throws InterruptedException {
        List<Pod> pods = server.read(
                "to list the pods of all namespaces",
                client -> client.pods().inAnyNamespace().list().getItems());
        List<Node> nodes =
                server.read("to list the nodes", client -> client.nodes().list().getItems());
        List<PriorityClass> priorities = server.read(
                "to list the priority classes",
                client -> client.scheduling().v1().priorityClasses().list().getItems());
        List<RuntimeClass> runtimes = !runtimeClasses
                ? List.of()
                : server.read(
                        "to list the runtime classes",
                        client -> client.resources(RuntimeClass.class).list().getItems());
        Map<String, List<LimitRange>> limitRanges = new HashMap<>();
        Map<String, List<ResourceQuota>> quotas = new HashMap<>();
        for (String namespace : namespaces) {
            limitRanges.put(
                    namespace,
                    server.read(
                            "to list the limit ranges in " + namespace,
                            client -> client.limitRanges()
                                    .inNamespace(namespace)
                                    .list()
                                    .getItems()));
            quotas.put(
                    namespace,
                    server.read(
                            "to list the quotas in " + namespace,
                            client -> client.resourceQuotas()
                                    .inNamespace(namespace)
                                    .list()
                                    .getItems()));
        }
        return new ClusterSeen(
                nodes,
                pods.stream().filter(pod -> !ended(pod)).toList(),
                priorities.stream()
                        .collect(Collectors.toMap(one -> one.getMetadata().getName(), one -> one)),
                runtimes.stream()
                        .collect(Collectors.toMap(one -> one.getMetadata().getName(), one -> one)),
                limitRanges,
                quotas);
    }

    /** The nodes, with what is reserved there by those pods that {@code counts}. */
    List<Room> rooms(Predicate<Pod> counts) {
        Map<String, Amounts> reserved = new HashMap<>();
        for (Pod pod : pods) {
            String node = pod.getSpec().getNodeName();
            if (node != null && !node.isEmpty() && counts.test(pod)) {
                reserved.merge(node, PodRequests.ofBound(pod).with(Amounts.PODS, BigDecimal.ONE), Amounts::plus);
            }
        }
        List<Room> rooms = new ArrayList<>();
        for (Node node : nodes) {
            Amounts allocatable = Amounts.of(
                    node.getStatus() == null ? null : node.getStatus().getAllocatable());
            rooms.add(new Room(
                    node,
                    allocatable,
                    allocatable.minus(reserved.getOrDefault(node.getMetadata().getName(), Amounts.NONE))));
        }
        return rooms;
    }

    /** Those nodes that run what they were given. */
    Set<String> readyNodes() {
        Set<String> ready = new HashSet<>();
        nodes.stream()
                .filter(Room::ready)
                .forEach(node -> ready.add(node.getMetadata().getName()));
        return ready;
    }

    Optional<PriorityClass> defaultPriority() {
        return priorities.values().stream()
                .filter(one -> Boolean.TRUE.equals(one.getGlobalDefault()))
                .findFirst();
    }

    static boolean ending(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() != null;
    }

    static int priority(Pod pod) {
        Integer priority = pod.getSpec().getPriority();
        return priority == null ? 0 : priority;
    }

    private static boolean ended(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }
}
