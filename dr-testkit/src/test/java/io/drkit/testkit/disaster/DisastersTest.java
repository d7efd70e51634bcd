package io.drkit.testkit.disaster;

import static java.time.Duration.ofMinutes;

import io.drkit.core.DataLoss;
import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.Fence;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.SyncOptions;
import io.drkit.core.share.WritersStopped;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.testkit.replica.FakeDatabase;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DisastersTest {
    static final String SHOP = "shop.example.com";
    static final String DATABASE = "db.shop.example.com";
    static final Workload APP = Workload.deployment("app");
    static final Workload WEB = Workload.deployment("web");
    static final Workload QUEUE = Workload.statefulSet("queue");
    static final SyncOptions FILES =
            SyncOptions.builder().subTrees("orders").concurrency(1).build();

    record Place(
            String name,
            FakeDatabase database,
            Fence fence,
            WorkloadScaler workloads,
            FileTree files,
            String host,
            String databaseHost)
            implements Site {
        static Place of(SimulatedSite site) {
            return new Place(
                    site.name(),
                    site.database(),
                    site.fence(),
                    site.workloads(),
                    site.files(),
                    site.host(),
                    site.databaseHost());
        }
    }

    /** Nothing is brought over in a failover, and that is said. */
    static Action<Optional<String>> stateFiles() {
        return new Action<>() {
            @Override
            public String describe() {
                return "state that the files of the other site are not brought over";
            }

            @Override
            public Optional<String> observe(ActionContext context) {
                return context.recorded("stated");
            }

            @Override
            public Assessment assess(Optional<String> observed) {
                return observed.isPresent() ? Assessment.done("stated") : Assessment.needed("the report");
            }

            @Override
            public void apply(Optional<String> observed, ActionContext context) {
                context.report(DataLoss.unknown("files", DataLoss.Stage.ACHIEVED, "no sync was possible"));
                context.record("stated", "unknown");
            }
        };
    }

    static RecoveryPlan<Place> plan(World world) {
        var dns = world.dns();
        var promoter = world.promoter();
        var shares = world.shares();
        return RecoveryPlan.<Place>named("shop")
                .objectives(ofMinutes(1), ofMinutes(15))
                .step("stop web", (from, to) -> from.workloads().toZero(WEB))
                .undo((from, to) -> from.workloads().restore(WEB))
                .onlyIn(Mode.SWITCHOVER)
                .step("stop apps", (from, to) -> from.workloads().toZero(APP))
                .undo((from, to) -> from.workloads().restore(APP))
                .onlyIn(Mode.SWITCHOVER)
                .after("stop web")
                .step("stop queue", (from, to) -> from.workloads().toZero(QUEUE))
                .undo((from, to) -> from.workloads().restore(QUEUE))
                .onlyIn(Mode.SWITCHOVER)
                .after("stop apps")
                .step(
                        "bring files over",
                        (from, to) -> shares.finalSync(
                                from.files(),
                                to.files(),
                                FILES,
                                WritersStopped.shownBy(from.workloads().toZero(WEB, APP, QUEUE))))
                .inFailover((from, to) -> stateFiles())
                .nothingToUndo("a newer copy hurts nobody")
                .after("stop queue")
                .step("promote database", (from, to) -> promoter.switchover(from.database(), to.database()))
                .inFailover((from, to) -> promoter.failover(
                        from.database(), to.database(), FailoverTerms.fencedBy(from.fence())))
                .after("bring files over")
                .pointOfNoReturn()
                .step("move database name", (from, to) -> dns.pointTo(DATABASE, to.databaseHost()))
                .after("promote database")
                .step("start queue", (from, to) -> to.workloads().restore(QUEUE))
                .after("promote database", "move database name")
                .step("start apps", (from, to) -> to.workloads().restore(APP))
                .after("start queue")
                .step("start web", (from, to) -> to.workloads().restore(WEB))
                .after("start apps")
                .step("move traffic", (from, to) -> dns.pointTo(SHOP, to.host()))
                .after("start web")
                .restoresService()
                .build();
    }

    static Disasters<Place> shop() {
        return Disasters.against(DisastersTest::plan)
                .over(Place::of)
                .traffic(SHOP)
                .database(DATABASE)
                .serving(WEB, 2)
                .working(APP, 2)
                .working(QUEUE, 1)
                .files("orders");
    }

    @Test
    void plan_ofTwelveSteps_survivesAnyDisaster() throws InterruptedException {
        shop().runs(Integer.getInteger("runs", 300)).seed(Long.getLong("seed", 1)).holds(Invariants.all());
    }
}
