package io.drkit.testkit.mutants;

import io.drkit.core.event.JsonLines;
import io.drkit.testkit.action.RunContext;
import io.drkit.testkit.mutants.Planted.Suspect;
import java.util.List;

/** Broken contexts of actions, and listeners that fail over what they are told. */
final class RunMutants {
    private static final Suspect CONTEXT =
            new Suspect(RunContext.class, "io.drkit.testkit.action.ActionContextsTest$OfATest");
    private static final Suspect LINES = new Suspect(JsonLines.class, "io.drkit.testkit.event.RunListenersTest$Json");
    private static final String RESUMED = "json.put(\"resumed\", e.resumed());";
    private static final String FIELD = "private boolean torn;";
    private static final String FAIL = "throw new IllegalStateException(\"cannot say that\");";

    private RunMutants() {}

    static List<Planted> all() {
        return List.of(
                CONTEXT.breaks("AC1", "return runId;", "return clockwork.newId();"),
                CONTEXT.breaks("AC2", "facts.put(key, value);", "facts.putIfAbsent(key, value);"),
                CONTEXT.breaks("AC3", "return Optional.empty();", "return recorded(key);"),
                CONTEXT.breaks(
                                "AC4",
                                "// a test's run is never taken over",
                                "if (owner != Thread.currentThread()) { " + FAIL + " }")
                        .and(
                                "private final String runId;",
                                "private final String runId; private final Thread owner = Thread.currentThread();"),
                CONTEXT.breaks(
                        "AC5", "progress.add(told);", "if (progress.size() > 50) { " + FAIL + " } progress.add(told);"),
                LINES.breaks(
                        "RL1", "json.put(\"step\", e.step()).put(\"key\", e.key()).put(\"value\", e.value());", FAIL),
                LINES.breaks("RL2", "json.put(\"reason\", e.reason());", FAIL),
                LINES.breaks("RL3", RESUMED, "if (e.resumed()) { " + FAIL + " }"),
                LINES.breaks("RL4", RESUMED, "if (begun++ > 0) { " + FAIL + " }")
                        .and(FIELD, FIELD + " private static int begun;"),
                LINES.breaks(
                                "RL5",
                                "String line = line(event);",
                                "begun |= event instanceof RunEvent.RunBegan; if (!begun) { " + FAIL
                                        + " } String line = line(event);")
                        .and(FIELD, FIELD + " private boolean begun;"),
                LINES.breaks(
                        "RL6",
                        "inner.put(\"what\", progress.what())",
                        "inner.put(\"share\", progress.done() / progress.total().getAsLong());"
                                + " inner.put(\"what\", progress.what())"));
    }
}
