package io.drkit.testkit.mutants;

import io.drkit.testkit.mutants.Planted.Suspect;
import io.drkit.testkit.replica.FakeDatabase;
import io.drkit.testkit.replica.FakeReplicaPromoter;
import java.util.List;

/** Broken promoters of replicas. */
final class ReplicaMutants {
    private static final String TESTS = "io.drkit.testkit.replica.FakeReplicaPromoterTest";
    private static final Suspect PROMOTER = new Suspect(FakeReplicaPromoter.class, TESTS);
    private static final Suspect SERVER = new Suspect(FakeDatabase.class, TESTS);

    private ReplicaMutants() {}

    static List<Planted> all() {
        return List.of(
                PROMOTER.breaks("P01", "view.position(), view.streams(),", "view.position(), false,"),
                PROMOTER.breaks(
                        "P02",
                        "view.downAndReachable() ? NodeStatus.Role.STOPPED : NodeStatus.Role.UNKNOWN",
                        "NodeStatus.Role.STOPPED"),
                PROMOTER.breaks(
                        "P02",
                        "if (fromView.silent() || toView.silent()) {",
                        "if (fromView.silent()) { lag = new Lag.Known(0, Optional.empty()); } else if (toView.silent()) {"),
                PROMOTER.breaks(
                        "P03",
                        "return \"switch the primary over from \" + from.name()",
                        "return new Object() + \"switch the primary over from \" + from.name()"),
                PROMOTER.breaks("P03", "View fromView = view(from,", "from.crash(); View fromView = view(from,"),
                // the old primary is shot, and what it had not sent is not waited for
                PROMOTER.breaks("P04", "from.cleanlyStopped = true;", "from.cleanlyStopped = false;")
                        .and("drain(context); context.requireAuthority();", "context.requireAuthority();"),
                PROMOTER.breaks("P04", "context.report(DataLoss.none(", "DataLoss.none(")
                        .and("\" before it was promoted\"));", "\" before it was promoted\");"),
                PROMOTER.breaks(
                        "P05",
                        "? Assessment.done(to.name() + \" is the primary and \" + from.name() + \" streams from it\")",
                        "? Assessment.needed(\"switch over once more\")"),
                PROMOTER.breaks("P06", "settled(from, context);", ""),
                // takes any primary for the wanted one
                PROMOTER.breaks(
                                "P07",
                                "if (seen.to().writes()) { if (seen.from().writes()) { return splitBrain(seen); } if (ours) {",
                                "if (seen.to().writes()) { if (seen.from().writes()) { return Assessment.done(\"a primary\"); } if (ours) {")
                        .and(
                                "if (seen.from().system() != seen.to().system()) { return Assessment.blocked(\"the two are not copies of one database\", \"name the right ones\"); } boolean ours",
                                "boolean ours"),
                PROMOTER.breaks(
                        "P08",
                        "return Assessment.blocked(view.name() + \" cannot be asked\", \"make it reachable\");",
                        "return Assessment.done(view.name() + \" cannot be asked\");"),
                PROMOTER.breaks(
                        "P09",
                        "if (!seen.to().streamsFromOther() || seen.lag() instanceof Lag.Unknown) {",
                        "if (false) {"),
                PROMOTER.breaks(
                        "P10",
                        "boolean ours = seen.from().leavingFor().filter(to.name()::equals).isPresent();",
                        "boolean ours = true;"),
                PROMOTER.breaks("P11", "if (seen.from().writes() && terms.fence().isEmpty()) {", "if (false) {")
                        .and("if (answers && from.running && from.writes()) {", "if (false) {"),
                PROMOTER.breaks(
                        "P12",
                        "if (bound.isEmpty()) { return Optional.of(\"nobody knows how much would be lost\"); }",
                        "if (bound.isEmpty()) { return Optional.empty(); }"),
                PROMOTER.breaks(
                        "P12",
                        "terms.waiver().ifPresent(waiver -> context.record(\"waiver\", waiver.who() + \": \" + waiver.reason()));",
                        ""),
                PROMOTER.breaks(
                        "P13",
                        "Duration.ofNanos(world.clockwork.nanoTime() - firstMissing).plus(SAMPLING));",
                        "Duration.ofNanos(1));"),
                PROMOTER.breaks("P13", "context.report(loss(DataLoss.Stage.BOUND, bound));", ""),
                PROMOTER.breaks("P13", "DataLoss.Basis.SAMPLED,", "DataLoss.Basis.COMPARED,"),
                SERVER.breaks(
                        "P14", "standby = true; return new FenceProof.Confirmed(", "return new FenceProof.Confirmed("),
                PROMOTER.breaks("P15", "if (seen.from().diverged()) {", "if (false) {"),
                PROMOTER.breaks(
                        "P16",
                        "return seen.from().streamsFromOther() && seen.from().leavingFor().isEmpty()",
                        "return false"),
                SERVER.breaks("P17", "if (claimed.value() < epoch) {", "if (false) {"),
                // what was promoted before is found done, whoever is still writing elsewhere
                PROMOTER.breaks("P18", "if (!weighed.fenced()) {", "if (false) {"),
                PROMOTER.breaks(
                        "P18", "if (!(seen.to().writes() && weighed.fenced())) {", "if (!seen.to().writes()) {"),
                // silence taken for a fence
                PROMOTER.breaks("P19", "reached && !server.writes(),", "silent || !server.writes(),"),
                PROMOTER.breaks(
                        "P19",
                        "if (proof instanceof FenceProof.Refused || terms.waiver().isEmpty()) {",
                        "if (proof instanceof FenceProof.Refused) {"),
                PROMOTER.breaks(
                        "P20",
                        "public String name(FakeDatabase node) { return node.name(); }",
                        "public String name(FakeDatabase node) { return new Object().toString(); }"));
    }
}
