package io.drkit.k8s;

import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.readiness.Check;
import io.drkit.core.readiness.Finding;
import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.k8s.ScaleIntent.Verdict;
import io.drkit.k8s.SeenWorkload.Head;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClass;
import io.fabric8.kubernetes.api.model.scheduling.v1.PriorityClass;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Whether a cluster has room today for the pods that a recovery would start there: nodes that take them, and quotas that let them in.
 *
 * <pre>{@code
 * Check room = CapacityCheck.named("room in east", eastClient)
 *         .restored("shop", deployment("runtime"))
 *         .scaledTo("shop", Map.of(statefulSet("queue"), 3))
 *         .headroomPercent(10)
 *         .build();
 * }</pre>
 *
 * <p><b>What is asked for.</b> The requests of the pods that are missing at the wanted counts: those of containers, of sidecars and,
 * where that is more, of init containers; the overhead of the runtime class; what the namespace's LimitRanges fill in. Pods of these
 * workloads that are on a ready node already are not missing.
 *
 * <p><b>What there is.</b> What nodes can give to pods (allocatable), minus the requests of all pods there that have not ended. A node
 * counts for a pod when it is ready, when the pod tolerates its cordon and taints, and when node selector and required node affinity
 * match. And what the ResourceQuotas of the namespaces have left. Nodes that an autoscaler would add are not counted: that they come
 * is what nobody promises when everybody fails over.
 *
 * <p><b>Not ready</b> when there is surely no room: fewer pods of a workload than wanted would find a node even if its pods were the
 * only ones to come; or all together ask for more than is free; or a quota lets fewer in; or less than the headroom would be left; or
 * a pod would be refused outright. <b>Unknown</b> when it depends: when the sums would do, and yet not all pods were placed, both
 * tightly and spread out; when there is room only if pods make way that are ending, to be scaled down, or of lower priority; when a
 * workload has a demand that is not looked at, see {@link Assumption}. What cannot be read is unknown, or not ready where the account
 * lacks the right to, as in any {@link Check}.
 *
 * <p><b>Never looked at:</b> pods of others that wait for a node, anti-affinity of pods that are there already, the bounds of
 * LimitRanges, other admission such as webhooks, and how much pods really use.
 *
 * <p>Figures, where pods are missing and it is known how many: {@code capacity.pods.missing}; and, over the nodes that take any of
 * them, {@code capacity.cpu.left} in cores and {@code capacity.memory.left} in bytes, when all are placed: below zero where there is
 * not enough.
 *
 * <p>It lists the pods of all namespaces and the nodes, and changes nothing. Immutable and thread-safe. The client stays the
 * caller's. Source: the pages of Kubernetes' documentation on scheduling, "Resource Quotas" and "Limit Ranges".
 */
public final class CapacityCheck implements Check {
    private static final int NAMED = 5;

    /** What a workload may demand that this check does not look at. Ready is said only when each that is there is assumed. */
    public enum Assumption {
        /** Containers that request no cpu or no memory are taken to need none of it. */
        NO_REQUESTS("containers without requests"),
        /** Required affinity and anti-affinity between pods is taken to leave room enough. */
        POD_AFFINITY("affinity between pods"),
        /** Topology spread that must be kept is taken to leave room enough. */
        TOPOLOGY_SPREAD("topology spread"),
        /** Ports of the host are taken to be free. */
        HOST_PORTS("ports of the host"),
        /** Volumes are taken to be there, or to be made, where there is room, and quotas for storage to allow it. */
        VOLUMES("volumes"),
        /** Another scheduler than the default one, scheduling gates, a fixed node, resource claims: taken to leave room enough. */
        SCHEDULING("special scheduling");

        private final String words;

        Assumption(String words) {
            this.words = words;
        }
    }

    /** @param count empty for what {@code restore} would bring back */
    private record Wanted(String namespace, Workload workload, OptionalInt count) {
        String who() {
            return namespace + "/" + workload;
        }

        ScaleIntent intent() {
            return count.isPresent()
                    ? new ScaleIntent.ScaleTo(Map.of(workload, count.getAsInt()))
                    : new ScaleIntent.Restore(List.of(workload));
        }
    }

    /** @param claims whether each of its pods comes with volumes of its own */
    private record Read(Wanted wanted, Head head, PodTemplateSpec template, boolean claims) {}

    private final String name;
    private final ApiServer server;
    private final List<Wanted> wanted;
    private final BigDecimal headroom;
    private final Set<String> placeholders;
    private final Set<Assumption> assumed;

    private CapacityCheck(Builder builder) {
        name = builder.name;
        server = new ApiServer(builder.client);
        wanted = List.copyOf(builder.wanted);
        headroom = BigDecimal.valueOf(builder.headroomPercent).movePointLeft(2);
        placeholders = Set.copyOf(builder.placeholders);
        assumed = Set.copyOf(builder.assumed);
    }

    /** Begins a check of that name, of the cluster that {@code client} reaches. */
    public static Builder named(String name, KubernetesClient client) {
        return new Builder(name, client);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String verifies() {
        return "there is room for "
                + wanted.stream()
                        .map(one -> one.who()
                                + (one.count().isPresent()
                                        ? " at " + one.count().getAsInt()
                                        : " as remembered"))
                        .collect(Collectors.joining(", "));
    }

    @Override
    public Finding run(Clockwork clockwork) throws InterruptedException {
        Report report = new Report();
        List<Read> workloads = workloads();
        ClusterSeen cluster = ClusterSeen.read(
                server,
                wanted.stream().map(Wanted::namespace).collect(Collectors.toCollection(TreeSet::new)),
                workloads.stream().anyMatch(one -> one.template().getSpec().getRuntimeClassName() != null));
        List<Demand> demands = new ArrayList<>();
        for (Read one : workloads) {
            demand(one, cluster, report).ifPresent(demands::add);
        }
        boolean refused = report.refused();
        if (demands.isEmpty()) {
            return report.finding("none of the pods is missing");
        }
        for (Demand demand : demands) {
            for (Assumption unjudged : demand.need().unjudged()) {
                report.unjudged(unjudged, demand.who(), assumed.contains(unjudged));
            }
        }
        quotas(demands, cluster, report);
        Packing now = nodes(demands, cluster, report);
        int missing = demands.stream().mapToInt(Demand::places).sum();
        Finding finding = report.finding(
                (missing == 1 ? "the pod that is missing finds" : "the " + missing + " pods that are missing find")
                        + " a node: " + now.balance());
        if (refused) {
            return finding;
        }
        Amounts left = now.left();
        return finding.figure("capacity.pods.missing", missing)
                .figure("capacity.cpu.left", left.of(Amounts.CPU).doubleValue())
                .figure("capacity.memory.left", left.of(Amounts.MEMORY).doubleValue());
    }

    private List<Read> workloads() throws InterruptedException {
        List<Read> read = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (Wanted one : wanted) {
            WorkloadApi api = new WorkloadApi(server, one.namespace(), false);
            Workload workload = one.workload();
            Optional<Read> found = switch (KnownKind.of(workload)) {
                case DEPLOYMENT -> api.deployment(workload).map(seen -> read(one, seen));
                case STATEFUL_SET -> api.statefulSet(workload).map(seen -> read(one, seen));
            };
            found.ifPresentOrElse(read::add, () -> missing.add(one.who()));
        }
        if (!missing.isEmpty()) {
            throw new NotFoundException(
                    "k8s.workload-missing",
                    Problem.expected(wanted.stream().map(Wanted::who).collect(Collectors.joining(", ")))
                            .found("no " + String.join(", ", missing))
                            .remedy("check the names, the namespaces and the cluster"));
        }
        return read;
    }

    private static Read read(Wanted wanted, Deployment seen) {
        return new Read(wanted, Head.of(wanted.workload(), seen), seen.getSpec().getTemplate(), false);
    }

    private static Read read(Wanted wanted, StatefulSet seen) {
        return new Read(
                wanted,
                Head.of(wanted.workload(), seen),
                seen.getSpec().getTemplate(),
                seen.getSpec().getVolumeClaimTemplates() != null
                        && !seen.getSpec().getVolumeClaimTemplates().isEmpty());
    }

    /** Empty when it has all its pods, or can have none. */
    private Optional<Demand> demand(Read one, ClusterSeen cluster, Report report) {
        String who = one.wanted().who();
        String namespace = one.wanted().namespace();
        List<Pod> pods = cluster.pods().stream()
                .filter(pod -> namespace.equals(pod.getMetadata().getNamespace())
                        && Labels.match(
                                one.head().selector(),
                                pod.getMetadata().getLabels() == null
                                        ? Map.of()
                                        : pod.getMetadata().getLabels()))
                .toList();
        SeenWorkload seen = SeenWorkload.of(one.head(), false, pods, Optional.empty());
        Verdict verdict = one.wanted().intent().verdict(seen);
        if (verdict instanceof Verdict.Refuse refuse) {
            report.refuse(namespace + ": " + refuse.why(), refuse.remedy());
            return Optional.empty();
        }
        int count = verdict instanceof Verdict.Change change ? change.replicas() : seen.wanted();
        Set<String> ready = cluster.readyNodes();
        List<Pod> staying =
                pods.stream().filter(pod -> !ClusterSeen.ending(pod)).toList();
        int placed = (int) staying.stream()
                .map(pod -> pod.getSpec().getNodeName())
                .filter(node -> node != null && ready.contains(node))
                .count();
        if (placed >= count) {
            if (staying.size() > count) {
                report.surplus(pods);
            }
            return Optional.empty();
        }
        return need(one, cluster, report)
                .map(need -> new Demand(who, namespace, need, count - placed, Math.max(0, count - staying.size())));
    }

    private static Optional<PodNeed> need(Read one, ClusterSeen cluster, Report report) {
        var spec = one.template().getSpec();
        String who = one.wanted().who();
        String className = spec.getPriorityClassName();
        Optional<PriorityClass> priority = className == null || className.isEmpty()
                ? cluster.defaultPriority()
                : Optional.ofNullable(cluster.priorities().get(className));
        if (className != null && !className.isEmpty() && priority.isEmpty()) {
            report.refuse(
                    "pods of " + who + " would be refused: there is no priority class " + className,
                    "create it here as it is at the other site");
            return Optional.empty();
        }
        Amounts overhead = Amounts.of(spec.getOverhead());
        Map<String, String> selector = Map.of();
        List<Toleration> tolerations = List.of();
        if (spec.getRuntimeClassName() != null) {
            RuntimeClass runtime = cluster.runtimes().get(spec.getRuntimeClassName());
            if (runtime == null) {
                report.refuse(
                        "pods of " + who + " would be refused: there is no runtime class " + spec.getRuntimeClassName(),
                        "create it here as it is at the other site");
                return Optional.empty();
            }
            if (runtime.getOverhead() != null) {
                overhead = Amounts.of(runtime.getOverhead().getPodFixed());
            }
            if (runtime.getScheduling() != null) {
                selector = Objects.requireNonNullElse(runtime.getScheduling().getNodeSelector(), selector);
                tolerations = Objects.requireNonNullElse(runtime.getScheduling().getTolerations(), tolerations);
            }
        }
        String policy = spec.getPreemptionPolicy() != null
                ? spec.getPreemptionPolicy()
                : priority.map(PriorityClass::getPreemptionPolicy).orElse(null);
        return Optional.of(PodNeed.of(
                spec,
                PodRequests.ofTemplate(
                        spec, cluster.limitRanges().getOrDefault(one.wanted().namespace(), List.of()), overhead),
                selector,
                tolerations,
                "Never".equals(policy)
                        ? Integer.MIN_VALUE
                        : priority.map(PriorityClass::getValue).orElse(0),
                one.claims()));
    }

    private static void quotas(List<Demand> demands, ClusterSeen cluster, Report report) {
        new TreeMap<>(cluster.quotas()).forEach((namespace, quotas) -> {
            NamespaceQuotas.Verdict verdict = new NamespaceQuotas(
                            namespace,
                            quotas,
                            cluster.pods().stream()
                                    .filter(pod ->
                                            namespace.equals(pod.getMetadata().getNamespace()))
                                    .anyMatch(report::goes))
                    .judge(demands.stream()
                            .filter(demand -> demand.namespace().equals(namespace))
                            .toList());
            verdict.refusals().forEach(why -> report.refuse(why, "have the quota raised, or start fewer pods"));
            verdict.doubts().forEach(why -> report.doubt(why, "look at the quota again, or have it raised"));
        });
    }

    private Packing nodes(List<Demand> demands, ClusterSeen cluster, Report report) {
        int highest = demands.stream()
                .mapToInt(demand -> demand.need().priority())
                .max()
                .orElseThrow();
        int lowest = demands.stream()
                .mapToInt(demand -> demand.need().priority())
                .min()
                .orElseThrow();
        Predicate<Pod> placeholder = pod -> pod.getSpec().getPriorityClassName() != null
                && placeholders.contains(pod.getSpec().getPriorityClassName())
                && ClusterSeen.priority(pod) < lowest;
        Predicate<Pod> maySoonBeGone = pod -> report.goes(pod) || ClusterSeen.priority(pod) < highest;
        Packing now = new Packing(demands, cluster.rooms(placeholder.negate()));
        Packing best = new Packing(demands, cluster.rooms(maySoonBeGone.negate()));

        String addRoom = "add nodes or free some, or start fewer pods; nodes that an autoscaler would add do not count";
        Optional<String> never = best.impossible().or(() -> best.tooFull(headroom));
        Optional<String> notNow = now.impossible().or(() -> now.tooFull(headroom));
        if (never.isPresent()) {
            report.refuse(never.get(), addRoom);
        } else if (notNow.isPresent()) {
            report.doubt(
                    notNow.get()
                            + "; it would do if pods made way that are ending, to be scaled down, or of lower priority",
                    "wait until those are gone that are going, name the placeholders, or add nodes");
        } else {
            now.doubtful().ifPresent(why -> report.doubt(why, "add a node, or try it in a drill"));
        }
        return now;
    }

    /** What was found, until all has been looked at. */
    private static final class Report {
        private final Set<String> refusals = new LinkedHashSet<>();
        private final Set<String> doubts = new LinkedHashSet<>();
        private final Set<String> remedies = new LinkedHashSet<>();
        private final Set<String> doubtRemedies = new LinkedHashSet<>();
        private final Map<Assumption, Set<String>> granted = new EnumMap<>(Assumption.class);
        private final Set<String> surplus = new HashSet<>();

        /** Some of these are to go, and nobody knows which. */
        void surplus(List<Pod> pods) {
            pods.forEach(pod -> surplus.add(pod.getMetadata().getUid()));
        }

        boolean goes(Pod pod) {
            return ClusterSeen.ending(pod) || surplus.contains(pod.getMetadata().getUid());
        }

        void refuse(String why, String remedy) {
            refusals.add(why);
            remedies.add(remedy);
        }

        boolean refused() {
            return !refusals.isEmpty();
        }

        void doubt(String why, String remedy) {
            doubts.add(why);
            doubtRemedies.add(remedy);
        }

        void unjudged(Assumption what, String who, boolean assumed) {
            if (assumed) {
                granted.computeIfAbsent(what, first -> new TreeSet<>()).add(who);
            } else {
                doubt(
                        who + " has " + what.words + ", which is not looked at",
                        "see to it, and say so with assuming(" + what + ")");
            }
        }

        Finding finding(String otherwise) {
            if (!refusals.isEmpty()) {
                return Finding.notReady(list(refusals), String.join("; ", remedies));
            } else if (!doubts.isEmpty()) {
                return Finding.unknown(list(doubts), String.join("; ", doubtRemedies));
            }
            List<String> given = new ArrayList<>();
            granted.forEach((what, who) -> given.add(what.words + " of " + String.join(", ", who)));
            return Finding.ready(
                    given.isEmpty() ? otherwise : otherwise + "; taken for granted: " + String.join("; ", given));
        }

        private static String list(Set<String> entries) {
            String named = entries.stream().limit(NAMED).collect(Collectors.joining("; "));
            return entries.size() > NAMED ? named + "; and " + (entries.size() - NAMED) + " more" : named;
        }
    }

    /** Builds a check. Defaults: no headroom, no placeholders, no assumptions. Not thread-safe. */
    public static final class Builder {
        private final String name;
        private final KubernetesClient client;
        private final List<Wanted> wanted = new ArrayList<>();
        private final Set<String> placeholders = new HashSet<>();
        private final Set<Assumption> assumed = EnumSet.noneOf(Assumption.class);
        private int headroomPercent;

        private Builder(String name, KubernetesClient client) {
            if (name.isBlank()) {
                throw new IllegalArgumentException("A check has a name");
            }
            this.name = name;
            this.client = Objects.requireNonNull(client, "client");
        }

        /**
         * Room for these workloads of a namespace as {@link KubernetesWorkloadScaler#restore} would bring them back: at the
         * remembered counts, or where none is remembered, at those that they have.
         */
        public Builder restored(String namespace, Workload... workloads) {
            for (Workload workload : workloads) {
                add(namespace, workload, OptionalInt.empty());
            }
            return this;
        }

        /** Room for these workloads of a namespace at the counts given, as {@link KubernetesWorkloadScaler#scaleTo}; 0 or more. */
        public Builder scaledTo(String namespace, Map<Workload, Integer> counts) {
            new TreeMap<>(counts).forEach((workload, count) -> {
                if (count < 0) {
                    throw new IllegalArgumentException("A count is 0 or more, not " + count + " for " + workload);
                }
                add(namespace, workload, OptionalInt.of(count));
            });
            return this;
        }

        private void add(String namespace, Workload workload, OptionalInt count) {
            if (namespace.isBlank()) {
                throw new IllegalArgumentException("A namespace is not blank");
            }
            wanted.add(new Wanted(namespace, Objects.requireNonNull(workload, "workload"), count));
        }

        /**
         * How much of the cpu, memory and ephemeral storage of the nodes in question must be left when all pods are placed: 0 to 99
         * percent, 0 unless it is set. More than 0 is wise: what else comes to that cluster in a disaster is in no plan.
         */
        public Builder headroomPercent(int percent) {
            if (percent < 0 || percent > 99) {
                throw new IllegalArgumentException("A headroom is 0 to 99 percent, not " + percent);
            }
            headroomPercent = percent;
            return this;
        }

        /**
         * Pods of these priority classes hold room for the recovery, and the scheduler evicts them for pods of higher priority: what
         * they reserve counts as free, as long as all pods in question have a higher priority, and may evict.
         */
        public Builder placeholders(String... priorityClasses) {
            placeholders.addAll(List.of(priorityClasses));
            return this;
        }

        /** Takes for granted what the check cannot judge. The finding goes on naming it. */
        public Builder assuming(Assumption... assumptions) {
            assumed.addAll(List.of(assumptions));
            return this;
        }

        /**
         * Makes it.
         *
         * @throws IllegalStateException when no workload is named, or one twice
         */
        public CapacityCheck build() {
            if (wanted.isEmpty()) {
                throw new IllegalStateException("Name at least one workload");
            }
            Set<String> once = new HashSet<>();
            for (Wanted one : wanted) {
                if (!once.add(one.who())) {
                    throw new IllegalStateException(one.who() + " is named twice");
                }
            }
            return new CapacityCheck(this);
        }
    }
}
