package io.drkit.postgres;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Task;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes again and again how far a primary has flushed its log, so that after its loss it is known since when writes may be
 * missing on the replica.
 *
 * <p>A commit is acknowledged when it has been flushed. So whatever was acknowledged before a sample was asked for lies below
 * the position that the sample brought; and when the replica has received that position, none of it is lost. All times are the
 * monotonic time of this process: no two machines' clocks are compared. Commits with {@code synchronous_commit = off} are
 * acknowledged before they are flushed and are not covered.
 *
 * <p>Samples are kept in memory, the newest 65,536 of them (4.5 hours at the default interval), and outlive the primary, but not
 * this process. Thread-safe.
 */
public final class FlushSampler implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FlushSampler.class);
    private static final int KEPT = 65_536;

    private final PostgresNode primary;
    private final Clockwork clockwork;
    private final Duration interval;
    private final Consumer<FlushSampler> onClose;
    private final Task task;
    private volatile boolean closed;

    // guarded by this
    private final long[] times = new long[KEPT];
    private final long[] positions = new long[KEPT];
    private long taken;
    private long systemId;
    private long timeline;

    FlushSampler(PostgresNode primary, Clockwork clockwork, Duration interval, Consumer<FlushSampler> onClose) {
        this.primary = primary;
        this.clockwork = clockwork;
        this.interval = interval;
        this.onClose = onClose;
        this.task = clockwork.start("drkit-sampler-" + primary.name(), this::run);
    }

    /**
     * A sample.
     *
     * @param at before it was asked for
     * @param flushed what the primary had flushed then or a moment later
     */
    record Sample(long at, Lsn flushed) {}

    private void run() {
        @Nullable Session session = null;
        boolean answered = true;
        try {
            while (!closed) {
                try {
                    if (session == null) {
                        session = Session.open(primary);
                    }
                    long at = clockwork.nanoTime();
                    session.flushed().ifPresent(flushed -> keep(at, flushed));
                    answered = true;
                } catch (SQLException e) {
                    if (answered) {
                        log.warn(
                                "The flush position of {} can no longer be sampled: {}",
                                primary.name(),
                                e.getMessage());
                        answered = false;
                    }
                    if (session != null) {
                        session.close();
                        session = null;
                    }
                }
                clockwork.sleep(interval);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (session != null) {
                session.close();
            }
        }
    }

    private synchronized void keep(long at, Session.Flushed flushed) {
        if (flushed.systemId() != systemId || flushed.timeline() != timeline) {
            // positions of another history cannot be compared with these
            taken = 0;
            systemId = flushed.systemId();
            timeline = flushed.timeline();
        }
        int slot = (int) (taken % KEPT);
        times[slot] = at;
        positions[slot] = flushed.position().bytes();
        taken++;
    }

    /** The newest sample that the replica has received; empty when there is none on this timeline. */
    synchronized Optional<Sample> newestWithin(Lsn received, long onSystem, long onTimeline) {
        if (onSystem != systemId || onTimeline != timeline) {
            return Optional.empty();
        }
        for (long i = taken - 1; i >= Math.max(0, taken - KEPT); i--) {
            Sample sample = sample(i);
            if (!sample.flushed().after(received)) {
                return Optional.of(sample);
            }
        }
        return Optional.empty();
    }

    /** The newest sample of all on this timeline. */
    synchronized Optional<Sample> newest(long onSystem, long onTimeline) {
        return taken == 0 || onSystem != systemId || onTimeline != timeline
                ? Optional.empty()
                : Optional.of(sample(taken - 1));
    }

    /** How old the newest sample is, of whatever history; empty when there is none. */
    synchronized Optional<Duration> ageOfNewest() {
        return taken == 0
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(
                        Math.max(0, clockwork.nanoTime() - sample(taken - 1).at())));
    }

    private Sample sample(long index) {
        int slot = (int) (index % KEPT);
        return new Sample(times[slot], new Lsn(positions[slot]));
    }

    /** Stops sampling and forgets the samples: close it when the primary needs no more watching, not when it has died. */
    @Override
    public void close() {
        closed = true;
        onClose.accept(this);
        task.interrupt();
    }

    @Override
    public synchronized String toString() {
        return "FlushSampler of " + primary.name() + ", " + Math.min(taken, KEPT) + " samples";
    }
}
