package io.drkit.testkit.mutants;

import io.drkit.testkit.lease.InMemoryLeaseStore;
import io.drkit.testkit.mutants.Planted.Suspect;
import java.util.List;

/** Broken stores of leases. */
final class LeaseMutants {
    private static final Suspect STORE =
            new Suspect(InMemoryLeaseStore.class, "io.drkit.testkit.lease.LeaseStoresTest$InMemory");
    private static final String COMPARE = "if (!Long.toString(lease.version).equals(expected.version())) {";
    private static final String DELETE = "writes++; lease.version = writes; lease.record = Optional.empty();";

    private LeaseMutants() {}

    static List<Planted> all() {
        return List.of(
                STORE.breaks(
                        "LS1",
                        "return new Seen(record, Long.toString(version), floor);",
                        "return new Seen(Optional.of(record.orElse(new LeaseRecord(Optional.empty(), new Epoch(1),"
                                + " java.time.Duration.ofSeconds(1), 0, Optional.empty(), Map.of()))), Long.toString(version), floor);"),
                STORE.breaks(
                        "LS2",
                        "lease.record = Optional.of(record);",
                        "lease.record = Optional.of(new LeaseRecord(record.holder(), record.epoch(), record.ttl(),"
                                + " record.renewals(), record.heir(), Map.of()));"),
                STORE.breaks("LS3", COMPARE, "if (lease.record.isPresent() != expected.record().isPresent()) {"),
                STORE.breaks(
                        "LS4",
                        COMPARE,
                        "if (expected.record().isPresent() && !Long.toString(lease.version).equals(expected.version())) {"),
                STORE.breaks("LS5", COMPARE, "if (false) {"),
                STORE.breaks(
                        "LS6",
                        "lease.floor = record.epoch(); } return lease.seen();",
                        "lease.floor = record.epoch(); } return expected;"),
                STORE.breaks(
                        "LS7",
                        "lease.version = writes; lease.record = Optional.of(record);",
                        "if (!lease.record.equals(Optional.of(record))) { lease.version = writes; } lease.record = Optional.of(record);"),
                STORE.breaks("LS8", DELETE, "lease.record = Optional.empty();"),
                STORE.breaks("LS9", DELETE, DELETE + " lease.floor = Epoch.NONE;"),
                STORE.breaks("LS10", DELETE, "lease.version = 0; lease.record = Optional.empty();"),
                STORE.breaks("LS11", "if (record.epoch().compareTo(lease.floor) > 0) {", "if (false) {"),
                STORE.breaks("LS12", "name.startsWith(prefix) &&", ""),
                STORE.breaks("LS13", "leases.computeIfAbsent(name,", "leases.computeIfAbsent(name.strip(),")
                        .and("leases.getOrDefault(name,", "leases.getOrDefault(name.strip(),"));
    }
}
