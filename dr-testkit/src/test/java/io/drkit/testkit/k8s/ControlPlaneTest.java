package io.drkit.testkit.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.drkit.core.workload.Workload;
import io.drkit.testkit.evidence.Evidence;
import io.drkit.testkit.fault.Fault;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("harness")
class ControlPlaneTest {
    @RegisterExtension
    static final ControlPlaneExtension SITES = new ControlPlaneExtension();

    private static final Workload APP = Workload.deployment("app");
    private static final Duration SOON = Duration.ofMinutes(1);

    private static ConfigMap map(String namespace, String value) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName("settings")
                .endMetadata()
                .addToData("key", value)
                .build();
    }

    @Test
    void start_controlPlane_isReadySoon() throws IOException {
        Duration took = SITES.plane("west").startTook();

        Evidence.atMost("control-plane-start-time", took.toMillis() / 1000.0, "s", 10)
                .write();
        assertThat(took).isPositive();
    }

    @Test
    void twoSites_knowNothingOfEachOther() {
        RealCluster west = SITES.cluster("west");
        RealCluster east = SITES.cluster("east");
        west.client().resource(map(west.namespace(), "west")).create();

        assertThat(east.plane().client().namespaces().withName(west.namespace()).get())
                .isNull();
        assertThat(west.plane().url()).isNotEqualTo(east.plane().url());
    }

    @Test
    void update_staleResourceVersion_isRefusedWithConflict() {
        RealCluster west = SITES.cluster("west");
        ConfigMap seen = west.client().resource(map(west.namespace(), "1")).create();
        west.client().resource(seen).patch(PatchContext.of(PatchType.JSON_MERGE), "{\"data\":{\"key\":\"2\"}}");

        assertThatExceptionOfType(KubernetesClientException.class)
                .isThrownBy(() -> west.client().resource(seen).update())
                .satisfies(e -> assertThat(e.getCode()).isEqualTo(409));
    }

    @Test
    void killApiServer_whatWasWrittenIsThereAfterwards() throws Exception {
        RealCluster west = SITES.cluster("west");
        west.client().resource(map(west.namespace(), "kept")).create();
        west.plane().killApiServer();
        try (KubernetesClient once = west.newClient()) {
            once.getConfiguration().setRequestRetryBackoffLimit(0);
            assertThatExceptionOfType(KubernetesClientException.class)
                    .isThrownBy(() -> once.namespaces().list());
        } finally {
            west.plane().startApiServer();
        }
        assertThat(west.plane().kubectl("get", "configmap", "settings", "-n", west.namespace(), "-o", "name"))
                .contains("settings");
        // the kubelet and the controllers have found it again
        west.run(west.namespace(), APP, 1);
        west.settle(SOON);
    }

    @Test
    void faults_ofRealRequests_happenOnTheWire() {
        RealCluster west = SITES.cluster("west");
        try (KubernetesClient once = west.newClient()) {
            once.getConfiguration().setRequestRetryBackoffLimit(0);
            west.faults().next("POST configmaps", Fault.requestLost());
            assertThatExceptionOfType(KubernetesClientException.class)
                    .isThrownBy(() -> once.resource(map(west.namespace(), "1")).create());
            assertThat(once.resource(map(west.namespace(), "1")).get()).isNull();

            west.faults().next("POST configmaps", Fault.answerLost());
            assertThatExceptionOfType(KubernetesClientException.class)
                    .isThrownBy(() -> once.resource(map(west.namespace(), "1")).create());
            assertThat(once.resource(map(west.namespace(), "1")).get()).isNotNull();

            west.faults().next("GET configmaps", Fault.refused(429));
            assertThatExceptionOfType(KubernetesClientException.class)
                    .isThrownBy(() -> once.resource(map(west.namespace(), "1")).get())
                    .satisfies(e -> assertThat(e.getCode()).isEqualTo(429));
        }
        assertThat(west.requests())
                .containsExactly(
                        "POST configmaps",
                        "GET configmaps/settings",
                        "POST configmaps",
                        "GET configmaps/settings",
                        "GET configmaps/settings");
    }

    @Test
    void newClientAs_nobodyInParticular_mayDoNothing() {
        RealCluster west = SITES.cluster("west");
        try (KubernetesClient nobody = west.newClientAs("nobody")) {
            assertThatExceptionOfType(KubernetesClientException.class)
                    .isThrownBy(
                            () -> nobody.pods().inNamespace(west.namespace()).list())
                    .satisfies(e -> assertThat(e.getCode()).isEqualTo(403));
        }
    }

    @Test
    void cluster_closed_leavesNothingBehind() throws Exception {
        RealCluster west = SITES.cluster("west");
        west.run(west.namespace(), APP, 2);
        west.settle(SOON);
        west.close();

        while (west.plane().client().namespaces().withName(west.namespace()).get() != null) {
            west.plane().clockwork().sleep(Duration.ofMillis(50));
        }
        assertThat(west.plane().client().nodes().withName(west.kubelet().node()).get())
                .isNull();
    }

    @Test
    void close_endsEveryProcess() throws Exception {
        long before = children().count();
        ControlPlane third = ControlPlane.named("third").start();
        assertThat(children().count()).isGreaterThanOrEqualTo(before + 3);
        third.close();

        while (children().count() > before) {
            SITES.plane("west").clockwork().sleep(Duration.ofMillis(10));
        }
        assertThat(third.kubeconfig()).doesNotExist();
    }

    private static Stream<ProcessHandle> children() {
        return ProcessHandle.current().children().filter(ProcessHandle::isAlive);
    }

    @Test
    void kubectl_thatFails_saysWhy() {
        assertThatIllegalStateException()
                .isThrownBy(() -> SITES.plane("west").kubectl("get", "configmap", "ghost"))
                .withMessageContaining("\"ghost\" not found");
    }

    @Test
    void named_noName_isRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> ControlPlane.named("West side"));
        assertThatIllegalArgumentException().isThrownBy(() -> SITES.plane("north"));
    }

    @Test
    @DisplayName("Where the programs are missing, one line says which, and how to get them")
    void missing_emptyDirectory_saysHowToGetThem() {
        String before = System.getProperty(ControlPlanePrograms.PROPERTY, "");
        System.setProperty(ControlPlanePrograms.PROPERTY, "/nowhere");
        try {
            assertThat(ControlPlane.missing())
                    .hasValueSatisfying(line -> assertThat(line)
                            .contains("kube-apiserver", "/nowhere", "dr-testkit/control-plane/build")
                            .doesNotContain("\n", "etcd-server"));
        } finally {
            if (before.isEmpty()) {
                System.clearProperty(ControlPlanePrograms.PROPERTY);
            } else {
                System.setProperty(ControlPlanePrograms.PROPERTY, before);
            }
        }
    }
}
