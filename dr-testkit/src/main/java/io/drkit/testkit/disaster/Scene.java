package io.drkit.testkit.disaster;

import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.dns.FakeDnsZone;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.lease.InMemoryLeaseStore;
import io.drkit.testkit.replica.FakeDatabase;
import io.drkit.testkit.replica.FakeDatabases;
import io.drkit.testkit.share.InMemoryFileTree;
import io.drkit.testkit.time.VirtualClockwork;
import io.drkit.testkit.workload.FakeWorkloads;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All that there is in the simulated world but the people and the processes: two sites, the names, the ways between them, and
 * what goes wrong with them. Only one task of the virtual clockwork runs at a time, so nothing here is locked.
 */
final class Scene {
    static final String WEST = "west";
    static final String EAST = "east";
    static final String OPERATORS = "operators";
    static final String CLIENTS = "clients";
    static final String DNS = "dns";
    static final String LEASES = "leases";
    private static final Duration LAG = Duration.ofMillis(50);
    private static final Set<String> NEITHER = Set.of();
    private static final Set<String> ONLY_WEST = Set.of(WEST);
    private static final Set<String> ONLY_EAST = Set.of(EAST);
    private static final Set<String> BOTH = Collections.unmodifiableSet(new TreeSet<>(List.of(EAST, WEST)));

    /** One site. */
    record Side(String name, FakeDatabase database, FakeWorkloads pods, InMemoryFileTree files) {}

    private final VirtualClockwork time;
    private final Setting setting;
    private final Fate fate;
    private final History history;
    private final FakeDatabases databases;
    private final Side west;
    private final Side east;
    private final FakeDnsZone zone;
    private final InMemoryJournalStore journals = new InMemoryJournalStore();
    private final InMemoryLeaseStore leases;
    private final boolean underLeases;
    private Epoch newestLease = Epoch.NONE;
    private final Map<String, Integer> down = new HashMap<>();
    private final Map<String, Integer> unready = new HashMap<>();
    private final Map<String, Integer> staying = new HashMap<>();
    private final List<Mishap.Partition> partitions = new ArrayList<>();
    private final List<Host> hosts = new ArrayList<>();
    private int drift;
    private Duration clockError = Duration.ZERO;
    private Set<String> writable = NEITHER;
    private Set<String> ready = NEITHER;

    Scene(VirtualClockwork time, Setting setting, Fate fate, History history, boolean underLeases) {
        this.time = time;
        this.setting = setting;
        this.fate = fate;
        this.history = history;
        this.underLeases = underLeases;
        leases = new InMemoryLeaseStore(time);
        databases = FakeDatabases.on(time).replicationDelay(LAG);
        FakeDatabase primary = databases.primary(WEST);
        west = side(WEST, primary);
        east = side(EAST, databases.replicaOf(primary, EAST));
        zone = FakeDnsZone.on(time);
        setting.trafficNames().forEach(name -> zone.record(name, host(WEST), setting.ttl()));
        setting.databaseNames().forEach(name -> zone.record(name, databaseHost(WEST), setting.ttl()));
        setting.aliases().forEach(name -> zone.record(name, databaseHost(WEST), setting.ttl()));
        setting.workloads().forEach((workload, count) -> {
            west.pods().run(workload, count);
            east.pods().stopped(workload, count);
        });
    }

    private Side side(String name, FakeDatabase database) {
        InMemoryFileTree files = InMemoryFileTree.named(name);
        for (String folder : setting.folders()) {
            files.file(folder + "/first", new byte[] {1}, time.now());
        }
        return new Side(name, database, FakeWorkloads.on(time), files);
    }

    static String host(String site) {
        return site + ".example.com";
    }

    static String databaseHost(String site) {
        return "db." + site + ".example.com";
    }

    /** The place of whatever can fence a site's database. */
    static String control(String site) {
        return "control of " + site;
    }

    /** The site that a host belongs to. */
    static String siteOf(String host) {
        return host.contains(WEST) ? WEST : EAST;
    }

    VirtualClockwork time() {
        return time;
    }

    Setting setting() {
        return setting;
    }

    Fate fate() {
        return fate;
    }

    History history() {
        return history;
    }

    FakeDatabases databases() {
        return databases;
    }

    Side west() {
        return west;
    }

    Side east() {
        return east;
    }

    Side side(String name) {
        return name.equals(WEST) ? west : east;
    }

    FakeDnsZone zone() {
        return zone;
    }

    InMemoryJournalStore journals() {
        return journals;
    }

    InMemoryLeaseStore leases() {
        return leases;
    }

    /** Whether processes run under a lease. */
    boolean underLeases() {
        return underLeases;
    }

    // ---- ways

    boolean down(String place) {
        return down.containsKey(place);
    }

    /** Whether something sent from one place is answered at the other. */
    boolean answers(String from, String to) {
        return !down(to) && !down(from) && passes(from, to);
    }

    private boolean passes(String one, String other) {
        for (Mishap.Partition partition : partitions) {
            if ((partition.one().equals(one) && partition.other().equals(other))
                    || (partition.one().equals(other) && partition.other().equals(one))) {
                return false;
            }
        }
        return true;
    }

    /** A request that is on its way. */
    interface Request {
        void arrive() throws InterruptedException;
    }

    /** Lets a request arrive later; whoever sent it hears no more of it. */
    void later(Duration delay, Request request) {
        time.start("late request", () -> {
            try {
                time.sleep(delay);
                request.arrive();
            } catch (DrException | IllegalStateException refused) {
                // nobody hears it
            } catch (Host.Death died) {
                // what it was to be done with is gone with its sender
            } catch (InterruptedException e) {
                // it never arrives
            }
        });
    }

    // ---- what goes wrong

    void strike(Mishap mishap, boolean over) {
        // what was so until now
        look();
        history.add(new Event.Struck(history.now(), mishap, over));
        if (mishap instanceof Mishap.Throttled throttled) {
            fate.throttle(throttled.place(), over);
        } else if (mishap instanceof Mishap.Outage outage) {
            outage(outage, over);
        } else if (mishap instanceof Mishap.Partition partition) {
            if (over) {
                partitions.remove(partition);
            } else {
                partitions.add(partition);
            }
            databases.cutReplication(!passes(WEST, EAST));
        } else if (mishap instanceof Mishap.Lag lag) {
            databases.replicationDelay(over ? LAG : lag.delay());
        } else if (mishap instanceof Mishap.PodsFail pods) {
            keepUnready(pods.site(), over);
        } else if (mishap instanceof Mishap.PodsStay pods) {
            keepEnding(pods.site(), over);
        } else if (mishap instanceof Mishap.ClockJump jump) {
            clockError = clockError.plus(jump.by());
            hosts.forEach(host -> host.machine().stepClock(jump.by()));
        } else if (mishap instanceof Mishap.ClocksDrift drifting) {
            drift = drifting.partsPerMillion();
            hosts.forEach(host -> host.machine().drift(drift));
        }
        look();
    }

    private void outage(Mishap.Outage outage, boolean over) {
        String site = outage.site();
        int change = over ? -1 : 1;
        boolean wasDown = down(site);
        down.merge(site, change, Scene::noneAtZero);
        if (outage.controlToo()) {
            down.merge(control(site), change, Scene::noneAtZero);
        }
        keepUnready(site, over);
        if (!wasDown && down(site)) {
            if (side(site).database().running()) {
                side(site).database().crash();
            }
        } else if (wasDown && !down(site)) {
            side(site).database().reboot();
        }
    }

    private static @Nullable Integer noneAtZero(int count, int change) {
        return count + change == 0 ? null : count + change;
    }

    private void keepUnready(String site, boolean over) {
        int left = unready.merge(site, over ? -1 : 1, Integer::sum);
        for (Workload workload : setting.workloads().keySet()) {
            side(site).pods().keepUnready(workload, left > 0 ? "no room" : null);
        }
    }

    private void keepEnding(String site, boolean over) {
        int left = staying.merge(site, over ? -1 : 1, Integer::sum);
        for (Workload workload : setting.workloads().keySet()) {
            side(site).pods().stickTerminating(workload, left > 0);
        }
    }

    /**
     * After a failover the west is taken out of use by hand and made a standby anew: its pods are stopped, and its database and its
     * share become fresh copies of the east's. Answers whether that was needed.
     */
    boolean mendsWest() {
        boolean follows = west.database().follows(east.database());
        boolean stopped = setting.workloads().keySet().stream()
                .allMatch(workload -> west.pods().truth(workload).wanted() == 0);
        if (!follows || !stopped) {
            west.database().copyOf(east.database());
            west.files().copyOf(east.files());
            setting.workloads().forEach((workload, count) -> west.pods().stopped(workload, count));
        }
        look();
        return !follows || !stopped;
    }

    // ---- what is seen

    /** A process asks for a change in the name of a run, whatever becomes of it. */
    void asked(Host host, String what, Epoch epoch) {
        if (underLeases && epoch.compareTo(newestLease) < 0) {
            history.add(new Event.Overstepped(history.now(), host.name(), what, epoch, newestLease));
        }
    }

    /** Somebody holds, or held, the lease under that epoch. */
    void leased(Epoch epoch) {
        if (epoch.compareTo(newestLease) > 0) {
            newestLease = epoch;
        }
    }

    void changed(String machine, String place, String operation, String what, Epoch epoch) {
        history.add(new Event.Changed(history.now(), machine, place, operation, what, epoch));
        look();
    }

    void left(Host host) {
        history.add(new Event.Left(history.now(), host.name(), true));
        hosts.remove(host);
    }

    void arrived(Host host) {
        hosts.add(host);
        host.machine().clockAhead(clockError).drift(drift);
    }

    /** Notes what clients could do now, where that is something new. */
    void look() {
        Set<String> writableNow = sites(
                west.database().writable() && answers(CLIENTS, WEST),
                east.database().writable() && answers(CLIENTS, EAST));
        if (writableNow != writable) {
            writable = writableNow;
            history.add(new Event.Writable(history.now(), writableNow));
        }
        Set<String> readyNow = sites(takesTraffic(west), takesTraffic(east));
        if (readyNow != ready) {
            ready = readyNow;
            history.add(new Event.Ready(history.now(), readyNow));
        }
    }

    /** One of four sets, the same one each time. */
    static Set<String> sites(boolean west, boolean east) {
        if (west) {
            return east ? BOTH : ONLY_WEST;
        }
        return east ? ONLY_EAST : NEITHER;
    }

    private boolean takesTraffic(Side side) {
        return !down(side.name()) && serves(side) && findsItsDatabase(side);
    }

    /** Whether every workload that serves has a ready pod there. */
    boolean serves(Side side) {
        for (Workload workload : setting.serving()) {
            if (side.pods().ready(workload) == 0) {
                return false;
            }
        }
        return true;
    }

    /** Whether the database that the pods of a site are pointed at takes their writes. */
    private boolean findsItsDatabase(Side side) {
        Side database = side;
        if (!setting.databaseNames().isEmpty()) {
            database = side(siteOf(zone.truth(setting.databaseNames().get(0)).target()));
        }
        return database.database().writable()
                && (database.name().equals(side.name()) || answers(side.name(), database.name()));
    }

    /** Which content that file has at a site's share; 0 when it is not there. */
    int content(Side side, String path) {
        return side.files()
                .content(path)
                .map(bytes -> Integer.parseInt(new String(bytes, StandardCharsets.UTF_8)))
                .orElse(0);
    }

    Picture picture() {
        Map<String, Boolean> primaries = new HashMap<>();
        Map<String, Integer> wanted = new HashMap<>();
        Map<String, String> traffic = new HashMap<>();
        for (Side side : Arrays.asList(west, east)) {
            primaries.put(side.name(), side.database().primary());
            for (Workload workload : setting.workloads().keySet()) {
                wanted.put(
                        Picture.key(side.name(), workload.toString()),
                        side.pods().truth(workload).wanted());
            }
        }
        for (String name : setting.trafficNames()) {
            traffic.put(name, siteOf(zone.truth(name).target()));
        }
        Map<String, String> databaseNames = new HashMap<>();
        for (String name : setting.databaseNames()) {
            databaseNames.put(name, siteOf(zone.truth(name).target()));
        }
        for (String name : setting.aliases()) {
            databaseNames.put(name, siteOf(zone.truth(name).target()));
        }
        return new Picture(primaries, wanted, traffic, databaseNames);
    }
}
