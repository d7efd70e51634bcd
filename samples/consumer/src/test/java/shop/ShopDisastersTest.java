package shop;

import io.drkit.testkit.disaster.Disasters;
import io.drkit.testkit.disaster.Invariants;
import org.junit.jupiter.api.Test;
import shop.ShopRecovery.ShopSite;

/** The plan of the README in disasters by the thousand. */
class ShopDisastersTest {
    // example: disasters
    @Test
    void shop_survivesAnyDisaster() throws InterruptedException {
        Disasters.against(world -> ShopRecovery.plan(world.promoter(), world.dns()))
                .over(site -> new ShopSite<>(site.name(), site.database(), site.fence(), site.workloads(), site.host()))
                .traffic("shop.example.com")
                .serving(ShopRecovery.RUNTIME, 3)
                .runs(1_000)
                .holds(Invariants.all());
    }
    // end of example
}
