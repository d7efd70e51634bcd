package io.drkit.testkit.k8s;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Task;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.fault.Faults;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Kubernetes cluster for tests: the API on a loopback port, for any client; Deployments and StatefulSets get pods, pods take
 * time to become ready and to go, and things go wrong when a test says so.
 *
 * <pre>{@code
 * try (SimulatedCluster west = SimulatedCluster.start(Clockwork.system())) {
 *     west.run("shop", Workload.deployment("runtime"), 2);
 *     west.faults().next("PATCH deployments", Fault.answerLost());
 *     ...
 * }
 * }</pre>
 *
 * <p><b>What is simulated.</b> Create, read, list, watch, PUT, JSON patch, JSON merge patch and delete of any built-in kind, with
 * conditional writes, generations and a separate status for what is written by a client; ordered StatefulSets; the grace period
 * of pods; the time of pods, see {@link PodBehaviour}. <b>What is not:</b> ReplicaSets (pods belong to the Deployment itself),
 * rolling updates, autoscalers that act, Jobs, server-side apply, the scale sub-resource, validation, admission, RBAC, quota, and
 * label selectors with sets. {@link RealCluster} has them.
 *
 * <p>The clockwork must be one of real threads, such as {@link Clockwork#system()}, since clients wait on sockets. Thread-safe;
 * several may run side by side. Closing it closes its clients.
 */
public final class SimulatedCluster implements TestCluster {
    private static final Logger log = LoggerFactory.getLogger(SimulatedCluster.class);
    private static final Duration TURN = Duration.ofMillis(15);

    /** The mock server logs each request at INFO; held here, since the logging framework forgets levels of unheld loggers. */
    private static final java.util.logging.Logger CHATTER =
            java.util.logging.Logger.getLogger(MockWebServer.class.getName());

    static {
        if (CHATTER.getLevel() == null) {
            CHATTER.setLevel(java.util.logging.Level.WARNING);
        }
    }

    private final Clockwork clockwork;
    private final Faults faults = new Faults();
    private final Map<String, PodBehaviour> behaviours = new ConcurrentHashMap<>();
    private final Map<String, PodProgram> programs = new ConcurrentHashMap<>();
    private final ClusterApi api;
    private final KubernetesMockServer server;
    private final Gate gate;
    private final KubernetesClient client;
    private final Controllers reconciling;
    private final Task controllers;
    private volatile PodBehaviour usual = PodBehaviour.healthy(Duration.ofMillis(300), Duration.ofMillis(200));
    private final ClusterDns dns;
    private volatile boolean closed;

    private SimulatedCluster(Clockwork clockwork) {
        this.clockwork = clockwork;
        dns = new ClusterDns(clockwork);
        api = new ClusterApi(faults, clockwork::now);
        MockWebServer web = new MockWebServer();
        web.setHttp2ClearTextEnabled(false);
        server = new KubernetesMockServer(new Context(new ObjectMapper()), web, new HashMap<>(), api, false);
        server.start();
        gate = new Gate(clockwork, server.getPort());
        client = newClient();
        reconciling = new Controllers(
                api,
                clockwork,
                owner -> behaviours.getOrDefault(owner, usual),
                owner -> Optional.ofNullable(programs.get(owner)));
        controllers = clockwork.start("simulated-cluster-controllers", this::turn);
    }

    /** Starts an empty cluster whose pods take 300 ms to become ready and 200 ms to go. */
    public static SimulatedCluster start(Clockwork clockwork) {
        return new SimulatedCluster(Objects.requireNonNull(clockwork, "clockwork"));
    }

    private void turn() {
        while (!closed) {
            try {
                reconciling.reconcile();
                follow();
                clockwork.sleep(TURN);
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                if (!closed) {
                    log.error("The simulated controllers met an error, and go on", e);
                }
            }
        }
    }

    /** {@code shop}; others may be used as well, and are there. */
    @Override
    public String namespace() {
        return "shop";
    }

    @Override
    public KubernetesClient client() {
        return client;
    }

    @Override
    public KubernetesClient newClient() {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(url())
                .withTrustCerts(true)
                .withRequestTimeout(10_000)
                .withConnectionTimeout(10_000)
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
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
        return api.log();
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
    public void behave(PodBehaviour behaviour) {
        usual = Objects.requireNonNull(behaviour, "behaviour");
    }

    @Override
    public void behave(String namespace, Workload workload, PodBehaviour behaviour) {
        behaviours.put(namespace + "/" + workload, behaviour);
    }

    @Override
    public void behaveAsUsual(String namespace, Workload workload) {
        behaviours.remove(namespace + "/" + workload);
    }

    @Override
    public void program(String namespace, Workload workload, PodProgram program) {
        programs.put(namespace + "/" + workload, program);
    }

    @Override
    public void lose() {
        gate.shut();
        reconciling.lose();
    }

    @Override
    public void run(String namespace, Workload workload, int replicas) {
        api.create(
                collection(namespace, workload),
                Serialization.asJson(Manifests.workload(namespace, workload, replicas)));
    }

    @Override
    public void autoscale(String namespace, Workload workload, String autoscaler) {
        api.create(
                "/apis/autoscaling/v2/namespaces/" + namespace + "/horizontalpodautoscalers",
                Serialization.asJson(Manifests.autoscaler(namespace, workload, autoscaler)));
    }

    @Override
    public void alias(String namespace, String service, String host) {
        api.create(
                "/api/v1/namespaces/" + namespace + "/services",
                Serialization.asJson(Manifests.alias(namespace, service, host)));
    }

    @Override
    public void scaleByHand(String namespace, Workload workload, int replicas) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.putObject("spec").put("replicas", replicas);
        byHand(path(namespace, workload), patch);
    }

    @Override
    public void aliasByHand(String namespace, String service, String host) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.putObject("spec").put("externalName", host);
        byHand(servicePath(namespace, service), patch);
    }

    @Override
    public void annotateByHand(String namespace, Workload workload, String key, String value) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        patch.putObject("metadata").putObject("annotations").put(key, value);
        byHand(path(namespace, workload), patch);
    }

    private void byHand(String path, JsonNode patch) {
        if (!api.patch(path, patch)) {
            throw new IllegalArgumentException("The simulated cluster has no " + path);
        }
    }

    @Override
    public int pods(String namespace, Workload workload) {
        return (int) podsOf(namespace, workload).count();
    }

    @Override
    public int readyPods(String namespace, Workload workload) {
        return (int) podsOf(namespace, workload)
                .filter(pod -> {
                    for (JsonNode condition : pod.path("status").path("conditions")) {
                        if ("Ready".equals(condition.path("type").asText())) {
                            return "True".equals(condition.path("status").asText());
                        }
                    }
                    return false;
                })
                .count();
    }

    private Stream<ObjectNode> podsOf(String namespace, Workload workload) {
        String owner = namespace + "/" + workload;
        return api.all("Pod").stream()
                .filter(pod -> owner.equals(pod.path("metadata")
                        .path("annotations")
                        .path("simulated/owner")
                        .asText()));
    }

    @Override
    public void settle(Duration time) throws InterruptedException {
        var deadline = clockwork.deadline(time);
        while (!settled()) {
            if (deadline.passed()) {
                throw new IllegalStateException("The simulated cluster did not settle within " + time);
            }
            clockwork.sleep(TURN);
        }
    }

    private boolean settled() {
        synchronized (api) {
            for (String kind : List.of("Deployment", "StatefulSet")) {
                for (ObjectNode object : api.all(kind)) {
                    Workload workload = new Workload(
                            kind.equals("Deployment") ? Workload.Kind.DEPLOYMENT : Workload.Kind.STATEFUL_SET,
                            object.path("metadata").path("name").asText());
                    String namespace = object.path("metadata").path("namespace").asText();
                    int wanted = object.path("spec").path("replicas").asInt(1);
                    JsonNode status = object.path("status");
                    boolean told = status.path("observedGeneration").asLong()
                                    == object.path("metadata")
                                            .path("generation")
                                            .asLong()
                            && status.path("replicas").asInt() == wanted
                            && status.path("readyReplicas").asInt() == wanted;
                    if (!told || pods(namespace, workload) != wanted || readyPods(namespace, workload) != wanted) {
                        return false;
                    }
                }
            }
            return true;
        }
    }

    @Override
    public void dnsFollowsAfter(Duration lag) {
        dns.followAfter(lag);
    }

    @Override
    public Optional<String> lookup(String namespace, String service) {
        return dns.lookup(namespace, service);
    }

    private void follow() {
        for (ObjectNode service : api.all("Service")) {
            dns.seen(
                    service.path("metadata").path("namespace").asText(),
                    service.path("metadata").path("name").asText(),
                    service.path("spec").path("externalName").asText());
        }
    }

    @Override
    public void close() {
        closed = true;
        controllers.interrupt();
        reconciling.lose();
        client.close();
        gate.close();
        server.destroy();
    }

    private static String collection(String namespace, Workload workload) {
        return "/apis/apps/v1/namespaces/" + namespace + "/"
                + (workload.kind().equals(Workload.Kind.DEPLOYMENT) ? "deployments" : "statefulsets");
    }

    private static String path(String namespace, Workload workload) {
        return collection(namespace, workload) + "/" + workload.name();
    }

    private static String servicePath(String namespace, String service) {
        return "/api/v1/namespaces/" + namespace + "/services/" + service;
    }
}
