package io.drkit.testkit.disaster;

import io.drkit.testkit.fault.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

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

    private final Map<Integer, Mishap.CallFails> changes = new HashMap<>();
    private final Map<Integer, Mishap.CallFails> asks = new HashMap<>();
    private final Map<Integer, Mishap.ArrivesLate> late = new HashMap<>();
    private final Map<Integer, Mishap.JournalFails> entries = new HashMap<>();
    private final Map<Integer, Mishap.Crash> deaths = new HashMap<>();
    private final Map<String, Integer> throttled = new HashMap<>();
    private int changesMade;
    private int asked;
    private int written;
    private final List<Duration> moments = new ArrayList<>();
    private final Supplier<Duration> clock;
    private final Consumer<Mishap> struck;

    /** Of {@code mishaps} those that are counted; {@code struck} is told of each when it happens. */
    Fate(List<Mishap> mishaps, Supplier<Duration> clock, Consumer<Mishap> struck) {
        this.clock = clock;
        this.struck = struck;
        for (Mishap mishap : mishaps) {
            if (mishap instanceof Mishap.CallFails call) {
                (call.change() ? changes : asks).putIfAbsent(call.number(), call);
            } else if (mishap instanceof Mishap.ArrivesLate call) {
                late.putIfAbsent(call.number(), call);
            } else if (mishap instanceof Mishap.JournalFails journal) {
                entries.putIfAbsent(journal.number(), journal);
            } else if (mishap instanceof Mishap.Crash crash) {
                deaths.putIfAbsent(crash.moment(), crash);
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
        return refused(place).or(() -> fault(asks.get(asked)));
    }

    Optional<Fault> nextChange(String place) {
        changesMade++;
        return refused(place).or(() -> fault(changes.get(changesMade)));
    }

    private Optional<Fault> fault(Mishap.@Nullable CallFails call) {
        if (call == null) {
            return Optional.empty();
        }
        struck.accept(call);
        return Optional.of(call.fault());
    }

    /** How much later the change that was asked for last arrives, if it does not now. */
    Optional<Duration> delay() {
        Mishap.ArrivesLate call = late.get(changesMade);
        if (call == null) {
            return Optional.empty();
        }
        struck.accept(call);
        return Optional.of(call.by());
    }

    JournalAnswer nextEntry() {
        written++;
        Mishap.JournalFails failing = entries.get(written);
        if (failing == null) {
            return JournalAnswer.WRITTEN;
        }
        struck.accept(failing);
        return failing.kept() ? JournalAnswer.KEPT : JournalAnswer.FAILED;
    }

    boolean diesNow() {
        moments.add(clock.get());
        Mishap.Crash death = deaths.get(moments.size());
        if (death != null) {
            struck.accept(death);
        }
        return death != null;
    }

    /** How far it came by now, since the operators began. */
    Course course(Duration begins) {
        return new Course(
                clock.get().minus(begins),
                moments.stream()
                        .map(at -> at.minus(begins))
                        .filter(at -> !at.isNegative())
                        .toList(),
                asked,
                changesMade,
                written,
                moments.size());
    }
}
