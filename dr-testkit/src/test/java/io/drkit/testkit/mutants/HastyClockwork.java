package io.drkit.testkit.mutants;

import io.drkit.core.time.Clockwork;
import io.drkit.testkit.time.ClockworkContract;
import java.time.Duration;

/** Gives a broken clockwork little time to show that it is broken. */
class HastyClockwork extends ClockworkContract {
    private final Clockwork clockwork = Clockwork.system();

    @Override
    protected Clockwork clockwork() {
        return clockwork;
    }

    @Override
    protected Duration patience() {
        return Duration.ofMillis(500);
    }
}
