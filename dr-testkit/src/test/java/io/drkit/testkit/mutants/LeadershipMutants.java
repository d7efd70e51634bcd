package io.drkit.testkit.mutants;

import io.drkit.core.lease.Leadership;
import io.drkit.core.lease.Lease;
import io.drkit.core.lease.Leases;
import io.drkit.testkit.mutants.Planted.Suspect;
import java.util.List;

/** Leaderships that break what they promise to a listener. */
final class LeadershipMutants {
    private static final String TESTS = "io.drkit.testkit.lease.LeaseStoresTest$LeadersInMemory";
    private static final Suspect LEADERSHIP = new Suspect(Leadership.class, TESTS);
    private static final Suspect LEASES = new Suspect(Leases.class, TESTS);
    private static final Suspect LEASE = new Suspect(Lease.class, TESTS);
    private static final String STOPPED =
            "boolean stopped = stopping.join(stopWithin) && leading.join(deadline.remaining());";

    private LeadershipMutants() {}

    static List<Planted> all() {
        return List.of(
                LEASES.breaks(
                        "LD1",
                        "now = terms.store().write(name, seen, wanted);",
                        "now = new Seen(Optional.of(wanted), seen.version(), wanted.epoch());"),
                LEASES.breaks("LD2", "boolean free = sightings.toWait(name).isZero();", "boolean free = true;"),
                LEASE.breaks("LD3", "return due.compareTo(untilOver) < 0 ? due : untilOver;", "return untilOver;"),
                LEADERSHIP.breaks("LD4", "leading.interrupt();", ""),
                LEADERSHIP.breaks("LD5", STOPPED, "boolean stopped = true;"),
                LEADERSHIP.breaks("LD6", STOPPED, "boolean stopped = stopping.join(stopWithin);"),
                LEADERSHIP.breaks("LD7", "returned = true;", ""),
                LEADERSHIP.breaks("LD8", "inbox.put(new Message.Failed(lease));", ""),
                LEASES.breaks("LD9", "return last.compareTo(seen.floor()) > 0 ? last : seen.floor();", "return last;"),
                LEADERSHIP.breaks("LD10", "lease.handOverTo(order.nodeId());", "lease.release();"));
    }
}
