package io.drkit.samples.tworegion;

import io.drkit.core.event.ConsoleProgress;
import io.drkit.core.event.RunEvent;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.plan.Mode;
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
import io.drkit.core.time.Deadline;
import io.drkit.postgres.FlushSampler;
import io.drkit.postgres.PostgresNode;
import io.drkit.postgres.PostgresReplicaPromoter;
import io.drkit.testkit.dns.FakeDnsSwitcher;
import io.drkit.testkit.evidence.Evidence;
import io.drkit.testkit.ledger.Audit;
import io.drkit.testkit.ledger.LiveWriter;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;

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
    private final List<Path> folders = new ArrayList<>();
    private final Map<String, Moment> begins = new ConcurrentHashMap<>();

    private TwoRegionStack(PrintStream out, Path directory) {
        this.out = out;
        this.directory = directory;
    }

    /** Kept, as a logger that nobody keeps forgets its level. The simulated clusters' web servers log each request. */
    private static final Logger WEB_SERVERS = Logger.getLogger("io.fabric8.mockwebserver");

    public static void main(String[] args) throws IOException, InterruptedException, SQLException {
        WEB_SERVERS.setLevel(Level.WARNING);
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
            ShareSynchronizer<FileTree> shares = new FileTreeSynchronizer(clockwork);
            PostgresReplicaPromoter promoter =
                    PostgresReplicaPromoter.builder().clockwork(clockwork).build();
            try (ScheduledSync schedule = new ScheduledSync(shares, clockwork, Duration.ofSeconds(2))) {
                RecoveryPlan<ShopSite<PostgresNode>> plan =
                        ShopPlan.of(promoter, shares, FakeDnsSwitcher.of(regions.dns()), schedule);
                PlanRunner runner = PlanRunner.journalingTo(new FileJournalStore(directory.resolve("journal")))
                        .clockwork(clockwork)
                        .listener(progress)
                        .listener(event -> noteBegin(event, regions))
                        .build();
                ShopSite<PostgresNode> west = regions.west();
                ShopSite<PostgresNode> east = regions.east();
                schedule.begin(west, east);
                warmUp(regions);

                say("");
                runner.preview(plan, SiteSwitch.switchoverFrom(west).to(east)).printTo(out);
                try (FlushSampler sampler = promoter.sampling(west.database())) {
                    say("\n1. Switchover to the east, with everybody writing (" + sampler + ")");
                    act(
                            regions,
                            "switchover",
                            plan,
                            runner,
                            SiteSwitch.switchoverFrom(west).to(east));
                }
                warmUp(regions);
                try (FlushSampler sampler = promoter.sampling(east.database())) {
                    say("\n2. Failback: the same plan, the sites swapped (" + sampler + ")");
                    act(
                            regions,
                            "failback",
                            plan,
                            runner,
                            SiteSwitch.switchoverFrom(east).to(west));
                }
                warmUp(regions);
                awaitFileSync(schedule);
                try (FlushSampler sampler = promoter.sampling(west.database())) {
                    warmUp(regions);
                    say("\n3. The replication link breaks; a second later the west is lost (" + sampler + ")");
                    regions.cutReplication();
                    clockwork.sleep(Duration.ofSeconds(1));
                    Instant lost = clockwork.now();
                    regions.loseRegion(west);
                    act(
                            regions,
                            "failover",
                            plan,
                            runner,
                            SiteSwitch.failoverFrom(west).to(east).since(lost));
                }
            }
        }
        return conclude(Duration.ofNanos(clockwork.nanoTime() - began));
    }

    private ConsoleProgress progress() {
        ConsoleProgress.Builder builder = ConsoleProgress.to(out);
        // samples/run says whether somebody watches: what a JVM thinks of it differs from release to release
        return Boolean.getBoolean("drkit.sample.terminal")
                ? builder.live().ticking(clockwork).build()
                : builder.build();
    }

    private void say(String line) {
        out.println(line);
    }

    /** When a step began: what a report says is lost is counted back from there. */
    private record Moment(LiveWriter.Mark mark, long nanos) {}

    private void noteBegin(RunEvent event, TwoRegions regions) {
        if (event instanceof RunEvent.StepBegan step && !step.undo()) {
            begins.put(step.step(), new Moment(regions.writer().mark(), clockwork.nanoTime()));
        }
    }

    /** Until enough has been written that something could be lost. */
    private static void warmUp(TwoRegions regions) throws InterruptedException {
        LiveWriter writer = regions.writer();
        if (!writer.awaitAcknowledgedSince(writer.mark(), 500, Duration.ofSeconds(30))) {
            throw new IllegalStateException("No 500 rows were acknowledged within 30 s");
        }
    }

    /** A failover right after a failback would have no file sync to count from. */
    private void awaitFileSync(ScheduledSync schedule) throws InterruptedException {
        Deadline deadline = clockwork.deadline(Duration.ofSeconds(20));
        while (schedule.staleness().isEmpty()) {
            if (deadline.passed()) {
                throw new IllegalStateException("No file sync came through within 20 s");
            }
            clockwork.sleep(Duration.ofMillis(50));
        }
    }

    private void act(
            TwoRegions regions,
            String name,
            RecoveryPlan<ShopSite<PostgresNode>> plan,
            PlanRunner runner,
            SiteSwitch<ShopSite<PostgresNode>> siteSwitch)
            throws InterruptedException, IOException, SQLException {
        LiveWriter writer = regions.writer();
        LiveWriter.Mark before = writer.mark();
        RunReport report = runner.run(plan, siteSwitch);
        if (!writer.awaitAcknowledgedSince(writer.mark(), 200, Duration.ofSeconds(20))) {
            say("No client could write after the switch.");
        }
        Path folder = Files.createDirectories(directory.resolve((acts.size() + 1) + "-" + name));
        folders.add(folder);
        JsonReport.write(report, folder.resolve("report.json"));
        HtmlReport.write(report, folder.resolve("report.html"));

        Audit audit = writer.audit(regions.databaseUrl(siteSwitch.to()));
        Moment promoted = begun("promote database");
        String files = siteSwitch.mode() == Mode.FAILOVER ? "state what files miss" : "bring files over";
        Moment filesStated = begun(files);
        Duration rowsWindow = lossOf(report, "promote database");
        Duration filesWindow = lossOf(report, files);
        acts.add(new Act(
                name,
                report,
                audit.acknowledged(),
                audit.lost().size()
                        + audit.altered().size()
                        + audit.duplicated().size(),
                writer.acknowledgedBetween(promoted.mark().minus(rowsWindow), promoted.mark()),
                regions.producer().count(),
                regions.producer().missingIn(regions.share(siteSwitch.to())).size(),
                regions.producer().countBetween(filesStated.nanos() - filesWindow.toNanos(), filesStated.nanos()),
                writer.longestGapSince(before),
                regions.writableDatabases()));
    }

    private Moment begun(String step) {
        return Objects.requireNonNull(begins.get(step), step);
    }

    /** The span that the step said may be lost; none where it said nothing, as then nothing was admitted. */
    private static Duration lossOf(RunReport report, String step) {
        return report.losses().stream()
                .filter(stated -> stated.step().equals(step))
                .flatMap(stated -> stated.loss().time().stream())
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    private boolean conclude(Duration wall) throws IOException {
        say("");
        say(Act.HEAD);
        boolean good = true;
        for (Act act : acts) {
            say(act.line());
            act.writeEvidence();
            good &= act.good();
        }
        Evidence.atMost("two-region-wall-time", wall.toMillis() / 1000.0, "s", 60)
                .write();
        say("");
        say("\"told\" is what the report admitted to, counted in what was acknowledged within the span that it named.");
        say(String.format(Locale.ROOT, "The whole took %.1f s. In %s:", wall.toMillis() / 1000.0, directory));
        folders.forEach(folder -> say("  " + directory.relativize(folder) + "/report.html and report.json"));
        say("  journal/, databases/, share-west/ and share-east/");
        say(good ? "Nothing was lost beyond what was told." : "NOT AS PROMISED: see above.");
        return good;
    }
}
