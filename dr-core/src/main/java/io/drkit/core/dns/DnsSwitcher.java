package io.drkit.core.dns;

import io.drkit.core.action.Action;

/**
 * Points a name at another target. Writes conditionally on what was read, never an empty record; done only when the answer that
 * clients get is the new one.
 *
 * <p>Implementations are thread-safe.
 */
public interface DnsSwitcher {
    /**
     * The fact that {@link #pointTo} records right before it writes, so that a report can tell the part of DNS in it, and how long
     * the old answer outlives the switch: the old record's TTL in ISO-8601, or {@link #RESIDUAL_UNKNOWN}.
     */
    String RESIDUAL_FACT = "dns residual";

    /** What stands in {@link #RESIDUAL_FACT} where the platform has no such figure. */
    String RESIDUAL_UNKNOWN = "unknown";

    /**
     * The record as it is now.
     *
     * @throws io.drkit.core.NotFoundException when there is no such record
     */
    DnsStatus status(String name) throws InterruptedException;

    /**
     * Points {@code name} at {@code target}.
     *
     * @param name the record's name, for example {@code shop.example.com}
     * @param target a host name or an address, not blank
     */
    Action<?> pointTo(String name, String target);
}
