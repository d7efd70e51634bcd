package io.drkit.testkit.share;

import io.drkit.core.action.ActionExecutor;
import io.drkit.core.share.WritersStopped;
import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.time.VirtualClockwork;
import io.drkit.testkit.workload.FakeWorkloadScaler;
import io.drkit.testkit.workload.FakeWorkloads;
import org.junit.jupiter.api.AfterEach;

/** Writers that are shown to have stopped by the actions that stop them, under the contract. */
class WritersStoppedTest extends WritersStoppedContract {
    private static final Workload RUNTIME = Workload.deployment("runtime");
    private static final Workload LISTENER = Workload.deployment("listener");

    private final VirtualClockwork virtual = VirtualClockwork.seeded(3);
    private final FakeWorkloads west = FakeWorkloads.on(virtual);

    WritersStoppedTest() {
        west.run(RUNTIME, 2);
        west.run(LISTENER, 1);
    }

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

    @Override
    protected WritersStopped writersStopped() {
        FakeWorkloadScaler scaler = FakeWorkloadScaler.of(west);
        return WritersStopped.shownBy(scaler.toZero(RUNTIME), scaler.toZero(LISTENER));
    }

    @Override
    protected void stop() throws Exception {
        ActionExecutor.on(virtual).execute(FakeWorkloadScaler.of(west).toZero(RUNTIME, LISTENER));
    }

    @Override
    protected void startOne() {
        west.scaleByHand(LISTENER, 1);
    }

    @Override
    protected void makeUnreadable() {
        west.faults().every("read", Fault.refused(503));
    }

    @Override
    protected String fingerprint() {
        return west.version(RUNTIME) + " " + west.version(LISTENER);
    }
}
