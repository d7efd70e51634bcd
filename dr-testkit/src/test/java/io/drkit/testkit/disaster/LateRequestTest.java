package io.drkit.testkit.disaster;

import static io.drkit.core.plan.Mode.FAILOVER;
import static io.drkit.core.plan.Mode.SWITCHOVER;
import static io.drkit.core.replica.FailoverTerms.fencedBy;

import io.drkit.core.DataLoss;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.share.CompareMode;
import io.drkit.core.share.SyncOptions;
import io.drkit.core.share.WritersStopped;
import io.drkit.core.workload.Workload;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Requests that nobody had an answer to, and that arrive when what they asked for has been put back. */
class LateRequestTest {
    private static final Workload WEB = Workload.deployment("web");
    private static final Workload APP = Workload.deployment("app");
    private static final Workload JOBS = Workload.deployment("jobs");
    private static final Workload QUEUE = Workload.statefulSet("queue");
    private static final SyncOptions ORDERS = SyncOptions.builder()
            .subTrees("orders")
            .compare(CompareMode.NEWER_WINS)
            .concurrency(1)
            .build();

    @Test
    @DisplayName("F13: a scale-to-zero that arrives after its step was undone takes no effect")
    void holds_requestArrivesAfterItsUndoFoundNothingToDo_isFine() throws InterruptedException {
        Disasters.against(LateRequestTest::plan)
                .over(site -> site)
                .traffic("shop.example.com")
                .database("db.example.com")
                .serving(WEB, 2)
                .working(APP, 2)
                .working(QUEUE, 1)
                .working(JOBS, 1)
                .files("orders")
                .replay("50696:0,1")
                .holds(Invariants.all());
    }

    /** The plan of the benchmark of disasters: the seed was found there. */
    private static RecoveryPlan<SimulatedSite> plan(World world) {
        return RecoveryPlan.<SimulatedSite>named("shop")
                .rpo(Duration.ofMinutes(1))
                .rto(Duration.ofMinutes(15))
                .step("stop jobs", (from, to) -> from.workloads().toZero(JOBS))
                .undo((from, to) -> from.workloads().restore(JOBS))
                .onlyIn(SWITCHOVER)
                .step("stop web", (from, to) -> from.workloads().toZero(WEB))
                .undo((from, to) -> from.workloads().restore(WEB))
                .onlyIn(SWITCHOVER)
                .step("stop apps", (from, to) -> from.workloads().toZero(APP))
                .undo((from, to) -> from.workloads().restore(APP))
                .onlyIn(SWITCHOVER)
                .after("stop web")
                .step("stop queue", (from, to) -> from.workloads().toZero(QUEUE))
                .undo((from, to) -> from.workloads().restore(QUEUE))
                .onlyIn(SWITCHOVER)
                .after("stop apps", "stop jobs")
                .step(
                        "bring files over",
                        (from, to) -> world.shares()
                                .finalSync(
                                        from.files(),
                                        to.files(),
                                        ORDERS,
                                        WritersStopped.shownBy(from.workloads().toZero(WEB, APP, QUEUE, JOBS))))
                .onlyIn(SWITCHOVER)
                .nothingToUndo("a newer copy hurts nobody")
                .after("stop queue")
                .step("promote", (from, to) -> world.promoter().switchover(from.database(), to.database()))
                .inFailover(
                        (from, to) -> world.promoter().failover(from.database(), to.database(), fencedBy(from.fence())))
                .after("bring files over")
                .pointOfNoReturn()
                .step("state what files miss", (from, to) -> new Stated())
                .onlyIn(FAILOVER)
                .after("promote")
                .step("move database name", (from, to) -> world.dns().pointTo("db.example.com", to.databaseHost()))
                .after("promote")
                .step("start queue", (from, to) -> to.workloads().restore(QUEUE))
                .after("move database name")
                .step("start apps", (from, to) -> to.workloads().restore(APP))
                .after("start queue")
                .step("start web", (from, to) -> to.workloads().restore(WEB))
                .after("start apps")
                .step("move traffic", (from, to) -> world.dns().pointTo("shop.example.com", to.host()))
                .after("start web")
                .restoresService()
                .step("start jobs", (from, to) -> to.workloads().restore(JOBS))
                .after("start web")
                .build();
    }

    /** In a failover no file is brought over, and that is said. */
    private record Stated() implements Action<Optional<String>> {
        @Override
        public String describe() {
            return "state that files are not brought over";
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
    }
}
