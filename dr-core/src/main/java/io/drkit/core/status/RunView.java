package io.drkit.core.status;

import io.drkit.core.journal.JournalEntry;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.RunReports;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * A run as its journal shows it.
 *
 * @param plan the plan's name
 * @param line for example {@code switchover west → east}
 * @param began when it began
 * @param over whether it is over; one that goes on, stopped, or was left by its process and not resumed is not
 * @param report how it ended, or last paused; empty while it goes on, or when the process that ran it is gone and nobody resumed
 *     it
 * @param awaited the words of people that it waits for, while it goes on
 */
public record RunView(
        String plan,
        String line,
        Instant began,
        boolean over,
        Optional<RunReport> report,
        List<RunReport.Wait> awaited) {
    public RunView {
        Objects.requireNonNull(plan, "plan");
        Objects.requireNonNull(line, "line");
        Objects.requireNonNull(began, "began");
        Objects.requireNonNull(report, "report");
        awaited = List.copyOf(awaited);
    }

    /** One that waits for nobody. */
    public RunView(String plan, String line, Instant began, boolean over, Optional<RunReport> report) {
        this(plan, line, began, over, report, List.of());
    }

    /**
     * From all entries of one run.
     *
     * @throws io.drkit.core.journal.CorruptJournalException when they are not those of a run
     */
    static RunView of(List<JournalEntry> run) {
        JournalEntry first = run.get(0);
        return new RunView(
                first.detail("plan"),
                first.detail("mode").toLowerCase(Locale.ROOT) + " " + first.detail("from") + " → " + first.detail("to"),
                first.at(),
                JournalEntry.over(run),
                RunReports.of(run),
                RunReports.awaited(run));
    }
}
