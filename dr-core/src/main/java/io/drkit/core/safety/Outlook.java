package io.drkit.core.safety;

import java.util.Set;

/**
 * What the run knows beside what is observed now.
 *
 * @param made what steps that this run saw to be done have made true; it counts only where nothing can be observed, as the world
 *     may have moved since
 * @param coming what the step that is about to change something will make true, alone or with what those at work beside it will:
 *     each is judged, as another step may fail; empty when the world is judged as it stands
 * @param over whether every step is done
 */
public record Outlook(Set<SiteChange> made, Set<SiteChange> coming, boolean over) {
    public Outlook {
        made = Set.copyOf(made);
        coming = Set.copyOf(coming);
    }
}
