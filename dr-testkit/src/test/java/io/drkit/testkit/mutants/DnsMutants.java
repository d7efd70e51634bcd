package io.drkit.testkit.mutants;

import io.drkit.testkit.dns.FakeDnsSwitcher;
import io.drkit.testkit.dns.FakeDnsZone;
import io.drkit.testkit.mutants.Planted.Suspect;
import java.util.List;

/** Broken switchers of DNS records. */
final class DnsMutants {
    private static final String TESTS = "io.drkit.testkit.dns.FakeDnsSwitcherTest";
    private static final Suspect SWITCHER = new Suspect(FakeDnsSwitcher.class, TESTS);
    private static final Suspect ZONE = new Suspect(FakeDnsZone.class, TESTS);

    private DnsMutants() {}

    static List<Planted> all() {
        return List.of(
                ZONE.breaks(
                        "N01",
                        "Optional.of(entry.answered(now)), Optional.of(entry.ttl)",
                        "Optional.empty(), Optional.of(entry.ttl)"),
                SWITCHER.breaks("N02", "return see(name);", "zone.changeByHand(name, target); return see(name);"),
                SWITCHER.breaks("N03", "return answered.equals(target)", "return true"),
                SWITCHER.breaks("N04", ": Assessment.underway(", ": Assessment.needed("),
                // has to have written itself
                SWITCHER.breaks(
                                "N05",
                                "if (!status.target().equals(target)) {",
                                "if (!written || !status.target().equals(target)) {")
                        .and("private final String target;", "private final String target; private boolean written;")
                        .and("context.requireAuthority();", "context.requireAuthority(); written = true;"),
                // a second change is never served
                ZONE.breaks(
                        "N06",
                        "target = wanted; changedAt = now;",
                        "target = wanted; changedAt = version == 0 ? now : now + (1L << 60);"),
                SWITCHER.breaks("N07", "Problem.expected(\"a record \" + name)", "Problem.expected(\"a record\")"),
                SWITCHER.breaks("N08", "if (name.isBlank() || target.isBlank()) {", "if (name.isBlank()) {"),
                // removes it and puts it back instead of replacing it
                ZONE.breaks(
                                "N09",
                                "String operation = \"write \" + name;",
                                "String operation = \"write \" + name; Entry kept = entries.remove(name);")
                        .and("() -> { accept(name,", "() -> { entries.put(name, kept); accept(name,"),
                SWITCHER.breaks(
                        "N10",
                        "if (!status.target().equals(target)) {",
                        "if (!status.target().equals(target) || !status.answered().get().equals(target)) {"),
                ZONE.breaks("N11", "if (entry.version != seen.version()) {", "if (false) {"),
                ZONE.breaks("N12", "if (claims && entry.epoch > epoch.value()) {", "if (false) {"),
                ZONE.breaks(
                        "N13",
                        "faults.call(clockwork, operation, \"to read \" + name, () -> look(name));",
                        "look(name);"),
                SWITCHER.breaks("N14", "zone.touch(route, observed, context.epoch());", ""),
                SWITCHER.breaks(
                        "N15",
                        "zone.touch(route, observed, context.epoch());",
                        "zone.touch(route, observed, io.drkit.core.Epoch.NONE);"));
    }
}
