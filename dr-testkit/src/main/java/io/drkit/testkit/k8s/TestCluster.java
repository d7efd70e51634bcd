package io.drkit.testkit.k8s;

import io.drkit.core.workload.Workload;
import io.drkit.testkit.fault.Faults;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A Kubernetes cluster for one test: what {@link SimulatedCluster}, in this process, and {@link RealCluster}, on a real control
 * plane, have in common, so that the same test runs on both.
 *
 * <p>An operation of {@link #faults()} is a verb and a kind: {@code GET}, {@code LIST}, {@code POST}, {@code PUT}, {@code PATCH},
 * {@code DELETE} or {@code WATCH} of {@code deployments}, {@code pods}, {@code services} and so on. A lost request or answer
 * closes the client's connection.
 *
 * <p>What is done by hand, and what is looked up beside the API, is neither counted among the {@link #requests} nor subject to
 * faults. Thread-safe.
 */
public interface TestCluster extends AutoCloseable {
    /** The namespace of this test. */
    String namespace();

    /** A client of this cluster, shared, with an administrator's rights. */
    KubernetesClient client();

    /** A client of its own connections, as another process would have; the caller closes it. */
    KubernetesClient newClient();

    /** Where the API is, for example {@code http://127.0.0.1:40123/}. */
    String url();

    /** What goes wrong with requests. */
    Faults faults();

    /** Each request so far, such as {@code PATCH deployments/runtime} or {@code LIST pods}, oldest first. */
    List<String> requests();

    /** Refuses connections and drops those that exist, as when the API server is gone. Controllers and pods go on. */
    void takeApiDown();

    /** Ends {@link #takeApiDown}. */
    void bringApiUp();

    /** All its machines are lost at once and for good: the API answers nobody, and what ran in pods has ended. */
    void lose();

    /** How the pods of all workloads behave that have no behaviour of their own. */
    void behave(PodBehaviour behaviour);

    /** How the pods of one workload behave. */
    void behave(String namespace, Workload workload, PodBehaviour behaviour);

    /** Ends the workload's own behaviour. */
    void behaveAsUsual(String namespace, Workload workload);

    /** What runs in the pods of one workload from now on; pods that are ready already are not told. */
    void program(String namespace, Workload workload, PodProgram program);

    /** Creates a workload of {@code replicas} pods with the label {@code app}; it does not wait for them. */
    void run(String namespace, Workload workload, int replicas);

    /** Creates an autoscaler that governs a workload, from 1 to 5 replicas. There are no metrics for it to act on. */
    void autoscale(String namespace, Workload workload, String autoscaler);

    /** Creates a Service of type ExternalName. */
    void alias(String namespace, String service, String host);

    /** Scales as another writer would, with no regard for anybody. */
    void scaleByHand(String namespace, Workload workload, int replicas);

    /** Changes an alias as another writer would. */
    void aliasByHand(String namespace, String service, String host);

    /** Sets an annotation of a workload as another writer would. */
    void annotateByHand(String namespace, Workload workload, String key, String value);

    /** How many pods of the workload exist, terminating ones included: read beside the API. */
    int pods(String namespace, Workload workload);

    /** How many of them are ready. */
    int readyPods(String namespace, Workload workload);

    /**
     * Waits until exactly the wanted pods of each Deployment and StatefulSet exist and are ready.
     *
     * @throws IllegalStateException when that does not happen within {@code time}
     */
    void settle(Duration time) throws InterruptedException;

    /** How long the cluster's DNS takes to follow a changed alias; 100 ms unless it is set. */
    void dnsFollowsAfter(Duration lag);

    /** What the cluster's DNS answers for an alias; empty when it knows none. */
    Optional<String> lookup(String namespace, String service);

    @Override
    void close();
}
