package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.Problem;
import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.journal.MirroredJournalStore;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.HtmlReport;
import io.drkit.core.report.JsonReport;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.RunReports;
import io.drkit.core.run.VerifyJournal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A run's report from its journal alone, wherever that was kept, is the run's own to the byte. */
@Timeout(120)
class ReportFromJournalTest {
    private static final JournalKey KEY = new JournalKey("shop", "west", "east");
    private static final Place WEST = new Place("west");
    private static final Place EAST = new Place("east");

    @TempDir
    static Path directory;

    static RegistryServer registry;

    @TempDir
    Path home;

    private final Map<String, String> world = new ConcurrentHashMap<>();

    private record Place(String name) implements Site {}

    @BeforeAll
    static void start() throws Exception {
        registry = new RegistryServer(directory);
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    private final class Set implements Action<String> {
        private final String key;
        private final String value;

        Set(String key, String value) {
            this.key = key;
            this.value = value;
        }

        @Override
        public String describe() {
            return "set " + key + " to <" + value + "> & \"more\"";
        }

        @Override
        public String observe(ActionContext context) {
            return world.getOrDefault(key, "");
        }

        @Override
        public Assessment assess(String observed) {
            return observed.equals(value)
                    ? Assessment.done("it is " + value)
                    : Assessment.needed("set it\nto " + value);
        }

        @Override
        public void apply(String observed, ActionContext context) {
            if (world.getOrDefault("refused", "").equals(key)) {
                throw new BlockedException(
                        "test.refused",
                        Problem.expected("consent").found("ein \"Nein\" ü").remedy("wait"));
            }
            context.record("before", observed + " ü\u2028");
            context.report(new DataLoss(
                    key,
                    DataLoss.Stage.values()[0],
                    Optional.of(Duration.ofMillis(1500)),
                    OptionalLong.of(7),
                    DataLoss.Basis.SAMPLED,
                    "measured"));
            world.put(key, value);
        }
    }

    private RecoveryPlan<Place> plan() {
        return RecoveryPlan.<Place>named("shop")
                .rpo(Duration.ofMinutes(15))
                .rto(Duration.ofMinutes(30))
                .step("stop writers", (from, to) -> new Set("writers", "off"))
                .undo((from, to) -> new Set("writers", "on"))
                .step("copy", (from, to) -> new Set("files", to.name()))
                .after("stop writers")
                .undo((from, to) -> new Set("files", from.name()))
                .step("promote", (from, to) -> new Set("primary", to.name()))
                .after("copy")
                .pointOfNoReturn()
                .step("start", (from, to) -> new Set("readers", to.name()))
                .after("promote")
                .restoresService()
                .build();
    }

    private JournalStore files() {
        return new FileJournalStore(home.resolve("journals"));
    }

    private static JournalStore postgres(String schema) {
        return new PostgresJournalStore(registry.node(), schema);
    }

    @Test
    void report_overFiles_isTheSameToTheByte() throws Exception {
        everyEnd(files());
    }

    @Test
    void report_overPostgres_isTheSameToTheByte() throws Exception {
        everyEnd(postgres(RegistryServer.schema()));
    }

    @Test
    void report_overBoth_isTheSameToTheByteFromEither() throws Exception {
        String schema = RegistryServer.schema();
        everyEnd(MirroredJournalStore.of("disk", files(), "registry", postgres(schema))
                .build());
        assertThat(postgres(schema).runs(KEY, 9))
                .isEqualTo(files().runs(KEY, 9))
                .hasSize(3);
    }

    @Test
    void report_oneOfBothLost_isTheSameToTheByte() throws Exception {
        PostgresNode gone = RegistryServer.node("127.0.0.1", 1);
        JournalStore left = MirroredJournalStore.of("registry", new PostgresJournalStore(gone), "disk", files())
                .goOnWithOne("ann", "the registry is gone")
                .build();
        everyEnd(left, VerifyJournal.DAMAGED);
        assertThat(files().runs(KEY, 1).get(0)).extracting(JournalEntry::kind).contains(JournalEntry.Kind.MIRROR_LOST);
    }

    /** A run that is undone, one that pauses and is resumed, and a failover back. */
    private void everyEnd(JournalStore journals) throws Exception {
        everyEnd(journals, VerifyJournal.INTACT);
    }

    private void everyEnd(JournalStore journals, int verified) throws Exception {
        PlanRunner runner = PlanRunner.journalingTo(journals).build();
        world.clear();
        world.putAll(Map.of("writers", "on", "files", "west", "primary", "west"));
        world.put("refused", "primary");
        assertSame(
                journals,
                verified,
                runner.run(plan(), SiteSwitch.switchoverFrom(WEST).to(EAST)),
                RunOutcome.UNDONE);
        world.put("refused", "readers");
        assertSame(
                journals,
                verified,
                runner.run(plan(), SiteSwitch.switchoverFrom(WEST).to(EAST)),
                RunOutcome.STOPPED);
        world.remove("refused");
        assertSame(
                journals,
                verified,
                runner.resume(plan(), SiteSwitch.switchoverFrom(WEST).to(EAST)),
                RunOutcome.SUCCEEDED);
        world.put("writers", "on");
        assertSame(
                journals,
                verified,
                runner.run(
                        plan(),
                        SiteSwitch.failoverFrom(EAST)
                                .to(WEST)
                                .since(
                                        Instant.parse("2026-01-02T03:04:05.678901Z"),
                                        Instant.parse("2026-01-02T03:05:05Z"))),
                RunOutcome.SUCCEEDED);
    }

    private void assertSame(JournalStore journals, int verified, RunReport own, RunOutcome outcome) throws IOException {
        assertThat(own.outcome()).as("%s", own.reason()).isEqualTo(outcome);
        RunReport again = RunReports.of(journals.runs(KEY, 1).get(0)).orElseThrow();
        assertThat(JsonReport.toJson(again)).isEqualTo(JsonReport.toJson(own));
        assertThat(HtmlReport.toHtml(again)).isEqualTo(HtmlReport.toHtml(own));

        Path reports = home.resolve("reports");
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        assertThat(VerifyJournal.run(
                        journals, Optional.of(reports), new PrintStream(said, true, StandardCharsets.UTF_8)))
                .as("%s", said)
                .isEqualTo(verified);
        assertThat(Files.readString(reports.resolve("shop-" + own.runId() + ".json")))
                .isEqualTo(JsonReport.toJson(own));
        assertThat(Files.readString(reports.resolve("shop-" + own.runId() + ".html")))
                .isEqualTo(HtmlReport.toHtml(own));
    }
}
