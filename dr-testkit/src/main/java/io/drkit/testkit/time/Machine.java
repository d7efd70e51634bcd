package io.drkit.testkit.time;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One of several machines on the virtual time of one {@link VirtualClockwork}, with one process on it: the clockwork of that
 * process. Its clocks may be wrong, it may be stopped for a while, and it may be killed and restarted:
 *
 * <pre>{@code
 * Machine west = virtual.machine("west-1").clockAhead(Duration.ofHours(1));
 * west.start("controller", () -> …);        // on the process of west-1: with its clocks, and as long as it lives
 * west.pause(Duration.ofSeconds(30));       // as kill -STOP does; it goes on unaware
 * west.kill();                              // as kill -KILL does
 * west.restart();
 * }</pre>
 *
 * <p>A task belongs to the machine on which it was started. Its time is that of the clockwork it asks: a fake that waits on the
 * {@link VirtualClockwork} itself waits in true time, whichever machine's task calls it.
 *
 * <p>Its random numbers are its own: drawn from the seed and its name, however many other machines draw meanwhile. The origin of
 * {@link #nanoTime()} differs from machine to machine, so code that compares monotonic times of two machines fails in the test.
 *
 * <p>Thread-safe in the way of {@link VirtualClockwork}: for its tasks, and for the test's thread while no run goes on.
 */
public final class Machine implements Clockwork {
    private static final long MILLION = 1_000_000;

    private final VirtualClockwork world;
    private final String name;
    private final long origin;
    private final Random random;
    // all below is guarded by the world's lock
    final List<VirtualTask> held = new ArrayList<>();
    boolean paused;

    /** The one task that may run, while it holds locks of its process; the others are held. */
    @Nullable
    VirtualTask alone;

    @Nullable
    Timed alarm;

    private long keys;

    private int life = 1;
    private boolean alive = true;
    private long ahead;
    private long drift;
    private long trueBase;
    private long ownBase;

    Machine(VirtualClockwork world, String name, long origin, Random random) {
        this.world = world;
        this.name = name;
        this.origin = origin;
        this.random = random;
        this.keys = (long) name.hashCode() << 32;
    }

    /** Names a task or a mailbox of this machine, whatever the others do meanwhile. */
    long nextKey() {
        keys++;
        return keys;
    }

    /** Names its clocks and its process. */
    long key() {
        return (long) name.hashCode() << 32;
    }

    /** What it is called. */
    public String name() {
        return name;
    }

    // ---- its clocks

    /** Steps its wall clock so that it stands {@code ahead} of the true time, or behind it where that is negative; answers this. */
    public Machine clockAhead(Duration ahead) {
        synchronized (world.lock()) {
            world.acting("set a clock", this);
            this.ahead = ahead.toNanos() + world.elapsedNanos() - own(world.elapsedNanos());
            world.noteOf(this, "has its clock set " + ahead + " ahead");
        }
        return this;
    }

    /** Steps its wall clock by that much, backward where it is negative; its monotonic time does not notice. Answers this. */
    public Machine stepClock(Duration by) {
        synchronized (world.lock()) {
            world.acting("step a clock", this);
            ahead += by.toNanos();
            world.noteOf(this, "has its clock stepped by " + by);
        }
        return this;
    }

    /**
     * Lets both its clocks run faster than true time by that many parts in a million, or slower where it is negative: at 10,000 a
     * second is over after 0.99 s. For waits that begin afterwards. Answers this.
     *
     * @param partsPerMillion from -500,000, half as fast, to 1,000,000, twice as fast
     */
    public Machine drift(int partsPerMillion) {
        if (partsPerMillion < -MILLION / 2 || partsPerMillion > MILLION) {
            throw new IllegalArgumentException(
                    "a clock drifts by -500,000 to 1,000,000 parts in a million, not " + partsPerMillion);
        }
        synchronized (world.lock()) {
            world.acting("let a clock drift", this);
            long now = world.elapsedNanos();
            ownBase = own(now);
            trueBase = now;
            drift = partsPerMillion;
            world.noteOf(this, "has a clock that drifts by " + partsPerMillion + " ppm");
        }
        return this;
    }

    /** Its own time since the beginning, at that true time since the beginning. Under the lock. */
    long own(long elapsed) {
        long passed = elapsed - trueBase;
        return ownBase + passed + passed / MILLION * drift + Math.floorDiv(passed % MILLION * drift, MILLION);
    }

    /** How much true time goes by until {@code span} has gone by here. Under the lock. */
    long trueSpan(long elapsed, long span) {
        if (drift == 0) {
            return span;
        }
        long rate = MILLION + drift;
        long until = own(elapsed) + span;
        long guess = span / rate * MILLION + span % rate * MILLION / rate;
        guess = Math.max(0, guess - 2);
        while (own(elapsed + guess) < until) {
            guess++;
        }
        return guess;
    }

    // ---- its process

    /**
     * Stops its process until {@link #resume}: none of its tasks runs, and all clocks go on. A task of its own that calls this
     * stops right here.
     */
    public void pause() {
        world.pause(this, null);
    }

    /** As {@link #pause()}, for that long in true time: more than zero. */
    public void pause(Duration time) {
        if (time.isZero() || time.isNegative()) {
            throw new IllegalArgumentException("a pause takes longer than zero, not " + time);
        }
        world.pause(this, time);
    }

    /** Lets its process go on, unaware that it was stopped. Does nothing when it was not. */
    public void resume() {
        world.resume(this);
    }

    /**
     * Kills its process: when this returns, none of its tasks is left, and none has made or will make another call of the
     * clockwork. Their {@code finally} blocks and catchers of everything have run, on a dead process: whatever they ask of any
     * clockwork of this world throws an error. A fake that asks the clockwork first, such as by
     * {@link VirtualClockwork#requireAlive}, so refuses what they write. A task of its own that calls this ends here.
     *
     * <p>Its clocks go on. Does nothing when it is dead.
     *
     * @throws VirtualClockwork.Stuck when a task survives it
     */
    public void kill() {
        world.kill(this);
    }

    /**
     * Begins a new process on it, without any task: start them.
     *
     * @throws IllegalStateException when the old one is alive
     */
    public void restart() {
        synchronized (world.lock()) {
            world.acting("restart a machine", this);
            if (alive) {
                throw new IllegalStateException("The process of " + name + " is alive: kill it first");
            }
            alive = true;
            life++;
            world.noteOf(this, "is restarted");
        }
    }

    /** Whether its process is there, stopped or not. */
    public boolean alive() {
        synchronized (world.lock()) {
            return alive;
        }
    }

    /** Which process it is: 1 for the first, one more with each {@link #restart}. */
    public int life() {
        synchronized (world.lock()) {
            return life;
        }
    }

    void died() {
        alive = false;
        alone = null;
    }

    // ---- the clockwork of its process

    @Override
    public Instant now() {
        return world.startsAt().plusNanos(world.own(this) + ahead);
    }

    @Override
    public long nanoTime() {
        return origin + world.own(this);
    }

    @Override
    public void sleep(Duration time) throws InterruptedException {
        world.sleep(this, time);
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    /**
     * Starts {@code work} on its process.
     *
     * @throws IllegalStateException when that is dead
     */
    @Override
    public Task start(String name, Runnable work) {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(work, "work");
        return world.start(this, name, work);
    }

    @Override
    public <T> Mailbox<T> mailbox() {
        return world.mailbox(this);
    }

    @Override
    public String toString() {
        return name;
    }
}
