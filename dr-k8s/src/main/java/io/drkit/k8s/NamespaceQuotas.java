package io.drkit.k8s;

import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaSpec;
import io.fabric8.kubernetes.api.model.ScopedResourceSelectorRequirement;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether the quotas of one namespace let pods in. A quota counts requests and limits of all pods that have not ended, wherever they
 * are.
 *
 * <p>Source: Kubernetes' page "Resource Quotas". That a quota for cpu or memory refuses each pod with a container that does not say
 * how much it asks for, is there too.
 *
 * @param ending whether pods of the namespace are going or to go, so that something of what is used may soon be free
 */
record NamespaceQuotas(String namespace, List<ResourceQuota> quotas, boolean ending) {
    /** What keeps pods out for certain, and what may. */
    record Verdict(List<String> refusals, List<String> doubts) {}

    private static final String REQUESTS = "requests.";
    private static final String LIMITS = "limits.";
    private static final Set<String> BY_REQUEST = Set.of(Amounts.CPU, Amounts.MEMORY, Amounts.STORAGE);

    /** @param demands those in this namespace */
    Verdict judge(List<Demand> demands) {
        Verdict verdict = new Verdict(new ArrayList<>(), new ArrayList<>());
        for (ResourceQuota quota : quotas) {
            Set<String> scopes = scopes(quota.getSpec());
            // of pods that have a deadline, which those of Deployments and StatefulSets must not have
            if (!scopes.contains("Terminating")) {
                judge(quota, demands, scopes.isEmpty() || scopes.equals(Set.of("NotTerminating")), verdict);
            }
        }
        return verdict;
    }

    private void judge(ResourceQuota quota, List<Demand> demands, boolean applies, Verdict verdict) {
        String who = "quota " + quota.getMetadata().getName() + " of " + namespace;
        Amounts hard = Amounts.of(quota.getSpec().getHard());
        Amounts used =
                Amounts.of(quota.getStatus() == null ? null : quota.getStatus().getUsed());
        List<String> certain = applies ? verdict.refusals() : verdict.doubts();
        String perhaps = applies ? "" : " (it has a scope that is not looked at)";
        for (Map.Entry<String, BigDecimal> one : hard.byName().entrySet()) {
            String name = one.getKey();
            BigDecimal asked = BigDecimal.ZERO;
            for (Demand demand : demands) {
                asked = asked.add(
                        each(demand.need(), name).orElse(BigDecimal.ZERO).multiply(BigDecimal.valueOf(demand.pods())));
                List<String> silent = demand.need().requests().unasked().getOrDefault(name, List.of());
                if (demand.pods() > 0 && !silent.isEmpty()) {
                    certain.add(who + " refuses pods of " + demand.who() + ", since "
                            + (silent.size() == 1 ? "container " : "containers ") + String.join(", ", silent)
                            + (silent.size() == 1 ? " does" : " do") + " not say how much " + name + perhaps);
                }
            }
            if (asked.signum() == 0) {
                continue;
            }
            if (!used.names(name)) {
                verdict.doubts().add(who + " does not say how much " + name + " is used");
                continue;
            }
            BigDecimal left = one.getValue().subtract(used.of(name));
            if (asked.compareTo(left) > 0) {
                (ending ? verdict.doubts() : certain)
                        .add(who + " has " + Amounts.say(name, left.max(BigDecimal.ZERO), RoundingMode.FLOOR) + " of "
                                + Amounts.say(name, one.getValue(), RoundingMode.FLOOR) + " " + name
                                + " left, and the pods that are missing need "
                                + Amounts.say(name, asked, RoundingMode.CEILING) + perhaps
                                + (ending ? " (pods are going there)" : ""));
            }
        }
    }

    /** What a pod counts for under a name of a quota; empty where that is about something else. */
    private static Optional<BigDecimal> each(PodNeed need, String name) {
        if (name.equals(Amounts.PODS) || name.equals("count/pods")) {
            return Optional.of(BigDecimal.ONE);
        } else if (name.startsWith(LIMITS)) {
            return Optional.of(need.requests().limits().of(name.substring(LIMITS.length())));
        } else if (name.startsWith(REQUESTS)) {
            return Optional.of(need.requests().requests().of(name.substring(REQUESTS.length())));
        } else if (BY_REQUEST.contains(name) || name.startsWith("hugepages-")) {
            return Optional.of(need.requests().requests().of(name));
        }
        return Optional.empty();
    }

    private static Set<String> scopes(ResourceQuotaSpec spec) {
        Set<String> scopes = new TreeSet<>();
        if (spec.getScopes() != null) {
            scopes.addAll(spec.getScopes());
        }
        if (spec.getScopeSelector() != null && spec.getScopeSelector().getMatchExpressions() != null) {
            spec.getScopeSelector().getMatchExpressions().stream()
                    .map(ScopedResourceSelectorRequirement::getScopeName)
                    .forEach(scopes::add);
        }
        return scopes;
    }
}
