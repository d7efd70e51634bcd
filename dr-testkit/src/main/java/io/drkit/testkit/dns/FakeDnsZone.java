package io.drkit.testkit.dns;

import io.drkit.core.ConflictException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.dns.DnsStatus;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.fault.Faults;
import io.drkit.testkit.fault.Route;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A zone in memory: the store of records, the authoritative servers that follow it a moment later, and resolvers that keep what
 * they heard until its TTL has passed. Time is the clockwork's; nothing here starts a thread, so that it runs on virtual time as
 * well.
 *
 * <pre>{@code
 * FakeDnsZone zone = FakeDnsZone.on(clockwork);
 * zone.record("shop.example.com", "west.example.com", Duration.ofSeconds(60));
 * DnsSwitcher switcher = FakeDnsSwitcher.of(zone);
 * FakeResolver client = zone.resolver();
 * }</pre>
 *
 * <p>Operations of {@link #faults()}: {@code read} (the store), {@code ask} (the authoritative servers), {@code write} and
 * {@code touch}, each
 * followed by the record's name. Thread-safe.
 */
public final class FakeDnsZone {
    private final Clockwork clockwork;
    private final Faults faults = new Faults();
    private final Map<String, Entry> entries = new HashMap<>();
    private Duration propagation = Duration.ofSeconds(1);

    private FakeDnsZone(Clockwork clockwork) {
        this.clockwork = clockwork;
    }

    /** An empty zone whose servers follow the store within a second. */
    public static FakeDnsZone on(Clockwork clockwork) {
        return new FakeDnsZone(Objects.requireNonNull(clockwork, "clockwork"));
    }

    /** How long the authoritative servers take to follow the store, from the next change on; zero or more. */
    public synchronized FakeDnsZone propagation(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("Propagation takes zero time or more");
        }
        propagation = time;
        return this;
    }

    /** Adds a record that the servers answer already. */
    public synchronized void record(String name, String target, Duration ttl) {
        entries.put(name, new Entry(target, ttl, clockwork.nanoTime()));
    }

    /** Points a record elsewhere as another writer would. */
    public synchronized void changeByHand(String name, String target) {
        known(name).change(target, clockwork.nanoTime(), propagation);
    }

    /** What goes wrong with calls. */
    public Faults faults() {
        return faults;
    }

    /** A resolver with an empty cache, as a client or a site would have. */
    public FakeResolver resolver() {
        return new FakeResolver(this);
    }

    /** How many times the record was written to. */
    public synchronized long version(String name) {
        return known(name).version;
    }

    /** The record as it really is; no fault applies. */
    public synchronized DnsStatus truth(String name) {
        return status(name, known(name));
    }

    Clockwork clockwork() {
        return clockwork;
    }

    Optional<Seen> read(Route route, String name) throws InterruptedException {
        String operation = "read " + name;
        return route.ask(operation, () -> {
            Optional<Seen> stored = faults.call(clockwork, operation, "to read " + name, () -> look(name));
            if (stored.isPresent()) {
                faults.call(clockwork, "ask " + name, "to ask the servers for " + name, () -> true);
            }
            return stored;
        });
    }

    private synchronized Optional<Seen> look(String name) {
        Entry entry = entries.get(name);
        return entry == null ? Optional.empty() : Optional.of(new Seen(status(name, entry), entry.version));
    }

    /** What the authoritative servers answer; empty when there is no such record. */
    synchronized Optional<Answer> answer(String name) {
        Entry entry = entries.get(name);
        return entry == null
                ? Optional.empty()
                : Optional.of(new Answer(entry.answered(clockwork.nanoTime()), entry.ttl));
    }

    void write(Route route, Seen seen, String target, Epoch epoch) throws InterruptedException {
        String name = seen.status().name();
        String operation = "write " + name;
        String what = "to point " + name + " at " + target;
        route.change(
                operation,
                what,
                epoch,
                () -> faults.call(clockwork, operation, what, () -> {
                    accept(name, seen, epoch, entry -> entry.change(target, clockwork.nanoTime(), propagation));
                    return true;
                }));
    }

    /** Writes nothing but the epoch if nobody wrote since {@code seen}; whatever was sent on that condition is refused from then on. */
    void touch(Route route, Seen seen, Epoch epoch) throws InterruptedException {
        String touch = "touch " + seen.status().name();
        route.change(
                touch,
                "to " + touch,
                epoch,
                () -> faults.call(clockwork, touch, "to " + touch, () -> {
                    accept(seen.status().name(), seen, epoch, entry -> entry.version++);
                    return true;
                }));
    }

    private synchronized void accept(String name, Seen seen, Epoch epoch, Consumer<Entry> change) {
        Entry entry = known(name);
        boolean claims = !epoch.equals(Epoch.NONE);
        if (claims && entry.epoch > epoch.value()) {
            throw StaleEpochException.at("fake.stale-epoch", name, new Epoch(entry.epoch), epoch);
        }
        if (entry.version != seen.version()) {
            throw new ConflictException(
                    "fake.conflict",
                    Problem.expected(name + " as it was observed")
                            .found("that somebody changed it meanwhile")
                            .remedy("observe it again"));
        }
        change.accept(entry);
        entry.epoch = claims ? epoch.value() : entry.epoch;
    }

    private DnsStatus status(String name, Entry entry) {
        long now = clockwork.nanoTime();
        // whoever asked just before the servers changed may hold the previous answer for a whole TTL from then on
        long end = entry.changedAt + entry.lag.toNanos() + entry.ttl.toNanos();
        Duration residual = !entry.changed ? Duration.ZERO : Duration.ofNanos(Math.max(0, end - now));
        return new DnsStatus(
                name, entry.target, Optional.of(entry.answered(now)), Optional.of(entry.ttl), Optional.of(residual));
    }

    private Entry known(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new IllegalArgumentException("There is no record " + name + "; call record first");
        }
        return entry;
    }

    record Seen(DnsStatus status, long version) {}

    record Answer(String target, Duration ttl) {}

    private static final class Entry {
        private final Duration ttl;
        private String target;
        private String before;
        private long changedAt;
        private Duration lag = Duration.ZERO;
        private boolean changed;
        private long version;
        private long epoch;

        private Entry(String target, Duration ttl, long now) {
            this.target = target;
            this.before = target;
            this.ttl = ttl;
            this.changedAt = now;
        }

        private String answered(long now) {
            return now - changedAt >= lag.toNanos() ? target : before;
        }

        private void change(String wanted, long now, Duration propagation) {
            before = answered(now);
            target = wanted;
            changedAt = now;
            lag = propagation;
            changed = true;
            version++;
        }
    }
}
