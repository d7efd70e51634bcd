package io.drkit.core.journal;

import java.util.Objects;

/**
 * Which journal: one a plan and pair of sites, whichever way round, since only one run may be active between them.
 *
 * @param plan the plan's name
 * @param siteA the site whose name comes first in the alphabet
 * @param siteB the other one
 */
public record JournalKey(String plan, String siteA, String siteB) {
    public JournalKey {
        Objects.requireNonNull(plan, "plan");
        if (siteA.compareTo(siteB) > 0) {
            String first = siteA;
            siteA = siteB;
            siteB = first;
        }
    }

    @Override
    public String toString() {
        return plan + " between " + siteA + " and " + siteB;
    }
}
