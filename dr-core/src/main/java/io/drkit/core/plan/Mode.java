package io.drkit.core.plan;

/** How the active site is left. */
public enum Mode {
    /** Planned: both sites work, and nothing is lost. */
    SWITCHOVER,
    /** Unplanned: the site that is left may be dead. */
    FAILOVER;

    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
