package io.drkit.k8s;

import io.drkit.testkit.k8s.ControlPlaneExtension;
import io.drkit.testkit.k8s.TestCluster;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("harness")
class KubernetesWorkloadScalerOnControlPlaneTest extends KubernetesWorkloadScalerTest {
    @RegisterExtension
    static final ControlPlaneExtension SITES = new ControlPlaneExtension();

    @Override
    protected TestCluster cluster(String site) {
        return SITES.cluster(site);
    }
}
