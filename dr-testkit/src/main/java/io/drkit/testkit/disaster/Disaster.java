package io.drkit.testkit.disaster;

import io.drkit.core.plan.Mode;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One disaster: what the operators set out to do, and what goes wrong meanwhile.
 *
 * @param seed from which all of it is drawn, the order of tasks included
 * @param mode what the operators begin with
 * @param begins when they begin
 * @param mishaps all that were drawn
 * @param kept the numbers of those that happen
 */
record Disaster(long seed, Mode mode, Duration begins, List<Mishap> mishaps, List<Integer> kept) {
    Disaster {
        mishaps = List.copyOf(mishaps);
        kept = List.copyOf(kept);
    }

    static Disaster of(long seed, Mode mode, Duration begins, List<Mishap> mishaps) {
        return new Disaster(
                seed,
                mode,
                begins,
                mishaps,
                IntStream.range(0, mishaps.size()).boxed().toList());
    }

    /** When all that lasts for a while is over. */
    Duration over() {
        return happening().stream()
                .flatMap(mishap -> mishap.ends().or(mishap::begins).stream())
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    /** Whether the processes run under a lease, as where journals are not trusted to exclude each other. */
    boolean leased() {
        return !Rehearsal.is(this) && Math.floorMod(seed, 3) == 1;
    }

    /** Whether the operators go back to the first site when all is over. */
    boolean goesBack() {
        return !Rehearsal.is(this) && Math.floorMod(seed, 5) == 2;
    }

    List<Mishap> happening() {
        return kept.stream().map(mishaps::get).toList();
    }

    Disaster with(List<Integer> only) {
        for (int number : only) {
            if (number < 0 || number >= mishaps.size()) {
                throw new IllegalArgumentException(
                        "Of the disaster " + seed + " there is no mishap " + number + "; it has " + mishaps.size());
            }
        }
        return new Disaster(seed, mode, begins, mishaps, only);
    }

    /** For example {@code 4711:0,2}; without numbers after the colon nothing goes wrong. */
    String token() {
        return Rehearsal.name(seed).orElseGet(() -> Long.toString(seed)) + ":"
                + String.join(",", kept.stream().map(String::valueOf).toList());
    }
}
