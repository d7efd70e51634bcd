package io.drkit.testkit.assertions;

import io.drkit.core.action.Assessment;
import io.drkit.core.run.Preview;
import java.util.List;
import java.util.stream.Collectors;
import org.assertj.core.api.AbstractAssert;

/** Assertions on a preview: see {@link DrKitAssertions}. */
public final class PreviewAssert extends AbstractAssert<PreviewAssert, Preview> {
    PreviewAssert(Preview preview) {
        super(preview, PreviewAssert.class);
    }

    /** Every step could be observed, none is blocked or waits for something, and every safety rule is known to hold. */
    public PreviewAssert isClear() {
        isNotNull();
        if (!actual.clear()) {
            List<Preview.StepPreview> inTheWay =
                    actual.steps().stream().filter(step -> !step.clear()).toList();
            String rules = actual.rules().stream()
                    .filter(rule -> !rule.clear())
                    .map(rule -> "  rule " + rule.name() + ": " + rule.finding() + System.lineSeparator())
                    .collect(Collectors.joining());
            throw failure(
                    "Expected nothing to stand in the way of a %s, but%n%s%sLikely mistake: %s",
                    actual.line(),
                    lines(inTheWay),
                    rules,
                    inTheWay.stream().anyMatch(step -> step.assessment().isEmpty())
                            ? "what cannot be observed stands in the way: a fault of the test is still in force, or a"
                                    + " site that the step observes is down"
                            : "a step that needs what an earlier step makes answers Blocked where Needed is meant: in"
                                    + " a preview nothing has been made yet");
        }
        return this;
    }

    /** The step is blocked, and its text contains these words. */
    public PreviewAssert isBlockedAt(String step, String because) {
        Preview.StepPreview seen = find(step);
        if (!(seen.assessment().orElse(null) instanceof Assessment.Blocked blocked)
                || !blocked.why().contains(because)) {
            throw failure(
                    "Expected step \"%s\" to be blocked because of \"%s\", but%n%sLikely mistake: the world of the"
                            + " test does not stand in its way, or observe fails instead of answering what it saw",
                    step, because, lines(List.of(seen)));
        }
        return this;
    }

    /** The step has something to change. */
    public PreviewAssert wouldChange(String step) {
        return is(step, Assessment.Needed.class, "the world of the test begins as the step wants it");
    }

    /** The step has nothing to change. */
    public PreviewAssert wouldLeave(String step) {
        return is(step, Assessment.Done.class, "the world of the test does not begin as the step wants it");
    }

    private PreviewAssert is(String step, Class<? extends Assessment> wanted, String likelyMistake) {
        Preview.StepPreview seen = find(step);
        if (!seen.assessment().filter(wanted::isInstance).isPresent()) {
            throw failure(
                    "Expected step \"%s\" to be assessed as %s, but%n%sLikely mistake: %s",
                    step, wanted.getSimpleName(), lines(List.of(seen)), likelyMistake);
        }
        return this;
    }

    private Preview.StepPreview find(String name) {
        isNotNull();
        return actual.steps().stream()
                .filter(step -> step.step().equals(name))
                .findFirst()
                .orElseThrow(() -> failure(
                        "Expected a step \"%s\", but a %s of the plan %s has these: %s%nLikely mistake: another"
                                + " spelling, or a step that is onlyIn(…) the other mode",
                        name,
                        actual.line(),
                        actual.plan(),
                        actual.steps().stream().map(Preview.StepPreview::step).collect(Collectors.joining(", "))));
    }

    private static String lines(List<Preview.StepPreview> steps) {
        return steps.stream()
                .map(step -> "  " + step.step() + ": "
                        + step.assessment()
                                .map(Assessment::toString)
                                .orElse("cannot be observed: " + step.unobservable())
                        + System.lineSeparator())
                .collect(Collectors.joining());
    }
}
