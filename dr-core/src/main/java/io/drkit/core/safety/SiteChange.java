package io.drkit.core.safety;

/**
 * What a step makes true of the sites when it is done. Steps declare it, so that rules can be judged as the world will be after
 * them: an action says in words what it does, which nobody can compute with.
 */
public enum SiteChange {
    /** The site that is left takes no writes any more, proven or waived by name. Not made by a step that this run found done. */
    FROM_FENCED,
    /** The site that is made active takes writes. */
    TO_WRITABLE,
    /** Clients are sent to the site that is made active. */
    TRAFFIC_TO
}
