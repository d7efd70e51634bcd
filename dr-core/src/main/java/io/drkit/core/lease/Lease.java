package io.drkit.core.lease;

import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.lease.LeaseStore.Seen;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lease that this process took: renewed by a task of its own until it is released, or lost. Once it is over it stays over, also
 * when nobody else has taken it.
 *
 * <p>{@link #requireHeld()} costs no call to the store and may be asked before each effect. It cannot stop an effect that is on its
 * way already: for that the resource compares the {@link #epoch()}.
 *
 * <p>Thread-safe.
 */
public final class Lease implements AutoCloseable {
    /** The note by which a claim is known again when its answer was lost. */
    static final String CLAIM = "claim";

    private static final Logger log = LoggerFactory.getLogger(Lease.class);
    private static final int TRIES_TO_LET_GO = 3;

    private final Terms terms;
    private final String name;
    private final LeaseRecord claimed;
    private final Runnable whenOver;
    private final Mailbox<Boolean> orders;
    private final Task renewing;
    private final AtomicReference<@Nullable End> end = new AtomicReference<>();
    private volatile long validUntil;

    // Only the renewing task uses these, and after it has ended whoever lets go.
    private Seen seen;
    private long attempt;
    private long attemptSent;

    /** Why a lease is over. */
    private enum End {
        RELEASED("lease.released", "that this process released it"),
        RUN_OUT("lease.run-out", "that it could not be renewed in time"),
        TAKEN("lease.taken-over", "another holder"),
        DELETED("lease.deleted", "that it was deleted from the store");

        private final String code;
        private final String found;

        End(String code, String found) {
            this.code = code;
            this.found = found;
        }
    }

    /** @param sent when the request was sent that took it */
    Lease(Terms terms, String name, LeaseRecord claimed, Seen seen, long sent, Runnable whenOver) {
        this.terms = terms;
        this.name = name;
        this.claimed = claimed;
        this.seen = seen;
        this.whenOver = whenOver;
        attemptSent = sent;
        validUntil = sent + terms.ttl().toNanos();
        orders = terms.clockwork().mailbox();
        renewing = terms.clockwork().start("lease " + name, this::keep);
    }

    /** What it is called in the store. */
    public String name() {
        return name;
    }

    /** The fencing token: higher than that of every earlier holder, and the same for as long as the lease is held. */
    public Epoch epoch() {
        return claimed.epoch();
    }

    /**
     * How long it is certain that no other node can take it, on this process's monotonic time; zero when it is over. At the
     * {@linkplain Leases.Builder#margin margin} or less nothing new may begin.
     */
    public Duration remaining() {
        return end.get() == null ? Duration.ofNanos(Math.max(0, left())) : Duration.ZERO;
    }

    /** Whether {@link #requireHeld} would pass now. */
    public boolean held() {
        if (end.get() == null && left() <= terms.margin().toNanos()) {
            end.compareAndSet(null, End.RUN_OUT);
        }
        return end.get() == null;
    }

    /**
     * Passes while the lease is held for more than the {@linkplain Leases.Builder#margin margin} yet.
     *
     * @throws StaleEpochException with the code {@code lease.run-out} when it could not be renewed in time,
     *     {@code lease.taken-over} when another node took it, {@code lease.deleted} when somebody deleted it,
     *     {@code lease.released} when this process gave it up
     */
    public void requireHeld() {
        if (!held()) {
            throw stale();
        }
    }

    /**
     * Gives it up; another node may take it at once. When the store cannot be told, that is logged, and the lease runs out by
     * itself. Does nothing when it was released before or is another's.
     */
    public void release() throws InterruptedException {
        DrException failure = letGo(Optional.empty());
        if (failure != null) {
            log.warn("The lease {} could not be released: {}", name, failure.toString());
        }
    }

    /**
     * Gives it up to a chosen node: for the ttl of the lease that node alone may take it, after that any may.
     *
     * @param nodeId the {@linkplain Node#id() id} of the heir
     * @throws StaleEpochException as {@link #requireHeld}
     * @throws UnknownOutcomeException {@code lease.not-handed-over} when the store could not be told, or its answer was lost: this
     *     process holds the lease no more, and any node may have it after its ttl
     */
    public void handOverTo(String nodeId) throws InterruptedException {
        requireHeld();
        DrException failure = letGo(Optional.of(nodeId));
        if (failure != null) {
            throw failure;
        }
    }

    /** As {@link #release()}; an interruption is kept for the caller. */
    @Override
    public void close() {
        try {
            release();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Renews it no more, so that it runs out: for who knows that its work is still going on; else {@link #release}. */
    public void cease() {
        orders.put(true);
    }

    /** How long until it is over unless it is renewed before; zero or less when it is. */
    Duration untilOver() {
        return held() ? Duration.ofNanos(left()).minus(terms.margin()) : Duration.ZERO;
    }

    /** Why it is over; it must be. */
    StaleEpochException stale() {
        End why = end.get();
        if (why == null) {
            throw new IllegalStateException("The lease " + name + " is held");
        }
        return new StaleEpochException(
                why.code,
                Problem.expected("to hold the lease " + name + " under epoch " + epoch() + " for more than "
                                + terms.margin() + " yet")
                        .found(why.found)
                        .remedy("change nothing more, and leave the work to the next holder"));
    }

    private long left() {
        return validUntil - terms.clockwork().nanoTime();
    }

    private void keep() {
        try {
            boolean wellRenewed = true;
            while (orders.poll(pause(wellRenewed)) == null) {
                if (!held()) {
                    break;
                }
                wellRenewed = renew();
            }
        } catch (InterruptedException e) {
            // Whoever interrupts this task ends the renewing, and the lease runs out.
            Thread.currentThread().interrupt();
        }
        End why = end.get();
        if (why != null && why != End.RELEASED) {
            log.warn("The lease {} of epoch {} is over: {}", name, epoch(), why.code);
            whenOver.run();
        }
    }

    private Duration pause(boolean wellRenewed) {
        Duration interval =
                wellRenewed ? terms.renewEvery() : terms.renewEvery().dividedBy(5);
        Duration due = interval.minusNanos(terms.clockwork().nanoTime() - attemptSent);
        Duration untilOver = untilOver();
        return due.compareTo(untilOver) < 0 ? due : untilOver;
    }

    /** Answers whether it was renewed, or at least is known to be lost. */
    private boolean renew() throws InterruptedException {
        attempt++;
        attemptSent = terms.clockwork().nanoTime();
        LeaseRecord renewed = record(claimed.holder(), Optional.empty());
        try {
            seen = terms.store().write(name, seen, renewed);
            validUntil = attemptSent + terms.ttl().toNanos();
            return true;
        } catch (RuntimeException e) {
            log.debug("The lease {} was perhaps not renewed", name, e);
            return lookAgain();
        }
    }

    /** Whatever became of the last attempt: what stands in the store is what counts. */
    private boolean lookAgain() throws InterruptedException {
        Seen now;
        try {
            now = terms.store().read(name);
        } catch (RuntimeException e) {
            log.debug("The lease {} could not be read", name, e);
            return false;
        }
        if (!isOurs(now)) {
            end.compareAndSet(null, now.record().isPresent() ? End.TAKEN : End.DELETED);
            return true;
        }
        seen = now;
        // An earlier attempt that arrived late renews nothing that could be counted on.
        boolean arrived = now.record().map(LeaseRecord::renewals).orElse(-1L) == attempt;
        if (arrived) {
            validUntil = attemptSent + terms.ttl().toNanos();
        }
        return arrived;
    }

    private boolean isOurs(Seen now) {
        return now.record()
                .filter(record -> record.holder().equals(claimed.holder())
                        && record.epoch().equals(claimed.epoch())
                        && record.notes().equals(claimed.notes()))
                .isPresent();
    }

    private LeaseRecord record(Optional<Node> holder, Optional<String> heir) {
        return new LeaseRecord(holder, claimed.epoch(), claimed.ttl(), attempt, heir, claimed.notes());
    }

    /** Answers what stood in the way; null when it is let go, or was before. */
    private @Nullable DrException letGo(Optional<String> heir) throws InterruptedException {
        if (!end.compareAndSet(null, End.RELEASED) && !end.compareAndSet(End.RUN_OUT, End.RELEASED)) {
            return null;
        }
        cease();
        if (!renewing.join(terms.ttl())) {
            return notLetGo("that a call to the store has not ended yet", null);
        }
        attempt++;
        LeaseRecord released = record(Optional.empty(), heir);
        RuntimeException failure = null;
        for (int tries = 0; tries < TRIES_TO_LET_GO; tries++) {
            try {
                seen = terms.store().write(name, seen, released);
                return null;
            } catch (RuntimeException e) {
                failure = e;
            }
            try {
                Seen now = terms.store().read(name);
                if (!isOurs(now)) {
                    boolean arrived = now.record().equals(Optional.of(released));
                    return arrived || heir.isEmpty() ? null : notLetGo("that another node has taken it since", failure);
                }
                seen = now;
            } catch (RuntimeException e) {
                failure = e;
            }
        }
        return notLetGo("no answer", failure);
    }

    private UnknownOutcomeException notLetGo(String found, @Nullable Throwable cause) {
        return new UnknownOutcomeException(
                "lease.not-handed-over",
                Problem.expected("to give up the lease " + name + " of epoch " + epoch())
                        .found(found)
                        .remedy("nothing: it is renewed no more, and any node may take it after " + terms.ttl()),
                cause);
    }
}
