package io.drkit.testkit.time;

import java.util.List;
import java.util.random.RandomGenerator;

/** Decides who runs next. Called under the clockwork's lock, only when there is a choice; asks nothing of the clockwork. */
interface Schedule {
    /** Where in a task's work the choice comes up. */
    enum Point {
        /** The task does something that others can see, and could go on: index 0 is this task. */
        YIELD,
        /** The task waits or has ended: another one must go on. */
        BLOCK
    }

    /** Answers an index into the runnable tasks, at least 2; beyond the running task they stand in the order in which they became so. */
    int choose(Point point, List<VirtualTask> runnable);

    /** Draws from {@code random}: any order when a task waits, a preemption at one visible act in four. */
    static Schedule drawnFrom(RandomGenerator random) {
        return (point, runnable) ->
                point == Point.BLOCK || random.nextInt(4) == 0 ? random.nextInt(runnable.size()) : 0;
    }
}
