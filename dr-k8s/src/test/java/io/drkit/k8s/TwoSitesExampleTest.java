package io.drkit.k8s;

// example: sites
import static io.drkit.core.workload.Workload.deployment;
import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.action.ActionExecutor;
import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.k8s.ControlPlaneExtension;
import io.drkit.testkit.k8s.PodBehaviour;
import io.drkit.testkit.k8s.RealCluster;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class TwoSitesExampleTest {
    @RegisterExtension
    static final ControlPlaneExtension SITES = new ControlPlaneExtension("west", "east");

    private static final Workload RUNTIME = deployment("runtime");

    @Test
    void moveToEast_answerLostAndSlowPods_endsWithEastAlone() throws Exception {
        RealCluster west = SITES.cluster("west");
        RealCluster east = SITES.cluster("east");
        west.run(west.namespace(), RUNTIME, 2);
        east.run(east.namespace(), RUNTIME, 0);
        west.settle(Duration.ofMinutes(1));

        west.faults().next("PATCH deployments", Fault.answerLost());
        east.behave(PodBehaviour.healthy(Duration.ofSeconds(2), Duration.ofMillis(200)));

        ActionExecutor executor = ActionExecutor.on(Clockwork.system());
        executor.execute(
                KubernetesWorkloadScaler.of(west.client(), west.namespace()).toZero(RUNTIME));
        executor.execute(
                KubernetesWorkloadScaler.of(east.client(), east.namespace()).scaleTo(Map.of(RUNTIME, 2)));

        assertThat(west.plane().kubectl("get", "pods", "-n", west.namespace(), "-o", "name"))
                .isEmpty();
        assertThat(east.readyPods(east.namespace(), RUNTIME)).isEqualTo(2);
    }
}
// end of example
