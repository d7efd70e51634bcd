package io.drkit.testkit.mutants;

import io.drkit.core.detect.Probes;
import io.drkit.testkit.mutants.Planted.Suspect;
import java.util.List;

/** Broken probes, observers and memories of outages. */
final class DetectionMutants {
    private static final String PROBES = "io.drkit.testkit.detect.ProbesContractTest$";
    private static final String MEMORIES = "io.drkit.testkit.detect.OutageMemoriesTest$";
    private static final Suspect NAMED = new Suspect("io.drkit.core.detect.NamedProbe", PROBES + "Named");
    private static final Suspect HTTP = new Suspect(Probes.class, PROBES + "Http");
    private static final Suspect OBSERVER =
            new Suspect("io.drkit.core.detect.LocalObserver", "io.drkit.testkit.detect.LocalObserverTest");
    private static final Suspect PROCESS = new Suspect("io.drkit.core.detect.ProcessMemory", MEMORIES + "InProcess");
    private static final Suspect FILE = new Suspect("io.drkit.core.detect.FileMemory", MEMORIES + "InAFile");
    private static final String NOW = "return function.now();";
    private static final String SEEN = "return new Sighting(health(answers.get(0)), health(answers.get(1)));";
    private static final String DECLARED = "latest = Optional.of(new Remembered(outage, Optional.empty()));";
    private static final String SOME_OUTAGE =
            "new Remembered(new Outage(\"?\", Instant.EPOCH, Instant.EPOCH, java.util.List.of()), Optional.empty())";

    private DetectionMutants() {}

    static List<Planted> all() {
        return List.of(
                NAMED.breaks(
                        "H1",
                        "implements HealthProbe {",
                        "implements HealthProbe { public String name() { return name + new Object(); }"),
                HTTP.breaks("H2", "return status / 100 == 2", "return status == 200"),
                HTTP.breaks("H3", "return status / 100 == 2", "return status > 0"),
                HTTP.breaks(
                        "H4",
                        "? Health.unknown(uri.getHost() + \" cannot be looked up\")",
                        "? Health.sick(uri.getHost() + \" cannot be looked up\")"),
                NAMED.breaks("H5", NOW, "if (seen == null) { seen = function.now(); } return seen;")
                        .and("implements HealthProbe {", "implements HealthProbe { private static Health seen;"),
                NAMED.breaks(
                        "H6",
                        NOW,
                        "try { " + NOW + " } catch (InterruptedException e) {"
                                + " return Health.healthy(\"nothing speaks against it\"); }"),
                OBSERVER.breaks("OB1", "return name;", "return name + new Object();"),
                OBSERVER.breaks("OB2", SEEN, "return new Sighting(health(answers.get(1)), health(answers.get(0)));"),
                OBSERVER.breaks(
                        "OB3",
                        SEEN,
                        "if (answers.stream().allMatch(answer -> answer instanceof Survey.Answer.Value)) { " + SEEN
                                + " } return new Sighting(Health.unknown(\"?\"), Health.unknown(\"?\"));"),
                OBSERVER.breaks("OB4", "return Health.unknown(silent.why());", "return Health.healthy(silent.why());"),
                OBSERVER.breaks("OB5", SEEN, "if (seen == null) { seen = " + SEEN.substring(7) + " } return seen;")
                        .and("private final Survey survey;", "private final Survey survey; private Sighting seen;"),
                OBSERVER.breaks("OB6", "probe.timeout(), () ->", "probe.timeout().multipliedBy(10), () ->"),
                PROCESS.breaks("O1", "return latest;", "return latest.or(() -> Optional.of(" + SOME_OUTAGE + "));"),
                PROCESS.breaks(
                        "O2",
                        DECLARED,
                        "latest = Optional.of(new Remembered(new Outage(outage.site(), outage.began(),"
                                + " outage.detected(), java.util.List.of()), Optional.empty()));"),
                PROCESS.breaks("O3", "Optional.of(by)", "Optional.empty()"),
                PROCESS.breaks(
                        "O4",
                        DECLARED,
                        "latest = Optional.of(new Remembered(outage,"
                                + " latest.flatMap(Remembered::acknowledgement)));"),
                PROCESS.breaks(
                        "O5",
                        "latest = latest.map(",
                        "latest = latest.or(() -> Optional.of(" + SOME_OUTAGE + ")).map("),
                PROCESS.breaks(
                        "O6",
                        "new Acknowledgement(who, reason, at)",
                        "new Acknowledgement(who.isBlank() ? \"?\" : who, reason.isBlank() ? \"?\" : reason, at)"),
                FILE.breaks(
                        "O7",
                        "this.file = file;",
                        "this.file = file.resolveSibling(Integer.toString(System.identityHashCode(this)));"),
                FILE.breaks(
                        "O8",
                        "catch (JsonProcessingException damaged) { throw damaged(file, damaged);",
                        "catch (JsonProcessingException damaged) { return Optional.empty();"));
    }
}
