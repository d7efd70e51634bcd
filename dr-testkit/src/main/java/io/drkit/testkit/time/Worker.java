package io.drkit.testkit.time;

import io.drkit.core.time.Clockwork;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread that is used for one task after another, of whichever clockwork: to start a thread costs more than a short simulation.
 * One that nobody needed for a while ends, as does one that finds enough others idle.
 */
final class Worker implements Runnable {
    private static final int ENOUGH = 200;
    /** Guarded by itself. */
    private static final Deque<Worker> IDLE = new ArrayDeque<>();

    private static final long KEPT_NANOS = Duration.ofSeconds(5).toNanos();
    private static final Clockwork REAL = Clockwork.system();

    private volatile @Nullable VirtualTask work;
    private volatile @Nullable Thread thread;

    private Worker(VirtualTask first) {
        work = first;
    }

    /** Lets {@code task} begin, on a thread that is idle or on a new one. */
    static void begin(VirtualTask task) {
        Worker worker;
        synchronized (IDLE) {
            worker = IDLE.pollFirst();
        }
        if (worker == null) {
            REAL.start("virtual", new Worker(task));
        } else {
            worker.next(task);
            LockSupport.unpark(worker.thread);
        }
    }

    /** On this worker's thread, at the end of a task: what to do next. */
    void next(VirtualTask task) {
        work = task;
    }

    @Override
    public void run() {
        thread = Thread.currentThread();
        while (true) {
            VirtualTask task = work;
            if (task == null) {
                if (!awaitWork()) {
                    return;
                }
            } else {
                work = null;
                task.execute(this);
            }
        }
    }

    private boolean awaitWork() {
        synchronized (IDLE) {
            if (IDLE.size() >= ENOUGH) {
                return false;
            }
            IDLE.addFirst(this);
        }
        long since = REAL.nanoTime();
        while (work == null) {
            LockSupport.parkNanos(this, KEPT_NANOS);
            // an interrupt that was meant for a task which has ended
            Thread.interrupted();
            if (work == null && REAL.nanoTime() - since >= KEPT_NANOS) {
                synchronized (IDLE) {
                    if (IDLE.remove(this)) {
                        return false;
                    }
                }
            }
        }
        return true;
    }
}
