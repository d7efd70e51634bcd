package io.drkit.testkit.engine;

import static io.drkit.testkit.engine.Town.OVER;
import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.StaleEpochException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.RunControl;
import io.drkit.core.run.RunReports;
import io.drkit.testkit.engine.Town.Place;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.lease.InMemoryLeaseStore;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a run still owes to what it did before it was turned, crashed or lost its lease. */
class TurnedRunTest {
    private final VirtualClockwork time = VirtualClockwork.seeded(23);
    private final Town town = new Town();
    private final InMemoryJournalStore journals = new InMemoryJournalStore();
    private final List<Throwable> crashes = new ArrayList<>();

    @AfterEach
    void close() {
        time.close();
    }

    private PlanRunner.Builder process() {
        return PlanRunner.journalingTo(journals).clockwork(time);
    }

    private RunControl ann(RecoveryPlan<Place> plan) {
        return process().build().control(plan, OVER, "ann", "commander");
    }

    /** Runs it while somebody speaks to it. */
    private RunReport run(PlanRunner runner, RecoveryPlan<Place> plan, Word word) throws Exception {
        RunReport report = time.run(() -> {
            time.start("operator", () -> {
                try {
                    word.say(ann(plan));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            return runner.run(plan, OVER);
        });
        assertThat(time.failures()).isEmpty();
        return report;
    }

    private interface Word {
        void say(RunControl control) throws InterruptedException;
    }

    private static StepStatus status(RunReport report, String step) {
        return report.steps().stream()
                .filter(s -> s.name().equals(step))
                .map(StepReport::status)
                .findFirst()
                .orElseThrow();
    }

    // ---- an undo that a crash interrupted

    /** Sets it, and then the process dies before anybody could write that down. */
    private Action<String> setAndDie(String key, String value) {
        Action<String> set = town.set(key, value);
        return new Action<>() {
            @Override
            public String describe() {
                return set.describe();
            }

            @Override
            public String observe(ActionContext context) throws InterruptedException {
                return set.observe(context);
            }

            @Override
            public Assessment assess(String observed) {
                return set.assess(observed);
            }

            @Override
            public void apply(String observed, ActionContext context) throws InterruptedException {
                set.apply(observed, context);
                throw new InternalError("the process dies");
            }
        };
    }

    /** Its switchover fails at "promote"; "pause sync" is put back first thing, and there the process dies. */
    private RecoveryPlan<Place> diesWhilePuttingBack() {
        town.values.put("sync", "running");
        town.blocked.put("old primary", "unreachable");
        return Town.plan()
                .step("pause sync", (from, to) -> town.set("sync", "paused"))
                .undo((from, to) -> setAndDie("sync", "running"))
                .step("bring files over", (from, to) -> town.set("files", "1"))
                .after("pause sync")
                .nothingToUndo("more files do no harm")
                .step("promote", (from, to) -> town.set("old primary", "demoted"))
                .inFailover((from, to) -> town.set("primary", to.name()))
                .after("bring files over")
                .pointOfNoReturn()
                .build();
    }

    private void runUntilItDies(RecoveryPlan<Place> plan) throws Exception {
        time.run(() -> {
            try {
                process().build().run(plan, OVER);
            } catch (InternalError died) {
                crashes.add(died);
            }
        });
        assertThat(crashes).hasSize(1);
        assertThat(town.values).containsEntry("sync", "running");
    }

    @Test
    void failOver_undoOfAStepWasInterrupted_theStepIsLookedAtAnew() throws Exception {
        RecoveryPlan<Place> plan = diesWhilePuttingBack();
        runUntilItDies(plan);
        RunReport report = time.run(() -> {
            ann(plan).failOver("west is dead");
            return process().build().resume(plan, OVER);
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(town.values).containsEntry("primary", "east").containsEntry("sync", "paused");
        assertThat(status(report, "pause sync")).isEqualTo(StepStatus.DONE);
    }

    @Test
    void abandon_undoOfAStepWasInterrupted_theReportCallsTheStepUnknown() throws Exception {
        RecoveryPlan<Place> plan = diesWhilePuttingBack();
        runUntilItDies(plan);
        process().build().abandon(plan, OVER, "ann", "done by hand");
        RunReport report = RunReports.of(
                        journals.runs(new JournalKey("p", "west", "east"), 1).get(0))
                .orElseThrow();
        assertThat(status(report, "pause sync")).isEqualTo(StepStatus.UNKNOWN);
        assertThat(status(report, "bring files over")).isEqualTo(StepStatus.DONE);
    }

    // ---- a retry

    @Test
    void retry_ofAStepWhoseDependencyIsStillAtWork_waitsForIt() throws Exception {
        town.blocked.put("primary", "no capacity");
        town.takes.put("fence", Duration.ofMinutes(10));
        RecoveryPlan<Place> plan = Town.plan()
                .step("fence", (from, to) -> town.set("fence", "up"))
                .onlyIn(Mode.FAILOVER)
                .nothingToUndo("x")
                .step("promote", (from, to) -> town.set("primary", to.name()))
                .after("fence")
                .pointOfNoReturn()
                .build();
        RunReport report = run(process().askOnFailure(Duration.ofHours(1)).build(), plan, ann -> {
            time.sleep(Duration.ofMinutes(1));
            town.blocked.clear();
            ann.failOver("west is dead");
            time.sleep(Duration.ofMinutes(1));
            ann.retry("promote", "there is capacity now");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.told()).extracting(told -> told.refused().isPresent()).containsExactly(false, false);
        assertThat(town.applied).containsExactly("fence=up", "primary=east");
    }

    // ---- a step that was given up

    private RecoveryPlan<Place> deafSwitchover() {
        return Town.plan()
                .step("deaf", (from, to) -> new Deaf(time))
                .onlyIn(Mode.SWITCHOVER)
                .nothingToUndo("x")
                .step("promote", (from, to) -> town.set("primary", to.name()))
                .after("deaf")
                .pointOfNoReturn()
                .step("start", (from, to) -> town.set("start", "1"))
                .after("promote")
                .build();
    }

    @Test
    void failOver_stepOfTheSwitchoverHeedsNobody_isNotCalledDoneWhileItIsAtWork() throws Exception {
        RecoveryPlan<Place> plan = deafSwitchover();
        RunReport stopped = run(process().build(), plan, ann -> {
            time.sleep(Duration.ofSeconds(5));
            ann.failOver("west is dead");
        });
        assertThat(town.values).containsEntry("primary", "east");
        assertThat(stopped.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(stopped.reason()).hasValue("a step that was given up is still at work: \"deaf\"");
        RunReport report = time.run(() -> {
            time.sleep(Duration.ofHours(25));
            return process().build().resume(plan, OVER);
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
    }

    @Test
    void failOver_stepThatHeededNobodyHasEnded_succeeds() throws Exception {
        town.takes.put("primary", Duration.ofMinutes(50));
        RecoveryPlan<Place> plan = deafSwitchover();
        RunReport report = run(process().build(), plan, ann -> {
            time.sleep(Duration.ofSeconds(5));
            ann.failOver("west is dead");
            time.sleep(Duration.ofMinutes(5));
            ann.pause("let it end first");
            time.sleep(Duration.ofHours(25));
            ann.goOn("it has ended");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
    }

    // ---- the authority at the end

    @Test
    void run_leaseLostAfterTheLastChange_doesNotAnswerThatItSucceeded() throws Exception {
        InMemoryLeaseStore store = new InMemoryLeaseStore(time);
        Action<String> last = town.set("a", "1");
        RecoveryPlan<Place> plan = Town.plan()
                .step("a", (from, to) -> new Action<String>() {
                    @Override
                    public String describe() {
                        return last.describe();
                    }

                    @Override
                    public String observe(ActionContext context) throws InterruptedException {
                        return last.observe(context);
                    }

                    @Override
                    public Assessment assess(String observed) {
                        return last.assess(observed);
                    }

                    @Override
                    public void apply(String observed, ActionContext context) throws InterruptedException {
                        last.apply(observed, context);
                        context.clockwork().sleep(Duration.ofMinutes(3));
                    }
                })
                .nothingToUndo("x")
                .build();
        List<Object> ends = new ArrayList<>();
        time.run(() -> {
            time.start("first", () -> {
                try {
                    ends.add(process()
                            .leasedBy(Leases.in(store)
                                    .as(Node.named("n1"))
                                    .clockwork(time)
                                    .build())
                            .listenEvery(Duration.ofHours(1))
                            .build()
                            .run(plan, OVER));
                } catch (Exception e) {
                    ends.add(e);
                }
            });
            time.sleep(Duration.ofMinutes(1));
            store.delete("drkit/p@east+west");
            time.sleep(Duration.ofHours(1));
        });
        assertThat(ends).singleElement().isInstanceOf(StaleEpochException.class);
        assertThat(RunReports.of(
                        journals.runs(new JournalKey("p", "west", "east"), 1).get(0)))
                .isEmpty();
    }

    // ---- approvals

    @Test
    void failOver_approvalWasGivenForTheSwitchover_isAskedForAgain() throws Exception {
        town.takes.put("old primary", Duration.ofMinutes(50));
        RecoveryPlan<Place> plan = Town.plan()
                .step("promote", (from, to) -> town.set("old primary", "demoted"))
                .inFailover((from, to) -> town.set("primary", to.name()))
                .approval("go", "commander", Duration.ofMinutes(30))
                .pointOfNoReturn()
                .build();
        RunReport report = run(process().build(), plan, ann -> {
            time.sleep(Duration.ofMinutes(1));
            ann.approve("go", "for the switchover, which loses nothing");
            time.sleep(Duration.ofMinutes(1));
            ann.failOver("west is dead");
            time.sleep(Duration.ofMinutes(10));
            assertThat(town.applied).isEmpty();
            ann.approve("go", "whatever it loses");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.told()).allSatisfy(told -> assertThat(told.refused()).isEmpty());
        assertThat(report.waits())
                .extracting(RunReport.Wait::what)
                .containsExactly(RunReport.Wait.For.APPROVAL, RunReport.Wait.For.APPROVAL);
        assertThat(town.applied).containsExactly("primary=east");
    }
}
