package io.drkit.testkit.disaster;

import io.drkit.core.Site;
import io.drkit.testkit.time.VirtualClockwork;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A disaster in which an invariant is broken. */
record Finding(Disaster disaster, Invariant invariant, Breach breach, Optional<History> history) {

    /** The first invariant that is broken in it. */
    static <S extends Site> Optional<Finding> in(
            Application<S> application, Disaster disaster, Invariant... invariants) {
        return in(application, disaster, history -> {}, invariants);
    }

    /** The same, and shows whoever asks what happened. */
    static <S extends Site> Optional<Finding> in(
            Application<S> application, Disaster disaster, Consumer<History> watcher, Invariant... invariants) {
        History history;
        try {
            history = history(application, disaster);
        } catch (VirtualClockwork.Stuck stuck) {
            return Optional.of(new Finding(
                    disaster,
                    Invariants.everyRunEndsOrSaysWhy(),
                    new Breach(java.time.Duration.ZERO, String.valueOf(stuck.getMessage())),
                    Optional.empty()));
        }
        watcher.accept(history);
        if (Rehearsal.is(disaster)) {
            Optional<Breach> breach = Rehearsal.WORKS.check(history);
            if (breach.isPresent()) {
                return Optional.of(new Finding(disaster, Rehearsal.WORKS, breach.get(), Optional.of(history)));
            }
        }
        for (Invariant invariant : invariants) {
            Optional<Breach> breach = invariant.check(history);
            if (breach.isPresent()) {
                return Optional.of(new Finding(disaster, invariant, breach.get(), Optional.of(history)));
            }
        }
        return Optional.empty();
    }

    /** The same with as few mishaps as break the same invariant; there are few enough to try all of their combinations. */
    <S extends Site> Finding shrunk(Application<S> application, Invariant... invariants) {
        List<Integer> kept = disaster.kept();
        for (int size = 0; size < kept.size(); size++) {
            for (int chosen = 0; chosen < 1 << kept.size(); chosen++) {
                if (Integer.bitCount(chosen) != size) {
                    continue;
                }
                List<Integer> fewer = new ArrayList<>();
                for (int i = 0; i < kept.size(); i++) {
                    if ((chosen >> i & 1) == 1) {
                        fewer.add(kept.get(i));
                    }
                }
                Optional<Finding> smaller = in(application, disaster.with(fewer), invariants)
                        .filter(found -> found.invariant.name().equals(invariant.name()));
                if (smaller.isPresent()) {
                    return smaller.get();
                }
            }
        }
        return this;
    }

    static <S extends Site> List<String> timeline(Application<S> application, Disaster disaster) {
        return Timeline.whole(history(application, disaster));
    }

    /**
     * What happens in it.
     *
     * @throws VirtualClockwork.Stuck when it does not end
     */
    static <S extends Site> History history(Application<S> application, Disaster disaster) {
        try {
            return new Simulation<>(application, disaster).run();
        } catch (VirtualClockwork.Stuck stuck) {
            throw stuck;
        } catch (InterruptedException e) {
            throw new IllegalStateException("The simulation was interrupted", e);
        } catch (Exception e) {
            throw new IllegalStateException("The simulation of " + disaster.token() + " failed", e);
        }
    }

    String message() {
        StringBuilder text = new StringBuilder();
        text.append("Broken at ")
                .append(Timeline.stamp(breach.at()).strip())
                .append(": ")
                .append(invariant.name());
        text.append("\n  ").append(breach.what());
        text.append("\nLikely mistake: ").append(invariant.likelyMistake());
        text.append("\nWhat went wrong in the world").append(disaster.leased() ? ", where runs are under a lease" : "");
        if (disaster.kept().isEmpty()) {
            text.append(": nothing at all");
        }
        for (int number : disaster.kept()) {
            text.append("\n  (")
                    .append(number)
                    .append(") ")
                    .append(disaster.mishaps().get(number).line());
        }
        history.ifPresent(all -> {
            text.append("\nWhat happened");
            Timeline.around(all, breach.at()).forEach(line -> text.append("\n").append(line));
        });
        text.append("\nSee it again: Disasters.….replay(\"")
                .append(disaster.token())
                .append("\").holds(…)");
        return text.toString();
    }
}
