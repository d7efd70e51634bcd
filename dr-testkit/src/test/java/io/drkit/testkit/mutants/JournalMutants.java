package io.drkit.testkit.mutants;

import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.mutants.Planted.Suspect;
import java.util.List;

/** Broken stores of journals. */
final class JournalMutants {
    private static final Suspect STORE =
            new Suspect(InMemoryJournalStore.class, "io.drkit.testkit.journal.JournalStoresTest$InMemory");
    private static final String OPEN = "public synchronized Journal open(JournalKey key) { Kept journal =";
    private static final String RAISE = "Math.max(journal.epoch, above.value()) + 1";
    private static final String HELD = "if (journal.holder != this || journal.epoch != epoch.value()) {";

    private JournalMutants() {}

    static List<Planted> all() {
        return List.of(
                STORE.breaks(
                        "J1",
                        "return runs.isEmpty() ? List.of() :",
                        "return runs.isEmpty() ? List.of(new JournalEntry(JournalEntry.Kind.RUN_BEGAN, java.time.Instant.EPOCH, \"\", Map.of())) :"),
                STORE.breaks("J2", "journal.latest().add(entry);", "journal.latest().add(0, entry);"),
                STORE.breaks(
                        "J3",
                        "journal.runs.add(new ArrayList<>(List.of(first)));",
                        "if (journal.runs.isEmpty()) { journal.runs.add(new ArrayList<>()); } journal.latest().add(first);"),
                STORE.breaks("J4", "if (journal.holder != null) {", "if (false) {"),
                STORE.breaks("J5", OPEN, OPEN + " !kept.isEmpty() ? kept.values().iterator().next() :"),
                STORE.breaks("J6", RAISE, "above.value() + 1"),
                STORE.breaks("J7", HELD, "if (journal.holder != this) {"),
                STORE.breaks("J7", HELD, "if (journal.epoch != epoch.value()) {"),
                STORE.breaks(
                        "J8", "throw unreachable(\"no run has begun in it\");", "journal.runs.add(new ArrayList<>());"),
                STORE.breaks("J8", "throw unreachable(\"it was closed\");", ""),
                STORE.breaks("J9", RAISE, "journal.epoch + 1"),
                STORE.breaks("J10", "if (journal.begunUnder == journal.epoch) {", "if (false) {"),
                STORE.breaks("J11", "if (journal.takeOvers != takeOvers) {", "if (false) {"),
                STORE.breaks("J12", "journal.takeOvers++; journal.epoch++;", "journal.takeOvers++;"),
                STORE.breaks("J13", "if (journal.holder == this) { journal.holder = null; }", "journal.holder = null;"),
                STORE.breaks(
                        "J14",
                        "public synchronized Journal takeOver(JournalKey key) { Kept journal = kept.computeIfAbsent(key, first -> new Kept());",
                        "public synchronized Journal takeOver(JournalKey key) { Kept journal = kept.get(key);"),
                STORE.breaks(
                        "J15",
                        "for (int i = journal.runs.size() - 1; i >= 0 && newest.size() < atMost; i--) {",
                        "for (int i = 0; i < journal.runs.size() && newest.size() < atMost; i++) {"),
                STORE.breaks("J16", ".filter(journal -> !journal.getValue().runs.isEmpty())", ""),
                STORE.breaks(
                        "J17",
                        "if (journal.instructions.stream().noneMatch(posted -> posted.id().equals(instruction.id()))) {",
                        "if (true) {"),
                STORE.breaks("J18", "journal.instructions = new ArrayList<>();", ""));
    }
}
