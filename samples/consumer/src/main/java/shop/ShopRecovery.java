package shop;

import static java.time.Duration.ofMinutes;

import io.drkit.core.Site;
import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;

/** The recovery of a shop that keeps no data: what the README shows. */
final class ShopRecovery {
    static final Workload RUNTIME = Workload.deployment("runtime");

    private ShopRecovery() {}

    // example: plan
    /** What one of our regions is made of. */
    record ShopSite(String name, String host, WorkloadScaler workloads) implements Site {}

    static RecoveryPlan<ShopSite> plan(DnsSwitcher dns) {
        return RecoveryPlan.<ShopSite>named("shop")
                .objectives(ofMinutes(1), ofMinutes(15)) // RPO, RTO
                .step("stop writers", (from, to) -> from.workloads().toZero(RUNTIME))
                    .undo((from, to) -> from.workloads().restore(RUNTIME))
                .step("start writers", (from, to) -> to.workloads().restore(RUNTIME))
                    .undo((from, to) -> to.workloads().toZero(RUNTIME))
                    .after("stop writers")
                .step("move traffic", (from, to) -> dns.pointTo("shop.example.com", to.host()))
                    .after("start writers").pointOfNoReturn().restoresService()
                .build();
    }
    // end of example
}
