package io.drkit.k8s;

import io.drkit.testkit.k8s.ControlPlaneExtension;
import io.drkit.testkit.k8s.RealCluster;
import io.drkit.testkit.k8s.TestCluster;
import org.junit.jupiter.api.extension.RegisterExtension;

class CapacityCheckOnControlPlaneTest extends CapacityCheckTest {
    @RegisterExtension
    static final ControlPlaneExtension SITES = new ControlPlaneExtension("east");

    @Override
    protected TestCluster cluster(String site) {
        return SITES.cluster(site);
    }

    @Override
    protected boolean real() {
        return true;
    }
}
