package io.drkit.testkit.engine;

import static io.drkit.testkit.engine.Town.EAST;
import static io.drkit.testkit.engine.Town.OVER;
import static io.drkit.testkit.engine.Town.WEST;
import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.DrTimeoutException;
import io.drkit.core.Epoch;
import io.drkit.core.StaleEpochException;
import io.drkit.core.event.RunEvent;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalInUseException;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.journal.MirroredJournalStore;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.testkit.engine.Town.Place;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.lease.InMemoryLeaseStore;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several processes and one run. */
class AttachAndTakeOverTest {
    private final VirtualClockwork time = VirtualClockwork.seeded(5);
    private final Town town = new Town();
    private final InMemoryJournalStore journals = new InMemoryJournalStore();
    /** What each process ended with, by its name. */
    private final Map<String, Object> ends = new TreeMap<>();

    @AfterEach
    void close() {
        time.close();
    }

    private PlanRunner.Builder process() {
        return PlanRunner.journalingTo(journals).clockwork(time);
    }

    private RecoveryPlan<Place> plan() {
        town.takes.put("b", Duration.ofMinutes(10));
        return Town.plan()
                .step("a", (from, to) -> town.set("a", "1"))
                .nothingToUndo("x")
                .step("b", (from, to) -> town.set("b", "1"))
                .after("a")
                .nothingToUndo("x")
                .step("c", (from, to) -> town.set("c", "1"))
                .after("b")
                .nothingToUndo("x")
                .build();
    }

    private void start(String name, Callable<RunReport> run) {
        time.start(name, () -> {
            try {
                ends.put(name, run.call());
            } catch (Exception e) {
                ends.put(name, e);
            }
        });
    }

    @Test
    @DisplayName("F3: a second operator who starts the same run attaches to it")
    void run_theSameTwice_isOneRunWithOneReportForBoth() throws Exception {
        List<RunEvent> seen = new ArrayList<>();
        RecoveryPlan<Place> plan = plan();
        time.run(() -> {
            start("first", () -> process().build().run(plan, OVER));
            time.sleep(Duration.ofMinutes(2));
            start("second", () -> process().listener(seen::add).build().run(plan, OVER));
            time.sleep(Duration.ofHours(1));
        });
        assertThat(ends.get("second")).isEqualTo(ends.get("first"));
        assertThat(((RunReport) ends.get("first")).outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(town.applied).containsExactly("a=1", "b=1", "c=1");
        assertThat(seen)
                .extracting(event -> event.getClass().getSimpleName())
                .containsSubsequence(
                        "Attached", "RunBegan", "StepBegan", "StepApplying", "StepEnded", "OwnerSilent", "RunEnded");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void run_manyAtOnce_isOneRunUnderOneEpoch(long seed) throws Exception {
        try (VirtualClockwork other = VirtualClockwork.seeded(seed)) {
            RecoveryPlan<Place> plan = plan();
            other.run(() -> {
                for (int i = 0; i < 50; i++) {
                    int number = i;
                    other.start("process " + i, () -> {
                        try {
                            ends.put(
                                    "process " + number,
                                    PlanRunner.journalingTo(journals)
                                            .clockwork(other)
                                            .build()
                                            .run(plan, OVER));
                        } catch (Exception e) {
                            ends.put("process " + number, e);
                        }
                    });
                }
                other.sleep(Duration.ofHours(2));
            });
        }
        assertThat(ends).hasSize(50);
        assertThat(ends.values().stream().distinct()).as("one report for all").hasSize(1);
        assertThat(((RunReport) ends.get("process 0")).epoch().value()).isEqualTo(1);
        assertThat(town.applied).containsExactly("a=1", "b=1", "c=1");
    }

    @Test
    void run_anotherModeWhileOneIsActive_isRefused() throws Exception {
        RecoveryPlan<Place> plan = plan();
        time.run(() -> {
            start("first", () -> process().build().run(plan, OVER));
            time.sleep(Duration.ofMinutes(2));
            start(
                    "failover",
                    () -> process()
                            .build()
                            .run(plan, SiteSwitch.failoverFrom(WEST).to(EAST)));
            start(
                    "back",
                    () -> process()
                            .build()
                            .run(plan, SiteSwitch.switchoverFrom(EAST).to(WEST)));
            time.sleep(Duration.ofHours(1));
        });
        assertThat(ends.get("failover"))
                .isInstanceOf(JournalInUseException.class)
                .asString()
                .contains("switchover west → east");
        assertThat(ends.get("back")).isInstanceOf(JournalInUseException.class);
    }

    @Test
    @DisplayName("F11: a frozen owner is stale at its next call")
    void takeOver_ownerFrozen_endsItOnceAndTheOldOwnerChangesNothing() throws Exception {
        RecoveryPlan<Place> plan = plan();
        town.takes.put("b", Duration.ofHours(5));
        List<RunReport> taken = new ArrayList<>();
        time.run(() -> {
            start("frozen", () -> process().build().run(plan, OVER));
            time.sleep(Duration.ofMinutes(2));
            town.takes.clear();
            start("watching", () -> process().build().run(plan, OVER));
            time.sleep(Duration.ofMinutes(2));
            taken.add(process().build().takeOver(plan, OVER, "ann", "west-1 is cut off"));
            time.sleep(Duration.ofHours(6));
        });
        RunReport report = taken.get(0);
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.epoch().value()).isGreaterThan(1);
        assertThat(report.told()).singleElement().satisfies(told -> {
            assertThat(told.instruction().who()).isEqualTo("ann");
            assertThat(told.instruction().reason()).isEqualTo("west-1 is cut off");
        });
        assertThat(ends.get("frozen")).isInstanceOf(StaleEpochException.class);
        assertThat(ends.get("watching"))
                .as("it goes on watching the run under its new owner")
                .isEqualTo(report);
        assertThat(town.applied).containsExactly("a=1", "b=1", "c=1");
    }

    @Test
    void takeOver_ownerWaitingForAnApproval_findsOutWhileItWaits() throws Exception {
        RecoveryPlan<Place> plan = Town.plan()
                .step("a", (from, to) -> town.set("a", "1"))
                .approval("go", "commander", Duration.ofDays(1))
                .nothingToUndo("x")
                .build();
        time.run(() -> {
            start("first", () -> process().build().run(plan, OVER));
            time.sleep(Duration.ofMinutes(1));
            start("second", () -> process().build().takeOver(plan, OVER, "ann", "it hangs"));
            time.sleep(Duration.ofMinutes(1));
            process().build().control(plan, OVER, "bob", "commander").approve("go", "ready");
            time.sleep(Duration.ofMinutes(1));
        });
        assertThat(ends.get("first")).isInstanceOf(StaleEpochException.class);
        assertThat(((RunReport) ends.get("second")).outcome()).isEqualTo(RunOutcome.SUCCEEDED);
    }

    // ---- leases

    private Leases leases(InMemoryLeaseStore store, String node) {
        return Leases.in(store).as(Node.named(node)).clockwork(time).build();
    }

    @Test
    void leasedBy_journalsThatExcludeNobody_oneRunAtATime() throws Exception {
        InMemoryLeaseStore store = new InMemoryLeaseStore(time);
        RecoveryPlan<Place> plan = plan();
        time.run(() -> {
            start("first", () -> process().leasedBy(leases(store, "n1")).build().run(plan, OVER));
            time.sleep(Duration.ofMinutes(2));
            start(
                    "elsewhere",
                    () -> PlanRunner.journalingTo(new InMemoryJournalStore())
                            .clockwork(time)
                            .leasedBy(leases(store, "n2"))
                            .build()
                            .run(plan, OVER));
            time.sleep(Duration.ofMinutes(3));
            assertThat(ends.get("elsewhere")).isInstanceOf(DrTimeoutException.class);
            time.sleep(Duration.ofHours(1));
            start(
                    "afterwards",
                    () -> process().leasedBy(leases(store, "n3")).build().run(plan, OVER));
            time.sleep(Duration.ofMinutes(1));
        });
        RunReport first = (RunReport) ends.get("first");
        RunReport afterwards = (RunReport) ends.get("afterwards");
        assertThat(first.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(afterwards.epoch())
                .as("released as soon as the run was over")
                .isGreaterThan(first.epoch());
    }

    @Test
    void leasedBy_theRunsEpochIsAboveTheLeases() throws Exception {
        InMemoryLeaseStore store = new InMemoryLeaseStore(time);
        for (int i = 0; i < 5; i++) {
            time.run(() -> leases(store, "n1")
                    .tryAcquire("drkit/p@east+west")
                    .orElseThrow()
                    .release());
        }
        town.takes.clear();
        RunReport report =
                time.run(() -> process().leasedBy(leases(store, "n1")).build().run(plan(), OVER));
        assertThat(report.epoch().value()).isGreaterThan(5);
    }

    private RunReport leased(JournalStore journals, InMemoryLeaseStore store, String node) throws Exception {
        RecoveryPlan<Place> plan = plan();
        return time.run(() -> PlanRunner.journalingTo(journals)
                .clockwork(time)
                .leasedBy(leases(store, node))
                .build()
                .run(plan, OVER));
    }

    @Test
    @DisplayName("F11: the next holder's epoch is higher, also where the last one's journal was far ahead")
    void leasedBy_separateJournals_epochGrowsFromEachHolderToTheNext() throws Exception {
        InMemoryLeaseStore store = new InMemoryLeaseStore(time);
        JournalStore ahead = new InMemoryJournalStore();
        JournalStore behind = new InMemoryJournalStore();
        JournalStore mirrored = MirroredJournalStore.of(
                        "west", new InMemoryJournalStore(), "east", new InMemoryJournalStore())
                .build();
        try (Journal journal = ahead.open(new JournalKey("p", "east", "west"))) {
            for (int i = 0; i < 7; i++) {
                journal.raiseEpoch(Epoch.NONE);
            }
        }
        Epoch last = new Epoch(7);
        for (JournalStore next : List.of(ahead, behind, mirrored, behind, ahead, mirrored, mirrored, ahead, behind)) {
            Epoch epoch = leased(next, store, "n1").epoch();
            assertThat(epoch).isGreaterThan(last);
            last = epoch;
        }
    }

    @Test
    void leasedBy_journalWhoseEpochsLeap_hasTheLeaseUnderTheRunsOwnEpoch() throws Exception {
        InMemoryLeaseStore store = new InMemoryLeaseStore(time);
        JournalStore mirrored = MirroredJournalStore.of(
                        "west", new InMemoryJournalStore(), "east", new InMemoryJournalStore())
                .build();
        for (JournalStore next : List.of(journals, mirrored, mirrored, journals)) {
            RunReport report = leased(next, store, "n1");
            LeaseRecord record =
                    time.run(() -> store.read("drkit/p@east+west").record().orElseThrow());
            assertThat(record.epoch()).isEqualTo(report.epoch());
        }
    }

    @Test
    @DisplayName("F11: a run whose lease cannot be renewed changes nothing more")
    void leasedBy_leaseLost_stopsBeforeTheNextEffect() throws Exception {
        InMemoryLeaseStore store = new InMemoryLeaseStore(time);
        RecoveryPlan<Place> plan = plan();
        time.run(() -> {
            start("first", () -> process().leasedBy(leases(store, "n1")).build().run(plan, OVER));
            time.sleep(Duration.ofMinutes(2));
            store.delete("drkit/p@east+west");
            time.sleep(Duration.ofHours(1));
        });
        assertThat(ends.get("first"))
                .isInstanceOf(StaleEpochException.class)
                .asString()
                .contains("lease.");
        assertThat(town.applied).containsExactly("a=1");
    }
}
