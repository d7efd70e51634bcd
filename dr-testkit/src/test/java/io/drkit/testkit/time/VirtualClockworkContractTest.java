package io.drkit.testkit.time;

import io.drkit.core.time.Clockwork;
import org.junit.jupiter.api.AfterEach;

/** Virtual time under the contract. */
class VirtualClockworkContractTest extends ClockworkContract {
    private final VirtualClockwork virtual = VirtualClockwork.seeded(17);

    @AfterEach
    void close() {
        virtual.close();
    }

    @Override
    protected Clockwork clockwork() {
        return virtual;
    }

    @Override
    protected void run(Body body) throws Exception {
        virtual.run(body::run);
    }
}
