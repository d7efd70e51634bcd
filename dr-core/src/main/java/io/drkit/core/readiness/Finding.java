package io.drkit.core.readiness;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What a {@link Check} found.
 *
 * @param state ready, not ready, or unknown
 * @param why what shows it, in words; never a secret
 * @param remedy what a person can do; empty when it is ready
 * @param figures what was measured, by name, for metrics, such as {@code replication.lag.seconds}; absent when not known
 */
public record Finding(ReadyState state, String why, String remedy, Map<String, Double> figures) {
    public Finding {
        Objects.requireNonNull(state, "state");
        Objects.requireNonNull(why, "why");
        Objects.requireNonNull(remedy, "remedy");
        figures = Collections.unmodifiableMap(new TreeMap<>(figures));
    }

    /** Nothing stands in the way, as {@code why} shows. */
    public static Finding ready(String why) {
        return new Finding(ReadyState.READY, why, "", Map.of());
    }

    /** Something stands in the way, and {@code remedy} says what to do. */
    public static Finding notReady(String why, String remedy) {
        return new Finding(ReadyState.NOT_READY, why, remedy, Map.of());
    }

    /** Nobody knows, and {@code remedy} says how it could be known. */
    public static Finding unknown(String why, String remedy) {
        return new Finding(ReadyState.UNKNOWN, why, remedy, Map.of());
    }

    /** With one more figure. */
    public Finding figure(String name, double value) {
        Map<String, Double> more = new TreeMap<>(figures);
        more.put(name, value);
        return new Finding(state, why, remedy, more);
    }
}
