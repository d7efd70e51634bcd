package io.drkit.core.detect;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a detector sees things.
 *
 * @param site the site it watches
 * @param observers each observer and what is thought of its opinions
 * @param sick how many of them see the site sick
 * @param needed how many it takes
 * @param outage what is going on, from when a majority saw it; empty when nothing is
 */
public record DetectorStatus(String site, List<Opinion> observers, int sick, int needed, Optional<Outage> outage) {
    /** An observer, and what is thought of its opinions so far. */
    public record Opinion(String observer, Health health) {}

    public DetectorStatus {
        Objects.requireNonNull(site, "site");
        observers = List.copyOf(observers);
        Objects.requireNonNull(outage, "outage");
    }
}
