package io.drkit.k8s;

import static io.drkit.core.workload.Workload.deployment;
import static io.drkit.core.workload.Workload.statefulSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.fasterxml.jackson.core.type.TypeReference;
import io.drkit.core.DeniedException;
import io.drkit.core.NotFoundException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.readiness.Check;
import io.drkit.core.readiness.Finding;
import io.drkit.core.readiness.ReadyState;
import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.k8s.CapacityCheck.Assumption;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.k8s.PodBehaviour;
import io.drkit.testkit.k8s.TestCluster;
import io.drkit.testkit.readiness.CheckContract;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LimitRangeBuilder;
import io.fabric8.kubernetes.api.model.LimitRangeItem;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeSpec;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.ResourceQuotaSpec;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nodes of a test are labelled with its namespace, and pods select them by that, since other tests have nodes of their own on the same
 * control plane.
 */
abstract class CapacityCheckTest {
    private static final Workload APP = deployment("app");
    private static final Workload BIG = deployment("big");
    private static final Workload QUEUE = statefulSet("queue");
    private static final Duration SOON = Duration.ofMinutes(1);

    protected final Clockwork clockwork = Clockwork.system();
    protected final TestCluster east = cluster("east");
    protected final KubernetesClient client = east.client();
    protected final String shop = east.namespace();
    private final List<HasMetadata> clusterWide = new ArrayList<>();

    /** A fresh cluster at that site. */
    protected abstract TestCluster cluster(String site);

    /** Whether admission, defaults, quota and nodes are looked after by the real controllers. */
    protected abstract boolean real();

    @AfterEach
    void close() {
        clusterWide.forEach(one -> client.resource(one).delete());
        east.close();
    }

    // ---- what there is

    protected final String unique(String name) {
        return name + "-" + shop;
    }

    protected final Node node(String name, String room) throws InterruptedException {
        return node(name, room, "{}", true);
    }

    /** @param spec as in a manifest */
    private Node node(String name, String room, String spec, boolean ready) throws InterruptedException {
        Map<String, Quantity> allocatable =
                quantities("{" + (room.contains("pods:") ? "" : "pods: 110, ") + room + "}");
        Node node = new NodeBuilder()
                .withNewMetadata()
                .withName(unique(name))
                .addToLabels("room", shop)
                .addToLabels("zone", name)
                .addToLabels("rank", "5")
                .endMetadata()
                .withSpec(yaml(spec, NodeSpec.class))
                .withNewStatus()
                .withCapacity(allocatable)
                .withAllocatable(allocatable)
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready ? "True" : "False")
                .withReason("Simulated")
                .withLastHeartbeatTime(clockwork.now().toString())
                .withLastTransitionTime(clockwork.now().toString())
                .endCondition()
                .endStatus()
                .build();
        client.resource(node).create();
        clusterWide.add(node);
        client.resource(node).patchStatus();
        var deadline = clockwork.deadline(SOON);
        // a real one is tainted until the controller has seen that it is ready
        while (ready
                && client.nodes().withName(unique(name)).get().getSpec().getTaints().stream()
                        .anyMatch(taint -> taint.getKey().equals("node.kubernetes.io/not-ready"))) {
            assertThat(deadline.passed()).isFalse();
            clockwork.sleep(Duration.ofMillis(50));
        }
        return node;
    }

    /** @param pod as in a manifest; the nodes of this test are selected unless it selects some itself */
    protected final void workload(Workload workload, int remembered, String pod) {
        PodSpec spec = spec(pod);
        Map<String, String> labels = Map.of("app", workload.name());
        HasMetadata made = switch (KnownKind.of(workload)) {
            case DEPLOYMENT ->
                new DeploymentBuilder()
                        .withNewMetadata()
                        .withNamespace(shop)
                        .withName(workload.name())
                        .endMetadata()
                        .withNewSpec()
                        .withReplicas(0)
                        .withNewSelector()
                        .withMatchLabels(labels)
                        .endSelector()
                        .withNewTemplate()
                        .withNewMetadata()
                        .withLabels(labels)
                        .endMetadata()
                        .withSpec(spec)
                        .endTemplate()
                        .endSpec()
                        .build();
            case STATEFUL_SET ->
                new StatefulSetBuilder()
                        .withNewMetadata()
                        .withNamespace(shop)
                        .withName(workload.name())
                        .endMetadata()
                        .withNewSpec()
                        .withServiceName(workload.name())
                        .withReplicas(0)
                        .withNewSelector()
                        .withMatchLabels(labels)
                        .endSelector()
                        .withNewTemplate()
                        .withNewMetadata()
                        .withLabels(labels)
                        .endMetadata()
                        .withSpec(spec)
                        .endTemplate()
                        .endSpec()
                        .build();
        };
        if (remembered > 0) {
            made.getMetadata().setAnnotations(Map.of("drkit.io/replicas", Integer.toString(remembered)));
        }
        client.resource(made).create();
    }

    private PodSpec spec(String pod) {
        PodSpec spec = yaml(pod, PodSpec.class);
        if (spec.getNodeSelector() == null || spec.getNodeSelector().isEmpty()) {
            spec.setNodeSelector(Map.of("room", shop));
        }
        return spec;
    }

    protected static String asking(String requests) {
        return with("requests: {" + requests + "}", "");
    }

    protected static String with(String resources, String more) {
        return "{containers: [{name: main, image: simulated/app:1, resources: {" + resources + "}}]"
                + (more.isEmpty() ? "" : ", " + more) + "}";
    }

    /** A pod of somebody else that is on a node. */
    protected final Pod bound(String name, Node node, String pod) {
        return bound(name, Map.of(), node, pod);
    }

    private Pod bound(String name, Map<String, String> labels, Node node, String pod) {
        PodSpec spec = spec(pod);
        spec.setNodeName(node.getMetadata().getName());
        Pod made = new PodBuilder()
                .withNewMetadata()
                .withNamespace(shop)
                .withName(name)
                .withLabels(labels)
                .endMetadata()
                .withSpec(spec)
                .build();
        client.resource(made).create();
        return made;
    }

    /** What begins with a brace would be read as JSON. */
    private static <T> T yaml(String text, Class<T> type) {
        return Serialization.unmarshal("---\n" + text, type);
    }

    private static Map<String, Quantity> quantities(String manifest) {
        return Serialization.unmarshal("---\n" + manifest, new TypeReference<Map<String, Quantity>>() {});
    }

    /** @param used what the controller is going to say of it */
    protected final void quota(String name, String spec, String used) throws InterruptedException {
        var quota = new ResourceQuotaBuilder()
                .withNewMetadata()
                .withNamespace(shop)
                .withName(name)
                .endMetadata()
                .withSpec(yaml(spec, ResourceQuotaSpec.class))
                .build();
        client.resource(quota).create();
        Map<String, Quantity> wanted = quantities(used);
        if (!real()) {
            client.resource(new ResourceQuotaBuilder(quota)
                            .withNewStatus()
                            .withHard(quota.getSpec().getHard())
                            .withUsed(wanted)
                            .endStatus()
                            .build())
                    .patchStatus();
        }
        var deadline = clockwork.deadline(SOON);
        while (true) {
            var status = client.resourceQuotas()
                    .inNamespace(shop)
                    .withName(name)
                    .get()
                    .getStatus();
            if (status != null && status.getUsed() != null && status.getUsed().equals(wanted)) {
                return;
            }
            assertThat(deadline.passed()).as(String.valueOf(status)).isFalse();
            clockwork.sleep(Duration.ofMillis(50));
        }
    }

    private String priority(String name, int value) {
        return priority(name, value, "PreemptLowerPriority");
    }

    private String priority(String name, int value, String policy) {
        var made = new PriorityClassBuilder()
                .withNewMetadata()
                .withName(unique(name))
                .endMetadata()
                .withValue(value)
                .withPreemptionPolicy(policy)
                .build();
        client.resource(made).create();
        clusterWide.add(made);
        return unique(name);
    }

    private CapacityCheck.Builder check() {
        return CapacityCheck.named("room in east", client);
    }

    private Finding look(CapacityCheck.Builder check) throws InterruptedException {
        return check.build().run(clockwork);
    }

    protected final Finding restored(Workload... workloads) throws InterruptedException {
        return look(check().restored(shop, workloads));
    }

    protected static void assertFound(Finding finding, ReadyState state, String... words) {
        assertThat(words).allSatisfy(one -> assertThat(finding.why()).contains(one));
        assertThat(finding.state()).as(finding.why()).isEqualTo(state);
        assertThat(finding.remedy().isEmpty()).isEqualTo(state == ReadyState.READY);
    }

    // ---- nodes

    @Test
    @DisplayName("F10: there is room for as many pods as are remembered: ready")
    void run_enoughRoom_isReady() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        node("b", "cpu: 4, memory: 8Gi");
        workload(APP, 3, asking("cpu: 1500m, memory: 1Gi"));
        workload(QUEUE, 1, asking("cpu: 500m, memory: 1Gi"));

        Finding finding = restored(APP, QUEUE);

        assertFound(
                finding,
                ReadyState.READY,
                "the 4 pods that are missing find a node",
                "cpu 5, memory 4096Mi, and 2 nodes have cpu 8, memory 16384Mi free");
        assertThat(finding.figures())
                .containsEntry("capacity.pods.missing", 4.0)
                .containsEntry("capacity.cpu.left", 3.0)
                .containsEntry("capacity.memory.left", 12.0 * (1L << 30));
    }

    @ParameterizedTest
    @DisplayName("F10: one pod more than find a node: not ready, whatever it is that is short")
    @CsvSource(
            delimiter = '|',
            value = {
                "cpu: 1, memory: 1Gi                        | cpu: 2, memory: 100Gi                         | 2",
                "cpu: 1m, memory: 3Gi                       | cpu: 2, memory: 8Gi                           | 2",
                "cpu: 1m, memory: 1, ephemeral-storage: 5Gi | cpu: 2, memory: 8Gi, ephemeral-storage: 14Gi  | 2",
                "cpu: 1m, memory: 1                         | cpu: 2, memory: 8Gi, pods: 2                  | 2",
                "cpu: 1m, memory: 1, ephemeral-storage: 5Gi | cpu: 2, memory: 8Gi                           | 0"
            })
    void run_oneTooMany_isNotReady(String asked, String room, int placed) throws InterruptedException {
        node("a", room);
        workload(APP, 3, asking(asked));

        Finding finding = restored(APP);

        assertFound(finding, ReadyState.NOT_READY, placed + " of the 3 pods that " + shop + "/deployment/app lacks");
        assertThat(finding.remedy()).contains("autoscaler");
    }

    @Test
    @DisplayName("F10: extended resources are counted in pieces")
    void run_extendedResources() throws InterruptedException {
        node("a", "cpu: 9, memory: 9Gi, x.io/gpu: 2");
        workload(APP, 2, with("requests: {cpu: 1, memory: 1Gi, x.io/gpu: 1}, limits: {x.io/gpu: 1}", ""));

        assertFound(restored(APP), ReadyState.READY, "x.io/gpu 2");
        assertFound(look(check().scaledTo(shop, Map.of(APP, 3))), ReadyState.NOT_READY, "2 of the 3 pods");
    }

    @Test
    @DisplayName("F10: a pod that is bigger than any node: not ready, although the sum would do")
    void run_biggerThanAnyNode_isNotReady() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        node("b", "cpu: 4, memory: 8Gi");
        workload(APP, 1, asking("cpu: 5, memory: 1Gi"));

        assertFound(restored(APP), ReadyState.NOT_READY, "0 of the 1 pod", "each asks for cpu 5");
    }

    @Test
    @DisplayName("F10: each workload alone finds room, and both together do not: not ready")
    void run_togetherTooMuch_isNotReady() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        workload(APP, 3, asking("cpu: 1, memory: 1Gi"));
        workload(BIG, 1, asking("cpu: 2, memory: 1Gi"));

        assertFound(restored(APP), ReadyState.READY);
        assertFound(restored(BIG), ReadyState.READY);
        assertFound(restored(APP, BIG), ReadyState.NOT_READY, "ask for cpu 5 together", "1 node has 4 free in all");
    }

    @Test
    @DisplayName("F10: the sum would do, and they do not all find a node: unknown")
    void run_sumFitsPackingDoesNot_isUnknown() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        node("b", "cpu: 4, memory: 8Gi");
        workload(BIG, 2, asking("cpu: 3, memory: 1Gi"));
        workload(APP, 1, asking("cpu: 2, memory: 1Gi"));

        assertFound(restored(BIG, APP), ReadyState.UNKNOWN, "placed tightly, 0 of the 1 pod");
    }

    @Test
    @DisplayName("F10: they find a node only if the scheduler packs them well: unknown")
    void run_fitsOnlyTightly_isUnknown() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        node("b", "cpu: 4, memory: 8Gi");
        workload(BIG, 1, asking("cpu: 4, memory: 1Gi"));
        workload(APP, 2, asking("cpu: 2, memory: 1Gi"));

        assertFound(restored(BIG, APP), ReadyState.UNKNOWN, "placed spread out, 0 of the 1 pod");
    }

    @Test
    @DisplayName("F10: what pods that are there have reserved is not free; what ended pods had is")
    void run_boundPods_count() throws InterruptedException {
        Node a = node("a", "cpu: 4, memory: 8Gi");
        bound("other", a, asking("cpu: 2500m, memory: 1Gi"));
        Pod ended = bound("ended", a, asking("cpu: 1, memory: 1Gi"));
        ended.setStatus(new PodStatusBuilder().withPhase("Failed").build());
        client.resource(ended).patchStatus();
        workload(APP, 1, asking("cpu: 1500m, memory: 1Gi"));

        assertFound(restored(APP), ReadyState.READY, "1 node has cpu 1.5");
        assertFound(look(check().scaledTo(shop, Map.of(APP, 2))), ReadyState.NOT_READY, "1 of the 2 pods");
    }

    @ParameterizedTest
    @DisplayName("F10: nodes that are not ready, cordoned or tainted are no room, unless that is tolerated")
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "{}                                                             | false | -                           "
                        + "                                             | not ready",
                "{unschedulable: true}                                          | true  | -                           "
                        + "                                             | cordoned",
                "{unschedulable: true}                                          | true  | {key:"
                        + " node.kubernetes.io/unschedulable, operator: Exists, effect: NoSchedule} | -",
                "{taints: [{key: pool, value: batch, effect: NoSchedule}]}      | true  | -                           "
                        + "                                             | tainted pool",
                "{taints: [{key: pool, value: batch, effect: NoExecute}]}       | true  | {key: pool, value: batch,"
                        + " effect: NoSchedule}                            | tainted pool",
                "{taints: [{key: pool, value: batch, effect: NoSchedule}]}      | true  | {key: pool, value: web}     "
                        + "                                             | tainted pool",
                "{taints: [{key: pool, value: batch, effect: NoSchedule}]}      | true  | {key: other, operator:"
                        + " Exists}                                           | tainted pool",
                "{taints: [{key: pool, value: batch, effect: NoSchedule}]}      | true  | {key: pool, value: batch}   "
                        + "                                             | -",
                "{taints: [{key: pool, value: batch, effect: NoSchedule}]}      | true  | {operator: Exists}          "
                        + "                                             | -",
                "{taints: [{key: pool, value: batch, effect: PreferNoSchedule}]} | true | -                           "
                        + "                                             | -"
            })
    void run_nodeThatMayNotTakeThem(String spec, boolean ready, String toleration, String refusal)
            throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi", spec, ready);
        String asked = "requests: {cpu: 1, memory: 1Gi}";
        workload(APP, 1, toleration == null ? with(asked, "") : with(asked, "tolerations: [" + toleration + "]"));

        if (refusal == null) {
            assertFound(restored(APP), ReadyState.READY);
        } else {
            assertFound(restored(APP), ReadyState.NOT_READY, "0 of the 1 pod", "0 nodes may take them", "1 " + refusal);
        }
    }

    @ParameterizedTest
    @DisplayName("F10: only nodes that selector and required affinity match are room")
    @CsvSource(
            delimiter = '|',
            value = {
                "zone: {key: zone, operator: In, values: [a]}             | 1",
                "zone: {key: zone, operator: NotIn, values: [a]}          | 2",
                "zone: {key: zone, operator: Exists}                      | 3",
                "zone: {key: nothing, operator: DoesNotExist}             | 3",
                "zone: {key: zone, operator: DoesNotExist}                | 0",
                "zone: {key: zone, operator: Gt, values: ['1']}           | 0",
                "rank: {key: rank, operator: Gt, values: ['4']}           | 3",
                "rank: {key: rank, operator: Gt, values: ['5']}           | 0",
                "rank: {key: rank, operator: Lt, values: ['6']}           | 3"
            })
    void run_affinityToNodes(String term, int nodes) throws InterruptedException {
        for (String name : List.of("a", "b", "c")) {
            node(name, "cpu: 1, memory: 8Gi");
        }
        String one = term.substring(term.indexOf('{'));
        workload(
                APP,
                Math.max(1, nodes),
                with(
                        "requests: {cpu: 1, memory: 1Gi}",
                        "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "
                                + "[{matchExpressions: [" + one + "]}]}}}"));

        assertFound(restored(APP), nodes == 0 ? ReadyState.NOT_READY : ReadyState.READY);
        assertFound(
                look(check().scaledTo(shop, Map.of(APP, nodes + 1))),
                ReadyState.NOT_READY,
                nodes + " of the " + (nodes + 1),
                nodes < 3 ? "outside the node affinity" : "");
    }

    @Test
    @DisplayName("F10: a node that no selector matches is no room")
    void run_nodeSelector() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        workload(APP, 1, with("requests: {cpu: 1, memory: 1Gi}", "nodeSelector: {room: " + shop + ", zone: z}"));

        assertFound(restored(APP), ReadyState.NOT_READY, "0 nodes may take them", "outside the node selector");
    }

    // ---- what is asked for

    @Test
    @DisplayName("F10: pods of these workloads that run already need no room again")
    void run_someRunAlready_onlyTheOthersAreMissing() throws InterruptedException {
        node("a", "cpu: 2, memory: 8Gi");
        east.behave(PodBehaviour.healthy(Duration.ofMillis(50), Duration.ofMillis(50)));
        workload(APP, 0, asking("cpu: 2, memory: 1Gi"));
        east.scaleByHand(shop, APP, 1);
        east.settle(SOON);
        bindWhatRuns();

        assertFound(restored(APP), ReadyState.READY, "none of the pods is missing");
        assertFound(look(check().scaledTo(shop, Map.of(APP, 2))), ReadyState.READY, "the pod that is missing");
        assertFound(look(check().scaledTo(shop, Map.of(APP, 3))), ReadyState.NOT_READY, "1 of the 2 pods");
    }

    /** The simulated cluster has no scheduler: there, pods run on no node. */
    private void bindWhatRuns() throws InterruptedException {
        if (real()) {
            return;
        }
        node("elsewhere", "cpu: 2, memory: 8Gi");
        client.nodes()
                .withName(unique("elsewhere"))
                .edit(node -> new NodeBuilder(node)
                        .editMetadata()
                        .removeFromLabels("room")
                        .endMetadata()
                        .build());
        client.pods()
                .inNamespace(shop)
                .list()
                .getItems()
                .forEach(pod -> client.resource(pod)
                        .edit(one -> new PodBuilder(one)
                                .editSpec()
                                .withNodeName(unique("elsewhere"))
                                .endSpec()
                                .build()));
    }

    @Test
    @DisplayName("F10: nothing is remembered: what restore refuses is not ready")
    void run_nothingRemembered_isNotReady() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        workload(APP, 0, asking("cpu: 1, memory: 1Gi"));

        assertFound(restored(APP), ReadyState.NOT_READY, "deployment/app is at 0 and remembers no count");
        assertFound(look(check().scaledTo(shop, Map.of(APP, 0))), ReadyState.READY);
    }

    @Test
    @DisplayName("F10: what a container asks for is unknown: so is the answer, unless the namespace fills it in")
    void run_noRequests_isUnknown() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        workload(APP, 2, asking("cpu: 1"));

        assertFound(restored(APP), ReadyState.UNKNOWN, "app has containers without requests");
        assertThat(restored(APP).remedy()).contains("assuming(NO_REQUESTS)");
        assertFound(
                look(check().restored(shop, APP).assuming(Assumption.NO_REQUESTS)),
                ReadyState.READY,
                "taken for granted: containers without requests of " + shop + "/deployment/app");
        assertFound(
                look(check().scaledTo(shop, Map.of(APP, 5)).assuming(Assumption.NO_REQUESTS)),
                ReadyState.NOT_READY,
                "4 of the 5 pods");

        client.resource(new LimitRangeBuilder()
                        .withNewMetadata()
                        .withNamespace(shop)
                        .withName("defaults")
                        .endMetadata()
                        .withNewSpec()
                        .withLimits(yaml(
                                "{type: Container, defaultRequest: {cpu: 3, memory: 3Gi}, default: {memory: 4Gi}}",
                                LimitRangeItem.class))
                        .endSpec()
                        .build())
                .create();
        assertFound(restored(APP), ReadyState.READY, "cpu 2, memory 6144Mi");
        assertFound(look(check().scaledTo(shop, Map.of(APP, 3))), ReadyState.NOT_READY, "2 of the 3 pods");
    }

    @ParameterizedTest
    @DisplayName("F10: a demand that is not looked at makes it unknown, unless it is taken for granted by name")
    @CsvSource(
            delimiter = '|',
            value = {
                "POD_AFFINITY    | affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
                        + " [{topologyKey: zone}]}}",
                "POD_AFFINITY    | affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
                        + " [{topologyKey: zone}]}}",
                "TOPOLOGY_SPREAD | topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable:"
                        + " DoNotSchedule}]",
                "VOLUMES         | volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]",
                "SCHEDULING      | schedulerName: another"
            })
    void run_demandNotLookedAt_isUnknown(Assumption assumption, String demand) throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        workload(APP, 1, with("requests: {cpu: 1, memory: 1Gi}", demand));

        assertFound(restored(APP), ReadyState.UNKNOWN, "which is not looked at");
        assertThat(restored(APP).remedy()).contains(assumption.name());
        assertFound(look(check().restored(shop, APP).assuming(assumption)), ReadyState.READY, "taken for granted");
        assertFound(look(check().scaledTo(shop, Map.of(APP, 5))), ReadyState.NOT_READY, "4 of the 5 pods");
    }

    @ParameterizedTest
    @DisplayName("F10: what only prefers a place keeps nothing from being ready")
    @ValueSource(
            strings = {
                "affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1,"
                        + " podAffinityTerm: {topologyKey: zone}}]}}",
                "topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]",
                "volumes: [{name: a, emptyDir: {}}, {name: b, configMap: {name: b}}, {name: c, secret: {secretName:"
                        + " c}}]"
            })
    void run_onlyPreferred_isReady(String demand) throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        workload(APP, 1, with("requests: {cpu: 1, memory: 1Gi}", demand));

        assertFound(restored(APP), ReadyState.READY);
    }

    @Test
    @DisplayName("F10: ports of the host, and volumes of a StatefulSet's own, are not looked at")
    void run_hostPortsAndClaimTemplates_areUnknown() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        workload(
                APP,
                1,
                "{containers: [{name: main, image: simulated/app:1, ports: [{containerPort: 80, hostPort: 80}],"
                        + " resources: {requests: {cpu: 1, memory: 1Gi}}}]}");
        StatefulSetBuilder queue = new StatefulSetBuilder()
                .withNewMetadata()
                .withNamespace(shop)
                .withName("queue")
                .endMetadata()
                .withNewSpec()
                .withReplicas(1)
                .withServiceName("queue")
                .withNewSelector()
                .addToMatchLabels("app", "queue")
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .addToLabels("app", "queue")
                .endMetadata()
                .withSpec(spec(asking("cpu: 1, memory: 1Gi")))
                .endTemplate()
                .addNewVolumeClaimTemplate()
                .withNewMetadata()
                .withName("data")
                .endMetadata()
                .withNewSpec()
                .withAccessModes("ReadWriteOnce")
                .withNewResources()
                .addToRequests("storage", new Quantity("1Gi"))
                .endResources()
                .endSpec()
                .endVolumeClaimTemplate()
                .endSpec();
        client.resource(queue.build()).create();

        assertFound(
                look(check().restored(shop, APP).scaledTo(shop, Map.of(QUEUE, 3))),
                ReadyState.UNKNOWN,
                "deployment/app has ports of the host",
                "statefulset/queue has volumes");
    }

    // ---- others

    @Test
    @DisplayName("F10: room only if pods of lower priority are evicted: unknown, unless they are placeholders for it")
    void run_lowerPriority_isUnknownUnlessPlaceholder() throws InterruptedException {
        Node a = node("a", "cpu: 4, memory: 8Gi");
        String reserve = priority("reserve", -10);
        for (String name : List.of("one", "two")) {
            bound(
                    name,
                    a,
                    with("requests: {cpu: 2, memory: 1Gi}", "priorityClassName: " + reserve + ", priority: -10"));
        }
        workload(APP, 2, asking("cpu: 2, memory: 1Gi"));

        assertFound(restored(APP), ReadyState.UNKNOWN, "0 of the 2 pods", "of lower priority");
        assertFound(look(check().restored(shop, APP).placeholders(reserve)), ReadyState.READY);
        assertFound(
                look(check().scaledTo(shop, Map.of(APP, 3)).placeholders(reserve)),
                ReadyState.NOT_READY,
                "2 of the 3 pods");

        workload(BIG, 1, with("requests: {cpu: 1, memory: 1Gi}", "priorityClassName: " + reserve));
        assertFound(look(check().restored(shop, BIG).placeholders(reserve)), ReadyState.NOT_READY, "0 of the 1 pod");
        assertFound(
                look(check().scaledTo(shop, Map.of(APP, 1, BIG, 1)).placeholders(reserve)),
                ReadyState.UNKNOWN,
                "of lower priority");

        String polite = priority("polite", 10, "Never");
        workload(deployment("polite"), 1, with("requests: {cpu: 1, memory: 1Gi}", "priorityClassName: " + polite));
        assertFound(
                look(check().restored(shop, deployment("polite")).placeholders(reserve)),
                ReadyState.NOT_READY,
                "0 of the 1 pod");
    }

    @Test
    @DisplayName("F10: room only once pods that are ending are gone: unknown")
    void run_podsEnding_isUnknown() throws InterruptedException {
        Node a = node("a", "cpu: 4, memory: 8Gi");
        Pod old = bound("old", a, asking("cpu: 3, memory: 1Gi"));
        workload(APP, 1, asking("cpu: 2, memory: 1Gi"));

        assertFound(restored(APP), ReadyState.NOT_READY);
        client.resource(old).delete();
        assertFound(restored(APP), ReadyState.UNKNOWN, "that are ending");
    }

    @Test
    @DisplayName("F10: room only once workloads of the same check are scaled down: unknown")
    void run_podsToBeScaledDown_isUnknown() throws InterruptedException {
        Node a = node("a", "cpu: 4, memory: 8Gi");
        workload(BIG, 0, asking("cpu: 3, memory: 1Gi"));
        bound("old", Map.of("app", "big"), a, asking("cpu: 3, memory: 1Gi"));
        workload(APP, 1, asking("cpu: 2, memory: 1Gi"));
        quota("east", "{hard: {pods: 1}}", "{pods: 1}");

        assertFound(restored(APP), ReadyState.NOT_READY, "quota", "0 of the 1 pod");
        assertFound(
                look(check().scaledTo(shop, Map.of(BIG, 0, APP, 1))),
                ReadyState.UNKNOWN,
                "to be scaled down",
                "pods are going there");
    }

    @Test
    @DisplayName("F10: a class that is not there would have every pod refused: not ready")
    void run_classMissing_isNotReady() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        workload(APP, 1, with("requests: {cpu: 1, memory: 1Gi}", "priorityClassName: " + unique("none")));
        workload(BIG, 1, with("requests: {cpu: 1, memory: 1Gi}", "runtimeClassName: " + unique("none")));

        assertFound(
                restored(APP, BIG),
                ReadyState.NOT_READY,
                "there is no priority class " + unique("none"),
                "there is no runtime class " + unique("none"));
    }

    @Test
    @DisplayName("F10: a runtime class has its overhead, and its own nodes")
    void run_runtimeClass_counts() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        node("b", "cpu: 4, memory: 8Gi");
        RuntimeClass sandbox = yaml(
                "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: " + unique("sandbox")
                        + "}, handler: sandbox, overhead: {podFixed: {cpu: 500m}}, scheduling: {nodeSelector: {zone:"
                        + " b}}}",
                RuntimeClass.class);
        client.resource(sandbox).create();
        clusterWide.add(sandbox);
        workload(APP, 2, with("requests: {cpu: 1500m, memory: 1Gi}", "runtimeClassName: " + unique("sandbox")));

        assertFound(restored(APP), ReadyState.READY, "cpu 4, memory 2048Mi, and 1 node has");
        assertFound(look(check().scaledTo(shop, Map.of(APP, 3))), ReadyState.NOT_READY, "2 of the 3 pods");
    }

    @Test
    @DisplayName("F10: less than the headroom is left: not ready")
    void run_headroom() throws InterruptedException {
        node("a", "cpu: 5, memory: 10Gi");
        node("b", "cpu: 5, memory: 10Gi");
        workload(APP, 9, asking("cpu: 1, memory: 1Gi"));

        assertFound(look(check().restored(shop, APP).headroomPercent(10)), ReadyState.READY);
        assertFound(
                look(check().restored(shop, APP).headroomPercent(11)),
                ReadyState.NOT_READY,
                "cpu 1 of 10 is left, less than the headroom of 11 %");
    }

    // ---- quotas

    @ParameterizedTest
    @DisplayName("F10: a quota that lets fewer in: not ready, whatever it counts")
    @CsvSource(
            delimiter = '|',
            value = {
                "requests.cpu: 3             | requests.cpu: 1            | requests.cpu",
                "cpu: 3                      | cpu: 1                     | cpu",
                "requests.memory: 3Gi        | requests.memory: 1Gi       | requests.memory",
                "memory: 3Gi                 | memory: 1Gi                | memory",
                "limits.cpu: 5               | limits.cpu: 2              | limits.cpu",
                "limits.memory: 5Gi          | limits.memory: 2Gi         | limits.memory",
                "pods: 3                     | pods: 1                    | pods",
                "count/pods: 3               | count/pods: 1              | count/pods"
            })
    void run_quotaTooSmall_isNotReady(String hard, String used, String what) throws InterruptedException {
        Node a = node("a", "cpu: 40, memory: 80Gi");
        String each = with("requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 2, memory: 2Gi}", "");
        bound("other", a, each);
        workload(APP, 2, each);
        workload(BIG, 1, each);
        quota("east", "{hard: {" + hard + ", services: 5}}", "{" + used + ", services: 0}");

        Finding finding = restored(APP, BIG);

        assertFound(finding, ReadyState.NOT_READY, "quota east of " + shop + " has ", " " + what + " left");
        assertThat(finding.remedy()).contains("quota");
        assertFound(restored(BIG), ReadyState.READY);
    }

    @ParameterizedTest
    @DisplayName("F10: a scoped quota that would be too small is unknown, or known to be about other pods")
    @CsvSource(
            delimiter = '|',
            value = {
                "{hard: {pods: 0}, scopes: [Terminating]}    | READY",
                "{hard: {pods: 0}, scopes: [NotTerminating]} | NOT_READY",
                "{hard: {pods: 0}, scopes: [NotBestEffort]}  | UNKNOWN",
                "{hard: {pods: 1}, scopes: [NotBestEffort]}  | READY",
                "{hard: {pods: 0}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: Exists}]}}"
                        + " | UNKNOWN"
            })
    void run_scopedQuota(String quota, ReadyState state) throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        workload(APP, 1, asking("cpu: 1, memory: 1Gi"));
        quota("scoped", quota, "{pods: 0}");

        assertFound(restored(APP), state);
    }

    @Test
    @DisplayName("F10: a quota for cpu or memory refuses pods with a container that does not say how much")
    void run_quotaAndContainerThatSaysNothing_isNotReady() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        workload(APP, 1, asking("cpu: 1, memory: 1Gi"));
        quota("limits", "{hard: {limits.memory: 100Gi}}", "{limits.memory: 0}");

        assertFound(
                restored(APP),
                ReadyState.NOT_READY,
                "refuses pods of " + shop
                        + "/deployment/app, since container main does not say how much limits.memory");
    }

    @Test
    @DisplayName("F10: pods that exist already are in the quota already")
    void run_podsThatExist_areNotCountedTwice() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        east.behave(PodBehaviour.healthy(Duration.ofMillis(50), Duration.ofMillis(50)));
        workload(APP, 0, asking("cpu: 2, memory: 1Gi"));
        east.scaleByHand(shop, APP, 1);
        east.settle(SOON);
        bindWhatRuns();
        quota("east", "{hard: {pods: 2}}", "{pods: 1}");

        assertFound(look(check().scaledTo(shop, Map.of(APP, 2))), ReadyState.READY);
        assertFound(look(check().scaledTo(shop, Map.of(APP, 3))), ReadyState.NOT_READY, "has 1 of 2 pods left");
    }

    // ---- when it cannot be seen

    @Test
    @DisplayName("F10, F14: no answer is no room, and no lack of room: unknown")
    void run_apiDown_throwsUnknown() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        workload(APP, 1, asking("cpu: 1, memory: 1Gi"));
        for (String read : List.of("nodes", "pods", "resourcequotas", "limitranges", "priorityclasses")) {
            east.faults().next("LIST " + read, Fault.refused(503));
            assertThatExceptionOfType(UnknownOutcomeException.class).as(read).isThrownBy(() -> restored(APP));
        }
        east.faults().next("LIST nodes", Fault.refused(403));
        assertThatExceptionOfType(DeniedException.class).isThrownBy(() -> restored(APP));
        assertFound(restored(APP), ReadyState.READY);
        clusterWide.forEach(one -> client.resource(one).delete());
        clusterWide.clear();
        east.takeApiDown();
        assertThatExceptionOfType(UnknownOutcomeException.class).isThrownBy(() -> restored(APP));
    }

    @Test
    @DisplayName("F10: a workload that is not there is named")
    void run_workloadMissing_throwsNotFound() {
        workload(APP, 1, asking("cpu: 1, memory: 1Gi"));

        assertThatExceptionOfType(NotFoundException.class)
                .isThrownBy(() -> restored(APP, QUEUE))
                .withMessageContaining("no " + shop + "/statefulset/queue");
    }

    @Test
    @DisplayName("F10: it reads, and changes nothing")
    void run_onlyReads() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        workload(APP, 1, asking("cpu: 1, memory: 1Gi"));
        int before = east.requests().size();

        restored(APP);

        assertThat(east.requests().subList(before, east.requests().size()))
                .containsExactly(
                        "GET deployments/app",
                        "LIST pods",
                        "LIST nodes",
                        "LIST priorityclasses",
                        "LIST limitranges",
                        "LIST resourcequotas");
    }

    @Test
    void build_wrongValues_areRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> CapacityCheck.named(" ", client));
        assertThatIllegalArgumentException().isThrownBy(() -> check().restored(" ", APP));
        assertThatIllegalArgumentException().isThrownBy(() -> check().headroomPercent(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> check().headroomPercent(100));
        assertThatIllegalArgumentException().isThrownBy(() -> check().scaledTo(shop, Map.of(APP, -1)));
        assertThatIllegalStateException().isThrownBy(() -> check().build());
        assertThatIllegalStateException()
                .isThrownBy(() -> check().restored(shop, APP)
                        .scaledTo(shop, Map.of(APP, 1))
                        .build());
        CapacityCheck check =
                check().restored(shop, QUEUE).scaledTo("other", Map.of(APP, 2)).build();
        assertThat(check.name()).isEqualTo("room in east");
        assertThat(check.verifies())
                .isEqualTo("there is room for " + shop + "/statefulset/queue as remembered, other/deployment/app at 2");
    }

    // ---- the contract of checks

    @Nested
    class UnderContract extends CheckContract {
        private Node node;

        @BeforeEach
        void begin() throws InterruptedException {
            node = node("a", "cpu: 4, memory: 8Gi");
            workload(APP, 3, asking("cpu: 1, memory: 1Gi"));
        }

        @Override
        protected Clockwork clockwork() {
            return clockwork;
        }

        @Override
        protected Check check() {
            return CapacityCheck.named("room in east", client)
                    .restored(shop, APP)
                    .build();
        }

        @Override
        protected void makeReady() {
            client.pods()
                    .inNamespace(shop)
                    .withName("in-the-way")
                    .withGracePeriod(0)
                    .delete();
        }

        @Override
        protected void makeNotReady() {
            bound("in-the-way", node, asking("cpu: 3, memory: 1Gi"));
        }

        @Override
        protected void makeUnreadable() {
            east.faults().every("LIST nodes", Fault.refused(503));
        }

        @Override
        protected String fingerprint() {
            return client.apps()
                            .deployments()
                            .inNamespace(shop)
                            .withName(APP.name())
                            .get()
                            .getMetadata()
                            .getGeneration()
                    + " "
                    + client.pods().inNamespace(shop).list().getItems().stream()
                            .map(pod -> pod.getMetadata().getName())
                            .sorted()
                            .toList();
        }
    }
}
