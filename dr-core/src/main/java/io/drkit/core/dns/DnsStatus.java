package io.drkit.core.dns;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * A record as it was seen.
 *
 * @param name the record's name
 * @param target where the store of record points it
 * @param answered what is answered to clients; empty when that could not be asked
 * @param ttl how long answers may be cached; empty where the platform has no such figure
 * @param residual how long some client may still hold the previous answer; zero when none can; empty when not known
 */
public record DnsStatus(
        String name, String target, Optional<String> answered, Optional<Duration> ttl, Optional<Duration> residual) {
    public DnsStatus {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(target, "target");
        Objects.requireNonNull(answered, "answered");
        Objects.requireNonNull(ttl, "ttl");
        Objects.requireNonNull(residual, "residual");
    }
}
