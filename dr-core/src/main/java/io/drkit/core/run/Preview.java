package io.drkit.core.run;

import io.drkit.core.action.Assessment;
import io.drkit.core.safety.SafetyFinding;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * What a run would do, as the world stands now. Later steps are assessed as if the earlier ones had not run, since nothing was
 * changed.
 *
 * @param plan the plan's name
 * @param line for example {@code switchover west → east}
 * @param planHash the hash that a run of it would carry
 * @param steps in an order in which they can run
 * @param rules the safety rules, judged as the world stands
 */
public record Preview(String plan, String line, String planHash, List<StepPreview> steps, List<RulePreview> rules) {
    /**
     * A safety rule, judged as the world stands.
     *
     * @param name its name
     * @param finding whether it holds
     */
    public record RulePreview(String name, SafetyFinding finding) {
        /** Whether it is known to hold. */
        public boolean clear() {
            return finding instanceof SafetyFinding.Holds;
        }
    }

    /**
     * What a step would do.
     *
     * @param step its name
     * @param description what its action says it does
     * @param after the steps it waits for
     * @param pointOfNoReturn whether there is no way back from it
     * @param undo how it would be undone, in words
     * @param assessment what it concluded from the world as it is; empty when that could not be observed
     * @param unobservable why it could not be observed; empty when it could
     */
    public record StepPreview(
            String step,
            String description,
            List<String> after,
            boolean pointOfNoReturn,
            String undo,
            Optional<Assessment> assessment,
            String unobservable) {
        public StepPreview {
            Objects.requireNonNull(step, "step");
            after = List.copyOf(after);
            Objects.requireNonNull(assessment, "assessment");
        }

        /**
         * Whether nothing stands in its way as far as can be seen. What cannot be seen stands in the way, and so does what it could
         * only wait for, since that may never come.
         */
        public boolean clear() {
            return assessment
                    .filter(a -> a instanceof Assessment.Done || a instanceof Assessment.Needed)
                    .isPresent();
        }
    }

    public Preview {
        steps = List.copyOf(steps);
        rules = List.copyOf(rules);
    }

    /** Whether every step could be observed, none is blocked or waits for something, and every safety rule is known to hold. */
    public boolean clear() {
        return steps.stream().allMatch(StepPreview::clear) && rules.stream().allMatch(RulePreview::clear);
    }

    /** For a person to read. */
    public void printTo(PrintStream out) {
        out.println("Preview of " + plan + ", " + line + " (nothing was changed)");
        int number = 0;
        for (StepPreview step : steps) {
            number++;
            out.println(String.format(Locale.ROOT, "%3d. %s: %s", number, step.step(), step.description()));
            if (!step.after().isEmpty()) {
                out.println("     after " + String.join(", ", step.after()));
            }
            out.println(
                    "     " + step.assessment().map(Preview::say).orElse("CANNOT BE OBSERVED: " + step.unobservable()));
            out.println(step.pointOfNoReturn() ? "     POINT OF NO RETURN" : "     undo: " + step.undo());
        }
        for (RulePreview rule : rules) {
            out.println("safety: " + rule.name() + ": " + say(rule.finding()));
        }
        out.println(clear() ? "Nothing stands in the way." : "Something stands in the way: see above.");
    }

    private static String say(SafetyFinding finding) {
        String word = finding instanceof SafetyFinding.Holds
                ? "holds"
                : finding instanceof SafetyFinding.Broken ? "BROKEN" : "NOT KNOWN";
        return word + " (" + finding.why() + ")";
    }

    private static String say(Assessment assessment) {
        if (assessment instanceof Assessment.Needed needed) {
            return "would: " + String.join("; ", needed.changes());
        } else if (assessment instanceof Assessment.Done done) {
            return "already so: " + done.because();
        } else if (assessment instanceof Assessment.Underway underway) {
            return "UNDER WAY: would wait for " + underway.waitingFor();
        } else if (assessment instanceof Assessment.Blocked blocked) {
            return "BLOCKED: " + blocked.why() + ". What to do: " + blocked.remedy();
        }
        throw new AssertionError(assessment);
    }
}
