package io.drkit.core.report;

/** How a run ended. Only {@link #SUCCEEDED} means that the switch is done. */
public enum RunOutcome {
    /** Every step is done and was seen to be done, but for those that a person skipped by name. */
    SUCCEEDED,
    /** A step failed, or the run was cancelled, before the point of no return, and everything that the run had changed was put back, verified. */
    UNDONE,
    /** As {@link #UNDONE}, but something could not be put back. Resume goes on putting it back. */
    UNDO_INCOMPLETE,
    /**
     * A step failed past the point of no return, or is still running unheard, which {@link RunReport#warnings()} says. The way is
     * forward: mend the cause, then resume.
     */
    STOPPED
}
