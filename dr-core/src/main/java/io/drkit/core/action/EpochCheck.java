package io.drkit.core.action;

/** Whether a resource itself refuses a change under a lower epoch than it has seen. */
public enum EpochCheck {
    /**
     * The resource keeps the highest epoch that changed it, and the comparison and the change are one operation there: a process
     * that was frozen and wakes up late is refused by the resource with {@link io.drkit.core.StaleEpochException}.
     */
    ENFORCED,
    /** The resource cannot compare: only the check in the process before the change stands against a late one. */
    ADVISORY
}
