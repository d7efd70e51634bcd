package io.drkit.k8s;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether labels are what a selector asks for. Source: Kubernetes' pages "Labels and Selectors" and "Assigning Pods to Nodes". */
final class Labels {
    private Labels() {}

    /** All that is asked for is so. */
    static boolean match(LabelSelector selector, Map<String, String> labels) {
        Map<String, String> exact = selector.getMatchLabels() == null ? Map.of() : selector.getMatchLabels();
        return labels.entrySet().containsAll(exact.entrySet())
                && (selector.getMatchExpressions() == null
                        || selector.getMatchExpressions().stream()
                                .allMatch(one -> holds(labels.get(one.getKey()), one.getOperator(), one.getValues())));
    }

    /** All that is asked for is so. A term that asks for nothing matches no node. */
    static boolean match(NodeSelectorTerm term, Map<String, String> labels, String node) {
        List<NodeSelectorRequirement> expressions =
                term.getMatchExpressions() == null ? List.of() : term.getMatchExpressions();
        List<NodeSelectorRequirement> fields = term.getMatchFields() == null ? List.of() : term.getMatchFields();
        return !(expressions.isEmpty() && fields.isEmpty())
                && expressions.stream()
                        .allMatch(one -> holds(labels.get(one.getKey()), one.getOperator(), one.getValues()))
                && fields.stream()
                        .allMatch(one -> "metadata.name".equals(one.getKey())
                                && holds(node, one.getOperator(), one.getValues()));
    }

    private static boolean holds(@Nullable String value, String operator, @Nullable List<String> values) {
        List<String> given = values == null ? List.of() : values;
        return switch (operator) {
            case "In" -> value != null && given.contains(value);
            case "NotIn" -> value == null || !given.contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            case "Gt" -> compare(value, given) > 0;
            case "Lt" -> compare(value, given) < 0;
            default -> false;
        };
    }

    /** Zero, which is neither more nor less, when one of them is no whole number. */
    private static int compare(@Nullable String value, List<String> values) {
        try {
            return value == null || values.size() != 1
                    ? 0
                    : new BigInteger(value).compareTo(new BigInteger(values.get(0)));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
