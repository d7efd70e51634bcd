package io.drkit.k8s;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.Epoch;
import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.workload.Workload;
import io.drkit.k8s.ScaleIntent.Verdict;
import io.drkit.k8s.SeenWorkload.Head;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reads and changes the workloads of one namespace. */
record WorkloadApi(ApiServer server, String namespace, boolean looksAtNodes) {
    /** Names the writer in the objects' managed fields and in the cluster's audit log. */
    static final PatchContext MERGE = new PatchContext.Builder()
            .withPatchType(PatchType.JSON_MERGE)
            .withFieldManager("drkit")
            .build();

    List<SeenWorkload> see(List<Workload> workloads) throws InterruptedException {
        List<HorizontalPodAutoscaler> autoscalers = server.read(
                "to list the autoscalers in " + namespace,
                client -> client.autoscaling()
                        .v2()
                        .horizontalPodAutoscalers()
                        .inNamespace(namespace)
                        .list()
                        .getItems());
        List<SeenWorkload> seen = new ArrayList<>();
        List<Workload> missing = new ArrayList<>();
        for (Workload workload : workloads) {
            Optional<Head> head = head(workload);
            if (head.isEmpty()) {
                missing.add(workload);
                continue;
            }
            // before the pods: one that was made meanwhile is then among them
            boolean replicaSetsBehind = replicaSetsBehind(head.get());
            List<Pod> pods = server.read(
                    "to list the pods of " + workload + " in " + namespace,
                    client -> client.pods()
                            .inNamespace(namespace)
                            .withLabelSelector(head.get().selector())
                            .list()
                            .getItems());
            seen.add(SeenWorkload.of(
                    head.get(),
                    replicaSetsBehind,
                    pods,
                    autoscalers.stream()
                            .filter(autoscaler -> governs(autoscaler, workload))
                            .map(WorkloadApi::words)
                            .findFirst()));
        }
        if (!missing.isEmpty()) {
            throw new NotFoundException(
                    "k8s.workload-missing",
                    Problem.expected(names(workloads) + " in namespace " + namespace)
                            .found("no " + names(missing))
                            .remedy("check the names, the namespace and the cluster"));
        }
        return seen;
    }

    /**
     * A Deployment's controller is done when it has written the count to the ReplicaSets; it is their controller that makes the pods,
     * and that one may be about to make some for the count before.
     */
    private boolean replicaSetsBehind(Head head) throws InterruptedException {
        if (KnownKind.of(head.workload()) != KnownKind.DEPLOYMENT) {
            return false;
        }
        return server
                .read(
                        "to list the replica sets of " + head.workload() + " in " + namespace,
                        client -> client.apps()
                                .replicaSets()
                                .inNamespace(namespace)
                                .withLabelSelector(head.selector())
                                .list()
                                .getItems())
                .stream()
                .filter(replicaSet -> replicaSet.getMetadata().getOwnerReferences().stream()
                        .anyMatch(owner -> owner.getUid().equals(head.meta().getUid())))
                .anyMatch(WorkloadApi::behind);
    }

    /** Each node's name, and whether it is ready. */
    Map<String, Boolean> nodes() throws InterruptedException {
        Map<String, Boolean> known = new HashMap<>();
        server.read("to list the nodes", client -> client.nodes().list().getItems())
                .forEach(node -> known.put(node.getMetadata().getName(), ready(node)));
        return known;
    }

    private static boolean ready(Node node) {
        return node.getStatus() != null
                && node.getStatus().getConditions() != null
                && node.getStatus().getConditions().stream()
                        .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus()));
    }

    private static boolean behind(ReplicaSet replicaSet) {
        var status = replicaSet.getStatus();
        return status == null
                || status.getObservedGeneration() == null
                || status.getObservedGeneration() < replicaSet.getMetadata().getGeneration();
    }

    private Optional<Head> head(Workload workload) throws InterruptedException {
        return switch (KnownKind.of(workload)) {
            case DEPLOYMENT -> deployment(workload).map(found -> Head.of(workload, found));
            case STATEFUL_SET -> statefulSet(workload).map(found -> Head.of(workload, found));
        };
    }

    Optional<Deployment> deployment(Workload workload) throws InterruptedException {
        return server.read(
                "to read " + workload + " in " + namespace,
                client -> Optional.ofNullable(client.apps()
                        .deployments()
                        .inNamespace(namespace)
                        .withName(workload.name())
                        .get()));
    }

    Optional<StatefulSet> statefulSet(Workload workload) throws InterruptedException {
        return server.read(
                "to read " + workload + " in " + namespace,
                client -> Optional.ofNullable(client.apps()
                        .statefulSets()
                        .inNamespace(namespace)
                        .withName(workload.name())
                        .get()));
    }

    /** One conditional patch: the count, what is remembered, and the epoch become true together or not at all. */
    void change(SeenWorkload seen, Verdict.Change change, Epoch epoch) throws InterruptedException {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        ObjectNode meta = patch.putObject("metadata");
        meta.put("resourceVersion", seen.resourceVersion());
        ObjectNode annotations = meta.putObject("annotations");
        if (change.memory().isPresent()) {
            annotations.put(
                    SeenWorkload.MEMORY, Integer.toString(change.memory().getAsInt()));
        } else {
            annotations.putNull(SeenWorkload.MEMORY);
        }
        EpochMark.write(epoch, annotations);
        patch.putObject("spec").put("replicas", change.replicas());
        server.write(
                "to scale " + seen.workload() + " in " + namespace + " to " + change.replicas(),
                client -> send(client, seen.workload(), patch.toString()));
    }

    /** Makes void every request that was sent before and depends on what was seen then. */
    void touch(SeenWorkload seen, Epoch epoch) throws InterruptedException {
        String patch = seen.epoch().touch(epoch, seen.resourceVersion()).toString();
        server.write(
                "to touch " + seen.workload() + " in " + namespace, client -> send(client, seen.workload(), patch));
    }

    private Object send(KubernetesClient client, Workload workload, String patch) {
        // Handing over an item, and not a name, saves the client from reading the object first.
        return switch (KnownKind.of(workload)) {
            case DEPLOYMENT -> {
                Deployment item = new DeploymentBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(workload.name())
                        .endMetadata()
                        .build();
                yield client.apps()
                        .deployments()
                        .inNamespace(namespace)
                        .resource(item)
                        .patch(MERGE, patch);
            }
            case STATEFUL_SET -> {
                StatefulSet item = new StatefulSetBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(workload.name())
                        .endMetadata()
                        .build();
                yield client.apps()
                        .statefulSets()
                        .inNamespace(namespace)
                        .resource(item)
                        .patch(MERGE, patch);
            }
        };
    }

    private static boolean governs(HorizontalPodAutoscaler autoscaler, Workload workload) {
        var target = autoscaler.getSpec().getScaleTargetRef();
        return KnownKind.of(workload).manifest().equals(target.getKind())
                && workload.name().equals(target.getName());
    }

    private static String words(HorizontalPodAutoscaler autoscaler) {
        Integer least = autoscaler.getSpec().getMinReplicas();
        return "HorizontalPodAutoscaler " + autoscaler.getMetadata().getName() + " (" + (least == null ? 1 : least)
                + " to " + autoscaler.getSpec().getMaxReplicas() + " replicas)";
    }

    private static String names(List<Workload> workloads) {
        return workloads.stream().map(Workload::toString).collect(Collectors.joining(", "));
    }
}
