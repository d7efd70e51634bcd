package io.drkit.k8s;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.LimitRange;
import io.fabric8.kubernetes.api.model.LimitRangeItem;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a pod as a whole asks for, as the scheduler and the quota count it: the sum of its containers and sidecars, or what its
 * greediest init container needs beside the sidecars that started before it, whichever is more; for each resource by itself. What is
 * asked for the pod itself replaces that; the overhead of its runtime comes on top.
 *
 * <p>Sources: "Resource sharing within containers" of Kubernetes' page on sidecar containers; "Pod Overhead"; "Assign Pod-level CPU
 * and memory resources"; "Limit Ranges". Checked against the figures of a real quota controller in the tests.
 *
 * @param requests what is reserved for it
 * @param limits what it may take at most
 * @param unasked the containers that name no request or limit for something, by that name as in a quota, such as {@code limits.cpu}
 * @param bare whether there is no request for cpu, or none for memory, in one of its containers
 */
record PodRequests(Amounts requests, Amounts limits, Map<String, List<String>> unasked, boolean bare) {

    /**
     * Of a pod that a workload is going to make.
     *
     * @param overhead of its runtime class
     */
    static PodRequests ofTemplate(PodSpec spec, List<LimitRange> limitRanges, Amounts overhead) {
        List<Asked> containers = each(spec.getContainers());
        List<Asked> initial = each(spec.getInitContainers());
        // what a pod as a whole lacks is filled in before the namespace's defaults come into its containers
        ResourceRequirements own = spec.getResources();
        Amounts podLimits = forPods(own == null ? Amounts.NONE : Amounts.of(own.getLimits()));
        Amounts podRequests = forPods(own == null ? Amounts.NONE : Amounts.of(own.getRequests()));
        Amounts before = whole(containers, initial, Asked::requests);
        if (!podLimits.byName().isEmpty()) {
            podRequests = podRequests.orElse(forPods(before).orElse(podLimits));
        }
        boolean wholePod =
                !podLimits.byName().isEmpty() || !podRequests.byName().isEmpty();

        Amounts defaultLimits = Amounts.NONE;
        Amounts defaultRequests = Amounts.NONE;
        for (LimitRange limitRange : limitRanges) {
            for (LimitRangeItem item : limitRange.getSpec().getLimits()) {
                if ("Container".equals(item.getType())) {
                    defaultLimits = defaultLimits.orElse(Amounts.of(item.getDefault()));
                    defaultRequests = defaultRequests.orElse(Amounts.of(item.getDefaultRequest()));
                }
            }
        }
        containers = completed(containers, defaultRequests, defaultLimits);
        initial = completed(initial, defaultRequests, defaultLimits);

        Amounts limits = whole(containers, initial, Asked::limits).with(podLimits);
        Map<String, List<String>> unasked = new TreeMap<>();
        boolean bare = false;
        if (!wholePod) {
            for (Asked one :
                    Stream.concat(containers.stream(), initial.stream()).toList()) {
                for (String resource : List.of(Amounts.CPU, Amounts.MEMORY)) {
                    if (!one.requests().names(resource)) {
                        missing(unasked, resource, one);
                        missing(unasked, "requests." + resource, one);
                    }
                    if (!one.limits().names(resource)) {
                        missing(unasked, "limits." + resource, one);
                    }
                }
            }
        }
        for (String resource : List.of(Amounts.CPU, Amounts.MEMORY)) {
            bare |= !podRequests.names(resource)
                    && Stream.concat(containers.stream(), initial.stream().filter(Asked::sidecar))
                            .anyMatch(one -> !one.requests().names(resource));
        }
        return new PodRequests(
                whole(containers, initial, Asked::requests).with(podRequests).plus(overhead),
                limits.plus(onlyWhere(limits, overhead)),
                unasked,
                bare);
    }

    /**
     * Of a pod that is on a node. One that is being resized keeps what it has until that is taken from it, and has reserved what it
     * is going to get.
     */
    static Amounts ofBound(Pod pod) {
        PodSpec spec = pod.getSpec();
        PodStatus status = pod.getStatus();
        Map<String, ContainerStatus> statuses = new HashMap<>();
        boolean infeasible = false;
        if (status != null) {
            Stream.of(status.getContainerStatuses(), status.getInitContainerStatuses())
                    .filter(list -> list != null)
                    .flatMap(List::stream)
                    .forEach(one -> statuses.put(one.getName(), one));
            infeasible = status.getConditions() != null
                    && status.getConditions().stream()
                            .anyMatch(
                                    c -> "PodResizePending".equals(c.getType()) && "Infeasible".equals(c.getReason()));
        }
        boolean wantedCounts = !infeasible;
        Amounts sum = whole(
                resized(each(spec.getContainers()), statuses, wantedCounts),
                resized(each(spec.getInitContainers()), statuses, wantedCounts),
                Asked::requests);
        if (spec.getResources() != null) {
            Amounts asked = forPods(Amounts.of(spec.getResources().getRequests()));
            if (status != null
                    && status.getResources() != null
                    && !asked.byName().isEmpty()) {
                Amounts has = forPods(Amounts.of(status.getResources().getRequests())
                        .max(Amounts.of(status.getAllocatedResources())));
                asked = wantedCounts ? asked.max(has) : has;
            }
            sum = sum.with(asked);
        }
        return sum.plus(Amounts.of(spec.getOverhead()));
    }

    /** What one container asks for. */
    private record Asked(String name, boolean sidecar, Amounts requests, Amounts limits) {}

    /** A container that names a limit and no request asks for as much as its limit. */
    private static List<Asked> each(@Nullable List<Container> containers) {
        List<Asked> asked = new ArrayList<>();
        if (containers != null) {
            for (Container container : containers) {
                ResourceRequirements resources = container.getResources();
                Amounts limits = resources == null ? Amounts.NONE : Amounts.of(resources.getLimits());
                Amounts requests = resources == null ? Amounts.NONE : Amounts.of(resources.getRequests());
                asked.add(new Asked(
                        container.getName(),
                        "Always".equals(container.getRestartPolicy()),
                        requests.orElse(limits),
                        limits));
            }
        }
        return asked;
    }

    private static List<Asked> completed(List<Asked> containers, Amounts requests, Amounts limits) {
        return containers.stream()
                .map(one -> new Asked(
                        one.name(),
                        one.sidecar(),
                        one.requests().orElse(requests),
                        one.limits().orElse(limits)))
                .toList();
    }

    private static List<Asked> resized(
            List<Asked> containers, Map<String, ContainerStatus> statuses, boolean wantedCounts) {
        return containers.stream()
                .map(one -> {
                    ContainerStatus status = statuses.get(one.name());
                    if (status == null || status.getResources() == null) {
                        return one;
                    }
                    Amounts has = Amounts.of(status.getResources().getRequests())
                            .max(Amounts.of(status.getAllocatedResources()));
                    return new Asked(
                            one.name(),
                            one.sidecar(),
                            wantedCounts ? one.requests().max(has) : has,
                            one.limits());
                })
                .toList();
    }

    private static Amounts whole(List<Asked> containers, List<Asked> initial, Function<Asked, Amounts> what) {
        Amounts running = Amounts.NONE;
        for (Asked container : containers) {
            running = running.plus(what.apply(container));
        }
        Amounts sidecars = Amounts.NONE;
        Amounts most = Amounts.NONE;
        for (Asked container : initial) {
            if (container.sidecar()) {
                sidecars = sidecars.plus(what.apply(container));
                most = most.max(sidecars);
            } else {
                most = most.max(sidecars.plus(what.apply(container)));
            }
        }
        return running.plus(sidecars).max(most);
    }

    /** Only these can be asked for by a pod as a whole. */
    private static Amounts forPods(Amounts amounts) {
        Map<String, BigDecimal> kept = new TreeMap<>(amounts.byName());
        kept.keySet()
                .removeIf(name ->
                        !name.equals(Amounts.CPU) && !name.equals(Amounts.MEMORY) && !name.startsWith("hugepages-"));
        return new Amounts(kept);
    }

    private static Amounts onlyWhere(Amounts limits, Amounts overhead) {
        Set<String> limited = new HashSet<>();
        limits.byName().forEach((name, amount) -> {
            if (amount.signum() != 0) {
                limited.add(name);
            }
        });
        Map<String, BigDecimal> kept = new TreeMap<>(overhead.byName());
        kept.keySet().retainAll(limited);
        return new Amounts(kept);
    }

    private static void missing(Map<String, List<String>> unasked, String what, Asked container) {
        unasked.computeIfAbsent(what, first -> new ArrayList<>()).add(container.name());
    }
}
