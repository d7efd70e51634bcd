package io.drkit.testkit.engine;

import static io.drkit.testkit.engine.Town.OVER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.RunControl;
import io.drkit.core.safety.Outlook;
import io.drkit.core.safety.SafetyFinding;
import io.drkit.core.safety.SafetyRule;
import io.drkit.testkit.engine.Town.Place;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What may have been changed counts as changed until it was seen, whatever people say to the run meanwhile. */
class DoubtTest {
    private final VirtualClockwork time = VirtualClockwork.seeded(23);
    private final Town town = new Town();
    private final InMemoryJournalStore journals = new InMemoryJournalStore();

    @AfterEach
    void close() {
        time.close();
    }

    private PlanRunner.Builder process() {
        return PlanRunner.journalingTo(journals).clockwork(time);
    }

    private interface Word {
        void say(RunControl control) throws InterruptedException;
    }

    /** Runs it while somebody speaks to it. */
    private RunReport run(PlanRunner runner, RecoveryPlan<Place> plan, Word word) throws Exception {
        RunReport report = time.run(() -> {
            time.start("operator", () -> {
                try {
                    word.say(process().build().control(plan, OVER, "ann", "commander"));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            return runner.run(plan, OVER);
        });
        assertThat(time.failures()).isEmpty();
        return report;
    }

    private static StepReport step(RunReport report, String name) {
        return report.steps().stream()
                .filter(s -> s.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static StepStatus status(RunReport report, String name) {
        return step(report, name).status();
    }

    private void minutes(int minutes) throws InterruptedException {
        time.sleep(Duration.ofMinutes(minutes));
    }

    // ---- approvals that are asked for once more

    /** Makes the change at once; then its answer does not come. */
    private Action<String> setAndHang(String key, String value) {
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
                context.clockwork().sleep(Duration.ofHours(2));
            }

            @Override
            public ExecutionPolicy policy() {
                return ExecutionPolicy.builder().timeout(Duration.ofHours(1)).build();
            }
        };
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("F1: an approval that is missing for the failover says nothing of the promotion that is in doubt")
    void failOver_approvalMissingAndPromotionInDoubt_doesNotGoBack(boolean rejected) throws Exception {
        town.values.put("west writers", "on");
        RecoveryPlan<Place> plan = Town.plan()
                .step("stop writers", (from, to) -> town.set("west writers", "off"))
                .undo((from, to) -> town.set("west writers", "on"))
                .onlyIn(Mode.SWITCHOVER)
                .step("promote", (from, to) -> setAndHang("east primary", "yes"))
                .after("stop writers")
                .approval("go", "commander", Duration.ofMinutes(30))
                .pointOfNoReturn()
                .build();

        RunReport report = run(process().build(), plan, ann -> {
            minutes(1);
            ann.approve("go", "for the switchover");
            minutes(1);
            ann.failOver("west does not answer");
            minutes(1);
            if (rejected) {
                ann.reject("go", "not as a failover");
            }
        });

        assertThat(town.values).containsEntry("east primary", "yes").containsEntry("west writers", "off");
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(step(report, "promote").detail())
                .contains(rejected ? "approval.rejected" : "approval.lapsed", "still stands");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("F14: a step that was done is put back although its approval for the failover is missing")
    void failOver_approvalMissingAndStepDone_isPutBack(boolean rejected) throws Exception {
        town.values.put("writers", "on");
        town.takes.put("copy", Duration.ofMinutes(50));
        RecoveryPlan<Place> plan = Town.plan()
                .step("stop writers", (from, to) -> town.set("writers", "off"))
                .undo((from, to) -> town.set("writers", "on"))
                .approval("go", "commander", Duration.ofMinutes(30))
                .step("copy", (from, to) -> town.set("copy", "1"))
                .nothingToUndo("a copy hurts nobody")
                .onlyIn(Mode.SWITCHOVER)
                .step("promote", (from, to) -> town.set("primary", "east"))
                .after("copy", "stop writers")
                .pointOfNoReturn()
                .build();

        RunReport report = run(process().build(), plan, ann -> {
            time.sleep(Duration.ofSeconds(10));
            ann.approve("go", "for the switchover");
            minutes(1);
            ann.failOver("west does not answer");
            minutes(1);
            if (rejected) {
                ann.reject("go", "not as a failover");
            }
        });

        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(status(report, "stop writers")).isEqualTo(StepStatus.UNDONE);
        assertThat(town.applied).containsExactly("writers=off", "writers=on");
    }

    // ---- a cancelled run that could not go back at once

    /** Makes the change, and then heeds nobody for a while. */
    private Action<String> setAndHeedNobody(String key) {
        Deaf deaf = new Deaf(time, Duration.ofMinutes(5));
        return new Action<>() {
            @Override
            public String describe() {
                return "set " + key + " and heed nobody";
            }

            @Override
            public String observe(ActionContext context) {
                return town.values.getOrDefault(key, "");
            }

            @Override
            public Assessment assess(String observed) {
                return observed.isEmpty() ? Assessment.needed("set " + key) : Assessment.done(key + " is set");
            }

            @Override
            public void apply(String observed, ActionContext context) {
                town.values.put(key, "1");
                deaf.apply(observed, context);
            }
        };
    }

    private RunReport cancelledThenResumed(RecoveryPlan<Place> plan) throws Exception {
        RunReport cancelled = run(process().build(), plan, ann -> {
            time.sleep(Duration.ofSeconds(3));
            ann.cancel("a false alarm");
        });
        assertThat(cancelled.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(cancelled.told())
                .allSatisfy(told -> assertThat(told.refused()).isEmpty());
        return time.run(() -> {
            time.sleep(Duration.ofHours(1));
            return process().build().resume(plan, OVER);
        });
    }

    @Test
    @DisplayName("F13: a run that was cancelled goes back when it is resumed, the step that heeded nobody included")
    void cancel_stepHeedsNobody_resumptionGoesBack() throws Exception {
        town.values.put("writers", "on");
        RunReport report = cancelledThenResumed(Town.plan()
                .step("stop", (from, to) -> town.set("writers", "off"))
                .undo((from, to) -> town.set("writers", "on"))
                .step("slow", (from, to) -> setAndHeedNobody("slow"))
                .after("stop")
                .undo((from, to) -> town.set("slow", ""))
                .step("promote", (from, to) -> town.set("primary", "east"))
                .after("slow")
                .pointOfNoReturn()
                .build());

        assertThat(town.applied).containsExactly("writers=off", "slow=", "writers=on");
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.reason().orElseThrow()).contains("cancelled by ann", "a false alarm");
        assertThat(status(report, "promote")).isEqualTo(StepStatus.NOT_REACHED);
    }

    /** Is seen to be so already, by a look that heeds nobody. */
    private Action<String> slowLook() {
        Deaf deaf = new Deaf(time, Duration.ofSeconds(10));
        return new Action<>() {
            @Override
            public String describe() {
                return "is so already";
            }

            @Override
            public String observe(ActionContext context) {
                deaf.apply("", context);
                return "";
            }

            @Override
            public Assessment assess(String observed) {
                return Assessment.done("east is the primary");
            }

            @Override
            public void apply(String observed, ActionContext context) {
                throw new AssertionError();
            }
        };
    }

    @Test
    @DisplayName("F1: a run that was cancelled while its point of no return turned out to be passed goes forward")
    void cancel_pointOfNoReturnWasPassedBefore_resumptionGoesForward() throws Exception {
        RunReport report = cancelledThenResumed(Town.plan()
                .step("stop", (from, to) -> town.set("writers", "off"))
                .undo((from, to) -> town.set("writers", "on"))
                .step("promote", (from, to) -> slowLook())
                .after("stop")
                .pointOfNoReturn()
                .step("move traffic", (from, to) -> town.set("dns", "east"))
                .after("promote")
                .build());

        assertThat(town.applied).containsExactly("writers=off", "dns=east");
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
    }

    // ---- words said of the switchover

    @Test
    @DisplayName("F1: a fence that was skipped in the switchover is not skipped in the failover")
    void failOver_stepWasSkippedInTheSwitchover_isDoneInTheFailover() throws Exception {
        town.takes.put("copy", Duration.ofMinutes(50));
        town.blocked.put("west", "the console is down");
        RecoveryPlan<Place> plan = Town.plan()
                .step("fence", (from, to) -> town.set("west", "read-only"))
                .inFailover((from, to) -> town.set("west", "powered off"))
                .nothingToUndo("a test")
                .step("copy", (from, to) -> town.set("copy", "1"))
                .onlyIn(Mode.SWITCHOVER)
                .nothingToUndo("a test")
                .step("check", (from, to) -> town.set("check", "1"))
                .onlyIn(Mode.SWITCHOVER)
                .nothingToUndo("a test")
                .step("promote", (from, to) -> town.set("primary", "east"))
                .after("fence", "copy", "check")
                .pointOfNoReturn()
                .build();

        RunReport report =
                run(process().askOnFailure(Duration.ofHours(2)).parallelism(2).build(), plan, ann -> {
                    minutes(1);
                    ann.skip("check", "nobody needs it");
                    ann.skip("fence", "it is read-only already");
                    minutes(1);
                    town.blocked.clear();
                    ann.failOver("west is dead");
                });

        assertThat(report.told()).allSatisfy(told -> assertThat(told.refused()).isEmpty());
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(town.applied).containsExactly("west=powered off", "primary=east");
        assertThat(status(report, "check"))
                .as("what only the switchover had stays as it was said")
                .isEqualTo(StepStatus.SKIPPED);
    }

    @Test
    @DisplayName("F1: a skipped step that may have been half done counts as failed in the failover")
    void failOver_skippedStepHadBegunItsChange_isDoneInTheFailover() throws Exception {
        town.takes.put("copy", Duration.ofMinutes(50));
        town.values.put("west", "writable");
        RecoveryPlan<Place> plan = Town.plan()
                .step("fence", (from, to) -> refusingOnce("west", "read-only"))
                .inFailover((from, to) -> town.set("west", "powered off"))
                .undo((from, to) -> town.set("west", "writable"))
                .step("copy", (from, to) -> town.set("copy", "1"))
                .onlyIn(Mode.SWITCHOVER)
                .nothingToUndo("a test")
                .step("promote", (from, to) -> town.set("primary", "east"))
                .after("fence", "copy")
                .pointOfNoReturn()
                .build();
        RunReport report = run(process().askOnFailure(Duration.ofHours(2)).build(), plan, ann -> {
            minutes(1);
            ann.skip("fence", "it is read-only already");
            minutes(1);
            ann.failOver("west is dead");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(town.applied).containsExactly("west=powered off", "primary=east");
    }

    // ---- refusals

    /** Is refused when it is applied, before anything was changed. */
    private Action<String> refusingOnce(String key, String value) {
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
            public void apply(String observed, ActionContext context) {
                throw new BlockedException(
                        "lag", Problem.expected("lag below 16 MiB").found("20").remedy("wait"));
            }
        };
    }

    private RecoveryPlan<Place> refused() {
        town.values.put("writers", "on");
        return Town.plan()
                .step("stop", (from, to) -> town.set("writers", "off"))
                .undo((from, to) -> town.set("writers", "on"))
                .step("promote", (from, to) -> refusingOnce("primary", "east"))
                .after("stop")
                .pointOfNoReturn()
                .build();
    }

    @Test
    @DisplayName("F6: a promotion that was refused, and then could not be looked at, was not made")
    void retry_pointOfNoReturnWasRefusedAndCannotBeObserved_goesBack() throws Exception {
        RunReport report = run(process().askOnFailure(Duration.ofHours(1)).build(), refused(), ann -> {
            minutes(1);
            town.dark.add("primary");
            ann.retry("promote", "the lag is low now");
            minutes(2);
            ann.cancel("give up, go back");
        });

        assertThat(report.told()).allSatisfy(told -> assertThat(told.refused()).isEmpty());
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(town.values).containsEntry("writers", "on");
    }

    @Test
    void cancel_pointOfNoReturnIsBeingApplied_staysInDoubt() throws Exception {
        town.values.put("writers", "on");
        RecoveryPlan<Place> plan = Town.plan()
                .step("stop", (from, to) -> town.set("writers", "off"))
                .undo((from, to) -> town.set("writers", "on"))
                .step("promote", (from, to) -> setAndHang("primary", "east"))
                .after("stop")
                .pointOfNoReturn()
                .build();
        RunReport report = run(process().askOnFailure(Duration.ofHours(1)).build(), plan, ann -> {
            minutes(60);
            town.dark.add("primary");
            minutes(2);
            ann.retry("promote", "perhaps it answers now");
            minutes(2);
            ann.cancel("give up, go back");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(town.values).containsEntry("writers", "off");
        assertThat(report.told())
                .last()
                .satisfies(told -> assertThat(told.refused()).isPresent());
    }

    // ---- steps that were given up

    @Test
    @DisplayName("F13: a step whose safety rule heeds nobody ends in its time, and begins no change afterwards")
    void run_ruleHeedsNobodyBeyondTheStepsTime_beginsNoChangeLater() throws Exception {
        town.takes.put("other", Duration.ofMinutes(5));
        RecoveryPlan<Place> plan = Town.plan()
                .safety("deaf", (from, to) -> new SafetyRule<String>() {
                    @Override
                    public String describe() {
                        return "heeds nobody for two minutes";
                    }

                    @Override
                    public String observe(ActionContext context) {
                        new Deaf(time, Duration.ofMinutes(2)).apply("", context);
                        return "";
                    }

                    @Override
                    public SafetyFinding judge(String observed, Outlook outlook) {
                        return SafetyFinding.holds("");
                    }
                })
                .step("promote", (from, to) -> within(Duration.ofSeconds(10), town.set("primary", "east")))
                .pointOfNoReturn()
                .build();
        RunReport report = time.run(
                () -> process().observeWithin(Duration.ofMinutes(5)).build().run(plan, OVER));

        assertThat(step(report, "promote").attempts()).isZero();
        assertThat(status(report, "promote")).isEqualTo(StepStatus.FAILED);
        assertThat(town.applied).isEmpty();
    }

    private static <O> Action<O> within(Duration time, Action<O> action) {
        return new Action<>() {
            @Override
            public String describe() {
                return action.describe();
            }

            @Override
            public O observe(ActionContext context) throws InterruptedException {
                return action.observe(context);
            }

            @Override
            public Assessment assess(O observed) {
                return action.assess(observed);
            }

            @Override
            public void apply(O observed, ActionContext context) throws InterruptedException {
                action.apply(observed, context);
            }

            @Override
            public ExecutionPolicy policy() {
                return ExecutionPolicy.builder().timeout(time).build();
            }
        };
    }

    @Test
    @DisplayName("F13: what a step that was given up says later stands in no journal and no report")
    void run_stepThatWasGivenUpSaysSomething_isNotWrittenDown() throws Exception {
        town.takes.put("other", Duration.ofMinutes(5));
        List<Throwable> refused = new ArrayList<>();
        RecoveryPlan<Place> plan = Town.plan()
                .step("slow", (from, to) -> new Action<String>() {
                    @Override
                    public String describe() {
                        return "heeds nobody, and then says what it has done";
                    }

                    @Override
                    public String observe(ActionContext context) {
                        return "";
                    }

                    @Override
                    public Assessment assess(String observed) {
                        return Assessment.needed("something");
                    }

                    @Override
                    public void apply(String observed, ActionContext context) {
                        new Deaf(time, Duration.ofMinutes(2)).apply(observed, context);
                        refused.add(catchThrowable(() -> context.record("copied", "17 files")));
                        refused.add(catchThrowable(() -> context.report(DataLoss.none("files", "all of them"))));
                    }

                    @Override
                    public ExecutionPolicy policy() {
                        return ExecutionPolicy.builder()
                                .timeout(Duration.ofSeconds(10))
                                .build();
                    }
                })
                .nothingToUndo("a test")
                .step("other", (from, to) -> town.set("other", "1"))
                .nothingToUndo("a test")
                .build();
        RunReport report = time.run(() -> process().build().run(plan, OVER));

        assertThat(refused).hasSize(2).allSatisfy(each -> assertThat(each).isInstanceOf(StaleEpochException.class));
        assertThat(step(report, "slow").facts()).isEmpty();
        assertThat(report.losses()).isEmpty();
        assertThat(journals.runs(new JournalKey("p", "west", "east"), 1).get(0))
                .extracting(JournalEntry::kind)
                .doesNotContain(JournalEntry.Kind.FACT, JournalEntry.Kind.LOSS);
    }
}
