package io.drkit.testkit.workload;

import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.time.OnVirtualTime;
import org.junit.jupiter.api.extension.RegisterExtension;

class FakeWorkloadScalerTest extends WorkloadScalerContract {
    @RegisterExtension
    private final OnVirtualTime virtual = new OnVirtualTime();

    private final Clockwork clockwork = virtual.clockwork();
    private final FakeWorkloads world = FakeWorkloads.on(clockwork);

    @Override
    protected Clockwork clockwork() {
        return clockwork;
    }

    @Override
    protected WorkloadScaler scaler() {
        return FakeWorkloadScaler.of(world);
    }

    @Override
    protected void run(Workload workload, int replicas) {
        world.run(workload, replicas);
    }

    @Override
    protected void autoscale(Workload workload, String autoscaler) {
        world.autoscale(workload, autoscaler);
    }

    @Override
    protected void scaleByHand(Workload workload, int replicas) {
        world.scaleByHand(workload, replicas);
    }

    @Override
    protected void loseNextAnswer() {
        world.faults().next("scale", Fault.answerLost());
    }

    @Override
    protected void loseNextRequest() {
        world.faults().next("scale", Fault.requestLost());
    }

    @Override
    protected Fault.Late holdNextRequest() {
        Fault.Late late = Fault.late();
        world.faults().next("scale", late);
        return late;
    }

    @Override
    protected void makeUnreadable(boolean unreadable) {
        if (unreadable) {
            world.faults().every("read", Fault.refused(503));
        } else {
            world.faults().clear("read");
        }
    }

    @Override
    protected void stickTerminating(Workload workload, boolean stuck) {
        world.stickTerminating(workload, stuck);
    }

    @Override
    protected void keepUnready(Workload workload, boolean unready) {
        world.keepUnready(workload, unready ? "the image cannot be pulled" : null);
    }

    @Override
    protected int pods(Workload workload) {
        return world.truth(workload).pods();
    }

    @Override
    protected int ready(Workload workload) {
        return world.truth(workload).ready();
    }

    @Override
    protected String fingerprint(Workload workload) {
        return Long.toString(world.version(workload));
    }
}
