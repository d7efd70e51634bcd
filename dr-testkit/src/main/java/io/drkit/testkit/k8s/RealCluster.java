package io.drkit.testkit.k8s;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.fault.Faults;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One test's part of a {@link ControlPlane}: a namespace of its own, a {@link SimulatedKubelet} for it, and clients whose requests
 * are counted and go wrong on demand. What the API server, the controllers and etcd do is real. Get one by
 * {@link ControlPlane#cluster} or {@link ControlPlaneExtension#cluster}.
 *
 * <p>Its clients speak plain HTTP to a port of this process, which speaks TLS to the API server; the control plane's own clients and
 * its kubeconfig do without that port, its counting and its faults. The namespace is deleted by {@link #close}, in the background.
 */
public final class RealCluster implements TestCluster {
    private static final Logger log = LoggerFactory.getLogger(RealCluster.class);
    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);
    private static final Duration TICK = Duration.ofMillis(20);
    private static final Duration NAMESPACE_PATIENCE = Duration.ofSeconds(20);

    private final ControlPlane plane;
    private final Clockwork clockwork;
    private final KubernetesClient direct;
    private final String namespace;
    private final Faults faults = new Faults();
    private final ApiProxy proxy;
    private final Gate gate;
    private final KubernetesClient client;
    private final SimulatedKubelet kubelet;
    private final ClusterDns dns;
    private final SharedIndexInformer<Service> services;
    private final AtomicBoolean closed = new AtomicBoolean();

    private RealCluster(ControlPlane plane, String namespace) throws IOException {
        this.plane = plane;
        this.clockwork = plane.clockwork();
        this.direct = plane.direct();
        this.namespace = namespace;
        this.proxy = new ApiProxy(
                clockwork,
                faults,
                new InetSocketAddress(ControlPlane.loopback(), plane.relay().port()),
                plane.certificate());
        this.gate = new Gate(clockwork, proxy.port());
        this.client = newClient();
        this.kubelet = SimulatedKubelet.on(direct, "node-" + namespace)
                .clockwork(clockwork)
                .namespace(namespace)
                .start();
        this.dns = new ClusterDns(clockwork);
        this.services = direct.services().inNamespace(namespace).inform(new ResourceEventHandler<>() {
            @Override
            public void onAdd(Service service) {
                seen(service);
            }

            @Override
            public void onUpdate(Service before, Service service) {
                seen(service);
            }

            @Override
            public void onDelete(Service service, boolean finalStateUnknown) {
                // what DNS answers for a name that was taken away is not simulated
            }
        });
    }

    static RealCluster of(ControlPlane plane) throws InterruptedException {
        String namespace = "test-" + plane.clockwork().newId();
        plane.direct()
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(namespace)
                        .endMetadata()
                        .build())
                .create();
        // before its account is there, no pod is let in
        Deadline deadline = plane.clockwork().deadline(NAMESPACE_PATIENCE);
        while (plane.direct()
                        .serviceAccounts()
                        .inNamespace(namespace)
                        .withName("default")
                        .get()
                == null) {
            if (deadline.passed()) {
                throw new IllegalStateException(
                        "The controllers of " + plane + " gave " + namespace + " no account in " + NAMESPACE_PATIENCE);
            }
            plane.clockwork().sleep(TICK);
        }
        try {
            return new RealCluster(plane, namespace);
        } catch (IOException e) {
            throw new UncheckedIOException("The cluster for a test could not be set up", e);
        }
    }

    /** The control plane that it is a part of. */
    public ControlPlane plane() {
        return plane;
    }

    /** What plays the machines of this namespace. */
    public SimulatedKubelet kubelet() {
        return kubelet;
    }

    @Override
    public String namespace() {
        return namespace;
    }

    @Override
    public KubernetesClient client() {
        return client;
    }

    @Override
    public KubernetesClient newClient() {
        return ControlPlane.connect(config().build());
    }

    /** A client that is the user of that name, who may do what roles allow; the caller closes it. */
    public KubernetesClient newClientAs(String user) {
        return ControlPlane.connect(config().withImpersonateUsername(user).build());
    }

    private ConfigBuilder config() {
        return new ConfigBuilder(Config.empty())
                .withMasterUrl(url())
                .withOauthToken(plane.token())
                .withRequestTimeout(10_000)
                .withConnectionTimeout(10_000);
    }

    @Override
    public String url() {
        return "http://127.0.0.1:" + gate.port() + "/";
    }

    @Override
    public Faults faults() {
        return faults;
    }

    @Override
    public List<String> requests() {
        return proxy.log();
    }

    @Override
    public void takeApiDown() {
        gate.shut();
    }

    @Override
    public void bringApiUp() {
        gate.open();
    }

    @Override
    public void lose() {
        gate.shut();
        kubelet.lose();
    }

    @Override
    public void behave(PodBehaviour behaviour) {
        kubelet.behave(behaviour);
    }

    @Override
    public void behave(String namespace, Workload workload, PodBehaviour behaviour) {
        kubelet.behave(namespace, workload, behaviour);
    }

    @Override
    public void behaveAsUsual(String namespace, Workload workload) {
        kubelet.behaveAsUsual(namespace, workload);
    }

    @Override
    public void program(String namespace, Workload workload, PodProgram program) {
        kubelet.program(namespace, workload, program);
    }

    @Override
    public void run(String namespace, Workload workload, int replicas) {
        direct.resource(Manifests.workload(namespace, workload, replicas)).create();
    }

    @Override
    public void autoscale(String namespace, Workload workload, String autoscaler) {
        direct.resource(Manifests.autoscaler(namespace, workload, autoscaler)).create();
    }

    @Override
    public void alias(String namespace, String service, String host) {
        direct.resource(Manifests.alias(namespace, service, host)).create();
    }

    @Override
    public void scaleByHand(String namespace, Workload workload, int replicas) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.putObject("spec").put("replicas", replicas);
        byHand(workload(namespace, workload), patch);
    }

    @Override
    public void aliasByHand(String namespace, String service, String host) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.putObject("spec").put("externalName", host);
        byHand(direct.services().inNamespace(namespace).withName(service), patch);
    }

    @Override
    public void annotateByHand(String namespace, Workload workload, String key, String value) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.putObject("metadata").putObject("annotations").put(key, value);
        byHand(workload(namespace, workload), patch);
    }

    private Resource<? extends HasMetadata> workload(String namespace, Workload workload) {
        return switch (workload.kind().name()) {
            case "deployment" ->
                direct.apps().deployments().inNamespace(namespace).withName(workload.name());
            case "statefulset" ->
                direct.apps().statefulSets().inNamespace(namespace).withName(workload.name());
            default -> throw Manifests.unknown(workload);
        };
    }

    private static void byHand(Resource<? extends HasMetadata> resource, JsonNode patch) {
        try {
            resource.patch(MERGE, patch.toString());
        } catch (KubernetesClientException e) {
            throw new IllegalArgumentException("The cluster did not take the change by hand", e);
        }
    }

    @Override
    public int pods(String namespace, Workload workload) {
        return podsOf(namespace, workload).size();
    }

    @Override
    public int readyPods(String namespace, Workload workload) {
        return (int)
                podsOf(namespace, workload).stream().filter(RealCluster::ready).count();
    }

    private List<Pod> podsOf(String namespace, Workload workload) {
        return direct.pods()
                .inNamespace(namespace)
                .withLabel("app", workload.name())
                .list()
                .getItems();
    }

    private static boolean ready(Pod pod) {
        return pod.getStatus() != null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus()));
    }

    @Override
    public void settle(Duration time) throws InterruptedException {
        Deadline deadline = clockwork.deadline(time);
        while (!settled()) {
            if (deadline.passed()) {
                throw new IllegalStateException("The cluster did not settle within " + time);
            }
            clockwork.sleep(TICK);
        }
    }

    private boolean settled() {
        for (Deployment one :
                direct.apps().deployments().inNamespace(namespace).list().getItems()) {
            var status = one.getStatus();
            boolean told = status != null
                    && told(one.getMetadata().getGeneration(), status.getObservedGeneration())
                    // written last, by a sync of its own: until then the controller writes once more
                    && status.getConditions().stream()
                            .anyMatch(c -> "Progressing".equals(c.getType())
                                    && "NewReplicaSetAvailable".equals(c.getReason()));
            int wanted = one.getSpec().getReplicas();
            if (!told
                    || count(status.getReplicas()) != wanted
                    || count(status.getReadyReplicas()) != wanted
                    || !exactly(Workload.deployment(one.getMetadata().getName()), wanted)) {
                return false;
            }
        }
        for (StatefulSet one :
                direct.apps().statefulSets().inNamespace(namespace).list().getItems()) {
            var status = one.getStatus();
            int wanted = one.getSpec().getReplicas();
            if (status == null
                    || !told(one.getMetadata().getGeneration(), status.getObservedGeneration())
                    || count(status.getReplicas()) != wanted
                    || count(status.getReadyReplicas()) != wanted
                    || !exactly(Workload.statefulSet(one.getMetadata().getName()), wanted)) {
                return false;
            }
        }
        return true;
    }

    private static boolean told(Long generation, Long observed) {
        return observed != null && observed >= generation;
    }

    private static int count(Integer number) {
        return number == null ? 0 : number;
    }

    private boolean exactly(Workload workload, int wanted) {
        List<Pod> pods = podsOf(namespace, workload);
        return pods.size() == wanted && pods.stream().allMatch(RealCluster::ready);
    }

    @Override
    public void dnsFollowsAfter(Duration lag) {
        dns.followAfter(lag);
    }

    @Override
    public Optional<String> lookup(String namespace, String service) {
        return dns.lookup(namespace, service);
    }

    private void seen(Service service) {
        String host = service.getSpec().getExternalName();
        dns.seen(service.getMetadata().getNamespace(), service.getMetadata().getName(), host == null ? "" : host);
    }

    @Override
    public void close() {
        if (closed.getAndSet(true)) {
            return;
        }
        services.close();
        client.close();
        gate.close();
        proxy.close();
        try {
            // first the namespace, so that nothing new begins in it; then what no kubelet would end any more
            direct.namespaces().withName(namespace).delete();
            direct.pods().inNamespace(namespace).withGracePeriod(0).delete();
        } catch (KubernetesClientException e) {
            log.warn("The namespace {} of a test could not be removed from {}", namespace, plane.name(), e);
        }
        kubelet.close();
    }
}
