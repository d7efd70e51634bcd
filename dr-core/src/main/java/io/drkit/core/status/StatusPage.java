package io.drkit.core.status;

import io.drkit.core.detect.DetectorStatus;
import io.drkit.core.detect.Health;
import io.drkit.core.internal.Html;
import io.drkit.core.internal.Times;
import io.drkit.core.lease.NodeView;
import io.drkit.core.lease.Presence;
import io.drkit.core.readiness.CheckResult;
import io.drkit.core.readiness.ReadinessReport;
import io.drkit.core.readiness.ReadyState;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.Verdict;
import io.drkit.core.report.Wording;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A status as one web page, made like the page of a run's report: no script, nothing fetched, every text escaped, light or dark as
 * the reader likes it, fit for a phone. What is not known is shown as unknown and never in the colour of success.
 */
public final class StatusPage {
    private StatusPage() {}

    /** The page. The same status gives the same bytes. */
    public static String toHtml(Status status) {
        return toHtml(status, Optional.empty());
    }

    /** The same, asking the browser to fetch it again after so many seconds. */
    static String toHtml(Status status, Optional<Integer> refreshSeconds) {
        Html out = Html.page(
                words(status.ready()) + ": " + status.title(),
                refreshSeconds
                        .map(seconds -> "<meta http-equiv=\"refresh\" content=\"" + seconds + "\">\n")
                        .orElse(""));
        out.raw("<body>\n<main>\n");
        header(status, out);
        sites(status, out);
        for (ReadinessReport report : status.readiness().items()) {
            readiness(report, out);
        }
        nodes(status, out);
        if (!unknown(out, "Detection", status.detectors())) {
            status.detectors().items().forEach(detector -> detector(detector, out));
        }
        runs(status, out);
        return out.raw("<footer><p>As of " + Times.full(status.at())
                        + " UTC.</p></footer>\n</main>\n</body>\n</html>\n")
                .toString();
    }

    private static void header(Status status, Html out) {
        ReadyState ready = status.ready();
        String tone = switch (ready) {
            case READY -> "good";
            case UNKNOWN -> "warn";
            case NOT_READY -> "bad";
        };
        String meaning = switch (ready) {
            case READY -> "Nothing was found that stands in the way of a switch.";
            case UNKNOWN ->
                status.readiness().items().isEmpty()
                        ? "Nobody watches whether a switch would work."
                        : "Whether a switch would work is not known.";
            case NOT_READY -> "Something stands in the way of a switch: see below.";
        };
        out.raw("<header class=\"outcome " + tone + "\">\n").element("p", "over", "Recovery status");
        out.element("h1", "", status.title());
        out.raw("<div class=\"verdict\"><span class=\"icon\" aria-hidden=\"true\">" + mark(ready) + "</span><div>");
        out.element("p", "headline", words(ready)).element("p", "", meaning);
        for (String concern : status.concerns()) {
            out.element("p", "", Character.toUpperCase(concern.charAt(0)) + concern.substring(1) + ".");
        }
        out.raw("</div></div>\n</header>\n");
    }

    private static void sites(Status status, Html out) {
        if (unknown(out, "Sites", status.sites()) || status.sites().items().isEmpty()) {
            return;
        }
        out.raw("<section class=\"cards\" aria-label=\"Sites\">\n");
        for (SiteView site : status.sites().items()) {
            String tone = site.role() == SiteView.Role.UNKNOWN ? "unknown" : "none";
            out.raw("<div class=\"card\"><h2>").text(site.name()).raw(" ");
            out.element("span", "pill " + tone, (site.role() == SiteView.Role.UNKNOWN ? "? " : "") + words(site.role()))
                    .raw("</h2>");
            out.element("p", "", site.detail()).raw("</div>\n");
        }
        out.raw("</section>\n");
    }

    private static void readiness(ReadinessReport report, Html out) {
        out.raw("<section class=\"panel\">\n<h2>")
                .text("Readiness: " + report.plan() + ", " + report.line())
                .raw(" ");
        pill(out, report.state()).raw("</h2>\n");
        out.element("p", "hint", "looked at from " + Times.full(report.at()) + " UTC");
        out.tableHead("What", "State", "Why");
        List<CheckResult> worstFirst = new ArrayList<>(report.results());
        worstFirst.sort(
                Comparator.comparing((CheckResult result) -> result.finding().state())
                        .reversed());
        for (CheckResult result : worstFirst) {
            out.raw("<tr role=\"row\">").cell("What", "").raw("<div>").element("b", "", result.name());
            out.raw("<br>")
                    .element(
                            "span",
                            "hint",
                            (result.kind() == CheckResult.Kind.STEP ? "step: " : "") + result.verifies());
            if (result.advisory()) {
                out.raw("<br><span class=\"tag\">epoch advisory only</span>");
            }
            out.raw("</div></td>").cell("State", "").raw("<div>");
            pill(out, result.finding().state()).raw("</div></td>");
            out.cell("Why", "wide").raw("<div>").text(result.finding().why());
            if (!result.finding().remedy().isEmpty()) {
                out.raw("<br><b>What to do:</b> ").text(result.finding().remedy());
            }
            out.raw("</div></td></tr>\n");
        }
        out.raw("</tbody></table>\n</section>\n");
    }

    private static void nodes(Status status, Html out) {
        if (unknown(out, "Nodes", status.nodes()) || status.nodes().items().isEmpty()) {
            return;
        }
        out.raw("<section class=\"panel\">\n<h2>Nodes</h2>\n").tableHead("Node", "Mode", "Health", "Seen");
        for (NodeView node : status.nodes().items()) {
            out.raw("<tr role=\"row\">").cell("Node", "").raw("<div>");
            out.element("b", "", node.node().toString());
            if (!node.node().address().isEmpty()) {
                out.raw("<br>").element("span", "hint", node.node().address());
            }
            boolean here = node.presence() == Presence.FRESH;
            out.raw("</div></td>")
                    .cell("Mode", "")
                    .raw("<div>")
                    .text(words(node.mode()))
                    .raw("</div></td>");
            out.cell("Health", "")
                    .raw("<div>")
                    .text(node.health().isEmpty() ? "said nothing" : node.health())
                    .raw("</div></td>");
            out.cell("Seen", "").raw("<div>");
            out.element("span", "pill " + (here ? "none" : "unknown"), (here ? "" : "? ") + words(node.presence()))
                    .raw("</div></td></tr>\n");
        }
        out.raw("</tbody></table>\n</section>\n");
    }

    private static void detector(DetectorStatus detector, Html out) {
        out.raw("<section class=\"panel\">\n<h2>")
                .text("Detection: " + detector.site())
                .raw(" ");
        pill(out, detector.health()).raw("</h2>\n");
        out.element(
                "p",
                "hint",
                "looked at " + Times.full(detector.at()) + " UTC; "
                        + detector.outage()
                                .map(outage -> "seen sick since " + Times.full(outage.began()) + " UTC")
                                .orElse("a majority is " + detector.needed() + " of "
                                        + detector.observers().size()));
        out.tableHead("Observer", "Sees it", "Why");
        for (DetectorStatus.Opinion opinion : detector.observers()) {
            out.raw("<tr role=\"row\">").cell("Observer", "").raw("<div>").element("b", "", opinion.observer());
            out.raw("</div></td>").cell("Sees it", "").raw("<div>");
            pill(out, opinion.health()).raw("</div></td>");
            out.cell("Why", "wide").raw("<div>").text(opinion.health().why()).raw("</div></td></tr>\n");
        }
        out.raw("</tbody></table>\n</section>\n");
    }

    private static void runs(Status status, Html out) {
        if (unknown(out, "Last runs and drills", status.runs())) {
            return;
        }
        out.raw("<section class=\"panel\">\n<h2>Last runs and drills</h2>\n");
        if (status.runs().items().isEmpty()) {
            out.raw("<p>None yet. A plan that was never run is a hope.</p>\n</section>\n");
            return;
        }
        out.tableHead("Run", "Began", "Outcome", "Back after", "Objectives");
        for (RunView run : status.runs().items()) {
            out.raw("<tr role=\"row\">").cell("Run", "").raw("<div>").element("b", "", run.plan());
            out.raw("<br>").element("span", "hint", run.line()).raw("</div></td>");
            out.cell("Began", "num").raw("<div>").text(Times.full(run.began())).raw("</div></td>");
            out.cell("Outcome", "").raw("<div>");
            Optional<RunReport> report = run.report();
            if (report.isPresent()) {
                boolean good = report.get().succeeded();
                out.element(
                        "span",
                        "pill " + (!good ? "bad" : report.get().warnings().isEmpty() ? "good" : "warn"),
                        (good ? "✓ " : "! ") + words(report.get().outcome()));
                report.get().reason().ifPresent(why -> out.raw("<br>").text(why));
                report.get().warnings().forEach(warning -> out.raw("<br>").text("Warning: " + warning));
                if (!run.over()) {
                    out.raw("<br><span class=\"tag\">not over: resume or abandon it</span>");
                }
            } else {
                out.raw("<span class=\"pill unknown\">? goes on, or nobody resumed it</span>");
                run.awaited().forEach(wait -> out.raw("<br>").text(Wording.awaited(wait)));
            }
            out.raw("</div></td>").cell("Back after", "num").raw("<div>");
            out.text(report.map(Wording::rto).orElse("not known"))
                    .raw("</div></td>")
                    .cell("Objectives", "")
                    .raw("<div>");
            if (report.isPresent()) {
                verdict(out, "RTO", Verdict.rto(report.get()));
                out.raw("<br>");
                verdict(out, "RPO", Verdict.rpo(report.get()));
            } else {
                out.text("–");
            }
            out.raw("</div></td></tr>\n");
        }
        out.raw("</tbody></table>\n</section>\n");
    }

    private static void verdict(Html out, String objective, Verdict verdict) {
        String tone = switch (verdict) {
            case MET -> "good";
            case MISSED -> "bad";
            case UNKNOWN -> "unknown";
        };
        String mark = switch (verdict) {
            case MET -> "✓";
            case MISSED -> "✕";
            case UNKNOWN -> "?";
        };
        out.element("span", "pill " + tone, mark + " " + objective + " " + words(verdict));
    }

    /** Whether it is, in which case that is said. */
    private static boolean unknown(Html out, String part, Status.Part<?> known) {
        known.unknown()
                .ifPresent(why -> out.raw("<section class=\"panel attention\">\n<h2>")
                        .text(part)
                        .raw(" <span class=\"pill unknown\">? Unknown</span></h2>\n")
                        .element("p", "", why)
                        .raw("\n</section>\n"));
        return known.unknown().isPresent();
    }

    private static Html pill(Html out, ReadyState state) {
        String tone = switch (state) {
            case READY -> "good";
            case UNKNOWN -> "unknown";
            case NOT_READY -> "bad";
        };
        return out.element("span", "pill " + tone, mark(state) + " " + words(state));
    }

    private static Html pill(Html out, Health health) {
        if (health instanceof Health.Healthy) {
            return out.element("span", "pill good", "✓ Healthy");
        }
        return health instanceof Health.Sick
                ? out.element("span", "pill bad", "✕ Sick")
                : out.element("span", "pill unknown", "? Unknown");
    }

    private static String mark(ReadyState state) {
        return switch (state) {
            case READY -> "✓";
            case UNKNOWN -> "?";
            case NOT_READY -> "✕";
        };
    }

    private static String words(Enum<?> value) {
        String words = value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return Character.toUpperCase(words.charAt(0)) + words.substring(1);
    }
}
