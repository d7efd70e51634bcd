package io.drkit.k8s;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a pod that is being resized has reserved; for all others, a real quota is asked, see {@link CapacityCheckOnControlPlaneTest}. */
class PodRequestsTest {
    @ParameterizedTest
    @DisplayName("F10: a pod that is being resized has reserved what it has, and what it is going to get")
    @CsvSource(
            delimiter = '|',
            value = {
                "cpu: 2 | cpu: 1 | cpu: 1 |            | 2",
                "cpu: 1 | cpu: 2 | cpu: 1 |            | 2",
                "cpu: 1 | cpu: 1 | cpu: 2 | Deferred   | 2",
                "cpu: 4 | cpu: 1 | cpu: 1 | Deferred   | 4",
                "cpu: 4 | cpu: 1 | cpu: 1 | Infeasible | 1"
            })
    void ofBound_resized(String wanted, String has, String promised, String pending, int reserved) {
        Pod pod = Serialization.unmarshal(
                "---\n{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: "
                        + "{containers: [{name: main, image: a, resources: {requests: {" + wanted + "}}}]}, status: {"
                        + (pending == null
                                ? ""
                                : "conditions: [{type: PodResizePending, status: 'True', reason: " + pending + "}], ")
                        + "containerStatuses: [{name: main, resources: {requests: {" + has + "}}, allocatedResources: {"
                        + promised + "}}]}}",
                Pod.class);

        assertThat(PodRequests.ofBound(pod).of("cpu")).isEqualByComparingTo(Integer.toString(reserved));
    }
}
