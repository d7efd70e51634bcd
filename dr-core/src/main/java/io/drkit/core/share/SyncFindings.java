package io.drkit.core.share;

import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a run found: all of it counted, and the first {@value #LISTED} of each kind listed, so that a million failures need no
 * million entries of memory. The manifest, where one is kept, has every one.
 *
 * @param counts how many of each kind; kinds without any are absent
 * @param listed the first ones of each kind, sorted by kind and path
 */
public record SyncFindings(Map<SyncFinding.Kind, Long> counts, List<SyncFinding> listed) {
    /** How many of each kind are listed. */
    public static final int LISTED = 1_000;

    public SyncFindings {
        Map<SyncFinding.Kind, Long> sorted = new EnumMap<>(SyncFinding.Kind.class);
        sorted.putAll(counts);
        counts = Collections.unmodifiableMap(sorted);
        listed = List.copyOf(listed);
    }

    /** How many of the kinds. */
    public long count(SyncFinding.Kind... kinds) {
        return Arrays.stream(kinds)
                .mapToLong(kind -> counts.getOrDefault(kind, 0L))
                .sum();
    }

    /** The listed ones of a kind. */
    public List<SyncFinding> of(SyncFinding.Kind kind) {
        return listed.stream().filter(finding -> finding.kind() == kind).toList();
    }

    /** The paths of the listed ones of a kind. */
    public List<TreePath> paths(SyncFinding.Kind kind) {
        return of(kind).stream().map(SyncFinding::path).toList();
    }

    /** Whether there is none at all. */
    public boolean none() {
        return counts.isEmpty();
    }

    /** Whether something that should have been done was not. */
    public boolean incomplete() {
        return counts.keySet().stream().anyMatch(SyncFinding.Kind::incomplete);
    }

    /** For a person: the counts, and the first finding that matters most. Empty when there is none. */
    public String line() {
        if (none()) {
            return "";
        }
        SyncFinding first = listed.stream()
                .filter(finding -> finding.kind().incomplete())
                .findFirst()
                .orElse(listed.get(0));
        return counts + ", such as " + first.line();
    }
}
