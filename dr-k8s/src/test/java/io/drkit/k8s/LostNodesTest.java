package io.drkit.k8s;

import static io.drkit.core.workload.Workload.deployment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.DeniedException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Epoch;
import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.RunControl;
import io.drkit.core.run.RunReports;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.time.Task;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.testkit.action.RunContext;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.k8s.PodBehaviour;
import io.drkit.testkit.k8s.SimulatedCluster;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Pods that the API lists no more, although their node has said nothing. */
class LostNodesTest {
    private static final Workload APP = deployment("app");
    private static final Workload OTHER = deployment("other");
    private static final PodBehaviour QUICK = PodBehaviour.healthy(Duration.ofMillis(20), Duration.ofMillis(20));

    private final Clockwork clockwork = Clockwork.system();
    private final SimulatedCluster west = SimulatedCluster.start(clockwork);
    private final KubernetesWorkloadScaler scaler = KubernetesWorkloadScaler.of(west.client(), west.namespace())
            .withPolicy(ExecutionPolicy.builder()
                    .timeout(Duration.ofMinutes(1))
                    .pollInterval(Duration.ofMillis(20))
                    .build());

    LostNodesTest() {
        west.behave(QUICK);
    }

    @AfterEach
    void close() {
        west.close();
    }

    private void node(String name, String ready) {
        Node node = new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .endMetadata()
                .withNewStatus()
                .addNewCondition()
                .withType("Ready")
                .withStatus(ready)
                .endCondition()
                .endStatus()
                .build();
        west.client().resource(node).createOr(existing -> existing.patchStatus());
        west.client().resource(node).patchStatus();
    }

    /** Its pods are on that node. */
    private void run(Workload workload, String node) throws InterruptedException {
        west.run(west.namespace(), workload, 0);
        start(workload, node);
    }

    /** What the garbage collector does with pods of a node that is gone, and a person with {@code --force}. */
    private void removePods(Workload workload) throws InterruptedException {
        while (west
                .client()
                .pods()
                .inNamespace(west.namespace())
                .withLabel("app", workload.name())
                .list()
                .getItems()
                .stream()
                .anyMatch(pod -> pod.getMetadata().getDeletionTimestamp() == null)) {
            clockwork.sleep(Duration.ofMillis(5));
        }
        west.behave(west.namespace(), workload, QUICK);
    }

    private interface Next {
        void happens() throws InterruptedException;
    }

    /** Scales to zero; when the pods are told to end their node does {@code meanwhile}, and then they are forgotten. */
    private AtomicReference<Throwable> toZero(WorkloadScaler by, Runnable meanwhile) throws InterruptedException {
        return toZero(by, meanwhile, () -> {});
    }

    private AtomicReference<Throwable> toZero(WorkloadScaler by, Runnable meanwhile, Next afterwards)
            throws InterruptedException {
        west.behave(west.namespace(), APP, QUICK.withStuckTerminating());
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Task scaling = clockwork.start("scale", () -> {
            try {
                ActionExecutor.on(clockwork).execute(by.toZero(APP));
            } catch (InterruptedException | RuntimeException e) {
                failure.set(e);
            }
        });
        while (scaler.status(APP).get(0).wanted() > 0) {
            clockwork.sleep(Duration.ofMillis(5));
        }
        meanwhile.run();
        removePods(APP);
        afterwards.happens();
        assertThat(scaling.join(Duration.ofMinutes(1))).isTrue();
        assertThat(west.pods(west.namespace(), APP)).isZero();
        return failure;
    }

    private long looksAtNodes() {
        return west.requests().stream()
                .filter(request -> request.contains("LIST nodes"))
                .count();
    }

    @Test
    @DisplayName(
            "A1, A15: pods that were removed from the API while their node is not ready are not gone, and it is named")
    void toZero_nodeUnreachable_isOverdueByName() throws InterruptedException {
        node("n1", "True");
        run(APP, "n1");
        WorkloadScaler hasty = scaler.withPolicy(ExecutionPolicy.builder()
                .timeout(Duration.ofSeconds(2))
                .pollInterval(Duration.ofMillis(20))
                .build());

        assertThat(toZero(hasty, () -> node("n1", "Unknown")))
                .hasValueSatisfying(failure -> assertThat(failure)
                        .isInstanceOf(DrTimeoutException.class)
                        .hasMessageContaining("deployment/app")
                        .hasMessageContaining("node n1 is not ready"));
    }

    @Test
    @DisplayName("A1: a node that is not ready for a moment is waited for")
    void toZero_nodeFlaps_isDone() throws InterruptedException {
        node("n1", "True");
        run(APP, "n1");

        assertThat(toZero(scaler, () -> node("n1", "Unknown"), () -> {
                    while (west.pods(west.namespace(), APP) > 0) {
                        clockwork.sleep(Duration.ofMillis(5));
                    }
                    long before = looksAtNodes();
                    Deadline deadline = clockwork.deadline(Duration.ofSeconds(10));
                    while (looksAtNodes() < before + 2 && !deadline.passed()) {
                        clockwork.sleep(Duration.ofMillis(5));
                    }
                    node("n1", "True");
                }))
                .hasNullValue();
    }

    @Test
    @DisplayName("A1: the lost node of one workload keeps no other one running")
    void toZero_nodeOfAnotherRemoved_stopsTheOthers() throws InterruptedException {
        node("n1", "True");
        node("n2", "True");
        run(APP, "n1");
        run(OTHER, "n2");
        west.behave(west.namespace(), APP, QUICK.withStuckTerminating());
        west.faults().nth(2, "PATCH deployments", Fault.refused(503));

        assertThatExceptionOfType(BlockedException.class)
                .isThrownBy(() -> ActionExecutor.on(clockwork)
                        .execute(
                                scaler.toZero(APP, OTHER),
                                RunContext.of(clockwork, new Epoch(7)),
                                new ActionExecutor.Watcher() {
                                    @Override
                                    public void outcomeUnknown(RuntimeException failure) {
                                        loseApp();
                                    }
                                }))
                .withMessageContaining("node n1, which does not exist any more")
                .satisfies(failure -> assertThat(failure.getMessage()).doesNotContain("n2"));
        assertThat(scaler.status(APP, OTHER)).allSatisfy(status -> {
            assertThat(status.wanted()).isZero();
            assertThat(status.pods()).isZero();
        });
    }

    private void loseApp() {
        try {
            west.client().nodes().withName("n1").delete();
            removePods(APP);
            while (west.pods(west.namespace(), APP) > 0) {
                clockwork.sleep(Duration.ofMillis(5));
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @DisplayName("A1, A15: nor are those of a node that was removed from the cluster")
    void toZero_nodeRemoved_isBlockedByName() throws InterruptedException {
        node("n1", "True");
        run(APP, "n1");

        assertThat(toZero(scaler, () -> west.client().nodes().withName("n1").delete()))
                .hasValueSatisfying(failure -> assertThat(failure)
                        .isInstanceOf(BlockedException.class)
                        .hasMessageContaining("node n1, which does not exist any more"));
    }

    @Test
    @DisplayName("A1: pods of nodes that are ready are gone when the API says so")
    void toZero_nodeReady_isDone() throws InterruptedException {
        node("n1", "True");
        node("n2", "Unknown");
        run(APP, "n1");

        assertThat(toZero(scaler, () -> {})).hasNullValue();
    }

    @Test
    void toZero_withoutLookingAtNodes_isTheApisWord() throws InterruptedException {
        node("n1", "True");
        run(APP, "n1");
        west.faults().every("LIST nodes", Fault.refused(403));

        assertThat(toZero(
                        scaler.withoutLookingAtNodes(),
                        () -> west.client().nodes().withName("n1").delete()))
                .hasNullValue();
    }

    @Test
    @DisplayName("A1: who may not look at nodes is told before anything is changed")
    void toZero_mayNotListNodes_isDenied() throws InterruptedException {
        node("n1", "True");
        run(APP, "n1");
        west.faults().every("LIST nodes", Fault.refused(403));

        assertThatExceptionOfType(DeniedException.class)
                .isThrownBy(() -> ActionExecutor.on(clockwork).execute(scaler.toZero(APP)))
                .withMessageContaining("nodes: list by a ClusterRole, or make the scaler withoutLookingAtNodes()");
        assertThat(scaler.status(APP).get(0).wanted()).isEqualTo(1);
    }

    @Test
    @DisplayName("A1: a node that was removed after its pods were seen to end stands in nobody's way")
    void observe_nodeRemovedLater_isDone() throws InterruptedException {
        node("n1", "True");
        run(APP, "n1");
        RunContext run = RunContext.of(clockwork, new Epoch(7));
        ActionExecutor.on(clockwork).execute(scaler.toZero(APP), run, ActionExecutor.Watcher.NONE);
        west.client().nodes().withName("n1").delete();

        assertThat(ActionExecutor.on(clockwork).preview(scaler.toZero(APP), run))
                .isInstanceOf(Assessment.Done.class);
        assertThat(run.recorded("pods ended on nodes, deployment/app")).contains("n1");
    }

    private void start(Workload workload, String node) throws InterruptedException {
        west.client()
                .apps()
                .deployments()
                .inNamespace(west.namespace())
                .withName(workload.name())
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"spec\": {\"template\": {\"spec\": {\"nodeName\": \"" + node + "\"}}}}");
        west.scaleByHand(west.namespace(), workload, 1);
        west.settle(Duration.ofMinutes(1));
    }

    @Test
    @DisplayName("A1: nodes on which pods were seen to end before somebody started them again are asked no more")
    void toZero_startedAgainElsewhere_asksOnlyTheNewNodes() throws InterruptedException {
        node("n1", "True");
        node("n2", "True");
        run(APP, "n1");
        RunContext run = RunContext.of(clockwork, new Epoch(7));
        ActionExecutor.on(clockwork).execute(scaler.toZero(APP), run, ActionExecutor.Watcher.NONE);
        start(APP, "n2");
        west.client().nodes().withName("n1").delete();

        ActionExecutor.on(clockwork).execute(scaler.toZero(APP), run, ActionExecutor.Watcher.NONE);
        assertThat(run.recorded("pods ended on nodes, deployment/app")).contains("n2");
    }

    @Test
    @DisplayName("A1: a node on which pods were seen to end is asked again when they were started there again")
    void toZero_startedAgainOnTheSameNode_asksItAgain() throws InterruptedException {
        node("n1", "True");
        run(APP, "n1");
        RunContext run = RunContext.of(clockwork, new Epoch(7));
        ActionExecutor.on(clockwork).execute(scaler.toZero(APP), run, ActionExecutor.Watcher.NONE);
        start(APP, "n1");
        west.client().nodes().withName("n1").delete();

        assertThatExceptionOfType(BlockedException.class)
                .isThrownBy(() ->
                        ActionExecutor.on(clockwork).execute(scaler.toZero(APP), run, ActionExecutor.Watcher.NONE))
                .withMessageContaining("node n1, which does not exist any more");
    }

    @Test
    @DisplayName("A1: the nodes are listed once a look, and not at all when they have spoken")
    void observe_severalWorkloads_listsNodesOnce() throws InterruptedException {
        node("n1", "True");
        run(APP, "n1");
        run(OTHER, "n1");
        RunContext run = RunContext.of(clockwork, new Epoch(7));
        run.record("pods were on nodes, deployment/app", "n1");
        run.record("pods were on nodes, deployment/other", "n1");
        west.scaleByHand(west.namespace(), APP, 0);
        west.scaleByHand(west.namespace(), OTHER, 0);
        west.settle(Duration.ofMinutes(1));

        long before = looksAtNodes();
        assertThat(ActionExecutor.on(clockwork).preview(scaler.toZero(APP, OTHER), run))
                .isInstanceOf(Assessment.Done.class);
        assertThat(looksAtNodes()).isEqualTo(before + 1);
        assertThat(ActionExecutor.on(clockwork).preview(scaler.toZero(APP, OTHER), run))
                .isInstanceOf(Assessment.Done.class);
        assertThat(looksAtNodes()).isEqualTo(before + 1);
    }

    @Test
    @DisplayName("A1: that pods have ended is written down once, and not at each look")
    void observe_endedBefore_recordsNothing() throws InterruptedException {
        node("n1", "True");
        run(APP, "n1");
        RunContext run = RunContext.of(clockwork, new Epoch(7));
        ActionExecutor.on(clockwork).execute(scaler.toZero(APP), run, ActionExecutor.Watcher.NONE);
        AtomicInteger records = new AtomicInteger();
        ActionContext counting = (ActionContext) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {ActionContext.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("record")) {
                        records.incrementAndGet();
                    }
                    return method.invoke(run, arguments);
                });

        assertThat(ActionExecutor.on(clockwork).preview(scaler.toZero(APP), counting))
                .isInstanceOf(Assessment.Done.class);
        assertThat(records).hasValue(0);
    }

    @Test
    @DisplayName("A1: a pod that is called Failed while its containers are said to run has not ended")
    void toZero_failedByTheGarbageCollector_isNotDone() throws InterruptedException {
        node("n1", "True");
        run(APP, "n1");
        west.client()
                .pods()
                .inNamespace(west.namespace())
                .withLabel("app", "app")
                .list()
                .getItems()
                .forEach(pod -> {
                    pod.getStatus().setPhase("Failed");
                    west.client().resource(pod).patchStatus();
                });
        west.scaleByHand(west.namespace(), APP, 0);
        // the one that took its place
        while (west.pods(west.namespace(), APP) > 1) {
            clockwork.sleep(Duration.ofMillis(5));
        }

        assertThat(ActionExecutor.on(clockwork).preview(scaler.toZero(APP))).isInstanceOf(Assessment.Underway.class);
    }

    record Place(String name) implements Site {}

    @Test
    @DisplayName("A15, F1: a person who knows that the machine is off skips the step by name, and that is written down")
    void run_nodeUnreachable_isWaivedByName() throws InterruptedException {
        node("n1", "True");
        run(APP, "n1");
        Action<?> stop = scaler.toZero(APP);
        RecoveryPlan<Place> plan = RecoveryPlan.<Place>named("p")
                .rpo(Duration.ofHours(1))
                .rto(Duration.ofHours(1))
                .step("stop apps", (from, to) -> stop)
                .undo((from, to) -> scaler.restore(APP))
                .build();
        SiteSwitch<Place> over = SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east"));
        InMemoryJournalStore journals = new InMemoryJournalStore();
        west.behave(west.namespace(), APP, QUICK.withStuckTerminating());
        AtomicReference<RunReport> report = new AtomicReference<>();
        Task running = clockwork.start("run", () -> {
            try {
                report.set(PlanRunner.journalingTo(journals)
                        .askOnFailure(Duration.ofMinutes(1))
                        .build()
                        .run(plan, over));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        while (scaler.status(APP).get(0).wanted() > 0) {
            clockwork.sleep(Duration.ofMillis(5));
        }
        west.client().nodes().withName("n1").delete();
        removePods(APP);
        RunControl ann = PlanRunner.journalingTo(journals).build().control(plan, over, "ann", "commander");
        JournalKey key = new JournalKey("p", "west", "east");
        while (RunReports.awaited(journals.runs(key, 1).get(0)).isEmpty()) {
            assertThat(running.ended()).isFalse();
            clockwork.sleep(Duration.ofMillis(5));
        }
        ann.skip("stop apps", "the machine is powered off");
        assertThat(running.join(Duration.ofMinutes(1))).isTrue();

        assertThat(report.get().told())
                .allSatisfy(told -> assertThat(told.refused()).isEmpty());
        assertThat(report.get().outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        StepReport step = report.get().steps().get(0);
        assertThat(step.status()).isEqualTo(StepStatus.SKIPPED);
        assertThat(step.detail()).contains("ann", "the machine is powered off");
        assertThat(step.facts()).containsEntry("pods were on nodes, deployment/app", "n1");
    }
}
