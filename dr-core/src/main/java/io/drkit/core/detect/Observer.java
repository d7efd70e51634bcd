package io.drkit.core.detect;

import io.drkit.core.time.Clockwork;
import java.time.Duration;

/**
 * Somebody who looks at both sites from a place of their own. Observers are worth as much as their places are apart: two in one
 * rack are one. For one in another process, implement it with whatever brings its sighting here, and throw when that sighting is
 * old or does not come.
 *
 * <p>Asked again and again, not twice at the same time, and each time on some other thread.
 */
public interface Observer {
    /** The observer's name, unique among those of one detector, for example the place it looks from. */
    String name();

    /**
     * Looks now. Heeds interruption.
     *
     * @throws Exception whatever stands in the way: its opinion is unknown then
     */
    Sighting look() throws Exception;

    /** How long it may take, 15 s unless it says otherwise; after that it is interrupted, and unknown. */
    default Duration timeout() {
        return Duration.ofSeconds(15);
    }

    /** This process, looking at both sites at the same time. */
    static Observer here(String name, HealthProbe active, HealthProbe standby, Clockwork clockwork) {
        return new LocalObserver(name, active, standby, clockwork);
    }
}
