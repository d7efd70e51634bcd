package io.drkit.testkit.readiness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.DrTimeoutException;
import io.drkit.core.Epoch;
import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.dns.DnsStatus;
import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.readiness.BlackHole;
import io.drkit.core.readiness.Check;
import io.drkit.core.readiness.Checks;
import io.drkit.core.readiness.Finding;
import io.drkit.core.readiness.Readiness;
import io.drkit.core.readiness.ReadinessReport;
import io.drkit.core.readiness.Reading;
import io.drkit.core.readiness.ReadyState;
import io.drkit.core.readiness.SecretDigest;
import io.drkit.core.readiness.Side;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.Lag;
import io.drkit.core.replica.NodeStatus;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.core.replica.ReplicationStatus;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.testkit.dns.FakeDnsSwitcher;
import io.drkit.testkit.dns.FakeDnsZone;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.lease.InMemoryLeaseStore;
import io.drkit.testkit.replica.FakeDatabase;
import io.drkit.testkit.replica.FakeDatabases;
import io.drkit.testkit.time.OnVirtualTime;
import io.drkit.testkit.time.VirtualClockwork;
import io.drkit.testkit.workload.FakeWorkloadScaler;
import io.drkit.testkit.workload.FakeWorkloads;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The built-in standing checks, on the fakes. */
class ChecksTest {
    private static final Workload RUNTIME = Workload.deployment("runtime");
    private static final Workload LISTENER = Workload.deployment("listener");
    private static final Duration RPO = Duration.ofMinutes(15);

    @RegisterExtension
    final OnVirtualTime virtual = new OnVirtualTime();

    @TempDir
    Path directory;

    private final VirtualClockwork clockwork = virtual.clockwork();

    /** As a readiness would: a check that throws or hangs has an answer too. */
    private Finding find(Check check) throws InterruptedException {
        record Place(String name) implements Site {}
        RecoveryPlan<Place> plan = RecoveryPlan.<Place>named("shop")
                .rpo(RPO)
                .rto(RPO)
                .step("any", (from, to) -> FakeDnsSwitcher.of(zone()).pointTo("shop", "east"))
                .pointOfNoReturn()
                .build();
        ReadinessReport report = Readiness.of(
                        plan, SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east")))
                .clockwork(clockwork)
                .check(check)
                .build()
                .check();
        return report.results().get(1).finding();
    }

    private FakeDnsZone zone() {
        FakeDnsZone zone = FakeDnsZone.on(clockwork);
        zone.record("shop", "west", Duration.ofSeconds(60));
        return zone;
    }

    // -- replication --------------------------------------------------------------------------------------------------

    private final FakeDatabases databases = FakeDatabases.on(clockwork);
    private final FakeDatabase west = databases.primary("west");
    private final FakeDatabase east = databases.replicaOf(west, "east");

    private Check lag() {
        return Checks.replicationLag("database", databases.promoter(), west, east, RPO);
    }

    @Test
    @DisplayName("D9: replication lag as a state, a figure and a line of text")
    void replicationLag_whenItStreams_isReadyWithItsFigures() throws Exception {
        clockwork.sleep(Duration.ofSeconds(1));
        Finding finding = find(lag());

        assertThat(finding.state()).isEqualTo(ReadyState.READY);
        assertThat(finding.why()).contains("west primary", "east replica streaming", "lag 0 B / 0 ms");
        assertThat(finding.figures()).containsEntry("replication.lag.seconds", 0.0);
    }

    /** Answers this lag of a replica that streams. */
    private record Lagging(Lag lag) implements ReplicaPromoter<String> {
        @Override
        public String name(String node) {
            return node;
        }

        @Override
        public ReplicationStatus status(String primary, String replica) {
            return new ReplicationStatus(
                    new NodeStatus(primary, NodeStatus.Role.PRIMARY, OptionalLong.of(1), "", false, ""),
                    new NodeStatus(replica, NodeStatus.Role.REPLICA, OptionalLong.of(1), "", true, ""),
                    lag);
        }

        @Override
        public Action<?> switchover(String from, String to) {
            throw new AssertionError("readiness changes nothing");
        }

        @Override
        public Action<?> failover(String from, String to, FailoverTerms terms) {
            throw new AssertionError("readiness changes nothing");
        }

        @Override
        public Action<?> rejoin(String former, String primary) {
            throw new AssertionError("readiness changes nothing");
        }
    }

    private Finding lagging(Optional<Duration> time) throws InterruptedException {
        return find(Checks.replicationLag("database", new Lagging(new Lag.Known(8192, time)), "west", "east", RPO));
    }

    @Test
    void replicationLag_whenItIsBeyondTheObjective_isNotReady() throws Exception {
        assertThat(lagging(Optional.of(RPO)).state()).isEqualTo(ReadyState.READY);

        Finding finding = lagging(Optional.of(RPO.plusSeconds(1)));
        assertThat(finding.state()).isEqualTo(ReadyState.NOT_READY);
        assertThat(finding.why()).contains("more than the 15 min that may be lost");
        assertThat(finding.figures())
                .containsEntry("replication.lag.seconds", 901.0)
                .containsEntry("replication.lag.bytes", 8192.0);
    }

    @Test
    @DisplayName("F6: bytes whose age is not known pass no gate")
    void replicationLag_whenItsAgeIsNotKnown_isUnknown() throws Exception {
        assertThat(lagging(Optional.empty()).state()).isEqualTo(ReadyState.UNKNOWN);
    }

    @Test
    @DisplayName("F6: unknown lag is unknown, never zero")
    void replicationLag_whenThePrimaryCannotBeAsked_isUnknown() throws Exception {
        west.reachable(false);
        Finding finding = find(lag());

        assertThat(finding.state()).isEqualTo(ReadyState.UNKNOWN);
        assertThat(finding.figures()).isEmpty();
    }

    @Test
    void replicationLag_whenTheReplicaReceivesNothing_isNotReady() throws Exception {
        databases.cutReplication(true);
        assertThat(find(lag()).state()).isNotEqualTo(ReadyState.READY);
    }

    // -- shares -------------------------------------------------------------------------------------------------------

    @Test
    void staleness_byTheAgeOfTheLastProvenSync() throws Exception {
        Instant synced = clockwork.now();
        Check check = Checks.staleness("files", () -> Optional.of(synced), RPO);
        clockwork.sleep(Duration.ofMinutes(14));
        assertThat(find(check).state()).isEqualTo(ReadyState.READY);

        clockwork.sleep(Duration.ofMinutes(2));
        Finding finding = find(check);
        assertThat(finding.state()).isEqualTo(ReadyState.NOT_READY);
        assertThat(finding.figures()).containsEntry("staleness.seconds", 960.0);
    }

    @Test
    @DisplayName("F7: a share that was never proven in sync is not ready")
    void staleness_whenThereWasNone_isNotReady() throws Exception {
        assertThat(find(Checks.staleness("files", Optional::empty, RPO)).state())
                .isEqualTo(ReadyState.NOT_READY);
    }

    @Test
    @DisplayName("F12: an age that two clocks do not agree on is unknown")
    void staleness_whenItLiesInTheFuture_isUnknown() throws Exception {
        Instant future = clockwork.now().plusSeconds(60);
        assertThat(find(Checks.staleness("files", () -> Optional.of(future), RPO))
                        .state())
                .isEqualTo(ReadyState.UNKNOWN);
    }

    // -- parity -------------------------------------------------------------------------------------------------------

    private static Check images(Map<String, String> west, Map<String, String> east) {
        return Checks.parity("images", Side.of("west", () -> west), Side.of("east", () -> east));
    }

    @Test
    @DisplayName("A14, B10: the same application version on both sides")
    void parity_whenImagesDiffer_namesEveryDifferingEntry() throws Exception {
        assertThat(find(images(Map.of("runtime", "1.4"), Map.of("runtime", "1.4")))
                        .state())
                .isEqualTo(ReadyState.READY);

        Finding finding = find(images(
                Map.of("runtime", "1.4", "listener", "2.0", "same", "1"), Map.of("runtime", "1.3", "same", "1")));
        assertThat(finding.state()).isEqualTo(ReadyState.NOT_READY);
        assertThat(finding.why()).isEqualTo("listener is only in west; runtime is 1.4 in west and 1.3 in east");
        assertThat(finding.figures()).containsEntry("parity.differences", 2.0);
    }

    @Test
    void parity_whenMuchDiffers_namesFiveAndCountsTheRest() throws Exception {
        Map<String, String> many = new TreeMap<>();
        for (int i = 0; i < 8; i++) {
            many.put("app" + i, "1");
        }
        assertThat(find(images(many, Map.of())).why()).endsWith("app4 is only in west; and 3 more");
    }

    @Test
    @DisplayName("F14: two empty sides prove nothing")
    void parity_whenBothSidesAreEmpty_isUnknown() throws Exception {
        assertThat(find(images(Map.of(), Map.of())).state()).isEqualTo(ReadyState.UNKNOWN);
    }

    @Test
    void parity_whenOneSideCannotBeRead_isUnknown() throws Exception {
        Reading<Map<String, String>> broken = () -> {
            throw new java.io.IOException("no route to host");
        };
        Finding finding =
                find(Checks.parity("images", Side.of("west", () -> Map.of("runtime", "1")), Side.of("east", broken)));
        assertThat(finding.state()).isEqualTo(ReadyState.UNKNOWN);
        assertThat(finding.why()).isEqualTo("no route to host");
    }

    @Test
    @DisplayName("F9: secrets missing or different in the other site are named, and neither value nor digest is shown")
    void secrets_whenTheyDiffer_namesThemWithoutValueOrDigest() throws Exception {
        String here = SecretDigest.of("hunter2");
        String there = SecretDigest.of("hunter3");
        Finding finding = find(Checks.secrets(
                "secrets",
                Side.of("west", () -> Map.of("db-password", here, "token", here)),
                Side.of("east", () -> Map.of("db-password", there))));

        assertThat(finding.state()).isEqualTo(ReadyState.NOT_READY);
        assertThat(finding.why()).isEqualTo("db-password differs; token is only in west");
        assertThat(finding.toString()).doesNotContain(here, there, "hunter");
        assertThat(here).isNotEqualTo(there).hasSize(64);
    }

    @Test
    void secrets_whenANameIsVeryLong_isShortened() throws Exception {
        Finding finding = find(Checks.secrets(
                "secrets", Side.of("west", () -> Map.of("n".repeat(500), "1")), Side.of("east", Map::of)));
        assertThat(finding.why()).hasSizeLessThan(90);
    }

    // -- workloads ----------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("A14: the standby knows how many replicas to start")
    void replicaIntent_needsACountRememberedOrRunningOnTheStandby() throws Exception {
        FakeWorkloads active = FakeWorkloads.on(clockwork);
        active.run(RUNTIME, 3);
        active.run(LISTENER, 1);
        FakeWorkloads standby = FakeWorkloads.on(clockwork);
        standby.run(RUNTIME, 2);
        standby.run(LISTENER, 1);
        ActionExecutor.on(clockwork).execute(FakeWorkloadScaler.of(standby).toZero(RUNTIME, LISTENER));
        Check check = Checks.replicaIntent(
                "replicas",
                Side.of("west", FakeWorkloadScaler.of(active)),
                Side.of("east", FakeWorkloadScaler.of(standby)),
                RUNTIME,
                LISTENER);

        Finding fewer = find(check);
        assertThat(fewer.state()).isEqualTo(ReadyState.NOT_READY);
        assertThat(fewer.why()).isEqualTo("deployment/runtime would have 2 in east, and has 3 in west");

        active.scaleByHand(RUNTIME, 2);
        assertThat(find(check).state()).isEqualTo(ReadyState.READY);

        FakeWorkloads forgetful = FakeWorkloads.on(clockwork);
        forgetful.run(RUNTIME, 0);
        Finding none = find(Checks.replicaIntent(
                "replicas",
                Side.of("west", FakeWorkloadScaler.of(active)),
                Side.of("east", FakeWorkloadScaler.of(forgetful)),
                RUNTIME));
        assertThat(none.why()).isEqualTo("deployment/runtime is at zero in east and remembers no count");
    }

    @Test
    void replicaIntent_saysThemInTheOrderAsked() throws Exception {
        FakeWorkloads same = FakeWorkloads.on(clockwork);
        Workload[] all = new Workload[12];
        StringBuilder said = new StringBuilder();
        for (int i = 0; i < all.length; i++) {
            all[i] = Workload.deployment("app" + (char) ('z' - i));
            same.run(all[i], 1);
            said.append(i == 0 ? "{" : ", ").append(all[i]).append("=1");
        }
        Side<WorkloadScaler> west = Side.of("west", FakeWorkloadScaler.of(same));
        Finding finding =
                find(Checks.replicaIntent("replicas", west, Side.of("east", FakeWorkloadScaler.of(same)), all));
        assertThat(finding.why()).isEqualTo(said + "}");
    }

    // -- names and credentials ----------------------------------------------------------------------------------------

    @Test
    @DisplayName("F5: a TTL that outlasts what is allowed is not ready")
    void dnsTtl_comparesWithWhatIsAllowed() throws Exception {
        DnsSwitcher dns = FakeDnsSwitcher.of(zone());

        assertThat(find(Checks.dnsTtl("shop", dns, Duration.ofSeconds(60))).state())
                .isEqualTo(ReadyState.READY);
        Finding high = find(Checks.dnsTtl("shop", dns, Duration.ofSeconds(59)));
        assertThat(high.state()).isEqualTo(ReadyState.NOT_READY);
        assertThat(high.figures()).containsEntry("dns.ttl.seconds", 60.0);
        assertThat(find(Checks.dnsTtl("nowhere", dns, Duration.ofSeconds(60))).state())
                .as("there is no such record, and no retry helps")
                .isEqualTo(ReadyState.NOT_READY);
    }

    @Test
    void dnsTtl_whereThePlatformHasNone_isUnknown() throws Exception {
        DnsSwitcher dns = new DnsSwitcher() {
            @Override
            public DnsStatus status(String name) {
                return new DnsStatus(name, "west", Optional.empty(), Optional.empty(), Optional.empty());
            }

            @Override
            public Action<?> pointTo(String name, String target) {
                throw new AssertionError("readiness changes nothing");
            }
        };
        assertThat(find(Checks.dnsTtl("shop", dns, RPO)).state()).isEqualTo(ReadyState.UNKNOWN);
    }

    @Test
    @DisplayName("F9: a credential that will expire soon is not ready")
    void credential_mustLastLongEnough() throws Exception {
        Instant end = clockwork.now().plus(Duration.ofDays(30));
        Check check = Checks.credential("vault token", () -> end, Duration.ofDays(7));
        assertThat(find(check).state()).isEqualTo(ReadyState.READY);

        clockwork.sleep(Duration.ofDays(24));
        assertThat(find(check).why()).startsWith("it expires at ");
        assertThat(find(check).state()).isEqualTo(ReadyState.NOT_READY);

        clockwork.sleep(Duration.ofDays(7));
        Finding expired = find(check);
        assertThat(expired.why()).startsWith("it expired at ");
        assertThat(expired.figures()).containsEntry("credential.remaining.seconds", -86400.0);
    }

    // -- as a step --------------------------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "B10: a readiness gate as a plan step waits out what is not ready and what is unknown, and no longer than its time")
    void gate_waitsUntilTheCheckIsReady() throws Exception {
        Instant began = clockwork.now();
        Check replicated = Check.named("engines", "all engines have the data", c -> {
            Duration since = Duration.between(began, c.now());
            if (since.compareTo(Duration.ofMinutes(1)) < 0) {
                throw new java.io.IOException("engine 3 does not answer");
            }
            return since.compareTo(Duration.ofMinutes(2)) < 0
                    ? Finding.notReady("engine 3 lacks 2 tables", "wait")
                    : Finding.ready("all have 40 tables");
        });
        ActionExecutor executor = ActionExecutor.on(clockwork);

        assertThat(executor.execute(Checks.gate(replicated, Duration.ofHours(1)))
                        .because())
                .isEqualTo("all have 40 tables");
        assertThat(Duration.between(began, clockwork.now()))
                .isBetween(Duration.ofMinutes(2), Duration.ofMinutes(2).plusSeconds(10));

        Check never = Check.named("engines", "all engines have the data", c -> Finding.notReady("none has", "see why"));
        assertThatThrownBy(() -> executor.execute(Checks.gate(never, Duration.ofMinutes(1))))
                .isInstanceOf(DrTimeoutException.class)
                .hasMessageContaining("none has");
    }

    // -- without the active site --------------------------------------------------------------------------------------

    /** The network as this process sees it: a read that needs west hangs or fails while west is cut off. */
    private final class Network implements BlackHole {
        boolean cut;
        boolean holeWorks = true;

        @Override
        public String site() {
            return "west";
        }

        @Override
        public <T> T inside(Callable<T> work) throws Exception {
            cut = holeWorks;
            try {
                return work.call();
            } finally {
                cut = false;
            }
        }

        @Override
        public boolean siteAnswers() {
            return !cut;
        }

        void needsWest(boolean hangs) throws Exception {
            if (cut && hangs) {
                clockwork.sleep(Duration.ofDays(1));
            } else if (cut) {
                throw new java.io.IOException("connection refused");
            }
        }
    }

    private final Network network = new Network();

    @Test
    @DisplayName("F4: what can be read while the active site does not answer is ready")
    void survives_whenItIsReadWithoutTheSite_isReady() throws Exception {
        Finding finding = find(Checks.survives("journal", network, () -> "read"));
        assertThat(finding.state()).isEqualTo(ReadyState.READY);
        assertThat(finding.why()).isEqualTo("it was read while west did not answer");
    }

    @Test
    @DisplayName("F4: what fails, or hangs, without the active site is not ready")
    void survives_whenItNeedsTheSite_isNotReadyWhetherItFailsOrHangs() throws Exception {
        for (boolean hangs : new boolean[] {false, true}) {
            Finding finding = find(Checks.survives("journal", network, () -> {
                network.needsWest(hangs);
                return "read";
            }));
            assertThat(finding.state()).isEqualTo(ReadyState.NOT_READY);
            assertThat(finding.why()).startsWith("it cannot be read without west, only with it: ");
            assertThat(network.cut).as("the cut ended").isFalse();
        }
    }

    @Test
    @DisplayName("F14: a black hole that does not hold proves nothing, and neither does none")
    void survives_whenTheSiteWasNotCutOff_isUnknown() throws Exception {
        network.holeWorks = false;
        assertThat(find(Checks.survives("journal", network, () -> "read")).why())
                .isEqualTo("west still answers inside the black hole");
        Finding none = find(Checks.survives("journal", BlackHole.notGiven("west"), () -> "read"));
        assertThat(none.state()).isEqualTo(ReadyState.UNKNOWN);
        assertThat(none.why()).startsWith("nobody has tried it");
    }

    @Test
    void survives_whenItCannotBeReadAnyway_isUnknown() throws Exception {
        Finding finding = find(Checks.survives("journal", network, () -> {
            throw new java.io.IOException("disk gone");
        }));
        assertThat(finding.state()).isEqualTo(ReadyState.UNKNOWN);
        assertThat(finding.why()).isEqualTo("it cannot be read at all: disk gone");
    }

    @Test
    @DisplayName("F14: a journal with nothing in it may be another place than the runner's: unknown")
    void journal_withoutARun_isUnknown() throws Exception {
        JournalStore unmounted = new FileJournalStore(directory.resolve("unmounted"));
        Finding finding = find(Checks.journal(new JournalKey("shop", "west", "east"), network, hole -> unmounted));
        assertThat(finding.state()).isEqualTo(ReadyState.UNKNOWN);
        assertThat(finding.why()).contains("no run of shop between east and west is in it");
    }

    private JournalEntry entry(JournalEntry.Kind kind) {
        return new JournalEntry(
                kind, clockwork.now(), "", Map.of("mode", "FAILOVER", "from", "west", "to", "east", "run", "r1"));
    }

    @Test
    @DisplayName("F3: a plan whose last run is not over is not ready, since another would be refused")
    void noUnfinishedRun_byTheLastRun() throws Exception {
        JournalKey key = new JournalKey("shop", "west", "east");
        InMemoryJournalStore journals = new InMemoryJournalStore();
        Check check = Checks.noUnfinishedRun(journals, key);
        assertThat(find(check).state()).as("there never was one").isEqualTo(ReadyState.UNKNOWN);

        try (Journal journal = journals.open(key)) {
            journal.begin(entry(JournalEntry.Kind.RUN_BEGAN));
            Finding goesOn = find(check);
            assertThat(goesOn.state()).isEqualTo(ReadyState.NOT_READY);
            assertThat(goesOn.why()).startsWith("the failover west → east of ").endsWith("(run r1) is not over");
            journal.append(entry(JournalEntry.Kind.RUN_PAUSED));
            assertThat(find(check).state()).as("stopped").isEqualTo(ReadyState.NOT_READY);
            journal.append(entry(JournalEntry.Kind.RUN_ENDED));
            assertThat(find(check).state()).isEqualTo(ReadyState.READY);
        }
    }

    @Test
    void journalAndLease_areReadInsideTheBlackHole() throws Exception {
        JournalStore journals = new JournalStore() {
            @Override
            public Journal open(JournalKey key) {
                throw new AssertionError("readiness opens no journal");
            }

            @Override
            public Journal takeOver(JournalKey key) {
                throw new AssertionError("readiness takes nothing over");
            }

            @Override
            public List<JournalKey> keys() {
                throw new AssertionError("readiness looks at its own journal alone");
            }

            @Override
            public void post(JournalKey key, Instruction instruction) {
                throw new AssertionError("readiness instructs nobody");
            }

            @Override
            public List<Instruction> instructions(JournalKey key) {
                throw new AssertionError("readiness asks for no instructions");
            }

            @Override
            public List<List<JournalEntry>> runs(JournalKey key, int atMost) {
                assertThat(network.cut).isTrue();
                return List.of(List.of(entry(JournalEntry.Kind.RUN_BEGAN)));
            }
        };
        LeaseStore leases = new LeaseStore() {
            @Override
            public Seen read(String name) throws InterruptedException {
                if (network.cut) {
                    throw new NotFoundException(
                            "test.gone", Problem.expected("it").found("nothing").remedy("look"));
                }
                return new Seen(Optional.empty(), "1", Epoch.NONE);
            }

            @Override
            public Seen write(String name, Seen expected, LeaseRecord record) {
                throw new AssertionError("readiness writes no lease");
            }

            @Override
            public Map<String, Seen> list(String prefix) {
                throw new AssertionError();
            }
        };
        assertThat(find(Checks.journal(new JournalKey("shop", "west", "east"), network, hole -> {
                            assertThat(hole.cut).as("opened inside").isTrue();
                            return journals;
                        }))
                        .state())
                .isEqualTo(ReadyState.READY);
        assertThat(find(Checks.lease("shop", network, hole -> leases)).state()).isEqualTo(ReadyState.NOT_READY);
        assertThat(find(Checks.lease("shop", network, hole -> new InMemoryLeaseStore(clockwork)))
                        .state())
                .as("nobody ever held it: it may be another place")
                .isEqualTo(ReadyState.UNKNOWN);
    }
}
