package io.drkit.core.safety;

import java.util.Set;

/**
 * What the run knows beside what is observed now.
 *
 * @param made what steps that this run saw to be done have made true; it counts only where nothing can be observed, as the world
 *     may have moved since
 * @param coming what the step that is about to change something, and those at work beside it, will make true; empty when the
 *     world is judged as it stands
 * @param over whether every step is done
 */
public record Outlook(Set<SiteChange> made, Set<SiteChange> coming, boolean over) {
    public Outlook {
        made = Set.copyOf(made);
        coming = Set.copyOf(coming);
    }

    /** The same, as the world stands. */
    public Outlook asItStands() {
        return new Outlook(made, Set.of(), over);
    }
}
