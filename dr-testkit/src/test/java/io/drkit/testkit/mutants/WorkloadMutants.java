package io.drkit.testkit.mutants;

import io.drkit.testkit.mutants.Planted.Suspect;
import io.drkit.testkit.workload.FakeWorkloadScaler;
import io.drkit.testkit.workload.FakeWorkloads;
import java.util.List;

/** Broken scalers of workloads. */
final class WorkloadMutants {
    private static final String TESTS = "io.drkit.testkit.workload.FakeWorkloadScalerTest";
    private static final Suspect SCALER = new Suspect(FakeWorkloadScaler.class, TESTS);
    private static final Suspect PLATFORM = new Suspect(FakeWorkloads.class, TESTS);

    private WorkloadMutants() {}

    static List<Planted> all() {
        return List.of(
                PLATFORM.breaks("W01", "running.wanted, running.pods.size(),", "running.wanted, 0,"),
                SCALER.breaks(
                        "W02",
                        "return see(workloads);",
                        "world.scaleByHand(workloads.get(0), 0); return see(workloads);"),
                SCALER.breaks(
                        "W03",
                        "new Aim(0, OptionalInt.of(status.wanted()), true)",
                        "new Aim(0, OptionalInt.empty(), true)"),
                SCALER.breaks("W04", "status.pods() != aim.replicas() ||", ""),
                SCALER.breaks(
                        "W05", "? new Aim(0, status.remembered(), false)", "? new Aim(0, OptionalInt.empty(), true)"),
                SCALER.breaks(
                        "W06",
                        "? new Aim(0, status.remembered(), false)",
                        "? new Aim(0, status.remembered(), status.remembered().isEmpty())"),
                SCALER.breaks("W07", "new Aim(status.remembered().getAsInt(),", "new Aim(1,"),
                SCALER.breaks("W08", "|| status.ready() != aim.replicas()", ""),
                SCALER.breaks("W09", "return status.wanted() == 0 ? null : new Aim(", "return new Aim("),
                SCALER.breaks(
                        "W10",
                        "new Aim(status.wanted(), OptionalInt.empty(), false)",
                        "new Aim(status.wanted(), OptionalInt.empty(), true)"),
                SCALER.breaks(
                        "W11",
                        "return new Aim(count, OptionalInt.empty(), change);",
                        "return new Aim(count, status.remembered(), change);"),
                SCALER.breaks("W12", "status.pods() != aim.replicas()", "status.pods() < aim.replicas()"),
                SCALER.breaks("W13", "if (!missing.isEmpty()) {", "if (missing.size() == workloads.size()) {"),
                SCALER.breaks("W14", "if (status.autoscaler().isPresent()) {", "if (false) {"),
                // remembers once more while pods are still there: zero
                SCALER.breaks(
                        "W15",
                        "status -> status.wanted() == 0",
                        "status -> status.wanted() == 0 && status.pods() == 0"),
                // takes what it has sent for done
                SCALER.breaks("W16", "} else if (aim.change()) {", "} else if (aim.change() && !sent) {")
                        .and(
                                "private final String description;",
                                "private final String description; private boolean sent;")
                        .and("context.requireAuthority();", "context.requireAuthority(); sent = true;"),
                PLATFORM.breaks("W17", "if (claims && running.epoch > epoch.value()) {", "if (false) {"),
                PLATFORM.breaks(
                        "W18",
                        "running.epoch = claims ? epoch.value() : running.epoch;",
                        "running.epoch = epoch.value();"),
                PLATFORM.breaks(
                        "W19",
                        "faults.call(clockwork, operation, \"to read \" + workload, () -> look(workload))",
                        "look(workload)"),
                PLATFORM.breaks("W20", "if (running.version != seen.version()) {", "if (false) {"),
                SCALER.breaks(
                        "W21", "\"scale \" + words(named) + \" to 0\"", "\"scale \" + named.hashCode() + new Object()"),
                SCALER.breaks("W22", "|| status.remembered().isPresent();", ";"),
                // touches nothing that looks as wanted
                SCALER.breaks(
                        "W23",
                        "world.touch(route, seen, context.epoch());",
                        "if (seen.status().wanted() == 0) { world.touch(route, seen, context.epoch()); }"),
                PLATFORM.breaks("W24", "running -> {});", "running -> running.memory = OptionalInt.empty());"),
                SCALER.breaks(
                        "W25",
                        "world.touch(route, seen, context.epoch());",
                        "world.touch(route, seen, io.drkit.core.Epoch.NONE);"),
                SCALER.breaks("W26", "if (!missing.isEmpty()) {", "if (false) {"));
    }
}
