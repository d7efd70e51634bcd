package io.drkit.core.report;

import io.drkit.core.DataLoss;
import io.drkit.core.internal.AtomicFile;
import io.drkit.core.internal.Html;
import io.drkit.core.internal.Times;
import io.drkit.core.journal.Instruction;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A run's report as one web page: how it ended, whether the objectives were held, where the time went, what was lost, and what
 * became of every step.
 *
 * <p>The page stands alone: no script, nothing fetched from anywhere, and a policy in it that forbids both. Every text of the
 * report is escaped. It follows the reader's light or dark setting, fits a phone and prints. What is not known is shown as unknown
 * and never in the colour of success, and nothing is told by colour alone. The same report gives the same bytes. Times are UTC.
 *
 * <pre>{@code
 * HtmlReport.write(report, Path.of("drill.html"));
 * }</pre>
 */
public final class HtmlReport {
    private HtmlReport() {}

    /** The page. */
    public static String toHtml(RunReport report) {
        Html out = Html.page(report.outcome() + ": " + report.plan() + ", " + Summary.line(report), "");
        out.raw("<body>\n<main>\n");
        header(report, out);
        objectives(report, out);
        open(report, out);
        breakdown(report, out);
        timeline(report, out);
        losses(report, out);
        told(report, out);
        steps(report, out);
        footer(report, out);
        return out.raw("</main>\n</body>\n</html>\n").toString();
    }

    /**
     * Writes the page to {@code file} in UTF-8, replacing what was there. A reader sees the old page or the new one, never a part.
     *
     * @throws IOException when it cannot be written; the old file, if any, is as it was
     */
    public static void write(RunReport report, Path file) throws IOException {
        AtomicFile.write(file, toHtml(report));
    }

    private static void header(RunReport report, Html out) {
        String tone = switch (report.outcome()) {
            case SUCCEEDED -> report.warnings().isEmpty() ? "good" : "warn";
            case UNDONE -> "warn";
            case UNDO_INCOMPLETE, STOPPED -> "bad";
        };
        String icon = switch (report.outcome()) {
            case SUCCEEDED -> "✓";
            case UNDONE -> "↺";
            case UNDO_INCOMPLETE, STOPPED -> "!";
        };
        out.raw("<header class=\"outcome " + tone + "\">\n");
        out.element("p", "over", "Recovery run report");
        out.element("h1", "", report.plan());
        out.raw("<p class=\"line\">")
                .element("span", "mode", report.mode().toString())
                .raw(" ");
        out.element("b", "", report.from())
                .raw(" <span aria-label=\"to\">→</span> ")
                .element("b", "", report.to());
        out.raw("</p>\n<div class=\"verdict\"><span class=\"icon\" aria-hidden=\"true\">" + icon + "</span><div>");
        out.element("p", "code", report.outcome().name().replace('_', ' '));
        out.element("p", "headline", Summary.headline(report));
        out.element("p", "", Summary.meaning(report));
        out.raw("</div></div>\n");
        report.reason()
                .ifPresent(reason ->
                        out.raw("<p class=\"note\"><b>Why:</b> ").text(reason).raw("</p>\n"));
        report.warnings()
                .forEach(warning -> out.raw("<p class=\"note\"><b>Warning:</b> ")
                        .text(warning)
                        .raw("</p>\n"));
        Summary.remedy(report)
                .ifPresent(remedy -> out.raw("<p class=\"note\"><b>What to do:</b> ")
                        .text(remedy)
                        .raw("</p>\n"));
        out.raw("</header>\n");
    }

    private static void objectives(RunReport report, Html out) {
        out.raw("<section class=\"cards\" aria-label=\"Objectives\">\n");
        card(
                out,
                "RTO",
                "Time until service was back",
                Wording.rto(report),
                report.objectives().rto(),
                Summary.rtoBasis(report),
                Verdict.rto(report),
                report.achievedRto());
        card(
                out,
                "RPO",
                "Changes lost",
                Summary.rpo(report),
                report.objectives().rpo(),
                Summary.rpoBasis(report),
                Verdict.rpo(report),
                report.achievedRpo());
        long done = report.steps().stream()
                .filter(step -> step.status() == StepStatus.DONE || step.status() == StepStatus.ALREADY_SO)
                .count();
        out.raw("<div class=\"card\"><h2>Run</h2><p class=\"what\">Steps done</p>");
        out.element("p", "figure", done + " of " + report.steps().size());
        out.element(
                "p",
                "basis",
                "took " + Wording.duration(Duration.between(report.began(), report.ended()))
                        + (report.resumptions() == 0 ? "" : ", resumed " + times(report.resumptions())));
        out.element(
                "p",
                "basis",
                report.serviceRestored()
                        .map(back -> "service back at " + Times.beside(report.began(), back) + " UTC")
                        .orElse(Summary.notRestored(report)));
        out.raw("</div>\n</section>\n");
    }

    private static void card(
            Html out,
            String name,
            String what,
            String figure,
            Duration objective,
            String basis,
            Verdict verdict,
            Optional<Duration> achieved) {
        String tone = switch (verdict) {
            case MET -> "good";
            case MISSED -> "bad";
            case UNKNOWN -> "unknown";
        };
        String said = switch (verdict) {
            case MET -> "✓ Met";
            case MISSED -> "✕ Missed";
            case UNKNOWN -> "? Unknown";
        };
        out.raw("<div class=\"card " + tone + "\"><h2>" + name + " <span class=\"pill " + tone + "\">" + said
                + "</span></h2>");
        out.element("p", "what", what).element("p", "figure", figure);
        out.raw("<p class=\"basis\">objective ")
                .element("b", "", Wording.duration(objective))
                .raw("</p>");
        if (verdict != Verdict.UNKNOWN && achieved.isPresent() && !objective.isZero()) {
            double share = seconds(achieved.get()) / seconds(objective);
            // the mark stands at the objective; a missed one is drawn to scale up to twice the objective
            double scale = verdict == Verdict.MET ? 1 : 2;
            out.raw(
                    "<svg class=\"meter\" width=\"100%\" height=\"10\" aria-hidden=\"true\"><rect class=\"track\" width=\"100%\""
                            + " height=\"10\" rx=\"5\"/><rect class=\"fill " + tone + "\" width=\""
                            + Html.percent(share / scale)
                            + "\" height=\"10\" rx=\"5\"/>"
                            + (scale == 1 ? "" : "<line class=\"goal\" x1=\"50%\" x2=\"50%\" y1=\"0\" y2=\"10\"/>")
                            + "</svg>");
        }
        out.element("p", "basis", basis).raw("</div>\n");
    }

    private static void open(RunReport report, Html out) {
        List<StepReport> open = Summary.open(report);
        if (open.isEmpty()) {
            return;
        }
        out.raw("<section class=\"panel attention\">\n<h2>What needs attention</h2>\n<ul>\n");
        for (StepReport step : open) {
            out.raw("<li>").element("b", "", step.name()).raw(" ");
            out.element(
                    "span", "pill " + tone(step.status()), mark(step.status()) + " " + Summary.status(step.status()));
            if (!step.detail().isBlank()) {
                out.raw("<br>").text(step.detail());
            }
            out.raw("</li>\n");
        }
        out.raw("</ul>\n</section>\n");
    }

    private static void breakdown(RunReport report, Html out) {
        out.raw("<section class=\"panel\">\n<h2>Where the time went</h2>\n");
        Optional<RtoBreakdown> breakdown = RtoBreakdown.of(report);
        if (breakdown.isEmpty()) {
            out.element("p", "", "There is nothing to break down: " + Summary.rtoBasis(report) + ".")
                    .raw("\n</section>\n");
            return;
        }
        Duration whole =
                breakdown.get().parts().stream().map(RtoBreakdown.Part::took).reduce(Duration.ZERO, Duration::plus);
        if (report.outageBegan().isEmpty()) {
            out.element(
                    "p",
                    "hint",
                    "When the outage began was not said: detection and decision are not in these figures.");
        }
        out.raw(
                "<table class=\"parts\" role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">"
                        + "<th role=\"columnheader\" scope=\"col\">Until service was back</th>"
                        + "<th role=\"columnheader\" scope=\"col\" class=\"num\">Took</th>"
                        + "<th role=\"columnheader\" scope=\"col\" class=\"num\">Share</th></tr></thead><tbody role=\"rowgroup\">\n");
        for (RtoBreakdown.Line part : breakdown.get().lines()) {
            double share = whole.isZero() ? 0 : seconds(part.took()) / seconds(whole);
            String kind = switch (part.kind()) {
                case BEFORE_RUN, DETECTION, DECISION -> "before";
                case STEP, DNS -> "done";
                case BETWEEN -> "between";
            };
            String what = title(part.kind(), part.what());
            out.raw("<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">").text(what);
            out.raw("<svg class=\"share\" width=\"100%\" height=\"8\" aria-hidden=\"true\"><rect class=\"bar " + kind
                    + "\" width=\"" + Html.percent(share) + "\" height=\"8\" rx=\"2\"/></svg></th>");
            out.raw("<td role=\"cell\" class=\"num\">")
                    .text(Wording.duration(part.took()))
                    .raw("</td>");
            out.raw("<td role=\"cell\" class=\"num\">")
                    .text(share < 0.005 ? "<1 %" : Math.round(share * 100) + " %")
                    .raw("</td></tr>\n");
        }
        out.raw("</tbody><tfoot role=\"rowgroup\"><tr role=\"row\"><th role=\"rowheader\" scope=\"row\">Together</th>"
                + "<td role=\"cell\" class=\"num\">");
        out.text(Wording.duration(whole)).raw("</td><td role=\"cell\" class=\"num\">100 %</td></tr></tfoot></table>\n");
        Summary.residual(report).ifPresent(residual -> out.element("p", "hint", residual));
        out.raw("\n</section>\n");
    }

    static String title(RtoBreakdown.Kind kind, String what) {
        return switch (kind) {
            case BEFORE_RUN -> "Detection and decision";
            case DETECTION -> "Detection";
            case DECISION -> "Decision";
            case STEP -> what;
            case DNS -> what + " (DNS)";
            case BETWEEN -> "Between steps: until another process resumed, for example";
        };
    }

    private static void timeline(RunReport report, Html out) {
        out.raw("<section class=\"panel\">\n<h2>Timeline</h2>\n");
        out.element(
                "p",
                "hint",
                Times.full(report.outageBegan()
                                .filter(o -> o.isBefore(report.began()))
                                .orElse(report.began())) + " to " + Times.full(report.ended()) + " UTC");
        out.raw(new Timeline(report).svg());
        Timeline.legend(report).ifPresent(out::raw);
        List<StepReport> never =
                report.steps().stream().filter(step -> step.began().isEmpty()).toList();
        if (!never.isEmpty()) {
            out.raw("<p class=\"hint\">Not reached: ")
                    .text(String.join(", ", never.stream().map(StepReport::name).toList()))
                    .raw("</p>");
        }
        out.raw("\n</section>\n");
    }

    private static void losses(RunReport report, Html out) {
        out.raw("<section class=\"panel\">\n<h2>What was lost</h2>\n");
        if (report.losses().isEmpty()) {
            out.element("p", "", "No step said anything about lost data. That is not the same as nothing lost.")
                    .raw("\n</section>\n");
            return;
        }
        out.tableHead("Of what", "When stated", "Time", "Bytes", "How it is known");
        for (RunReport.StatedLoss stated : report.losses()) {
            DataLoss loss = stated.loss();
            out.raw("<tr role=\"row\">");
            out.cell("Of what", "")
                    .raw("<div>")
                    .element("b", "", loss.subject())
                    .raw("</div></td>");
            out.cell("When stated", "")
                    .raw("<div>")
                    .text(
                            switch (loss.stage()) {
                                case BOUND -> "before, as a bound";
                                case ACHIEVED -> "after, as achieved";
                            })
                    .raw("<br>")
                    .element("span", "hint", "by " + stated.step())
                    .raw("</div></td>");
            out.cell("Time", "").raw("<div>");
            if (loss.time().isPresent()) {
                Duration time = loss.time().get();
                out.text(time.isZero() ? "none" : "at most " + Wording.duration(time));
            } else {
                out.raw("<span class=\"pill unknown\">? not known</span>");
            }
            out.raw("</div></td>");
            out.cell("Bytes", "").raw("<div>");
            if (loss.bytes().isPresent()) {
                long bytes = Math.max(0, loss.bytes().getAsLong());
                out.text(bytes == 0 ? "none" : "at most " + Wording.bytes(bytes));
            } else {
                out.raw("<span class=\"pill unknown\">? not known</span>");
            }
            out.raw("</div></td>");
            out.cell("How it is known", "").raw("<div>").text(known(loss)).raw("</div></td></tr>\n");
        }
        out.raw("</tbody></table>\n</section>\n");
    }

    private static String known(DataLoss loss) {
        String evidence = loss.evidence();
        return switch (loss.basis()) {
            case COMPARED -> "compared: " + evidence;
            case SAMPLED -> "from samples: " + evidence;
            case TIMED -> "by time alone: " + evidence;
            case UNKNOWN -> evidence;
        };
    }

    private static void told(RunReport report, Html out) {
        if (report.told().isEmpty()) {
            return;
        }
        out.raw("<section class=\"panel\">\n<h2>What people decided</h2>\n");
        out.tableHead("When", "Who", "What", "Why");
        for (RunReport.Told told : report.told()) {
            Instruction said = told.instruction();
            out.raw("<tr role=\"row\">");
            out.cell("When", "num").raw("<div>");
            moment(out, report.began(), Optional.of(told.at()));
            out.raw("</div></td>");
            out.cell("Who", "").raw("<div>").text(Wording.speaker(said)).raw("</div></td>");
            out.cell("What", "").raw("<div>").text(Wording.act(said));
            if (told.refused().isPresent()) {
                out.raw("<br><span class=\"pill warn\">refused</span> ")
                        .element("span", "hint", told.refused().get());
            } else if (said.kind() == Instruction.Kind.OVERRIDE) {
                out.raw("<br><span class=\"pill warn\">! safety overridden</span>");
            }
            out.raw("</div></td>");
            out.cell("Why", "wide").raw("<div>").text(said.reason()).raw("</div></td></tr>\n");
        }
        out.raw("</tbody></table>\n</section>\n");
    }

    private static void steps(RunReport report, Html out) {
        out.raw("<section class=\"panel\">\n<h2>Steps</h2>\n");
        out.tableHead("Step", "Status", "Began", "Took", "Attempts", "What happened");
        for (StepReport step : report.steps()) {
            out.raw("<tr role=\"row\">");
            out.cell("Step", "").raw("<div>").element("b", "", step.name());
            if (!step.description().isBlank()) {
                out.raw("<br>").element("span", "hint", step.description());
            }
            if (step.pointOfNoReturn()) {
                out.raw("<br><span class=\"tag\">point of no return</span>");
            }
            if (step.restoresService()) {
                out.raw("<br><span class=\"tag\">brings service back</span>");
            }
            out.raw("</div></td>");
            out.cell("Status", "")
                    .raw("<div>")
                    .element(
                            "span",
                            "pill " + tone(step.status()),
                            mark(step.status()) + " " + Summary.status(step.status()))
                    .raw("</div></td>");
            out.cell("Began", "num").raw("<div>");
            moment(out, report.began(), step.began());
            out.raw("</div></td>");
            out.cell("Took", "num")
                    .raw("<div>")
                    .text(step.took().map(Wording::duration).orElse("–"))
                    .raw("</div></td>");
            out.cell("Attempts", "num")
                    .raw("<div>")
                    .text(Integer.toString(step.attempts()))
                    .raw("</div></td>");
            out.cell("What happened", "wide").raw("<div>");
            happened(report, step, out);
            out.raw("</div></td></tr>\n");
        }
        out.raw("</tbody></table>\n</section>\n");
    }

    private static void happened(RunReport report, StepReport step, Html out) {
        if (!step.changes().isEmpty()) {
            out.raw("<ul>");
            step.changes().forEach(change -> out.element("li", "", change));
            out.raw("</ul>");
        }
        if (!step.detail().isBlank()) {
            out.element("p", "", step.detail());
        }
        if (step.undoBegan().isPresent()) {
            out.raw("<p>Undo: ");
            moment(out, report.began(), step.undoBegan());
            out.raw(" to ");
            moment(out, report.began(), step.undoEnded());
            out.raw("</p>");
        }
        if (!step.facts().isEmpty()) {
            out.raw("<dl>");
            new TreeMap<>(step.facts())
                    .forEach((key, value) -> out.element("dt", "", key).element("dd", "", value));
            out.raw("</dl>");
        }
    }

    private static void footer(RunReport report, Html out) {
        out.raw("<footer>\n<dl>");
        fact(out, "Run", report.runId());
        fact(out, "Epoch", report.epoch().toString());
        fact(out, "Plan hash", report.planHash());
        fact(out, "Outage began", report.outageBegan().map(Instant::toString).orElse("not said"));
        report.detectedAt().ifPresent(detected -> fact(out, "Detected", detected.toString()));
        fact(out, "Began", report.began().toString());
        fact(out, "Ended", report.ended().toString());
        fact(out, "Resumed", times(report.resumptions()));
        out.raw("</dl>\n<p>All times are UTC. Durations are rounded up.</p>\n</footer>\n");
    }

    private static void fact(Html out, String key, String value) {
        out.raw("<div>").element("dt", "", key).element("dd", "", value).raw("</div>");
    }

    private static void moment(Html out, Instant day, Optional<Instant> at) {
        if (at.isEmpty()) {
            out.text("–");
        } else {
            out.raw("<time datetime=\"" + Html.escape(at.get().toString()) + "\">")
                    .text(Times.beside(day, at.get()))
                    .raw("</time>");
        }
    }

    private static String tone(StepStatus status) {
        return switch (status) {
            case DONE, ALREADY_SO -> "good";
            case SKIPPED, UNDONE -> "warn";
            case FAILED, UNDO_FAILED -> "bad";
            case UNKNOWN, RUNNING -> "unknown";
            case NOT_REACHED -> "none";
        };
    }

    private static String mark(StepStatus status) {
        return switch (status) {
            case DONE -> "✓";
            case ALREADY_SO -> "=";
            case SKIPPED -> "»";
            case UNDONE -> "↺";
            case FAILED, UNDO_FAILED -> "✕";
            case UNKNOWN, RUNNING -> "?";
            case NOT_REACHED -> "–";
        };
    }

    private static String times(int count) {
        return count == 0 ? "never" : count == 1 ? "once" : count + " times";
    }

    private static double seconds(Duration time) {
        return time.getSeconds() + time.getNano() / 1e9;
    }
}
