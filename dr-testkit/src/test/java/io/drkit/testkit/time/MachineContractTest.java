package io.drkit.testkit.time;

import io.drkit.core.time.Clockwork;
import org.junit.jupiter.api.AfterEach;

/** A machine on virtual time, whose clocks are its own, under the contract. */
class MachineContractTest extends ClockworkContract {
    private final VirtualClockwork virtual = VirtualClockwork.seeded(17);
    private final Machine machine = virtual.machine("west");

    @AfterEach
    void close() {
        virtual.close();
    }

    @Override
    protected Clockwork clockwork() {
        return machine;
    }

    @Override
    protected void run(Body body) throws Exception {
        virtual.run(body::run);
    }
}
