package io.drkit.testkit.k8s;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.time.Clockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The Deployment controller (which owns its pods directly: there are no ReplicaSets), the StatefulSet controller, the garbage
 * collector and the kubelet of a simulated cluster. {@link #reconcile} is called in turns by one task.
 */
final class Controllers {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final ClusterApi api;
    private final Clockwork clockwork;
    private final Function<String, PodBehaviour> behaviours;
    private final Function<String, Optional<PodProgram>> programs;
    private final Map<String, Long> born = new HashMap<>();
    private final Map<String, Long> dying = new HashMap<>();
    /** By the pod's uid, as what its status was last written. */
    private final Map<String, PodStage> told = new HashMap<>();

    /** By the pod's uid, what has started in it. */
    private final Map<String, Runnable> running = new HashMap<>();

    private boolean lost;

    /** @param behaviours by {@code namespace/deployment/name} or {@code namespace/statefulset/name}, as are the programs */
    Controllers(
            ClusterApi api,
            Clockwork clockwork,
            Function<String, PodBehaviour> behaviours,
            Function<String, Optional<PodProgram>> programs) {
        this.api = api;
        this.clockwork = clockwork;
        this.behaviours = behaviours;
        this.programs = programs;
    }

    /** Every machine stops at once, those of the controllers too: programs end, and nothing is reconciled any more. */
    void lose() {
        synchronized (api) {
            lost = true;
            running.values().forEach(Runnable::run);
            running.clear();
        }
    }

    void reconcile() {
        synchronized (api) {
            if (lost) {
                return;
            }
            List<ObjectNode> pods = api.all("Pod");
            kubelet(pods);
            pods = api.all("Pod");
            Map<String, List<ObjectNode>> byOwner = pods.stream()
                    .filter(pod -> owner(pod).has("uid"))
                    .collect(Collectors.groupingBy(pod -> owner(pod).path("uid").asText()));
            Set<String> owners = new HashSet<>();
            for (ObjectNode deployment : api.all("Deployment")) {
                owners.add(uid(deployment));
                deployment(deployment, byOwner.getOrDefault(uid(deployment), List.of()));
            }
            for (ObjectNode statefulSet : api.all("StatefulSet")) {
                owners.add(uid(statefulSet));
                statefulSet(statefulSet, byOwner.getOrDefault(uid(statefulSet), List.of()));
            }
            byOwner.forEach((uid, orphans) -> {
                if (!owners.contains(uid)) {
                    orphans.forEach(pod -> api.terminate(path("pods", pod)));
                }
            });
        }
    }

    private void deployment(ObjectNode deployment, List<ObjectNode> pods) {
        List<ObjectNode> active =
                new ArrayList<>(pods.stream().filter(Controllers::active).toList());
        int wanted = deployment.path("spec").path("replicas").asInt(1);
        for (int missing = wanted - active.size(); missing > 0; missing--) {
            create(deployment, "deployment", name(deployment) + "-" + clockwork.newId());
        }
        active.sort(Comparator.comparing(Controllers::ready));
        for (int i = 0; i < active.size() - wanted; i++) {
            api.terminate(path("pods", active.get(i)));
        }
        status(deployment, "deployments");
    }

    /** In order, each ready before the next and each gone before the next, unless the StatefulSet says Parallel. */
    private void statefulSet(ObjectNode statefulSet, List<ObjectNode> pods) {
        int wanted = statefulSet.path("spec").path("replicas").asInt(1);
        boolean parallel = "Parallel"
                .equals(statefulSet.path("spec").path("podManagementPolicy").asText());
        Map<Integer, ObjectNode> byOrdinal = new HashMap<>();
        pods.forEach(pod -> byOrdinal.put(ordinal(pod), pod));
        boolean waiting = false;
        for (int i = 0; i < wanted && !waiting; i++) {
            ObjectNode pod = byOrdinal.get(i);
            if (pod == null) {
                create(statefulSet, "statefulset", name(statefulSet) + "-" + i);
                waiting = !parallel;
            } else if (!active(pod) || !ready(pod)) {
                waiting = !parallel;
            }
        }
        boolean ending = pods.stream().anyMatch(pod -> !active(pod));
        for (ObjectNode pod : pods.stream()
                .filter(Controllers::active)
                .sorted(Comparator.comparing(Controllers::ordinal).reversed())
                .toList()) {
            if (ordinal(pod) >= wanted && (parallel || !ending)) {
                api.terminate(path("pods", pod));
                ending = true;
            }
        }
        status(statefulSet, "statefulsets");
    }

    private void create(ObjectNode owner, String kind, String name) {
        ObjectNode pod = JSON.objectNode();
        pod.put("apiVersion", "v1").put("kind", "Pod");
        ObjectNode meta = pod.putObject("metadata");
        meta.put("name", name).put("namespace", namespace(owner));
        JsonNode template = owner.path("spec").path("template");
        if (template.path("metadata").path("labels") instanceof ObjectNode labels) {
            meta.set("labels", labels.deepCopy());
        }
        meta.putArray("ownerReferences")
                .addObject()
                .put("apiVersion", "apps/v1")
                .put("kind", owner.path("kind").asText())
                .put("name", name(owner))
                .put("uid", uid(owner))
                .put("controller", true);
        meta.putObject("annotations").put("simulated/owner", namespace(owner) + "/" + kind + "/" + name(owner));
        pod.set("spec", template.path("spec").isObject() ? template.path("spec").deepCopy() : JSON.objectNode());
        pod.putObject("status").put("phase", "Pending");
        api.create("/api/v1/namespaces/" + namespace(owner) + "/pods", pod.toString());
    }

    /** Written only when it differs, since each write makes a new resourceVersion, as it does in a real cluster. */
    private void status(ObjectNode owner, String plural) {
        List<ObjectNode> pods = api.all("Pod").stream()
                .filter(pod -> uid(owner).equals(owner(pod).path("uid").asText()))
                .toList();
        // the StatefulSet controller counts terminating pods among its replicas, the ReplicaSet controller does not
        int counted = (int)
                (plural.equals("statefulsets")
                        ? pods.stream().filter(pod -> !ended(pod)).count()
                        : pods.stream().filter(Controllers::active).count());
        int ready = (int) pods.stream().filter(pod -> active(pod) && ready(pod)).count();
        ObjectNode patch = JSON.objectNode();
        ObjectNode status = patch.putObject("status");
        status.put(
                "observedGeneration", owner.path("metadata").path("generation").asInt());
        status.put("replicas", counted);
        status.put("updatedReplicas", counted);
        status.put("readyReplicas", ready);
        status.put("availableReplicas", ready);
        boolean differs = status.properties().stream()
                .anyMatch(field -> !field.getValue().equals(owner.path("status").path(field.getKey())));
        if (differs) {
            api.patch(path(plural, owner) + "/status", patch);
        }
    }

    private void kubelet(List<ObjectNode> pods) {
        long now = clockwork.nanoTime();
        for (ObjectNode pod : pods) {
            String uid = uid(pod);
            PodBehaviour behaviour = behaviours.apply(ownerOf(pod));
            if (pod.path("metadata").has("deletionTimestamp")) {
                long since = dying.computeIfAbsent(uid, first -> now);
                if (!behaviour.stuckTerminating() && passed(since, now, behaviour.stopTime())) {
                    Runnable end = running.remove(uid);
                    if (end != null) {
                        end.run();
                    }
                    api.remove(path("pods", pod));
                    born.remove(uid);
                    dying.remove(uid);
                    told.remove(uid);
                }
                continue;
            }
            long since = born.computeIfAbsent(uid, first -> now);
            if (ended(pod)) {
                continue;
            }
            PodStage stage = PodStage.of(
                    behaviour,
                    Duration.ofNanos(now - since),
                    pod.path("spec").path("restartPolicy").asText("Always"));
            if (stage.runs() && !running.containsKey(uid)) {
                programs.apply(ownerOf(pod)).ifPresent(program -> {
                    program.started(name(pod));
                    running.put(uid, () -> program.ended(name(pod)));
                });
            }
            if (stage != told.put(uid, stage)) {
                Map<String, String> containers = new LinkedHashMap<>();
                pod.path("spec")
                        .path("containers")
                        .forEach(container -> containers.put(
                                container.path("name").asText(),
                                container.path("image").asText()));
                ObjectNode patch = JSON.objectNode();
                patch.set("status", stage.status(containers, clockwork.now()));
                api.patch(path("pods", pod) + "/status", patch);
            }
        }
    }

    private static boolean passed(long since, long now, Duration time) {
        return now - since >= time.toNanos();
    }

    private static boolean ended(ObjectNode pod) {
        String phase = pod.path("status").path("phase").asText();
        return phase.equals("Succeeded") || phase.equals("Failed");
    }

    private static boolean active(ObjectNode pod) {
        return !pod.path("metadata").has("deletionTimestamp") && !ended(pod);
    }

    private static boolean ready(ObjectNode pod) {
        for (JsonNode condition : pod.path("status").path("conditions")) {
            if ("Ready".equals(condition.path("type").asText())) {
                return "True".equals(condition.path("status").asText());
            }
        }
        return false;
    }

    private static int ordinal(ObjectNode pod) {
        String name = name(pod);
        return Integer.parseInt(name.substring(name.lastIndexOf('-') + 1));
    }

    private static JsonNode owner(ObjectNode pod) {
        return pod.path("metadata").path("ownerReferences").path(0);
    }

    private static String ownerOf(ObjectNode pod) {
        return pod.path("metadata").path("annotations").path("simulated/owner").asText();
    }

    private static String path(String plural, ObjectNode object) {
        String group = plural.equals("pods") ? "/api/v1" : "/apis/apps/v1";
        return group + "/namespaces/" + namespace(object) + "/" + plural + "/" + name(object);
    }

    private static String name(ObjectNode object) {
        return object.path("metadata").path("name").asText();
    }

    private static String namespace(ObjectNode object) {
        return object.path("metadata").path("namespace").asText();
    }

    private static String uid(ObjectNode object) {
        return object.path("metadata").path("uid").asText();
    }
}
