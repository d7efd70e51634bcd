package io.drkit.postgres;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/** Tells of every sleep before it begins. */
record SleepWatch(Clockwork clockwork, Consumer<String> watcher) implements Clockwork {
    @Override
    public Instant now() {
        return clockwork.now();
    }

    @Override
    public long nanoTime() {
        return clockwork.nanoTime();
    }

    @Override
    public void sleep(Duration time) throws InterruptedException {
        watcher.accept("sleep");
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
