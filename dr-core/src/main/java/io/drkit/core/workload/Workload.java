package io.drkit.core.workload;

import java.util.Locale;
import java.util.Objects;

/**
 * Names something that runs in replicas.
 *
 * @param kind what it is
 * @param name its name, for example {@code shop-runtime}
 */
public record Workload(Kind kind, String name) implements Comparable<Workload> {
    /**
     * A kind of workload. Not a closed set: platforms have kinds of their own, and a scaler refuses those that it does not know.
     *
     * @param name in the platform's words, in lower case and of one, for example {@code deployment}; part of a plan's hash
     */
    public record Kind(String name) implements Comparable<Kind> {
        /** Of pods that are all alike. */
        public static final Kind DEPLOYMENT = new Kind("deployment");
        /** Of pods with a number and a volume each. */
        public static final Kind STATEFUL_SET = new Kind("statefulset");

        public Kind {
            Objects.requireNonNull(name, "name");
            if (name.isBlank() || name.indexOf('/') >= 0 || !name.equals(name.toLowerCase(Locale.ROOT))) {
                throw new IllegalArgumentException(
                        "A kind is named in lower case, without a slash, not \"" + name + '"');
            }
        }

        @Override
        public int compareTo(Kind other) {
            return name.compareTo(other.name);
        }

        @Override
        public String toString() {
            return name;
        }
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
        return kind + "/" + name;
    }
}
