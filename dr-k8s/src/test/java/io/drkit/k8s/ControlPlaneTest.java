package io.drkit.k8s;

import static io.drkit.core.workload.Workload.deployment;
import static io.drkit.core.workload.Workload.statefulSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.DeniedException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.lease.Lease;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore.Seen;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.time.Task;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.testkit.action.RunContext;
import io.drkit.testkit.k8s.ControlPlaneExtension;
import io.drkit.testkit.k8s.PodBehaviour;
import io.drkit.testkit.k8s.RealCluster;
import io.drkit.testkit.net.RelayMode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.SubjectBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What only a real control plane shows: its authorization, its controllers, its death, and what kubectl makes of it. */
@Tag("harness")
class ControlPlaneTest {
    @RegisterExtension
    static final ControlPlaneExtension SITES = new ControlPlaneExtension("west");

    private static final Workload APP = deployment("app");
    private static final Workload QUEUE = statefulSet("queue");
    private static final Duration SOON = Duration.ofMinutes(1);

    private final Clockwork clockwork = Clockwork.system();
    private final RealCluster west = SITES.cluster("west");
    private final String shop = west.namespace();
    private final WorkloadScaler scaler = KubernetesWorkloadScaler.of(west.client(), shop);

    ControlPlaneTest() {
        west.behave(PodBehaviour.healthy(Duration.ofMillis(50), Duration.ofMillis(50)));
    }

    private void run(Workload workload, int replicas) throws InterruptedException {
        west.run(shop, workload, replicas);
        west.settle(SOON);
    }

    private void execute(Action<?> action) throws InterruptedException {
        ActionExecutor.on(clockwork).execute(action);
    }

    private String kubectl(String... arguments) throws InterruptedException {
        List<String> all = new ArrayList<>(List.of("--namespace=" + shop));
        all.addAll(List.of(arguments));
        return west.plane().kubectl(all.toArray(String[]::new)).strip();
    }

    private static <O> void apply(Action<O> action, RunContext context) throws InterruptedException {
        action.apply(action.observe(context), context);
    }

    @Test
    @DisplayName("A1, A7: kubectl sees what the scaler did, and what it remembers")
    void toZeroAndRestore_asKubectlSeesIt() throws InterruptedException {
        run(APP, 2);
        run(QUEUE, 1);
        ActionExecutor.on(clockwork)
                .execute(
                        scaler.toZero(APP, QUEUE), RunContext.of(clockwork, new Epoch(4)), ActionExecutor.Watcher.NONE);

        assertThat(kubectl("get", "pods", "-o", "name")).isEmpty();
        assertThat(kubectl(
                        "get",
                        "deployment/app",
                        "-o",
                        "jsonpath={.spec.replicas} {.metadata.annotations.drkit\\.io/replicas}"
                                + " {.metadata.annotations.drkit\\.io/epoch}"))
                .isEqualTo("0 2 4");

        execute(scaler.restore(APP, QUEUE));
        assertThat(kubectl("get", "deployment/app", "-o", "jsonpath={.status.readyReplicas}"))
                .isEqualTo("2");
        assertThat(kubectl("get", "statefulset/queue", "-o", "jsonpath={.status.readyReplicas}"))
                .isEqualTo("1");
        assertThat(kubectl("get", "deployment/app", "-o", "jsonpath={.metadata.annotations}"))
                .doesNotContain("drkit.io/replicas");
    }

    @Test
    @DisplayName("A1: done is not before the controller of ReplicaSets has seen the change")
    void toZero_replicaSetControllerBehind_isUnderway() throws Exception {
        run(APP, 0);
        west.plane().pauseControllers();
        try {
            // as the Deployment's controller leaves it when it has acted on a count of 2 and then of 0, and the other
            // has not
            var replicaSet = west.plane()
                    .client()
                    .apps()
                    .replicaSets()
                    .inNamespace(shop)
                    .list()
                    .getItems()
                    .get(0);
            for (int count : new int[] {2, 0}) {
                west.plane()
                        .client()
                        .resource(replicaSet)
                        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"replicas\":" + count + "}}");
            }
            assertThat(ActionExecutor.on(clockwork).preview(scaler.toZero(APP)))
                    .isInstanceOf(Assessment.Underway.class);
        } finally {
            west.plane().resumeControllers();
        }
        execute(scaler.toZero(APP));
    }

    @Test
    @DisplayName("A1: the API server dies in the middle, and comes back")
    void toZero_apiServerKilled_goesOnWhenItIsBack() throws Exception {
        run(APP, 2);
        west.plane().killApiServer();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Task executing;
        try {
            assertThatExceptionOfType(UnknownOutcomeException.class).isThrownBy(() -> scaler.status(APP));
            executing = clockwork.start("execute", () -> {
                try {
                    execute(scaler.toZero(APP));
                } catch (InterruptedException | RuntimeException e) {
                    failure.set(e);
                }
            });
        } finally {
            west.plane().startApiServer();
        }
        assertThat(executing.join(SOON)).isTrue();
        assertThat(failure).hasNullValue();
        assertThat(west.pods(shop, APP)).isZero();
    }

    @Test
    @DisplayName("F4: behind a black hole nothing is known, and nothing is taken for gone")
    void status_blackHole_isUnknown() throws InterruptedException {
        run(APP, 0);
        try (KubernetesClient hasty = west.newClient()) {
            hasty.getConfiguration().setRequestTimeout(500);
            WorkloadScaler impatient = KubernetesWorkloadScaler.of(hasty, shop);
            west.plane().relay().mode(RelayMode.blackhole());
            try {
                assertThatExceptionOfType(UnknownOutcomeException.class).isThrownBy(() -> impatient.status(APP));
            } finally {
                west.plane().relay().mode(RelayMode.pass());
            }
            assertThat(impatient.status(APP).get(0).wanted()).isZero();
        }
    }

    // ---- least privilege

    /** The Role that the documentation gives, with the namespace of this test. */
    private Role documented(String page) throws IOException {
        String text = Files.readString(Path.of("../docs", page));
        int begin = text.indexOf("```yaml\n") + "```yaml\n".length();
        Role role = Serialization.unmarshal(text.substring(begin, text.indexOf("```", begin)), Role.class);
        role.getMetadata().setNamespace(shop);
        return role;
    }

    private void grant(Role role, String user) {
        west.plane().client().resource(role).create();
        west.plane()
                .client()
                .resource(new RoleBindingBuilder()
                        .withNewMetadata()
                        .withNamespace(shop)
                        .withName(role.getMetadata().getName())
                        .endMetadata()
                        .withNewRoleRef()
                        .withApiGroup("rbac.authorization.k8s.io")
                        .withKind("Role")
                        .withName(role.getMetadata().getName())
                        .endRoleRef()
                        .addNewSubject()
                        .withApiGroup("rbac.authorization.k8s.io")
                        .withKind("User")
                        .withName(user)
                        .endSubject()
                        .build())
                .create();
    }

    /** Lets users look at nodes, as the documentation says; what this answers is to be deleted. */
    private List<HasMetadata> grantNodes(List<String> users) throws IOException {
        String text = Files.readString(Path.of("../docs/workload-scaler.md"));
        int begin = text.lastIndexOf("```yaml\n") + "```yaml\n".length();
        ClusterRole role =
                Serialization.unmarshal(text.substring(begin, text.indexOf("```", begin)), ClusterRole.class);
        role.getMetadata().setName("nodes-for-" + shop);
        HasMetadata binding = new ClusterRoleBindingBuilder()
                .withNewMetadata()
                .withName("nodes-for-" + shop)
                .endMetadata()
                .withNewRoleRef()
                .withApiGroup("rbac.authorization.k8s.io")
                .withKind("ClusterRole")
                .withName("nodes-for-" + shop)
                .endRoleRef()
                .withSubjects(users.stream()
                        .map(user -> new SubjectBuilder()
                                .withApiGroup("rbac.authorization.k8s.io")
                                .withKind("User")
                                .withName(user)
                                .build())
                        .toList())
                .build();
        List<HasMetadata> granted = List.of(role, binding);
        granted.forEach(one -> west.plane().client().resource(one).create());
        return granted;
    }

    private void scaleBothWays(KubernetesClient client) throws InterruptedException {
        scaleBothWays(KubernetesWorkloadScaler.of(client, shop));
    }

    private void scaleBothWays(WorkloadScaler least) throws InterruptedException {
        execute(least.toZero(APP, QUEUE));
        execute(least.restore(APP, QUEUE));
    }

    @Test
    @DisplayName("A1, A7: the documented Role is enough for the scaler, and each of its verbs is needed")
    void scaler_underTheDocumentedRole_needsEachVerb() throws Exception {
        run(APP, 1);
        run(QUEUE, 1);
        Role role = documented("workload-scaler.md");
        role.getMetadata().setName("whole");
        grant(role, "whole");
        try (KubernetesClient client = west.newClientAs("whole")) {
            assertThatExceptionOfType(DeniedException.class)
                    .as("whoever may not look at nodes says so, or is refused")
                    .isThrownBy(() -> scaleBothWays(client));
            scaleBothWays(KubernetesWorkloadScaler.of(client, shop).withoutLookingAtNodes());
        }
        List<String> users = new ArrayList<>(List.of("whole"));
        role.getRules()
                .forEach(rule -> rule.getResources()
                        .forEach(resource -> rule.getVerbs().forEach(verb -> users.add(lacking(verb, resource)))));
        List<HasMetadata> granted = grantNodes(users);
        int tried = 0;
        try {
            try (KubernetesClient client = west.newClientAs("whole")) {
                scaleBothWays(client);
            }
            for (PolicyRule rule : role.getRules()) {
                for (String resource : List.copyOf(rule.getResources())) {
                    for (String verb : List.copyOf(rule.getVerbs())) {
                        String user = lacking(verb, resource);
                        grant(without(role, user, resource, verb), user);
                        try (KubernetesClient client = west.newClientAs(user)) {
                            assertThatExceptionOfType(DeniedException.class)
                                    .as(user)
                                    .isThrownBy(() -> scaleBothWays(client));
                        }
                        // what the refused one has begun
                        scaleBothWays(west.client());
                        tried++;
                    }
                }
            }
        } finally {
            granted.forEach(one -> west.plane().client().resource(one).delete());
        }
        assertThat(tried).isEqualTo(7);
    }

    private static String lacking(String verb, String resource) {
        return "without-" + verb + "-" + resource;
    }

    /** The Role of one verb on one resource less. */
    private static Role without(Role role, String name, String resource, String verb) {
        Role less = Serialization.clone(role);
        less.setMetadata(Serialization.clone(role.getMetadata()));
        less.getMetadata().setName(name);
        less.getMetadata().setResourceVersion(null);
        less.getMetadata().setUid(null);
        List<PolicyRule> rules = new ArrayList<>();
        for (PolicyRule rule : role.getRules()) {
            for (String one : rule.getResources()) {
                List<String> verbs = rule.getVerbs().stream()
                        .filter(allowed -> !(one.equals(resource) && allowed.equals(verb)))
                        .toList();
                if (!verbs.isEmpty()) {
                    PolicyRule part = Serialization.clone(rule);
                    part.setResources(List.of(one));
                    part.setVerbs(verbs);
                    rules.add(part);
                }
            }
        }
        less.setRules(rules);
        return less;
    }

    // ---- leases

    private static LeaseRecord held(Seen seen) {
        return new LeaseRecord(
                Optional.of(Node.named("controller-1")),
                seen.floor().next(),
                Duration.ofSeconds(15),
                0,
                Optional.empty(),
                Map.of());
    }

    @Test
    @DisplayName("E1, E3: kubectl shows who holds a lease, and the leader's address is published with it")
    void lease_held_asKubectlSeesIt() throws InterruptedException {
        KubernetesLeaseStore store = KubernetesLeaseStore.of(west.client(), shop);
        Leases leases = Leases.in(store)
                .as(new Node("controller-1", "west", "https://controller-1.example"))
                .ttl(Duration.ofSeconds(2))
                .build();
        try (Lease lease = leases.acquire("shop", SOON)) {
            assertThat(kubectl("get", "lease/shop", "--no-headers")).contains("controller-1");
            assertThat(kubectl("get", "lease/shop", "-o", "jsonpath={.spec.leaseDurationSeconds}"))
                    .isEqualTo("2");
            assertThat(leases.holder("shop"))
                    .hasValueSatisfying(
                            holder -> assertThat(holder.address()).isEqualTo("https://controller-1.example"));
            assertThat(lease.held()).isTrue();
        }
        assertThat(kubectl("get", "lease/shop", "-o", "jsonpath={.spec.holderIdentity}"))
                .isEmpty();
    }

    @Test
    @DisplayName("E1: who saw that there was none writes nothing when one came and went meanwhile")
    void lease_cameAndWent_isAConflict() throws InterruptedException {
        KubernetesLeaseStore store = KubernetesLeaseStore.of(west.client(), shop);
        Seen none = store.read("shop");
        Epoch between =
                store.write("shop", none, held(none)).record().orElseThrow().epoch();
        kubectl("delete", "lease", "shop");

        assertThatExceptionOfType(ConflictException.class).isThrownBy(() -> store.write("shop", none, held(none)));
        Seen again = store.read("shop");
        assertThat(again.floor()).isGreaterThanOrEqualTo(between);
        assertThatExceptionOfType(ConflictException.class).isThrownBy(() -> store.write("shop", none, held(none)));
    }

    private Leases leases(String node) {
        return Leases.in(KubernetesLeaseStore.of(west.client(), shop))
                .as(Node.named(node))
                .ttl(Duration.ofSeconds(2))
                .build();
    }

    @Test
    @DisplayName("E2, E4: the API server dies: the lease is over for its holder, and the next holder's epoch is higher")
    void lease_apiServerKilled_isOverForItsHolder() throws Exception {
        try (Lease lease = leases("controller-1").acquire("shop", SOON)) {
            west.plane().killApiServer();
            try {
                Deadline deadline = clockwork.deadline(SOON);
                while (lease.held()) {
                    assertThat(deadline.passed()).isFalse();
                    clockwork.sleep(Duration.ofMillis(20));
                }
                assertThatExceptionOfType(DrException.class).isThrownBy(lease::requireHeld);
            } finally {
                west.plane().startApiServer();
            }
            try (Lease next = leases("controller-2").acquire("shop", SOON)) {
                assertThat(next.epoch()).isGreaterThan(lease.epoch());
            }
        }
    }

    @Test
    @DisplayName("E6: to release a lease a second time is a change, although nothing of it differs")
    void lease_releasedAgain_isAnotherVersion() throws InterruptedException {
        KubernetesLeaseStore store = KubernetesLeaseStore.of(west.client(), shop);
        Seen none = store.read("shop");
        LeaseRecord released = new LeaseRecord(
                Optional.empty(), none.floor().next(), Duration.ofSeconds(15), 0, Optional.empty(), Map.of());
        Seen once = store.write("shop", none, released);

        assertThat(store.write("shop", once, released).version()).isNotEqualTo(once.version());
    }

    @Test
    @DisplayName("F12: the holder's renewTime is for people: an hour ahead or behind, a live lease is not taken")
    void lease_renewTimeOfAnotherClock_isNotCompared() throws InterruptedException {
        KubernetesLeaseStore store = KubernetesLeaseStore.of(west.client(), shop);
        Leases first = Leases.in(store).as(Node.named("controller-1")).ttl(SOON).build();
        Seen none = store.read("shop");
        store.write("shop", none, held(none));
        for (String renewTime : List.of("1999-01-01T00:00:00.000000Z", "2199-01-01T00:00:00.000000Z")) {
            kubectl("patch", "lease", "shop", "--type=merge", "-p", "{\"spec\":{\"renewTime\":\"" + renewTime + "\"}}");
            assertThat(first.tryAcquire("shop")).isEmpty();
        }
    }

    @Test
    @DisplayName("E1: a Lease of somebody else is refused and left alone")
    void lease_ofSomebodyElse_isBlocked() throws InterruptedException {
        west.client()
                .resource(new LeaseBuilder()
                        .withNewMetadata()
                        .withNamespace(shop)
                        .withName("shop")
                        .endMetadata()
                        .withNewSpec()
                        .withHolderIdentity("operator")
                        .endSpec()
                        .build())
                .create();
        KubernetesLeaseStore store = KubernetesLeaseStore.of(west.client(), shop);

        assertThatExceptionOfType(BlockedException.class).isThrownBy(() -> store.read("shop"));
        assertThat(store.list("")).isEmpty();
        assertThat(kubectl("get", "lease/shop", "-o", "jsonpath={.spec.holderIdentity}"))
                .isEqualTo("operator");
    }

    @Test
    @DisplayName("E8: the documented Role is enough for leases; who may only look sees none, and takes none")
    void lease_underTheDocumentedRole_works() throws Exception {
        Role role = documented("leases-on-kubernetes.md");
        role.getMetadata().setName("leases");
        grant(role, "leases");
        try (KubernetesClient client = west.newClientAs("leases")) {
            KubernetesLeaseStore store = KubernetesLeaseStore.of(client, shop);
            Seen none = store.read("shop");
            store.write("shop", none, held(none));
            assertThat(store.list("")).containsOnlyKeys("shop");
        }
        for (String verb : List.of("create", "patch", "get", "list")) {
            String user = "without-" + verb;
            grant(without(role, user, "leases", verb), user);
            try (KubernetesClient client = west.newClientAs(user)) {
                KubernetesLeaseStore store = KubernetesLeaseStore.of(client, shop);
                assertThatExceptionOfType(DeniedException.class).as(user).isThrownBy(() -> {
                    Seen none = store.read(user);
                    store.write(user, none, held(none));
                    store.list("");
                });
            }
        }
        try (KubernetesClient client = west.newClientAs("without-create")) {
            assertThat(KubernetesLeaseStore.of(client, shop).read("other").record())
                    .isEmpty();
        }
    }

    @Test
    @DisplayName("E1: the epoch of a lease is refused by a workload that a later holder's run has changed")
    void scaler_epochsOfTwoLeases_theLaterWins() throws InterruptedException {
        run(APP, 1);
        KubernetesLeaseStore store = KubernetesLeaseStore.of(west.client(), shop);
        Seen none = store.read("shop");
        Epoch first =
                store.write("shop", none, held(none)).record().orElseThrow().epoch();
        kubectl("delete", "lease", "shop");
        Seen gone = store.read("shop");
        Epoch second =
                store.write("shop", gone, held(gone)).record().orElseThrow().epoch();

        apply(scaler.toZero(APP), RunContext.of(clockwork, second));
        assertThatExceptionOfType(StaleEpochException.class)
                .isThrownBy(() -> apply(scaler.restore(APP), RunContext.of(clockwork, first)));
    }
}
