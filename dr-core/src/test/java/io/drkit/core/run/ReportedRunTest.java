package io.drkit.core.run;

import static io.drkit.core.run.World.EAST;
import static io.drkit.core.run.World.WEST;
import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.DataLoss;
import io.drkit.core.Site;
import io.drkit.core.action.Progress;
import io.drkit.core.event.ConsoleProgress;
import io.drkit.core.event.JsonLines;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.HtmlReport;
import io.drkit.core.report.JsonReport;
import io.drkit.core.report.RtoBreakdown;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.Verdict;
import io.drkit.core.time.Clockwork;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real run, shown and reported in every form. */
class ReportedRunTest {
    @TempDir
    Path directory;

    private final World world = new World();
    private final ByteArrayOutputStream terminal = new ByteArrayOutputStream();

    private RecoveryPlan<World.Place> plan() {
        return RecoveryPlan.<World.Place>named("shop")
                .rpo(Duration.ofMinutes(15))
                .rto(Duration.ofMinutes(30))
                .step("promote", (from, to) -> world.set("primary", to.name()))
                .pointOfNoReturn()
                .step("move DNS", (from, to) -> world.set("dns", to.name()))
                .after("promote")
                .restoresService()
                .build();
    }

    // docs/reports.md shows this method
    private static <S extends Site> RunReport runAndReport(
            RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch, Path directory, PrintStream terminal)
            throws IOException, InterruptedException {
        Clockwork clockwork = Clockwork.system();
        try (ConsoleProgress console =
                        ConsoleProgress.to(terminal).live().ticking(clockwork).build();
                Writer events = Files.newBufferedWriter(directory.resolve("events.jsonl"))) {
            PlanRunner runner = PlanRunner.journalingTo(new FileJournalStore(directory.resolve("journal")))
                    .clockwork(clockwork)
                    .listener(console)
                    .listener(new JsonLines(events))
                    .build();
            RunReport report = runner.run(plan, siteSwitch);
            JsonReport.write(report, directory.resolve("report.json"));
            HtmlReport.write(report, directory.resolve("report.html"));
            return report;
        }
    }

    @Test
    @DisplayName("C9, D12: every run measures RTO and RPO against the plan's objectives, and breaks the RTO down")
    void run_failover_measuredAndReported() throws Exception {
        world.after.put("primary", context -> {
            context.progress(Progress.of("replaying", 5, 10, "bytes"));
            context.record("timeline", "4");
            context.report(DataLoss.none("database shop", "the primary was fenced first"));
        });
        // one minute ago, on the same clock as the run's
        Instant outage = Clockwork.system().now().minusSeconds(60);

        RunReport report = runAndReport(
                plan(),
                SiteSwitch.failoverFrom(WEST).to(EAST).since(outage),
                directory,
                new PrintStream(terminal, true, "UTF-8"));

        assertThat(Verdict.rto(report)).isEqualTo(Verdict.MET);
        assertThat(Verdict.rpo(report)).isEqualTo(Verdict.MET);
        RtoBreakdown breakdown = RtoBreakdown.of(report).orElseThrow();
        assertThat(breakdown.parts().get(0).what()).isEqualTo("detection and decision");
        assertThat(breakdown.parts().stream().map(RtoBreakdown.Part::took).reduce(Duration.ZERO, Duration::plus))
                .isEqualTo(report.achievedRto().orElseThrow());
        assertThat(JsonReport.read(directory.resolve("report.json"))).isEqualTo(report);
        assertThat(directory.resolve("report.html")).content().contains("The switch is done");
        assertThat(Files.readAllLines(directory.resolve("events.jsonl")))
                .hasSizeGreaterThan(8)
                .last()
                .asString()
                .startsWith("{\"event\":\"RunEnded\"");
        assertThat(terminal.toString(StandardCharsets.UTF_8))
                .contains("promote: recorded timeline = 4")
                .contains("✓ move DNS: done")
                .contains("SUCCEEDED  shop: failover west → east");
    }

    @Test
    void run_blockedPastThePointOfNoReturn_everyFormSaysStopped() throws Exception {
        world.blocked.put("dns", "the zone is locked");

        RunReport report = runAndReport(
                plan(), SiteSwitch.failoverFrom(WEST).to(EAST), directory, new PrintStream(terminal, true, "UTF-8"));

        assertThat(report.objectivesMet()).isFalse();
        assertThat(directory.resolve("report.html"))
                .content()
                .contains("The run is past its point of no return", "the zone is locked")
                .doesNotContain("The switch is done");
        assertThat(terminal.toString(StandardCharsets.UTF_8))
                .contains("STOPPED  shop: failover west → east")
                .contains("resume run " + report.runId())
                .doesNotContain("SUCCEEDED");
    }

    @Test
    void reportsOf_theJournalAlone_areThoseOfTheRunToTheByte() throws Exception {
        world.after.put("primary", context -> {
            context.record("timeline", "4");
            context.report(DataLoss.none("database shop", "the primary was fenced first"));
        });
        world.blocked.put("dns", "the zone is locked");
        PlanRunner runner =
                PlanRunner.journalingTo(new FileJournalStore(directory)).build();
        SiteSwitch<World.Place> over = SiteSwitch.failoverFrom(WEST).to(EAST).since(Instant.parse("2026-01-01T00:00:00Z"));
        RunReport stopped = runner.run(plan(), over);
        assertThat(latest()).isEqualTo(stopped);
        world.blocked.clear();
        RunReport done = runner.resume(plan(), over);

        assertThat(latest()).isEqualTo(done);
        assertThat(JsonReport.toJson(latest())).isEqualTo(JsonReport.toJson(done));
        assertThat(HtmlReport.toHtml(latest())).isEqualTo(HtmlReport.toHtml(done));
        assertThat(done.resumptions()).isEqualTo(1);
    }

    private RunReport latest() {
        try (Journal journal = new FileJournalStore(directory).open(new JournalKey("shop", "west", "east"))) {
            return RunReports.of(journal.latestRun()).orElseThrow();
        }
    }
}
