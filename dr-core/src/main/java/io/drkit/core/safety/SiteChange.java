package io.drkit.core.safety;

import java.util.Locale;

/**
 * What a step makes true of the sites when it is done. Steps declare it, so that rules can be judged as the world will be after
 * them: an action says in words what it does, which nobody can compute with.
 */
public enum SiteChange {
    /**
     * The site that is left takes no writes any more, proven or waived by name. That the step is seen to be done is not enough, as
     * somebody else may have done it and fenced nobody: this run must have applied it to the end, or its action must have recorded
     * the {@link #fact}.
     */
    FROM_FENCED,
    /** The site that is made active takes writes. */
    TO_WRITABLE,
    /** Clients are sent to the site that is made active. */
    TRAFFIC_TO;

    /**
     * The key under which an action {@linkplain io.drkit.core.action.ActionContext#record records} that it has made this so, with
     * how as the value, once that stays so whatever becomes of the action afterwards: {@code made from_fenced}, say.
     */
    public String fact() {
        return "made " + name().toLowerCase(Locale.ROOT);
    }
}
