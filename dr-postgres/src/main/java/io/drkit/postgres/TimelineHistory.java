package io.drkit.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where each older timeline of a server was left for the next one: the content of {@code pg_wal/<timeline>.history}, a line each
 * of timeline, switch point and reason.
 */
record TimelineHistory(List<Switch> switches) {
    record Switch(long timeline, Lsn at) {}

    TimelineHistory {
        switches = List.copyOf(switches);
    }

    static TimelineHistory parse(String content) {
        List<Switch> switches = new ArrayList<>();
        for (String line : content.split("\n", -1)) {
            String text = line.strip();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            String[] parts = text.split("\\s+", 3);
            if (parts.length < 2) {
                throw new IllegalArgumentException("Not a line of a timeline history: " + text);
            }
            switches.add(new Switch(Long.parseLong(parts[0]), Lsn.parse(parts[1])));
        }
        return new TimelineHistory(switches);
    }

    /** Where the newest timeline begins; empty for the first one. */
    Optional<Lsn> begin() {
        return switches.isEmpty()
                ? Optional.empty()
                : Optional.of(switches.get(switches.size() - 1).at());
    }

    /** Where {@code timeline} was left; empty when it is no ancestor. */
    Optional<Lsn> leftAt(long timeline) {
        return switches.stream()
                .filter(s -> s.timeline() == timeline)
                .map(Switch::at)
                .findFirst();
    }
}
