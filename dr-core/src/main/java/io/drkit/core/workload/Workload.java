package io.drkit.core.workload;

import java.util.Objects;

/**
 * Names something that runs in replicas.
 *
 * @param kind what it is
 * @param name its name, for example {@code shop-runtime}
 */
public record Workload(Kind kind, String name) implements Comparable<Workload> {
    /** The kinds that can be scaled. */
    public enum Kind {
        DEPLOYMENT,
        STATEFUL_SET
    }

    public Workload {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(name, "name");
        if (name.isBlank()) {
            throw new IllegalArgumentException("A workload has a name");
        }
    }

    public static Workload deployment(String name) {
        return new Workload(Kind.DEPLOYMENT, name);
    }

    public static Workload statefulSet(String name) {
        return new Workload(Kind.STATEFUL_SET, name);
    }

    @Override
    public int compareTo(Workload other) {
        int byKind = kind.compareTo(other.kind);
        return byKind != 0 ? byKind : name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return (kind == Kind.DEPLOYMENT ? "deployment/" : "statefulset/") + name;
    }
}
