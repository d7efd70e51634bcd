package shop;

import static io.drkit.core.plan.SiteSwitch.switchover;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static shop.ShopRecovery.RUNTIME;

import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.testkit.dns.FakeDnsSwitcher;
import io.drkit.testkit.dns.FakeDnsZone;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.time.VirtualClockwork;
import io.drkit.testkit.workload.FakeWorkloadScaler;
import io.drkit.testkit.workload.FakeWorkloads;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import shop.ShopRecovery.ShopSite;

/** The plan of the README, in an ordinary unit test: two sites in memory, and minutes that cost nothing. */
class ShopRecoveryTest {
    private final VirtualClockwork time = VirtualClockwork.seeded(42);
    private final FakeWorkloads west = FakeWorkloads.on(time);
    private final FakeWorkloads east = FakeWorkloads.on(time);
    private final FakeDnsZone zone = FakeDnsZone.on(time);
    private final ShopSite westSite = new ShopSite("west", "west.example.com", FakeWorkloadScaler.of(west));
    private final ShopSite eastSite = new ShopSite("east", "east.example.com", FakeWorkloadScaler.of(east));
    private final RecoveryPlan<ShopSite> plan = ShopRecovery.plan(FakeDnsSwitcher.of(zone));
    private final PlanRunner runner =
            PlanRunner.journalingTo(new InMemoryJournalStore()).clockwork(time).build();

    @AfterEach
    void endTheTime() {
        time.close();
    }

    private void standby() throws Exception {
        west.run(RUNTIME, 3);
        east.run(RUNTIME, 2);
        zone.record("shop.example.com", "west.example.com", Duration.ofSeconds(30));
        time.run(() -> io.drkit.core.action.ActionExecutor.on(time).execute(eastSite.workloads().toZero(RUNTIME)));
    }

    @Test
    void switchover_andBack_endsAsItBegan() throws Exception {
        standby();

        RunReport over = time.run(() -> runner.run(plan, switchover(westSite, eastSite)));

        assertTrue(over.succeeded(), over::toString);
        assertEquals(0, west.truth(RUNTIME).pods());
        assertEquals(2, east.truth(RUNTIME).ready());
        assertEquals("east.example.com", zone.resolver().resolve("shop.example.com").orElseThrow());

        RunReport back = time.run(() -> runner.run(plan, switchover(eastSite, westSite)));

        assertTrue(back.succeeded(), back::toString);
        assertEquals(3, west.truth(RUNTIME).ready());
        assertEquals(0, east.truth(RUNTIME).pods());
    }

    @Test
    void switchover_whosePodsDoNotBecomeReady_isUndone() throws Exception {
        standby();
        east.keepUnready(RUNTIME, "the image cannot be pulled");

        RunReport report = time.run(() -> runner.run(plan, switchover(westSite, eastSite)));

        assertEquals(RunOutcome.UNDONE, report.outcome());
        assertEquals(3, west.truth(RUNTIME).ready());
        assertEquals("west.example.com", zone.resolver().resolve("shop.example.com").orElseThrow());
    }
}
