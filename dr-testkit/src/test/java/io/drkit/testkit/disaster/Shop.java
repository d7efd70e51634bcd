package io.drkit.testkit.disaster;

import static java.time.Duration.ofMinutes;

import io.drkit.core.DataLoss;
import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.Fence;
import io.drkit.core.replica.LossWaiver;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.core.share.CompareMode;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.ShareSynchronizer;
import io.drkit.core.share.SyncOptions;
import io.drkit.core.share.WritersStopped;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.testkit.replica.FakeDatabase;
import java.time.Duration;
import java.util.Optional;

/** A plan of twelve steps over two sites, as it should be and with mistakes that teams make. */
final class Shop {
    static final String NAME = "shop.example.com";
    static final String DATABASE = "db.shop.example.com";
    static final Workload WEB = Workload.deployment("web");
    static final Workload APP = Workload.deployment("app");
    static final Workload JOBS = Workload.deployment("jobs");
    static final Workload QUEUE = Workload.statefulSet("queue");
    /** Newer wins: whoever begins the switchover again when it is done overwrites nothing that was written at the other site. */
    static final SyncOptions ORDERS = SyncOptions.builder()
            .subTrees("orders")
            .compare(CompareMode.NEWER_WINS)
            .concurrency(1)
            .build();

    /** What is wrong with the plan. */
    enum Mistake {
        NONE,
        PROMOTION_DOES_NOT_WAIT_FOR_THE_WRITERS,
        TRAFFIC_MOVED_BEFORE_THE_PROMOTION,
        NO_FENCE,
        FINAL_SYNC_BEFORE_THE_WRITERS_STOPPED,
        LOSS_NOT_STATED,
        UNDO_FORGOTTEN,
        DATABASE_NAME_NOT_MOVED,
        DATABASE_NAME_MOVED_BEFORE_THE_PROMOTION,
        JOBS_AND_QUEUE_NOT_STARTED,
        A_WRITER_FORGOTTEN,
        WRITERS_NOT_STOPPED,
        FINAL_SYNC_AFTER_THE_TRAFFIC,
        FINAL_SYNC_OVER_NEWER_FILES,
        TRAFFIC_MOVED_EAST_WHEREVER_IT_GOES
    }

    private Shop() {}

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

    static Disasters<Place> disasters() {
        return disasters(Mistake.NONE);
    }

    static Disasters<Place> disasters(Mistake mistake) {
        Disasters<Place> disasters =
                Disasters.against(world -> plan(world, mistake)).over(Place::of).traffic(NAME);
        if (mistake != Mistake.WRITERS_NOT_STOPPED) {
            disasters.files("orders");
        }
        // whose pods use the database of their own site cannot write to the other one by accident
        boolean ownDatabase = mistake == Mistake.A_WRITER_FORGOTTEN || mistake == Mistake.WRITERS_NOT_STOPPED;
        return (ownDatabase ? disasters.alias(DATABASE) : disasters.database(DATABASE))
                .serving(WEB, 2)
                .working(APP, 2)
                .working(QUEUE, 1)
                .working(JOBS, 1);
    }

    /** The same with parts left out and put elsewhere: a plan of its own for each mistake that changes the order of steps. */
    static RecoveryPlan<Place> plan(World world, Mistake mistake) {
        return switch (mistake) {
            case DATABASE_NAME_NOT_MOVED,
                    DATABASE_NAME_MOVED_BEFORE_THE_PROMOTION,
                    JOBS_AND_QUEUE_NOT_STARTED,
                    A_WRITER_FORGOTTEN,
                    WRITERS_NOT_STOPPED,
                    FINAL_SYNC_AFTER_THE_TRAFFIC -> shortPlan(world, mistake);
            default -> longPlan(world, mistake);
        };
    }

    /** The same recovery in fewer steps. */
    static RecoveryPlan<Place> shortPlan(World world, Mistake mistake) {
        DnsSwitcher dns = world.dns();
        ReplicaPromoter<FakeDatabase> promoter = world.promoter();
        Workload[] stopped = mistake == Mistake.A_WRITER_FORGOTTEN
                ? new Workload[] {WEB, APP, QUEUE}
                : new Workload[] {WEB, APP, QUEUE, JOBS};
        Workload[] started = mistake == Mistake.JOBS_AND_QUEUE_NOT_STARTED
                ? new Workload[] {WEB, APP}
                : new Workload[] {WEB, APP, QUEUE, JOBS};
        RecoveryPlan.StepBuilder<Place> plan = RecoveryPlan.<Place>named("shop")
                .rpo(ofMinutes(1))
                .rto(ofMinutes(15))
                .step("begin", (from, to) -> nothing())
                .nothingToUndo("nothing is done");
        String before = "begin";
        if (mistake != Mistake.WRITERS_NOT_STOPPED) {
            plan = plan.step("stop writers", (from, to) -> from.workloads().toZero(stopped))
                    .undo((from, to) -> from.workloads().restore(stopped))
                    .onlyIn(Mode.SWITCHOVER)
                    .after(before);
            before = "stop writers";
        }
        if (mistake != Mistake.FINAL_SYNC_AFTER_THE_TRAFFIC && mistake != Mistake.WRITERS_NOT_STOPPED) {
            plan = files(world, plan, before, mistake, stopped);
            before = "bring files over";
        }
        if (mistake == Mistake.DATABASE_NAME_MOVED_BEFORE_THE_PROMOTION) {
            plan = plan.step("move database name", (from, to) -> dns.pointTo(DATABASE, to.databaseHost()))
                    .after(before)
                    .nothingToUndo("it will be right in a moment");
            before = "move database name";
        }
        plan = plan.step("promote database", (from, to) -> promoter.switchover(from.database(), to.database()))
                .inFailover((from, to) -> promoter.failover(from.database(), to.database(), terms(from, mistake)))
                .after(before)
                .pointOfNoReturn();
        before = "promote database";
        if (mistake != Mistake.DATABASE_NAME_NOT_MOVED && mistake != Mistake.DATABASE_NAME_MOVED_BEFORE_THE_PROMOTION) {
            plan = plan.step("move database name", (from, to) -> dns.pointTo(DATABASE, to.databaseHost()))
                    .after(before);
            before = "move database name";
        }
        plan = plan.step("start writers", (from, to) -> to.workloads().restore(started))
                .after(before)
                .step("move traffic", (from, to) -> dns.pointTo(NAME, to.host()))
                .restoresService()
                .after("start writers");
        if (mistake == Mistake.FINAL_SYNC_AFTER_THE_TRAFFIC) {
            plan = files(world, plan, "move traffic", mistake, stopped);
        }
        return plan.build();
    }

    /** A plan that waits for long before it does anything. */
    static RecoveryPlan<Place> patientPlan(World world, Duration wait) {
        return RecoveryPlan.<Place>named("shop")
                .rpo(ofMinutes(1))
                .rto(ofMinutes(15))
                .step(
                        "wait for caches",
                        (from, to) -> new Once(
                                "wait " + wait, context -> context.clockwork().sleep(wait)))
                .nothingToUndo("nothing is done")
                .step("stop web", (from, to) -> from.workloads().toZero(WEB))
                .undo((from, to) -> from.workloads().restore(WEB))
                .onlyIn(Mode.SWITCHOVER)
                .after("wait for caches")
                .step("promote", (from, to) -> world.promoter().switchover(from.database(), to.database()))
                .inFailover((from, to) ->
                        world.promoter().failover(from.database(), to.database(), FailoverTerms.fencedBy(from.fence())))
                .after("stop web", "wait for caches")
                .pointOfNoReturn()
                .step("start web", (from, to) -> to.workloads().restore(WEB))
                .after("promote")
                .step("move traffic", (from, to) -> world.dns().pointTo(NAME, to.host()))
                .after("start web")
                .restoresService()
                .build();
    }

    private static RecoveryPlan.StepBuilder<Place> files(
            World world, RecoveryPlan.StepBuilder<Place> plan, String after, Mistake mistake, Workload... stopped) {
        return plan.step(
                        "bring files over",
                        (from, to) -> world.shares()
                                .finalSync(
                                        from.files(),
                                        to.files(),
                                        orders(mistake),
                                        WritersStopped.shownBy(from.workloads().toZero(stopped))))
                .inFailover((from, to) -> statesFiles())
                .nothingToUndo("a newer copy hurts nobody")
                .after(after);
    }

    private static RecoveryPlan<Place> longPlan(World world, Mistake mistake) {
        DnsSwitcher dns = world.dns();
        ReplicaPromoter<FakeDatabase> promoter = world.promoter();
        ShareSynchronizer<FileTree> shares = world.shares();
        RecoveryPlan.StepBuilder<Place> plan = RecoveryPlan.<Place>named("shop")
                .rpo(ofMinutes(1))
                .rto(ofMinutes(15))
                .step("stop jobs", (from, to) -> from.workloads().toZero(JOBS))
                .undo((from, to) -> from.workloads().restore(JOBS))
                .onlyIn(Mode.SWITCHOVER)
                .step("stop web", (from, to) -> from.workloads().toZero(WEB))
                .undo((from, to) -> from.workloads().restore(WEB))
                .onlyIn(Mode.SWITCHOVER)
                .step("stop apps", (from, to) -> from.workloads().toZero(APP))
                .undo((from, to) -> from.workloads().restore(APP))
                .onlyIn(Mode.SWITCHOVER)
                .after("stop web");
        if (mistake == Mistake.UNDO_FORGOTTEN) {
            plan.nothingToUndo("nobody will notice");
        }
        plan = plan.step("stop queue", (from, to) -> from.workloads().toZero(QUEUE))
                .undo((from, to) -> from.workloads().restore(QUEUE))
                .onlyIn(Mode.SWITCHOVER)
                .after("stop apps", "stop jobs")
                .step("bring files over", (from, to) -> files(shares, from, to, mistake))
                .inFailover((from, to) -> mistake == Mistake.LOSS_NOT_STATED ? nothing() : statesFiles())
                .nothingToUndo("a newer copy hurts nobody");
        if (mistake != Mistake.FINAL_SYNC_BEFORE_THE_WRITERS_STOPPED) {
            plan.after("stop queue");
        }
        plan = plan.step("promote database", (from, to) -> promoter.switchover(from.database(), to.database()))
                .inFailover((from, to) -> promoter.failover(from.database(), to.database(), terms(from, mistake)))
                .pointOfNoReturn();
        if (mistake != Mistake.PROMOTION_DOES_NOT_WAIT_FOR_THE_WRITERS) {
            plan.after("bring files over", "stop queue");
        }
        plan = plan.step("move database name", (from, to) -> dns.pointTo(DATABASE, to.databaseHost()))
                .after("promote database")
                .step("start queue", (from, to) -> to.workloads().restore(QUEUE))
                .after("promote database", "move database name")
                .step("start apps", (from, to) -> to.workloads().restore(APP))
                .after("start queue")
                .step("start web", (from, to) -> to.workloads().restore(WEB))
                .after("start apps")
                .step(
                        "move traffic",
                        (from, to) -> dns.pointTo(
                                NAME,
                                mistake == Mistake.TRAFFIC_MOVED_EAST_WHEREVER_IT_GOES
                                        ? world.east().host()
                                        : to.host()))
                .restoresService();
        if (mistake == Mistake.TRAFFIC_MOVED_BEFORE_THE_PROMOTION) {
            plan.after("bring files over").undo((from, to) -> dns.pointTo(NAME, from.host()));
        } else {
            plan.after("start web");
        }
        return plan.step("start jobs", (from, to) -> to.workloads().restore(JOBS))
                .after("start web")
                .build();
    }

    private static SyncOptions orders(Mistake mistake) {
        return mistake == Mistake.FINAL_SYNC_OVER_NEWER_FILES || mistake == Mistake.FINAL_SYNC_AFTER_THE_TRAFFIC
                ? ORDERS.toBuilder().compare(CompareMode.DIFFERS).build()
                : ORDERS;
    }

    private static Action<?> files(ShareSynchronizer<FileTree> shares, Place from, Place to, Mistake mistake) {
        WritersStopped stopped = mistake == Mistake.FINAL_SYNC_BEFORE_THE_WRITERS_STOPPED
                ? context -> new WritersStopped.Stopped("somebody said so")
                : WritersStopped.shownBy(from.workloads().toZero(WEB, APP, QUEUE, JOBS));
        return shares.finalSync(from.files(), to.files(), orders(mistake), stopped);
    }

    private static FailoverTerms terms(Place from, Mistake mistake) {
        return mistake == Mistake.NO_FENCE
                ? FailoverTerms.unfenced(new LossWaiver("ann", "it does not answer, so it must be dead"))
                : FailoverTerms.fencedBy(from.fence());
    }

    private static Action<?> nothing() {
        return new Once("do nothing about the files", context -> {});
    }

    /** In a failover no file is brought over, and that is said. */
    private static Action<?> statesFiles() {
        return new Once(
                "state that the other site's files are not brought over",
                context -> context.report(DataLoss.unknown("files", DataLoss.Stage.ACHIEVED, "no sync was possible")));
    }

    /** Does something that leaves no trace but the fact that it was done. */
    private record Once(String describe, Deed what) implements Action<Optional<String>> {
        interface Deed {
            void happens(ActionContext context) throws InterruptedException;
        }

        @Override
        public Optional<String> observe(ActionContext context) {
            return context.recorded("done");
        }

        @Override
        public Assessment assess(Optional<String> observed) {
            return observed.isPresent() ? Assessment.done("it was done") : Assessment.needed(describe);
        }

        @Override
        public void apply(Optional<String> observed, ActionContext context) throws InterruptedException {
            what.happens(context);
            context.record("done", "yes");
        }
    }
}
