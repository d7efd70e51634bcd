package shop;

import static io.drkit.core.plan.SiteSwitch.failoverFrom;
import static io.drkit.core.plan.SiteSwitch.switchoverFrom;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static shop.ShopRecovery.RUNTIME;

import io.drkit.core.action.ActionExecutor;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.testkit.dns.FakeDnsSwitcher;
import io.drkit.testkit.dns.FakeDnsZone;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.replica.FakeDatabase;
import io.drkit.testkit.replica.FakeDatabases;
import io.drkit.testkit.time.VirtualClockwork;
import io.drkit.testkit.workload.FakeWorkloadScaler;
import io.drkit.testkit.workload.FakeWorkloads;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import shop.ShopRecovery.ShopSite;

/** The plan of the README in ordinary unit tests: two sites in memory, and minutes that cost nothing. */
class ShopRecoveryTest {
    private final VirtualClockwork time = VirtualClockwork.seeded(42);
    private final FakeDatabases databases = FakeDatabases.on(time);
    private final FakeDatabase westDatabase = databases.primary("west");
    private final FakeDatabase eastDatabase = databases.replicaOf(westDatabase, "east");
    private final FakeWorkloads westWorkloads = FakeWorkloads.on(time);
    private final FakeWorkloads eastWorkloads = FakeWorkloads.on(time);
    private final FakeDnsZone zone = FakeDnsZone.on(time);
    private final ShopSite<FakeDatabase> west = site("west", westDatabase, westWorkloads);
    private final ShopSite<FakeDatabase> east = site("east", eastDatabase, eastWorkloads);
    private final RecoveryPlan<ShopSite<FakeDatabase>> plan =
            ShopRecovery.plan(databases.promoter(), FakeDnsSwitcher.of(zone));
    private final PlanRunner runner =
            PlanRunner.journalingTo(new InMemoryJournalStore()).clockwork(time).build();

    private static ShopSite<FakeDatabase> site(String name, FakeDatabase database, FakeWorkloads workloads) {
        return new ShopSite<>(
                name, database, database.fence(), FakeWorkloadScaler.of(workloads), name + ".example.com");
    }

    @BeforeEach
    void westIsActive() throws Exception {
        zone.record("shop.example.com", "west.example.com", Duration.ofSeconds(30));
        westWorkloads.run(RUNTIME, 3);
        eastWorkloads.run(RUNTIME, 2);
        time.run(() -> ActionExecutor.on(time).execute(east.workloads().toZero(RUNTIME)));
    }

    @AfterEach
    void endTheTime() {
        time.close();
    }

    // example: test
    @Test
    void switchover_andBack_losesNothing() throws Exception {
        westDatabase.write("order 1");
        RunReport over = time.run(() -> runner.run(plan, switchoverFrom(west).to(east)));

        eastDatabase.write("order 2");
        RunReport back = time.run(() -> runner.run(plan, switchoverFrom(east).to(west)));

        assertTrue(over.succeeded() && back.succeeded());
        assertTrue(westDatabase.writable() && !eastDatabase.writable());
        assertTrue(westDatabase.rows().contains("order 1") && westDatabase.rows().contains("order 2"));
    }
    // end of example

    @Test
    void switchover_toTheOtherSite_movesEverything() throws Exception {
        RunReport report = time.run(() -> runner.run(plan, switchoverFrom(west).to(east)));

        assertTrue(report.succeeded(), report::toString);
        assertEquals(0, westWorkloads.truth(RUNTIME).pods());
        assertEquals(2, eastWorkloads.truth(RUNTIME).ready());
        assertEquals("east.example.com", zone.resolver().resolve("shop.example.com").orElseThrow());
    }

    @Test
    void failover_afterACrash_goesOnInTheOtherSite() throws Exception {
        westDatabase.write("order 1");
        time.run(() -> time.sleep(Duration.ofSeconds(1)));
        westDatabase.crash();

        RunReport report = time.run(() -> runner.run(plan, failoverFrom(west).to(east)));

        assertTrue(report.succeeded(), report::toString);
        assertTrue(eastDatabase.writable() && !westDatabase.writable());
        assertTrue(eastDatabase.rows().contains("order 1"));
        assertEquals("east.example.com", zone.resolver().resolve("shop.example.com").orElseThrow());
    }

    @Test
    void failover_whoseFenceIsNotConfirmed_promotesNothing() throws Exception {
        westDatabase.reachable(false);

        RunReport report = time.run(() -> runner.run(plan, failoverFrom(west).to(east)));

        assertEquals(RunOutcome.STOPPED, report.outcome());
        assertFalse(eastDatabase.writable());
        assertEquals("west.example.com", zone.resolver().resolve("shop.example.com").orElseThrow());
    }
}
