package io.drkit.testkit.engine;

import static io.drkit.testkit.engine.Town.OVER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.DrTimeoutException;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.event.ConsoleProgress;
import io.drkit.core.event.RunEvent;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalEntry.Kind;
import io.drkit.core.journal.JournalInUseException;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.MirroredJournalStore;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.HtmlReport;
import io.drkit.core.report.JsonReport;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.report.TextReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.RunControl;
import io.drkit.core.run.RunReports;
import io.drkit.core.status.Status;
import io.drkit.core.status.StatusBoard;
import io.drkit.core.status.StatusJson;
import io.drkit.core.status.StatusPage;
import io.drkit.testkit.engine.Town.Place;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.lease.InMemoryLeaseStore;
import io.drkit.testkit.time.VirtualClockwork;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A step that timed out, does not heed its interruption, and changes something later. */
class GivenUpStepTest {
    private static final JournalKey KEY = new JournalKey("p", "west", "east");

    private final VirtualClockwork time = VirtualClockwork.seeded(41);
    private final Town town = new Town();
    private final InMemoryJournalStore journals = new InMemoryJournalStore();
    /** What each process ended with, by its name. */
    private final Map<String, Object> ends = new TreeMap<>();

    @AfterEach
    void close() {
        assertThat(time.failures()).isEmpty();
        time.close();
    }

    /** Sets it when its time is over, whoever interrupts it, and compares no epoch. */
    private final class Late implements Action<String> {
        private final String key;

        Late(String key) {
            this.key = key;
        }

        @Override
        public String describe() {
            return "set " + key + ", late";
        }

        @Override
        public String observe(ActionContext context) {
            return town.values.getOrDefault(key, "");
        }

        @Override
        public Assessment assess(String observed) {
            return observed.equals("1") ? Assessment.done(key + " is 1") : Assessment.needed(key + " to 1");
        }

        @Override
        public void apply(String observed, ActionContext context) throws InterruptedException {
            new Deaf(time, town.takes.getOrDefault(key, Duration.ZERO)).apply("", context);
            town.applied.add(key + "=1");
            town.values.put(key, "1");
        }

        @Override
        public ExecutionPolicy policy() {
            return ExecutionPolicy.builder().timeout(Duration.ofMinutes(1)).build();
        }
    }

    /** "late" takes ten hours in the first process, and no time in those after it. */
    private RecoveryPlan<Place> plan() {
        town.takes.put("late", Duration.ofHours(10));
        return Town.plan()
                .step("late", (from, to) -> new Late("late"))
                .undo((from, to) -> town.set("late", "0"))
                .step("after", (from, to) -> town.set("after", "1"))
                .after("late")
                .undo((from, to) -> town.set("after", "0"))
                .build();
    }

    private PlanRunner.Builder process() {
        return PlanRunner.journalingTo(journals).clockwork(time).listenEvery(Duration.ofSeconds(20));
    }

    private RunControl ann(RecoveryPlan<Place> plan) {
        return process().build().control(plan, OVER, "ann", "commander");
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

    private RunReport report(String name) {
        assertThat(ends.get(name)).isInstanceOf(RunReport.class);
        return (RunReport) ends.get(name);
    }

    private static StepStatus status(RunReport report, String step) {
        return report.steps().stream()
                .filter(s -> s.name().equals(step))
                .map(StepReport::status)
                .findFirst()
                .orElseThrow();
    }

    /** Runs it until "late" was given up; it stays at work for hours. */
    private RunReport stopped(RecoveryPlan<Place> plan) throws Exception {
        RunReport report = time.run(() -> process().build().run(plan, OVER));
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(time.elapsed()).isLessThan(Duration.ofHours(1));
        // it is what the processes after this one take
        town.takes.clear();
        return report;
    }

    private void assertRefused(String what, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        JournalInUseException refused = catchThrowableOfType(JournalInUseException.class, call);
        assertThat(refused).as(what).isNotNull();
        assertThat(refused.code()).as(what).isEqualTo("run.step-at-work");
        assertThat(refused)
                .as(what)
                .hasMessageContaining("\"late\" was given up at " + givenUpAt())
                .hasMessageContaining("wait")
                .hasMessageContaining("take the run over");
    }

    private String givenUpAt() {
        return journals.entries(KEY).stream()
                .filter(entry -> entry.kind() == Kind.OUTCOME && entry.step().equals("late"))
                .findFirst()
                .orElseThrow()
                .at()
                .toString();
    }

    // ---- while it is at work

    @Test
    @DisplayName("F13: a step that was given up keeps its run from being resumed while it is at work")
    void resume_givenUpStepIsAtWork_isRefusedUntilItHasEnded() throws Exception {
        RecoveryPlan<Place> plan = plan();
        stopped(plan);
        time.run(() -> {
            assertRefused("elsewhere", () -> process().build().resume(plan, OVER));
            time.sleep(Duration.ofHours(9));
            assertRefused("hours later", () -> process().build().resume(plan, OVER));
            assertThat(town.applied).isEmpty();
            time.sleep(Duration.ofHours(2));
            assertThat(town.applied).containsExactly("late=1");
            ends.put("resumed", process().build().resume(plan, OVER));
        });
        RunReport report = report("resumed");
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.warnings()).isEmpty();
        assertThat(town.applied).containsExactly("late=1", "after=1");
    }

    @Test
    void resume_bySameRunnerWhileGivenUpStepIsAtWork_isRefusedToo() throws Exception {
        RecoveryPlan<Place> plan = plan();
        time.run(() -> {
            PlanRunner runner = process().build();
            runner.run(plan, OVER);
            assertRefused("the same runner", () -> runner.resume(plan, OVER));
        });
    }

    @Test
    void run_stepIsGivenUp_reportSaysAtOnceThatItIsStillAtWork() throws Exception {
        RunReport report = stopped(plan());
        assertThat(status(report, "late")).isEqualTo(StepStatus.UNKNOWN);
        assertThat(report.warnings())
                .singleElement()
                .asString()
                .startsWith("\"late\" was given up at " + givenUpAt())
                .contains("still at work", "cannot be resumed", "take");
        assertThat(TextReport.toText(report)).contains("Warning");
        assertThat(HtmlReport.toHtml(report)).contains("still at work");
        assertThat(JsonReport.fromJson(JsonReport.toJson(report))).isEqualTo(report);
        assertThat(RunReports.of(journals.runs(KEY, 1).get(0))).hasValue(report);
    }

    @Test
    void abandonAndAnotherRun_givenUpStepIsAtWork_areRefused() throws Exception {
        RecoveryPlan<Place> plan = plan();
        stopped(plan);
        time.run(() -> {
            assertRefused("abandon", () -> process().build().abandon(plan, OVER, "ann", "impatience"));
            assertRefused("run", () -> process().build().run(plan, OVER));
            assertRefused(
                    "the way back",
                    () -> process()
                            .build()
                            .run(plan, SiteSwitch.switchoverFrom(Town.EAST).to(Town.WEST)));
        });
    }

    @Test
    void run_attachedBeforeTheStepWasGivenUp_getsTheSameReport() throws Exception {
        RecoveryPlan<Place> plan = plan();
        time.run(() -> {
            start("first", () -> process().build().run(plan, OVER));
            time.sleep(Duration.ofSeconds(5));
            start("second", () -> process().build().run(plan, OVER));
            time.sleep(Duration.ofMinutes(5));
        });
        assertThat(report("first").warnings()).hasSize(1);
        assertThat(report("second")).isEqualTo(report("first"));
    }

    @Test
    void resume_journalInTwoStores_bothAreHeldAndBothSayThatItEnded() throws Exception {
        InMemoryJournalStore other = new InMemoryJournalStore();
        PlanRunner runner = PlanRunner.journalingTo(
                        MirroredJournalStore.of("one", journals, "other", other).build())
                .clockwork(time)
                .build();
        RecoveryPlan<Place> plan = plan();
        time.run(() -> {
            runner.run(plan, OVER);
            assertRefused("the mirror", () -> runner.resume(plan, OVER));
            assertThatThrownBy(() -> journals.open(KEY)).isInstanceOf(JournalInUseException.class);
            assertThatThrownBy(() -> other.open(KEY)).isInstanceOf(JournalInUseException.class);
            time.sleep(Duration.ofHours(11));
            assertThat(runner.resume(plan, OVER).succeeded()).isTrue();
        });
        assertThat(journals.entries(KEY)).extracting(JournalEntry::kind).contains(Kind.GIVEN_UP_ENDED);
        assertThat(other.entries(KEY)).isEqualTo(journals.entries(KEY));
    }

    @Test
    void status_givenUpStepIsAtWork_saysSoUntilItHasEnded() throws Exception {
        stopped(plan());
        StatusBoard board =
                StatusBoard.titled("p").runs(journals, 1).clockwork(time).build();
        Status during = time.run(board::status);
        assertThat(StatusJson.toJson(during)).contains("\\\"late\\\" was given up at " + givenUpAt());
        assertThat(StatusPage.toHtml(during)).contains("Warning: &quot;late&quot; was given up at");
        Status after = time.run(() -> {
            time.sleep(Duration.ofHours(11));
            return board.status();
        });
        assertThat(StatusJson.toJson(after)).contains("\"STOPPED\"").doesNotContain("was given up");
    }

    @Test
    void report_givenUpStepHasEndedSince_isThatOfThePauseWithoutTheWarning() throws Exception {
        RunReport report = stopped(plan());
        time.run(() -> time.sleep(Duration.ofHours(11)));
        RunReport now = RunReports.of(journals.runs(KEY, 1).get(0)).orElseThrow();
        assertThat(now.warnings()).isEmpty();
        assertThat(now.ended()).isEqualTo(report.ended());
        assertThat(now.outcome()).isEqualTo(RunOutcome.STOPPED);
    }

    @Test
    void record_byAGivenUpStepAfterTheRunStopped_isRefusedAndChangesNoReport() throws Exception {
        List<Throwable> refused = new ArrayList<>();
        RecoveryPlan<Place> plan = Town.plan()
                .step("late", (from, to) -> new Action<String>() {
                    @Override
                    public String describe() {
                        return "records late";
                    }

                    @Override
                    public String observe(ActionContext context) {
                        return "";
                    }

                    @Override
                    public Assessment assess(String observed) {
                        return Assessment.needed("x");
                    }

                    @Override
                    public void apply(String observed, ActionContext context) throws InterruptedException {
                        new Deaf(time, Duration.ofHours(1)).apply("", context);
                        try {
                            context.record("key", "value");
                        } catch (StaleEpochException e) {
                            refused.add(e);
                        }
                    }

                    @Override
                    public ExecutionPolicy policy() {
                        return ExecutionPolicy.builder()
                                .timeout(Duration.ofMinutes(1))
                                .build();
                    }
                })
                .nothingToUndo("x")
                .build();
        RunReport report = time.run(() -> process().build().run(plan, OVER));
        time.run(() -> time.sleep(Duration.ofHours(2)));
        assertThat(refused)
                .singleElement()
                .satisfies(e -> assertThat(((StaleEpochException) e).code()).isEqualTo("run.step-given-up"));
        assertThat(journals.entries(KEY)).extracting(JournalEntry::kind).doesNotContain(Kind.FACT);
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
    }

    // ---- the run ended otherwise

    @Test
    void run_interruptedWhileAStepHeedsNobody_holdsTheRunUntilItHasEnded() throws Exception {
        RecoveryPlan<Place> plan = plan();
        time.run(() -> {
            var caller = time.start("caller", () -> {
                try {
                    process().build().run(plan, OVER);
                } catch (InterruptedException e) {
                    ends.put("caller", e);
                }
            });
            time.sleep(Duration.ofSeconds(5));
            caller.interrupt();
            time.sleep(Duration.ofMinutes(2));
            assertThat(ends.get("caller")).isInstanceOf(InterruptedException.class);
            town.takes.clear();
            assertRefused("after the interruption", () -> process().build().resume(plan, OVER));
            time.sleep(Duration.ofHours(10));
            assertThat(process().build().resume(plan, OVER).succeeded()).isTrue();
        });
        assertThat(town.applied).containsExactly("late=1", "after=1");
    }

    @Test
    void resume_undoThatWasGivenUpIsAtWork_isRefusedUntilItHasEnded() throws Exception {
        town.values.put("a", "0");
        town.blocked.put("b", "no");
        town.takes.put("a", Duration.ofHours(10));
        RecoveryPlan<Place> plan = Town.plan()
                .step("a", (from, to) -> {
                    Action<String> set = town.set("other", "1");
                    return set;
                })
                .undo((from, to) -> new Late("a"))
                .step("b", (from, to) -> town.set("b", "1"))
                .after("a")
                .nothingToUndo("x")
                .build();
        time.run(() -> {
            RunReport report = process().build().run(plan, OVER);
            assertThat(report.outcome()).isEqualTo(RunOutcome.UNDO_INCOMPLETE);
            assertThat(report.warnings()).singleElement().asString().contains("the undo of \"a\" was given up");
            assertThatThrownBy(() -> process().build().resume(plan, OVER))
                    .isInstanceOf(JournalInUseException.class)
                    .hasMessageContaining("the undo of \"a\"");
            time.sleep(Duration.ofHours(11));
            assertThat(process().build().resume(plan, OVER).outcome()).isEqualTo(RunOutcome.UNDONE);
        });
    }

    // ---- its process died, or hangs

    @Test
    @DisplayName("F13: the run of a process that died is resumed, and says what nobody has seen end")
    void resume_processDiedWithAGivenUpStep_goesOnAndWarns() throws Exception {
        RecoveryPlan<Place> plan = plan();
        stopped(plan);
        journals.releaseAll();
        RunReport report = time.run(() -> process().build().resume(plan, OVER));
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.warnings())
                .singleElement()
                .asString()
                .contains("\"late\" was given up at " + givenUpAt(), "without writing down that it ended", "ADVISORY");
    }

    @Test
    @DisplayName("F13: a run that was taken over from a step that was given up says that nobody has seen it end")
    void takeOver_givenUpStepIsAtWork_succeedsAndEveryReportWarns() throws Exception {
        RecoveryPlan<Place> plan = plan();
        stopped(plan);
        RunReport report = time.run(() -> process().build().takeOver(plan, OVER, "ann", "cannot wait"));
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.warnings())
                .singleElement()
                .asString()
                .contains("\"late\" was given up at " + givenUpAt(), "nobody has seen it end", "ADVISORY");
        assertThat(journals.entries(KEY))
                .filteredOn(entry -> entry.kind() == Kind.RUN_RESUMED)
                .singleElement()
                .satisfies(entry -> assertThat(entry.detail("notSeenToEnd")).contains("late"));
        assertThat(TextReport.toText(report)).contains("Warning");
        assertThat(HtmlReport.toHtml(report)).contains("nobody has seen it end").doesNotContain("outcome good");
        ByteArrayOutputStream console = new ByteArrayOutputStream();
        ConsoleProgress.to(new PrintStream(console, true, StandardCharsets.UTF_8))
                .live()
                .build()
                .on(new RunEvent.RunEnded(report.ended(), report));
        assertThat(console.toString(StandardCharsets.UTF_8)).contains("\u001B[33mSUCCEEDED", "Warning");
        assertThat(JsonReport.fromJson(JsonReport.toJson(report)).warnings()).isEqualTo(report.warnings());
        time.run(() -> time.sleep(Duration.ofHours(11)));
        assertThat(town.applied).as("it did change something later").containsExactly("late=1", "after=1", "late=1");
        assertThat(journals.entries(KEY))
                .as("whoever was taken over writes nothing more")
                .extracting(JournalEntry::kind)
                .doesNotContain(Kind.GIVEN_UP_ENDED);
        assertThat(RunReports.of(journals.runs(KEY, 1).get(0))).hasValue(report);
    }

    @Test
    void resume_runWasTakenOverAndIsGoingOn_isRefusedBecauseOfWhoRunsItNow() throws Exception {
        RecoveryPlan<Place> plan = plan();
        stopped(plan);
        town.takes.put("after", Duration.ofMinutes(30));
        time.run(() -> {
            start("taker", () -> process().build().takeOver(plan, OVER, "ann", "cannot wait"));
            time.sleep(Duration.ofMinutes(1));
            assertThat(catchThrowableOfType(
                                    JournalInUseException.class,
                                    () -> process().build().resume(plan, OVER))
                            .code())
                    .isEqualTo("journal.in-use");
            start("watching", () -> process().build().run(plan, OVER));
            time.sleep(Duration.ofHours(1));
        });
        assertThat(report("taker").succeeded()).isTrue();
        assertThat(report("watching")).isEqualTo(report("taker"));
    }

    @Test
    void takeOver_ownerInTheMiddleOfAChange_warnsOfIt() throws Exception {
        RecoveryPlan<Place> plan = plan();
        RunReport report = time.run(() -> {
            start(
                    "hangs",
                    () -> process().stopGrace(Duration.ofHours(20)).build().run(plan, OVER));
            time.sleep(Duration.ofSeconds(30));
            town.takes.clear();
            return process().build().takeOver(plan, OVER, "ann", "it hangs");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.warnings())
                .singleElement()
                .asString()
                .contains("\"late\" was at work since", "nobody has seen it end");
    }

    @Test
    void resume_processDiedInTheMiddleOfAChange_doesNotWarn() throws Exception {
        RecoveryPlan<Place> plan = plan();
        RunReport report = time.run(() -> {
            start(
                    "dies",
                    () -> process().stopGrace(Duration.ofHours(20)).build().run(plan, OVER));
            time.sleep(Duration.ofSeconds(30));
            town.takes.clear();
            journals.releaseAll();
            return process().build().resume(plan, OVER);
        });
        assertThat(report.warnings()).isEmpty();
    }

    // ---- leases

    private PlanRunner leased(InMemoryJournalStore in, InMemoryLeaseStore store, String node) {
        return PlanRunner.journalingTo(in)
                .clockwork(time)
                .leasedBy(Leases.in(store).as(Node.named(node)).clockwork(time).build())
                .build();
    }

    @Test
    void leasedBy_givenUpStepIsAtWork_theLeaseIsKeptUntilItHasEnded() throws Exception {
        InMemoryLeaseStore store = new InMemoryLeaseStore(time);
        RecoveryPlan<Place> plan = plan();
        time.run(() -> {
            assertThat(leased(journals, store, "n1").run(plan, OVER).outcome()).isEqualTo(RunOutcome.STOPPED);
            town.takes.clear();
            time.sleep(Duration.ofHours(1));
            assertThatThrownBy(() ->
                            leased(new InMemoryJournalStore(), store, "n2").run(plan, OVER))
                    .as("with a journal that knows nothing of it")
                    .isInstanceOf(DrTimeoutException.class);
            time.sleep(Duration.ofHours(10));
            assertThat(store.read("drkit/p@east+west").record().orElseThrow().holder())
                    .as("released as soon as it has ended")
                    .isEmpty();
            assertThat(leased(journals, store, "n2").resume(plan, OVER).succeeded())
                    .isTrue();
        });
    }

    @Test
    void leasedBy_takenOverFromAGivenUpStep_theLeaseRunsOut() throws Exception {
        InMemoryLeaseStore store = new InMemoryLeaseStore(time);
        RecoveryPlan<Place> plan = plan();
        RunReport report = time.run(() -> {
            leased(journals, store, "n1").run(plan, OVER);
            town.takes.clear();
            return leased(journals, store, "n2").takeOver(plan, OVER, "ann", "cannot wait");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.warnings()).hasSize(1);
    }

    // ---- words

    @Test
    void retry_ofAStepThatWasGivenUp_isTakenOnceItHasEnded() throws Exception {
        RecoveryPlan<Place> plan = plan();
        List<Optional<RunControl.Answer>> answers = new ArrayList<>();
        RunReport report = time.run(() -> {
            time.start("operator", () -> {
                try {
                    time.sleep(Duration.ofHours(1));
                    var early = ann(plan).retry("late", "too early");
                    time.sleep(Duration.ofMinutes(1));
                    answers.add(ann(plan).answer(early));
                    time.sleep(Duration.ofHours(10));
                    town.takes.clear();
                    ann(plan).retry("late", "it has ended");
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            return process().askOnFailure(Duration.ofDays(1)).build().run(plan, OVER);
        });
        assertThat(answers)
                .singleElement()
                .satisfies(answer -> assertThat(answer.orElseThrow().refused())
                        .contains("was given up at " + givenUpAt(), "still at work"));
        assertThat(report.told())
                .last()
                .satisfies(told -> assertThat(told.refused()).isEmpty());
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.warnings()).isEmpty();
        assertThat(town.applied).containsExactly("late=1", "after=1");
    }

    @Test
    void askOnFailure_nobodyAnswersUntilTheStepHasEnded_putsBackWhatItDid() throws Exception {
        RecoveryPlan<Place> plan = plan();
        RunReport report = time.run(() -> {
            time.start("the world", () -> {
                try {
                    time.sleep(Duration.ofHours(1));
                    town.takes.clear();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            return process().askOnFailure(Duration.ofDays(1)).build().run(plan, OVER);
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.warnings()).isEmpty();
        assertThat(town.values).containsEntry("late", "0");
    }

    @Test
    void run_listeners_hearNothingAfterTheRunEnded() throws Exception {
        List<RunEvent> events = new ArrayList<>();
        RecoveryPlan<Place> plan = plan();
        time.run(() -> {
            process().listener(events::add).build().run(plan, OVER);
            time.sleep(Duration.ofHours(11));
        });
        assertThat(events.get(events.size() - 1)).isInstanceOf(RunEvent.RunEnded.class);
        try (Journal journal = journals.open(KEY)) {
            assertThat(journal.latestRun())
                    .last()
                    .satisfies(entry -> assertThat(entry.kind()).isEqualTo(Kind.GIVEN_UP_ENDED));
        }
    }
}
