package io.drkit.core.run;

import io.drkit.core.Epoch;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;

/**
 * What the steps of one run share in one process.
 *
 * @param owner that process, for people
 */
record RunScope(
        String runId,
        String owner,
        Epoch epoch,
        Clockwork clockwork,
        Authority authority,
        RunLog log,
        SafetyGuard guard,
        Mailbox<Signal> signals) {
    /** Whether this process may still act for the run. */
    @FunctionalInterface
    interface Authority {
        /**
         * Asked right before each effect.
         *
         * @throws io.drkit.core.StaleEpochException when it may not any more
         */
        void require();
    }
}
