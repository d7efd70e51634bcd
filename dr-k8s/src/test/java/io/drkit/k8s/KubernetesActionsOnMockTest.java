package io.drkit.k8s;

import io.drkit.core.time.Clockwork;
import io.drkit.testkit.k8s.SimulatedCluster;
import io.drkit.testkit.k8s.TestCluster;

class KubernetesActionsOnMockTest extends KubernetesActionsTest {
    @Override
    protected TestCluster cluster(String site) {
        return SimulatedCluster.start(Clockwork.system());
    }
}
