package io.drkit.core.journal;

import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a store's journals hold and whether it can be trusted: each run's entries are read and their chain is checked. Nothing is
 * opened, repaired or changed, so it may be done while a run is going on.
 *
 * <pre>{@code
 * JournalCheck check = JournalCheck.of(new FileJournalStore(Path.of("/var/lib/shop/dr")));
 * check.printTo(System.out);
 * if (!check.intact()) { … }
 * }</pre>
 *
 * <p>What no chain can tell: that the last entries of a run were cut off. Such a run shows as not over. A mirror tells it: over a
 * {@link MirroredJournalStore} each of the two stores is checked by itself and they are compared. What one lacks, and that one cannot
 * be read, count as damages, which name the store.
 *
 * @param runs every run that could be read, of each journal the newest first
 * @param damages what is damaged, and where; empty when all is well
 */
public record JournalCheck(List<Run> runs, List<String> damages) {
    /**
     * A run whose chain is intact.
     *
     * @param key whose it is
     * @param entries its entries, the oldest first
     * @param torn whether a line stands behind them that was never written whole, and that nobody relied on
     */
    public record Run(JournalKey key, List<JournalEntry> entries, boolean torn) {
        public Run {
            entries = List.copyOf(entries);
        }

        /** The highest epoch under which it was worked on; {@link Epoch#NONE} when it does not say. */
        public Epoch epoch() {
            return new Epoch(JournalFolder.highestEpoch(entries));
        }

        /** How it ended or paused; empty when it has done neither since it was last worked on. */
        public Optional<String> outcome() {
            String outcome = "";
            for (JournalEntry entry : entries) {
                switch (entry.kind()) {
                    case RUN_PAUSED, RUN_ENDED -> outcome = entry.detail("outcome");
                    case RUN_RESUMED -> outcome = "";
                    default -> {}
                }
            }
            return outcome.isEmpty() ? Optional.empty() : Optional.of(outcome);
        }

        @Override
        public String toString() {
            JournalEntry first = entries.get(0);
            return key.plan() + ", " + first.detail("mode") + " " + first.detail("from") + " -> " + first.detail("to")
                    + ", run " + first.detail("run") + ", begun " + first.at() + ", epoch " + epoch() + ", "
                    + entries.size() + " entries, " + outcome().orElse("not over") + ", intact"
                    + (torn ? ", with a torn last line that nobody relied on" : "");
        }
    }

    public JournalCheck {
        runs = List.copyOf(runs);
        damages = List.copyOf(damages);
    }

    /**
     * Checks every journal of this store.
     *
     * @throws DrException when it cannot be reached; of a mirror, when neither of its stores can
     */
    public static JournalCheck of(JournalStore store) {
        if (store instanceof MirroredJournalStore mirror) {
            return mirror.check();
        }
        List<Run> runs = new ArrayList<>();
        List<String> damages = new ArrayList<>();
        if (store instanceof FileJournalStore files) {
            files.check(runs, damages);
        } else {
            for (JournalKey key : store.keys()) {
                noting(damages, () -> {
                    for (List<JournalEntry> run : store.runs(key, Integer.MAX_VALUE)) {
                        add(new Run(key, run, false), runs, damages);
                    }
                });
                noting(damages, () -> add(store.words(key), damages));
            }
        }
        return new JournalCheck(runs, damages);
    }

    /** Something that reads. */
    interface Reading {
        void read() throws IOException;
    }

    static void noting(List<String> damages, Reading reading) {
        try {
            reading.read();
        } catch (CorruptJournalException e) {
            damages.add(e.problem().found() + " (expected " + e.problem().expected() + ")");
        } catch (IOException e) {
            damages.add("unreadable: " + e);
        }
    }

    static void add(Words words, List<String> damages) {
        words.unreadable()
                .forEach(one -> damages.add(one.why() + " (expected an undamaged instruction in " + one.where() + ")"));
    }

    /** Its first entry names a run: two with the same one are a copy. */
    static void add(Run run, List<Run> runs, List<String> damages) {
        for (Run other : runs) {
            if (other.key().equals(run.key())
                    && other.entries().get(0).equals(run.entries().get(0))) {
                damages.add("the same run twice: " + run);
            }
        }
        runs.add(run);
    }

    /** Whether nothing is damaged. */
    public boolean intact() {
        return damages.isEmpty();
    }

    /** A line a run and a line a damage, and one with the sum. */
    public void printTo(PrintStream out) {
        runs.forEach(out::println);
        damages.forEach(damage -> out.println("DAMAGED: " + damage));
        out.println(runs.size() + " runs intact, " + damages.size() + " damages");
    }
}
