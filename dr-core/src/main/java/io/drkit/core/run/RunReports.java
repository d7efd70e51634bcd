package io.drkit.core.run;

import io.drkit.core.Problem;
import io.drkit.core.journal.CorruptJournalException;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.report.RunReport;
import java.time.DateTimeException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The reports of past runs, from their journals alone: neither the plan nor the application that ran it is needed.
 *
 * <pre>{@code
 * for (List<JournalEntry> run : journals.runs(new JournalKey("shop", "west", "east"), 10)) {
 *     RunReports.of(run).ifPresent(report -> System.out.println(report.outcome()));
 * }
 * }</pre>
 */
public final class RunReports {
    private RunReports() {}

    /**
     * The report that the run answered with when it ended, or last paused: the same to the byte in every form. Only the warning of
     * a step that was still at work then is gone from it once that has ended.
     *
     * @param run all entries of one run, in their order
     * @return empty while the run goes on, or when the process that ran it is gone and nobody resumed it
     * @throws CorruptJournalException when the entries are not those of a run
     */
    public static Optional<RunReport> of(List<JournalEntry> run) {
        return ask(run, history -> history.outcome().map(ended -> history.report()));
    }

    /**
     * The words of people that the run waits for, as far as its journal says; none when it has ended or paused.
     *
     * @param run all entries of one run, in their order
     * @throws CorruptJournalException when the entries are not those of a run
     */
    public static List<RunReport.Wait> awaited(List<JournalEntry> run) {
        return ask(run, RunHistory::awaited);
    }

    private static <T> T ask(List<JournalEntry> run, Function<RunHistory, T> question) {
        try {
            return question.apply(RunHistory.of(run));
        } catch (IllegalArgumentException | DateTimeException | NullPointerException e) {
            throw new CorruptJournalException(
                    "journal.not-a-run",
                    Problem.expected("the entries of one run, from its first")
                            .found("entries that make no run: " + e.getMessage())
                            .remedy("read them with the DRKit version that wrote them, or a newer one"),
                    e);
        }
    }
}
