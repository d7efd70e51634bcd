package io.drkit.testkit.disaster;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The process of the application on a machine of its own: its clock may be wrong, and it may be stopped for a while or die, at
 * whatever it does next. All that it does goes through here, through a {@link MachineRoute}, or through {@link MachineJournals}.
 */
final class Machine implements Clockwork {
    /** Ends what a dead process was doing. An error, so that code which survives exceptions does not survive it. */
    static final class Death extends Error {
        private static final long serialVersionUID = 1L;

        Death() {
            super("the process died", null, false, false);
        }
    }

    private final Scene scene;
    private final Clockwork time;
    private final String name;
    private final List<Runnable> releases = new ArrayList<>();
    private boolean dead;
    private long pausedUntil;
    private boolean paused;

    Machine(Scene scene, String name) {
        this.scene = scene;
        this.time = scene.time();
        this.name = name;
    }

    String name() {
        return name;
    }

    boolean dead() {
        return dead;
    }

    boolean paused() {
        return paused && pausedUntil - time.nanoTime() > 0;
    }

    /** Dies; what it held dies with it. */
    void die() {
        if (!dead) {
            dead = true;
            releases.forEach(Runnable::run);
            scene.left(this);
        }
    }

    void pause(Duration length) {
        paused = true;
        pausedUntil = time.nanoTime() + length.toNanos();
    }

    /** What is to be let go when it dies. */
    void releasesAtDeath(Runnable release) {
        releases.add(release);
    }

    void requireAlive() {
        if (dead) {
            throw new Death();
        }
    }

    /** One of the moments at which it may die: right before or after something that lasts. Waits for nothing. */
    void moment() {
        requireAlive();
        if (scene.fate().diesNow()) {
            die();
            throw new Death();
        }
    }

    /** Waits while it is stopped. Not to be called under a lock. */
    void stand() throws InterruptedException {
        requireAlive();
        boolean interrupted = false;
        while (paused()) {
            try {
                time.sleep(Duration.ofNanos(pausedUntil - time.nanoTime()));
            } catch (InterruptedException e) {
                // A process that is stopped learns of it when it goes on.
                interrupted = true;
            }
        }
        requireAlive();
        if (interrupted) {
            throw new InterruptedException();
        }
    }

    @Override
    public Instant now() {
        requireAlive();
        return time.now().plus(scene.clockError());
    }

    @Override
    public long nanoTime() {
        requireAlive();
        return time.nanoTime();
    }

    @Override
    public void sleep(Duration length) throws InterruptedException {
        stand();
        time.sleep(length);
        stand();
    }

    @Override
    public RandomGenerator random() {
        return time.random();
    }

    @Override
    public Task start(String task, Runnable work) {
        requireAlive();
        return time.start(name + " " + task, () -> {
            try {
                work.run();
            } catch (Death died) {
                // as it should
            }
        });
    }

    @Override
    public <T> Mailbox<T> mailbox() {
        Mailbox<T> mailbox = time.mailbox();
        return new Mailbox<>() {
            @Override
            public void put(T message) {
                requireAlive();
                mailbox.put(message);
            }

            @Override
            public @Nullable T poll(Duration length) throws InterruptedException {
                stand();
                T message = mailbox.poll(length);
                stand();
                return message;
            }
        };
    }

    @Override
    public String toString() {
        return name;
    }
}
