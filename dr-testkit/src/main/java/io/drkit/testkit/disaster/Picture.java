package io.drkit.testkit.disaster;

import java.util.Map;
import java.util.TreeMap;

/**
 * What the world is like at a moment, whoever can see it.
 *
 * @param primaries of each site whether its database is a primary, running or not
 * @param wanted of each site and workload how many pods are asked for
 * @param traffic of each name of the application the site that it points at
 */
public record Picture(Map<String, Boolean> primaries, Map<String, Integer> wanted, Map<String, String> traffic) {
    public Picture {
        primaries = new TreeMap<>(primaries);
        wanted = new TreeMap<>(wanted);
        traffic = new TreeMap<>(traffic);
    }
}
