package io.drkit.testkit.k8s;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.fault.Fault;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentSpecBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("harness")
class SimulatedClusterTest {
    private static final Workload APP = Workload.deployment("app");
    private static final Workload QUEUE = Workload.statefulSet("queue");
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

    private final Clockwork clockwork = Clockwork.system();
    private final SimulatedCluster cluster = SimulatedCluster.start(clockwork);

    @AfterEach
    void close() {
        cluster.close();
    }

    private Resource<Deployment> app() {
        return cluster.client()
                .apps()
                .deployments()
                .inNamespace("shop")
                .resource(new DeploymentBuilder()
                        .withNewMetadata()
                        .withName("app")
                        .withNamespace("shop")
                        .endMetadata()
                        .build());
    }

    @Test
    void patch_staleResourceVersion_isRefusedWithConflict() {
        cluster.run("shop", APP, 0);
        String seen = app().get().getMetadata().getResourceVersion();
        cluster.annotateByHand("shop", APP, "by", "another");

        assertThatExceptionOfType(KubernetesClientException.class)
                .isThrownBy(() -> app().patch(
                                MERGE,
                                "{\"metadata\":{\"resourceVersion\":\"" + seen + "\"},\"spec\":{\"replicas\":3}}"))
                .satisfies(e -> assertThat(e.getCode()).isEqualTo(409));
        assertThat(app().get().getSpec().getReplicas()).isZero();
    }

    @Test
    void put_staleResourceVersion_isRefusedWithConflict() {
        cluster.run("shop", APP, 0);
        Deployment seen = app().get();
        cluster.annotateByHand("shop", APP, "by", "another");
        seen.getSpec().setReplicas(3);

        assertThatExceptionOfType(KubernetesClientException.class)
                .isThrownBy(() -> cluster.client().resource(seen).update())
                .satisfies(e -> assertThat(e.getCode()).isEqualTo(409));
    }

    @Test
    void mergePatch_null_removesTheField() {
        cluster.run("shop", APP, 0);
        cluster.annotateByHand("shop", APP, "note", "x");
        app().patch(MERGE, "{\"metadata\":{\"annotations\":{\"note\":null}}}");

        assertThat(app().get().getMetadata().getAnnotations()).isNullOrEmpty();
    }

    @Test
    void change_ofSpec_raisesGenerationAndLeavesStatus() throws InterruptedException {
        cluster.run("shop", APP, 1);
        cluster.settle(SOON);
        long before = app().get().getMetadata().getGeneration();

        app().patch(MERGE, "{\"spec\":{\"replicas\":2},\"status\":{\"collisionCount\":77}}");

        Deployment after = app().get();
        assertThat(after.getMetadata().getGeneration()).isEqualTo(before + 1);
        assertThat(after.getStatus().getCollisionCount())
                .as("no controller writes it")
                .isNull();
    }

    @Test
    void create_withAStatus_theStatusIsNotTaken() {
        Deployment deployment = app().item();
        deployment.setStatus(
                new DeploymentStatusBuilder().withCollisionCount(77).build());
        deployment.setSpec(new DeploymentSpecBuilder().withReplicas(0).build());

        Deployment created = cluster.client().resource(deployment).create();

        assertThat(created.getStatus() == null ? null : created.getStatus().getCollisionCount())
                .isNull();
    }

    @Test
    void pods_deleted_stayTerminatingForTheirTime() throws InterruptedException {
        cluster.run("shop", APP, 1);
        cluster.settle(SOON);
        cluster.behave(
                "shop", APP, PodBehaviour.healthy(Duration.ZERO, Duration.ZERO).withStuckTerminating());
        cluster.scaleByHand("shop", APP, 0);
        Pod pod = cluster.client()
                .pods()
                .inNamespace("shop")
                .withLabel("app", "app")
                .list()
                .getItems()
                .get(0);
        cluster.client().resource(pod).delete();

        assertThat(cluster.client().resource(pod).get().getMetadata().getDeletionTimestamp())
                .isNotNull();
        cluster.behaveAsUsual("shop", APP);
        cluster.settle(SOON);
        assertThat(cluster.pods("shop", APP)).isZero();
    }

    @Test
    void statefulSet_startsItsPodsInOrder() throws InterruptedException {
        cluster.behave(
                "shop",
                QUEUE,
                PodBehaviour.healthy(Duration.ZERO, Duration.ZERO).withImagePullFailing());
        cluster.run("shop", QUEUE, 3);
        cluster.run("shop", APP, 2);
        while (cluster.readyPods("shop", APP) < 2) {
            clockwork.sleep(Duration.ofMillis(10));
        }
        assertThat(cluster.pods("shop", QUEUE)).isEqualTo(1);

        cluster.behaveAsUsual("shop", QUEUE);
        cluster.settle(SOON);
        assertThat(cluster.client().pods().inNamespace("shop").list().getItems())
                .extracting(pod -> pod.getMetadata().getName())
                .contains("queue-0", "queue-1", "queue-2");
    }

    @Test
    void answerLost_changeIsMadeAndTheClientHearsNothing() {
        cluster.run("shop", APP, 0);
        cluster.faults().next("PATCH deployments", Fault.answerLost());
        try (KubernetesClient once = once()) {
            assertThatExceptionOfType(KubernetesClientException.class)
                    .isThrownBy(() -> once.resource(app().get()).patch(MERGE, "{\"spec\":{\"replicas\":2}}"))
                    .satisfies(e -> assertThat(e.getCode()).isNotPositive());
        }
        assertThat(app().get().getSpec().getReplicas()).isEqualTo(2);
    }

    @Test
    void requestLost_nothingIsChanged() {
        cluster.run("shop", APP, 0);
        cluster.faults().next("PATCH deployments", Fault.requestLost());
        try (KubernetesClient once = once()) {
            assertThatExceptionOfType(KubernetesClientException.class)
                    .isThrownBy(() -> once.resource(app().get()).patch(MERGE, "{\"spec\":{\"replicas\":2}}"));
        }
        assertThat(app().get().getSpec().getReplicas()).isZero();
    }

    @Test
    void apiDown_connectionsAreRefusedUntilItIsUp() {
        cluster.run("shop", APP, 0);
        try (KubernetesClient once = once()) {
            assertThat(once.resource(app().get()).get()).isNotNull();
            cluster.takeApiDown();
            assertThatExceptionOfType(KubernetesClientException.class)
                    .isThrownBy(
                            () -> once.apps().deployments().inNamespace("shop").list());
            cluster.bringApiUp();
            assertThat(once.apps().deployments().inNamespace("shop").list().getItems())
                    .hasSize(1);
        }
    }

    @Test
    void twoClusters_knowNothingOfEachOther() {
        try (SimulatedCluster other = SimulatedCluster.start(clockwork)) {
            cluster.run("shop", APP, 0);
            assertThat(other.client()
                            .apps()
                            .deployments()
                            .inNamespace("shop")
                            .list()
                            .getItems())
                    .isEmpty();
            other.takeApiDown();
            assertThat(app().get()).isNotNull();
        }
    }

    /** A client that sends each request once. */
    private KubernetesClient once() {
        KubernetesClient client = cluster.newClient();
        client.getConfiguration().setRequestRetryBackoffLimit(0);
        return client;
    }

    @Test
    void program_podDeleted_hasEndedBeforeThePodIsGone() throws InterruptedException {
        AtomicInteger at = new AtomicInteger();
        AtomicInteger podsSeenAtTheEnd = new AtomicInteger(-1);
        cluster.program("shop", APP, new PodProgram() {
            @Override
            public void started(String pod) {
                at.incrementAndGet();
            }

            @Override
            public void ended(String pod) {
                podsSeenAtTheEnd.set(cluster.pods("shop", APP));
                at.decrementAndGet();
            }
        });
        cluster.run("shop", APP, 2);
        cluster.settle(SOON);
        assertThat(at).hasValue(2);
        cluster.scaleByHand("shop", APP, 0);
        cluster.settle(SOON);
        assertThat(at).hasValue(0);
        assertThat(podsSeenAtTheEnd.get())
                .as("the last pod was still there when its program ended")
                .isPositive();
    }

    @Test
    void lose_endsProgramsAndAnswersNobody() throws InterruptedException {
        AtomicInteger at = new AtomicInteger();
        cluster.program("shop", APP, new PodProgram() {
            @Override
            public void started(String pod) {
                at.incrementAndGet();
            }

            @Override
            public void ended(String pod) {
                at.decrementAndGet();
            }
        });
        cluster.run("shop", APP, 2);
        cluster.settle(SOON);
        cluster.lose();
        assertThat(at).hasValue(0);
        assertThatExceptionOfType(KubernetesClientException.class).isThrownBy(() -> app().get());
    }
}
