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
    private final Host host;
    private final ReplicaPromoter<FakeDatabase> promoter;
    private final DnsSwitcher dns;
    private final ShareSynchronizer<FileTree> shares;
    private final SimulatedSite west;
    private final SimulatedSite east;
    private final boolean atTheBeginning;

    World(Scene scene, Host host, boolean atTheBeginning) {
        this.atTheBeginning = atTheBeginning;
        this.host = host;
        promoter = scene.databases().promoter(server -> new HostRoute(scene, host, server.name()));
        dns = FakeDnsSwitcher.of(scene.zone(), new HostRoute(scene, host, Scene.DNS));
        shares = new FileTreeSynchronizer(host);
        west = site(scene, scene.west());
        east = site(scene, scene.east());
    }

    private SimulatedSite site(Scene scene, Scene.Side side) {
        HostRoute route = new HostRoute(scene, host, side.name());
        return new SimulatedSite(
                side.name(),
                side.database(),
                side.database().fence(new HostRoute(scene, host, Scene.control(side.name()))),
                FakeWorkloadScaler.of(side.pods(), route),
                new RemoteFileTree(side.files(), host, route),
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

    /**
     * Whether this process is the one that is there before anything goes wrong: where an application begins what it keeps going in
     * the background, such as a file sync. One that takes over later finds the world as it is.
     */
    public boolean atTheBeginning() {
        return atTheBeginning;
    }

    /** This process's time and threads: whatever the plan keeps going in the background runs on it, and dies with the process. */
    public Clockwork clockwork() {
        return host;
    }
}
