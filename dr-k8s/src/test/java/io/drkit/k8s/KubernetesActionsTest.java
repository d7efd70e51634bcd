package io.drkit.k8s;

import io.drkit.core.Epoch;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.testkit.action.EpochComparingActionContract;
import io.drkit.testkit.action.RunContext;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.k8s.PodBehaviour;
import io.drkit.testkit.k8s.TestCluster;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;

/** Every action of this module under the contract of actions. */
abstract class KubernetesActionsTest {
    private static final Workload APP = Workload.deployment("app");
    private static final Workload QUEUE = Workload.statefulSet("queue");
    private static final ExecutionPolicy HASTY = ExecutionPolicy.builder()
            .timeout(Duration.ofMinutes(1))
            .pollInterval(Duration.ofMillis(50))
            .backoff(Duration.ofMillis(50), Duration.ofSeconds(1))
            .build();

    private final Clockwork clockwork = Clockwork.system();
    private final TestCluster cluster = cluster("west");

    KubernetesActionsTest() {
        cluster.behave(PodBehaviour.healthy(Duration.ofMillis(100), Duration.ofMillis(50)));
    }

    /** A fresh cluster at that site. */
    protected abstract TestCluster cluster(String site);

    @AfterEach
    void close() {
        cluster.close();
    }

    private abstract class OnTheCluster extends EpochComparingActionContract {
        @Override
        protected Clockwork clockwork() {
            return clockwork;
        }

        @Override
        protected void loseNextAnswer() {
            cluster.faults().next("PATCH", Fault.answerLost());
        }

        final void execute(Action<?> action, Epoch epoch) throws InterruptedException {
            ActionExecutor.on(clockwork).execute(action, RunContext.of(clockwork, epoch), ActionExecutor.Watcher.NONE);
        }
    }

    private abstract class Scaling extends OnTheCluster {
        final WorkloadScaler scaler() {
            return KubernetesWorkloadScaler.of(cluster.client(), cluster.namespace())
                    .withPolicy(HASTY);
        }

        /** The generation and the annotations of each: what a scaler writes, without the status that controllers write. */
        @Override
        protected String fingerprint() {
            ObjectMeta app = cluster.client()
                    .apps()
                    .deployments()
                    .inNamespace(cluster.namespace())
                    .withName(APP.name())
                    .get()
                    .getMetadata();
            ObjectMeta queue = cluster.client()
                    .apps()
                    .statefulSets()
                    .inNamespace(cluster.namespace())
                    .withName(QUEUE.name())
                    .get()
                    .getMetadata();
            return app.getGeneration() + " " + app.getAnnotations() + ", " + queue.getGeneration() + " "
                    + queue.getAnnotations();
        }

        @Override
        protected void makeUnreadable() {
            cluster.faults().every("LIST pods", Fault.refused(503));
        }

        final void run(int replicas) throws InterruptedException {
            cluster.run(cluster.namespace(), APP, replicas);
            cluster.run(cluster.namespace(), QUEUE, replicas);
            cluster.settle(Duration.ofMinutes(1));
        }
    }

    @Nested
    class ToZero extends Scaling {
        @BeforeEach
        void begin() throws InterruptedException {
            run(2);
        }

        @Override
        protected Action<?> action() {
            return scaler().toZero(APP, QUEUE);
        }

        @Override
        protected void changeUnder(Epoch epoch) throws InterruptedException {
            execute(scaler().scaleTo(Map.of(APP, 3)), epoch);
        }
    }

    @Nested
    class Restore extends Scaling {
        @BeforeEach
        void begin() throws InterruptedException {
            run(2);
            execute(scaler().toZero(APP, QUEUE), Epoch.NONE);
        }

        @Override
        protected Action<?> action() {
            return scaler().restore(APP, QUEUE);
        }

        @Override
        protected void changeUnder(Epoch epoch) throws InterruptedException {
            execute(scaler().restore(APP), epoch);
            execute(scaler().toZero(APP), epoch);
        }
    }

    @Nested
    class ScaleTo extends Scaling {
        @BeforeEach
        void begin() throws InterruptedException {
            run(1);
        }

        @Override
        protected Action<?> action() {
            return scaler().scaleTo(Map.of(APP, 2, QUEUE, 2));
        }

        @Override
        protected void changeUnder(Epoch epoch) throws InterruptedException {
            execute(scaler().scaleTo(Map.of(APP, 3)), epoch);
        }
    }

    @Nested
    class PointTo extends OnTheCluster {
        private static final String NAME = "database";

        @BeforeEach
        void begin() {
            cluster.alias(cluster.namespace(), NAME, "west.example.com");
        }

        private DnsSwitcher dns() {
            return KubernetesDnsSwitcher.of(cluster.client(), cluster.namespace())
                    .withPolicy(HASTY)
                    .askedThrough((service, namespace) -> cluster.lookup(namespace, service));
        }

        @Override
        protected Action<?> action() {
            return dns().pointTo(NAME, "east.example.com");
        }

        @Override
        protected String fingerprint() {
            return cluster.client()
                    .services()
                    .inNamespace(cluster.namespace())
                    .withName(NAME)
                    .get()
                    .getMetadata()
                    .getResourceVersion();
        }

        @Override
        protected void makeUnreadable() {
            cluster.faults().every("GET services", Fault.refused(503));
        }

        @Override
        protected void changeUnder(Epoch epoch) throws InterruptedException {
            execute(dns().pointTo(NAME, "north.example.com"), epoch);
        }
    }
}
