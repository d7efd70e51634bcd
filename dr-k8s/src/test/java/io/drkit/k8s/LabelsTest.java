package io.drkit.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelsTest {
    private static final Map<String, String> LABELS = Map.of("app", "shop", "tier", "web");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{matchLabels: {app: shop, tier: web}} | true",
                "{matchLabels: {app: shop, tier: job}} | false",
                "{matchLabels: {app: shop, zone: a}}   | false",
                "{matchLabels: {app: shop}, matchExpressions: [{key: tier, operator: In, values: [web, job]}]} | true",
                "{matchLabels: {app: shop}, matchExpressions: [{key: tier, operator: NotIn, values: [web]}]}   | false",
                "{matchExpressions: [{key: zone, operator: Exists}]}       | false",
                "{matchExpressions: [{key: zone, operator: DoesNotExist}]} | true",
                "{matchExpressions: [{key: zone, operator: NotIn, values: [a]}, {key: app, operator: Exists}]} | true"
            })
    void match_labelSelector(String selector, boolean matches) {
        assertThat(Labels.match(Serialization.unmarshal("---\n" + selector, LabelSelector.class), LABELS))
                .isEqualTo(matches);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                                                      | false",
                "{matchFields: [{key: metadata.name, operator: In, values: [node-1]}]}    | true",
                "{matchFields: [{key: metadata.name, operator: NotIn, values: [node-1]}]} | false",
                "{matchFields: [{key: metadata.uid, operator: In, values: [node-1]}]}     | false",
                "{matchFields: [{key: metadata.name, operator: In, values: [node-1]}],"
                        + " matchExpressions: [{key: tier, operator: In, values: [job]}]} | false"
            })
    void match_nodeSelectorTerm(String term, boolean matches) {
        assertThat(Labels.match(Serialization.unmarshal("---\n" + term, NodeSelectorTerm.class), LABELS, "node-1"))
                .isEqualTo(matches);
    }
}
