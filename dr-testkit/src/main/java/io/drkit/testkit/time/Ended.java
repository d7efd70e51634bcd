package io.drkit.testkit.time;

/** Ends a task whose process is dead or whose clockwork was closed. An error, so that code which survives exceptions does not survive it. */
final class Ended extends Error {
    private static final long serialVersionUID = 1L;

    Ended() {
        super("The process of this task is dead, or the virtual clockwork was closed", null, false, false);
    }
}
