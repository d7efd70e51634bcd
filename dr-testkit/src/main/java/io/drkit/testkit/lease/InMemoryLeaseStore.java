package io.drkit.testkit.lease;

import io.drkit.core.ConflictException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.fault.Faults;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Leases in memory, for tests of what runs under a lease. Its operations are {@code read NAME}, {@code write NAME} and
 * {@code list PREFIX}.
 *
 * <pre>{@code
 * InMemoryLeaseStore leases = new InMemoryLeaseStore(clockwork);
 * leases.faults().every("write", Fault.requestLost());     // the store goes down for everybody
 * LeaseStore seenFromWest = leases.over(west, linkOfWest); // or for one node: with faults of its own, on its own clockwork
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class InMemoryLeaseStore implements LeaseStore {
    private final Clockwork clockwork;
    private final Faults faults = new Faults();
    private final Map<String, Kept> leases = new HashMap<>();
    private long writes;

    /** What outlives a record. */
    private static final class Kept {
        Optional<LeaseRecord> record = Optional.empty();
        long version;
        Epoch floor = Epoch.NONE;

        Seen seen() {
            return new Seen(record, Long.toString(version), floor);
        }
    }

    /** No leases yet. */
    public InMemoryLeaseStore(Clockwork clockwork) {
        this.clockwork = clockwork;
    }

    /** What goes wrong, for every node that uses this object. */
    public Faults faults() {
        return faults;
    }

    /** The same leases, as a node reaches them whose calls wait on {@code clockwork} and meet {@code link} first. */
    public LeaseStore over(Clockwork clockwork, Faults link) {
        return new LeaseStore() {
            @Override
            public Seen read(String name) throws InterruptedException {
                return link.call(clockwork, "read " + name, "to read the lease " + name, () -> store().read(name));
            }

            @Override
            public Seen write(String name, Seen expected, LeaseRecord record) throws InterruptedException {
                return link.call(
                        clockwork,
                        "write " + name,
                        "to write the lease " + name,
                        () -> store().write(name, expected, record));
            }

            @Override
            public Map<String, Seen> list(String prefix) throws InterruptedException {
                return link.call(
                        clockwork, "list " + prefix, "to list the leases " + prefix, () -> store().list(prefix));
            }

            private LeaseStore store() {
                return InMemoryLeaseStore.this;
            }
        };
    }

    /** Removes the record, as a person would by the store's own tools; its epoch is not forgotten. */
    public synchronized void delete(String name) {
        Kept lease = leases.get(name);
        if (lease != null && lease.record.isPresent()) {
            writes++;
            lease.version = writes;
            lease.record = Optional.empty();
        }
    }

    @Override
    public Seen read(String name) throws InterruptedException {
        return faults.call(clockwork, "read " + name, "to read the lease " + name, () -> {
            synchronized (this) {
                return lease(name).seen();
            }
        });
    }

    @Override
    public Seen write(String name, Seen expected, LeaseRecord record) throws InterruptedException {
        return faults.call(clockwork, "write " + name, "to write the lease " + name, () -> {
            synchronized (this) {
                Kept lease = leases.computeIfAbsent(name, first -> new Kept());
                if (!Long.toString(lease.version).equals(expected.version())) {
                    throw new ConflictException(
                            "fake.conflict",
                            Problem.expected("the lease " + name + " in version " + expected.version())
                                    .found("version " + lease.version)
                                    .remedy("look at it again"));
                }
                writes++;
                lease.version = writes;
                lease.record = Optional.of(record);
                if (record.epoch().compareTo(lease.floor) > 0) {
                    lease.floor = record.epoch();
                }
                return lease.seen();
            }
        });
    }

    @Override
    public Map<String, Seen> list(String prefix) throws InterruptedException {
        return faults.call(clockwork, "list " + prefix, "to list the leases " + prefix, () -> {
            Map<String, Seen> found = new TreeMap<>();
            synchronized (this) {
                leases.forEach((name, lease) -> {
                    if (name.startsWith(prefix) && lease.record.isPresent()) {
                        found.put(name, lease.seen());
                    }
                });
            }
            return found;
        });
    }

    private Kept lease(String name) {
        return leases.getOrDefault(name, new Kept());
    }
}
