package io.drkit.core.report;

import io.drkit.core.internal.Html;
import io.drkit.core.internal.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The picture of a run: a bar a step on one time axis. Every horizontal place is a percentage and every vertical one a fixed
 * number of pixels, so the letters keep their size at any width.
 */
final class Timeline {
    private static final long[] TICK_SECONDS = {
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800
    };
    private static final int MOST_TICKS = 5;
    private static final int ROW = 42;
    private static final int MARK = 20;

    private final RunReport report;
    private final Instant start;
    private final Instant end;
    private final Html out = new Html();
    /** Drawn last, so that no line crosses out what is written. */
    private final Html labels = new Html();

    private record Mark(Instant at, String kind, String label) {}

    Timeline(RunReport report) {
        this.report = report;
        List<Instant> moments = new ArrayList<>(List.of(report.began(), report.ended()));
        report.outageBegan().ifPresent(moments::add);
        for (StepReport step : report.steps()) {
            step.began().ifPresent(moments::add);
            step.ended().ifPresent(moments::add);
            step.undoBegan().ifPresent(moments::add);
            step.undoEnded().ifPresent(moments::add);
        }
        start = moments.stream().min(Comparator.naturalOrder()).orElseThrow();
        end = moments.stream().max(Comparator.naturalOrder()).orElseThrow();
    }

    String svg() {
        List<Mark> marks = marks();
        List<StepReport> shown =
                report.steps().stream().filter(step -> step.began().isPresent()).toList();
        List<RtoBreakdown.Part> before = RtoBreakdown.beforeRun(report, report.began());
        int head = marks.size() * MARK + 26;
        int height = head + (shown.size() + before.size()) * ROW + 6;

        out.raw("<svg class=\"gantt\" width=\"100%\" height=\"" + height
                        + "\" role=\"img\" aria-labelledby=\"gantt-title\">")
                .raw("<title id=\"gantt-title\">Timeline of the run; the table of steps says the same in words</title>")
                .raw("<defs><pattern id=\"hatch\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\""
                        + " patternTransform=\"rotate(45)\"><rect class=\"hatch-ground\" width=\"7\" height=\"7\"/>"
                        + "<rect class=\"hatch-line\" width=\"3\" height=\"7\"/></pattern>"
                        + "<pattern id=\"before\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\""
                        + " patternTransform=\"rotate(-45)\"><rect class=\"before-ground\" width=\"6\" height=\"6\"/>"
                        + "<rect class=\"before-line\" width=\"2\" height=\"6\"/></pattern></defs>");
        ticks(head, height);
        int y = head;
        for (RtoBreakdown.Part part : before) {
            row(y, HtmlReport.title(part.kind(), part.what()), Wording.duration(part.took()), "");
            bar(y, part.began(), part.ended(), "before");
            y += ROW;
        }
        for (StepReport step : shown) {
            step(step, y);
            y += ROW;
        }
        for (int i = 0; i < marks.size(); i++) {
            mark(marks.get(i), i, height);
        }
        return out.raw(labels + "</svg>").toString();
    }

    private List<Mark> marks() {
        List<Mark> marks = new ArrayList<>();
        if (report.outageBegan().isPresent()) {
            marks.add(new Mark(report.outageBegan().get(), "outage", "outage began"));
        }
        marks.add(new Mark(report.began(), "began", "run began"));
        report.steps().stream()
                .filter(step -> step.pointOfNoReturn() && step.attempts() > 0)
                .flatMap(step -> step.began().stream())
                .min(Comparator.naturalOrder())
                .ifPresent(at -> marks.add(new Mark(at, "ponr", "point of no return")));
        report.serviceRestored().ifPresent(at -> marks.add(new Mark(at, "restored", "service back")));
        marks.add(new Mark(report.ended(), "ended", "run ended"));
        marks.sort(Comparator.comparing(Mark::at));
        return marks;
    }

    private void mark(Mark mark, int level, int height) {
        double share = share(mark.at);
        String x = Html.percent(share);
        boolean left = share > 0.5;
        int y = level * MARK + 14;
        out.raw("<line class=\"mark " + mark.kind + "\" x1=\"" + x + "\" x2=\"" + x + "\" y1=\"" + (y - 11) + "\" y2=\""
                + height + "\"/>");
        labels.raw("<text class=\"mark-label " + mark.kind + "\" x=\"" + x + "\" dx=\"" + (left ? -6 : 6) + "\" y=\""
                        + y + "\"" + (left ? " text-anchor=\"end\"" : "") + ">")
                .text(mark.label + " " + Times.clock(mark.at))
                .raw("</text>");
    }

    private void ticks(int head, int height) {
        long whole = Math.max(1, Duration.between(start, end).toSeconds());
        long longest = TICK_SECONDS[TICK_SECONDS.length - 1];
        long step = longest * (whole / (longest * MOST_TICKS) + 1);
        for (long candidate : TICK_SECONDS) {
            if (whole / candidate <= MOST_TICKS) {
                step = candidate;
                break;
            }
        }
        int y = head - 10;
        for (long at = 0; at <= whole; at += step) {
            double share = share(start.plusSeconds(at));
            // the last label would be cut off
            String anchor = at == 0 ? "" : share > 0.95 ? " text-anchor=\"end\"" : " text-anchor=\"middle\"";
            String x = Html.percent(share);
            out.raw("<line class=\"tick\" x1=\"" + x + "\" x2=\"" + x + "\" y1=\"" + (y + 4) + "\" y2=\"" + height
                    + "\"/>");
            out.raw("<text class=\"tick-label\" x=\"" + x + "\" y=\"" + y + "\"" + anchor + ">")
                    .text(at == 0 ? "0" : "+" + Times.elapsed(at))
                    .raw("</text>");
        }
    }

    private void step(StepReport step, int y) {
        Instant began = step.began().orElseThrow();
        String kind = switch (step.status()) {
            case DONE -> step.restoresService() ? "restores" : "done";
            case ALREADY_SO -> "already";
            case UNDONE -> "undone";
            // it was done; that undoing it failed is told by the bar of the undoing
            case UNDO_FAILED -> "done";
            case FAILED -> "failed";
            case SKIPPED, UNKNOWN, RUNNING, NOT_REACHED -> "unknown";
        };
        String took = step.took().map(Wording::duration).orElse("not ended");
        String said = switch (step.status()) {
            case DONE -> took;
            case ALREADY_SO, SKIPPED, UNDONE, FAILED, UNDO_FAILED, UNKNOWN, RUNNING, NOT_REACHED ->
                Summary.status(step.status());
        };
        row(y, step.name(), said, step.name() + ": " + Summary.status(step.status()) + ", " + took);
        bar(y, began, step.ended().orElse(end), kind);
        step.undoBegan()
                .ifPresent(undo -> bar(
                        y,
                        undo,
                        step.undoEnded().orElse(end),
                        step.status() == StepStatus.UNDO_FAILED ? "failed" : "undo"));
    }

    private void row(int y, String name, String said, String title) {
        labels.raw("<text class=\"row-label\" x=\"0\" y=\"" + (y + 15) + "\">")
                .raw(title.isEmpty() ? "" : "<title>" + Html.escape(title) + "</title>")
                .text(shortened(name))
                .raw("</text>");
        labels.raw("<text class=\"row-said\" x=\"100%\" y=\"" + (y + 15) + "\" text-anchor=\"end\">")
                .text(said)
                .raw("</text>");
        out.raw("<rect class=\"track\" x=\"0\" width=\"100%\" y=\"" + (y + 21) + "\" height=\"14\" rx=\"3\"/>");
    }

    private void bar(int y, Instant from, Instant to, String kind) {
        double x = share(from);
        double width = Math.max(0, share(to) - x);
        out.raw("<rect class=\"bar " + kind + "\" x=\"" + Html.percent(x) + "\" width=\"" + Html.percent(width)
                + "\" y=\"" + (y + 21) + "\" height=\"14\" rx=\"3\"/>");
    }

    private static String shortened(String name) {
        String shown = Wording.printable(name);
        return shown.codePointCount(0, shown.length()) <= 30
                ? shown
                : shown.substring(0, shown.offsetByCodePoints(0, 29)) + "…";
    }

    private double share(Instant at) {
        double whole = seconds(Duration.between(start, end));
        return whole <= 0 ? 0 : Math.max(0, Math.min(1, seconds(Duration.between(start, at)) / whole));
    }

    private static double seconds(Duration time) {
        return time.getSeconds() + time.getNano() / 1e9;
    }

    /** The reader's key to the bars, in words and with the same patterns. */
    static Optional<String> legend(RunReport report) {
        Html out = new Html();
        boolean any = false;
        out.raw("<ul class=\"legend\">");
        for (String[] entry : new String[][] {
            {"done", "done"},
            {"restores", "done, brings service back"},
            {"already", "was already so"},
            {"undone", "done, later undone"},
            {"undo", "undoing"},
            {"failed", "failed"},
            {"unknown", "outcome unknown, or skipped"}
        }) {
            boolean used = report.steps().stream()
                    .filter(s -> s.began().isPresent())
                    .anyMatch(s -> switch (entry[0]) {
                        case "done" ->
                            s.status() == StepStatus.UNDO_FAILED
                                    || (s.status() == StepStatus.DONE && !s.restoresService());
                        case "restores" -> s.status() == StepStatus.DONE && s.restoresService();
                        case "already" -> s.status() == StepStatus.ALREADY_SO;
                        case "undone" -> s.status() == StepStatus.UNDONE;
                        case "undo" -> s.undoBegan().isPresent() && s.status() != StepStatus.UNDO_FAILED;
                        case "failed" -> s.status() == StepStatus.FAILED || s.status() == StepStatus.UNDO_FAILED;
                        default ->
                            s.status() == StepStatus.UNKNOWN
                                    || s.status() == StepStatus.RUNNING
                                    || s.status() == StepStatus.SKIPPED;
                    });
            if (used) {
                any = true;
                out.raw("<li><svg width=\"18\" height=\"12\" aria-hidden=\"true\"><rect class=\"bar " + entry[0]
                                + "\" x=\"1\" y=\"1\" width=\"16\" height=\"10\" rx=\"2\"/></svg>")
                        .text(entry[1])
                        .raw("</li>");
            }
        }
        return any ? Optional.of(out.raw("</ul>").toString()) : Optional.empty();
    }
}
