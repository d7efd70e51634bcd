package io.drkit.testkit.share;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/** A machine whose wall clock is off. */
record SkewedClockwork(Clockwork clockwork, Duration off) implements Clockwork {
    @Override
    public Instant now() {
        return clockwork.now().plus(off);
    }

    @Override
    public long nanoTime() {
        return clockwork.nanoTime();
    }

    @Override
    public void sleep(Duration time) throws InterruptedException {
        clockwork.sleep(time);
    }

    @Override
    public RandomGenerator random() {
        return clockwork.random();
    }

    @Override
    public Task start(String name, Runnable work) {
        return clockwork.start(name, work);
    }

    @Override
    public <T> Mailbox<T> mailbox() {
        return clockwork.mailbox();
    }
}
