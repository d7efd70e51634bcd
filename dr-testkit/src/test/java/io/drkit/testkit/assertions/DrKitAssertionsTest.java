package io.drkit.testkit.assertions;

import static io.drkit.testkit.assertions.DrKitAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.DataLoss;
import io.drkit.core.Site;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.Preview;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.junit.DrKitExtension;
import io.drkit.testkit.replica.FakeDatabase;
import io.drkit.testkit.replica.FakeDatabases;
import io.drkit.testkit.workload.FakeWorkloadScaler;
import io.drkit.testkit.workload.FakeWorkloads;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the assertions let pass, and what they say when they do not. */
class DrKitAssertionsTest {
    private record Region(String name) implements Site {}

    private static final SiteSwitch<Region> OVER =
            SiteSwitch.switchoverFrom(new Region("west")).to(new Region("east"));
    private static final Workload APP = Workload.deployment("app");

    @RegisterExtension
    private final DrKitExtension drkit = DrKitExtension.seeded(42);

    private final FakeWorkloads west = FakeWorkloads.on(drkit.clockwork());
    private final FakeWorkloads east = FakeWorkloads.on(drkit.clockwork());
    private final FakeDatabases databases = FakeDatabases.on(drkit.clockwork());
    private final FakeDatabase westDb = databases.primary("west-db");
    private final FakeDatabase eastDb = databases.replicaOf(westDb, "east-db");

    DrKitAssertionsTest() {
        west.run(APP, 2);
        east.run(APP, 0);
    }

    private RecoveryPlan<Region> plan() {
        return RecoveryPlan.<Region>named("shop")
                .rpo(Duration.ofMinutes(1))
                .rto(Duration.ofMinutes(30))
                .step("stop", (from, to) -> FakeWorkloadScaler.of(west).toZero(APP))
                .undo((from, to) -> FakeWorkloadScaler.of(west).restore(APP))
                .step("promote", (from, to) -> databases.promoter().switchover(westDb, eastDb))
                .after("stop")
                .pointOfNoReturn()
                .step("start", (from, to) -> FakeWorkloadScaler.of(east).scaleTo(Map.of(APP, 2)))
                .after("promote")
                .restoresService()
                .build();
    }

    private RunReport run() throws InterruptedException {
        return drkit.runner().build().run(plan(), OVER);
    }

    private static void fails(ThrowingCallable assertion, String... texts) {
        assertThatThrownBy(assertion)
                .isInstanceOf(AssertionError.class)
                .satisfies(failure -> assertThat(failure.getMessage()).contains(texts));
    }

    @Test
    void goodRun_passesAndItsOppositesSaySo() throws Exception {
        RunReport report = run();

        assertThat(report)
                .succeeded()
                .lostNothing()
                .metItsObjectives()
                .wasResumed(0)
                .step("stop")
                .wasDone()
                .wasAppliedOnce()
                .and()
                .step("promote")
                .wasDone();
        fails(
                () -> assertThat(report).wasUndone(),
                "Expected the run to have ended UNDONE, but it ended SUCCEEDED",
                "DONE stop",
                "Likely mistake: the fault was not met");
        fails(() -> assertThat(report).step("stopp"), "has these: stop, promote, start", "another spelling");
        fails(
                () -> assertThat(report).step("stop").wasAlreadySo(),
                "but it is DONE",
                "does not begin as the step wants");
        fails(() -> assertThat(report).step("stop").wasUndone(), "the run did not turn back");
        fails(() -> assertThat(report).step("stop").failed(), "its operation is named otherwise");
        fails(() -> assertThat(report).step("stop").isUnknown(), "the world can be observed");
        fails(() -> assertThat(report).step("start").wasNotReached(), "independent steps run side by side");
        fails(() -> assertThat(report).step("stop").recorded("who", "ann"), "recorded who = ann");
        fails(() -> assertThat(report).wasResumed(1), "only resume(…) goes on with one");
    }

    @Test
    void stepThatWasSoAlready_isNamedAsSuch() throws Exception {
        west.run(APP, 0);
        RunReport report = run();

        assertThat(report).step("stop").wasAlreadySo();
        fails(() -> assertThat(report).step("stop").wasDone(), "begins as the step wants it");
        fails(() -> assertThat(report).step("stop").wasAppliedOnce(), "it was 0 times", "it was so before");
    }

    @Test
    void worldThatNeverBecomesAsWanted_isNamedAsSuch() throws Exception {
        west.stickTerminating(APP, true);
        RunReport report = run();

        fails(
                () -> assertThat(report).succeeded(),
                "Expected the run to have ended SUCCEEDED, but it ended",
                "action.overdue",
                "the world never came to be as wanted",
                "whose time does not pass");
        assertThat(report).step("start").wasNotReached();
    }

    @Test
    void noReport_isSaid() {
        fails(() -> assertThat((RunReport) null).succeeded(), "not to be null");
    }

    @Test
    void blockedStep_isUndoneAndItsTextIsShown() throws Exception {
        databases.cutReplication(true);
        RunReport report = run();

        assertThat(report).wasUndone().step("stop").wasUndone();
        fails(
                () -> assertThat(report).succeeded(),
                "UNDONE",
                "does not stream",
                "the world that the test made does not allow the step");
        fails(() -> assertThat(report).lostNothing(), "nothing stated is not nothing lost");
        fails(() -> assertThat(report).metItsObjectives(), "service was not seen to be back");
        fails(() -> assertThat(report).stopped(), "Likely mistake: ");
    }

    @Test
    void faultThatIsNeverCleared_isNamedAsSuch() throws Exception {
        east.faults().every("read", Fault.requestLost());
        RunReport report = run();

        assertThat(report).stopped();
        fails(
                () -> assertThat(report).succeeded(),
                "STOPPED",
                "UNKNOWN start",
                "faults that the test schedules with every(…) last until clear(…)");
        east.faults().clear("read");
        drkit.journals().releaseAll();
        RunReport resumed = drkit.runner().build().resume(plan(), OVER);
        assertThat(resumed).succeeded().wasResumed(1);
    }

    @Test
    void slowWorld_missesItsObjectives() throws Exception {
        east.podTimes(Duration.ofHours(1), Duration.ZERO);
        RunReport report = drkit.runner().build().run(plan(), OVER);

        fails(() -> assertThat(report).metItsObjectives(), "the RTO of PT30M is");
    }

    private static RunReport stating(RunReport report, DataLoss... losses) {
        return new RunReport(
                report.plan(),
                report.planHash(),
                report.runId(),
                report.epoch(),
                report.mode(),
                report.from(),
                report.to(),
                report.outcome(),
                report.reason(),
                report.outageBegan(),
                report.detectedAt(),
                report.began(),
                report.ended(),
                report.resumptions(),
                report.objectives(),
                Stream.of(losses)
                        .map(loss -> new RunReport.StatedLoss("files", loss))
                        .toList(),
                report.steps());
    }

    @Test
    void bound_thatNoStepFollowedUp_countsAsTheLoss() throws Exception {
        DataLoss bound = new DataLoss(
                "files",
                DataLoss.Stage.BOUND,
                Optional.of(Duration.ofMinutes(2)),
                OptionalLong.empty(),
                DataLoss.Basis.TIMED,
                "last sync");
        DataLoss database = DataLoss.none("database", "all WAL is there");
        RunReport report = run();

        fails(
                () -> assertThat(stating(report, database, bound)).lostNothing(),
                "of files the step \"files\" states a loss of PT2M");
        assertThat(stating(report, database, bound, DataLoss.none("files", "the trees are equal")))
                .lostNothing();
    }

    @Test
    void preview_clearAndNot_saysWhatStandsInTheWay() throws Exception {
        Preview clear = drkit.runner().build().preview(plan(), OVER);
        assertThat(clear).isClear().wouldChange("stop").wouldChange("promote");
        fails(() -> assertThat(clear).wouldLeave("stop"), "Needed", "does not begin as the step wants it");
        fails(() -> assertThat(clear).isBlockedAt("stop", "quota"), "does not stand in its way");
        fails(() -> assertThat(clear).wouldChange("stopp"), "has these: stop, promote, start");

        databases.cutReplication(true);
        Preview blocked = drkit.runner().build().preview(plan(), OVER);
        assertThat(blocked).isBlockedAt("promote", "does not stream");
        fails(() -> assertThat(blocked).isClear(), "promote: Blocked", "in a preview nothing has been made yet");

        east.faults().every("read", Fault.requestLost());
        Preview dark = drkit.runner().build().preview(plan(), OVER);
        fails(() -> assertThat(dark).isClear(), "start: cannot be observed", "a fault of the test is still in force");
    }
}
