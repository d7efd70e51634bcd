package io.drkit.samples.tworegion;

import io.drkit.core.DataLoss;
import io.drkit.core.DrException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.ShareSynchronizer;
import io.drkit.core.share.SyncResult;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the files of the active side over every now and then. How long ago the last round that came through <em>began</em> is
 * what a surprise would cost: a file written later may be missing.
 */
final class ScheduledSync implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ScheduledSync.class);

    private final ShareSynchronizer<FileTree> shares;
    private final Clockwork clockwork;
    private final Duration every;
    private final Task task;

    private @Nullable Direction direction;
    private boolean atWork;
    private boolean closed;
    private Optional<Long> lastGoodBegan = Optional.empty();

    private record Direction(ShopSite<?> from, ShopSite<?> to) {
        String line() {
            return from.name() + " → " + to.name();
        }
    }

    /** Begins paused. */
    ScheduledSync(ShareSynchronizer<FileTree> shares, Clockwork clockwork, Duration every) {
        this.shares = shares;
        this.clockwork = clockwork;
        this.every = every;
        this.task = clockwork.start("scheduled-sync", this::keepGoing);
    }

    private void keepGoing() {
        try {
            while (true) {
                Direction now = beginRound();
                if (now != null) {
                    long began = clockwork.nanoTime();
                    Optional<Long> proven = Optional.empty();
                    try {
                        SyncResult result =
                                shares.sync(now.from().files(), now.to().files(), ShopPlan.SHARED);
                        // Of a file that was changing all the while the other side has what it had earlier.
                        proven = result.staleness(result.asOf()).map(behind -> began - behind.toNanos());
                    } catch (DrException e) {
                        log.warn("A round of the file sync failed; the next one tries again", e);
                    } finally {
                        endRound(now, proven);
                    }
                }
                clockwork.sleep(every);
            }
        } catch (InterruptedException e) {
            log.debug("The file sync was told to end");
        }
    }

    private synchronized @Nullable Direction beginRound() throws InterruptedException {
        if (closed) {
            throw new InterruptedException("closed");
        }
        atWork = direction != null;
        return direction;
    }

    private synchronized void endRound(Direction done, Optional<Long> proven) {
        atWork = false;
        boolean better = proven.isPresent()
                && lastGoodBegan.map(last -> proven.get() - last > 0).orElse(true);
        if (better && done.equals(direction)) {
            lastGoodBegan = proven;
        }
    }

    private synchronized String state() {
        if (atWork && direction == null) {
            return "pausing";
        }
        return direction == null ? "paused" : "running " + direction.line();
    }

    /** Lets it run in this direction, outside any plan. */
    void begin(ShopSite<?> from, ShopSite<?> to) {
        set(new Direction(from, to));
    }

    private synchronized void set(@Nullable Direction wanted) {
        if (wanted != null && !wanted.equals(direction)) {
            lastGoodBegan = Optional.empty();
        }
        direction = wanted;
    }

    /** How old the other side's files are at most; empty while no round in this direction has come through. */
    synchronized Optional<Duration> staleness() {
        return lastGoodBegan.map(began -> Duration.ofNanos(clockwork.nanoTime() - began));
    }

    /** A step that lets no new round begin, and is done when none is at work. */
    Action<String> paused() {
        return new Setting("pause the file sync", "paused", null);
    }

    /** A step that lets it run in this direction. */
    Action<String> running(ShopSite<?> from, ShopSite<?> to) {
        Direction wanted = new Direction(from, to);
        return new Setting(
                "sync files " + wanted.line() + " every " + every.toSeconds() + " s",
                "running " + wanted.line(),
                wanted);
    }

    private final class Setting implements Action<String> {
        private final String description;
        private final String wantedState;
        private final @Nullable Direction wanted;

        Setting(String description, String wantedState, @Nullable Direction wanted) {
            this.description = description;
            this.wantedState = wantedState;
            this.wanted = wanted;
        }

        @Override
        public String describe() {
            return description;
        }

        @Override
        public String observe(ActionContext context) {
            return state();
        }

        @Override
        public Assessment assess(String observed) {
            if (observed.equals(wantedState)) {
                return Assessment.done("the file sync is " + observed);
            }
            return observed.equals("pausing")
                    ? Assessment.underway("the round of the file sync that is at work")
                    : Assessment.needed("the file sync from " + observed + " to " + wantedState);
        }

        @Override
        public void apply(String observed, ActionContext context) {
            set(wanted);
        }
    }

    /**
     * A step for a failover, where no final sync is possible: states how much of the files may be missing. It comes after the
     * traffic was moved, and counts in what clients may still leave at the old region until their caches have run out. Changes
     * nothing.
     *
     * @param name the name by which clients find the application
     */
    Action<Optional<String>> statesWhatItMissed(DnsSwitcher dns, String name) {
        return new Action<>() {
            private static final String STATED = "stated";

            @Override
            public String describe() {
                return "state what the last file sync missed";
            }

            @Override
            public Optional<String> observe(ActionContext context) {
                return context.recorded(STATED);
            }

            @Override
            public Assessment assess(Optional<String> observed) {
                return observed.map(stated -> Assessment.done("stated: " + stated))
                        .orElseGet(() -> Assessment.needed("nothing but the report"));
            }

            @Override
            public void apply(Optional<String> observed, ActionContext context) throws InterruptedException {
                Optional<Duration> caches = dns.status(name).ttl();
                Optional<Duration> missed = staleness().flatMap(time -> caches.map(time::plus));
                context.report(missed.map(time -> new DataLoss(
                                "files",
                                DataLoss.Stage.ACHIEVED,
                                Optional.of(time),
                                OptionalLong.empty(),
                                DataLoss.Basis.TIMED,
                                "from the begin of the last sync that came through until caches of " + name
                                        + " have run out"))
                        .orElseGet(() -> DataLoss.unknown(
                                "files", DataLoss.Stage.ACHIEVED, "no sync in this direction came through yet")));
                context.record(STATED, missed.map(Duration::toString).orElse("unknown"));
            }
        };
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        task.interrupt();
    }
}
