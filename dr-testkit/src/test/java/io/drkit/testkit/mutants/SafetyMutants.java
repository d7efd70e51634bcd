package io.drkit.testkit.mutants;

import io.drkit.core.share.WritersStopped;
import io.drkit.testkit.mutants.Planted.Suspect;
import java.util.List;

/** Broken rules, and writers that are said to have stopped. */
final class SafetyMutants {
    private static final String TESTS = "io.drkit.testkit.safety.SafetyRulesContractTest$TrafficOnlyToReady";
    private static final Suspect RULE = new Suspect("io.drkit.core.safety.TrafficOnlyToReady", TESTS);
    private static final Suspect TRUTH = new Suspect("io.drkit.core.safety.Truth", TESTS);
    private static final Suspect WRITERS =
            new Suspect(WritersStopped.class, "io.drkit.testkit.share.WritersStoppedTest");
    private static final String OBSERVE = "return Truth.of(toReady, context);";
    private static final String ASSESS = "return action.assess(action.observe(context));";

    private SafetyMutants() {}

    static List<Planted> all() {
        return List.of(
                RULE.breaks("R1", "return \"no traffic", "return new Object() + \"no traffic"),
                RULE.breaks("R2", "SafetyFinding.holds(ready.why())", "SafetyFinding.holds(\"\")"),
                RULE.breaks("R3", "case NO -> SafetyFinding.broken(", "case NO -> SafetyFinding.unknown("),
                TRUTH.breaks("R4", "return unknown(action.describe()", "return yes(action.describe()"),
                RULE.breaks("R5", OBSERVE, "if (seen == null) { seen = Truth.of(toReady, context); } return seen;")
                        .and("implements SafetyRule<Truth> {", "implements SafetyRule<Truth> { static Truth seen;"),
                TRUTH.breaks(
                        "R6",
                        "found = action.assess(action.observe(context));",
                        "O seen = action.observe(context); action.apply(seen, context); found = action.assess(seen);"),
                RULE.breaks("R7", OBSERVE, "kept = context; " + OBSERVE)
                        .and(
                                "implements SafetyRule<Truth> {",
                                "implements SafetyRule<Truth> { static ActionContext kept;")
                        .and(
                                "return switch (ready.is()) {",
                                "try { ready = Truth.of(toReady, kept); } catch (InterruptedException e) {"
                                        + " throw new IllegalStateException(e); } return switch (ready.is()) {"),
                WRITERS.breaks("WS1", "return new NotShown(\"not done: \"", "return new Stopped(\"not done: \""),
                WRITERS.breaks("WS2", "return new Stopped(evidence.toString());", "return new Stopped(\"\");"),
                WRITERS.breaks("WS3", "for (Action<?> stop : stops) {", "for (Action<?> stop : stops.subList(0, 1)) {"),
                WRITERS.breaks(
                        "WS4",
                        ASSESS,
                        "try { " + ASSESS + " } catch (RuntimeException e) { return Assessment.done(\"no answer\"); }"),
                WRITERS.breaks(
                        "WS5",
                        ASSESS,
                        "O seen = action.observe(context); if (action.assess(seen) instanceof Assessment.Needed) {"
                                + " action.apply(seen, context); } return action.assess(seen);"));
    }
}
