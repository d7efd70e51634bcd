package io.drkit.testkit.explore;

/**
 * What is played again and again, each time under another schedule. It builds everything anew each time, keeps nothing between two
 * plays, and is otherwise the same each time: what it does depends on the stage alone.
 */
@FunctionalInterface
public interface Scenario {
    /**
     * Plays it once, as a task of the stage's clockwork that belongs to no machine: starts controllers on machines, waits for them,
     * and says what must hold at the end. Whatever it throws is a breach.
     */
    void play(Stage stage) throws Exception;
}
