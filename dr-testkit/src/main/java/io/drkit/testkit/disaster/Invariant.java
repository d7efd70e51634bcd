package io.drkit.testkit.disaster;

import java.util.Optional;
import java.util.function.Function;

/**
 * What must hold in every disaster. A value: those out of the box are in {@link Invariants}, and an application adds its own:
 *
 * <pre>{@code
 * Invariant oneRunOnly = Invariant.named("one run is enough", "the plan leaves work for a second run",
 *         history -> history.reports().size() > 1
 *                 ? Optional.of(new Breach(history.end(), "it took " + history.reports().size()))
 *                 : Optional.empty());
 * }</pre>
 *
 * <p>It is checked when a disaster is over, from threads of the simulation's choice: it must hold no state.
 */
public interface Invariant {
    /** In a few words, for example {@code never two writable primaries}. */
    String name();

    /** What is most likely wrong in a plan that breaks it. */
    String likelyMistake();

    /** The first breach in what happened; empty when there is none. */
    Optional<Breach> check(History history);

    /** An invariant from its parts. */
    static Invariant named(String name, String likelyMistake, Function<History, Optional<Breach>> check) {
        return new Invariant() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public String likelyMistake() {
                return likelyMistake;
            }

            @Override
            public Optional<Breach> check(History history) {
                return check.apply(history);
            }

            @Override
            public String toString() {
                return name;
            }
        };
    }
}
