package io.drkit.samples.benchmarks;

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
import io.drkit.testkit.disaster.DisasterFound;
import io.drkit.testkit.disaster.Disasters;
import io.drkit.testkit.disaster.Invariants;
import io.drkit.testkit.disaster.SimulatedSite;
import io.drkit.testkit.disaster.Tally;
import io.drkit.testkit.disaster.World;
import io.drkit.testkit.evidence.Evidence;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** How many disasters a minute a plan of twelve steps is simulated in, and what is left on the heap. */
final class DisasterRate {
    private static final int MANY = 10_000;
    private static final int MOST = 100_000;
    private static final int WARM_UP = 500;
    private static final long WARM_UP_SEED = 1_000_000;
    /** How many times the heap after {@link #MANY} there may be after {@link #MOST} for it to count as flat. */
    private static final double FLAT = 1.5;

    private static final double MEBIBYTE = 1 << 20;
    private static final Workload WEB = Workload.deployment("web");
    private static final Workload APP = Workload.deployment("app");
    private static final Workload JOBS = Workload.deployment("jobs");
    private static final Workload QUEUE = Workload.statefulSet("queue");
    private static final SyncOptions ORDERS = SyncOptions.builder()
            .subTrees("orders")
            .compare(CompareMode.NEWER_WINS)
            .concurrency(1)
            .build();

    private DisasterRate() {}

    /** @param most whether to go on until it is {@link #MOST}, or else to stop after {@link #MANY} */
    static void measure(boolean most) throws Exception {
        System.out.println("Disasters: a plan of 12 steps, all invariants, 4 at a time");
        simulate(WARM_UP, WARM_UP_SEED);
        long began = System.nanoTime();
        Tally tally = simulate(MANY, 1);
        long perMinute = perMinute(MANY, began);
        long heap = heapInUse();
        System.out.printf(
                Locale.ROOT, "  %,d a minute; %.1f MiB of heap after %,d%n", perMinute, (double) heap / MEBIBYTE, MANY);
        System.out.println("  " + tally);
        Evidence.atLeast("disasters-per-minute", (double) perMinute, "disasters/min", MANY)
                .seed(1)
                .write();
        Evidence.atMost("heap-after-" + MANY, (double) heap, "bytes", 64.0 * MEBIBYTE)
                .seed(1)
                .write();
        if (most) {
            long wentOn = System.nanoTime();
            int broken = simulateOnAndOn(1 + MANY, MOST);
            long later = perMinute(MOST - MANY, wentOn);
            long after = heapInUse();
            System.out.printf(
                    Locale.ROOT,
                    "  %,d a minute; %.1f MiB of heap after %,d%n",
                    later,
                    (double) after / MEBIBYTE,
                    MOST);
            Evidence.atMost("heap-after-" + MOST, (double) after, "bytes", Math.rint(heap * FLAT))
                    .seed(1)
                    .write();
            Evidence.atMost("disasters-found-in-" + MOST, (double) broken, "disasters", 0)
                    .seed(1)
                    .write();
        }
    }

    /** Goes on after a disaster that breaks an invariant, and says what it was; answers how many there were. */
    private static int simulateOnAndOn(int first, int last) throws InterruptedException {
        int broken = 0;
        long seed = first;
        while (seed <= last) {
            try {
                simulate((int) (last - seed + 1), seed);
                break;
            } catch (DisasterFound found) {
                broken++;
                System.out.println(found.getMessage());
                String token = found.replay();
                seed = Long.parseLong(token.substring(0, token.indexOf(':'))) + 1;
            }
        }
        return broken;
    }

    private static long perMinute(int disasters, long since) {
        return Math.round(disasters * 60e9 / (System.nanoTime() - since));
    }

    /** What is left when all that can be collected was. */
    private static long heapInUse() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static Tally simulate(int runs, long seed) throws InterruptedException {
        return Disasters.against(DisasterRate::plan)
                .over(site -> site)
                .traffic("shop.example.com")
                .database("db.example.com")
                .serving(WEB, 2)
                .working(APP, 2)
                .working(QUEUE, 1)
                .working(JOBS, 1)
                .files("orders")
                .seed(seed)
                .runs(runs)
                .holds(Invariants.all());
    }

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
