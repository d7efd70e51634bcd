package io.drkit.core.lease;

import io.drkit.core.Epoch;
import io.drkit.core.lease.LeaseStore.Seen;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Since when this node sees each lease as it is, on its own monotonic time. */
final class Sightings {
    private final Terms terms;
    private final Map<String, Sighting> sightings = new HashMap<>();

    /** Seen again and again under this version since {@code since}; {@code toWait} has to pass from then on. */
    private record Sighting(String version, long since, Duration toWait) {}

    Sightings(Terms terms) {
        this.terms = terms;
    }

    /**
     * How long this node must still see the same before it may take the lease; zero: it may now. To be called right after the
     * answer came: a renewal that the answer shows was sent before that.
     */
    synchronized Duration wait(String name, Seen seen) {
        long now = terms.clockwork().nanoTime();
        Sighting sighting = sightings.get(name);
        if (sighting == null || !sighting.version.equals(seen.version())) {
            sighting = new Sighting(seen.version(), now, waitOf(seen));
            sightings.put(name, sighting);
        }
        return left(sighting, now);
    }

    /** When to look again: as the lease could become free, or sooner, as it could be released. */
    synchronized Duration nextLook(String name) {
        Sighting sighting = sightings.get(name);
        if (sighting == null) {
            return terms.lookEvery();
        }
        Duration left = left(sighting, terms.clockwork().nanoTime());
        return left.isZero() || left.compareTo(terms.lookEvery()) > 0 ? terms.lookEvery() : left;
    }

    private static Duration left(Sighting sighting, long now) {
        Duration left = sighting.toWait.minusNanos(now - sighting.since);
        return left.isNegative() ? Duration.ZERO : left;
    }

    private Duration waitOf(Seen seen) {
        if (seen.record().isEmpty()) {
            // Deleted: its holder may not have noticed. Where there never was one, nobody has to.
            return seen.floor().equals(Epoch.NONE) ? Duration.ZERO : terms.ttl();
        }
        LeaseRecord record = seen.record().get();
        boolean free = record.holder().isEmpty()
                && record.heir().map(heir -> heir.equals(terms.node().id())).orElse(true);
        return free ? Duration.ZERO : record.ttl();
    }
}
