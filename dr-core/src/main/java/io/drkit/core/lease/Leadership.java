package io.drkit.core.lease;

import io.drkit.core.BlockedException;
import io.drkit.core.DrException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.lease.LeaderListener.Why;
import io.drkit.core.lease.LeaseStore.Seen;
import io.drkit.core.lease.NodeView.Mode;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node of several of which at most one leads: it stands for the lease of the given name, leads while it holds it, and stands
 * again after it lost it.
 *
 * <pre>{@code
 * Leadership leadership = Leadership.of("controller", leases)
 *         .health(() -> disk.isFull() ? "disk full" : "ok")
 *         .start(lease -> scheduler.run(lease));            // a LeaderListener
 * …
 * leadership.leader().ifPresent(node -> redirectTo(node.address()));
 * leadership.handOverTo("controller-2");
 * leadership.close();
 * }</pre>
 *
 * <p>Each node also writes what it is and does to a lease of its own, {@code NAME/nodes/ID}, as often as a lease is renewed; so
 * {@link #nodes()} has them all.
 *
 * <p>Needs three tasks, and two more while it leads. Thread-safe. The listener's own tasks must not call {@link #close} or
 * {@link #handOverTo}: both wait for them.
 */
public final class Leadership implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Leadership.class);
    private static final String NODES = "/nodes/";
    private static final String MODE = "mode";
    private static final String HEALTH = "health";

    private final String name;
    private final Leases leases;
    private final Terms terms;
    private final Clockwork clockwork;
    private final LeaderListener listener;
    private final Supplier<String> health;
    private final boolean standby;
    private final Duration stopWithin;
    private final Mailbox<Message> inbox;
    private final Mailbox<Boolean> news;
    private final Task standing;
    private final Task publishing;
    private volatile boolean closing;
    /** Nobody takes messages any more. */
    private volatile boolean left;
    private volatile Mode mode;
    private volatile String lastHealth = "";
    private volatile Optional<Lease> current = Optional.empty();

    // only the publishing task uses this
    private @Nullable Seen published;

    /** What the standing task is told. */
    private sealed interface Message {
        /** Look at the lease, or at {@link #closing}. */
        record Look() implements Message {}

        /** The listener threw. */
        record Failed(Lease lease) implements Message {}

        /** Hand over, and tell {@code answer} what came of it. */
        record HandOver(String nodeId, Mailbox<Optional<RuntimeException>> answer) implements Message {}
    }

    private Leadership(Builder builder, LeaderListener listener) {
        name = builder.name;
        leases = builder.leases;
        terms = leases.terms();
        clockwork = terms.clockwork();
        this.listener = listener;
        health = builder.health;
        standby = builder.standby;
        stopWithin = builder.stopWithin;
        mode = resting();
        inbox = clockwork.mailbox();
        news = clockwork.mailbox();
        standing = clockwork.start("leadership " + name, this::stand);
        publishing = clockwork.start("node of " + name, this::publish);
    }

    /**
     * Starts from the defaults of {@link Builder}.
     *
     * @param name that of the lease, the same for every node
     * @param leases with which this node stands
     */
    public static Builder of(String name, Leases leases) {
        return new Builder(name, leases);
    }

    /** The lease while this node leads; empty when it does not, or no more. */
    public Optional<Lease> lease() {
        return current.filter(Lease::held);
    }

    /**
     * The node that leads, as last seen, with the address where others are to be sent; empty when none does, or when it has not been
     * seen for so long that another could lead. Costs no call to the store.
     */
    public Optional<Node> leader() {
        if (lease().isPresent()) {
            return Optional.of(terms.node());
        }
        // Its own name there would be that of a term that is over.
        return leases.sightings().holder(name).filter(node -> !node.equals(terms.node()));
    }

    /** What this node does now. */
    public Mode mode() {
        return mode;
    }

    /** Every node that has written itself down, by id, as last seen. Costs no call to the store. */
    public List<NodeView> nodes() {
        Map<String, NodeView> views = new TreeMap<>();
        leases.sightings().latest(name + NODES).forEach((lease, record) -> {
            Presence presence = leases.sightings().presence(lease);
            record.holder()
                    .ifPresent(node -> views.put(
                            node.id(),
                            new NodeView(node, modeOf(record), record.notes().getOrDefault(HEALTH, ""), presence)));
        });
        views.put(terms.node().id(), new NodeView(terms.node(), mode, lastHealth, Presence.FRESH));
        return List.copyOf(views.values());
    }

    /**
     * Lets the chosen node lead in place of this one: the listener stops, then the lease goes to that node alone, which takes it at
     * its next look. Waits until the lease was handed over.
     *
     * @throws BlockedException {@code lease.not-leader} when this node does not lead, or no more when its turn comes,
     *     {@code lease.heir-unfit} when the chosen one
     *     is not known to be there and willing: nothing was changed
     * @throws DrTimeoutException {@code lease.hand-over-slow} when there is no answer yet: nothing is known, it goes on by itself
     * @throws DrException when this node leads no more, but the chosen one may not get the lease: any may, after its ttl
     */
    public void handOverTo(String nodeId) throws InterruptedException {
        requireLeading();
        requireFit(nodeId);
        Mailbox<Optional<RuntimeException>> answer = clockwork.mailbox();
        inbox.put(new Message.HandOver(nodeId, answer));
        if (left) {
            // It may have come after the last look at the inbox.
            answer.put(Optional.of(notLeading()));
        }
        Optional<RuntimeException> failure =
                answer.poll(stopWithin.plus(terms.ttl().multipliedBy(2)));
        if (failure == null) {
            throw new DrTimeoutException(
                    "lease.hand-over-slow",
                    Problem.expected("the lease " + name + " to be handed over to " + nodeId)
                            .found("no answer yet from the listener that is to stop or from the store")
                            .remedy("see who leads; it goes on by itself"));
        }
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    /**
     * Stands no more. Where this node leads, its listener stops and the lease is released first; that takes as long as the listener
     * does, at most the time of {@link Builder#stopWithin} and a ttl. An interruption ends the waiting, not the closing, and is
     * kept for the caller. Does nothing the second time.
     */
    @Override
    public void close() {
        closing = true;
        inbox.put(new Message.Look());
        try {
            boolean ended = standing.join(stopWithin.plus(terms.ttl()));
            if (!ended) {
                log.error("The leadership {} is still stopping", name);
            }
            news.put(true);
            publishing.join(terms.ttl());
        } catch (InterruptedException e) {
            news.put(true);
            Thread.currentThread().interrupt();
        }
    }

    // ---- the standing task

    private void stand() {
        try {
            Duration wait = Duration.ZERO;
            while (!closing) {
                Message message = inbox.poll(wait);
                if (message instanceof Message.HandOver order) {
                    order.answer().put(Optional.of(notLeading()));
                }
                wait = Duration.ZERO;
                Lease lease = closing ? null : look();
                if (lease == null) {
                    wait = leases.sightings().nextLook(name);
                } else if (!term(lease)) {
                    // Another node may do better.
                    wait = terms.ttl();
                }
            }
        } catch (InterruptedException e) {
            log.error("The leadership {} was interrupted, and stands no more", name);
            Thread.currentThread().interrupt();
        } finally {
            become(Mode.LEFT);
            left = true;
            refuseOrders();
        }
    }

    /** Whoever asked for a hand-over that cannot be any more is told so, and not left to wait. */
    private void refuseOrders() {
        try {
            for (Message message = inbox.poll(Duration.ZERO); message != null; message = inbox.poll(Duration.ZERO)) {
                if (message instanceof Message.HandOver order) {
                    order.answer().put(Optional.of(notLeading()));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private @Nullable Lease look() throws InterruptedException {
        try {
            return leases.tryAcquire(name, Epoch.NONE, this::wanted, () -> inbox.put(new Message.Look()))
                    .orElse(null);
        } catch (RuntimeException e) {
            log.warn("The lease {} could not be looked at: {}", name, e.toString());
            return null;
        }
    }

    private boolean wanted(Seen seen) {
        return !standby
                || seen.record()
                        .flatMap(LeaseRecord::heir)
                        .map(terms.node().id()::equals)
                        .orElse(false);
    }

    /** Leads, and stops leading. Answers whether the listener did its part. */
    private boolean term(Lease lease) throws InterruptedException {
        try {
            current = Optional.of(lease);
            become(Mode.LEADER);
            log.info("Leads {} under epoch {}", name, lease.epoch());
            Task leading = clockwork.start("lead " + name, () -> lead(lease));
            Message.HandOver order = null;
            Why why = null;
            while (why == null) {
                Message message = inbox.poll(lease.untilOver());
                if (!lease.held()) {
                    why = Why.LOST;
                    if (message instanceof Message.HandOver late) {
                        late.answer().put(Optional.of(lease.stale()));
                    }
                } else if (message instanceof Message.HandOver handOver) {
                    order = handOver;
                    why = Why.HANDED_OVER;
                } else if (message instanceof Message.Failed failed && failed.lease() == lease) {
                    why = Why.FAILED;
                } else if (closing) {
                    why = Why.CLOSED;
                }
            }
            log.info("Stops leading {} under epoch {}: {}", name, lease.epoch(), why);
            stop(lease, leading, why, order);
            return why != Why.FAILED;
        } finally {
            // Whatever ended this: a lease that nobody watches is not renewed.
            lease.cease();
            current = Optional.empty();
            become(resting());
        }
    }

    private void lead(Lease lease) {
        boolean returned = false;
        try {
            listener.lead(lease);
            returned = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            log.error("The listener of {} failed to lead", name, e);
        } finally {
            if (!returned) {
                // Where it was asked to stop, this comes too late to be heard.
                inbox.put(new Message.Failed(lease));
            }
        }
    }

    /** Lets the listener stop, and then the lease go. */
    private void stop(Lease lease, Task leading, Why why, Message.@Nullable HandOver order)
            throws InterruptedException {
        leading.interrupt();
        Task stopping = clockwork.start("stop leading " + name, () -> {
            try {
                listener.stop(why);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                log.error("The listener of {} failed to stop", name, e);
            }
        });
        Deadline deadline = clockwork.deadline(stopWithin);
        boolean stopped = stopping.join(stopWithin) && leading.join(deadline.remaining());
        Optional<RuntimeException> failure = Optional.empty();
        if (!stopped) {
            log.error("The listener of {} has not stopped within {}: the lease runs out", name, stopWithin);
            lease.cease();
            failure = Optional.of(notStopped());
        } else if (order == null) {
            lease.release();
        } else {
            try {
                lease.handOverTo(order.nodeId());
            } catch (RuntimeException e) {
                failure = Optional.of(e);
            }
        }
        if (order != null) {
            order.answer().put(failure);
        }
        if (!stopped) {
            outwait(leading, stopping);
        }
    }

    /** Two terms of one process must not overlap, so it does not stand while the listener is still at work. */
    private void outwait(Task leading, Task stopping) throws InterruptedException {
        become(Mode.STANDBY);
        while (!closing && !(leading.ended() && stopping.ended())) {
            Message message = inbox.poll(terms.lookEvery());
            if (message instanceof Message.HandOver order) {
                order.answer().put(Optional.of(notLeading()));
            }
        }
    }

    private Mode resting() {
        return standby ? Mode.STANDBY : Mode.CANDIDATE;
    }

    private void become(Mode next) {
        mode = next;
        news.put(false);
    }

    // ---- the publishing task

    private void publish() {
        try {
            boolean last = false;
            while (!last) {
                // What it was told meanwhile is all in what it writes next.
                Boolean told = news.poll(Duration.ZERO);
                while (told != null) {
                    last |= told;
                    told = news.poll(Duration.ZERO);
                }
                writeDown();
                if (!last) {
                    lookAround();
                    last = Boolean.TRUE.equals(news.poll(terms.renewEvery()));
                    if (last) {
                        writeDown();
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void writeDown() throws InterruptedException {
        String own = name + NODES + terms.node().id();
        lastHealth = askHealth();
        try {
            Seen seen = published != null ? published : terms.store().read(own);
            boolean first = published == null;
            LeaseRecord before = seen.record().orElse(null);
            published = null;
            published = terms.store()
                    .write(
                            own,
                            seen,
                            new LeaseRecord(
                                    Optional.of(terms.node()),
                                    first || before == null ? Leases.next(seen) : before.epoch(),
                                    terms.ttl(),
                                    before == null ? 0 : before.renewals() + 1,
                                    Optional.empty(),
                                    Map.of(MODE, mode.name(), HEALTH, lastHealth)));
        } catch (RuntimeException e) {
            log.debug("The node {} could not write itself down", own, e);
        }
    }

    private void lookAround() throws InterruptedException {
        try {
            terms.store().list(name + NODES).forEach(leases.sightings()::see);
        } catch (RuntimeException e) {
            log.debug("The nodes of {} could not be listed", name, e);
        }
    }

    private String askHealth() {
        try {
            return health.get();
        } catch (RuntimeException e) {
            log.warn("The health of this node could not be told", e);
            return "unknown: " + e.getClass().getSimpleName();
        }
    }

    private static Mode modeOf(LeaseRecord record) {
        String said = record.notes().getOrDefault(MODE, "");
        for (Mode mode : Mode.values()) {
            if (mode.name().equals(said)) {
                return mode;
            }
        }
        return Mode.UNKNOWN;
    }

    // ---- what is refused

    private void requireLeading() {
        if (lease().isEmpty()) {
            throw notLeading();
        }
    }

    private void requireFit(String nodeId) {
        Optional<NodeView> heir =
                nodes().stream().filter(view -> view.node().id().equals(nodeId)).findFirst();
        boolean fit = heir.filter(view -> view.presence() == Presence.FRESH)
                .filter(view -> view.mode() == Mode.CANDIDATE || view.mode() == Mode.STANDBY)
                .isPresent();
        if (!fit) {
            List<String> others = new ArrayList<>();
            nodes().forEach(view -> others.add(view.node() + ", " + view.mode() + ", " + view.presence()));
            throw new BlockedException(
                    "lease.heir-unfit",
                    Problem.expected("a fresh candidate or standby node of " + name + " with the id " + nodeId)
                            .found(heir.map(view -> view.mode() + ", " + view.presence())
                                    .orElse("none; there are " + others))
                            .remedy("start that node and wait until it is seen, or choose another"));
        }
    }

    private BlockedException notLeading() {
        return new BlockedException(
                "lease.not-leader",
                Problem.expected("this node, " + terms.node() + ", to lead " + name)
                        .found(leader().map(node ->
                                        node + " at " + (node.address().isEmpty() ? "no address" : node.address()))
                                .orElse("no leader that is known"))
                        .remedy("ask the node that leads"));
    }

    private DrTimeoutException notStopped() {
        return new DrTimeoutException(
                "lease.not-stopped",
                Problem.expected("the listener of " + name + " to stop within " + stopWithin)
                        .found("it still at work")
                        .remedy("end this process if it hangs; the lease runs out, and any node takes it then"));
    }

    /** Builds a {@link Leadership}; a bad value throws {@link IllegalArgumentException} at once. Not thread-safe. */
    public static final class Builder {
        private final String name;
        private final Leases leases;
        private Supplier<String> health = () -> "";
        private Duration stopWithin = Duration.ofSeconds(30);
        private boolean standby;

        private Builder(String name, Leases leases) {
            if (name.isBlank()) {
                throw new IllegalArgumentException("A leadership has a name");
            }
            this.name = name;
            this.leases = Objects.requireNonNull(leases, "leases");
        }

        /**
         * What this node says of its health, in the application's own words, never a secret; by default nothing. Asked on a task of
         * its own each time the node writes itself down; a node that does not answer looks {@link Presence#STALE} to the others.
         */
        public Builder health(Supplier<String> health) {
            this.health = Objects.requireNonNull(health, "health");
            return this;
        }

        /** It leads only when the leader hands over to it; else it is a candidate. */
        public Builder standby() {
            standby = true;
            return this;
        }

        /**
         * How long the lease is still renewed for a listener that stops, while it can be; 30 seconds. After that it runs out, and
         * another node may lead while this listener is still at work, which is then held off by {@link Lease#requireHeld()} and
         * by the epoch alone.
         */
        public Builder stopWithin(Duration stopWithin) {
            if (stopWithin.isNegative() || stopWithin.isZero()) {
                throw new IllegalArgumentException("stopWithin must be more than zero, not " + stopWithin);
            }
            this.stopWithin = stopWithin;
            return this;
        }

        /** Stands from now on, until it is closed. */
        public Leadership start(LeaderListener listener) {
            return new Leadership(this, Objects.requireNonNull(listener, "listener"));
        }
    }
}
