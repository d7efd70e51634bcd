package io.drkit.core.lease;

import io.drkit.core.Epoch;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What stands in the store for one lease. It holds no time of day: whoever wants to take a lease over must have seen the same
 * record, unrenewed, for the whole {@code ttl} on its own monotonic time, so no two clocks are ever compared.
 *
 * @param holder who holds it; empty when it was released
 * @param epoch the epoch of the holder, or of the last one; grows with each new holder
 * @param ttl how long it is valid after each renewal; more than zero
 * @param renewals how often it was renewed under this epoch; what makes one record differ from the next
 * @param heir the id of the node that alone may take it once it is released; empty when any node may
 * @param notes what the holder publishes beside it, such as its mode and health; never a secret
 */
public record LeaseRecord(
        Optional<Node> holder,
        Epoch epoch,
        Duration ttl,
        long renewals,
        Optional<String> heir,
        Map<String, String> notes) {
    public LeaseRecord {
        Objects.requireNonNull(holder, "holder");
        Objects.requireNonNull(epoch, "epoch");
        Objects.requireNonNull(heir, "heir");
        if (ttl.isNegative() || ttl.isZero()) {
            throw new IllegalArgumentException("A lease lasts longer than zero, not " + ttl);
        }
        notes = Collections.unmodifiableMap(new TreeMap<>(notes));
    }
}
