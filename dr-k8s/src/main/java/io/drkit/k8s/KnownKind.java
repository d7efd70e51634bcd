package io.drkit.k8s;

import io.drkit.core.workload.Workload;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The kinds of workloads that this module scales. */
enum KnownKind {
    DEPLOYMENT(Workload.Kind.DEPLOYMENT, "Deployment"),
    STATEFUL_SET(Workload.Kind.STATEFUL_SET, "StatefulSet");

    private final String kind;
    private final String manifest;

    KnownKind(Workload.Kind kind, String manifest) {
        this.kind = kind.name();
        this.manifest = manifest;
    }

    /** @throws IllegalArgumentException when it is of another kind */
    static KnownKind of(Workload workload) {
        return Arrays.stream(values())
                .filter(known -> known.kind.equals(workload.kind().name()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(workload
                        + " is of a kind that cannot be scaled here; these can: "
                        + Arrays.stream(values()).map(known -> known.kind).collect(Collectors.joining(", "))));
    }

    /** As a manifest names it. */
    String manifest() {
        return manifest;
    }
}
