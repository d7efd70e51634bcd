package io.drkit.core.share;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A few workers, the caller's thread among them, over a bounded queue. Work may submit more work; when the queue is full, the
 * submitter does it itself, so that neither memory grows nor anything waits for its own kind.
 */
final class WorkPool {
    private static final Duration LOOK_UP = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Clockwork clockwork;
    private final String name;
    private final int workers;
    private final int queueLimit;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private boolean abandoned;

    WorkPool(Clockwork clockwork, String name, int workers, int queueLimit) {
        this.clockwork = clockwork;
        this.name = name;
        this.workers = workers;
        this.queueLimit = queueLimit;
    }

    /** Whether the run is to end at once: no further effect may be made. */
    boolean stopped() {
        return failure.get() != null;
    }

    /** Ends the run with this; the first one counts. */
    void stop(Throwable why) {
        Throwable first = failure.compareAndExchange(null, why);
        if (first != null && first != why) {
            first.addSuppressed(why);
        }
    }

    /** Whether some worker could not be brought to its end, and may still be inside a call. */
    boolean abandoned() {
        return abandoned;
    }

    /**
     * Runs what {@code first} submits and all that follows from it, and returns when nothing is left. One call at a time.
     *
     * @throws InterruptedException when the caller was interrupted; the workers are interrupted too
     */
    void drain(Seed first) throws InterruptedException {
        Batch batch = new Batch();
        List<Task> tasks = new ArrayList<>();
        try {
            batch.outstanding.incrementAndGet();
            try {
                first.submitTo(batch);
            } finally {
                batch.done();
            }
            for (int i = 1; i < workers && batch.outstanding.get() > 0; i++) {
                tasks.add(clockwork.start("drkit-sync-" + name + "-" + i, batch::work));
            }
            batch.work();
        } finally {
            if (failure.get() instanceof InterruptedException) {
                tasks.forEach(Task::interrupt);
            }
            for (Task task : tasks) {
                abandoned |= !join(task);
            }
        }
        rethrow();
    }

    private static boolean join(Task task) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    if (task.join(PATIENCE)) {
                        return true;
                    }
                    task.interrupt();
                    return task.join(PATIENCE);
                } catch (InterruptedException e) {
                    interrupted = true;
                    task.interrupt();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void rethrow() throws InterruptedException {
        Throwable why = failure.get();
        if (why instanceof InterruptedException e) {
            throw e;
        } else if (why instanceof RuntimeException e) {
            throw e;
        } else if (why instanceof Error e) {
            throw e;
        }
    }

    /** One unit. What it throws ends the run. */
    interface Work {
        void run() throws InterruptedException;
    }

    /** Submits the first work. */
    interface Seed {
        void submitTo(Batch batch) throws InterruptedException;
    }

    /** The work of one {@link #drain}. */
    final class Batch {
        private final Mailbox<Work> queue = clockwork.mailbox();
        private final AtomicInteger queued = new AtomicInteger();
        private final AtomicInteger outstanding = new AtomicInteger();

        /** Does it some time, perhaps now. */
        void submit(Work work) throws InterruptedException {
            if (stopped()) {
                return;
            }
            if (queued.incrementAndGet() > queueLimit) {
                queued.decrementAndGet();
                work.run();
            } else {
                outstanding.incrementAndGet();
                queue.put(work);
            }
        }

        private void done() {
            if (outstanding.decrementAndGet() == 0) {
                for (int i = 0; i < workers; i++) {
                    queue.put(() -> {});
                }
            }
        }

        private void work() {
            while (outstanding.get() > 0 && !stopped()) {
                try {
                    Work work = queue.poll(LOOK_UP);
                    if (work == null || outstanding.get() == 0) {
                        continue;
                    }
                    queued.decrementAndGet();
                    try {
                        work.run();
                    } finally {
                        done();
                    }
                } catch (Throwable e) {
                    stop(e);
                }
            }
        }
    }
}
