package io.drkit.testkit.disaster;

import io.drkit.testkit.fault.Fault;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Which of the things that are counted go wrong: calls, entries in the journal, moments at which a process may die. */
final class Fate {
    /** What the journal answers. */
    enum JournalAnswer {
        WRITTEN,
        /** An error, and the entry is there. */
        KEPT,
        /** An error, and the entry is not there. */
        FAILED
    }

    private final Map<Integer, Fault> changes = new HashMap<>();
    private final Map<Integer, Fault> asks = new HashMap<>();
    private final Map<Integer, JournalAnswer> entries = new HashMap<>();
    private final Set<Integer> deaths = new HashSet<>();
    private final Map<String, Integer> throttled = new HashMap<>();
    private int changesMade;
    private int asked;
    private int written;
    private int moments;

    Fate(List<Mishap> mishaps) {
        for (Mishap mishap : mishaps) {
            if (mishap instanceof Mishap.CallFails call) {
                (call.change() ? changes : asks).putIfAbsent(call.number(), call.fault());
            } else if (mishap instanceof Mishap.JournalFails journal) {
                entries.putIfAbsent(journal.number(), journal.kept() ? JournalAnswer.KEPT : JournalAnswer.FAILED);
            } else if (mishap instanceof Mishap.Crash crash) {
                deaths.add(crash.moment());
            }
        }
    }

    void throttle(String place, boolean over) {
        throttled.merge(place, over ? -1 : 1, Integer::sum);
    }

    private Optional<Fault> refused(String place) {
        return throttled.getOrDefault(place, 0) > 0 ? Optional.of(Fault.refused(429)) : Optional.empty();
    }

    Optional<Fault> nextAsk(String place) {
        asked++;
        return refused(place).or(() -> Optional.ofNullable(asks.get(asked)));
    }

    Optional<Fault> nextChange(String place) {
        changesMade++;
        return refused(place).or(() -> Optional.ofNullable(changes.get(changesMade)));
    }

    JournalAnswer nextEntry() {
        written++;
        return entries.getOrDefault(written, JournalAnswer.WRITTEN);
    }

    boolean diesNow() {
        moments++;
        return deaths.contains(moments);
    }
}
