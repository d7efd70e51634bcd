package io.drkit.testkit.k8s;

import io.drkit.core.workload.Workload;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscalerBuilder;
import java.util.Map;

/** What tests put into a cluster. */
final class Manifests {
    private Manifests() {}

    static HasMetadata workload(String namespace, Workload workload, int replicas) {
        Map<String, String> labels = Map.of("app", workload.name());
        return switch (workload.kind().name()) {
            case "deployment" ->
                new DeploymentBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(workload.name())
                        .endMetadata()
                        .withNewSpec()
                        .withReplicas(replicas)
                        .withNewSelector()
                        .withMatchLabels(labels)
                        .endSelector()
                        .withNewTemplate()
                        .withNewMetadata()
                        .withLabels(labels)
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("main")
                        .withImage("simulated/app:1")
                        .endContainer()
                        .endSpec()
                        .endTemplate()
                        .endSpec()
                        .build();
            case "statefulset" ->
                new StatefulSetBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(workload.name())
                        .endMetadata()
                        .withNewSpec()
                        .withServiceName(workload.name())
                        .withReplicas(replicas)
                        .withNewSelector()
                        .withMatchLabels(labels)
                        .endSelector()
                        .withNewTemplate()
                        .withNewMetadata()
                        .withLabels(labels)
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("main")
                        .withImage("simulated/app:1")
                        .endContainer()
                        .endSpec()
                        .endTemplate()
                        .endSpec()
                        .build();
            default -> throw unknown(workload);
        };
    }

    static IllegalArgumentException unknown(Workload workload) {
        return new IllegalArgumentException("Test clusters run deployments and statefulsets, and not " + workload);
    }

    static HorizontalPodAutoscaler autoscaler(String namespace, Workload workload, String name) {
        return new HorizontalPodAutoscalerBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .withMinReplicas(1)
                .withMaxReplicas(5)
                .withNewScaleTargetRef()
                .withApiVersion("apps/v1")
                .withKind(workload.kind().equals(Workload.Kind.DEPLOYMENT) ? "Deployment" : "StatefulSet")
                .withName(workload.name())
                .endScaleTargetRef()
                .endSpec()
                .build();
    }

    static Service alias(String namespace, String service, String host) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(service)
                .endMetadata()
                .withNewSpec()
                .withType("ExternalName")
                .withExternalName(host)
                .endSpec()
                .build();
    }
}
