package io.drkit.k8s;

import static io.drkit.core.workload.Workload.deployment;

import io.drkit.core.readiness.ReadyState;
import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.k8s.SimulatedCluster;
import io.drkit.testkit.k8s.TestCluster;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClassBuilder;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** With what a real control plane does not hold still for, or has one of for all tests. */
class CapacityCheckOnMockTest extends CapacityCheckTest {
    private static final Workload APP = deployment("app");

    @Override
    protected TestCluster cluster(String site) {
        return SimulatedCluster.start(Clockwork.system());
    }

    @Override
    protected boolean real() {
        return false;
    }

    @Test
    @DisplayName("F10: a quota that nobody has counted yet is unknown")
    void run_quotaNotCountedYet_isUnknown() throws InterruptedException {
        node("a", "cpu: 4, memory: 8Gi");
        workload(APP, 1, asking("cpu: 1, memory: 1Gi"));
        client.resource(new ResourceQuotaBuilder()
                        .withNewMetadata()
                        .withNamespace(shop)
                        .withName("new")
                        .endMetadata()
                        .withNewSpec()
                        .addToHard("pods", new Quantity("99"))
                        .endSpec()
                        .build())
                .create();

        assertFound(restored(APP), ReadyState.UNKNOWN, "quota new of shop does not say how much pods is used");
    }

    @Test
    @DisplayName("F10: pods that name no priority have the cluster's default one")
    void run_defaultPriority_counts() throws InterruptedException {
        Node a = node("a", "cpu: 4, memory: 8Gi");
        bound("other", a, with("requests: {cpu: 4, memory: 1Gi}", "priority: 50"));
        workload(APP, 1, asking("cpu: 1, memory: 1Gi"));

        assertFound(restored(APP), ReadyState.NOT_READY);
        client.resource(new PriorityClassBuilder()
                        .withNewMetadata()
                        .withName("usual")
                        .endMetadata()
                        .withGlobalDefault(true)
                        .withValue(100)
                        .build())
                .create();
        assertFound(restored(APP), ReadyState.UNKNOWN, "of lower priority");
    }
}
