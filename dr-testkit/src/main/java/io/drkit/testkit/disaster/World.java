package io.drkit.testkit.disaster;

import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.FileTreeSynchronizer;
import io.drkit.core.share.ShareSynchronizer;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.dns.FakeDnsSwitcher;
import io.drkit.testkit.replica.FakeDatabase;
import io.drkit.testkit.workload.FakeWorkloadScaler;

/**
 * The simulated world as one process of the application reaches it: what a plan is made from. Each process, such as the one that
 * resumes what another one left, is given its own. The parts of it may be used by the tasks of that process alone.
 */
public final class World {
    private final Machine machine;
    private final ReplicaPromoter<FakeDatabase> promoter;
    private final DnsSwitcher dns;
    private final ShareSynchronizer<FileTree> shares;
    private final SimulatedSite west;
    private final SimulatedSite east;

    World(Scene scene, Machine machine) {
        this.machine = machine;
        promoter = scene.databases().promoter(server -> new MachineRoute(scene, machine, server.name()));
        dns = FakeDnsSwitcher.of(scene.zone(), new MachineRoute(scene, machine, Scene.DNS));
        shares = new FileTreeSynchronizer(machine);
        west = site(scene, scene.west());
        east = site(scene, scene.east());
    }

    private SimulatedSite site(Scene scene, Scene.Side side) {
        MachineRoute route = new MachineRoute(scene, machine, side.name());
        return new SimulatedSite(
                side.name(),
                side.database(),
                side.database().fence(new MachineRoute(scene, machine, Scene.control(side.name()))),
                FakeWorkloadScaler.of(side.pods(), route),
                new RemoteFileTree(side.files(), machine, route),
                Scene.host(side.name()),
                Scene.databaseHost(side.name()));
    }

    /** The site that serves at the beginning. */
    public SimulatedSite west() {
        return west;
    }

    /** The site that stands by at the beginning: its workloads are at zero and remember their counts. */
    public SimulatedSite east() {
        return east;
    }

    /** Promotes the two sites' databases. */
    public ReplicaPromoter<FakeDatabase> promoter() {
        return promoter;
    }

    /** Switches the application's names. */
    public DnsSwitcher dns() {
        return dns;
    }

    /** Synchronises the two sites' shares. */
    public ShareSynchronizer<FileTree> shares() {
        return shares;
    }

    /** This process's time and threads: whatever the plan keeps going in the background runs on it, and dies with the process. */
    public Clockwork clockwork() {
        return machine;
    }
}
