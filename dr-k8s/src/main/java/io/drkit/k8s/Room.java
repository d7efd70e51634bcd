package io.drkit.k8s;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One node and what is free there.
 *
 * @param allocatable what it can give to pods
 * @param free what of it no pod has reserved; below zero where more was promised than there is
 */
record Room(Node node, Amounts allocatable, Amounts free) {
    private static final String CORDON = "node.kubernetes.io/unschedulable";

    static boolean ready(Node node) {
        return node.getStatus() != null
                && node.getStatus().getConditions() != null
                && node.getStatus().getConditions().stream()
                        .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus()));
    }

    String name() {
        return node.getMetadata().getName();
    }

    Room taking(Amounts more) {
        return new Room(node, allocatable, free.minus(more));
    }

    /** Why pods of this kind may not run here, however much is free; empty when they may. */
    Optional<String> refusal(PodNeed need) {
        if (!ready(node)) {
            return Optional.of("not ready");
        }
        var spec = node.getSpec();
        if (spec != null
                && Boolean.TRUE.equals(spec.getUnschedulable())
                && !tolerated(new Taint("NoSchedule", CORDON, null, null), need.tolerations())) {
            return Optional.of("cordoned");
        }
        if (spec != null && spec.getTaints() != null) {
            for (Taint taint : spec.getTaints()) {
                if (!"PreferNoSchedule".equals(taint.getEffect()) && !tolerated(taint, need.tolerations())) {
                    return Optional.of("tainted " + taint.getKey());
                }
            }
        }
        Map<String, String> labels = node.getMetadata().getLabels() == null
                ? Map.of()
                : node.getMetadata().getLabels();
        if (!labels.entrySet().containsAll(need.nodeSelector().entrySet())) {
            return Optional.of("outside the node selector");
        }
        if (!need.nodeTerms().isEmpty()
                && need.nodeTerms().stream().noneMatch(term -> Labels.match(term, labels, name()))) {
            return Optional.of("outside the node affinity");
        }
        return Optional.empty();
    }

    private static boolean tolerated(Taint taint, List<Toleration> tolerations) {
        return tolerations.stream().anyMatch(toleration -> tolerates(toleration, taint));
    }

    private static boolean tolerates(Toleration toleration, Taint taint) {
        if (!blank(toleration.getEffect()) && !toleration.getEffect().equals(taint.getEffect())) {
            return false;
        }
        if (!blank(toleration.getKey()) && !toleration.getKey().equals(taint.getKey())) {
            return false;
        }
        if ("Exists".equals(toleration.getOperator())) {
            return true;
        }
        return (blank(toleration.getOperator()) || "Equal".equals(toleration.getOperator()))
                && text(toleration.getValue()).equals(text(taint.getValue()));
    }

    /** What share of this node is free: of that which is scarcest among cpu and memory. */
    BigDecimal freeShare() {
        return Amounts.share(free.of(Amounts.CPU), allocatable.of(Amounts.CPU))
                .min(Amounts.share(free.of(Amounts.MEMORY), allocatable.of(Amounts.MEMORY)));
    }

    private static boolean blank(@Nullable String text) {
        return text == null || text.isEmpty();
    }

    private static String text(@Nullable String text) {
        return text == null ? "" : text;
    }
}
