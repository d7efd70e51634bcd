package io.drkit.k8s;

import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.k8s.PodBehaviour;
import io.drkit.testkit.k8s.TestCluster;
import io.drkit.testkit.workload.WorkloadScalerContract;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

abstract class KubernetesWorkloadScalerContractTest extends WorkloadScalerContract {
    private static final PodBehaviour USUAL = PodBehaviour.healthy(Duration.ofMillis(150), Duration.ofMillis(100));

    private final Clockwork clockwork = Clockwork.system();
    private final TestCluster cluster = cluster("west");

    KubernetesWorkloadScalerContractTest() {
        cluster.behave(USUAL);
    }

    /** A fresh cluster at that site. */
    protected abstract TestCluster cluster(String site);

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
        return KubernetesWorkloadScaler.of(cluster.client(), cluster.namespace());
    }

    @Override
    protected void run(Workload workload, int replicas) throws InterruptedException {
        cluster.run(cluster.namespace(), workload, replicas);
        cluster.settle(Duration.ofMinutes(1));
    }

    @Override
    protected void autoscale(Workload workload, String autoscaler) {
        cluster.autoscale(cluster.namespace(), workload, autoscaler);
    }

    @Override
    protected void scaleByHand(Workload workload, int replicas) {
        cluster.scaleByHand(cluster.namespace(), workload, replicas);
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
    protected Fault.Late holdNextRequest() {
        Fault.Late late = Fault.late();
        cluster.faults().next("PATCH", late);
        return late;
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
        cluster.behave(cluster.namespace(), workload, stuck ? USUAL.withStuckTerminating() : USUAL);
    }

    @Override
    protected void keepUnready(Workload workload, boolean unready) {
        cluster.behave(cluster.namespace(), workload, unready ? USUAL.withImagePullFailing() : USUAL);
    }

    @Override
    protected int pods(Workload workload) {
        return cluster.pods(cluster.namespace(), workload);
    }

    @Override
    protected int ready(Workload workload) {
        return cluster.readyPods(cluster.namespace(), workload);
    }

    /** The generation and the annotations: what a scaler writes, without the status that controllers write. */
    @Override
    protected String fingerprint(Workload workload) {
        var meta = workload.kind().equals(Workload.Kind.DEPLOYMENT)
                ? cluster.client()
                        .apps()
                        .deployments()
                        .inNamespace(cluster.namespace())
                        .withName(workload.name())
                        .get()
                        .getMetadata()
                : cluster.client()
                        .apps()
                        .statefulSets()
                        .inNamespace(cluster.namespace())
                        .withName(workload.name())
                        .get()
                        .getMetadata();
        return meta.getGeneration() + " " + meta.getAnnotations();
    }
}
