package io.drkit.testkit.disaster;

import io.drkit.core.Site;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Task;
import io.drkit.core.workload.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Runs an application's own plan in thousands of simulated disasters.
 *
 * <pre>{@code
 * @Test
 * void survivesAnyDisaster() {
 *     Disasters.against(world -> ShopRecovery.plan(world.promoter(), world.dns()))
 *             .over(site -> new ShopSite<>(site.name(), site.database(), site.fence(), site.workloads(), site.host()))
 *             .traffic("shop.example.com")
 *             .serving(Workload.deployment("runtime"), 3)
 *             .runs(10_000)
 *             .holds(Invariants.all());
 * }
 * }</pre>
 *
 * @param <S> the application's site type
 */
public final class Disasters<S extends Site> {
    private static final Duration DAY = Duration.ofDays(1);

    private final Application<S> application;
    private final Setting setting;
    private final Clockwork real = Clockwork.system();
    private long seed = 1;
    private int runs = 1_000;
    private int threads = 4;

    private Disasters(Application<S> application) {
        this.application = application;
        this.setting = application.setting();
    }

    /** Begins with the plan as an application makes it, once for each of its processes. */
    public static <S extends Site> Plans<S> against(Function<World, RecoveryPlan<S>> plans) {
        return new Plans<>(plans);
    }

    /** A plan that lacks its sites. */
    public static final class Plans<S extends Site> {
        private final Function<World, RecoveryPlan<S>> plans;

        private Plans(Function<World, RecoveryPlan<S>> plans) {
            this.plans = plans;
        }

        /** Goes on with the application's own site type, made from simulated parts. */
        public Disasters<S> over(Function<SimulatedSite, S> sites) {
            return new Disasters<>(new Application<>(plans, sites, new Setting()));
        }
    }

    /** Clients find the application by this name, which points at the {@link SimulatedSite#host()} of the west at first. */
    public Disasters<S> traffic(String name) {
        setting.trafficNames().add(name);
        return this;
    }

    /**
     * Pods of both sites find the database by this name, which points at the {@link SimulatedSite#databaseHost()} of the west at
     * first. Without it they use that of their own site.
     */
    public Disasters<S> database(String name) {
        setting.databaseNames().add(name);
        return this;
    }

    /**
     * A name that the plan points at {@link SimulatedSite#databaseHost()} and that nobody in the simulation follows, such as one for
     * reports.
     */
    public Disasters<S> alias(String name) {
        setting.aliases().add(name);
        return this;
    }

    /** A workload that takes the clients' traffic, with so many pods at the site that serves. */
    public Disasters<S> serving(Workload workload, int pods) {
        setting.workload(workload, pods);
        setting.working().remove(workload);
        setting.serving().add(workload);
        return this;
    }

    /** A workload that writes on its own, with so many pods at the site that serves. */
    public Disasters<S> working(Workload workload, int pods) {
        setting.workload(workload, pods);
        if (!setting.serving().contains(workload)) {
            setting.working().add(workload);
        }
        return this;
    }

    /**
     * Clients leave files in these folders of the share of the site that they reach, and now and then write over one, whether or
     * not the database takes a row at that moment; so do the pods of {@link #working}, when they have written a row.
     */
    public Disasters<S> files(String... folders) {
        setting.folders().addAll(Arrays.asList(folders));
        return this;
    }

    /**
     * The operators never go back. At first they do in one disaster of five, by the same plan with the sites swapped, when all
     * that went wrong is over and the first site is a standby again: for a plan that does not lead back.
     */
    public Disasters<S> oneWay() {
        setting.oneWay();
        return this;
    }

    /** How many disasters; 1,000 at first. */
    public Disasters<S> runs(int runs) {
        if (runs < 1) {
            throw new IllegalArgumentException("At least 1 disaster is simulated, not " + runs);
        }
        this.runs = runs;
        return this;
    }

    /** The first seed; the disasters have this one and those that follow it. 1 at first. */
    public Disasters<S> seed(long seed) {
        this.seed = seed;
        return this;
    }

    /** How many are simulated at a time; 4 at first, which keeps two processors busy. The answer is the same with any number. */
    public Disasters<S> threads(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("At least 1 disaster is simulated at a time, not " + threads);
        }
        this.threads = threads;
        return this;
    }

    /**
     * Simulates them. Before them it simulates a switchover in which nothing goes wrong, and a failover in which nothing does but
     * the outage of its site: both must end {@code SUCCEEDED}, with writes acknowledged to clients in both sites, or no disaster
     * would be any. They also show for how long the plan can be disturbed, and in how many calls and entries of its journal.
     *
     * @return what happened in all of them
     * @throws DisasterFound when an invariant is broken, in one of those two or in a disaster; of several disasters the first
     * @throws IllegalArgumentException when no invariant is named
     * @throws IllegalStateException when nobody would write: no workload serves any traffic, and none works on its own
     */
    public Tally holds(Invariant... invariants) throws InterruptedException {
        requireSome(invariants);
        setting.requireSomebodyAtWork();
        Rehearsal.Courses courses =
                new Rehearsal.Courses(rehearsed(Mode.SWITCHOVER, invariants), rehearsed(Mode.FAILOVER, invariants));
        AtomicInteger next = new AtomicInteger();
        AtomicInteger first = new AtomicInteger(runs);
        AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
        List<Counted> counts = new ArrayList<>();
        List<Task> tasks = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Counted counted = new Counted();
            counts.add(counted);
            tasks.add(real.start("disasters-" + i, () -> {
                try {
                    for (int n = next.getAndIncrement(); n < first.get(); n = next.getAndIncrement()) {
                        if (Finding.in(application, Draw.disaster(seed + n, courses), counted, invariants)
                                .isPresent()) {
                            first.accumulateAndGet(n, Math::min);
                        }
                    }
                } catch (Throwable t) {
                    failed.compareAndSet(null, t);
                    first.set(0);
                }
            }));
        }
        for (Task task : tasks) {
            while (!task.join(DAY)) {
                // they end by themselves
            }
        }
        if (failed.get() != null) {
            throw new IllegalStateException("The simulation itself failed", failed.get());
        }
        if (first.get() < runs) {
            throw new DisasterFound(Finding.in(application, Draw.disaster(seed + first.get(), courses), invariants)
                    .map(finding -> finding.shrunk(application, invariants))
                    .orElseThrow(() -> new IllegalStateException("The same seed did not break again")));
        }
        return counts.stream().map(counted -> counted.tally).reduce(Tally.NONE, Tally::plus);
    }

    private static void requireSome(Invariant... invariants) {
        if (invariants.length == 0) {
            throw new IllegalArgumentException(
                    "Without an invariant every plan passes; call holds(Invariants.all()), or name some");
        }
    }

    private Course rehearsed(Mode mode, Invariant... invariants) {
        AtomicReference<@Nullable History> seen = new AtomicReference<>();
        Optional<Finding> found = Finding.in(application, Rehearsal.of(mode), seen::set, invariants);
        if (found.isPresent()) {
            throw new DisasterFound(found.get().shrunk(application, invariants));
        }
        return Objects.requireNonNull(seen.get()).course();
    }

    /** The disaster of that seed. */
    Disaster drawn(long drawnFrom) {
        return Draw.disaster(drawnFrom, Rehearsal.measure(application));
    }

    /** What one thread has seen. */
    private static final class Counted implements Consumer<History> {
        private Tally tally = Tally.NONE;

        @Override
        public void accept(History history) {
            tally = tally.plus(history);
        }
    }

    /**
     * Simulates one again.
     *
     * @param token as a failure printed it
     */
    public Replay<S> replay(String token) {
        setting.requireSomebodyAtWork();
        return new Replay<>(application, Draw.again(token, () -> Rehearsal.measure(application)));
    }

    /** One disaster that is simulated again. */
    public static final class Replay<S extends Site> {
        private final Application<S> application;
        private final Disaster disaster;

        private Replay(Application<S> application, Disaster disaster) {
            this.application = application;
            this.disaster = disaster;
        }

        /**
         * Simulates it.
         *
         * @throws DisasterFound when an invariant is broken
         */
        public void holds(Invariant... invariants) {
            requireSome(invariants);
            Optional<Finding> found = Finding.in(application, disaster, invariants);
            if (found.isPresent()) {
                throw new DisasterFound(found.get());
            }
        }

        /** What happens in it, a line each; always the same. */
        public List<String> timeline() {
            return Finding.timeline(application, disaster);
        }
    }
}
