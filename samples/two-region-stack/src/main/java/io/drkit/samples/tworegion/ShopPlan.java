package io.drkit.samples.tworegion;

import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.core.share.CompareMode;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.ShareSynchronizer;
import io.drkit.core.share.SyncOptions;
import io.drkit.core.share.WritersStopped;
import io.drkit.core.workload.Workload;
import java.time.Duration;
import java.util.Map;

/** The recovery plan of the shop: the same value for the way over, the way back, a drill and a disaster. */
final class ShopPlan {
    static final String SHOP = "shop.example";
    static final String DATABASE = "db.shop.example";

    static final Workload RUNTIME = Workload.deployment("runtime");
    static final Workload LISTENER = Workload.deployment("listener");
    static final Workload QUEUE = Workload.statefulSet("rabbitmq");

    /** Newer wins: a switchover that is begun again when it is done overwrites nothing that was written at the other site. */
    static final SyncOptions SHARED = SyncOptions.builder()
            .subTrees("web/repository", "recovery", "reprocessing")
            .compare(CompareMode.NEWER_WINS)
            .allowEmptySource()
            .build();

    private ShopPlan() {}

    // example: plan
    static <D> RecoveryPlan<ShopSite<D>> of(
            ReplicaPromoter<D> promoter, ShareSynchronizer<FileTree> shares, DnsSwitcher dns, ScheduledSync schedule) {
        return RecoveryPlan.<ShopSite<D>>named("shop")
                .rpo(Duration.ofSeconds(15))
                .rto(Duration.ofSeconds(30))
                .step("pause file sync", (from, to) -> schedule.paused())
                .undo((from, to) -> schedule.running(from, to))
                .step("stop apps", (from, to) -> from.workloads().toZero(RUNTIME, LISTENER, QUEUE))
                .undo((from, to) -> from.workloads().restore(RUNTIME, LISTENER, QUEUE))
                .onlyIn(Mode.SWITCHOVER)
                .step(
                        "bring files over",
                        (from, to) -> shares.finalSync(
                                from.files(),
                                to.files(),
                                SHARED,
                                WritersStopped.shownBy(from.workloads().toZero(RUNTIME, LISTENER, QUEUE))))
                .onlyIn(Mode.SWITCHOVER)
                .nothingToUndo("a newer copy on the standby side hurts nobody")
                .after("pause file sync", "stop apps")
                .step("promote database", (from, to) -> promoter.switchover(from.database(), to.database()))
                .inFailover((from, to) -> promoter.failover(
                        from.database(),
                        to.database(),
                        FailoverTerms.fencedBy(from.fence()).acceptingLoss(Duration.ofSeconds(15))))
                .after("bring files over")
                .pointOfNoReturn()
                .step("move database name", (from, to) -> dns.pointTo(DATABASE, to.databaseHost()))
                .after("promote database")
                .step("start queue", (from, to) -> to.workloads().scaleTo(Map.of(QUEUE, 1)))
                .after("promote database")
                .step("start apps", (from, to) -> to.workloads().scaleTo(Map.of(RUNTIME, 2, LISTENER, 1)))
                .after("start queue", "move database name")
                .step("move traffic", (from, to) -> dns.pointTo(SHOP, to.ingress()))
                .after("start apps")
                .restoresService()
                .step("state what files miss", (from, to) -> schedule.statesWhatItMissed(dns, SHOP))
                .after("move traffic") // until then users may leave files in a region that is not as dead as it seems
                .onlyIn(Mode.FAILOVER)
                .step("sync files the other way", (from, to) -> schedule.running(to, from))
                .after("move traffic")
                .onlyIn(Mode.SWITCHOVER)
                .build();
    }
    // end of example
}
