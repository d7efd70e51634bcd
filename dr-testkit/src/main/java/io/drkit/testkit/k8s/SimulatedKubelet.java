package io.drkit.testkit.k8s;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import io.drkit.core.workload.Workload;
import io.fabric8.kubernetes.api.model.BindingBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plays the scheduler and the kubelet of one node for a control plane that has neither, through any client: it binds pods to its
 * node, lets them run, succeed and go after believable times, and lets them fail as {@link PodBehaviour} says. Nothing really runs,
 * except what a {@link PodProgram} plays.
 *
 * <pre>{@code
 * try (SimulatedKubelet kubelet = SimulatedKubelet.on(client, "node-1").start()) {
 *     kubelet.behave("shop", Workload.deployment("runtime"), PodBehaviour.healthy(ofSeconds(2), ofSeconds(1)).withCrashing());
 * }
 * }</pre>
 *
 * <p><b>What it does.</b> A Node object that is ready, and its heartbeat every ten seconds. For each pod that nobody else has bound:
 * a binding; the status Pending with ContainerCreating, then Running and Ready with an address; for one whose restart policy is not
 * Always, Succeeded after its run time. For a deleted pod: its removal with grace period 0, of exactly that pod. <b>What it does
 * not:</b> resources, taints, affinity, volumes, probes, logs, exec, rolling restarts, evictions.
 *
 * <p>A pod's time counts from when this kubelet first saw it. It survives an API server that goes away for a while. The clockwork must
 * be one of real time and threads. Thread-safe.
 */
public final class SimulatedKubelet implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SimulatedKubelet.class);
    private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);
    private static final Duration HEARTBEAT = Duration.ofSeconds(10);
    private static final Duration AGAIN = Duration.ofMillis(200);
    private static final String HEARTBEATS = "kube-node-lease";
    private static final int WORKERS = 4;

    private final KubernetesClient client;
    private final Clockwork clockwork;
    private final String node;
    private final Map<String, PodBehaviour> behaviours = new ConcurrentHashMap<>();
    private final Map<String, PodProgram> programs = new ConcurrentHashMap<>();
    /** By the pod's uid, what has started in it. Guards the calls of programs. */
    private final Map<String, Runnable> running = new HashMap<>();

    private final List<Worker> workers = new ArrayList<>();
    private final List<Task> tasks = new ArrayList<>();
    private final SharedIndexInformer<Pod> pods;
    private volatile PodBehaviour usual;
    private volatile boolean stopped;

    private SimulatedKubelet(Builder builder) {
        this.client = builder.client;
        this.clockwork = builder.clockwork;
        this.node = builder.node;
        this.usual = builder.behaviour;
        register();
        for (int i = 0; i < WORKERS; i++) {
            Worker worker = new Worker(clockwork.mailbox());
            workers.add(worker);
            tasks.add(clockwork.start("kubelet-" + node + "-" + i, worker::work));
        }
        tasks.add(clockwork.start("kubelet-" + node + "-heartbeat", this::beat));
        ResourceEventHandler<Pod> handler = new ResourceEventHandler<>() {
            @Override
            public void onAdd(Pod pod) {
                seen(pod);
            }

            @Override
            public void onUpdate(Pod before, Pod pod) {
                if (!uid(before).equals(uid(pod))) {
                    gone(before);
                }
                seen(pod);
            }

            @Override
            public void onDelete(Pod pod, boolean finalStateUnknown) {
                gone(pod);
            }
        };
        this.pods = builder.namespace == null
                ? client.pods().inAnyNamespace().inform(handler)
                : client.pods().inNamespace(builder.namespace).inform(handler);
    }

    /**
     * A kubelet to be described.
     *
     * @param client an administrator's; stays the caller's
     * @param node the name of its node: another one for each kubelet of a control plane
     */
    public static Builder on(KubernetesClient client, String node) {
        return new Builder(client, node);
    }

    /** The name of its node. */
    public String node() {
        return node;
    }

    /** How the pods behave that have no behaviour of their own. */
    public void behave(PodBehaviour behaviour) {
        usual = Objects.requireNonNull(behaviour, "behaviour");
        reconsider();
    }

    /** How the pods of one workload behave. */
    public void behave(String namespace, Workload workload, PodBehaviour behaviour) {
        behaviours.put(namespace + "/" + workload, behaviour);
        reconsider();
    }

    /** How the pods of one Job behave. */
    public void behaveJob(String namespace, String job, PodBehaviour behaviour) {
        behaviours.put(namespace + "/job/" + job, behaviour);
        reconsider();
    }

    /** Ends the workload's own behaviour. */
    public void behaveAsUsual(String namespace, Workload workload) {
        behaviours.remove(namespace + "/" + workload);
        reconsider();
    }

    /** What runs in the pods of one workload from now on; pods that are ready already are not told. */
    public void program(String namespace, Workload workload, PodProgram program) {
        programs.put(namespace + "/" + workload, program);
    }

    /** The machine is lost at once and for good: what ran in its pods has ended, and nobody tells the API server. */
    public void lose() {
        stopped = true;
        synchronized (running) {
            running.values().forEach(Runnable::run);
            running.clear();
        }
    }

    /** Ends what ran in its pods, and removes the node. Its pods stay as they are. */
    @Override
    public void close() {
        boolean lost = stopped;
        lose();
        tasks.forEach(Task::interrupt);
        pods.close();
        if (!lost) {
            try {
                client.nodes().withName(node).delete();
                client.leases().inNamespace(HEARTBEATS).withName(node).delete();
            } catch (KubernetesClientException e) {
                log.warn("The node {} could not be removed", node, e);
            }
        }
    }

    // ---- the node

    private void register() {
        Map<String, Quantity> room =
                Map.of("cpu", new Quantity("1000"), "memory", new Quantity("1000Gi"), "pods", new Quantity("10000"));
        String now = clockwork.now().toString();
        Node wanted = new NodeBuilder()
                .withNewMetadata()
                .withName(node)
                .addToLabels("kubernetes.io/hostname", node)
                .addToLabels("type", "simulated")
                .endMetadata()
                .withNewStatus()
                .withCapacity(room)
                .withAllocatable(room)
                .addNewCondition()
                .withType("Ready")
                .withStatus("True")
                .withReason("KubeletReady")
                .withLastHeartbeatTime(now)
                .withLastTransitionTime(now)
                .endCondition()
                .endStatus()
                .build();
        client.resource(wanted).create();
        client.resource(wanted).patchStatus();
        client.resource(heartbeat()).create();
    }

    private Lease heartbeat() {
        return new LeaseBuilder()
                .withNewMetadata()
                .withNamespace(HEARTBEATS)
                .withName(node)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(node)
                .withLeaseDurationSeconds(40)
                .withRenewTime(clockwork.now().atZone(ZoneOffset.UTC))
                .endSpec()
                .build();
    }

    private void beat() {
        while (!stopped) {
            try {
                clockwork.sleep(HEARTBEAT);
                if (!stopped) {
                    client.resource(heartbeat())
                            .patch(MERGE, client.getKubernetesSerialization().asJson(heartbeat()));
                }
            } catch (InterruptedException e) {
                return;
            } catch (KubernetesClientException e) {
                log.debug("A heartbeat of {} was missed", node, e);
            }
        }
    }

    // ---- the pods

    private void seen(Pod pod) {
        worker(pod).letters.put(new Letter(pod, false));
    }

    private void gone(Pod pod) {
        worker(pod).letters.put(new Letter(pod, true));
    }

    private void reconsider() {
        workers.forEach(worker -> worker.letters.put(new Letter(null, false)));
    }

    private Worker worker(Pod pod) {
        return workers.get(Math.floorMod(uid(pod).hashCode(), WORKERS));
    }

    /** What happened to a pod; without a pod, that behaviours have changed. */
    private record Letter(@Nullable Pod pod, boolean gone) {}

    /** What is known of one pod. */
    private static final class Life {
        private final long born;
        private Pod pod;
        private @Nullable Long dying;
        private @Nullable PodStage told;
        private long due;

        private Life(Pod pod, long now) {
            this.pod = pod;
            this.born = now;
            this.due = now;
        }
    }

    /** Looks after a share of the pods, alone. */
    private final class Worker {
        private final Mailbox<Letter> letters;
        private final Map<String, Life> lives = new HashMap<>();

        private Worker(Mailbox<Letter> letters) {
            this.letters = letters;
        }

        private void work() {
            while (!stopped) {
                try {
                    Letter letter = letters.poll(untilDue());
                    while (letter != null) {
                        read(letter);
                        letter = letters.poll(Duration.ZERO);
                    }
                    long now = clockwork.nanoTime();
                    for (Life life : List.copyOf(lives.values())) {
                        if (!stopped && life.due - now <= 0) {
                            life.due = act(life);
                        }
                    }
                } catch (InterruptedException e) {
                    return;
                }
            }
        }

        private Duration untilDue() {
            long now = clockwork.nanoTime();
            long least = Duration.ofMinutes(1).toNanos();
            for (Life life : lives.values()) {
                least = Math.min(least, life.due - now);
            }
            return Duration.ofNanos(Math.max(0, least));
        }

        private void read(Letter letter) {
            long now = clockwork.nanoTime();
            Pod pod = letter.pod();
            if (pod == null) {
                lives.values().forEach(life -> life.due = now);
            } else if (letter.gone()) {
                lives.remove(uid(pod));
                end(uid(pod));
            } else {
                Life life = lives.computeIfAbsent(uid(pod), first -> new Life(pod, now));
                life.pod = pod;
                life.due = now;
            }
        }

        /** Does what is due for a pod; answers when to look at it again. */
        private long act(Life life) {
            try {
                return life.pod.getMetadata().getDeletionTimestamp() == null ? live(life) : die(life);
            } catch (KubernetesClientException e) {
                // what changed meanwhile comes as news; what was lost is done again
                log.debug("Pod {} is looked after again", life.pod.getMetadata().getName(), e);
                return in(AGAIN);
            }
        }

        private long die(Life life) {
            long now = clockwork.nanoTime();
            if (life.dying == null) {
                life.dying = now;
            }
            PodBehaviour behaviour = behaviour(life.pod);
            if (behaviour.stuckTerminating()) {
                return in(Duration.ofDays(1));
            }
            long end = life.dying + behaviour.stopTime().toNanos();
            if (end - now > 0) {
                return end;
            }
            end(uid(life.pod));
            remove(life.pod);
            return in(AGAIN);
        }

        private long live(Life life) {
            Pod pod = life.pod;
            String bound = pod.getSpec().getNodeName();
            if ((bound != null && !bound.isEmpty() && !bound.equals(node)) || ended(pod)) {
                return in(Duration.ofDays(1));
            }
            PodBehaviour behaviour = behaviour(pod);
            String policy = String.valueOf(pod.getSpec().getRestartPolicy());
            PodStage stage = PodStage.of(behaviour, Duration.ofNanos(clockwork.nanoTime() - life.born), policy);
            if (stage != PodStage.UNSCHEDULABLE && (bound == null || bound.isEmpty())) {
                bind(pod);
            }
            if (stage.runs()) {
                begin(pod);
            }
            if (stage != life.told) {
                tell(pod, stage);
                life.told = stage;
            }
            if (stage.last()) {
                end(uid(pod));
            }
            return switch (stage) {
                case CREATING -> life.born + behaviour.startTime().toNanos();
                case RUNNING ->
                    PodStage.endsByItself(policy)
                            ? life.born
                                    + behaviour
                                            .startTime()
                                            .plus(behaviour.runTime())
                                            .toNanos()
                            : in(Duration.ofDays(1));
                default -> in(Duration.ofDays(1));
            };
        }

        private long in(Duration time) {
            return clockwork.nanoTime() + time.toNanos();
        }
    }

    private void bind(Pod pod) {
        try {
            client.bindings()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .resource(new BindingBuilder()
                            .withNewMetadata()
                            .withNamespace(pod.getMetadata().getNamespace())
                            .withName(pod.getMetadata().getName())
                            .endMetadata()
                            .withNewTarget()
                            .withKind("Node")
                            .withName(node)
                            .endTarget()
                            .build())
                    .create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != 409) {
                throw e;
            }
            // bound already, perhaps by a request of this kubelet whose answer was lost
        }
    }

    /** This very pod: a StatefulSet may have a new one of that name by now. */
    private void remove(Pod pod) {
        client.raw(
                "/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/"
                        + pod.getMetadata().getName(),
                "DELETE",
                new DeleteOptionsBuilder()
                        .withGracePeriodSeconds(0L)
                        .withNewPreconditions()
                        .withUid(uid(pod))
                        .endPreconditions()
                        .build());
    }

    private void tell(Pod pod, PodStage stage) {
        Map<String, String> containers = new LinkedHashMap<>();
        for (Container container : pod.getSpec().getContainers()) {
            containers.put(container.getName(), String.valueOf(container.getImage()));
        }
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        // with the uid, so that it cannot meet a later pod of that name
        patch.putObject("metadata").put("uid", uid(pod));
        ObjectNode status = stage.status(containers, clockwork.now());
        if (stage.runs()) {
            String address = address(pod);
            status.put("podIP", address).putArray("podIPs").addObject().put("ip", address);
        }
        patch.set("status", status);
        client.resource(pod).subresource("status").patch(MERGE, patch.toString());
    }

    /** The same one for a pod each time, since a pod's address never changes. */
    private static String address(Pod pod) {
        int hash = uid(pod).hashCode();
        return String.format(Locale.ROOT, "10.%d.%d.%d", 128 + (hash >>> 16 & 63), hash >>> 8 & 255, 1 + (hash & 127));
    }

    private void begin(Pod pod) {
        synchronized (running) {
            if (stopped || running.containsKey(uid(pod))) {
                return;
            }
            PodProgram program = programs.get(owner(pod));
            if (program != null) {
                String name = pod.getMetadata().getName();
                program.started(name);
                running.put(uid(pod), () -> program.ended(name));
            }
        }
    }

    private void end(String uid) {
        synchronized (running) {
            Runnable end = running.remove(uid);
            if (end != null) {
                end.run();
            }
        }
    }

    private PodBehaviour behaviour(Pod pod) {
        return behaviours.getOrDefault(owner(pod), usual);
    }

    /** Such as {@code shop/deployment/runtime}; a ReplicaSet of a Deployment carries the template's hash in its name. */
    private static String owner(Pod pod) {
        String namespace = pod.getMetadata().getNamespace() + "/";
        for (OwnerReference owner : pod.getMetadata().getOwnerReferences()) {
            if (Boolean.TRUE.equals(owner.getController())) {
                Map<String, String> labels = pod.getMetadata().getLabels();
                String hash = labels == null ? null : labels.get("pod-template-hash");
                if (owner.getKind().equals("ReplicaSet")
                        && hash != null
                        && owner.getName().endsWith("-" + hash)) {
                    String name = owner.getName();
                    return namespace + "deployment/" + name.substring(0, name.length() - hash.length() - 1);
                }
                return namespace + owner.getKind().toLowerCase(Locale.ROOT) + "/" + owner.getName();
            }
        }
        return namespace + "pod/" + pod.getMetadata().getName();
    }

    private static boolean ended(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    private static String uid(Pod pod) {
        return pod.getMetadata().getUid();
    }

    /** A kubelet to be described; see {@link #on}. */
    public static final class Builder {
        private final KubernetesClient client;
        private final String node;
        private Clockwork clockwork = Clockwork.system();
        private PodBehaviour behaviour = PodBehaviour.healthy(Duration.ofMillis(300), Duration.ofMillis(200));
        private @Nullable String namespace;

        private Builder(KubernetesClient client, String node) {
            this.client = Objects.requireNonNull(client, "client");
            this.node = Objects.requireNonNull(node, "node");
        }

        /** Time, randomness and threads; the machine's own by default. It must run on real time. */
        public Builder clockwork(Clockwork clockwork) {
            this.clockwork = Objects.requireNonNull(clockwork, "clockwork");
            return this;
        }

        /** It looks after the pods of this namespace alone; by default after those of all. */
        public Builder namespace(String namespace) {
            this.namespace = Objects.requireNonNull(namespace, "namespace");
            return this;
        }

        /** How pods behave; by default they take 300 ms to become ready and 200 ms to go. */
        public Builder behaviour(PodBehaviour behaviour) {
            this.behaviour = Objects.requireNonNull(behaviour, "behaviour");
            return this;
        }

        /** Registers its node and starts to look after pods. */
        public SimulatedKubelet start() {
            return new SimulatedKubelet(this);
        }
    }
}
