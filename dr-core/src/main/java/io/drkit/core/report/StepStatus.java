package io.drkit.core.report;

/** How a step stands. */
public enum StepStatus {
    /** Not begun. */
    NOT_REACHED,
    /** Begun and not ended. */
    RUNNING,
    /** The run made it so, and saw that it is. */
    DONE,
    /** It was so before: nothing was changed, and nothing will be undone. */
    ALREADY_SO,
    /** It failed; what it had changed, if anything, still stands. */
    FAILED,
    /** A person said that the run goes on without it. Nobody saw it to be done. */
    SKIPPED,
    /** Its outcome could not be learnt: it may have happened or not, or be still going on. */
    UNKNOWN,
    /** What it had changed was put back. */
    UNDONE,
    /** What it had changed could not be put back. */
    UNDO_FAILED
}
