package io.drkit.core.detect;

import java.util.Objects;

/**
 * What one observer saw of both sites at one moment.
 *
 * @param active the site that serves
 * @param standby the site that would take over
 */
public record Sighting(Health active, Health standby) {
    public Sighting {
        Objects.requireNonNull(active, "active");
        Objects.requireNonNull(standby, "standby");
    }

    /**
     * What follows for the active site. An observer that sees neither site is itself cut off, as far as it can know: what it says of
     * the active one is unknown then, not sick.
     */
    public Health opinion() {
        if (active instanceof Health.Sick && !(standby instanceof Health.Healthy)) {
            return Health.unknown(
                    "sees neither site and may itself be cut off: " + active.why() + "; " + standby.why());
        }
        return active;
    }
}
