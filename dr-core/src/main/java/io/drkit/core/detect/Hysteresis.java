package io.drkit.core.detect;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Optional;

/**
 * What to think of one observer's opinions in a row. Sick when {@code sickOf} of the last {@code window} were sick, and healthy
 * again only when the last {@code healthyRow} all were. In between it stays as it was, except that what the last opinion does not
 * know is not known. Not thread-safe.
 */
final class Hysteresis {
    private final int sickOf;
    private final int window;
    private final int healthyRow;
    private final Deque<Seen> last = new ArrayDeque<>();
    private Health state = Health.unknown("it has not looked often enough yet");

    private record Seen(Health health, Instant at) {}

    Hysteresis(int sickOf, int window, int healthyRow) {
        this.sickOf = sickOf;
        this.window = window;
        this.healthyRow = healthyRow;
    }

    Health add(Health opinion, Instant at) {
        last.addLast(new Seen(opinion, at));
        if (last.size() > Math.max(window, healthyRow)) {
            last.removeFirst();
        }
        if (opinion instanceof Health.Unknown || healthyInARow() >= healthyRow) {
            state = opinion;
        } else if (sick().isPresent()) {
            state = lastSick();
        } else if (state instanceof Health.Unknown) {
            state = Health.unknown("not seen often enough to be sure: " + opinion.why());
        }
        return state;
    }

    /** It stays as it is for now, but from here on the opinions to come alone decide. */
    void startOver() {
        last.clear();
    }

    /** When the first of the sick opinions was given that make it sick; empty when it is not, or only still counts as sick. */
    Optional<Instant> sickSince() {
        return state instanceof Health.Sick ? sick() : Optional.empty();
    }

    private Optional<Instant> sick() {
        int sick = 0;
        Instant first = null;
        int skip = last.size() - window;
        for (Seen seen : last) {
            if (skip-- <= 0 && seen.health() instanceof Health.Sick) {
                sick++;
                first = first == null ? seen.at() : first;
            }
        }
        return sick >= sickOf ? Optional.ofNullable(first) : Optional.empty();
    }

    private Health lastSick() {
        for (Iterator<Seen> newest = last.descendingIterator(); newest.hasNext(); ) {
            Health health = newest.next().health();
            if (health instanceof Health.Sick) {
                return health;
            }
        }
        throw new AssertionError("some were sick");
    }

    private int healthyInARow() {
        int row = 0;
        for (Iterator<Seen> newest = last.descendingIterator();
                newest.hasNext() && newest.next().health() instanceof Health.Healthy; ) {
            row++;
        }
        return row;
    }
}
