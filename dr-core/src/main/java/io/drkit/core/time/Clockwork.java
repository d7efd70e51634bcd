package io.drkit.core.time;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * The one source of time, sleep, randomness and threads. Everything in DRKit that waits, draws or forks asks the clockwork it
 * was handed, so that the same code runs on the machine's time in production and on virtual time, deterministically, in tests.
 *
 * <p>Code that runs on a clockwork blocks only through it: by {@link #sleep}, {@link Mailbox} and {@link Task}. All methods may
 * be called from any thread.
 */
public interface Clockwork {
    /** The machine's own time and threads: daemon threads, one a task. Holds nothing that needs closing. */
    static Clockwork system() {
        return new SystemClockwork();
    }

    /** Wall time, for people and reports. It may jump: never compute a deadline from it. */
    Instant now();

    /** Monotonic time in nanoseconds from an arbitrary origin, for deadlines and leases. */
    long nanoTime();

    /** Waits at least {@code time}; zero or less returns at once. */
    void sleep(Duration time) throws InterruptedException;

    /** The randomness for jitter and ids. */
    RandomGenerator random();

    /** Starts {@code work} on a thread of its own. What it throws ends that thread alone and is logged. */
    Task start(String name, Runnable work);

    /** A new empty mailbox whose waiting runs on this clockwork. */
    <T> Mailbox<T> mailbox();

    /** A short random id of 12 lower-case hexadecimal digits. */
    default String newId() {
        return String.format(Locale.ROOT, "%012x", random().nextLong() & 0xffff_ffff_ffffL);
    }

    /** A deadline {@code time} from now. */
    default Deadline deadline(Duration time) {
        return Deadline.after(this, time);
    }
}
