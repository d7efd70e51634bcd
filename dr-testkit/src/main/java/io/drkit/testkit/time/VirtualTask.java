package io.drkit.testkit.time;

import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import io.drkit.testkit.time.VirtualClockwork.Ending;
import io.drkit.testkit.time.VirtualClockwork.Work;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A task of one machine: code on a thread of its own that runs only while it holds the baton. */
final class VirtualTask extends Timed implements Task, Schedule.Candidate {
    final Machine machine;
    final String label;
    final @Nullable Mailbox<Ending> ending;
    final Set<VirtualTask> joiners = new LinkedHashSet<>();
    volatile boolean baton;
    volatile boolean interrupted;
    volatile boolean dead;
    volatile @Nullable Thread thread;
    // all below is guarded by the world's lock
    @Nullable
    Set<VirtualTask> waiters;

    Supplier<String> waitingFor = () -> "";
    boolean blocked;
    boolean ended;
    long since;

    private final VirtualClockwork world;
    private final long key;
    private final String name;
    private final Work work;

    VirtualTask(
            VirtualClockwork world,
            Machine machine,
            long id,
            String name,
            Work work,
            @Nullable Mailbox<Ending> ending) {
        super(id);
        this.world = world;
        this.machine = machine;
        this.name = name;
        this.label = machine.name().isEmpty() ? name : machine.name() + "/" + name;
        this.key = machine.nextKey();
        this.work = work;
        this.ending = ending;
    }

    void execute(Worker worker) {
        Thread self = Thread.currentThread();
        self.setName(label);
        Throwable failure = null;
        // what was meant for an earlier task of this thread
        Thread.interrupted();
        try {
            thread = self;
            if (interrupted) {
                interrupted = false;
                self.interrupt();
            }
            work.run();
        } catch (Ended dead) {
            // as close() or kill() wants it
        } catch (Throwable thrown) {
            failure = thrown;
        }
        world.retire(this, worker, failure);
    }

    void awaitBaton() {
        boolean fromOutside = false;
        while (!baton) {
            LockSupport.park(this);
            fromOutside |= Thread.interrupted();
        }
        // Without the lock, which the task that passed the baton still holds for a moment: whoever holds the baton
        // is alone.
        baton = false;
        if (dead || world.closing()) {
            throw new Ended();
        }
        if (interrupted || fromOutside) {
            interrupted = false;
            Thread.currentThread().interrupt();
        }
    }

    @Override
    void ring() {
        world.wake(this);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String machine() {
        return machine.name();
    }

    @Override
    public long key() {
        return key;
    }

    @Override
    public boolean ended() {
        return world.ended(this);
    }

    @Override
    public void interrupt() {
        world.interrupt(this);
    }

    @Override
    public boolean join(Duration time) throws InterruptedException {
        world.join(this, time);
        return ended();
    }

    @Override
    public String toString() {
        return "task " + label;
    }
}
