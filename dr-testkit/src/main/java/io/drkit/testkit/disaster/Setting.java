package io.drkit.testkit.disaster;

import io.drkit.core.workload.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the simulated world holds of an application. Filled while the simulation is described; only read afterwards. */
final class Setting {
    private final List<String> trafficNames = new ArrayList<>();
    private final List<String> databaseNames = new ArrayList<>();
    private final List<String> aliases = new ArrayList<>();
    private final Map<Workload, Integer> workloads = new LinkedHashMap<>();
    private final List<Workload> serving = new ArrayList<>();
    private final List<Workload> working = new ArrayList<>();
    private final List<String> folders = new ArrayList<>();
    private boolean bothWays = true;
    private Duration ttl = Duration.ofSeconds(10);

    List<String> trafficNames() {
        return trafficNames;
    }

    List<String> databaseNames() {
        return databaseNames;
    }

    /** Names of databases that nobody here follows. */
    List<String> aliases() {
        return aliases;
    }

    void workload(Workload workload, int pods) {
        if (pods < 1) {
            throw new IllegalArgumentException(workload + " has at least 1 pod, not " + pods);
        }
        workloads.put(workload, pods);
    }

    /** Refuses a world in which nobody ever writes: nothing can be lost there. */
    void requireSomebodyAtWork() {
        if (trafficNames.isEmpty() && !serving.isEmpty()) {
            throw new IllegalStateException(
                    "No client finds " + serving + ": call traffic(…) with the name that the plan switches");
        }
        if (serving.isEmpty() && !trafficNames.isEmpty()) {
            throw new IllegalStateException("Nobody answers at " + trafficNames
                    + ": call serving(…) with the workload that takes that traffic");
        }
        if (workloads.isEmpty()) {
            throw new IllegalStateException(
                    "Nobody would write anything: call traffic(…) with the name that clients use and"
                            + " serving(…) with the workload behind it, or working(…) with one that writes on its own");
        }
    }

    /** All of them, with their counts. */
    Map<Workload, Integer> workloads() {
        return workloads;
    }

    /** Those that write on their own. */
    List<Workload> working() {
        return working;
    }

    /** Those that take traffic. */
    List<Workload> serving() {
        return serving;
    }

    /** Where clients leave files. */
    List<String> folders() {
        return folders;
    }

    /** Whether the plan leads back as well. */
    boolean bothWays() {
        return bothWays;
    }

    void oneWay() {
        bothWays = false;
    }

    Duration ttl() {
        return ttl;
    }

    void ttl(Duration ttl) {
        if (ttl.isNegative()) {
            throw new IllegalArgumentException("A TTL is zero or more, not " + ttl);
        }
        this.ttl = ttl;
    }
}
