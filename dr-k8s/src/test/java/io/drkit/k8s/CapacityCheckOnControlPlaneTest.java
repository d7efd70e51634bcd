package io.drkit.k8s;

import static io.drkit.core.workload.Workload.deployment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.drkit.core.DeniedException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.readiness.ReadyState;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.k8s.ControlPlaneExtension;
import io.drkit.testkit.k8s.RealCluster;
import io.drkit.testkit.k8s.TestCluster;
import io.drkit.testkit.net.RelayMode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LimitRange;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("harness")
class CapacityCheckOnControlPlaneTest extends CapacityCheckTest {
    @RegisterExtension
    static final ControlPlaneExtension SITES = new ControlPlaneExtension("east");

    private static final Workload APP = deployment("app");

    @Override
    protected TestCluster cluster(String site) {
        return SITES.cluster(site);
    }

    @Override
    protected boolean real() {
        return true;
    }

    private <T extends HasMetadata> T create(String manifest, Class<T> kind) {
        return client.resource(Serialization.unmarshal("---\n" + manifest, kind))
                .create();
    }

    @Test
    @DisplayName("F10: what a pod asks for is counted as Kubernetes' own quota counts it")
    void podRequests_areWhatTheQuotaCounts() throws InterruptedException {
        RuntimeClass sandbox = create(
                "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: " + unique("sandbox")
                        + "}, handler: sandbox, overhead: {podFixed: {cpu: 70m, memory: 7Mi}}}",
                RuntimeClass.class);
        try {
            LimitRange defaults = create(
                    "{apiVersion: v1, kind: LimitRange, metadata: {name: defaults, namespace: " + shop
                            + "}, spec: {limits: [{type: Container, default: {cpu: 3, memory: 300Mi},"
                            + " defaultRequest: {memory: 30Mi}}]}}",
                    LimitRange.class);
            create(
                    "{apiVersion: v1, kind: ResourceQuota, metadata: {name: all, namespace: " + shop
                            + "}, spec: {hard: {cpu: 1k, requests.cpu: 1k, memory: 1Ti, limits.cpu: 1k, limits.memory:"
                            + " 1Ti, ephemeral-storage: 1Ti, limits.ephemeral-storage: 1Ti, requests.x.io/gpu: 99,"
                            + " pods: 99}}}",
                    ResourceQuota.class);
            String gpu = "requests: {x.io/gpu: 1, cpu: 1, memory: 1Mi, ephemeral-storage: 1Gi}, limits: {x.io/gpu: 1}";
            List<String> pods = List.of(
                    pod("", "requests: {cpu: 1, memory: 1Mi}", ""),
                    pod("", "limits: {cpu: 2, memory: 2Mi, ephemeral-storage: 2Gi}", ""),
                    pod("", "requests: {cpu: 1}", ""),
                    pod("", gpu, ""),
                    pod("", "", ""),
                    pod("requests: {cpu: 2, memory: 1Mi}|requests: {cpu: 1, memory: 5Mi}", "requests: {cpu: 1}", ""),
                    pod("requests: {cpu: 900m}, limits: {cpu: 1}|*requests: {cpu: 200m}", "requests: {cpu: 1}", ""),
                    pod("*requests: {cpu: 200m}|requests: {cpu: 900m}", "requests: {cpu: 1}", ""),
                    pod("*requests: {cpu: 2}|requests: {cpu: 3}|*requests: {cpu: 1}", "requests: {cpu: 1}", ""),
                    pod("", "requests: {cpu: 1}", "runtimeClassName: " + unique("sandbox")),
                    pod("", "requests: {cpu: 1}", "resources: {requests: {cpu: 5}}"),
                    pod("", "", "resources: {limits: {cpu: 20, memory: 900Mi}}"),
                    pod("", "requests: {cpu: 1}", "resources: {requests: {memory: 500Mi}, limits: {cpu: 5}}"));
            Amounts requests = Amounts.NONE;
            Amounts limits = Amounts.NONE;
            for (int i = 0; i < pods.size(); i++) {
                PodSpec spec = Serialization.unmarshal("---\n" + pods.get(i), PodSpec.class);
                Pod made = client.resource(new PodBuilder()
                                .withNewMetadata()
                                .withNamespace(shop)
                                .withName("pod-" + i)
                                .endMetadata()
                                .withSpec(spec)
                                .build())
                        .create();
                PodRequests one = PodRequests.ofTemplate(
                        spec,
                        List.of(defaults),
                        spec.getRuntimeClassName() == null
                                ? Amounts.NONE
                                : Amounts.of(sandbox.getOverhead().getPodFixed()));
                requests = requests.plus(one.requests());
                limits = limits.plus(one.limits());

                assertSame(PodRequests.ofBound(made), one.requests(), pods.get(i));
                assertSame(used(i + 1), quota(requests, limits, i + 1), pods.get(i));
            }
        } finally {
            client.resource(sandbox).delete();
        }
    }

    /** What the quota says is used, when it has counted that many pods. */
    private Amounts used(int pods) throws InterruptedException {
        var deadline = clockwork.deadline(Duration.ofMinutes(1));
        while (true) {
            var status = client.resourceQuotas()
                    .inNamespace(shop)
                    .withName("all")
                    .get()
                    .getStatus();
            Amounts used = Amounts.of(status == null ? null : status.getUsed());
            if (used.of("pods").intValue() == pods) {
                return used;
            }
            assertThat(deadline.passed()).as(String.valueOf(status)).isFalse();
            clockwork.sleep(Duration.ofMillis(50));
        }
    }

    private static Amounts quota(Amounts requests, Amounts limits, int pods) {
        return Amounts.NONE
                .with("cpu", requests.of("cpu"))
                .with("requests.cpu", requests.of("cpu"))
                .with("memory", requests.of("memory"))
                .with("limits.cpu", limits.of("cpu"))
                .with("limits.memory", limits.of("memory"))
                .with("ephemeral-storage", requests.of("ephemeral-storage"))
                .with("limits.ephemeral-storage", limits.of("ephemeral-storage"))
                .with("requests.x.io/gpu", requests.of("x.io/gpu"))
                .with("pods", BigDecimal.valueOf(pods));
    }

    private static void assertSame(Amounts found, Amounts expected, String of) {
        assertThat(found.minus(expected).byName().values())
                .as("%s: found %s, expected %s", of, found, expected)
                .allSatisfy(difference -> assertThat(difference).isZero());
    }

    /** @param initial init containers, parted by a bar; those with a star are sidecars */
    private static String pod(String initial, String main, String more) {
        List<String> containers = new ArrayList<>();
        if (!initial.isEmpty()) {
            for (String one : initial.split("\\|")) {
                boolean sidecar = one.startsWith("*");
                containers.add("{name: init-" + containers.size() + ", image: simulated/app:1, "
                        + (sidecar ? "restartPolicy: Always, " : "") + "resources: {"
                        + (sidecar ? one.substring(1) : one) + "}}");
            }
        }
        return "{initContainers: [" + String.join(", ", containers)
                + "], containers: [{name: main, image: simulated/app:1, resources: {" + main + "}}"
                + (main.isEmpty()
                        ? ""
                        : ", {name: other, image: simulated/app:1, resources: {requests: {cpu: 10m, memory: 1Mi}}}")
                + "]"
                + (more.isEmpty() ? "" : ", " + more) + "}";
    }

    @Test
    @DisplayName("F10: the documented ClusterRole is enough for the capacity check, and each of its verbs is needed")
    void run_underTheDocumentedRole_needsEachVerb() throws Exception {
        RuntimeClass sandbox = create(
                "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: " + unique("sandbox")
                        + "}, handler: sandbox}",
                RuntimeClass.class);
        List<HasMetadata> granted = new ArrayList<>(List.of(sandbox));
        try {
            for (String kind : List.of("Deployment", "StatefulSet")) {
                String name = kind.equals("StatefulSet") ? "serviceName: app, " : "";
                client.resource("---\n{apiVersion: apps/v1, kind: " + kind + ", metadata: {name: app, namespace: "
                                + shop
                                + "}, spec: {replicas: 0, " + name + "selector: {matchLabels: {app: " + kind
                                + "}}, template: {metadata: {labels: {app: " + kind
                                + "}}, spec: {runtimeClassName: " + unique("sandbox")
                                + ", nodeSelector: {no: node}, containers: [{name: main, image: simulated/app:1}]}}}}")
                        .create();
            }
            ClusterRole role = documented();
            grant(role.getRules(), unique("whole"), granted);
            look(unique("whole"));
            int tried = 0;
            for (PolicyRule rule : role.getRules()) {
                for (String resource : rule.getResources()) {
                    String user = unique("without-" + resource);
                    List<PolicyRule> less = new ArrayList<>();
                    for (PolicyRule one : role.getRules()) {
                        List<String> others = one.getResources().stream()
                                .filter(other -> !other.equals(resource))
                                .toList();
                        if (!others.isEmpty()) {
                            less.add(new PolicyRuleBuilder(one)
                                    .withResources(others)
                                    .build());
                        }
                    }
                    grant(less, user, granted);
                    assertThat(rule.getVerbs()).hasSize(1);
                    assertThatExceptionOfType(DeniedException.class).as(user).isThrownBy(() -> look(user));
                    tried++;
                }
            }
            assertThat(tried).isEqualTo(8);
        } finally {
            granted.forEach(one -> client.resource(one).delete());
        }
    }

    private void look(String user) throws InterruptedException {
        try (KubernetesClient limited = ((RealCluster) east).newClientAs(user)) {
            assertThat(CapacityCheck.named("room in east", limited)
                            .scaledTo(shop, Map.of(APP, 1, Workload.statefulSet("app"), 1))
                            .build()
                            .run(clockwork)
                            .state())
                    .isEqualTo(ReadyState.NOT_READY);
        }
    }

    private static ClusterRole documented() throws IOException {
        String text = Files.readString(Path.of("../docs/readiness.md"));
        int begin = text.indexOf("```yaml\n") + "```yaml\n".length();
        return Serialization.unmarshal(text.substring(begin, text.indexOf("```", begin)), ClusterRole.class);
    }

    private void grant(List<PolicyRule> rules, String user, List<HasMetadata> granted) {
        granted.add(client.resource(new ClusterRoleBuilder()
                        .withNewMetadata()
                        .withName(user)
                        .endMetadata()
                        .withRules(rules)
                        .build())
                .create());
        granted.add(client.resource(new ClusterRoleBindingBuilder()
                        .withNewMetadata()
                        .withName(user)
                        .endMetadata()
                        .withNewRoleRef()
                        .withApiGroup("rbac.authorization.k8s.io")
                        .withKind("ClusterRole")
                        .withName(user)
                        .endRoleRef()
                        .addNewSubject()
                        .withApiGroup("rbac.authorization.k8s.io")
                        .withKind("User")
                        .withName(user)
                        .endSubject()
                        .build())
                .create());
    }

    @Test
    @DisplayName("F4, F10: behind a black hole nothing is known of the room")
    void run_blackHole_throwsUnknown() throws InterruptedException {
        RealCluster real = (RealCluster) east;
        try (KubernetesClient hasty = real.newClient()) {
            hasty.getConfiguration().setRequestTimeout(500);
            CapacityCheck check = CapacityCheck.named("room in east", hasty)
                    .restored(shop, APP)
                    .build();
            real.plane().relay().mode(RelayMode.blackhole());
            try {
                assertThatExceptionOfType(UnknownOutcomeException.class).isThrownBy(() -> check.run(clockwork));
            } finally {
                real.plane().relay().mode(RelayMode.pass());
            }
        }
    }
}
