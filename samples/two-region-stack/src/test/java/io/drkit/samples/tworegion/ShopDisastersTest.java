package io.drkit.samples.tworegion;

import io.drkit.core.plan.RecoveryPlan;
import io.drkit.testkit.disaster.Disasters;
import io.drkit.testkit.disaster.Invariants;
import io.drkit.testkit.disaster.SimulatedSite;
import io.drkit.testkit.disaster.World;
import io.drkit.testkit.replica.FakeDatabase;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The shop's plan, the very value that the sample runs, in disasters by the thousand. */
class ShopDisastersTest {
    // example: disasters
    @Test
    void shop_survivesAnyDisaster() throws InterruptedException {
        Disasters.against(ShopDisastersTest::plan)
                .over(ShopDisastersTest::site)
                .traffic(ShopPlan.SHOP)
                .alias(ShopPlan.DATABASE) // the pods of a region write to its own database
                .serving(ShopPlan.RUNTIME, 2)
                .working(ShopPlan.LISTENER, 1)
                .working(ShopPlan.QUEUE, 1)
                .files("web/repository", "recovery", "reprocessing")
                .runs(1_000)
                .holds(Invariants.all());
    }

    private static ShopSite<FakeDatabase> site(SimulatedSite site) {
        return new ShopSite<>(
                site.name(),
                site.workloads(),
                site.database(),
                site.fence(),
                site.files(),
                site.host(),
                site.databaseHost());
    }

    private static RecoveryPlan<ShopSite<FakeDatabase>> plan(World world) {
        ScheduledSync schedule = new ScheduledSync(world.shares(), world.clockwork(), Duration.ofMinutes(1));
        if (world.atTheBeginning()) {
            schedule.begin(site(world.west()), site(world.east()));
        }
        return ShopPlan.of(world.promoter(), world.shares(), world.dns(), schedule);
    }
    // end of example
}
