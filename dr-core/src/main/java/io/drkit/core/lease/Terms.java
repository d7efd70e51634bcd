package io.drkit.core.lease;

import io.drkit.core.time.Clockwork;
import java.time.Duration;

/** What every lease of one {@link Leases} has in common. */
record Terms(
        LeaseStore store,
        Node node,
        Duration ttl,
        Duration renewEvery,
        Duration lookEvery,
        Duration margin,
        Clockwork clockwork) {}
