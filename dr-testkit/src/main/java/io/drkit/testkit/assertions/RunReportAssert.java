package io.drkit.testkit.assertions;

import io.drkit.core.DataLoss;
import io.drkit.core.plan.Mode;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.report.Verdict;
import java.util.List;
import java.util.stream.Collectors;
import org.assertj.core.api.AbstractAssert;

/** Assertions on the report of a run: see {@link DrKitAssertions}. */
public final class RunReportAssert extends AbstractAssert<RunReportAssert, RunReport> {
    RunReportAssert(RunReport report) {
        super(report, RunReportAssert.class);
    }

    /** The switch is done: every step was seen to be done, but for those that a person skipped. */
    public RunReportAssert succeeded() {
        return endedWith(RunOutcome.SUCCEEDED);
    }

    /** It failed before the point of no return, and everything was put back. */
    public RunReportAssert wasUndone() {
        return endedWith(RunOutcome.UNDONE);
    }

    /** It failed where the only way is forward, and waits to be resumed. */
    public RunReportAssert stopped() {
        return endedWith(RunOutcome.STOPPED);
    }

    /** It ended so. */
    public RunReportAssert endedWith(RunOutcome outcome) {
        isNotNull();
        if (actual.outcome() != outcome) {
            throw failure(
                    "Expected the run to have ended %s, but it ended %s%s%n%s%nLikely mistake: %s",
                    outcome,
                    actual.outcome(),
                    actual.reason().map(reason -> ": " + reason).orElse(""),
                    steps(),
                    likelyMistake(outcome));
        }
        return this;
    }

    /**
     * Every loss that counts is known to be none, and at least one step stated what was lost. A bound that no step followed up with
     * what was achieved counts as the loss.
     */
    public RunReportAssert lostNothing() {
        isNotNull();
        List<RunReport.StatedLoss> counted = actual.countedLosses();
        if (counted.stream().noneMatch(stated -> stated.loss().stage() == DataLoss.Stage.ACHIEVED)) {
            throw failure(
                    "Expected the run to have lost nothing, but no step stated what was lost, and nothing stated is"
                            + " not nothing lost%n%s%nLikely mistake: no action over data calls context.report(DataLoss…)"
                            + " when it is done, or the run did not come to the step that does",
                    steps());
        }
        for (RunReport.StatedLoss stated : counted) {
            boolean known = stated.loss().basis() != DataLoss.Basis.UNKNOWN;
            boolean some = stated.loss().time().filter(time -> !time.isZero()).isPresent()
                    || stated.loss().bytes().orElse(0) != 0;
            if (!known || some) {
                throw failure(
                        "Expected the run to have lost nothing, but of %s the step \"%s\" states %s (%s)%nLikely"
                                + " mistake: %s",
                        stated.loss().subject(),
                        stated.step(),
                        known ? "a loss of " + figures(stated.loss()) : "that nobody knows",
                        stated.loss().evidence(),
                        stated.loss().stage() == DataLoss.Stage.BOUND
                                ? "that is the bound from before, and the step never said what was lost in the end"
                                : actual.mode() == Mode.FAILOVER
                                        ? "a failover gives up what had not been replicated yet; assert achievedRpo(), or let a"
                                                + " switchover move it"
                                        : "the writers were not stopped before the last copy, or a write came in between");
            }
        }
        return this;
    }

    /** The achieved recovery time and recovery point are known, and within the plan's objectives. */
    public RunReportAssert metItsObjectives() {
        isNotNull();
        Verdict rto = Verdict.rto(actual);
        Verdict rpo = Verdict.rpo(actual);
        if (rto != Verdict.MET || rpo != Verdict.MET) {
            throw failure(
                    "Expected both objectives to be met, but the RTO of %s is %s (%s) and the RPO of %s is %s"
                            + " (%s)%nLikely mistake: %s",
                    actual.objectives().rto(),
                    rto,
                    actual.achievedRto().map(Object::toString).orElse("not known"),
                    actual.objectives().rpo(),
                    rpo,
                    actual.achievedRpo().map(Object::toString).orElse("not known"),
                    likelyMistake(rto, rpo));
        }
        return this;
    }

    /** Another process went on with the run so often. */
    public RunReportAssert wasResumed(int times) {
        isNotNull();
        if (actual.resumptions() != times) {
            throw failure(
                    "Expected the run to have been resumed %s times, but it was %s times%nLikely mistake: run(…)"
                            + " begins a run, and only resume(…) goes on with one; after a crash that a test plays,"
                            + " journals.releaseAll() comes first",
                    times, actual.resumptions());
        }
        return this;
    }

    /** Goes on with one step. */
    public StepAssert step(String name) {
        isNotNull();
        return actual.steps().stream()
                .filter(step -> step.name().equals(name))
                .findFirst()
                .map(step -> new StepAssert(this, step))
                .orElseThrow(() -> failure(
                        "Expected a step \"%s\", but a %s of the plan %s has these: %s%nLikely mistake: another"
                                + " spelling, or a step that is onlyIn(…) the other mode",
                        name,
                        actual.mode(),
                        actual.plan(),
                        actual.steps().stream().map(StepReport::name).collect(Collectors.joining(", "))));
    }

    private static String figures(DataLoss loss) {
        return loss.time().map(Object::toString).orElse("an unknown time") + " and "
                + (loss.bytes().isPresent() ? loss.bytes().getAsLong() + " bytes" : "unknown bytes");
    }

    private String steps() {
        return actual.steps().stream().map(RunReportAssert::line).collect(Collectors.joining(System.lineSeparator()));
    }

    static String line(StepReport step) {
        return "  " + step.status() + " " + step.name() + (step.detail().isEmpty() ? "" : ": " + step.detail());
    }

    private String likelyMistake(RunOutcome expected) {
        String said = actual.reason().orElse("")
                + actual.steps().stream().map(StepReport::detail).collect(Collectors.joining("\n"));
        if (said.contains("[action.overdue]")) {
            return "the world never came to be as wanted: a fault that is never cleared, pods that do not become"
                    + " ready, or a fake on another clockwork than the runner's, whose time does not pass";
        }
        if (said.contains("[action.unverified]")
                || actual.steps().stream().anyMatch(step -> step.status() == StepStatus.UNKNOWN)) {
            return "the world could not be observed any more: faults that the test schedules with every(…) last until"
                    + " clear(…)";
        }
        if (said.contains("[action.blocked]")) {
            return "the world that the test made does not allow the step; its text above says what to do";
        }
        if (expected == RunOutcome.SUCCEEDED && actual.outcome() == RunOutcome.STOPPED) {
            return "a step failed past the point of no return: mend the cause in the test, then runner.resume(…)";
        }
        if (expected != RunOutcome.SUCCEEDED && actual.outcome() == RunOutcome.SUCCEEDED) {
            return "the fault was not met: its operation is named otherwise, or it is scheduled on another fake than"
                    + " the plan's";
        }
        if (expected == RunOutcome.UNDONE && actual.outcome() == RunOutcome.STOPPED) {
            return "the step that failed is past the point of no return, or one was passed before the run began";
        }
        return "the first step above that is not DONE says why";
    }

    private String likelyMistake(Verdict rto, Verdict rpo) {
        if (rto == Verdict.UNKNOWN && actual.serviceRestored().isEmpty()) {
            return "service was not seen to be back: the run did not succeed, or a step marked restoresService() was"
                    + " not done";
        }
        if (rto == Verdict.UNKNOWN) {
            return "nobody said when the outage of this failover began: SiteSwitch.failoverFrom(…).to(…).since(…)";
        }
        if (rto == Verdict.MISSED) {
            return "the fakes take longer than the objective allows (pod times, propagation), or no step is marked"
                    + " restoresService() and the time runs to the end of the run";
        }
        if (rpo == Verdict.UNKNOWN) {
            return "no step stated its loss, or one stated that it does not know: sample the primary before the"
                    + " disaster";
        }
        return "more was lost than the plan allows: replication was too far behind when the site was lost";
    }

    AssertionError failed(String text, Object... arguments) {
        return failure(text, arguments);
    }
}
