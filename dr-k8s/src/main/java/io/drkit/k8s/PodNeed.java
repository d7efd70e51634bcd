package io.drkit.k8s;

import io.drkit.k8s.CapacityCheck.Assumption;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.Volume;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What one pod of a workload needs to be taken in.
 *
 * @param asks what is reserved for it on a node, the pod itself among that
 * @param nodeTerms the node affinity that is required: one of them has to match; empty when there is none
 * @param priority by which it makes others give way; {@link Integer#MIN_VALUE} when it never does
 * @param unjudged what this check does not look at and the scheduler does
 */
record PodNeed(
        PodRequests requests,
        Amounts asks,
        Map<String, String> nodeSelector,
        List<Toleration> tolerations,
        List<NodeSelectorTerm> nodeTerms,
        int priority,
        Set<Assumption> unjudged) {

    static PodNeed of(
            PodSpec spec,
            PodRequests requests,
            Map<String, String> classSelector,
            List<Toleration> classTolerations,
            int priority,
            boolean claims) {
        Map<String, String> selector =
                new HashMap<>(spec.getNodeSelector() == null ? Map.of() : spec.getNodeSelector());
        selector.putAll(classSelector);
        List<Toleration> tolerations = new ArrayList<>(some(spec.getTolerations()));
        tolerations.addAll(classTolerations);
        Affinity affinity = spec.getAffinity();
        boolean required = affinity != null
                && affinity.getNodeAffinity() != null
                && affinity.getNodeAffinity().getRequiredDuringSchedulingIgnoredDuringExecution() != null;
        return new PodNeed(
                requests,
                requests.requests().with(Amounts.PODS, BigDecimal.ONE),
                selector,
                tolerations,
                required
                        ? some(affinity.getNodeAffinity()
                                .getRequiredDuringSchedulingIgnoredDuringExecution()
                                .getNodeSelectorTerms())
                        : List.of(),
                priority,
                unjudged(spec, requests, claims));
    }

    /** What only prefers a node keeps no pod from running, and is no concern here. */
    private static Set<Assumption> unjudged(PodSpec spec, PodRequests requests, boolean claims) {
        Set<Assumption> unjudged = EnumSet.noneOf(Assumption.class);
        if (requests.bare()) {
            unjudged.add(Assumption.NO_REQUESTS);
        }
        Affinity affinity = spec.getAffinity();
        if (affinity != null
                && ((affinity.getPodAffinity() != null
                                && any(affinity.getPodAffinity().getRequiredDuringSchedulingIgnoredDuringExecution()))
                        || (affinity.getPodAntiAffinity() != null
                                && any(affinity.getPodAntiAffinity()
                                        .getRequiredDuringSchedulingIgnoredDuringExecution())))) {
            unjudged.add(Assumption.POD_AFFINITY);
        }
        if (some(spec.getTopologySpreadConstraints()).stream()
                .anyMatch(one -> !"ScheduleAnyway".equals(one.getWhenUnsatisfiable()))) {
            unjudged.add(Assumption.TOPOLOGY_SPREAD);
        }
        boolean ports = Stream.concat(some(spec.getContainers()).stream(), some(spec.getInitContainers()).stream())
                .map(Container::getPorts)
                .flatMap(list -> some(list).stream())
                .anyMatch(port -> Boolean.TRUE.equals(spec.getHostNetwork())
                        || (port.getHostPort() != null && port.getHostPort() != 0));
        if (ports) {
            unjudged.add(Assumption.HOST_PORTS);
        }
        if (claims || some(spec.getVolumes()).stream().anyMatch(PodNeed::bindsToNodes)) {
            unjudged.add(Assumption.VOLUMES);
        }
        if ((spec.getSchedulerName() != null
                        && !spec.getSchedulerName().isEmpty()
                        && !"default-scheduler".equals(spec.getSchedulerName()))
                || (spec.getNodeName() != null && !spec.getNodeName().isEmpty())
                || any(spec.getSchedulingGates())
                || any(spec.getResourceClaims())) {
            unjudged.add(Assumption.SCHEDULING);
        }
        return unjudged;
    }

    /** All others are made on whatever node the pod is on. */
    private static boolean bindsToNodes(Volume volume) {
        return volume.getConfigMap() == null
                && volume.getSecret() == null
                && volume.getEmptyDir() == null
                && volume.getDownwardAPI() == null
                && volume.getProjected() == null
                && volume.getHostPath() == null
                && volume.getNfs() == null
                && volume.getImage() == null;
    }

    private static <T> List<T> some(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }

    private static boolean any(@Nullable Collection<?> list) {
        return list != null && !list.isEmpty();
    }
}
