package io.drkit.testkit.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.workload.Workload;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ControlPlaneTest {
    @Test
    void start() throws Exception {
        try (ControlPlane plane = ControlPlane.named("west").start()) {
            System.out.println(plane.startTook());
            System.out.println(plane.kubectl("get", "ns"));
            try (RealCluster c = plane.cluster()) {
              long t=System.nanoTime();
              c.run(c.namespace(), Workload.deployment("app"), 3);
              c.run(c.namespace(), Workload.statefulSet("queue"), 2);
              c.settle(Duration.ofMinutes(1));
              System.out.println("up "+(System.nanoTime()-t)/1e9);
              System.out.println(plane.kubectl("get", "pods,deploy,rs,sts,nodes", "-A", "-o","wide"));
              c.scaleByHand(c.namespace(), Workload.deployment("app"), 0);
              c.scaleByHand(c.namespace(), Workload.statefulSet("queue"), 0);
              c.settle(Duration.ofMinutes(1));
              System.out.println("down "+(System.nanoTime()-t)/1e9);
              System.out.println(c.client().apps().deployments().inNamespace(c.namespace()).list().getItems().size()+" "+c.requests());
            }
            long t=System.nanoTime();
            while(plane.client().namespaces().list().getItems().size()>4) Thread.sleep(50);
              System.out.println("ns gone "+(System.nanoTime()-t)/1e9);
        }
    }
}
