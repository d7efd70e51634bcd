package io.drkit.rules;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.Tree;
import io.drkit.rules.SourceTypes.Type;
import io.drkit.testkit.evidence.Evidence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * No interface of core without a contract in the testkit, and no shipped implementation of one that is not run under it. Sources are
 * read, those of the samples too. What this cannot see: a lambda, and whether a test makes the implementation that it is said to
 * test.
 */
class ContractsTest {
    private static final Path ROOT = Path.of("../..");
    private static final String CORE = "io.drkit.core.";
    private static final String K8S = "io.drkit.k8s.";
    private static final String POSTGRES = "io.drkit.postgres.";
    private static final String TESTKIT = "io.drkit.testkit.";
    private static final String SAMPLES = "io.drkit.samples.";

    /** Which contracts hold the implementations of an interface. */
    private static final Map<String, List<String>> CONTRACTS = Map.ofEntries(
            entry("Action", List.of("ActionContract")),
            entry("ActionContext", List.of("ActionContextContract")),
            entry("BlackHole", List.of("BlackHoleContract")),
            entry("Check", List.of("CheckContract")),
            entry("Clockwork", List.of("ClockworkContract")),
            entry("DnsSwitcher", List.of("DnsSwitcherContract")),
            entry("Fence", List.of("FenceContract")),
            entry("FileTree", List.of("FileTreeContract")),
            entry("FileTreeWriter", List.of("FileTreeContract")),
            entry("HealthProbe", List.of("HealthProbeContract")),
            entry("Journal", List.of("JournalStoreContract")),
            entry("JournalStore", List.of("JournalStoreContract")),
            // implemented by applications alone; its contract is what they may rely on, over each store of leases
            entry("LeaderListener", List.of("LeadershipContract")),
            entry("LeaseStore", List.of("LeaseStoreContract", "LeadershipContract")),
            entry("Listing", List.of("FileTreeContract")),
            entry("Mailbox", List.of("ClockworkContract")),
            entry("NodeAgent", List.of("NodeAgentContract")),
            entry("Observer", List.of("ObserverContract")),
            entry("OutageMemory", List.of("OutageMemoryContract")),
            entry("ReplicaPromoter", List.of("ReplicaPromoterContract")),
            entry("RunListener", List.of("RunListenerContract")),
            entry("SafetyRule", List.of("SafetyRuleContract")),
            entry("ShareSynchronizer", List.of("ShareSynchronizerContract")),
            entry("SnapshotStore", List.of("SnapshotStoreContract")),
            entry("Task", List.of("ClockworkContract")),
            entry("SupersedingAction", List.of("ActionContract")),
            entry("WorkloadScaler", List.of("WorkloadScalerContract")),
            entry("WritersStopped", List.of("WritersStoppedContract")));

    /** The actions that change nothing but their own process: some of the rules do not concern them. */
    private static final Set<String> LOCAL_ACTIONS = Set.of(SAMPLES + "tworegion.ScheduledSync.Setting");

    /** The interfaces that have none, and why. */
    private static final Map<String, String> WITHOUT_CONTRACT = Map.of(
            "Check.Look", "a check is made of it, and that keeps to CheckContract",
            "HealthProbe.Look", "a probe is made of it, and that keeps to HealthProbeContract",
            "ActionExecutor.Watcher",
                    "does nothing unless it wants to; what the executor tells it is in ActionExecutorTest",
            "HeldEpoch", "one call that answers or throws: what follows from either is in EpochAcrossPlansTest",
            "Reading", "one call that answers or throws: what follows from either is in CheckContract",
            "RuleFunction", "builds a rule, and that keeps to SafetyRuleContract",
            "Site", "a name",
            "StepFunction", "builds an action, and that keeps to ActionContract");

    /** The implementations that are held to no contract, and why. */
    private static final Map<String, String> NOT_HELD = Map.ofEntries(
            entry(CORE + "readiness.Gate", "changes nothing, so that there never is something to do; see ChecksTest"),
            entry(CORE + "readiness.NoBlackHole", "says that there is none, and lets nobody in; see ChecksTest"),
            entry(
                    CORE + "run.Superseding",
                    "asks an action that keeps to ActionContract for one thing, once; see LateRequestsTest"),
            entry(CORE + "run.ObservingContext", "for looking: nothing is applied with it, and it keeps nothing"),
            entry(
                    TESTKIT + "share.ShareSynchronizerContract.Context",
                    "the contract's own, with an authority that it takes away"),
            entry(TESTKIT + "disaster.Host", "a machine, which is held, with a death that comes between"),
            entry(TESTKIT + "disaster.Host.anonymous Mailbox", "a machine's, with a death that comes between"),
            entry(
                    TESTKIT + "disaster.HostJournals",
                    "those in memory, which are held, with a death that comes between"),
            entry(TESTKIT + "disaster.HostLeases", "those in memory, which are held, over a network that fails"),
            entry(TESTKIT + "disaster.HostJournals.Held", "one in memory, with a death that comes between"),
            entry(TESTKIT + "disaster.RemoteFileTree", "one in memory, which is held, over a network that fails"),
            entry(TESTKIT + "disaster.RemoteFileTree.RemoteWriter", "one in memory, over a network that fails"),
            entry(TESTKIT + "share.FaultyFileTree.BrokenListing", "made to break the rules"),
            entry(TESTKIT + "lease.LeadershipContract.Member", "the contract's own, which tells what it is told"),
            entry(
                    TESTKIT + "replica.ReplicaPromoterContract.anonymous Fence",
                    "the contract's own, which can never tell whether it has fenced"),
            entry(TESTKIT + "event.RunListenerContract.Story.Work", "a step of the contract's own runs"),
            entry(
                    SAMPLES + "tworegion.ScheduledSync.anonymous Action",
                    "changes nothing but the report of its own run; see ShopPlanTest"),
            entry(SAMPLES + "benchmarks.Overhead.Add", "a load whose cost is measured: a set in memory"),
            entry(SAMPLES + "benchmarks.DisasterRate.Stated", "a load whose cost is measured: a word in the journal"));

    /** Where the others are held to theirs. */
    private static final Map<String, List<String>> HELD = new TreeMap<>();

    static {
        // core
        held(CORE + "action.DirectContext", TESTKIT + "action.ActionContextsTest.OutsideAnyRun");
        held(CORE + "run.StepRun", TESTKIT + "action.ActionContextsTest.OfARun");
        held(CORE + "snapshot.PruneAction", TESTKIT + "action.ActionsTest.PruneSnapshots");
        held(CORE + "snapshot.TakeAction", TESTKIT + "action.ActionsTest.TakeSnapshot");
        held(
                CORE + "share.SyncAction",
                TESTKIT + "action.ActionsTest.Syncing",
                TESTKIT + "action.ActionsTest.FinalSync");
        held(CORE + "time.SystemClockwork", TESTKIT + "time.SystemClockworkTest");
        held(CORE + "time.SystemClockwork.QueueMailbox", TESTKIT + "time.SystemClockworkTest");
        held(CORE + "time.SystemClockwork.ThreadTask", TESTKIT + "time.SystemClockworkTest");
        held(
                CORE + "lease.FileLeaseStore",
                TESTKIT + "lease.LeaseStoresTest.Files",
                TESTKIT + "lease.LeaseStoresTest.LeadersInFiles");
        held(
                CORE + "lease.zookeeper.ZooKeeperLeaseStore",
                TESTKIT + "lease.ZooKeeperLeaseStoreTest",
                TESTKIT + "lease.ZooKeeperLeaseStoreTest.Leaders");
        held(CORE + "journal.FileJournalStore", TESTKIT + "journal.JournalStoresTest.Files");
        held(CORE + "journal.FileJournal", TESTKIT + "journal.JournalStoresTest.Files");
        held(
                CORE + "journal.MirroredJournalStore",
                TESTKIT + "journal.JournalStoresTest.Mirrored",
                POSTGRES + "PostgresStoresContractTest.MirroredJournals");
        held(CORE + "journal.MirroredJournal", TESTKIT + "journal.JournalStoresTest.Mirrored");
        held(CORE + "journal.BoundedJournalStore", TESTKIT + "journal.JournalStoresTest.Mirrored");
        held(CORE + "journal.BoundedJournalStore.Bounded", TESTKIT + "journal.JournalStoresTest.Mirrored");
        held(
                CORE + "readiness.NamedCheck",
                Stream.of(
                                "Named",
                                "Staleness",
                                "Parity",
                                "Secrets",
                                "Credential",
                                "ReplicationLag",
                                "ReplicaIntent",
                                "DnsTtl")
                        .map(check -> TESTKIT + "readiness.ChecksContractTest." + check)
                        .toArray(String[]::new));
        held(
                CORE + "readiness.SurvivalCheck",
                TESTKIT + "readiness.ChecksContractTest.Survives",
                TESTKIT + "readiness.ChecksContractTest.Journal",
                TESTKIT + "readiness.ChecksContractTest.Lease");
        held(
                CORE + "detect.NamedProbe",
                TESTKIT + "detect.ProbesContractTest.Named",
                TESTKIT + "detect.ProbesContractTest.Http",
                TESTKIT + "detect.ProbesContractTest.Tcp");
        held(CORE + "detect.LocalObserver", TESTKIT + "detect.LocalObserverTest");
        held(CORE + "detect.ProcessMemory", TESTKIT + "detect.OutageMemoriesTest.InProcess");
        held(CORE + "detect.FileMemory", TESTKIT + "detect.OutageMemoriesTest.InAFile");
        held(CORE + "share.LocalFileTree", TESTKIT + "share.LocalFileTreeContractTest");
        held(CORE + "share.LocalFileTree.LocalListing", TESTKIT + "share.LocalFileTreeContractTest");
        held(CORE + "share.LocalWriter", TESTKIT + "share.LocalFileTreeContractTest");
        held(
                CORE + "share.FileTreeSynchronizer",
                TESTKIT + "share.LocalSynchronizerTest",
                TESTKIT + "share.InMemorySynchronizerTest");
        held(CORE + "event.JsonLines", TESTKIT + "event.RunListenersTest.Json");
        held(
                CORE + "event.ConsoleProgress",
                TESTKIT + "event.RunListenersTest.Log",
                TESTKIT + "event.RunListenersTest.LivePicture");
        held(CORE + "metrics.RunMetrics", TESTKIT + "event.RunListenersTest.Metrics");
        for (String rule : List.of("OneWritablePrimary", "OneSiteServes", "TrafficOnlyToReady")) {
            held(CORE + "safety." + rule, TESTKIT + "safety.SafetyRulesContractTest." + rule);
        }
        // Kubernetes: on the mock, and on the real control plane
        for (String action : List.of("ToZero", "Restore", "ScaleTo")) {
            held(K8S + "ScaleAction", K8S + "KubernetesActionsTest." + action);
        }
        held(K8S + "KubernetesDnsSwitcher.PointTo", K8S + "KubernetesActionsTest.PointTo");
        for (String substrate : List.of("OnMockTest", "OnControlPlaneTest")) {
            held(K8S + "KubernetesDnsSwitcher", K8S + "KubernetesDnsSwitcherContract" + substrate);
            held(K8S + "KubernetesWorkloadScaler", K8S + "KubernetesWorkloadScalerContract" + substrate);
            held(K8S + "KubernetesLeaseStore", K8S + "KubernetesLeaseStore" + substrate);
        }
        held(K8S + "KubernetesLeaseStore", K8S + "KubernetesLeaseStoreTest.Leaders");
        held(K8S + "CapacityCheck", K8S + "CapacityCheckTest.UnderContract");
        // PostgreSQL
        held(POSTGRES + "Switchover", POSTGRES + "PostgresActionsTest.SwitchingOver");
        held(POSTGRES + "Failover", POSTGRES + "PostgresActionsTest.FailingOver");
        held(POSTGRES + "Rejoin", POSTGRES + "PostgresActionsTest.Rejoining");
        held(POSTGRES + "PostgresFences.AgentFence", POSTGRES + "PostgresFenceContractTest");
        held(POSTGRES + "PostgresReplicaPromoter", POSTGRES + "PostgresPromoterContractTest");
        held(POSTGRES + "PostgresJournalStore", POSTGRES + "PostgresStoresContractTest.Journals");
        held(POSTGRES + "PostgresJournal", POSTGRES + "PostgresStoresContractTest.Journals");
        held(
                POSTGRES + "PostgresLeaseStore",
                POSTGRES + "PostgresStoresContractTest.Leases",
                POSTGRES + "PostgresStoresContractTest.Leaders");
        // the testkit
        held(TESTKIT + "action.RunContext", TESTKIT + "action.ActionContextsTest.OfATest");
        held(TESTKIT + "dns.FakeDnsSwitcher", TESTKIT + "dns.FakeDnsSwitcherTest");
        held(TESTKIT + "dns.FakeDnsSwitcher.PointTo", TESTKIT + "action.ActionsTest.PointTo");
        held(TESTKIT + "workload.FakeWorkloadScaler", TESTKIT + "workload.FakeWorkloadScalerTest");
        held(TESTKIT + "workload.FakeWorkloadScaler.Scaling", TESTKIT + "action.ActionsTest.ToZero");
        held(TESTKIT + "replica.FakeReplicaPromoter", TESTKIT + "replica.FakeReplicaPromoterTest");
        for (String action : List.of("Switchover", "Failover", "Rejoin")) {
            held(
                    TESTKIT + "replica.FakeReplicaPromoter." + action,
                    TESTKIT + "replica.FakeReplicaActionsTest." + action);
        }
        held(TESTKIT + "replica.FakeDatabase.anonymous Fence", TESTKIT + "replica.FakeFenceTest");
        held(TESTKIT + "postgres.PostgresServer", TESTKIT + "postgres.PostgresAgentContractTest");
        held(
                TESTKIT + "snapshot.FakeSnapshotStore",
                TESTKIT + "snapshot.FakeSnapshotStoreTest.Quick",
                TESTKIT + "snapshot.FakeSnapshotStoreTest.Slow");
        held(TESTKIT + "share.InMemoryFileTree", TESTKIT + "share.InMemoryFileTreeTest");
        held(TESTKIT + "share.InMemoryFileTree.Pages", TESTKIT + "share.InMemoryFileTreeTest");
        held(TESTKIT + "share.InMemoryFileTree.Writer", TESTKIT + "share.InMemoryFileTreeTest");
        held(TESTKIT + "share.FaultyFileTree", TESTKIT + "share.FaultyFileTreeTest");
        held(TESTKIT + "share.FaultyFileTree.FaultyWriter", TESTKIT + "share.FaultyFileTreeTest");
        held(TESTKIT + "journal.InMemoryJournalStore", TESTKIT + "journal.JournalStoresTest.InMemory");
        held(TESTKIT + "journal.InMemoryJournalStore.InMemoryJournal", TESTKIT + "journal.JournalStoresTest.InMemory");
        for (String store : List.of("InMemoryLeaseStore", "InMemoryLeaseStore.anonymous LeaseStore")) {
            held(TESTKIT + "lease." + store, TESTKIT + "lease.LeaseStoresTest.InMemory");
            held(TESTKIT + "lease." + store, TESTKIT + "lease.LeaseStoresTest.InMemoryOverALink");
            held(TESTKIT + "lease." + store, TESTKIT + "lease.LeaseStoresTest.LeadersInMemory");
        }
        held(TESTKIT + "time.VirtualClockwork", TESTKIT + "time.VirtualClockworkContractTest");
        held(TESTKIT + "time.VirtualMailbox", TESTKIT + "time.VirtualClockworkContractTest");
        held(TESTKIT + "time.VirtualTask", TESTKIT + "time.VirtualClockworkContractTest");
        held(TESTKIT + "time.Machine", TESTKIT + "time.MachineContractTest");
        // the samples
        held(
                SAMPLES + "tworegion.ScheduledSync.Setting",
                SAMPLES + "tworegion.ScheduledSyncTest.Pausing",
                SAMPLES + "tworegion.ScheduledSyncTest.Running");
    }

    private static SourceTypes main;
    private static SourceTypes tests;

    private static void held(String implementation, String... tests) {
        HELD.computeIfAbsent(implementation, none -> new ArrayList<>()).addAll(List.of(tests));
    }

    @BeforeAll
    static void readSources() throws IOException {
        List<Path> modules = new ArrayList<>();
        for (Path parent : List.of(ROOT, ROOT.resolve("samples"))) {
            try (Stream<Path> directories = Files.list(parent)) {
                directories
                        .filter(each -> Files.isDirectory(each.resolve("src")))
                        .sorted()
                        .forEach(modules::add);
            }
        }
        main = SourceTypes.below(
                modules.stream().map(module -> module.resolve("src/main/java")).toList());
        tests = SourceTypes.below(
                modules.stream().map(module -> module.resolve("src/test/java")).toList());
    }

    /** An interface that somebody else may implement, by its name within core: {@code Check}, {@code Check.Look}. */
    private static Map<String, Type> interfaces() {
        Map<String, Type> found = new TreeMap<>();
        for (Type type : main.all()) {
            if (type.id().startsWith(CORE)
                    && type.kind() == Tree.Kind.INTERFACE
                    && type.open()
                    && !type.sealed()
                    && !type.id().contains(".internal.")) {
                found.put(type.withinPackage(), type);
            }
        }
        return found;
    }

    private static Set<String> without(Set<String> some, Set<String> others) {
        Set<String> left = new TreeSet<>(some);
        left.removeAll(others);
        return left;
    }

    private static String simple(String name) {
        return name.substring(name.lastIndexOf('.') + 1);
    }

    /** Those that can be made, and the interfaces under contract that each implements. */
    private static Map<Type, Set<String>> implementations() {
        Map<Type, Set<String>> found = new HashMap<>();
        for (Type type : main.all()) {
            if (type.complete()) {
                Set<String> kept = new TreeSet<>(main.ancestors(type, tests));
                kept.retainAll(CONTRACTS.keySet());
                if (!kept.isEmpty()) {
                    found.put(type, kept);
                }
            }
        }
        return found;
    }

    @Test
    void interfaces_ofCore_haveAContractOrAReasonWhyNot() {
        Set<String> all = interfaces().keySet();
        assertThat(all)
                .as("interfaces that were found; few mean that nothing was read")
                .hasSizeGreaterThan(25);
        Set<String> accounted = new TreeSet<>(WITHOUT_CONTRACT.keySet());
        all.stream().filter(name -> CONTRACTS.containsKey(simple(name))).forEach(accounted::add);
        assertThat(without(all, accounted))
                .as("interfaces without a contract; write one in the testkit, and name it in CONTRACTS")
                .isEmpty();
        assertThat(without(WITHOUT_CONTRACT.keySet(), all))
                .as("entries of WITHOUT_CONTRACT whose interface is gone")
                .isEmpty();
        assertThat(CONTRACTS.keySet())
                .as("interfaces under contract that are still there")
                .isSubsetOf(all.stream().map(ContractsTest::simple).collect(Collectors.toSet()));
        assertThat(CONTRACTS.values().stream().flatMap(List::stream))
                .as("contracts that are in the testkit")
                .allSatisfy(contract -> assertThat(main.all())
                        .filteredOn(type -> type.name().equals(contract) && type.open())
                        .as(contract)
                        .hasSize(1));
    }

    @Test
    void contracts_ofTheTestkit_areAllOfAnInterface() {
        Set<String> known = CONTRACTS.values().stream().flatMap(List::stream).collect(Collectors.toSet());
        known.add("LocalActionContract");
        assertThat(main.all())
                .filteredOn(type -> type.id().startsWith(TESTKIT) && type.name().endsWith("Contract"))
                .hasSizeGreaterThan(20)
                .allSatisfy(type -> {
                    Set<String> lineage = new TreeSet<>(main.ancestors(type, tests));
                    lineage.add(type.name());
                    assertThat(lineage)
                            .as("%s, or what it extends, belongs into CONTRACTS", type.id())
                            .containsAnyElementsOf(known);
                    assertThat(tests.all())
                            .as("tests that keep %s", type.id())
                            .anyMatch(test -> test.complete()
                                    && tests.ancestors(test, main).contains(type.name()));
                });
    }

    @Test
    void implementations_shipped_areRunUnderTheirContracts() throws IOException {
        Map<Type, Set<String>> all = implementations();
        assertThat(all).as("implementations that were found").hasSizeGreaterThan(60);
        Set<String> ids = all.keySet().stream().map(Type::id).collect(Collectors.toCollection(TreeSet::new));
        Set<String> accounted = new TreeSet<>(HELD.keySet());
        accounted.addAll(NOT_HELD.keySet());
        assertThat(without(ids, accounted))
                .as("implementations that are run under no contract; do so, and name the test in HELD")
                .isEmpty();
        assertThat(without(accounted, ids))
                .as("entries of HELD and NOT_HELD whose implementation is gone")
                .isEmpty();
        assertThat(HELD.keySet()).as("either held or not").doesNotContainAnyElementsOf(NOT_HELD.keySet());
        all.forEach((type, interfaces) -> {
            if (HELD.containsKey(type.id())) {
                requireHeld(type, interfaces);
            }
        });
        Evidence.atLeast("implementations-under-contract", HELD.size(), "implementations", 60)
                .write();
    }

    /** Whether JUnit runs it: tests that are nested in an abstract class stand in each class that extends that. */
    private static boolean runs(Type test) {
        Type around = tests.find(test.id().substring(0, test.id().lastIndexOf('.')));
        if (!test.complete() || around == null || around.complete()) {
            return test.complete();
        }
        return tests.all().stream()
                .anyMatch(other ->
                        other.complete() && tests.ancestors(other, main).contains(around.name()));
    }

    private static void requireHeld(Type type, Set<String> interfaces) {
        Set<String> kept = new TreeSet<>();
        for (String id : HELD.get(type.id())) {
            Type test = tests.find(id);
            assertThat(test)
                    .as("the test %s, which holds %s to its contract", id, type.id())
                    .isNotNull();
            assertThat(runs(test))
                    .as("%s, or what it stands in, is abstract, and nobody makes more of it", id)
                    .isTrue();
            kept.addAll(tests.ancestors(test, main));
        }
        for (String name : interfaces) {
            assertThat(kept)
                    .as("contracts that %s is run under, as every %s", type.id(), name)
                    .containsAll(
                            LOCAL_ACTIONS.contains(type.id()) ? Set.of("LocalActionContract") : CONTRACTS.get(name));
        }
        if (interfaces.contains("Action") && type.names().contains("EpochCheck.ENFORCED")) {
            assertThat(kept)
                    .as("contracts that %s is run under, as it says that its resource compares epochs", type.id())
                    .contains("EpochComparingActionContract");
        }
    }
}
