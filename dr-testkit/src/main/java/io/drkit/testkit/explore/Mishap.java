package io.drkit.testkit.explore;

/** What may go wrong at a call from one machine to something that it shares with others. */
public enum Mishap {
    /** The request never arrives: nothing is changed, and the caller hears nothing. */
    REQUEST_LOST(true),
    /** The change is made, and then the answer is lost. */
    ANSWER_LOST(true),
    /** This and everything that the machine calls for a while never arrives. */
    PARTITION(true),
    /** The machine's process is stopped before its request leaves, and goes on a while later, unaware. */
    PAUSE_BEFORE(false),
    /** The machine's process is stopped before it reads the answer. */
    PAUSE_AFTER(false),
    /** The machine's wall clock jumps forward. */
    CLOCK_FORWARD(false),
    /** The machine's wall clock jumps back. */
    CLOCK_BACK(false),
    /** The machine's process is killed before its request leaves. */
    CRASH_BEFORE(false),
    /** The machine's process is killed before it reads the answer. */
    CRASH_AFTER(false);

    private final boolean ofTheNetwork;

    Mishap(boolean ofTheNetwork) {
        this.ofTheNetwork = ofTheNetwork;
    }

    /** Whether it happens between the machine and what it calls, and not to the machine. */
    boolean ofTheNetwork() {
        return ofTheNetwork;
    }
}
