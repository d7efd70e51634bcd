package io.drkit.core.journal;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** How far two stores of one journal are apart. Runs are the newest first, as {@link JournalStore#runs} answers them. */
final class Divergence {
    /**
     * What one store lacks to be like the other.
     *
     * @param entries what its latest run lacks at its end
     * @param runs the runs that follow upon that one, the oldest first
     */
    record Missing(List<JournalEntry> entries, List<List<JournalEntry>> runs) {}

    private Divergence() {}

    /** Empty when {@code behind} has what {@code ahead} has not: then it is not behind it. */
    static Optional<Missing> missing(List<List<JournalEntry>> ahead, List<List<JournalEntry>> behind) {
        if (behind.isEmpty()) {
            return Optional.of(new Missing(List.of(), oldestFirst(ahead)));
        }
        List<JournalEntry> latest = behind.get(0);
        for (int i = 0; i < ahead.size(); i++) {
            List<JournalEntry> same = ahead.get(i);
            // Its first entry names a run: it holds the run's id.
            if (same.get(0).equals(latest.get(0))) {
                boolean prefix = latest.size() <= same.size()
                        && same.subList(0, latest.size()).equals(latest);
                return prefix
                        ? Optional.of(
                                new Missing(same.subList(latest.size(), same.size()), oldestFirst(ahead.subList(0, i))))
                        : Optional.empty();
            }
        }
        return Optional.empty();
    }

    private static List<List<JournalEntry>> oldestFirst(List<List<JournalEntry>> runs) {
        List<List<JournalEntry>> reversed = new ArrayList<>(runs);
        Collections.reverse(reversed);
        return reversed;
    }
}
