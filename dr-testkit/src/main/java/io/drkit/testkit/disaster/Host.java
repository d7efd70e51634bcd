package io.drkit.testkit.disaster;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import io.drkit.testkit.time.Machine;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The process of the application on a machine of its own. All that it does goes through here, through a {@link HostRoute}, or
 * through {@link HostJournals}, so that it can die right before or right after anything, under a lock of its own too; what its
 * tasks wait for is cleared away a little later.
 */
final class Host implements Clockwork {
    /** Ends what a dead process was doing. An error, so that code which survives exceptions does not survive it. */
    static final class Death extends Error {
        private static final long serialVersionUID = 1L;

        Death() {
            super("the process died", null, false, false);
        }
    }

    private final Scene scene;
    private final Machine machine;
    private final List<Runnable> releases = new ArrayList<>();
    private boolean dead;

    Host(Scene scene, String name) {
        this.scene = scene;
        this.machine = scene.time().machine(name);
        scene.arrived(this);
    }

    String name() {
        return machine.name();
    }

    Machine machine() {
        return machine;
    }

    boolean dead() {
        return dead;
    }

    /** Dies; what it held dies with it. Waits for nothing, and may be called under a lock. */
    void die() {
        if (!dead) {
            dead = true;
            releases.forEach(Runnable::run);
            scene.left(this);
        }
    }

    /** Ends the tasks of a dead process. */
    void bury() {
        machine.kill();
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

    @Override
    public Instant now() {
        requireAlive();
        return machine.now();
    }

    @Override
    public long nanoTime() {
        requireAlive();
        return machine.nanoTime();
    }

    @Override
    public void sleep(Duration length) throws InterruptedException {
        requireAlive();
        machine.sleep(length);
        requireAlive();
    }

    @Override
    public RandomGenerator random() {
        return machine.random();
    }

    @Override
    public Task start(String task, Runnable work) {
        requireAlive();
        return machine.start(task, () -> {
            try {
                work.run();
            } catch (Death died) {
                // as it should
            }
        });
    }

    @Override
    public <T> Mailbox<T> mailbox() {
        Mailbox<T> mailbox = machine.mailbox();
        return new Mailbox<>() {
            @Override
            public void put(T message) {
                requireAlive();
                mailbox.put(message);
            }

            @Override
            public @Nullable T poll(Duration length) throws InterruptedException {
                requireAlive();
                T message = mailbox.poll(length);
                requireAlive();
                return message;
            }
        };
    }

    @Override
    public String toString() {
        return name();
    }
}
