package io.drkit.core.share;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What a synchronisation would do now. Nothing was changed.
 *
 * @param asOf when the walk began, or the moment that a snapshot shows
 * @param took how long the walk took
 * @param totals how much would be done
 * @param guard what the guard says about the removals
 * @param findings what could not be looked at, and what would not be brought over
 */
public record SyncPreview(
        Instant asOf, Duration took, SyncTotals totals, DeleteGuard.Verdict guard, SyncFindings findings) {
    public SyncPreview {
        Objects.requireNonNull(asOf, "asOf");
        Objects.requireNonNull(took, "took");
        Objects.requireNonNull(totals, "totals");
        Objects.requireNonNull(guard, "guard");
        Objects.requireNonNull(findings, "findings");
    }

    /** Whether everything could be looked at; else the totals are lower bounds. The guard's refusal does not count here. */
    public boolean complete() {
        return findings.count(SyncFinding.Kind.FAILED, SyncFinding.Kind.INCOMPLETE_DIRECTORY) == 0;
    }

    /** Whether nothing is to be done and everything could be looked at. */
    public boolean inSync() {
        return complete() && !totals.changesAnything();
    }

    /** For a person, a line each. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        add(lines, totals.copied(), "copy " + totals.copied() + " files (" + totals.bytes() + " bytes)");
        add(lines, totals.directories(), "make " + totals.directories() + " directories");
        add(lines, totals.properties(), "set the properties of " + totals.properties() + " entries");
        add(lines, totals.replaced(), "remove " + totals.replaced() + " entries that changed their type");
        add(lines, totals.deleted(), "delete " + totals.deleted() + " entries that the source lacks");
        if (totals.replaced() + totals.deleted() > 0) {
            lines.add("guard: " + guard.line() + (guard.allowed() ? "" : ": REFUSED"));
        }
        if (!findings.none()) {
            lines.add(findings.line());
        }
        return lines;
    }

    private static void add(List<String> lines, long count, String line) {
        if (count > 0) {
            lines.add(line);
        }
    }
}
