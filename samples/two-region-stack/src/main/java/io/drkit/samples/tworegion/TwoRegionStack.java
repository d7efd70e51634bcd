package io.drkit.samples.tworegion;

import io.drkit.core.event.ConsoleProgress;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.HtmlReport;
import io.drkit.core.report.JsonReport;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.FileTreeSynchronizer;
import io.drkit.core.share.ShareSynchronizer;
import io.drkit.core.time.Clockwork;
import io.drkit.postgres.FlushSampler;
import io.drkit.postgres.PostgresReplicaPromoter;
import io.drkit.testkit.dns.FakeDnsSwitcher;
import io.drkit.testkit.ledger.Audit;
import io.drkit.testkit.ledger.LiveWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves a whole stack from the west to the east and back, and once more when the west is lost, while its users go on writing; then
 * counts what they were promised and what is there.
 *
 * <pre>samples/run two-region-stack [directory]</pre>
 *
 * <p>The reports, the journals and the regions' data are left in the directory, by default a new temporary one. Exits with 1 when
 * a switch did not succeed, a planned one lost anything, or the surprise cost more than the report said.
 */
public final class TwoRegionStack {
    private final PrintStream out;
    private final Path directory;
    private final Clockwork clockwork = Clockwork.system();
    private final List<Act> acts = new ArrayList<>();

    private TwoRegionStack(PrintStream out, Path directory) {
        this.out = out;
        this.directory = directory;
    }

    public static void main(String[] args) throws IOException, InterruptedException, SQLException {
        Path directory = args.length > 0
                ? Files.createDirectories(Path.of(args[0]))
                : Files.createTempDirectory("drkit-two-region-stack-");
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        boolean good = new TwoRegionStack(out, directory).play();
        out.flush();
        System.exit(good ? 0 : 1);
    }

    private boolean play() throws IOException, InterruptedException, SQLException {
        long began = clockwork.nanoTime();
        say("Starting two regions: a PostgreSQL pair, two clusters, two shares, a DNS zone …");
        try (TwoRegions regions = TwoRegions.start(clockwork, directory);
                ConsoleProgress progress = progress()) {
            ShareSynchronizer<FileTree> shares = FileTreeSynchronizer.on(clockwork);
            PostgresReplicaPromoter promoter = PostgresReplicaPromoter.builder().clockwork(clockwork).build();
            try (ScheduledSync schedule = new ScheduledSync(shares, clockwork, Duration.ofSeconds(2))) {
                RecoveryPlan<ShopSite> plan =
                        ShopPlan.of(promoter, shares, FakeDnsSwitcher.of(regions.dns()), schedule);
                PlanRunner runner = PlanRunner.journalingTo(new FileJournalStore(directory.resolve("journal")))
                        .clockwork(clockwork)
                        .listener(progress)
                        .build();
                ShopSite west = regions.west();
                ShopSite east = regions.east();
                schedule.begin(west, east);
                warmUp(regions);

                say("");
                say("What a switchover would do now:");
                runner.preview(plan, SiteSwitch.switchover(west, east)).printTo(out);

                try (FlushSampler sampler = promoter.sampling(west.database())) {
                    act(regions, "1 switchover", plan, runner, SiteSwitch.switchover(west, east));
                }
                try (FlushSampler sampler = promoter.sampling(east.database())) {
                    act(regions, "2 failback", plan, runner, SiteSwitch.switchover(east, west));
                }
                try (FlushSampler sampler = promoter.sampling(west.database())) {
                    warmUp(regions);
                    say("");
                    say("The replication link breaks; half a second later the west is lost (kill -9) …");
                    regions.cutReplication();
                    clockwork.sleep(Duration.ofMillis(500));
                    regions.loseRegion(west);
                    act(
                            regions,
                            "3 failover",
                            plan,
                            runner,
                            SiteSwitch.failover(west, east).since(clockwork.now()));
                }
            }
        }
        Duration wall = Duration.ofNanos(clockwork.nanoTime() - began);
        return conclude(wall);
    }

    /** What one switch was, and what the audit after it found. */
    private record Act(
            String name,
            RunReport report,
            int rows,
            int rowsLost,
            long rowsReportedLost,
            int files,
            int filesLost,
            long filesReportedLost,
            Duration writeGap,
            int writableDatabases) {
        boolean good() {
            return report.succeeded()
                    && rowsLost <= rowsReportedLost
                    && filesLost <= filesReportedLost
                    && writableDatabases == 1;
        }
    }

    /** Enough has been written that something could be lost. */
    private static void warmUp(TwoRegions regions) throws InterruptedException {
        regions.writer().awaitAcknowledgedSince(regions.writer().mark(), 500, Duration.ofSeconds(30));
    }

    private void act(
            TwoRegions regions,
            String name,
            RecoveryPlan<ShopSite> plan,
            PlanRunner runner,
            SiteSwitch<ShopSite> siteSwitch)
            throws InterruptedException, IOException, SQLException {
        say("");
        LiveWriter writer = regions.writer();
        LiveWriter.Mark before = writer.mark();
        long beganAt = clockwork.nanoTime();
        RunReport report = runner.run(plan, siteSwitch);
        if (!writer.awaitAcknowledgedSince(writer.mark(), 200, Duration.ofSeconds(20))) {
            say("No client could write after the switch.");
        }
        Path folder = Files.createDirectories(directory.resolve(name.replace(' ', '-')));
        JsonReport.write(report, folder.resolve("report.json"));
        HtmlReport.write(report, folder.resolve("report.html"));

        Audit audit = writer.audit(regions.databaseUrl(siteSwitch.to()));
        Duration rowsWindow = lossOf(report, "database");
        Duration filesWindow = lossOf(report, "files");
        acts.add(new Act(
                name,
                report,
                audit.acknowledged(),
                audit.lost().size() + audit.altered().size() + audit.duplicated().size(),
                rowsWindow.isZero() ? 0 : writer.acknowledgedBetween(before.minus(rowsWindow), before),
                regions.producer().count(),
                regions.producer().missingIn(regions.share(siteSwitch.to())).size(),
                filesWindow.isZero() ? 0 : regions.producer().countSince(beganAt - filesWindow.toNanos()),
                writer.longestGapSince(before),
                regions.writableDatabases()));
    }
}
