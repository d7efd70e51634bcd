package io.drkit.core.detect;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a detector sees things.
 *
 * @param site the site it watches
 * @param at when it last looked; when it was made as long as it has not
 * @param observers each observer and what is thought of its opinions
 * @param sick how many of them see the site sick
 * @param needed how many it takes
 * @param outage what is going on, from when a majority saw it; empty when nothing is, and when nobody knows
 */
public record DetectorStatus(
        String site, Instant at, List<Opinion> observers, int sick, int needed, Optional<Outage> outage) {
    /** An observer, and what is thought of its opinions so far. */
    public record Opinion(String observer, Health health) {}

    public DetectorStatus {
        Objects.requireNonNull(site, "site");
        Objects.requireNonNull(at, "at");
        observers = List.copyOf(observers);
        Objects.requireNonNull(outage, "outage");
    }

    /** What a majority of all observers sees: sick, healthy, or, where there is no majority for either, unknown. */
    public Health health() {
        if (sick >= needed) {
            return Health.sick(String.join("; ", say(Health.Sick.class)));
        }
        List<String> healthy = say(Health.Healthy.class);
        if (healthy.size() >= needed) {
            return Health.healthy(String.join("; ", healthy));
        }
        List<String> unknown = say(Health.Unknown.class);
        return Health.unknown(unknown.isEmpty() ? "the observers do not agree" : String.join("; ", unknown));
    }

    /** Whether fewer than a majority know anything: then no outage can be seen. */
    boolean blind() {
        return observers.size() - say(Health.Unknown.class).size() < needed;
    }

    /** What those observers say that see it so. */
    List<String> say(Class<? extends Health> health) {
        List<String> said = new ArrayList<>();
        for (Opinion opinion : observers) {
            if (health.isInstance(opinion.health())) {
                said.add(opinion.observer() + ": " + opinion.health().why());
            }
        }
        return said;
    }

    /** The same observers, who know nothing any more. */
    DetectorStatus unknown(String why) {
        List<Opinion> nothing = observers.stream()
                .map(opinion -> new Opinion(opinion.observer(), Health.unknown(why)))
                .toList();
        return new DetectorStatus(site, at, nothing, 0, needed, Optional.empty());
    }
}
