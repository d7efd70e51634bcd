package io.drkit.testkit.detect;

import io.drkit.core.detect.Health;
import io.drkit.core.detect.HealthProbe;
import io.drkit.core.detect.Observer;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

/** The observer in this process under the contract of observers. */
class LocalObserverTest extends ObserverContract {
    private final VirtualClockwork virtual = VirtualClockwork.seeded(3);
    private State active = State.WELL;
    private State standby = State.WELL;

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

    private Health health(State state) throws InterruptedException {
        if (state == State.SILENT) {
            virtual.sleep(Duration.ofDays(1));
        }
        return state == State.WELL ? Health.healthy("it answers") : Health.sick("it refuses");
    }

    @Override
    protected Observer observer() {
        return Observer.here(
                "office",
                HealthProbe.named("west", () -> health(active)),
                HealthProbe.named("east", () -> health(standby)),
                virtual);
    }

    @Override
    protected void active(State state) {
        active = state;
    }

    @Override
    protected void standby(State state) {
        standby = state;
    }
}
