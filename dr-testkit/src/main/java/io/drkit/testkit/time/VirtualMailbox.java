package io.drkit.testkit.time;

import io.drkit.core.time.Mailbox;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A mailbox whose waiting runs on the clock of one machine. */
final class VirtualMailbox<T> implements Mailbox<T> {
    final Machine machine;
    final long id;
    final long key;
    // guarded by the world's lock
    final Deque<T> messages = new ArrayDeque<>();
    final Set<VirtualTask> pollers = new LinkedHashSet<>();

    private final VirtualClockwork world;

    VirtualMailbox(VirtualClockwork world, Machine machine, long id) {
        this.world = world;
        this.machine = machine;
        this.id = id;
        this.key = machine.nextKey();
    }

    @Override
    public void put(T message) {
        world.put(this, message);
    }

    @Override
    public @Nullable T poll(Duration time) throws InterruptedException {
        return world.poll(this, time);
    }
}
