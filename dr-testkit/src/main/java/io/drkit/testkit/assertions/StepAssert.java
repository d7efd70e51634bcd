package io.drkit.testkit.assertions;

import io.drkit.core.report.StepReport;
import io.drkit.core.report.StepStatus;

/** Assertions on one step of a run; each answers itself, and {@link #and()} goes back to the run. */
public final class StepAssert {
    private final RunReportAssert run;
    private final StepReport step;

    StepAssert(RunReportAssert run, StepReport step) {
        this.run = run;
        this.step = step;
    }

    /** The run made it so, and saw that it is. */
    public StepAssert wasDone() {
        return hasStatus(
                StepStatus.DONE,
                step.status() == StepStatus.ALREADY_SO
                        ? "the world of the test begins as the step wants it, or an earlier step does the same"
                        : "a step that it comes after did not come through, or the step itself failed: see its text");
    }

    /** It was so before the run, and nothing was changed. */
    public StepAssert wasAlreadySo() {
        return hasStatus(
                StepStatus.ALREADY_SO,
                step.status() == StepStatus.DONE
                        ? "the world of the test does not begin as the step wants it, or its assess never answers Done"
                        : "see the text of the step");
    }

    /** What it had changed was put back. */
    public StepAssert wasUndone() {
        return hasStatus(
                StepStatus.UNDONE,
                step.status() == StepStatus.ALREADY_SO
                        ? "what a run did not change itself it does not undo: let the world begin otherwise"
                        : "the plan says nothingToUndo(…) for it, the undo failed, or the run did not turn back");
    }

    /** It failed. */
    public StepAssert failed() {
        return hasStatus(
                StepStatus.FAILED,
                "the fault was not met: its operation is named otherwise, or the action tried once more and came through");
    }

    /** Nobody could learn what became of it. */
    public StepAssert isUnknown() {
        return hasStatus(
                StepStatus.UNKNOWN,
                "the world can be observed: only a step whose outcome cannot be looked up in time ends as unknown");
    }

    /** The run did not come to it. */
    public StepAssert wasNotReached() {
        return hasStatus(
                StepStatus.NOT_REACHED,
                "it does not come after the step that fails: independent steps run side by side");
    }

    /** Its change was made at the first attempt, and no second time. */
    public StepAssert wasAppliedOnce() {
        if (step.attempts() != 1) {
            throw run.failed(
                    "Expected the change of step \"%s\" to have been applied once, but it was %s times%n%s%nLikely mistake: %s",
                    step.name(),
                    step.attempts(),
                    RunReportAssert.line(step),
                    step.attempts() == 0
                            ? "it was so before, or the run did not come to it"
                            : "observe does not see what apply changed, or a lost answer is taken for a failure");
        }
        return this;
    }

    /** It recorded this fact. */
    public StepAssert recorded(String key, String value) {
        String found = step.facts().get(key);
        if (!value.equals(found)) {
            throw run.failed(
                    "Expected step \"%s\" to have recorded %s = %s, but it recorded %s%nLikely mistake: the action records before"
                            + " its change only what context.record(…) was told, under the same key",
                    step.name(), key, value, step.facts());
        }
        return this;
    }

    /** Back to the run. */
    public RunReportAssert and() {
        return run;
    }

    private StepAssert hasStatus(StepStatus status, String likelyMistake) {
        if (step.status() != status) {
            throw run.failed(
                    "Expected step \"%s\" to be %s, but it is %s%n%s%nLikely mistake: %s",
                    step.name(), status, step.status(), RunReportAssert.line(step), likelyMistake);
        }
        return this;
    }
}
