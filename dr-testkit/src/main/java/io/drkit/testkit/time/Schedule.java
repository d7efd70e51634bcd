package io.drkit.testkit.time;

import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Decides which of several runnable tasks of a {@link VirtualClockwork} goes next, and is told what they do. For those who want to
 * try schedules one by one; whoever wants any schedule takes that of a seed.
 *
 * <p>Called by one thread at a time, with the clockwork's lock held: it asks nothing of the clockwork and does not wait.
 */
public interface Schedule {
    /** Where in a task's work the choice comes up. */
    enum Point {
        /** The task does something that others can see, and could go on: index 0 is this task. */
        YIELD,
        /** The task waits or has ended: another one must go on. */
        BLOCK
    }

    /** A task that could go on. */
    interface Candidate {
        /** The name of its machine; empty when it belongs to none. */
        String machine();

        /** The name it was started with. */
        String name();

        /** Tells it from every other task, and is the same in every run in which its machine started as many tasks before it. */
        long key();
    }

    /**
     * Answers an index into the runnable tasks, at least 2; those that do not run stand in the order in which they became runnable.
     * Not called where there is no choice.
     */
    int choose(Point point, List<? extends Candidate> candidates);

    /** That task was started, and waits for its first turn. */
    default void started(Candidate task) {}

    /** That task has come to its end by itself; not told of one whose machine was killed. */
    default void ended(Candidate task) {}

    /** That task goes on now, by choice or because no other could. */
    default void runs(Candidate task, Duration elapsed) {}

    /** The task has used something that tasks of other machines may use too, such as a mailbox. */
    default void acted(Candidate task, long on) {}

    /** Whether the run need not go on: asked at each call, and {@link VirtualClockwork#run} throws {@link VirtualClockwork.Stuck} then. */
    default boolean over() {
        return false;
    }

    /** Draws from {@code random}: any order when a task waits, a preemption at one visible act in four. */
    static Schedule drawnFrom(RandomGenerator random) {
        return (point, candidates) ->
                point == Point.BLOCK || random.nextInt(4) == 0 ? random.nextInt(candidates.size()) : 0;
    }
}
