package io.drkit.samples.tworegion;

import io.drkit.core.plan.Mode;
import io.drkit.core.report.RunReport;
import io.drkit.testkit.evidence.Evidence;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * What one switch was, and what the audit after it found.
 *
 * @param name for example {@code switchover}
 * @param report what the run said
 * @param rows how many rows had been acknowledged to clients when the audit was made
 * @param rowsLost how many of them are missing, altered or doubled
 * @param rowsReportedLost how many the report admitted to: those acknowledged within the span that it said is lost
 * @param files how many files had been written whole
 * @param filesLost how many of them are missing or different
 * @param filesReportedLost how many the report admitted to
 * @param writeGap the longest time without an acknowledgement to any client
 * @param writableDatabases how many databases took writes after the switch
 */
record Act(
        String name,
        RunReport report,
        int rows,
        int rowsLost,
        long rowsReportedLost,
        int files,
        int filesLost,
        long filesReportedLost,
        Duration writeGap,
        int writableDatabases) {
    static final String HEAD = String.format(
            Locale.ROOT,
            "%-11s %-10s %9s %7s %7s %9s %7s %7s %9s %8s %8s",
            "switch",
            "outcome",
            "rows",
            "lost",
            "told",
            "files",
            "lost",
            "told",
            "gap",
            "RTO",
            "RPO");

    boolean good() {
        boolean planned = report.mode() == Mode.SWITCHOVER;
        return report.succeeded()
                && rowsLost <= (planned ? 0 : rowsReportedLost)
                && filesLost <= (planned ? 0 : filesReportedLost)
                && writableDatabases == 1;
    }

    String line() {
        return String.format(
                Locale.ROOT,
                "%-11s %-10s %9d %7d %7d %9d %7d %7d %9s %8s %8s%s",
                name,
                report.outcome().name().toLowerCase(Locale.ROOT),
                rows,
                rowsLost,
                rowsReportedLost,
                files,
                filesLost,
                filesReportedLost,
                writeGap.toMillis() + " ms",
                seconds(report.achievedRto()),
                seconds(report.achievedRpo()),
                good() ? "" : "   <- not as promised");
    }

    private static String seconds(Optional<Duration> time) {
        return time.map(t -> String.format(Locale.ROOT, "%.1f s", t.toMillis() / 1000.0))
                .orElse("unknown");
    }

    void writeEvidence() throws IOException {
        boolean planned = report.mode() == Mode.SWITCHOVER;
        String prefix = "two-region-" + name + "-";
        Evidence.atLeast(prefix + "rows-acknowledged", rows, "rows", 500).write();
        Evidence.atMost(prefix + "rows-lost", rowsLost, "rows", planned ? 0 : (double) rowsReportedLost)
                .write();
        Evidence.atLeast(prefix + "rows-reported-lost", (double) rowsReportedLost, "rows", rowsLost)
                .write();
        Evidence.atLeast(prefix + "files-written", files, "files", 20).write();
        Evidence.atMost(prefix + "files-lost", filesLost, "files", planned ? 0 : (double) filesReportedLost)
                .write();
        Evidence.atLeast(prefix + "files-reported-lost", (double) filesReportedLost, "files", filesLost)
                .write();
        Evidence.atMost(prefix + "write-gap", (double) writeGap.toMillis(), "ms", planned ? 5_000 : 10_000)
                .write();
        Duration never = Duration.ofDays(1);
        Evidence.atMost(
                        prefix + "rto",
                        report.achievedRto().orElse(never).toMillis() / 1000.0,
                        "s",
                        report.objectives().rto().toMillis() / 1000.0)
                .write();
        Evidence.atMost(
                        prefix + "rpo",
                        report.achievedRpo().orElse(never).toMillis() / 1000.0,
                        "s",
                        planned ? 0 : report.objectives().rpo().toMillis() / 1000.0)
                .write();
    }
}
