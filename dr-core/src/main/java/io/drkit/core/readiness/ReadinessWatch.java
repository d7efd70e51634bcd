package io.drkit.core.readiness;

import io.drkit.core.report.Wording;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link Readiness} that is looked at again and again. Thread-safe. Runs on a thread of its own until it is closed.
 *
 * <pre>{@code
 * try (ReadinessWatch watch = readiness.watch(Duration.ofMinutes(1))) {
 *     watch.latest().ready();
 * }
 * }</pre>
 */
public final class ReadinessWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ReadinessWatch.class);

    private final Readiness readiness;
    private final Clockwork clockwork;
    private final Duration every;
    private final List<Consumer<ReadinessReport>> listeners = new CopyOnWriteArrayList<>();
    private final Duration fresh;
    private volatile Seen seen;
    private volatile boolean closed;
    private volatile @Nullable Task task;

    private record Seen(ReadinessReport report, long at, boolean looked) {}

    private ReadinessWatch(
            Readiness readiness, Clockwork clockwork, Duration every, Consumer<ReadinessReport> listener) {
        this.readiness = readiness;
        this.clockwork = clockwork;
        this.every = every;
        listeners.add(listener);
        fresh = every.plus(readiness.longest()).multipliedBy(2);
        seen = new Seen(readiness.unanswered(), clockwork.nanoTime(), false);
    }

    static ReadinessWatch start(
            Readiness readiness, Clockwork clockwork, Duration every, Consumer<ReadinessReport> listener) {
        if (every.isNegative() || every.isZero()) {
            throw new IllegalArgumentException("Readiness is looked at every so often, not every " + every);
        }
        ReadinessWatch watch = new ReadinessWatch(readiness, clockwork, every, listener);
        watch.task = clockwork.start("readiness", watch::look);
        return watch;
    }

    /**
     * The newest report. Never older than twice the time that one look and the pause after it may take: after that, which a hung
     * or closed watch leads to, everything in it is unknown.
     */
    public ReadinessReport latest() {
        Seen now = seen;
        Duration age = Duration.ofNanos(clockwork.nanoTime() - now.at());
        return now.looked() && age.compareTo(fresh) > 0
                ? now.report()
                        .unknown(
                                "it was last looked at " + Wording.duration(age) + " ago",
                                "see whether the process that looks is alive")
                : now.report();
    }

    /** Tells each report from now on to one more listener, as {@link Readiness#watch(Duration, Consumer)} does. */
    public void listener(Consumer<ReadinessReport> listener) {
        listeners.add(listener);
    }

    /** Stops looking; returns at once. */
    @Override
    public void close() {
        closed = true;
        Task running = task;
        if (running != null) {
            running.interrupt();
        }
    }

    private void look() {
        try {
            while (!closed) {
                long began = clockwork.nanoTime();
                ReadinessReport report = looked();
                seen = new Seen(report, began, true);
                listeners.forEach(listener -> told(listener, report));
                clockwork.sleep(every);
            }
        } catch (InterruptedException e) {
            if (!closed) {
                log.warn("The readiness watch was interrupted and looks no more");
            }
        }
    }

    /** An action or a check that throws where it should not must not leave yesterday's answer standing. */
    private ReadinessReport looked() throws InterruptedException {
        try {
            return readiness.check();
        } catch (RuntimeException | Error e) {
            log.warn("Readiness could not be looked at; the watch goes on", e);
            return seen.report().unknown("it could not be looked at: " + Verdicts.say(e), "see the log");
        }
    }

    private static void told(Consumer<ReadinessReport> listener, ReadinessReport report) {
        try {
            listener.accept(report);
        } catch (Throwable e) {
            // an Error too: that a listener lacks a class is no reason to look no more
            log.warn("A listener of readiness failed; the watch goes on", e);
        }
    }
}
