package io.drkit.k8s;

import static io.drkit.core.workload.Workload.deployment;
import static io.drkit.core.workload.Workload.statefulSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.DeniedException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.action.HeldEpoch;
import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.testkit.action.RunContext;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.k8s.PodBehaviour;
import io.drkit.testkit.k8s.TestCluster;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is particular to Kubernetes; the rest is in the contract. */
abstract class KubernetesWorkloadScalerTest {
    private static final Workload APP = deployment("app");
    private static final PodBehaviour QUICK = PodBehaviour.healthy(Duration.ofMillis(50), Duration.ofMillis(50));

    protected final Clockwork clockwork = Clockwork.system();
    protected final TestCluster west = quick("west");
    private final WorkloadScaler scaler = KubernetesWorkloadScaler.of(west.client(), west.namespace())
            .withPolicy(ExecutionPolicy.builder()
                    .timeout(Duration.ofMinutes(1))
                    .pollInterval(Duration.ofMillis(50))
                    .build());

    /** A fresh cluster at that site. */
    protected abstract TestCluster cluster(String site);

    private TestCluster quick(String site) {
        TestCluster cluster = cluster(site);
        cluster.behave(QUICK);
        return cluster;
    }

    @AfterEach
    void close() {
        west.close();
    }

    private void run(Workload workload, int replicas) throws InterruptedException {
        west.run(west.namespace(), workload, replicas);
        west.settle(Duration.ofMinutes(1));
    }

    private void execute(Action<?> action) throws InterruptedException {
        ActionExecutor.on(clockwork).execute(action);
    }

    private Assessment preview(Action<?> action) throws InterruptedException {
        return ActionExecutor.on(clockwork).preview(action);
    }

    @Test
    @DisplayName("A1: the remembered count, the count and the epoch go in one request a workload")
    void toZero_sendsOnePatchAWorkload() throws InterruptedException {
        run(APP, 2);
        ActionExecutor.on(clockwork)
                .execute(scaler.toZero(APP), RunContext.of(clockwork, new Epoch(4)), ActionExecutor.Watcher.NONE);

        assertThat(west.requests().stream().filter(request -> request.startsWith("PATCH")))
                .containsExactly("PATCH deployments/app");
        assertThat(west.client()
                        .apps()
                        .deployments()
                        .inNamespace(west.namespace())
                        .withName("app")
                        .get()
                        .getMetadata()
                        .getAnnotations())
                .containsEntry("drkit.io/replicas", "2")
                .containsEntry("drkit.io/epoch", "4");
    }

    @Test
    @DisplayName("F3: the action tells the highest epoch on its workloads, and writes nothing")
    void heldEpoch_severalWorkloads_isTheHighest() throws InterruptedException {
        Workload queue = statefulSet("queue");
        run(APP, 2);
        run(queue, 1);
        HeldEpoch held = scaler.restore(APP, queue).heldEpoch().orElseThrow();
        RunContext looking = RunContext.of(clockwork, Epoch.NONE);
        assertThat(held.read(looking)).isEmpty();
        ActionExecutor.on(clockwork)
                .execute(scaler.toZero(APP), RunContext.of(clockwork, new Epoch(7)), ActionExecutor.Watcher.NONE);
        ActionExecutor.on(clockwork)
                .execute(scaler.toZero(queue), RunContext.of(clockwork, new Epoch(4)), ActionExecutor.Watcher.NONE);
        long written = west.requests().stream()
                .filter(request -> request.startsWith("PATCH"))
                .count();
        assertThat(held.read(looking)).contains(new Epoch(7));
        west.annotateByHand(west.namespace(), APP, "drkit.io/epoch", "seven");
        assertThat(held.read(looking)).contains(new Epoch(4));
        assertThat(west.requests().stream().filter(request -> request.startsWith("PATCH")))
                .hasSize((int) written);
    }

    @Test
    @DisplayName("A10: one site to zero and the other restored, and the same back")
    void switchOver_andBack_worksInEitherDirection() throws InterruptedException {
        Workload queue = statefulSet("queue");
        try (TestCluster east = quick("east")) {
            WorkloadScaler other = KubernetesWorkloadScaler.of(east.client(), east.namespace());
            west.run(west.namespace(), APP, 2);
            west.run(west.namespace(), queue, 1);
            east.run(east.namespace(), APP, 0);
            east.run(east.namespace(), queue, 0);
            west.settle(Duration.ofMinutes(1));

            execute(scaler.toZero(APP, queue));
            execute(other.scaleTo(Map.of(queue, 1)));
            execute(other.scaleTo(Map.of(APP, 1)));
            assertThat(west.pods(west.namespace(), APP) + west.pods(west.namespace(), queue))
                    .isZero();
            assertThat(east.readyPods(east.namespace(), APP)).isEqualTo(1);

            execute(other.toZero(APP, queue));
            execute(scaler.restore(queue, APP));
            assertThat(east.pods(east.namespace(), APP) + east.pods(east.namespace(), queue))
                    .isZero();
            assertThat(west.readyPods(west.namespace(), APP)).isEqualTo(2);
            assertThat(west.readyPods(west.namespace(), queue)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "401,io.drkit.core.DeniedException",
        "403,io.drkit.core.DeniedException",
        "404,io.drkit.core.NotFoundException",
        "422,io.drkit.core.BlockedException",
        "429,io.drkit.core.UnknownOutcomeException",
        "500,io.drkit.core.UnknownOutcomeException",
        "503,io.drkit.core.UnknownOutcomeException"
    })
    void write_refused_meansWhatTheCallerCanDo(int status, Class<? extends DrException> meaning)
            throws InterruptedException {
        run(APP, 1);
        west.faults().next("PATCH deployments", Fault.refused(status));

        assertThatExceptionOfType(DrException.class)
                .isThrownBy(() -> applyOnce(scaler.toZero(APP)))
                .isInstanceOf(meaning);
        assertThat(west.requests().stream().filter(request -> request.startsWith("PATCH")))
                .as("sent once: repeating is for the policy to decide, after a new observation")
                .hasSize(1);
    }

    @Test
    void read_denied_isDeniedAndNotTakenForNoAutoscaler() throws InterruptedException {
        run(APP, 1);
        west.faults().every("LIST horizontalpodautoscalers", Fault.refused(403));

        assertThatExceptionOfType(DeniedException.class).isThrownBy(() -> execute(scaler.toZero(APP)));
        assertThat(west.pods(west.namespace(), APP)).isEqualTo(1);
    }

    @Test
    void read_apiDown_isUnknownAndGoesOnWhenItIsUp() throws InterruptedException {
        run(APP, 1);
        west.takeApiDown();
        assertThatExceptionOfType(UnknownOutcomeException.class).isThrownBy(() -> preview(scaler.toZero(APP)));

        AtomicReference<Throwable> failure = new AtomicReference<>();
        var executing = clockwork.start("execute", () -> {
            try {
                execute(scaler.toZero(APP));
            } catch (InterruptedException | RuntimeException e) {
                failure.set(e);
            }
        });
        west.bringApiUp();
        assertThat(executing.join(Duration.ofMinutes(1))).isTrue();
        assertThat(failure).hasNullValue();
        assertThat(west.pods(west.namespace(), APP)).isZero();
    }

    @Test
    @DisplayName("A1: a second workload is stopped although the first one fails")
    void toZero_oneFails_theOthersAreStillPatched() throws InterruptedException {
        run(APP, 1);
        run(deployment("worker"), 1);
        west.faults().next("PATCH deployments", Fault.refused(403));

        assertThatExceptionOfType(DeniedException.class)
                .isThrownBy(() -> execute(scaler.toZero(APP, deployment("worker"))));
        assertThat(scaler.status(deployment("worker")).get(0).wanted()).isZero();
    }

    @Test
    @DisplayName("A1: a conflict on one workload has that one read again, and costs the others nothing")
    void toZero_oneConflicts_thatOneIsTriedAgain() throws InterruptedException {
        run(APP, 1);
        run(deployment("worker"), 2);
        west.faults().next("PATCH deployments", Fault.refused(409));
        int before = west.requests().size();

        applyOnce(scaler.toZero(APP, deployment("worker")));

        assertThat(scaler.status(APP, deployment("worker")))
                .allSatisfy(status -> assertThat(status.wanted()).isZero());
        List<String> sent = west.requests().subList(before, west.requests().size());
        assertThat(sent.stream().filter(request -> request.startsWith("PATCH")))
                .containsExactly("PATCH deployments/app", "PATCH deployments/worker", "PATCH deployments/app");
        assertThat(sent.subList(0, sent.lastIndexOf("PATCH deployments/app")))
                .filteredOn("GET deployments/worker"::equals)
                .hasSize(1);
    }

    @Test
    @DisplayName("F2: who is told of a conflict compares the epoch again")
    void toZero_newerRunWroteMeanwhile_isStale() throws InterruptedException {
        run(APP, 1);

        assertThatExceptionOfType(StaleEpochException.class)
                .isThrownBy(() -> apply(
                        scaler.toZero(APP),
                        new Epoch(7),
                        () -> west.annotateByHand(west.namespace(), APP, "drkit.io/epoch", "9")));
        assertThat(scaler.status(APP).get(0).wanted()).isEqualTo(1);
    }

    @Test
    void toZero_everyWriteConflicts_givesUpAfterItsAttempts() throws InterruptedException {
        run(APP, 1);
        west.faults().every("PATCH", Fault.refused(409));
        WorkloadScaler hasty = KubernetesWorkloadScaler.of(west.client(), west.namespace())
                .withPolicy(ExecutionPolicy.builder()
                        .attempts(3)
                        .backoff(Duration.ofMillis(1), Duration.ofMillis(2))
                        .build());

        assertThatExceptionOfType(ConflictException.class).isThrownBy(() -> applyOnce(hasty.toZero(APP)));
        assertThat(west.requests().stream().filter(request -> request.startsWith("PATCH")))
                .hasSize(3);
    }

    @Test
    @DisplayName("A1: a controller that has not seen the change yet is waited for")
    void toZero_controllerBehind_isNotDone() {
        var head = new SeenWorkload.Head(
                APP,
                new ObjectMetaBuilder()
                        .withName("app")
                        .withResourceVersion("9")
                        .withGeneration(3L)
                        .build(),
                new LabelSelector(),
                0,
                0,
                2L,
                Optional.empty());
        SeenWorkload behind = SeenWorkload.of(head, false, List.of(), Optional.empty());

        assertThat(new ScaleIntent.ToZero(List.of(APP)).verdict(behind)).isInstanceOf(ScaleIntent.Verdict.Wait.class);
    }

    @Test
    void toZero_evictedPodLeftLying_isDone() throws InterruptedException {
        run(APP, 1);
        Pod evicted = new PodBuilder()
                .withNewMetadata()
                .withName("app-evicted")
                .withNamespace(west.namespace())
                .addToLabels("app", "app")
                .endMetadata()
                .withNewSpec()
                .withNodeName("another-node")
                .addNewContainer()
                .withName("main")
                .withImage("simulated/app:1")
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPhase("Failed")
                .withReason("Evicted")
                .addNewContainerStatus()
                .withName("main")
                .withImage("simulated/app:1")
                .withImageID("")
                .withReady(false)
                .withRestartCount(0)
                .withNewState()
                .withNewTerminated()
                .withExitCode(137)
                .endTerminated()
                .endState()
                .endContainerStatus()
                .endStatus()
                .build();
        west.client().resource(evicted).create();
        west.client().resource(evicted).patchStatus();

        execute(scaler.toZero(APP));

        assertThat(west.client().pods().inNamespace(west.namespace()).list().getItems())
                .extracting(pod -> pod.getMetadata().getName())
                .containsExactly("app-evicted");
    }

    @Test
    @DisplayName("A7: why a pod is not ready is told: image pull, no room")
    void status_notReady_tellsWhy() throws InterruptedException {
        west.behave(west.namespace(), APP, QUICK.withImagePullFailing());
        west.behave(west.namespace(), deployment("big"), QUICK.withNoRoom());
        west.run(west.namespace(), APP, 1);
        west.run(west.namespace(), deployment("big"), 1);
        while (scaler.status(APP, deployment("big")).stream()
                .anyMatch(status -> status.notReadyBecause().isEmpty())) {
            clockwork.sleep(Duration.ofMillis(20));
        }

        assertThat(scaler.status(APP).get(0).notReadyBecause()).contains("ImagePullBackOff");
        assertThat(scaler.status(deployment("big")).get(0).notReadyBecause()).contains("Unschedulable");
    }

    @Test
    void restore_unreadableMemory_isBlocked() throws InterruptedException {
        run(APP, 0);
        west.annotateByHand(west.namespace(), APP, "drkit.io/replicas", "many");

        assertThat(preview(scaler.restore(APP)))
                .isInstanceOfSatisfying(
                        Assessment.Blocked.class,
                        blocked -> assertThat(blocked.why()).contains("many"));
        assertThat(scaler.status(APP).get(0).notReadyBecause()).contains("many");
    }

    @Test
    void apply_unreadableEpoch_isBlocked() throws InterruptedException {
        run(APP, 1);
        west.annotateByHand(west.namespace(), APP, "drkit.io/epoch", "seven");

        assertThatExceptionOfType(BlockedException.class)
                .isThrownBy(() -> ActionExecutor.on(clockwork)
                        .execute(
                                scaler.toZero(APP),
                                RunContext.of(clockwork, new Epoch(9)),
                                ActionExecutor.Watcher.NONE))
                .withMessageContaining("seven");
    }

    @Test
    void observe_interrupted_throwsAndSendsNothing() throws InterruptedException {
        run(APP, 1);
        int before = west.requests().size();
        Thread.currentThread().interrupt();

        assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> scaler.status(APP));
        assertThat(Thread.interrupted()).isFalse();
        // the next call proves it: a request that had been sent would have been counted by then
        scaler.status(APP);
        assertThat(west.requests().subList(before, west.requests().size()))
                .containsExactly(
                        "LIST horizontalpodautoscalers", "GET deployments/app", "LIST replicasets", "LIST pods");
    }

    private void applyOnce(Action<?> action) throws InterruptedException {
        apply(action);
    }

    private <O> void apply(Action<O> action) throws InterruptedException {
        apply(action, Epoch.NONE, () -> {});
    }

    private <O> void apply(Action<O> action, Epoch epoch, Runnable between) throws InterruptedException {
        RunContext context = RunContext.of(clockwork, epoch);
        O observed = action.observe(context);
        between.run();
        action.apply(observed, context);
    }
}
