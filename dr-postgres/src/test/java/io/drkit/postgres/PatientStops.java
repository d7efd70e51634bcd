package io.drkit.postgres;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;

/** A machine so fast that a server's stop is always over before anybody looks elsewhere whether it is. */
record PatientStops(Clockwork clockwork, Duration patience) implements Clockwork {
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
        clockwork.sleep(time);
    }

    @Override
    public RandomGenerator random() {
        return clockwork.random();
    }

    @Override
    public Task start(String name, Runnable work) {
        Task task = clockwork.start(name, work);
        return name.startsWith("drkit-stop-") ? new Patient(task, patience) : task;
    }

    @Override
    public <T> Mailbox<T> mailbox() {
        return clockwork.mailbox();
    }

    private record Patient(Task task, Duration patience) implements Task {
        @Override
        public String name() {
            return task.name();
        }

        @Override
        public boolean ended() {
            return task.ended();
        }

        @Override
        public boolean join(Duration atMost) throws InterruptedException {
            return task.join(patience);
        }

        @Override
        public void interrupt() {
            task.interrupt();
        }
    }
}
