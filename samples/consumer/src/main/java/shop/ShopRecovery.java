package shop;

import static io.drkit.core.plan.Mode.SWITCHOVER;
import static io.drkit.core.replica.FailoverTerms.fencedBy;
import static java.time.Duration.ofMinutes;

import io.drkit.core.Site;
import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.replica.Fence;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;

/** The recovery of a shop: what the README shows. */
final class ShopRecovery {
    static final Workload RUNTIME = Workload.deployment("runtime");

    private ShopRecovery() {}

    // example: plan
    /** What one of our regions is made of. D is a database server: a real one, or one of the testkit's. */
    record ShopSite<D>(String name, D database, Fence fence, WorkloadScaler workloads, String host) implements Site {}

    static <D> RecoveryPlan<ShopSite<D>> plan(ReplicaPromoter<D> promoter, DnsSwitcher dns) {
        return RecoveryPlan.<ShopSite<D>>named("shop")
                .rpo(ofMinutes(1))
                .rto(ofMinutes(15))
                .step("stop writers", (from, to) -> from.workloads().toZero(RUNTIME))
                    .undo((from, to) -> from.workloads().restore(RUNTIME))
                    .onlyIn(SWITCHOVER)
                .step("promote", (from, to) -> promoter.switchover(from.database(), to.database()))
                    .inFailover((from, to) -> promoter.failover(from.database(), to.database(), fencedBy(from.fence())))
                    .after("stop writers").pointOfNoReturn()
                .step("start writers", (from, to) -> to.workloads().restore(RUNTIME))
                    .after("promote")
                .step("move traffic", (from, to) -> dns.pointTo("shop.example.com", to.host()))
                    .after("start writers").restoresService()
                .build();
    }
    // end of example
}
