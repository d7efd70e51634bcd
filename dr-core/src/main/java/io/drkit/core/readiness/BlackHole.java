package io.drkit.core.readiness;

import java.util.concurrent.Callable;

/**
 * Lets something be done as if a site had vanished from the network, to see that it does not depend on that site. Only the
 * application knows how: a proxy that drops the site's addresses and through which the store under test is opened a second
 * time, a relay that is cut for a moment, another network namespace. Nobody else may notice the cut, production traffic least
 * of all.
 *
 * <p>Nothing is proven by a cut that does not cut, so an implementation also says whether the site still answers, by asking it
 * the very way that the work would.
 */
public interface BlackHole {
    /** The name of the site that vanishes. */
    String site();

    /** Does {@code work} while nothing that it does can reach the site. Heeds interruption, and ends the cut in any case. */
    <T> T inside(Callable<T> work) throws Exception;

    /** Whether the site answers, asked by the way that {@code work} takes; called inside the hole, where it must be false. */
    boolean siteAnswers() throws Exception;

    /** There is no way to cut {@code site} off: every check that needs one is unknown, and says so. */
    static BlackHole notGiven(String site) {
        return new NoBlackHole(site);
    }
}
