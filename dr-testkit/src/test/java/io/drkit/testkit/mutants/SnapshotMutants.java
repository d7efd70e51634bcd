package io.drkit.testkit.mutants;

import io.drkit.testkit.mutants.Planted.Suspect;
import io.drkit.testkit.snapshot.FakeSnapshotStore;
import java.util.List;

/** Broken stores of snapshots. */
final class SnapshotMutants {
    private static final Suspect STORE =
            new Suspect(FakeSnapshotStore.class, "io.drkit.testkit.snapshot.FakeSnapshotStoreTest");
    private static final String CREATE =
            "return faults.call(clockwork, \"create\", \"to take a snapshot of \" + name, () -> begin(context.epoch()));";

    private SnapshotMutants() {}

    static List<Planted> all() {
        return List.of(
                STORE.breaks("S01", "return name;", "return name + new Object();"),
                STORE.breaks("S02", "all.add(entry.seenAt(id, now))", "all.add(entry.seenAt(\"the \" + id, now))"),
                STORE.breaks(
                        "S03",
                        "clockwork.now().plus(clockAhead);",
                        "clockwork.now().plus(clockAhead).minusSeconds(60);"),
                STORE.breaks(
                        "S04",
                        "return new Snapshot(id, taken, now",
                        "return new Snapshot(id, now - endAt >= 0 ? taken.plusNanos(1) : taken, now"),
                STORE.breaks("S04", "now - endAt >= 0 ? end : first", "first"),
                STORE.breaks("S05", "String id = \"snapshot-\" + created;", "String id = \"snapshot-\" + created % 3;"),
                STORE.breaks(
                        "S06",
                        "entry.gone = true;",
                        "entries.values().forEach(each -> { each.gone = true; each.goneAt = clockwork.nanoTime(); });"),
                STORE.breaks(
                        "S07",
                        "if (entry != null && !entry.gone) {",
                        "if (entry == null || entry.gone) { throw new IllegalArgumentException(id); } if (!entry.gone) {"),
                // takes a lost answer for a lost request
                STORE.breaks(
                        "S08",
                        CREATE,
                        "try { " + CREATE
                                + " } catch (io.drkit.core.UnknownOutcomeException e) { return begin(context.epoch()); }"),
                STORE.breaks(
                        "S09",
                        CREATE,
                        "Snapshot begun = begin(context.epoch()); return faults.call(clockwork, \"create\", \"\", () -> begun);"),
                STORE.breaks(
                                "S10",
                                "faults.call(clockwork, \"delete \" + id,",
                                "try { faults.call(clockwork, \"delete \" + id,")
                        .and(
                                "remove(id, context.epoch()); return true; });",
                                "remove(id, context.epoch()); return true; }); } catch (io.drkit.core.UnknownOutcomeException e) { }"),
                STORE.breaks(
                        "S11",
                        "return faults.call(clockwork, \"list\", \"to list the snapshots of \" + name, this::listed);",
                        "return faults.take(\"list\").isPresent() ? List.of() : listed();"),
                STORE.breaks("S12", "if (caller.value() < epoch) {", "if (false) {"),
                STORE.breaks(
                        "S13", "State end = failing > 0 ? State.FAILED : State.GOOD;", "State end = State.FAILED;"));
    }
}
