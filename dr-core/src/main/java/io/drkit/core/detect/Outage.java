package io.drkit.core.detect;

import io.drkit.core.Site;
import io.drkit.core.plan.SiteSwitch;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * An outage of the active site that a quorum of observers saw.
 *
 * @param site the site's name
 * @param began when so many observers as make a quorum had first seen it sick; the outage itself began a little earlier, by at most
 *     the time between two looks
 * @param detected when it was declared
 * @param why what each observer says who sees it sick
 */
public record Outage(String site, Instant began, Instant detected, List<String> why) {
    public Outage {
        Objects.requireNonNull(site, "site");
        Objects.requireNonNull(began, "began");
        Objects.requireNonNull(detected, "detected");
        why = List.copyOf(why);
    }

    /**
     * The switch with this outage's moments, so that the report tells detection, decision and steps apart.
     *
     * @throws IllegalArgumentException when it is not a switch from the site of this outage
     */
    public <S extends Site> SiteSwitch<S> during(SiteSwitch<S> siteSwitch) {
        if (!siteSwitch.from().name().equals(site)) {
            throw new IllegalArgumentException("The outage is of " + site + ", and this is a " + siteSwitch.line());
        }
        return siteSwitch.since(began, detected);
    }
}
