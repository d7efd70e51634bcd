package io.drkit.core.report;

import static io.drkit.core.report.Reports.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.plan.Mode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

class HtmlReportTest {
    private static final List<RunReport> ALL = List.of(
            Reports.failover(),
            Reports.stopped(),
            Reports.undone(),
            Reports.undoIncomplete(),
            JsonReportTest.full(),
            JsonReportTest.empty());

    @TempDir
    Path directory;

    @Test
    @DisplayName("C9: the page says the achieved RTO and RPO, the objectives, and whether they were met")
    void toHtml_failover_saysObjectives() throws Exception {
        String text = text(Reports.failover());

        assertThat(text)
                .contains("SUCCEEDED")
                .contains("The switch is done")
                .contains("RTO ✓ Met")
                .contains("10 min 35 s")
                .contains("objective 30 min")
                .contains("RPO ✓ Met")
                .contains("at most 8 s")
                .contains("objective 15 min")
                .contains("at most 1.3 MiB")
                .contains("compared with the fenced primary's last flushed position");
    }

    @Test
    @DisplayName("D12: the page breaks the RTO down")
    void toHtml_failover_saysWhereTheTimeWent() throws Exception {
        assertThat(text(Reports.failover()))
                .contains("Detection and decision 6 min 30 s 61 %")
                .contains("copy files 2 min 21 s 22 %")
                .contains("Between steps: until another process resumed, for example 6 s 1 %")
                .contains("move DNS 26 s 4 %")
                .contains("Together 10 min 35 s 100 %");
    }

    @Test
    void toHtml_stopped_saysWhatToDoAndWhatIsOpen() throws Exception {
        assertThat(text(Reports.stopped()))
                .contains("The run stopped; the switch is not done")
                .contains("past its point of no return and does not go back")
                .contains("may still be at work")
                .contains("resume run 4be2a90c17d3")
                .contains("start readers ✕ failed")
                .contains("copy files ? not heard of")
                .contains("Not reached: move DNS")
                .doesNotContain("The switch is done");
    }

    @Test
    @DisplayName("C9: what is unknown is never shown in the colour of success")
    void toHtml_unknown_neverGood() throws Exception {
        for (RunReport report : List.of(Reports.stopped(), Reports.undone(), Reports.undoIncomplete())) {
            Document page = parsed(HtmlReport.toHtml(report));
            for (Element card : withClass(page, "card").subList(0, 2)) {
                assertThat(card.getAttribute("class")).isEqualTo("card unknown");
                assertThat(squeezed(card)).contains("? Unknown").contains("not known");
            }
        }
        RunReport unclear = Reports.report(
                Mode.SWITCHOVER,
                RunOutcome.STOPPED,
                Optional.of("x"),
                Optional.empty(),
                at(60),
                List.of(),
                List.of(Reports.step("a", StepStatus.UNKNOWN, 0, 60), Reports.open("b", StepStatus.RUNNING, 0)));
        assertThat(HtmlReport.toHtml(unclear)).doesNotContain("class=\"pill good\"");
    }

    @Test
    void toHtml_nothingStatedAboutLoss_isNotNothingLost() throws Exception {
        assertThat(text(Reports.undone())).contains("That is not the same as nothing lost");
    }

    @Test
    void toHtml_nastyTexts_escapedEverywhere() throws Exception {
        String nasty = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;\u0000\u202E\u0007\uDC00";
        for (RunReport report : ALL) {
            String html = HtmlReport.toHtml(Reports.named(report, nasty));

            assertThat(html)
                    .doesNotContain("<script")
                    .doesNotContain("<img")
                    .doesNotContain("\u0000")
                    .doesNotContain("\u202E")
                    .doesNotContain("\u0007");
            Document page = parsed(html);
            List<String> tags = new ArrayList<>();
            List<String> attributes = new ArrayList<>();
            NodeList all = page.getElementsByTagName("*");
            for (int i = 0; i < all.getLength(); i++) {
                tags.add(all.item(i).getNodeName());
                for (int j = 0; j < all.item(i).getAttributes().getLength(); j++) {
                    attributes.add(all.item(i).getAttributes().item(j).getNodeName());
                }
            }
            assertThat(tags).doesNotContain("script", "img", "iframe", "object", "link", "a");
            assertThat(attributes).noneMatch(name -> name.startsWith("on"));
            assertThat(squeezed((Element) page.getElementsByTagName("h1").item(0)))
                    .isEqualTo("\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;<U+0000><U+202E><U+0007>"
                            + "<U+DC00>");
        }
    }

    @Test
    void toHtml_any_fetchesNothing() {
        for (RunReport report : ALL) {
            String html = HtmlReport.toHtml(report);

            assertThat(html)
                    .contains("default-src 'none'")
                    .doesNotContain("http://", "https://", "src=", "href=", "@import");
            Matcher urls = Pattern.compile("url\\(([^)]*)\\)").matcher(html);
            while (urls.find()) {
                assertThat(urls.group(1)).startsWith("#");
            }
        }
    }

    @Test
    void toHtml_any_accessible() throws Exception {
        for (RunReport report : ALL) {
            Document page = parsed(HtmlReport.toHtml(report));

            assertThat(page.getDocumentElement().getAttribute("lang")).isEqualTo("en");
            assertThat(squeezed((Element) page.getElementsByTagName("title").item(0)))
                    .startsWith(report.outcome().name());
            assertThat(page.getElementsByTagName("h1").getLength()).isEqualTo(1);
            assertThat(page.getElementsByTagName("main").getLength()).isEqualTo(1);
            NodeList heads = page.getElementsByTagName("th");
            for (int i = 0; i < heads.getLength(); i++) {
                assertThat(((Element) heads.item(i)).getAttribute("scope")).isIn("col", "row");
            }
            NodeList pictures = page.getElementsByTagName("svg");
            for (int i = 0; i < pictures.getLength(); i++) {
                Element svg = (Element) pictures.item(i);
                assertThat(svg.getAttribute("aria-hidden").equals("true") || svg.hasAttribute("aria-labelledby"))
                        .isTrue();
            }
            // colour is never alone: every pill has a mark and a word
            for (Element pill : withClass(page, "pill")) {
                assertThat(squeezed(pill)).matches("[✓✕↺?=–] .+");
            }
        }
    }

    @Test
    void toHtml_colours_haveContrast() {
        Matcher themes = Pattern.compile(":root \\{([^}]*)\\}").matcher(HtmlReport.toHtml(Reports.failover()));
        int seen = 0;
        while (themes.find()) {
            seen++;
            String theme = themes.group(1);
            for (String[] pair : new String[][] {
                {"text", "panel"},
                {"text", "ground"},
                {"soft", "panel"},
                {"soft", "ground"},
                {"soft", "track"},
                {"good", "good-bg"},
                {"bad", "bad-bg"},
                {"warn", "warn-bg"},
                {"unknown", "unknown-bg"},
                {"text", "good-bg"},
                {"text", "bad-bg"},
                {"text", "warn-bg"},
                {"panel", "good"},
                {"panel", "bad"}
            }) {
                assertThat(contrast(colour(theme, pair[0]), colour(theme, pair[1])))
                        .as("theme %s: %s on %s", seen, pair[0], pair[1])
                        .isGreaterThanOrEqualTo(4.5);
            }
            for (String bar : List.of("bar", "bar-restores", "bar-undo", "bar-failed", "bar-before", "unknown")) {
                assertThat(contrast(colour(theme, bar), colour(theme, "panel")))
                        .as("theme %s: %s", seen, bar)
                        .isGreaterThanOrEqualTo(3);
            }
        }
        assertThat(seen).isEqualTo(2);
    }

    @Test
    void toHtml_timeline_marksAndBars() throws Exception {
        Document page = parsed(HtmlReport.toHtml(Reports.failover()));
        Element picture = withClass(page, "gantt").get(0);
        String text = squeezed(picture);

        assertThat(text)
                .contains("0 +2:00 +4:00 +6:00 +8:00 +10:00")
                .contains("outage began 09:53:30")
                .contains("run began 10:00:00")
                .contains("point of no return 10:00:31")
                .contains("service back 10:04:05")
                .contains("run ended 10:04:11")
                .contains("Detection and decision 6 min 30 s");
        // the whole is 641 s from the outage: DNS from 609 s to 635 s
        assertThat(withClass(page, "restores")).anySatisfy(bar -> {
            assertThat(bar.getAttribute("x")).isEqualTo("95.01%");
            assertThat(bar.getAttribute("width")).isEqualTo("4.06%");
        });
    }

    @Test
    void toHtml_undo_hasBarsOfItsOwn() throws Exception {
        Document page = parsed(HtmlReport.toHtml(Reports.undone()));

        assertThat(withClass(page, "undo")).anySatisfy(bar -> {
            assertThat(bar.getAttribute("x")).isEqualTo("56.25%");
            assertThat(bar.getAttribute("width")).isEqualTo("43.75%");
        });
        assertThat(text(Reports.undone())).contains("Undo: 10:00:45 to 10:01:20");
    }

    @Test
    void toHtml_undoFailed_stepDoneAndUndoFailed() throws Exception {
        List<Element> bars = withClass(parsed(HtmlReport.toHtml(Reports.undoIncomplete())), "bar");

        assertThat(bars.subList(0, 2))
                .extracting(bar -> bar.getAttribute("class") + " at " + bar.getAttribute("x"))
                .containsExactly("bar done at 0.00%", "bar failed at 56.25%");
    }

    @Test
    void toHtml_manySteps_ticksStayFew() throws Exception {
        for (long seconds : List.of(0L, 1L, 59L, 3600L, 86_400L, 40_000_000L)) {
            RunReport report = Reports.report(
                    Mode.SWITCHOVER,
                    RunOutcome.SUCCEEDED,
                    Optional.empty(),
                    Optional.empty(),
                    at(seconds),
                    List.of(),
                    List.of(Reports.step("a", StepStatus.DONE, 0, seconds)));

            assertThat(withClass(parsed(HtmlReport.toHtml(report)), "tick"))
                    .as("%s s", seconds)
                    .hasSizeBetween(1, 6);
        }
    }

    @Test
    void toHtml_sameReport_sameBytes() {
        // a report that went through JSON holds its facts in a map of another order
        RunReport report = Reports.failover();

        assertThat(HtmlReport.toHtml(JsonReport.fromJson(JsonReport.toJson(report))))
                .isEqualTo(HtmlReport.toHtml(report));
        assertThat(HtmlReport.toHtml(report)).containsSubsequence("<dt>by", "<dt>fence", "<dt>lsn", "<dt>timeline");
    }

    @Test
    void write_page_utf8() throws IOException {
        Path file = directory.resolve("drill.html");

        HtmlReport.write(Reports.failover(), file);

        assertThat(Files.readString(file)).isEqualTo(HtmlReport.toHtml(Reports.failover()));
    }

    /** The page is written as XML too, but for its doctype and its void elements. */
    private static Document parsed(String html) throws ParserConfigurationException, SAXException, IOException {
        String xml = html.replaceFirst("<!DOCTYPE html>", "")
                .replaceAll("<(meta|br)([^>]*)>", "<$1$2/>")
                .replaceFirst("(?s)<style>.*</style>", "");
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new java.io.StringReader(xml)));
    }

    private static String text(RunReport report) throws Exception {
        return squeezed(parsed(HtmlReport.toHtml(report)).getDocumentElement());
    }

    private static String squeezed(Element element) {
        StringBuilder text = new StringBuilder();
        collect(element, text);
        return text.toString().replaceAll("\\s+", " ").strip();
    }

    private static void collect(org.w3c.dom.Node node, StringBuilder text) {
        if (node.getNodeType() == org.w3c.dom.Node.TEXT_NODE) {
            text.append(node.getNodeValue());
        }
        boolean block = List.of("th", "td", "tr", "p", "li", "div", "h2", "text", "title")
                .contains(node.getNodeName());
        text.append(block ? " " : "");
        for (org.w3c.dom.Node child = node.getFirstChild(); child != null; child = child.getNextSibling()) {
            collect(child, text);
        }
        text.append(block ? " " : "");
    }

    private static List<Element> withClass(Document page, String name) {
        List<Element> found = new ArrayList<>();
        NodeList all = page.getElementsByTagName("*");
        for (int i = 0; i < all.getLength(); i++) {
            Element element = (Element) all.item(i);
            if (List.of(element.getAttribute("class").split(" ")).contains(name)) {
                found.add(element);
            }
        }
        return found;
    }

    private static int colour(String theme, String name) {
        Matcher matcher = Pattern.compile("--" + name + ": #([0-9a-f]{6});").matcher(theme);
        assertThat(matcher.find()).as(name).isTrue();
        return Integer.parseInt(matcher.group(1), 16);
    }

    /** As WCAG 2.1 defines the contrast ratio. */
    private static double contrast(int a, int b) {
        double first = luminance(a);
        double second = luminance(b);
        return (Math.max(first, second) + 0.05) / (Math.min(first, second) + 0.05);
    }

    private static double luminance(int colour) {
        return 0.2126 * channel(colour >> 16 & 255)
                + 0.7152 * channel(colour >> 8 & 255)
                + 0.0722 * channel(colour & 255);
    }

    private static double channel(int value) {
        double share = value / 255.0;
        return share <= 0.03928 ? share / 12.92 : Math.pow((share + 0.055) / 1.055, 2.4);
    }
}
