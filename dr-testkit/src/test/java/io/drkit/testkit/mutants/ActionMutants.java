package io.drkit.testkit.mutants;

import io.drkit.testkit.dns.FakeDnsSwitcher;
import io.drkit.testkit.dns.FakeDnsZone;
import io.drkit.testkit.mutants.Planted.Suspect;
import java.util.List;

/** Broken actions. */
final class ActionMutants {
    private static final String TESTS = "io.drkit.testkit.action.ActionsTest$PointTo";
    private static final Suspect ACTION = new Suspect(FakeDnsSwitcher.class, TESTS);
    private static final Suspect ZONE = new Suspect(FakeDnsZone.class, TESTS);
    private static final String ASSESS = "if (!status.target().equals(target)) {";

    private ActionMutants() {}

    /** An action that believes what it remembers of itself instead of what it observes. */
    private static Planted remembering(String rule, String assess) {
        return ACTION.breaks(rule, ASSESS, assess)
                .and("private final String target;", "private final String target; private boolean written;")
                .and("context.requireAuthority();", "context.requireAuthority(); written = true;");
    }

    static List<Planted> all() {
        return List.of(
                ACTION.breaks("X1", "return \"point \" + name", "return new Object() + \"point \" + name"),
                ACTION.breaks("X2", "return see(name);", "zone.changeByHand(name, target); return see(name);"),
                remembering("X3", "if (!written) {"),
                remembering("X4", "if (!written || !status.target().equals(target)) {"),
                remembering("X5", "if (!written || !status.target().equals(target)) {"),
                ACTION.breaks(
                        "X6",
                        ASSESS,
                        "if (!status.target().equals(target) || !status.answered().get().equals(target)) {"),
                ZONE.breaks("X7", "if (claims && entry.epoch > epoch.value()) {", "if (false) {"),
                ZONE.breaks(
                        "X8",
                        "faults.call(clockwork, operation, \"to read \" + name, () -> look(name));",
                        "look(name);"),
                // says that it has, and has written nothing
                ACTION.breaks("X9", "zone.touch(route, observed, context.epoch());", ""));
    }
}
