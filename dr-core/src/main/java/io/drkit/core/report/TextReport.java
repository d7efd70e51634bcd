package io.drkit.core.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A run's report as a few lines of plain text: how it ended, whether the objectives were held, what was lost, and what to do.
 *
 * <pre>{@code
 * System.out.print(TextReport.toText(report));
 * }</pre>
 */
public final class TextReport {
    private static final int LABEL = 9;

    private TextReport() {}

    /** The lines of {@link #lines} for 80 columns, each ended by a line break. */
    public static String toText(RunReport report) {
        return String.join("\n", lines(report, 80)) + "\n";
    }

    /**
     * The first line is the outcome and whose it is; lines are broken between words so that they keep within {@code columns}, where
     * words allow it. Names are shown as {@link Wording#printable} has them.
     *
     * @param columns 40 or more
     */
    public static List<String> lines(RunReport report, int columns) {
        if (columns < 40) {
            throw new IllegalArgumentException("columns is 40 or more, not " + columns);
        }
        List<String> lines = new ArrayList<>();
        wrap(lines, "", "", report.outcome() + "  " + report.plan() + ": " + Summary.line(report), columns);
        wrap(lines, "  ", "  ", Summary.headline(report) + ". " + Summary.meaning(report), columns);
        report.reason().ifPresent(reason -> entry(lines, "Why", reason, columns));
        report.warnings().forEach(warning -> entry(lines, "Warning", warning, columns));
        for (StepReport step : Summary.open(report)) {
            entry(lines, "Step", step.name() + ": " + Summary.status(step.status()) + because(step.detail()), columns);
        }
        entry(
                lines,
                "RTO",
                Wording.rto(report) + ", objective "
                        + Wording.duration(report.objectives().rto()) + ": " + Verdict.rto(report) + " ("
                        + Summary.rtoBasis(report) + ")",
                columns);
        Optional<RtoBreakdown> breakdown = RtoBreakdown.of(report);
        if (breakdown.isPresent() && !breakdown.get().parts().isEmpty()) {
            List<String> parts = new ArrayList<>();
            breakdown.get().lines().forEach(part -> parts.add(part.what() + " " + Wording.duration(part.took())));
            entry(lines, "Time", String.join(" + ", parts), columns);
            Summary.residual(report).ifPresent(residual -> entry(lines, "DNS", residual, columns));
        }
        entry(
                lines,
                "RPO",
                Summary.rpo(report) + ", objective "
                        + Wording.duration(report.objectives().rpo()) + ": " + Verdict.rpo(report) + " ("
                        + Summary.rpoBasis(report) + ")",
                columns);
        for (RunReport.StatedLoss stated : report.losses()) {
            entry(
                    lines,
                    switch (stated.loss().stage()) {
                        case BOUND -> "May lose";
                        case ACHIEVED -> "Lost";
                    },
                    stated.loss().subject() + ": " + Wording.amount(stated.loss())
                            + because(stated.loss().evidence()),
                    columns);
        }
        for (RunReport.Told told : report.told()) {
            String refused = told.refused().map(why -> ", refused: " + why).orElse("");
            entry(
                    lines,
                    "Said",
                    Wording.speaker(told.instruction()) + " " + Wording.act(told.instruction())
                            + because(told.instruction().reason()) + refused,
                    columns);
        }
        Summary.remedy(report).ifPresent(remedy -> entry(lines, "To do", remedy, columns));
        entry(
                lines,
                "Run",
                report.runId() + ", epoch " + report.epoch() + ", " + report.began() + " to " + report.ended()
                        + (report.resumptions() == 0 ? "" : ", resumed " + report.resumptions() + " times"),
                columns);
        return lines;
    }

    private static String because(String detail) {
        return detail.isBlank() ? "" : " (" + detail + ")";
    }

    private static void entry(List<String> lines, String label, String text, int columns) {
        wrap(lines, "  " + label + " ".repeat(LABEL - label.length()), " ".repeat(LABEL + 2), text, columns);
    }

    private static void wrap(List<String> lines, String first, String others, String text, int columns) {
        StringBuilder line = new StringBuilder(first);
        int empty = line.length();
        for (String word : Wording.printable(text).split(" ", -1)) {
            if (line.length() > empty && line.length() + 1 + word.length() > columns) {
                lines.add(line.toString());
                line = new StringBuilder(others);
                empty = line.length();
            }
            if (line.length() > empty) {
                line.append(' ');
            }
            line.append(word);
        }
        lines.add(line.toString());
    }
}
