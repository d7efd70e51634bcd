package io.drkit.core.share;

/** When a file that both trees have is copied again. Attributes that differ alone are always set without copying content. */
public enum CompareMode {
    /** Size or time differ, in whichever direction: the target becomes like the source. The default. */
    DIFFERS,
    /**
     * The source's is newer, or as old with another size. A target's file that is newer and differs is kept and reported. Note
     * that a file restored to an older time in the source is not copied in this mode.
     */
    NEWER_WINS,
    /** The bytes differ: reads every file of equal size on both sides, whatever its time. */
    CONTENT
}
