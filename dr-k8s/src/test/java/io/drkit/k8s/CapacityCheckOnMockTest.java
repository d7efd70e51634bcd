package io.drkit.k8s;

import io.drkit.core.time.Clockwork;
import io.drkit.testkit.k8s.SimulatedCluster;
import io.drkit.testkit.k8s.TestCluster;

class CapacityCheckOnMockTest extends CapacityCheckTest {
    @Override
    protected TestCluster cluster(String site) {
        return SimulatedCluster.start(Clockwork.system());
    }

    @Override
    protected boolean real() {
        return false;
    }
}
