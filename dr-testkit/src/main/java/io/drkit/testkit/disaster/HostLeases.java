package io.drkit.testkit.disaster;

import io.drkit.core.Epoch;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore;
import io.drkit.testkit.fault.Route;
import java.util.Map;

/** The leases as one process reaches them: over a way of its own, which can be cut. */
final class HostLeases implements LeaseStore {
    /** What the operation of each write is called. */
    static final String OPERATION = "lease";

    private final Scene scene;
    private final LeaseStore leases;
    private final Route route;

    HostLeases(Scene scene, Host host) {
        this.scene = scene;
        this.leases = scene.leases();
        this.route = new HostRoute(scene, host, Scene.LEASES);
    }

    @Override
    public Seen read(String name) throws InterruptedException {
        return route.ask(OPERATION, () -> leases.read(name));
    }

    @Override
    public Seen write(String name, Seen expected, LeaseRecord record) throws InterruptedException {
        return route.change(OPERATION, "to write the lease " + name, Epoch.NONE, () -> {
            Seen written = leases.write(name, expected, record);
            scene.leased(record.epoch());
            return written;
        });
    }

    @Override
    public Map<String, Seen> list(String prefix) throws InterruptedException {
        return route.ask(OPERATION, () -> leases.list(prefix));
    }
}
