package io.drkit.core.lease;

import io.drkit.core.ConflictException;
import io.drkit.core.DrException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.lease.LeaseStore.Seen;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Takes leases of a {@link LeaseStore} for one node.
 *
 * <pre>{@code
 * Leases leases = Leases.in(new FileLeaseStore(folder)).as(Node.named("controller-1")).build();
 * try (Lease lease = leases.acquire("shop", Duration.ofMinutes(1))) {
 *     lease.requireHeld();                 // before each effect
 *     database.promote(lease.epoch());     // and the resource compares the epoch
 * }
 * }</pre>
 *
 * <p>No two clocks are ever compared. A holder counts what is left of its lease on its own monotonic time, from before the request
 * that renewed it was sent. A candidate takes a lease over only after it has seen the very same record for its whole ttl on the
 * candidate's own monotonic time, and only if nothing was written since. What remains is that one clock may run faster than the
 * other; for that the holder stops a {@link Builder#margin} early. With the default margin of a fifth of the ttl no two nodes hold
 * a lease at once unless one clock runs a quarter faster than the other.
 *
 * <p>Give every node the same ttl. Thread-safe; {@link #tryAcquire} and {@link #acquire} may be called again and again.
 */
public final class Leases {
    private final Terms terms;
    private final Sightings sightings;

    private Leases(Terms terms) {
        this.terms = terms;
        this.sightings = new Sightings(terms);
    }

    /** Starts from the defaults of {@link Builder}. */
    public static Builder in(LeaseStore store) {
        return new Builder(store);
    }

    /**
     * Takes the lease if it is known to be free. It is when there never was one, when it was released (to this node, if an heir
     * was named), or when this object has seen it unrenewed for its whole ttl; so that of a holder that died is taken by a later
     * call, or by {@link #acquire}. One that was deleted counts as held for a ttl, since its holder may not know yet.
     *
     * @return the lease, or empty when it is held, or may be
     * @throws DrException when the store cannot be reached: then nothing is known
     */
    public Optional<Lease> tryAcquire(String name) throws InterruptedException {
        return tryAcquire(name, Epoch.NONE, seen -> true, () -> {});
    }

    /**
     * @param atLeast how high its epoch is at the least
     * @param wanted whether to take it if it is free
     * @param whenOver called by the renewing task when it finds out that the lease was lost or has run out
     */
    Optional<Lease> tryAcquire(String name, Epoch atLeast, Predicate<Seen> wanted, Runnable whenOver)
            throws InterruptedException {
        Seen seen = terms.store().read(name);
        sightings.see(name, seen);
        boolean free = sightings.toWait(name).isZero();
        return free && wanted.test(seen) ? claim(name, seen, atLeast, whenOver) : Optional.empty();
    }

    /**
     * Takes the lease as soon as it is free. To outwait a holder that died takes its whole ttl.
     *
     * @param patience how long to try
     * @throws DrTimeoutException {@code lease.held} when another node held it all the time
     * @throws DrException when the store could not be reached at the end of that time
     */
    public Lease acquire(String name, Duration patience) throws InterruptedException {
        return acquire(name, patience, Epoch.NONE);
    }

    /**
     * As {@link #acquire(String, Duration)}, for a holder that knows of epochs from elsewhere, such as a journal of its own: so that
     * the lease's epoch, and with it that of every later holder, is no lower.
     *
     * @param atLeast how high the lease's epoch is at the least; where it is higher than that of every earlier holder it is
     *     exactly this, else the next one above theirs
     */
    public Lease acquire(String name, Duration patience, Epoch atLeast) throws InterruptedException {
        Deadline deadline = terms.clockwork().deadline(patience);
        while (true) {
            DrException unreachable = null;
            try {
                Optional<Lease> lease = tryAcquire(name, atLeast, seen -> true, () -> {});
                if (lease.isPresent()) {
                    return lease.get();
                }
            } catch (DrException e) {
                if (!e.retryable()) {
                    throw e;
                }
                unreachable = e;
            }
            if (deadline.passed()) {
                throw unreachable != null ? unreachable : held(name, patience);
            }
            terms.clockwork().sleep(deadline.atMost(sightings.nextLook(name)));
        }
    }

    /**
     * Who is said to hold the lease, as the store has it now; whether that node is alive is not known from one look.
     *
     * @throws DrException when the store cannot be read
     */
    public Optional<Node> holder(String name) throws InterruptedException {
        return terms.store().read(name).record().flatMap(LeaseRecord::holder);
    }

    /**
     * The highest epoch that a lease of this name is known to have had, as the store has it now; the next holder's is higher.
     *
     * @throws DrException when the store cannot be read
     */
    public Epoch lastEpoch(String name) throws InterruptedException {
        return last(terms.store().read(name));
    }

    Terms terms() {
        return terms;
    }

    Sightings sightings() {
        return sightings;
    }

    private Optional<Lease> claim(String name, Seen seen, Epoch atLeast, Runnable whenOver)
            throws InterruptedException {
        Epoch next = next(seen);
        // The mark tells this claim from that of another process which was given the same node id by mistake.
        LeaseRecord wanted = new LeaseRecord(
                Optional.of(terms.node()),
                next.compareTo(atLeast) > 0 ? next : atLeast,
                terms.ttl(),
                0,
                Optional.empty(),
                Map.of(Lease.CLAIM, terms.clockwork().newId()));
        long sent = terms.clockwork().nanoTime();
        Seen now;
        try {
            now = terms.store().write(name, seen, wanted);
        } catch (ConflictException somebodyWasFaster) {
            return Optional.empty();
        } catch (UnknownOutcomeException e) {
            now = terms.store().read(name);
            if (!now.record().equals(Optional.of(wanted))) {
                return Optional.empty();
            }
        }
        Lease lease = new Lease(terms, name, wanted, now, sent, whenOver);
        if (lease.held()) {
            return Optional.of(lease);
        }
        // The answer took so long that the lease is over before anybody was told of it.
        lease.release();
        return Optional.empty();
    }

    /** Higher than any before, deleted ones included. */
    static Epoch next(Seen seen) {
        return last(seen).next();
    }

    private static Epoch last(Seen seen) {
        Epoch last = seen.record().map(LeaseRecord::epoch).orElse(Epoch.NONE);
        return last.compareTo(seen.floor()) > 0 ? last : seen.floor();
    }

    private DrTimeoutException held(String name, Duration patience) throws InterruptedException {
        Optional<LeaseRecord> record = terms.store().read(name).record();
        String holder = record.flatMap(LeaseRecord::holder).map(Node::toString).orElse("nobody for long enough yet");
        return new DrTimeoutException(
                "lease.held",
                Problem.expected("the lease " + name + " to become free within " + patience)
                        .found("it held by " + holder
                                + record.map(r -> " under epoch " + r.epoch()).orElse(""))
                        .remedy("let its holder finish or hand over; if that died, wait out the " + terms.ttl()
                                + " of the lease"));
    }

    /**
     * Builds {@link Leases}; a bad value throws {@link IllegalArgumentException} at once, a bad combination
     * {@link IllegalStateException} from {@link #build}. Not thread-safe.
     */
    public static final class Builder {
        private final LeaseStore store;
        private @Nullable Node node;
        private Duration ttl = Duration.ofSeconds(15);
        private @Nullable Duration renewEvery;
        private @Nullable Duration lookEvery;
        private @Nullable Duration margin;
        private Clockwork clockwork = Clockwork.system();

        private Builder(LeaseStore store) {
            this.store = Objects.requireNonNull(store, "store");
        }

        /** The node that takes them; required. */
        public Builder as(Node node) {
            this.node = Objects.requireNonNull(node, "node");
            return this;
        }

        /** How long a lease is valid after each renewal, and so how long the others wait when its holder dies; 15 seconds. */
        public Builder ttl(Duration ttl) {
            this.ttl = positive("ttl", ttl);
            return this;
        }

        /** How often a lease is renewed; a third of the ttl. Together with the margin less than the ttl. */
        public Builder renewEvery(Duration renewEvery) {
            this.renewEvery = positive("renewEvery", renewEvery);
            return this;
        }

        /** How often a candidate looks whether a lease is free; a tenth of the ttl. */
        public Builder lookEvery(Duration lookEvery) {
            this.lookEvery = positive("lookEvery", lookEvery);
            return this;
        }

        /**
         * How long before its end a lease counts as over for its own holder; a fifth of the ttl. It makes up for a clock that runs
         * slower than another, and is the time in which work that has begun can end.
         */
        public Builder margin(Duration margin) {
            this.margin = positive("margin", margin);
            return this;
        }

        /** Where time and threads come from; the machine. */
        public Builder clockwork(Clockwork clockwork) {
            this.clockwork = Objects.requireNonNull(clockwork, "clockwork");
            return this;
        }

        public Leases build() {
            if (node == null) {
                throw new IllegalStateException("A lease is taken by a node: name it with as(node)");
            }
            Duration renew = renewEvery != null ? renewEvery : ttl.dividedBy(3);
            Duration look = lookEvery != null ? lookEvery : ttl.dividedBy(10);
            Duration early = margin != null ? margin : ttl.dividedBy(5);
            if (renew.plus(early).compareTo(ttl) >= 0) {
                throw new IllegalStateException(
                        "A lease of " + ttl + " that is renewed every " + renew + " and is over for its holder " + early
                                + " before its end would be over before it is renewed");
            }
            return new Leases(new Terms(store, node, ttl, renew, look, early, clockwork));
        }

        private static Duration positive(String name, Duration value) {
            if (value.isZero() || value.isNegative()) {
                throw new IllegalArgumentException(name + " must be more than zero, not " + value);
            }
            return value;
        }
    }
}
