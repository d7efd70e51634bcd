package io.drkit.samples.tworegion;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.Preview;
import io.drkit.core.share.FileTreeSynchronizer;
import io.drkit.testkit.dns.FakeDnsSwitcher;
import io.drkit.testkit.dns.FakeDnsZone;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.replica.FakeDatabase;
import io.drkit.testkit.replica.FakeDatabases;
import io.drkit.testkit.share.InMemoryFileTree;
import io.drkit.testkit.time.VirtualClockwork;
import io.drkit.testkit.workload.FakeWorkloadScaler;
import io.drkit.testkit.workload.FakeWorkloads;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The shop's plan before any disaster: in memory, in virtual time, in milliseconds. */
class ShopPlanTest {
    private final VirtualClockwork time = VirtualClockwork.seeded(3);
    private final FakeDatabases databases = FakeDatabases.on(time);
    private final FakeDatabase westDatabase = databases.primary("west");
    private final FakeDatabase eastDatabase = databases.replicaOf(westDatabase, "east");
    private final FakeWorkloads westPods = FakeWorkloads.on(time);
    private final FakeWorkloads eastPods = FakeWorkloads.on(time);
    private final InMemoryFileTree westFiles = InMemoryFileTree.named("west");
    private final InMemoryFileTree eastFiles = InMemoryFileTree.named("east");
    private final FakeDnsZone zone = FakeDnsZone.on(time);
    private final ShopSite<FakeDatabase> west = site("west", westDatabase, westPods, westFiles);
    private final ShopSite<FakeDatabase> east = site("east", eastDatabase, eastPods, eastFiles);
    private final FileTreeSynchronizer shares = new FileTreeSynchronizer(time);
    private final ScheduledSync schedule = new ScheduledSync(shares, time, Duration.ofMinutes(15));
    private final RecoveryPlan<ShopSite<FakeDatabase>> plan =
            ShopPlan.of(databases.promoter(), shares, FakeDnsSwitcher.of(zone), schedule);
    private final PlanRunner runner =
            PlanRunner.journalingTo(new InMemoryJournalStore()).clockwork(time).build();

    private static ShopSite<FakeDatabase> site(
            String name, FakeDatabase database, FakeWorkloads pods, InMemoryFileTree files) {
        return new ShopSite<>(
                name, FakeWorkloadScaler.of(pods), database, database.fence(), files, "ingress." + name, "db." + name);
    }

    @BeforeEach
    void westServes() throws Exception {
        zone.record(ShopPlan.SHOP, "ingress.west", Duration.ofSeconds(10));
        zone.record(ShopPlan.DATABASE, "db.west", Duration.ofSeconds(10));
        pods(westPods, 2, 1, 1);
        pods(eastPods, 0, 0, 0);
        schedule.begin(west, east);
        write("recovery/1", "first");
        time.run(() -> time.sleep(Duration.ofMinutes(20)));
    }

    @AfterEach
    void endTheTime() {
        time.close();
    }

    private static void pods(FakeWorkloads pods, int runtime, int listener, int queue) {
        pods.run(ShopPlan.RUNTIME, runtime);
        pods.run(ShopPlan.LISTENER, listener);
        pods.run(ShopPlan.QUEUE, queue);
    }

    private void write(String path, String content) {
        for (String folder : new String[] {"web/repository", "recovery", "reprocessing"}) {
            westFiles.file(folder + "/keep", new byte[] {1}, time.now());
        }
        westFiles.file(path, content.getBytes(StandardCharsets.UTF_8), time.now());
    }

    private RunReport run(SiteSwitch<ShopSite<FakeDatabase>> siteSwitch) throws Exception {
        return time.run(() -> runner.run(plan, siteSwitch));
    }

    private static StepStatus status(RunReport report, String step) {
        return report.steps().stream()
                .filter(s -> s.name().equals(step))
                .findFirst()
                .orElseThrow()
                .status();
    }

    @Test
    @DisplayName("A1, A3, A5, A7, A9, A10, D4, D6: over and back, nothing lost, one primary")
    void switchover_andBack_losesNothing() throws Exception {
        westDatabase.write("order 1");
        write("recovery/2", "just now");

        RunReport over = run(SiteSwitch.switchoverFrom(west).to(east));

        assertThat(over.succeeded()).as(over.toString()).isTrue();
        assertThat(over.objectivesMet()).isTrue();
        assertThat(eastDatabase.writable()).isTrue();
        assertThat(westDatabase.writable()).isFalse();
        assertThat(eastDatabase.rows()).contains("order 1");
        assertThat(eastFiles.stat(io.drkit.core.share.TreePath.of("recovery/2")))
                .isPresent();
        assertThat(westPods.truth(ShopPlan.RUNTIME).pods()).isZero();
        assertThat(zone.resolver().resolve(ShopPlan.SHOP)).contains("ingress.east");

        RunReport back = run(SiteSwitch.switchoverFrom(east).to(west));

        assertThat(back.succeeded()).as(back.toString()).isTrue();
        assertThat(westDatabase.writable()).isTrue();
        assertThat(westPods.truth(ShopPlan.RUNTIME).ready()).isEqualTo(2);
    }

    @Test
    void switchover_promotionRefused_putsTheWestBackToWork() throws Exception {
        databases.cutReplication(true);
        westDatabase.write("order 1");

        RunReport report = run(SiteSwitch.switchoverFrom(west).to(east));

        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(westDatabase.writable()).isTrue();
        assertThat(westPods.truth(ShopPlan.RUNTIME).ready()).isEqualTo(2);
        assertThat(zone.resolver().resolve(ShopPlan.SHOP)).contains("ingress.west");
    }

    @Test
    @DisplayName("A15: only one side processes data, also when an answer is lost")
    void switchover_answerOfThePromotionLost_endsWithOnePrimary() throws Exception {
        databases.faults().next("promote east", Fault.answerLost());

        RunReport report = run(SiteSwitch.switchoverFrom(west).to(east));

        assertThat(report.succeeded()).as(report.toString()).isTrue();
        assertThat(eastDatabase.writable()).isTrue();
        assertThat(westDatabase.writable()).isFalse();
    }

    @Test
    void switchover_podsDoNotComeUpInTheEast_stopsAndIsResumed() throws Exception {
        eastPods.keepUnready(ShopPlan.RUNTIME, "no room");

        RunReport stopped = run(SiteSwitch.switchoverFrom(west).to(east));

        assertThat(stopped.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(stopped.reason()).hasValueSatisfying(why -> assertThat(why).contains("no room"));
        assertThat(zone.resolver().resolve(ShopPlan.SHOP))
                .as("no traffic to a site that is not ready")
                .contains("ingress.west");

        eastPods.keepUnready(ShopPlan.RUNTIME, null);
        RunReport resumed = time.run(
                () -> runner.resume(plan, SiteSwitch.switchoverFrom(west).to(east)));

        assertThat(resumed.succeeded()).as(resumed.toString()).isTrue();
    }

    @Test
    @DisplayName("D7: what a failover costs in files is the time since the last sync began")
    void failover_westIsLost_promotesBehindAFenceAndSaysWhatIsLost() throws Exception {
        databases.sampled(true);
        time.run(() -> time.sleep(Duration.ofMinutes(5)));
        write("recovery/2", "after the last sync");
        westDatabase.crash();
        Instant lost = time.now();

        RunReport report = run(SiteSwitch.failoverFrom(west).to(east).since(lost));

        assertThat(report.succeeded()).as(report.toString()).isTrue();
        assertThat(status(report, "promote database")).isEqualTo(StepStatus.DONE);
        assertThat(eastDatabase.writable()).isTrue();
        westDatabase.reboot();
        assertThat(westDatabase.writable()).as("fenced, also after a reboot").isFalse();
        assertThat(report.achievedRpo())
                .hasValueSatisfying(rpo -> assertThat(rpo)
                        .isBetween(Duration.ofMinutes(5), Duration.ofMinutes(15).plusSeconds(30)));
        assertThat(report.objectivesMet()).as("15 s were wanted").isFalse();
    }

    @Test
    @DisplayName("D11: a preview of the whole plan touches nothing")
    void preview_touchesNothing() throws Exception {
        Preview preview = time.run(
                () -> runner.preview(plan, SiteSwitch.switchoverFrom(west).to(east)));

        assertThat(preview.steps()).hasSize(9);
        assertThat(westDatabase.writable()).isTrue();
        assertThat(westPods.truth(ShopPlan.RUNTIME).ready()).isEqualTo(2);
    }
}
