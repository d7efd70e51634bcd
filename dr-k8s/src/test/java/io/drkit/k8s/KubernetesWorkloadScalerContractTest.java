package io.drkit.k8s;

import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.k8s.PodBehaviour;
import io.drkit.testkit.k8s.SimulatedCluster;
import io.drkit.testkit.workload.WorkloadScalerContract;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

class KubernetesWorkloadScalerContractTest extends WorkloadScalerContract {
    private static final PodBehaviour USUAL = PodBehaviour.healthy(Duration.ofMillis(150), Duration.ofMillis(100));

    private final Clockwork clockwork = Clockwork.system();
    private final SimulatedCluster cluster = SimulatedCluster.start(clockwork);

    KubernetesWorkloadScalerContractTest() {
        cluster.behave(USUAL);
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    @Override
    protected Clockwork clockwork() {
        return clockwork;
    }

    @Override
    protected WorkloadScaler scaler() {
        return KubernetesWorkloadScaler.of(cluster.client(), "shop");
    }

    @Override
    protected void run(Workload workload, int replicas) throws InterruptedException {
        cluster.run("shop", workload, replicas);
        cluster.settle(Duration.ofMinutes(1));
    }

    @Override
    protected void autoscale(Workload workload, String autoscaler) {
        cluster.autoscale("shop", workload, autoscaler);
    }

    @Override
    protected void scaleByHand(Workload workload, int replicas) {
        cluster.scaleByHand("shop", workload, replicas);
    }

    @Override
    protected void loseNextAnswer() {
        cluster.faults().next("PATCH", Fault.answerLost());
    }

    @Override
    protected void loseNextRequest() {
        cluster.faults().next("PATCH", Fault.requestLost());
    }

    @Override
    protected void makeUnreadable(boolean unreadable) {
        if (unreadable) {
            cluster.faults().every("LIST pods", Fault.refused(503));
        } else {
            cluster.faults().clear("LIST pods");
        }
    }

    @Override
    protected void stickTerminating(Workload workload, boolean stuck) {
        cluster.behave("shop", workload, stuck ? USUAL.withStuckTerminating() : USUAL);
    }

    @Override
    protected void keepUnready(Workload workload, boolean unready) {
        cluster.behave("shop", workload, unready ? USUAL.withImagePullFailing() : USUAL);
    }

    @Override
    protected int pods(Workload workload) {
        return cluster.pods("shop", workload);
    }

    @Override
    protected int ready(Workload workload) {
        return cluster.readyPods("shop", workload);
    }

    /** The generation and the annotations: what a scaler writes, without the status that controllers write. */
    @Override
    protected String fingerprint(Workload workload) {
        var meta = workload.kind() == Workload.Kind.DEPLOYMENT
                ? cluster.client()
                        .apps()
                        .deployments()
                        .inNamespace("shop")
                        .withName(workload.name())
                        .get()
                        .getMetadata()
                : cluster.client()
                        .apps()
                        .statefulSets()
                        .inNamespace("shop")
                        .withName(workload.name())
                        .get()
                        .getMetadata();
        return meta.getGeneration() + " " + meta.getAnnotations();
    }
}
