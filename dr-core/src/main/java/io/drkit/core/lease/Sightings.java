package io.drkit.core.lease;

import io.drkit.core.Epoch;
import io.drkit.core.lease.LeaseStore.Seen;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Since when this node sees each lease as it is, on its own monotonic time. */
final class Sightings {
    private final Terms terms;
    private final Map<String, Sighting> sightings = new HashMap<>();

    /**
     * A lease as it was seen again and again.
     *
     * @param since when it was seen so first
     * @param last when it was seen so last
     * @param changed whether it was seen otherwise before: then it was written while this node looked
     */
    private record Sighting(Seen seen, long since, long last, boolean changed) {}

    Sightings(Terms terms) {
        this.terms = terms;
    }

    /** Keeps what is seen. To be called right after the answer came: a renewal that the answer shows was sent before that. */
    synchronized void see(String name, Seen seen) {
        long now = terms.clockwork().nanoTime();
        Sighting before = sightings.get(name);
        if (before != null && before.seen.version().equals(seen.version())) {
            sightings.put(name, new Sighting(seen, before.since, now, before.changed));
        } else {
            sightings.put(name, new Sighting(seen, now, now, before != null));
        }
    }

    /** How long this node must still see the same before it may take the lease; zero: it may now. */
    synchronized Duration toWait(String name) {
        Sighting sighting = sightings.get(name);
        return sighting == null ? terms.ttl() : toWait(sighting);
    }

    /** When to look again: as the lease could become free, or sooner, as it could be released. */
    Duration nextLook(String name) {
        Duration left = toWait(name);
        return left.isZero() || left.compareTo(terms.lookEvery()) > 0 ? terms.lookEvery() : left;
    }

    /** Who holds it, if that was renewed so lately that nobody else may have taken it; empty when nobody does or it is not known. */
    synchronized Optional<Node> holder(String name) {
        Sighting sighting = sightings.get(name);
        return sighting != null && presence(sighting) != Presence.STALE
                ? sighting.seen.record().flatMap(LeaseRecord::holder)
                : Optional.empty();
    }

    /** The records of all leases whose name begins with {@code prefix}, as they were seen last. */
    synchronized Map<String, LeaseRecord> latest(String prefix) {
        Map<String, LeaseRecord> records = new TreeMap<>();
        sightings.forEach((name, sighting) -> {
            if (name.startsWith(prefix)) {
                sighting.seen.record().ifPresent(record -> records.put(name, record));
            }
        });
        return records;
    }

    /** Whether whoever writes it is there. */
    synchronized Presence presence(String name) {
        Sighting sighting = sightings.get(name);
        if (sighting == null) {
            return Presence.UNKNOWN;
        }
        boolean lookedLately = passed(sighting.last).compareTo(ttl(sighting.seen)) < 0;
        Presence presence = presence(sighting);
        return presence == Presence.STALE && !lookedLately ? Presence.UNKNOWN : presence;
    }

    private Presence presence(Sighting sighting) {
        if (passed(sighting.since).compareTo(ttl(sighting.seen)) >= 0) {
            return Presence.STALE;
        }
        return sighting.changed ? Presence.FRESH : Presence.UNKNOWN;
    }

    private Duration toWait(Sighting sighting) {
        Optional<LeaseRecord> record = sighting.seen.record();
        boolean free = record.isEmpty()
                // Where there never was one nobody holds it; where it was deleted its holder may not have noticed.
                ? sighting.seen.floor().equals(Epoch.NONE)
                : record.get().holder().isEmpty()
                        && record.get().heir().map(this::isThisNode).orElse(true);
        Duration left = ttl(sighting.seen).minus(passed(sighting.since));
        return free || left.isNegative() ? Duration.ZERO : left;
    }

    private boolean isThisNode(String id) {
        return id.equals(terms.node().id());
    }

    private Duration ttl(Seen seen) {
        return seen.record().map(LeaseRecord::ttl).orElse(terms.ttl());
    }

    private Duration passed(long since) {
        return Duration.ofNanos(terms.clockwork().nanoTime() - since);
    }
}
