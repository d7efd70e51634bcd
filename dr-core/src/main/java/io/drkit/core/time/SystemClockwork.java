package io.drkit.core.time;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The machine's own time: the only place in core that may touch it. */
final class SystemClockwork implements Clockwork {
    private static final Logger log = LoggerFactory.getLogger(SystemClockwork.class);

    private final RandomGenerator random = new SecureRandom();

    @Override
    public Instant now() {
        return Instant.now();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public void sleep(Duration time) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(time.toNanos());
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public Task start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((t, e) -> log.error("Task {} ended with an error", name, e));
        thread.start();
        return new ThreadTask(thread);
    }

    @Override
    public <T> Mailbox<T> mailbox() {
        return new QueueMailbox<>();
    }

    private record ThreadTask(Thread thread) implements Task {
        @Override
        public String name() {
            return thread.getName();
        }

        @Override
        public boolean ended() {
            return !thread.isAlive();
        }

        @Override
        public void interrupt() {
            thread.interrupt();
        }

        @Override
        public boolean join(Duration time) throws InterruptedException {
            // Thread.join(0) would wait for ever
            thread.join(Math.max(1, time.toMillis()));
            return ended();
        }
    }

    private static final class QueueMailbox<T> implements Mailbox<T> {
        private final LinkedBlockingQueue<T> queue = new LinkedBlockingQueue<>();

        @Override
        public void put(T message) {
            queue.add(message);
        }

        @Override
        public @Nullable T poll(Duration time) throws InterruptedException {
            return queue.poll(time.toNanos(), TimeUnit.NANOSECONDS);
        }
    }
}
