package io.drkit.core.run;

import io.drkit.core.journal.Instruction;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.PlannedStep;
import io.drkit.core.report.StepStatus;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Why a word is not obeyed.
 *
 * @param steps of the plan in the mode in which it runs
 * @param all those, and those that it may have done in another mode
 * @param rules the names of the plan's safety rules
 * @param atWork the steps that are being done
 * @param noFailover why the run cannot become a failover; empty when it can
 */
record Refusal(
        List<PlannedStep> steps, List<PlannedStep> all, List<String> rules, Set<String> atWork, String noFailover) {

    /** Empty when it is to be obeyed. Pure. */
    Optional<String> of(Instruction said, RunHistory history) {
        return Optional.of(
                        switch (said.kind()) {
                            case APPROVE, REJECT -> approval(said, history);
                            case PAUSE -> history.paused() ? "it is paused already" : "";
                            case CONTINUE ->
                                history.paused()
                                        ? ""
                                        : "it is not paused; a run that has stopped goes on when it is resumed";
                            case SKIP -> skip(said, history);
                            case RETRY -> retry(said, history);
                            case CANCEL -> cancel(history);
                            case OVERRIDE -> override(said, history);
                            case TAKE_OVER -> "a run is taken over by the process that goes on with it";
                            case BEGIN_ABOVE -> "a run has its epoch before it begins, or goes on";
                            case FAIL_OVER -> history.mode() == Mode.FAILOVER ? "it is a failover already" : noFailover;
                        })
                .filter(why -> !why.isEmpty());
    }

    private String approval(Instruction said, RunHistory history) {
        if (!history.asksFor(said.subject())) {
            return "no step waits for the approval \"" + said.subject() + "\" now";
        }
        return steps.stream()
                .flatMap(step -> step.approval().stream())
                .filter(approval -> approval.name().equals(said.subject()))
                .filter(approval -> !approval.role().equals(said.role()))
                .map(approval -> "it takes the role " + approval.role() + ", not "
                        + (said.role().isEmpty() ? "none" : said.role()))
                .findFirst()
                .orElse("");
    }

    private String skip(Instruction said, RunHistory history) {
        Optional<PlannedStep> step = step(said.subject());
        if (step.isEmpty()) {
            return unknownStep(said.subject());
        }
        StepStatus status = history.step(said.subject()).status;
        if (history.undoing()) {
            return "the run is putting back what it did";
        } else if (step.get().pointOfNoReturn()) {
            return "it is the point of no return: without it there is no switch";
        } else if (atWork.contains(said.subject())) {
            return atWork(said.subject(), history);
        }
        return status == StepStatus.NOT_REACHED || status == StepStatus.FAILED
                ? ""
                : "only a step that failed or has not begun can be skipped; this one is " + status;
    }

    private String retry(Instruction said, RunHistory history) {
        if (step(said.subject()).isEmpty()) {
            return unknownStep(said.subject());
        }
        StepStatus status = history.step(said.subject()).status;
        if (history.undoing()) {
            return "the run is putting back what it did";
        } else if (atWork.contains(said.subject())) {
            return atWork(said.subject(), history);
        }
        return status == StepStatus.FAILED || status == StepStatus.UNKNOWN
                ? ""
                : "only a step that failed can be retried; this one is " + status;
    }

    private static String atWork(String step, RunHistory history) {
        return history.givenUp().stream()
                .filter(one -> one.step().equals(step))
                .findFirst()
                .map(one -> "it " + one.what() + ", and is still at work: say so again when it has ended")
                .orElse("it is at work");
    }

    private String cancel(RunHistory history) {
        if (history.undoing() || history.cancelled().isPresent()) {
            return "the run is putting back what it did already";
        }
        return history.pastPointOfNoReturn()
                ? "the run is past its point of no return, or may be, and goes forward only"
                : "";
    }

    private String override(Instruction said, RunHistory history) {
        if (!rules.contains(said.subject())) {
            return "the plan has no safety rule of that name; it has " + rules;
        }
        return history.overridden(said.subject()).isPresent() ? "it is overridden already" : "";
    }

    private Optional<PlannedStep> step(String name) {
        return steps.stream().filter(step -> step.name().equals(name)).findFirst();
    }

    private String unknownStep(String name) {
        return "the plan has no step \"" + name + "\"";
    }
}
