package io.drkit.testkit.disaster;

import java.util.Map;
import java.util.TreeMap;

/**
 * What the world is like at a moment, whoever can see it.
 *
 * @param primaries of each site whether its database is a primary, running or not
 * @param wanted of each site and workload how many pods are asked for; see {@link #wanted(String, String)}
 * @param traffic of each name of the application the site that it points at
 * @param databases of each name of the database, aliases included, the site that it points at
 */
public record Picture(
        Map<String, Boolean> primaries,
        Map<String, Integer> wanted,
        Map<String, String> traffic,
        Map<String, String> databases) {
    public Picture {
        primaries = new TreeMap<>(primaries);
        wanted = new TreeMap<>(wanted);
        traffic = new TreeMap<>(traffic);
        databases = new TreeMap<>(databases);
    }

    static String key(String site, String workload) {
        return site + " " + workload;
    }

    /** How many pods of the workload, for example {@code deployment/runtime}, are asked for at that site. */
    public int wanted(String site, String workload) {
        return wanted.getOrDefault(key(site, workload), 0);
    }
}
