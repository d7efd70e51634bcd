package io.drkit.testkit.engine;

import static io.drkit.testkit.engine.Town.EAST;
import static io.drkit.testkit.engine.Town.OVER;
import static io.drkit.testkit.engine.Town.WEST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.BlockedException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Epoch;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.HeldEpoch;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.readiness.Checks;
import io.drkit.core.readiness.Readiness;
import io.drkit.core.readiness.ReadinessReport;
import io.drkit.core.readiness.ReadyState;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.TextReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.RunReports;
import io.drkit.core.share.FileTreeSynchronizer;
import io.drkit.core.share.SyncOptions;
import io.drkit.testkit.engine.Town.Place;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.lease.InMemoryLeaseStore;
import io.drkit.testkit.share.InMemoryFileTree;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Resources compare epochs whatever the plan's name, and each plan counts its own. */
class EpochAcrossPlansTest {
    private final VirtualClockwork time = VirtualClockwork.seeded(31);
    private final InMemoryJournalStore journals = new InMemoryJournalStore();
    private final InMemoryLeaseStore leases = new InMemoryLeaseStore(time);
    private final Town town = new Town();
    private final Marked device = new Marked();

    @AfterEach
    void close() {
        time.close();
    }

    /** A value that remembers the epoch of whoever changed it, and refuses a lower one. */
    private static final class Marked {
        String value = "west";
        Epoch held = Epoch.NONE;
        Duration answersAfter = Duration.ZERO;

        Action<String> set(String wanted) {
            return new Action<>() {
                @Override
                public String describe() {
                    return "set the device to " + wanted;
                }

                @Override
                public Optional<HeldEpoch> heldEpoch() {
                    return Optional.of(context -> {
                        context.clockwork().sleep(answersAfter);
                        return Optional.of(held);
                    });
                }

                @Override
                public String observe(ActionContext context) {
                    return value;
                }

                @Override
                public Assessment assess(String observed) {
                    return observed.equals(wanted) ? Assessment.done("it is so") : Assessment.needed(describe());
                }

                @Override
                public void apply(String observed, ActionContext context) {
                    if (held.compareTo(context.epoch()) > 0) {
                        throw StaleEpochException.at("device.stale", "the device", held, context.epoch());
                    }
                    held = context.epoch();
                    value = wanted;
                }
            };
        }
    }

    private RecoveryPlan<Place> plan(String name) {
        return RecoveryPlan.<Place>named(name)
                .rpo(Duration.ofHours(1))
                .rto(Duration.ofHours(1))
                .step("first", (from, to) -> town.set("first", to.name()))
                .nothingToUndo("it stays so")
                .step("device", (from, to) -> device.set(to.name()))
                .after("first")
                .nothingToUndo("it stays so")
                .build();
    }

    private PlanRunner runner(JournalStore journals) {
        return PlanRunner.journalingTo(journals).clockwork(time).build();
    }

    private static SiteSwitch<Place> back() {
        return SiteSwitch.switchoverFrom(EAST).to(WEST);
    }

    /** Leaves the device with epoch 3. */
    private void threeRunsOf(String plan) throws Exception {
        runner(journals).run(plan(plan), OVER);
        runner(journals).run(plan(plan), back());
        assertThat(runner(journals).run(plan(plan), OVER).succeeded()).isTrue();
        assertThat(device.held).isEqualTo(new Epoch(3));
        town.applied.clear();
    }

    @Test
    @DisplayName(
            "F3: a plan whose epochs begin below that of a resource is refused before anything is changed, however often")
    void run_anotherPlansEpochIsHigher_isRefusedBeforeAnythingIsChanged() throws Exception {
        time.run(() -> {
            threeRunsOf("failover");
            for (int i = 0; i < 5; i++) {
                assertThatThrownBy(() -> runner(journals).run(plan("failback"), back()))
                        .isInstanceOf(BlockedException.class)
                        .hasMessageContaining("run.epoch-below")
                        .hasMessageContaining("epoch 3 where the step \"device\" makes its change")
                        .hasMessageContaining("PlanRunner.above(new Epoch(3), who, reason)");
            }
            assertThat(town.applied).isEmpty();
            assertThat(journals.runs(new JournalKey("failback", "west", "east"), 1))
                    .isEmpty();
            return null;
        });
    }

    @Test
    @DisplayName(
            "F3: where the journal is lost, a person lets the run begin above the epoch that resources have; it is in the report")
    void run_journalLostAndBegunAbove_runsAndSaysSo() throws Exception {
        time.run(() -> {
            threeRunsOf("shop");
            InMemoryJournalStore empty = new InMemoryJournalStore();
            PlanRunner runner = runner(empty);
            assertThatThrownBy(() -> runner.run(plan("shop"), back())).hasMessageContaining("run.epoch-below");
            assertThatThrownBy(
                            () -> runner.above(new Epoch(2), "ann", "too low").run(plan("shop"), back()))
                    .hasMessageContaining("run.epoch-below");
            RunReport report =
                    runner.above(new Epoch(3), "ann", "the disk is gone").run(plan("shop"), back());
            assertThat(report.succeeded()).isTrue();
            assertThat(report.epoch()).isEqualTo(new Epoch(4));
            assertThat(report.told()).singleElement().satisfies(told -> {
                assertThat(told.instruction().kind()).isEqualTo(Instruction.Kind.BEGIN_ABOVE);
                assertThat(told.instruction().who()).isEqualTo("ann");
                assertThat(told.instruction().reason()).isEqualTo("the disk is gone");
            });
            assertThat(String.join(" ", TextReport.lines(report, 400)))
                    .contains("begin above epoch 3", "the disk is gone");
            assertThat(RunReports.of(empty.runs(new JournalKey("shop", "west", "east"), 1)
                            .get(0)))
                    .contains(report);
            // and from then on by itself
            assertThat(runner.run(plan("shop"), OVER).epoch()).isEqualTo(new Epoch(5));
            return null;
        });
    }

    @Test
    @DisplayName(
            "F3: a run that another plan overtook is refused when it is resumed, and goes on above that one's epoch")
    void resume_anotherPlanOvertookIt_isRefusedUntilItGoesOnAbove() throws Exception {
        time.run(() -> {
            town.blocked.put("first", "not today");
            RunReport stopped = runner(journals).run(stopping("shop"), back());
            assertThat(stopped.succeeded()).isFalse();
            town.blocked.clear();
            threeRunsOf("failover");
            device.value = "east";
            assertThatThrownBy(() -> runner(journals).resume(stopping("shop"), back()))
                    .hasMessageContaining("run.epoch-below");
            assertThatThrownBy(() -> runner(journals).takeOver(stopping("shop"), back(), "bob", "he is gone"))
                    .hasMessageContaining("run.epoch-below");
            RunReport report = runner(journals)
                    .above(new Epoch(3), "ann", "that run is over")
                    .resume(stopping("shop"), back());
            assertThat(report.succeeded()).isTrue();
            assertThat(report.told())
                    .singleElement()
                    .satisfies(told -> assertThat(told.instruction().kind()).isEqualTo(Instruction.Kind.BEGIN_ABOVE));
            return null;
        });
    }

    /** Past its point of no return when "first" is refused. */
    private RecoveryPlan<Place> stopping(String name) {
        return RecoveryPlan.<Place>named(name)
                .rpo(Duration.ofHours(1))
                .rto(Duration.ofHours(1))
                .step("gone", (from, to) -> town.set("gone", to.name()))
                .pointOfNoReturn()
                .step("first", (from, to) -> town.set("first", to.name()))
                .after("gone")
                .step("device", (from, to) -> device.set(to.name()))
                .after("first")
                .build();
    }

    @Test
    @DisplayName("A resource that is silent holds no run up for longer than 5 s, and its epoch counts as not known")
    void run_resourceDoesNotTellItsEpoch_goesOnAfterFiveSeconds() throws Exception {
        device.answersAfter = Duration.ofHours(1);
        time.run(() -> {
            RunReport report = runner(journals).run(plan("shop"), OVER);
            assertThat(report.succeeded()).isTrue();
            assertThat(time.elapsed()).isEqualTo(Duration.ofSeconds(5));
            return null;
        });
    }

    private final InMemoryFileTree west = InMemoryFileTree.named("west").file("f", new byte[1], Instant.EPOCH);
    private final InMemoryFileTree east = InMemoryFileTree.named("east");

    private RecoveryPlan<Place> copying(String name) {
        return RecoveryPlan.<Place>named(name)
                .rpo(Duration.ofHours(1))
                .rto(Duration.ofHours(1))
                .step("writers", (from, to) -> town.set(name + "'s writers", "stopped"))
                .nothingToUndo("it stays so")
                .step(
                        "share",
                        (from, to) -> new FileTreeSynchronizer(time)
                                .syncing(west, east, SyncOptions.builder().build()))
                .after("writers")
                .nothingToUndo("it stays so")
                .build();
    }

    @Test
    @DisplayName(
            "F3: a share remembers the epoch of another plan's run: refused, and not ready, before writers are stopped")
    void run_anotherPlansEpochIsHigherInAShare_isRefusedBeforeAnythingIsChanged() throws Exception {
        time.run(() -> {
            for (int i = 1; i <= 3; i++) {
                west.file("f", new byte[i], Instant.EPOCH.plusSeconds(i));
                assertThat(runner(journals).run(copying("nightly"), OVER).succeeded())
                        .isTrue();
            }
            west.file("f", new byte[9], Instant.EPOCH.plusSeconds(9));
            town.applied.clear();
            ReadinessReport ready = Readiness.of(copying("dr"), OVER)
                    .check(Checks.epochs(runner(journals), copying("dr"), OVER))
                    .clockwork(time)
                    .build()
                    .check();
            assertThatThrownBy(() -> runner(journals).run(copying("dr"), OVER))
                    .isInstanceOf(BlockedException.class)
                    .hasMessageContaining("run.epoch-below")
                    .hasMessageContaining("epoch 3 where the step \"share\" makes its change")
                    .hasMessageContaining("PlanRunner.above(new Epoch(3), who, reason)");
            assertThat(ready.results().get(2).finding().state()).isEqualTo(ReadyState.NOT_READY);
            assertThat(town.applied).isEmpty();
            RunReport report = runner(journals)
                    .above(new Epoch(3), "ann", "no nightly run is at work")
                    .run(copying("dr"), OVER);
            assertThat(report.succeeded()).isTrue();
            assertThat(east.content("f").orElseThrow()).hasSize(9);
            return null;
        });
    }

    @Test
    @DisplayName("Plans with one lease have one sequence of epochs, and one run of both is active at a time")
    void run_twoPlansWithOneLease_haveOneSequenceOfEpochs() throws Exception {
        time.run(() -> {
            PlanRunner first = leased("n1", new InMemoryJournalStore());
            PlanRunner second = leased("n2", new InMemoryJournalStore());
            first.run(plan("failover"), OVER);
            first.run(plan("failover"), back());
            assertThat(second.run(plan("failback"), OVER).epoch()).isEqualTo(new Epoch(3));
            assertThat(first.run(plan("failover"), back()).succeeded()).isTrue();
            town.takes.put("first", Duration.ofMinutes(10));
            time.start("another", () -> {
                try {
                    first.run(plan("failover"), OVER);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            time.sleep(Duration.ofSeconds(10));
            assertThatThrownBy(() -> second.run(plan("failback"), OVER))
                    .isInstanceOf(DrTimeoutException.class)
                    .hasMessageContaining("lease.held");
            return null;
        });
    }

    private PlanRunner leased(String node, JournalStore journals) {
        return PlanRunner.journalingTo(journals)
                .clockwork(time)
                .leasedBy(Leases.in(leases).as(Node.named(node)).clockwork(time).build())
                .leaseNamed("shop")
                .build();
    }

    @Test
    @DisplayName("F14: readiness says beforehand that resources would refuse the next run, and what to do")
    void check_resourceHasAHigherEpoch_isNotReadyAndSaysWhatToDo() throws Exception {
        time.run(() -> {
            threeRunsOf("failover");
            ReadinessReport ready = readiness("failover");
            assertThat(ready.results().get(2).finding().state()).isEqualTo(ReadyState.READY);
            ReadinessReport other = readiness("failback");
            assertThat(other.results().get(2).finding().state()).isEqualTo(ReadyState.NOT_READY);
            assertThat(other.results().get(2).finding().remedy())
                    .contains("PlanRunner.above(new Epoch(3), who, reason)");
            device.answersAfter = Duration.ofHours(1);
            assertThat(readiness("failback").results().get(2).finding().state()).isEqualTo(ReadyState.UNKNOWN);
            return null;
        });
    }

    private ReadinessReport readiness(String plan) throws InterruptedException {
        return Readiness.of(plan(plan), back())
                .check(Checks.epochs(runner(journals), plan(plan), back()))
                .clockwork(time)
                .build()
                .check();
    }

    @Test
    void above_withoutPersonReasonOrEpoch_isRefused() {
        assertThatThrownBy(() -> runner(journals).above(new Epoch(1), " ", "why"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> runner(journals).above(new Epoch(1), "ann", ""))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> runner(journals).above(Epoch.NONE, "ann", "why"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() ->
                        PlanRunner.journalingTo(journals).leaseNamed("shop").build())
                .isInstanceOf(IllegalStateException.class);
    }
}
