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
