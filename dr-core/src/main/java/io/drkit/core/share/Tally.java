package io.drkit.core.share;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** The counters and findings of a run while it goes on. Thread-safe. */
final class Tally {
    final LongAdder sourceFiles = new LongAdder();
    final LongAdder targetEntries = new LongAdder();
    final LongAdder unchanged = new LongAdder();
    final LongAdder copied = new LongAdder();
    final LongAdder bytes = new LongAdder();
    final LongAdder properties = new LongAdder();
    final LongAdder directories = new LongAdder();
    final LongAdder extraneous = new LongAdder();
    final LongAdder deleted = new LongAdder();
    final LongAdder replaced = new LongAdder();
    final LongAdder swept = new LongAdder();
    /** Entries that a change of type dooms; counted while walking, whether or not they will go. */
    final LongAdder inTheWay = new LongAdder();

    private final Map<SyncFinding.Kind, List<SyncFinding>> listed = new EnumMap<>(SyncFinding.Kind.class);
    private final Map<SyncFinding.Kind, Long> counts = new EnumMap<>(SyncFinding.Kind.class);

    synchronized void found(SyncFinding finding) {
        counts.merge(finding.kind(), 1L, Long::sum);
        List<SyncFinding> same = listed.computeIfAbsent(finding.kind(), kind -> new ArrayList<>());
        if (same.size() < SyncFindings.LISTED) {
            same.add(finding);
        }
    }

    synchronized SyncFindings findings() {
        List<SyncFinding> all = new ArrayList<>();
        for (List<SyncFinding> same : listed.values()) {
            same.stream().sorted(Comparator.comparing(SyncFinding::path)).forEach(all::add);
        }
        return new SyncFindings(counts, all);
    }

    SyncTotals totals() {
        return new SyncTotals(
                sourceFiles.sum(),
                targetEntries.sum(),
                unchanged.sum(),
                copied.sum(),
                bytes.sum(),
                properties.sum(),
                directories.sum(),
                extraneous.sum(),
                deleted.sum(),
                replaced.sum(),
                swept.sum());
    }
}
