package io.drkit.core.lease;

import io.drkit.core.Epoch;
import java.util.Map;
import java.util.Optional;

/**
 * Where leases stand: a handful of named records with conditional writes, and nothing else. What to make of them, when one may be
 * taken and when its holder must stop, is decided in one place for every store. Implementations are thread-safe, and keep to the
 * rules of the testkit's {@code LeaseStoreContract}.
 */
public interface LeaseStore {
    /**
     * What stands there now; a lease that never was, or was deleted, has no record.
     *
     * @throws io.drkit.core.DrException when it cannot be read: then nothing is known of it
     */
    Seen read(String name) throws InterruptedException;

    /**
     * Writes {@code record} if nothing was written, or deleted, since {@code expected} was seen; the condition and the write are
     * one operation of the store.
     *
     * @return what stands there now
     * @throws io.drkit.core.ConflictException when something was: nothing was written
     * @throws io.drkit.core.UnknownOutcomeException when the answer was lost: it may have been written
     */
    Seen write(String name, Seen expected, LeaseRecord record) throws InterruptedException;

    /** Every lease whose name begins with {@code prefix}, by name, in order. */
    Map<String, Seen> list(String prefix) throws InterruptedException;

    /**
     * A lease as it was seen.
     *
     * @param record what stands there; empty when nothing does
     * @param version the store's own mark of this state, to be handed back to {@link #write}
     * @param floor an epoch at least as high as any that a record of this name ever had, deleted ones included: the next holder's
     *     is higher
     */
    record Seen(Optional<LeaseRecord> record, String version, Epoch floor) {}
}
