package io.drkit.testkit.action;

import io.drkit.core.Epoch;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.time.VirtualClockwork;
import org.junit.jupiter.api.AfterEach;

/** The contract of actions, in a world on virtual time. */
public abstract class VirtualActionContract extends EpochComparingActionContract {
    protected final VirtualClockwork virtual = VirtualClockwork.seeded(23);

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

    /** Makes a change under that epoch. */
    protected final void execute(Action<?> action, Epoch epoch) throws InterruptedException {
        ActionExecutor.on(virtual).execute(action, RunContext.of(virtual, epoch), ActionExecutor.Watcher.NONE);
    }
}
