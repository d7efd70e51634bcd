package io.drkit.testkit.engine;

import static io.drkit.testkit.engine.Town.EAST;
import static io.drkit.testkit.engine.Town.OVER;
import static io.drkit.testkit.engine.Town.WEST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.Epoch;
import io.drkit.core.event.ConsoleProgress;
import io.drkit.core.event.RunEvent;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.HtmlReport;
import io.drkit.core.report.JsonReport;
import io.drkit.core.report.RtoBreakdown;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.RunControl;
import io.drkit.core.run.RunReports;
import io.drkit.testkit.engine.Town.Place;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.time.VirtualClockwork;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** People speak to a run, from its own process and from another. */
class RunControlTest {
    private final VirtualClockwork time = VirtualClockwork.seeded(11);
    private final Town town = new Town();
    private final InMemoryJournalStore journals = new InMemoryJournalStore();
    private final List<RunEvent> events = new ArrayList<>();
    private final ByteArrayOutputStream console = new ByteArrayOutputStream();
    private final PlanRunner runner = PlanRunner.journalingTo(journals)
            .clockwork(time)
            .listener(events::add)
            .listener(ConsoleProgress.to(new PrintStream(console, true, StandardCharsets.UTF_8))
                    .columns(200)
                    .build())
            .build();
    /** As if it stood in another process: it shares nothing but the store. */
    private final PlanRunner elsewhere =
            PlanRunner.journalingTo(journals).clockwork(time).build();

    @AfterEach
    void close() {
        time.close();
    }

    /** What somebody says meanwhile. */
    private interface Word {
        void say(RunControl control) throws InterruptedException;
    }

    private RunReport run(PlanRunner by, RecoveryPlan<Place> plan, Duration after, Word word) throws Exception {
        RunReport report = time.run(() -> {
            time.start("operator", () -> {
                try {
                    time.sleep(after);
                    word.say(elsewhere.control(plan, OVER, "ann", "commander"));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            return by.run(plan, OVER);
        });
        assertThat(time.failures()).isEmpty();
        assertRebuilt(report);
        return report;
    }

    /** Whatever happened, the journal alone makes the same report. */
    private void assertRebuilt(RunReport report) {
        RunReport rebuilt = RunReports.of(
                        journals.runs(new JournalKey("p", "west", "east"), 1).get(0))
                .orElseThrow();
        assertThat(rebuilt).isEqualTo(report);
        assertThat(JsonReport.toJson(rebuilt)).isEqualTo(JsonReport.toJson(report));
        assertThat(HtmlReport.toHtml(rebuilt)).isEqualTo(HtmlReport.toHtml(report));
        assertThat(JsonReport.fromJson(JsonReport.toJson(report))).isEqualTo(report);
    }

    private static StepReport step(RunReport report, String name) {
        return report.steps().stream()
                .filter(s -> s.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static StepStatus status(RunReport report, String step) {
        return step(report, step).status();
    }

    // ---- approvals

    /** a, which can be undone, then b, which waits ten minutes for an approval. */
    private RecoveryPlan<Place> approved() {
        town.values.put("a", "0");
        return Town.plan()
                .step("a", (from, to) -> town.set("a", "1"))
                .undo((from, to) -> town.set("a", "0"))
                .step("b", (from, to) -> town.set("b", "1"))
                .after("a")
                .approval("go", "commander", Duration.ofMinutes(10))
                .nothingToUndo("x")
                .restoresService()
                .build();
    }

    @Test
    void approve_inTheRole_letsTheStepBeginAndIsCountedAsDecision() throws Exception {
        RunReport report =
                run(runner, approved(), Duration.ofMinutes(5), ann -> ann.approve("go", "all teams are ready"));

        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.told()).singleElement().satisfies(told -> {
            assertThat(told.instruction().who()).isEqualTo("ann");
            assertThat(told.instruction().reason()).isEqualTo("all teams are ready");
            assertThat(told.refused()).isEmpty();
        });
        RtoBreakdown breakdown = RtoBreakdown.of(report).orElseThrow();
        assertThat(breakdown.lines())
                .anySatisfy(line -> {
                    assertThat(line.kind()).isEqualTo(RtoBreakdown.Kind.DECISION);
                    assertThat(line.took())
                            .isBetween(
                                    Duration.ofMinutes(5), Duration.ofMinutes(5).plusSeconds(3));
                })
                .filteredOn(line -> line.kind() == RtoBreakdown.Kind.STEP)
                .allSatisfy(line -> assertThat(line.took()).isLessThan(Duration.ofMinutes(1)));
        assertThat(breakdown.parts().stream().map(RtoBreakdown.Part::took).reduce(Duration.ZERO, Duration::plus))
                .isEqualTo(report.achievedRto().orElseThrow());
        assertThat(HtmlReport.toHtml(report)).contains("What people decided", "all teams are ready", "ann (commander)");
        assertThat(console.toString(StandardCharsets.UTF_8))
                .contains("b: WAITING for the approval \"go\" by the role commander")
                .contains("ann (commander) approved \"go\" (all teams are ready)");
        assertThat(events).anyMatch(RunEvent.WordAwaited.class::isInstance);
    }

    @Test
    void approve_inAnotherRole_isRefusedAndWaitedForOn() throws Exception {
        RecoveryPlan<Place> plan = approved();
        List<RunControl.Answer> answers = new ArrayList<>();
        RunReport report = run(runner, plan, Duration.ofMinutes(1), ann -> {
            RunControl bob = elsewhere.control(plan, OVER, "bob", "intern");
            Instruction said = bob.approve("go", "why not");
            assertThat(bob.answer(said)).as("not heard yet").isEmpty();
            time.sleep(Duration.ofSeconds(10));
            answers.add(bob.answer(said).orElseThrow());
            ann.approve("go", "ready");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(answers.get(0).taken()).isFalse();
        assertThat(answers.get(0).refused()).isEqualTo("it takes the role commander, not intern");
        assertThat(report.told()).hasSize(2);
    }

    @Test
    void approve_beforeItIsAskedFor_isRefused() throws Exception {
        town.takes.put("a", Duration.ofMinutes(5));
        RunReport report = run(runner, approved(), Duration.ofMinutes(1), ann -> ann.approve("go", "in advance"));
        assertThat(report.told().get(0).refused()).hasValue("no step waits for the approval \"go\" now");
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
    }

    @Test
    void reject_failsTheStepWithTheReason() throws Exception {
        RunReport report = run(runner, approved(), Duration.ofMinutes(1), ann -> ann.reject("go", "the bank closes"));
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.reason().orElseThrow())
                .contains("refused by ann (commander): the bank closes", "[approval.rejected]");
        assertThat(town.values).containsEntry("a", "0").doesNotContainKey("b");
        assertThat(time.elapsed()).isLessThan(Duration.ofMinutes(2));
    }

    @Test
    void approval_nobodyAnswers_lapsesAndFailsTheStep() throws Exception {
        RunReport report = run(runner, approved(), Duration.ofDays(1), ann -> {});
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.reason().orElseThrow()).contains("[approval.lapsed]", "commander", "PT10M");
        assertThat(status(report, "b")).isEqualTo(StepStatus.FAILED);
        assertThat(events).anyMatch(RunEvent.WordLapsed.class::isInstance);
        assertThat(report.waits())
                .singleElement()
                .satisfies(wait -> assertThat(
                                Duration.between(wait.began(), wait.ended().orElseThrow()))
                        .isBetween(Duration.ofMinutes(10), Duration.ofMinutes(11)));
    }

    @Test
    void approval_stepsBesideIt_goOnMeanwhile() throws Exception {
        RecoveryPlan<Place> plan = Town.plan()
                .step("guarded", (from, to) -> town.set("g", "1"))
                .approval("go", "commander", Duration.ofHours(1))
                .nothingToUndo("x")
                .step("a", (from, to) -> town.set("a", "1"))
                .nothingToUndo("x")
                .step("b", (from, to) -> town.set("b", "1"))
                .after("a")
                .nothingToUndo("x")
                .build();
        RunReport report = run(runner, plan, Duration.ofMinutes(5), ann -> {
            assertThat(town.applied).containsExactly("a=1", "b=1");
            ann.approve("go", "ready");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
    }

    // ---- pause

    @Test
    void pause_beginsNoFurtherStepUntilSomebodySaysGoOn() throws Exception {
        town.takes.put("a", Duration.ofMinutes(5));
        RecoveryPlan<Place> plan = twoSteps();
        RunReport report = run(runner, plan, Duration.ofMinutes(1), ann -> {
            ann.pause("let me look");
            time.sleep(Duration.ofMinutes(30));
            assertThat(town.applied).as("what was at work went on").containsExactly("a=1");
            ann.pause("once more");
            ann.goOn("looks good");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(time.elapsed()).isGreaterThan(Duration.ofMinutes(30));
        assertThat(report.told()).extracting(told -> told.refused().isPresent()).containsExactly(false, true, false);
        assertThat(report.waits()).extracting(RunReport.Wait::what).containsExactly(RunReport.Wait.For.CONTINUATION);
        assertThat(RtoBreakdown.of(report).orElseThrow().lines())
                .anyMatch(line ->
                        line.kind() == RtoBreakdown.Kind.DECISION && line.took().compareTo(Duration.ofMinutes(20)) > 0);
    }

    private RecoveryPlan<Place> twoSteps() {
        return Town.plan()
                .step("a", (from, to) -> town.set("a", "1"))
                .undo((from, to) -> town.set("a", "0"))
                .step("b", (from, to) -> town.set("b", "1"))
                .undo((from, to) -> town.set("b", "0"))
                .after("a")
                .build();
    }

    // ---- a word about a failure

    private PlanRunner asking() {
        return PlanRunner.journalingTo(journals)
                .clockwork(time)
                .listener(events::add)
                .askOnFailure(Duration.ofHours(1))
                .build();
    }

    @Test
    void retry_ofAFailedStep_goesOnWhereItStood() throws Exception {
        town.blocked.put("b", "no capacity");
        RunReport report = run(asking(), twoSteps(), Duration.ofMinutes(20), ann -> {
            ann.retry("a", "a slip");
            town.blocked.clear();
            ann.retry("b", "the quota was raised");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.told().get(0).refused()).hasValue("only a step that failed can be retried; this one is DONE");
        assertThat(town.applied).containsExactly("a=1", "b=1");
        assertThat(RtoBreakdown.of(report).orElseThrow().lines())
                .as("waiting for the word is not the step's time")
                .filteredOn(line -> line.kind() == RtoBreakdown.Kind.STEP)
                .allSatisfy(line -> assertThat(line.took()).isLessThan(Duration.ofMinutes(1)));
    }

    @Test
    void askOnFailure_nobodyAnswers_doesWhatItDoesByDefault() throws Exception {
        town.values.put("a", "0");
        town.blocked.put("b", "no capacity");
        RunReport report = run(asking(), twoSteps(), Duration.ofDays(1), ann -> {});
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(time.elapsed()).isBetween(Duration.ofHours(1), Duration.ofHours(2));
        assertThat(town.values).containsEntry("a", "0");
    }

    @Test
    void skip_ofAFailedStep_goesOnWithoutItAndSaysSo() throws Exception {
        town.blocked.put("b", "no capacity");
        RecoveryPlan<Place> plan = Town.plan()
                .step("a", (from, to) -> town.set("a", "1"))
                .nothingToUndo("x")
                .step("b", (from, to) -> town.set("b", "1"))
                .after("a")
                .nothingToUndo("x")
                .step("promote", (from, to) -> town.set("p", "1"))
                .after("b")
                .pointOfNoReturn()
                .build();
        RunReport report = run(asking(), plan, Duration.ofMinutes(20), ann -> {
            ann.skip("promote", "in a hurry");
            ann.skip("a", "a slip");
            ann.skip("nothing of that name", "a slip");
            ann.skip("b", "the cache fills by itself");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(status(report, "b")).isEqualTo(StepStatus.SKIPPED);
        assertThat(step(report, "b").detail()).isEqualTo("skipped by ann (commander): the cache fills by itself");
        assertThat(report.told().subList(0, 3))
                .extracting(told -> told.refused().orElseThrow())
                .containsExactly(
                        "it is the point of no return: without it there is no switch",
                        "only a step that failed or has not begun can be skipped; this one is DONE",
                        "the plan has no step \"nothing of that name\"");
        assertThat(town.values).containsEntry("p", "1");
        assertThat(HtmlReport.toHtml(report)).contains("except what was skipped: &quot;b&quot;");
    }

    @Test
    void skip_ofAStepThatHasNotBegun_isNotBegunWhenItsTurnComes() throws Exception {
        town.takes.put("a", Duration.ofMinutes(5));
        RunReport report = run(runner, twoSteps(), Duration.ofMinutes(1), ann -> {
            ann.skip("a", "it is at work");
            ann.skip("b", "not tonight");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(town.applied).containsExactly("a=1");
        assertThat(report.told().get(0).refused()).hasValue("it is at work");
    }

    // ---- cancel

    @Test
    void cancel_beforeThePointOfNoReturn_stopsWhatIsAtWorkAndPutsBack() throws Exception {
        town.values.put("a", "0");
        town.values.put("b", "0");
        town.takes.put("b", Duration.ofMinutes(30));
        RunReport report = run(runner, twoSteps(), Duration.ofMinutes(1), ann -> {
            town.takes.clear();
            ann.cancel("false alarm");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.reason()).hasValue("cancelled by ann (commander): false alarm");
        assertThat(town.values).containsEntry("a", "0").containsEntry("b", "0");
        assertThat(time.elapsed()).as("nobody waited for b").isLessThan(Duration.ofMinutes(5));
        assertThat(HtmlReport.toHtml(report)).contains("The run was cancelled before the point of no return");
    }

    @Test
    void cancel_pastThePointOfNoReturn_isRefusedAndTheRunGoesForward() throws Exception {
        town.takes.put("promote", Duration.ofMinutes(5));
        RecoveryPlan<Place> plan = Town.plan()
                .step("promote", (from, to) -> town.set("promote", "1"))
                .pointOfNoReturn()
                .step("start", (from, to) -> town.set("start", "1"))
                .after("promote")
                .build();
        RunReport report = run(runner, plan, Duration.ofMinutes(1), ann -> ann.cancel("second thoughts"));
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.told().get(0).refused().orElseThrow()).contains("goes forward only");
    }

    // ---- a switchover that becomes a failover

    /** In a failover the writers are not stopped, and another action promotes. */
    private RecoveryPlan<Place> bothModes() {
        return Town.plan()
                .step("pause jobs", (from, to) -> town.set("jobs", "paused"))
                .undo((from, to) -> town.set("jobs", "running"))
                .step("stop writers", (from, to) -> town.set("writers", "off"))
                .undo((from, to) -> town.set("writers", "on"))
                .onlyIn(Mode.SWITCHOVER)
                .after("pause jobs")
                .step("promote", (from, to) -> town.set("old primary", "demoted"))
                .inFailover((from, to) -> town.set("primary", to.name()))
                .after("stop writers")
                .pointOfNoReturn()
                .step("start", (from, to) -> town.set("start", "1"))
                .after("promote")
                .restoresService()
                .build();
    }

    private void west() {
        town.values.put("jobs", "running");
        town.values.put("writers", "on");
    }

    @Test
    @DisplayName("F4: a switchover whose site dies on the way goes on as a failover of the same run")
    void failOver_inMidRun_goesOnWithTheFailoversStepsAndUndoesNothing() throws Exception {
        west();
        town.takes.put("old primary", Duration.ofMinutes(50));
        RunReport report = run(runner, bothModes(), Duration.ofMinutes(1), ann -> ann.failOver("west is dead"));

        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.mode()).isEqualTo(Mode.FAILOVER);
        assertThat(town.applied).containsExactly("jobs=paused", "writers=off", "primary=east", "start=1");
        assertThat(report.steps())
                .extracting(StepReport::name)
                .as("what the switchover did is not lost from the report")
                .containsExactly("pause jobs", "stop writers", "promote", "start");
        assertThat(report.planHash())
                .isEqualTo(
                        bothModes().bind(SiteSwitch.failoverFrom(WEST).to(EAST)).hash());
        assertThat(time.elapsed()).as("nobody waited for the old primary").isLessThan(Duration.ofMinutes(5));
        assertThat(events).anyMatch(RunEvent.FailedOver.class::isInstance);
        assertThat(console.toString(StandardCharsets.UTF_8)).contains("GOING ON as failover west → east, 3 steps");
    }

    @Test
    void failOver_failoverFailsBeforeItsPointOfNoReturn_putsBackWhatTheSwitchoverDidToo() throws Exception {
        west();
        RecoveryPlan<Place> plan = Town.plan()
                .step("stop writers", (from, to) -> town.set("writers", "off"))
                .undo((from, to) -> town.set("writers", "on"))
                .onlyIn(Mode.SWITCHOVER)
                .step("copy", (from, to) -> town.set("copy", "1"))
                .inFailover((from, to) -> town.set("refused", "1"))
                .nothingToUndo("x")
                .after("stop writers")
                .build();
        town.takes.put("copy", Duration.ofMinutes(50));
        town.blocked.put("refused", "no");
        RunReport report = run(runner, plan, Duration.ofMinutes(1), ann -> ann.failOver("west is dead"));
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(town.values).containsEntry("writers", "on");
        assertThat(status(report, "stop writers")).isEqualTo(StepStatus.UNDONE);
    }

    @Test
    void failOver_ofARunThatIsPuttingBack_goesForwardInstead() throws Exception {
        west();
        town.blocked.put("old primary", "unreachable");
        town.takes.put("writers", Duration.ofMinutes(3));
        RunReport report = run(runner, bothModes(), Duration.ofMinutes(5), ann -> ann.failOver("west is dead"));
        assertThat(events).anyMatch(RunEvent.UndoBegan.class::isInstance);
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(town.values).containsEntry("primary", "east").containsEntry("jobs", "paused");
    }

    @Test
    void failOver_twiceOrOfAFailover_isRefused() throws Exception {
        west();
        town.takes.put("old primary", Duration.ofMinutes(5));
        town.takes.put("primary", Duration.ofMinutes(5));
        RunReport report = run(runner, bothModes(), Duration.ofMinutes(1), ann -> {
            ann.failOver("west is dead");
            time.sleep(Duration.ofMinutes(1));
            ann.failOver("still dead");
        });
        assertThat(report.told().get(1).refused()).hasValue("it is a failover already");
    }

    @Test
    void failOver_leftForAStoppedRun_isHeardWhenItIsResumedAndEitherModeNamesIt() throws Exception {
        west();
        town.blocked.put("start", "no capacity");
        RecoveryPlan<Place> plan = bothModes();
        assertThat(run(runner, plan, Duration.ofDays(1), ann -> {}).outcome()).isEqualTo(RunOutcome.STOPPED);
        RunReport turned = time.run(() -> {
            runner.control(plan, OVER, "ann", "commander").failOver("west is dead");
            return runner.resume(plan, OVER);
        });
        assertThat(turned.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(turned.mode()).isEqualTo(Mode.FAILOVER);
        assertRebuilt(turned);
        town.blocked.clear();
        RunReport report =
                time.run(() -> runner.resume(plan, SiteSwitch.failoverFrom(WEST).to(EAST)));
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.resumptions()).isEqualTo(2);
        assertThat(town.values)
                .as("the switchover's promotion was built on nothing")
                .containsEntry("primary", "east");
        assertRebuilt(report);
    }

    @Test
    void failOver_failoverStepsOfAnotherVersion_isRefused() throws Exception {
        west();
        town.blocked.put("start", "no capacity");
        run(runner, bothModes(), Duration.ofDays(1), ann -> {});
        RecoveryPlan<Place> changed = Town.plan()
                .step("pause jobs", (from, to) -> town.set("jobs", "paused"))
                .undo((from, to) -> town.set("jobs", "running"))
                .step("stop writers", (from, to) -> town.set("writers", "off"))
                .undo((from, to) -> town.set("writers", "on"))
                .onlyIn(Mode.SWITCHOVER)
                .after("pause jobs")
                .step("promote", (from, to) -> town.set("old primary", "demoted"))
                .inFailover((from, to) -> town.set("primary", "somewhere else"))
                .after("stop writers")
                .pointOfNoReturn()
                .step("start", (from, to) -> town.set("start", "1"))
                .after("promote")
                .restoresService()
                .build();
        RunReport report = time.run(() -> {
            runner.control(changed, OVER, "ann", "commander").failOver("west is dead");
            return runner.resume(changed, OVER);
        });
        assertThat(report.told().get(0).refused().orElseThrow()).contains("not those with which the run began");
        assertThat(report.mode()).isEqualTo(Mode.SWITCHOVER);
    }

    // ---- nobody to speak to

    @Test
    void say_toARunThatAnotherHasReplacedMeanwhile_isNotObeyedByThatOne() throws Exception {
        RecoveryPlan<Place> plan = approved();
        // A copy of the journal that knows an older run alone.
        JournalStore behind = new InMemoryJournalStore();
        try (Journal journal = behind.open(new JournalKey("p", "east", "west"))) {
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(new JournalEntry(
                    JournalEntry.Kind.RUN_BEGAN, time.now(), "", Map.of("run", "older", "epoch", "1")));
        }
        List<Instruction> left = new ArrayList<>();
        RunReport report = run(runner, plan, Duration.ofMinutes(1), ann -> {
            RunControl late =
                    PlanRunner.journalingTo(behind).clockwork(time).build().control(plan, OVER, "bob", "");
            left.add(late.cancel("the older one was wrong"));
            journals.post(new JournalKey("p", "east", "west"), left.get(0));
            time.sleep(Duration.ofMinutes(1));
            ann.approve("go", "all teams are ready");
        });
        assertThat(left.get(0).run()).isEqualTo("older");
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.told())
                .extracting(told -> told.instruction().kind())
                .containsExactly(Instruction.Kind.APPROVE);
    }

    @Test
    void say_noRunThatIsNotOver_isRefused() throws Exception {
        RecoveryPlan<Place> plan = twoSteps();
        assertThatThrownBy(() -> runner.control(plan, OVER, "ann", "").pause("why not"))
                .hasMessageContaining("run.nobody-listens");
        run(runner, plan, Duration.ofDays(1), ann -> {});
        assertThatThrownBy(() -> runner.control(plan, OVER, "ann", "").pause("too late"))
                .hasMessageContaining("run.nobody-listens");
        assertThatThrownBy(() -> runner.control(plan, OVER, " ", "")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void control_ofTheRunnersOwn_isHeardAtOnce() throws Exception {
        RecoveryPlan<Place> plan = approved();
        PlanRunner seldom = PlanRunner.journalingTo(journals)
                .clockwork(time)
                .listenEvery(Duration.ofHours(1))
                .build();
        RunReport report = time.run(() -> {
            time.start("operator", () -> {
                try {
                    time.sleep(Duration.ofMinutes(1));
                    seldom.control(plan, OVER, "ann", "commander").approve("go", "ready");
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            return seldom.run(plan, OVER);
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(time.elapsed()).isLessThan(Duration.ofMinutes(2));
    }
}
