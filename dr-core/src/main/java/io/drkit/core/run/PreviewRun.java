package io.drkit.core.run;

import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.plan.BoundPlan;
import io.drkit.core.plan.PlannedStep;
import io.drkit.core.plan.Undo;
import io.drkit.core.time.Clockwork;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Observes and assesses every step of a plan. */
final class PreviewRun {
    private PreviewRun() {}

    static Preview of(BoundPlan plan, Clockwork clockwork) throws InterruptedException {
        ActionExecutor executor = ActionExecutor.on(clockwork);
        List<Preview.StepPreview> steps = new ArrayList<>();
        for (PlannedStep step : plan.steps()) {
            Optional<Assessment> assessment = Optional.empty();
            String unobservable = "";
            try {
                assessment = Optional.of(executor.preview(step.action()));
            } catch (RuntimeException e) {
                unobservable = e.getMessage() == null ? e.toString() : e.getMessage();
            }
            steps.add(new Preview.StepPreview(
                    step.name(),
                    step.action().describe(),
                    step.after(),
                    step.pointOfNoReturn(),
                    describe(step.undo()),
                    assessment,
                    unobservable));
        }
        return new Preview(plan.plan(), plan.line(), plan.hash(), steps);
    }

    private static String describe(Undo undo) {
        if (undo instanceof Undo.By by) {
            return by.action().describe();
        } else if (undo instanceof Undo.Nothing nothing) {
            return "nothing, " + nothing.because();
        }
        return "never";
    }
}
