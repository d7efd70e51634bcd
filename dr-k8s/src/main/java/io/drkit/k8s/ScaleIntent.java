package io.drkit.k8s;

import io.drkit.core.workload.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a scaling is after, and what that means for one workload as it was seen. */
sealed interface ScaleIntent {
    List<Workload> workloads();

    String describe(String namespace);

    Verdict verdict(SeenWorkload seen);

    /** Whether none of its pods may be left. */
    boolean stops(Workload workload);

    /** What is to be done with one workload. */
    sealed interface Verdict {
        /** Nothing: it is as wanted. */
        record Fine() implements Verdict {}

        /** Nothing but waiting. */
        record Wait() implements Verdict {}

        /** Nothing will come of waiting either, but what is to be done with others comes first. */
        record Lost(String why, String remedy) implements Verdict {}

        /** Nothing may be done. */
        record Refuse(String why, String remedy) implements Verdict {}

        /** Set the count, and remember {@code memory}, or forget what is remembered when that is empty. */
        record Change(int replicas, OptionalInt memory) implements Verdict {}
    }

    record ToZero(List<Workload> workloads) implements ScaleIntent {
        @Override
        public String describe(String namespace) {
            return "scale " + names(workloads) + " to 0 in namespace " + namespace;
        }

        @Override
        public Verdict verdict(SeenWorkload seen) {
            if (seen.wanted() > 0) {
                return new Verdict.Change(0, OptionalInt.of(seen.wanted()));
            }
            return seen.gone() ? gone(seen) : new Verdict.Wait();
        }

        @Override
        public boolean stops(Workload workload) {
            return true;
        }
    }

    record Restore(List<Workload> workloads) implements ScaleIntent {
        @Override
        public String describe(String namespace) {
            return "restore " + names(workloads) + " to the remembered counts in namespace " + namespace;
        }

        @Override
        public Verdict verdict(SeenWorkload seen) {
            if (seen.memoryUnreadable()) {
                return new Verdict.Refuse(
                        seen.workload() + " remembers \"" + seen.memory() + "\", which is no count of 1 or more",
                        "scale it to a count of your choice");
            }
            if (seen.remembered().isPresent()) {
                return new Verdict.Change(seen.remembered().getAsInt(), OptionalInt.empty());
            }
            if (seen.wanted() == 0) {
                return new Verdict.Refuse(
                        seen.workload() + " is at 0 and remembers no count", "scale it to a count of your choice");
            }
            return seen.complete() ? new Verdict.Fine() : new Verdict.Wait();
        }

        @Override
        public boolean stops(Workload workload) {
            return false;
        }
    }

    record ScaleTo(Map<Workload, Integer> counts) implements ScaleIntent {
        /** Sorted, since the description must not depend on the order of a hash. */
        public ScaleTo {
            counts = new TreeMap<>(counts);
        }

        @Override
        public List<Workload> workloads() {
            return List.copyOf(counts.keySet());
        }

        @Override
        public String describe(String namespace) {
            return "scale "
                    + counts.entrySet().stream()
                            .map(e -> e.getKey() + " to " + e.getValue())
                            .collect(Collectors.joining(", "))
                    + " in namespace "
                    + namespace;
        }

        @Override
        public Verdict verdict(SeenWorkload seen) {
            Integer count = counts.get(seen.workload());
            if (count == null) {
                throw new IllegalStateException(seen.workload() + " was not asked for");
            }
            if (seen.wanted() != count || seen.memory() != null) {
                return new Verdict.Change(count, OptionalInt.empty());
            }
            if (count == 0) {
                return seen.gone() ? gone(seen) : new Verdict.Wait();
            }
            return seen.complete() ? new Verdict.Fine() : new Verdict.Wait();
        }

        @Override
        public boolean stops(Workload workload) {
            return Integer.valueOf(0).equals(counts.get(workload));
        }
    }

    /** That the API lists none is what its nodes said, or what was concluded without them. */
    private static Verdict gone(SeenWorkload seen) {
        if (seen.removed().isEmpty()) {
            // a node that is not ready mostly is again before long
            return seen.unready().isEmpty() ? new Verdict.Fine() : new Verdict.Wait();
        }
        List<String> nodes = new ArrayList<>();
        seen.removed().forEach(node -> nodes.add("node " + node + ", which does not exist any more"));
        seen.unready().forEach(node -> nodes.add("node " + node + ", which is not ready"));
        return new Verdict.Lost(
                "no pod of " + seen.workload() + " is listed any more, but nobody has seen those end that were on "
                        + String.join(", ", nodes),
                "see that each of these machines is off, or wait until it is back and ready; who knows that they"
                        + " are off may skip the step by name");
    }

    private static String names(List<Workload> workloads) {
        return workloads.stream().map(Workload::toString).collect(Collectors.joining(", "));
    }
}
