package io.drkit.testkit.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.Objectives;
import io.drkit.core.report.HtmlReport;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.status.SiteView;
import io.drkit.core.status.StatusBoard;
import io.drkit.core.status.StatusPage;
import io.drkit.core.status.StatusServer;
import io.drkit.testkit.status.Statuses;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The pages as a browser shows them. The pictures stay under {@code target/screenshots}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PagesInBrowserTest {
    private static final int PHONE = 390;
    private static final int DESK = 1280;
    private static final Path PICTURES = Path.of("target", "screenshots");

    /**
     * Every text of the page with its size and the contrast to what is behind it, by the formula of WCAG 2.2 (relative luminance and
     * contrast ratio), and whether anything sticks out to the right.
     */
    private static final String LOOK = """
            (() => {
              const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
              const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
              const light = c => { const l = c.slice(0, 3).map(v => v / 255)
                  .map(v => v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4));
                return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2]; };
              const behind = e => { const layers = [];
                for (let n = e; n; n = n.parentElement) layers.push(parse(getComputedStyle(n).backgroundColor));
                return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]); };
              const texts = [];
              const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              while (walk.nextNode()) {
                const e = walk.currentNode.parentElement, text = walk.currentNode.textContent.trim();
                const style = getComputedStyle(e), box = e.getBoundingClientRect();
                if (!text || e.closest('title, style, thead') || box.width === 0) continue;
                const svg = e instanceof SVGElement;
                const ink = over(parse(svg ? style.fill : style.color), behind(e)), ground = behind(e);
                const a = light(ink), b = light(ground);
                texts.push({text, size: parseFloat(style.fontSize), right: svg ? 0 : box.right,
                  contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)});
              }
              return {texts, width: document.documentElement.scrollWidth, seen: innerWidth,
                ground: light(behind(document.body)), words: document.body.innerText};
            })()""";

    @TempDir
    Path directory;

    private Chromium browser;

    @BeforeAll
    void start(@TempDir Path profile) throws Exception {
        Optional<Path> executable = Chromium.find();
        if (executable.isEmpty()) {
            System.out.println("Skipped: the pages are not looked at in a browser, there is no Chromium here"
                    + " (Debian: apt-get install chromium)");
        }
        assumeTrue(executable.isPresent(), "no Chromium on this machine");
        browser = Chromium.start(executable.get(), profile);
    }

    @AfterAll
    void close() throws Exception {
        if (browser != null) {
            browser.close();
        }
    }

    private record Page(String name, String html) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Page> pages() {
        return Stream.of(
                new Page("report-failover", HtmlReport.toHtml(report(RunOutcome.SUCCEEDED, StepStatus.DONE))),
                new Page("report-stopped", HtmlReport.toHtml(report(RunOutcome.STOPPED, StepStatus.UNKNOWN))),
                new Page("status", StatusPage.toHtml(Statuses.full("shop"))));
    }

    @ParameterizedTest
    @MethodSource("pages")
    @DisplayName(
            "Every page: no complaint on the console, nothing fetched, readable on a phone and a desk, light and dark")
    void page_onAPhoneAndADesk_lightAndDark_isReadable(Page page) throws Exception {
        URI uri = write(page);
        List<String> faults = new ArrayList<>();
        for (int width : new int[] {PHONE, DESK}) {
            for (boolean dark : new boolean[] {false, true}) {
                String as = page + "-" + (width == PHONE ? "phone" : "desk") + "-" + (dark ? "dark" : "light");
                browser.show(uri, width, dark);
                JsonNode seen = browser.evaluate(LOOK);
                browser.screenshot(PICTURES.resolve(as + ".png"));

                browser.complaints().forEach(complaint -> faults.add(as + ": " + complaint));
                if (seen.path("width").asInt() > width) {
                    faults.add(as + ": is " + seen.path("width") + " px wide and scrolls sideways");
                }
                double ground = seen.path("ground").asDouble();
                if (dark ? ground > 0.1 : ground < 0.8) {
                    faults.add(as + ": does not follow the reader's setting, its ground has luminance " + ground);
                }
                assertThat(seen.path("texts").size()).as("texts of %s", as).isGreaterThan(20);
                for (JsonNode text : seen.path("texts")) {
                    String what = as + ": \"" + text.path("text").asText() + "\"";
                    if (text.path("size").asDouble() < 11) {
                        faults.add(what + " is " + text.path("size") + " px small");
                    }
                    if (text.path("contrast").asDouble() < 4.5) {
                        faults.add(what + " has a contrast of " + text.path("contrast") + " only");
                    }
                    if (text.path("right").asDouble() > width + 0.5) {
                        faults.add(what + " sticks out to " + text.path("right"));
                    }
                }
            }
        }
        assertThat(faults).isEmpty();
    }

    @Test
    @DisplayName("D12: the report shows detection, decision, each step and DNS")
    void report_inABrowser_showsWhereTheTimeWent() throws Exception {
        browser.show(write(pages().toList().get(0)), PHONE, false);
        String words = browser.evaluate(LOOK).path("words").asText();

        assertThat(words.replaceAll("\\s+", " "))
                .contains("Where the time went", "Detection 1 min 30 s", "Decision 5 min", "promote database 43 s")
                .contains("move DNS (DNS) 26 s", "may go on to the old site up to 1 min after move DNS");
    }

    @Test
    void statusServer_inABrowser_showsTheSites() throws Exception {
        StatusBoard board = StatusBoard.titled("shop")
                .sites(() -> List.of(new SiteView("west", SiteView.Role.ACTIVE, "serves")))
                .build();
        try (StatusServer server = StatusServer.of(board).start()) {
            browser.show(server.uri(), PHONE, true);

            assertThat(browser.evaluate(LOOK).path("words").asText()).contains("west", "Active", "Unknown");
            // a browser asks by itself for an icon, and is told that there is none
            assertThat(browser.complaints()).noneMatch(complaint -> !complaint.contains("favicon"));
        }
    }

    private URI write(Page page) throws IOException {
        Path file = directory.resolve(page.name() + ".html");
        Files.writeString(file, page.html());
        return file.toUri();
    }

    private static final Instant T0 = Instant.parse("2026-03-01T10:00:00Z");

    private static RunReport report(RunOutcome outcome, StepStatus last) {
        boolean done = outcome == RunOutcome.SUCCEEDED;
        return new RunReport(
                "shop",
                "9f2c41d07ab35e88",
                "4be2a90c17d3",
                new Epoch(7),
                Mode.FAILOVER,
                "west",
                "east",
                outcome,
                done
                        ? Optional.empty()
                        : Optional.of("\"move DNS\": the answer was lost and could not be observed again"),
                Optional.of(T0.minusSeconds(390)),
                Optional.of(T0.minusSeconds(300)),
                T0,
                T0.plusSeconds(120),
                1,
                new Objectives(Duration.ofSeconds(5), Duration.ofMinutes(30)),
                List.of(new RunReport.StatedLoss(
                        "promote database",
                        new DataLoss(
                                "database shop",
                                DataLoss.Stage.ACHIEVED,
                                Optional.of(Duration.ofSeconds(8)),
                                OptionalLong.of(1_310_720),
                                DataLoss.Basis.COMPARED,
                                "compared with the fenced primary's last flushed position"))),
                List.of(
                        step("stop writers", StepStatus.ALREADY_SO, 0, 1, Map.of()),
                        step("promote database", StepStatus.DONE, 1, 44, Map.of("fence", "confirmed"), "stop writers"),
                        step("start readers", StepStatus.DONE, 44, 85, Map.of(), "promote database"),
                        step("move DNS", last, 85, 111, Map.of(DnsSwitcher.RESIDUAL_FACT, "PT1M"), "start readers"),
                        step(
                                "wake the scheduler of the site that is active now",
                                done ? StepStatus.DONE : StepStatus.FAILED,
                                111,
                                120,
                                Map.of(),
                                "move DNS")));
    }

    private static StepReport step(
            String name, StepStatus status, long began, long ended, Map<String, String> facts, String... after) {
        return new StepReport(
                name,
                "what " + name + " does, in a sentence that is long enough to be wrapped on a small screen",
                List.of(after),
                name.startsWith("promote"),
                name.equals("move DNS"),
                status,
                Optional.of(T0.plusSeconds(began)),
                Optional.of(T0.plusSeconds(ended)),
                status == StepStatus.ALREADY_SO ? 0 : 1,
                List.of("a change that was made"),
                "what showed it",
                Optional.empty(),
                Optional.empty(),
                facts);
    }
}
