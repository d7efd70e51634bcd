package io.drkit.testkit.time;

import java.util.random.RandomGenerator;

/** Decides who runs next. Called under the clockwork's lock, only when there is a choice. */
interface Schedule {
    /** Where in a task's work the choice comes up. */
    enum Point {
        /** The task only reads the time or makes a mailbox: it may hold a lock of its own there. */
        READ,
        /** The task does something that others can see, and could go on. */
        YIELD,
        /** The task waits or has ended: another one must go on. */
        BLOCK
    }

    /**
     * Answers an index into the runnable tasks, of which there are {@code runnable} and at least 2. At {@link Point#READ} and
     * {@link Point#YIELD} index 0 is the task that runs now, and choosing it is to let it go on.
     */
    int choose(Point point, int runnable);

    /** Draws from {@code random}: any order when a task waits, a preemption at one visible act in four, none at reads. */
    static Schedule drawnFrom(RandomGenerator random) {
        return (point, runnable) -> switch (point) {
            case READ -> 0;
            case YIELD -> random.nextInt(4) == 0 ? random.nextInt(runnable) : 0;
            case BLOCK -> random.nextInt(runnable);
        };
    }
}
