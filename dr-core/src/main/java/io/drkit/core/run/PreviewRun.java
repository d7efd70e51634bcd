package io.drkit.core.run;

import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.plan.BoundPlan;
import io.drkit.core.plan.PlannedRule;
import io.drkit.core.plan.PlannedStep;
import io.drkit.core.plan.Undo;
import io.drkit.core.safety.Outlook;
import io.drkit.core.safety.SafetyFinding;
import io.drkit.core.time.Clockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Observes and assesses every step of a plan, all at the same time. */
final class PreviewRun {
    private PreviewRun() {}

    static Preview of(BoundPlan plan, Clockwork clockwork, Duration patience) throws InterruptedException {
        ActionExecutor executor = ActionExecutor.on(clockwork);
        Observations observations = new Observations(clockwork, patience);
        List<Observations.Answer<Assessment>> seen = observations.each(
                plan.steps(), PlannedStep::name, (step, context) -> executor.preview(step.action(), context));
        List<Observations.Answer<SafetyFinding>> found = observations.each(
                plan.rules(),
                PlannedRule::name,
                (rule, context) ->
                        SafetyGuard.find(rule.rule(), List.of(new Outlook(Set.of(), Set.of(), false)), context));
        List<Preview.StepPreview> steps = new ArrayList<>();
        for (int i = 0; i < seen.size(); i++) {
            PlannedStep step = plan.steps().get(i);
            steps.add(new Preview.StepPreview(
                    step.name(),
                    step.action().describe(),
                    step.after(),
                    step.pointOfNoReturn(),
                    describe(step.undo()),
                    seen.get(i).value(),
                    seen.get(i).failure()));
        }
        List<Preview.RulePreview> rules = new ArrayList<>();
        for (int i = 0; i < found.size(); i++) {
            String unseen = found.get(i).failure();
            rules.add(new Preview.RulePreview(
                    plan.rules().get(i).name(), found.get(i).value().orElseGet(() -> SafetyFinding.unknown(unseen))));
        }
        return new Preview(plan.plan(), plan.line(), plan.hash(), steps, rules);
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
