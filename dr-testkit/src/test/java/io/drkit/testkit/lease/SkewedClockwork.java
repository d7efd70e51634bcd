package io.drkit.testkit.lease;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A machine whose wall clock is off, and whose every clock runs {@code rate} times as fast as time does. */
record SkewedClockwork(Clockwork clockwork, Duration off, double rate) implements Clockwork {
    private Duration real(Duration own) {
        return Duration.ofNanos((long) Math.ceil(own.toNanos() / rate));
    }

    @Override
    public Instant now() {
        return clockwork.now().plus(off);
    }

    @Override
    public long nanoTime() {
        // the origin of virtual time is near the overflow, so differences alone may be scaled
        long origin = Long.MAX_VALUE - Duration.ofMinutes(1).toNanos();
        return origin + (long) ((clockwork.nanoTime() - origin) * rate);
    }

    @Override
    public void sleep(Duration time) throws InterruptedException {
        clockwork.sleep(real(time));
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
        Mailbox<T> mailbox = clockwork.mailbox();
        return new Mailbox<>() {
            @Override
            public void put(T message) {
                mailbox.put(message);
            }

            @Override
            public @Nullable T poll(Duration time) throws InterruptedException {
                return mailbox.poll(real(time));
            }
        };
    }
}
