package io.drkit.testkit.time;

import io.drkit.core.time.Clockwork;

/** The machine's own time under the contract. */
class SystemClockworkTest extends ClockworkContract {
    private final Clockwork clockwork = Clockwork.system();

    @Override
    protected Clockwork clockwork() {
        return clockwork;
    }
}
