package io.drkit.testkit.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.workload.Workload;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SimulatedKubeletTest {
    @RegisterExtension
    static final ControlPlaneExtension SITES = new ControlPlaneExtension("west");

    private static final Workload APP = Workload.deployment("app");
    private static final Workload QUEUE = Workload.statefulSet("queue");
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final PodBehaviour QUICK = PodBehaviour.healthy(Duration.ofMillis(50), Duration.ofMillis(50));

    private final Clockwork clockwork = Clockwork.system();
    private final RealCluster west = SITES.cluster("west");
    private final String shop = west.namespace();

    SimulatedKubeletTest() {
        west.behave(QUICK);
    }

    private List<Pod> pods() {
        return west.client().pods().inNamespace(shop).list().getItems();
    }

    private void until(BooleanSupplier condition) throws InterruptedException {
        Deadline deadline = clockwork.deadline(SOON);
        while (!condition.getAsBoolean()) {
            assertThat(deadline.passed())
                    .as("out of patience; the pods are %s", pods())
                    .isFalse();
            clockwork.sleep(Duration.ofMillis(20));
        }
    }

    private Stream<String> waiting() {
        return pods().stream()
                .filter(pod -> pod.getStatus().getContainerStatuses() != null)
                .flatMap(pod -> pod.getStatus().getContainerStatuses().stream())
                .map(container -> container.getState().getWaiting())
                .filter(state -> state != null)
                .map(ContainerStateWaiting::getReason);
    }

    @Test
    void pods_ofADeployment_runOnItsNodeAndGo() throws InterruptedException {
        west.run(shop, APP, 3);
        west.settle(SOON);
        assertThat(pods()).hasSize(3).allSatisfy(pod -> {
            assertThat(pod.getSpec().getNodeName()).isEqualTo(west.kubelet().node());
            assertThat(pod.getStatus().getPodIP()).startsWith("10.");
        });

        west.scaleByHand(shop, APP, 0);
        west.settle(SOON);
        assertThat(pods()).isEmpty();
    }

    @Test
    void node_isReadyInTheEyesOfTheControllers() {
        assertThat(west.client()
                        .nodes()
                        .withName(west.kubelet().node())
                        .get()
                        .getStatus()
                        .getConditions())
                .anySatisfy(condition -> {
                    assertThat(condition.getType()).isEqualTo("Ready");
                    assertThat(condition.getStatus()).isEqualTo("True");
                });
    }

    @Test
    void behaviour_startTime_isWaitedFor() throws InterruptedException {
        west.behave(shop, APP, QUICK.withStartTime(Duration.ofHours(1)));
        west.run(shop, APP, 1);
        until(() -> waiting().anyMatch("ContainerCreating"::equals));

        west.behaveAsUsual(shop, APP);
        west.settle(SOON);
    }

    @Test
    void behaviour_imageCannotBePulled_isToldAndGetsBetter() throws InterruptedException {
        west.behave(shop, APP, QUICK.withImagePullFailing());
        west.run(shop, APP, 1);
        until(() -> waiting().anyMatch("ImagePullBackOff"::equals));

        west.behaveAsUsual(shop, APP);
        west.settle(SOON);
    }

    @Test
    void behaviour_crashing_isToldAndGetsBetter() throws InterruptedException {
        west.behave(shop, APP, QUICK.withCrashing());
        west.run(shop, APP, 1);
        until(() -> waiting().anyMatch("CrashLoopBackOff"::equals));
        assertThat(west.readyPods(shop, APP)).isZero();

        west.behaveAsUsual(shop, APP);
        west.settle(SOON);
    }

    @Test
    void behaviour_stuckTerminating_staysUntilItIsNot() throws InterruptedException {
        west.run(shop, APP, 1);
        west.settle(SOON);
        west.behave(shop, APP, QUICK.withStuckTerminating());
        west.scaleByHand(shop, APP, 0);
        until(() -> pods().get(0).getMetadata().getDeletionTimestamp() != null);
        until(() -> west.client()
                        .apps()
                        .deployments()
                        .inNamespace(shop)
                        .withName("app")
                        .get()
                        .getStatus()
                        .getReplicas()
                == null);
        assertThat(west.pods(shop, APP)).isEqualTo(1);

        west.behaveAsUsual(shop, APP);
        west.settle(SOON);
    }

    @Test
    void statefulSet_podDeleted_getsItsNameAgain() throws InterruptedException {
        west.run(shop, QUEUE, 2);
        west.settle(SOON);
        String before = west.client()
                .pods()
                .inNamespace(shop)
                .withName("queue-0")
                .get()
                .getMetadata()
                .getUid();
        west.client().pods().inNamespace(shop).withName("queue-0").delete();
        until(() -> {
            Pod now = west.client().pods().inNamespace(shop).withName("queue-0").get();
            return now != null && !now.getMetadata().getUid().equals(before);
        });
        west.settle(SOON);
    }

    @Test
    void job_runsAndSucceeds_orFails() throws InterruptedException {
        west.kubelet().behaveJob(shop, "bad", QUICK.withCrashing());
        west.client().resource(job("good")).create();
        west.client().resource(job("bad")).create();

        until(() -> condition("good", "Complete"));
        until(() -> condition("bad", "Failed"));
    }

    private Job job(String name) {
        return new JobBuilder()
                .withNewMetadata()
                .withNamespace(shop)
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withBackoffLimit(0)
                .withNewTemplate()
                .withNewSpec()
                .withRestartPolicy("Never")
                .addNewContainer()
                .withName("main")
                .withImage("simulated/job:1")
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build();
    }

    private boolean condition(String job, String type) {
        var status = west.client()
                .batch()
                .v1()
                .jobs()
                .inNamespace(shop)
                .withName(job)
                .get()
                .getStatus();
        return status.getConditions() != null
                && status.getConditions().stream()
                        .anyMatch(c -> c.getType().equals(type) && c.getStatus().equals("True"));
    }

    @Test
    void program_podDeleted_hasEndedBeforeThePodIsGone() throws InterruptedException {
        AtomicInteger at = new AtomicInteger();
        AtomicInteger podsSeenAtTheEnd = new AtomicInteger(-1);
        west.program(shop, APP, new PodProgram() {
            @Override
            public void started(String pod) {
                at.incrementAndGet();
            }

            @Override
            public void ended(String pod) {
                podsSeenAtTheEnd.set(west.pods(shop, APP));
                at.decrementAndGet();
            }
        });
        west.run(shop, APP, 2);
        west.settle(SOON);
        assertThat(at).hasValue(2);
        west.scaleByHand(shop, APP, 0);
        west.settle(SOON);
        assertThat(at).hasValue(0);
        assertThat(podsSeenAtTheEnd.get())
                .as("the last pod was still there when its program ended")
                .isPositive();
    }

    @Test
    void lose_endsProgramsAndAnswersNobody() throws InterruptedException {
        AtomicInteger at = new AtomicInteger();
        west.program(shop, APP, new PodProgram() {
            @Override
            public void started(String pod) {
                at.incrementAndGet();
            }

            @Override
            public void ended(String pod) {
                at.decrementAndGet();
            }
        });
        west.run(shop, APP, 2);
        west.settle(SOON);
        west.lose();
        assertThat(at).hasValue(0);
    }
}
