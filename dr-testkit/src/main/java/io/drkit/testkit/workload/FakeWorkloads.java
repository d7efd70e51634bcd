package io.drkit.testkit.workload;

import io.drkit.core.ConflictException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadStatus;
import io.drkit.testkit.fault.Faults;
import io.drkit.testkit.fault.Route;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The workloads of one site, in memory. Pods take 3 s to become ready and 2 s to go, on the clockwork, unless it is set; nothing
 * here starts a thread, so that it runs on virtual time as well.
 *
 * <pre>{@code
 * FakeWorkloads west = FakeWorkloads.on(clockwork);
 * west.run(Workload.deployment("runtime"), 2);
 * WorkloadScaler scaler = FakeWorkloadScaler.of(west);
 * }</pre>
 *
 * <p>Operations of {@link #faults()}: {@code read}, {@code scale} and {@code touch}, each followed by the workload, as in
 * {@code scale deployment/runtime}. Thread-safe.
 */
public final class FakeWorkloads {
    private final Clockwork clockwork;
    private final Faults faults = new Faults();
    private final Map<Workload, Running> all = new HashMap<>();
    private Duration startTime = Duration.ofSeconds(3);
    private Duration stopTime = Duration.ofSeconds(2);

    private FakeWorkloads(Clockwork clockwork) {
        this.clockwork = clockwork;
    }

    /** A site without workloads. */
    public static FakeWorkloads on(Clockwork clockwork) {
        return new FakeWorkloads(Objects.requireNonNull(clockwork, "clockwork"));
    }

    /** How long pods take to become ready and to go; zero or more. */
    public synchronized FakeWorkloads podTimes(Duration start, Duration stop) {
        if (start.isNegative() || stop.isNegative()) {
            throw new IllegalArgumentException("A pod starts and stops in zero time or more");
        }
        startTime = start;
        stopTime = stop;
        return this;
    }

    /** Adds a workload whose {@code replicas} pods are ready already. */
    public synchronized void run(Workload workload, int replicas) {
        Running running = new Running();
        all.put(workload, running);
        scale(running, replicas);
        running.pods.forEach(pod -> pod.born -= startTime.toNanos());
    }

    /** Adds a workload that a scaler took to zero, and that remembers its {@code replicas}. */
    public synchronized void stopped(Workload workload, int replicas) {
        Running running = new Running();
        running.memory = OptionalInt.of(replicas);
        all.put(workload, running);
    }

    /** Puts a workload under an autoscaler. It does not act. */
    public synchronized void autoscale(Workload workload, String autoscaler) {
        known(workload).autoscaler = autoscaler;
    }

    /** Scales as another writer would, with no regard for anybody. */
    public synchronized void scaleByHand(Workload workload, int replicas) {
        Running running = known(workload);
        scale(running, replicas);
        running.version++;
    }

    /** Whether terminating pods of the workload never go. */
    public synchronized void stickTerminating(Workload workload, boolean stuck) {
        known(workload).stuck = stuck;
    }

    /** Keeps pods of the workload from being ready, those that are ready included; null lets them be. */
    public synchronized void keepUnready(Workload workload, @Nullable String because) {
        known(workload).unready = because;
    }

    /** What goes wrong with calls. */
    public Faults faults() {
        return faults;
    }

    /** How many times the workload was written to. */
    public synchronized long version(Workload workload) {
        return known(workload).version;
    }

    /** The workload as it really is; no fault applies. */
    public synchronized WorkloadStatus truth(Workload workload) {
        return status(workload, known(workload));
    }

    /** How many pods of the workload really are ready; no fault applies. */
    public synchronized int ready(Workload workload) {
        return ready(known(workload), clockwork.nanoTime());
    }

    Clockwork clockwork() {
        return clockwork;
    }

    /** What a scaler sees; empty when there is no such workload. */
    Optional<Seen> read(Route route, Workload workload) throws InterruptedException {
        String operation = "read " + workload;
        return route.ask(
                operation, () -> faults.call(clockwork, operation, "to read " + workload, () -> look(workload)));
    }

    private synchronized Optional<Seen> look(Workload workload) {
        Running running = all.get(workload);
        return running == null
                ? Optional.empty()
                : Optional.of(new Seen(status(workload, running), running.version, running.epoch));
    }

    /** Scales if nobody wrote since {@code seen}. */
    void write(Route route, Seen seen, int replicas, OptionalInt memory, Epoch epoch) throws InterruptedException {
        Workload workload = seen.status().workload();
        String operation = "scale " + workload;
        String what = "to scale " + workload + " to " + replicas;
        write(route, operation, what, seen, epoch, running -> {
            scale(running, replicas);
            running.memory = memory;
        });
    }

    /** Writes nothing but the epoch if nobody wrote since {@code seen}; whatever was sent on that condition is refused from then on. */
    void touch(Route route, Seen seen, Epoch epoch) throws InterruptedException {
        String operation = "touch " + seen.status().workload();
        write(route, operation, "to " + operation, seen, epoch, running -> {});
    }

    private void write(Route route, String operation, String what, Seen seen, Epoch epoch, Consumer<Running> change)
            throws InterruptedException {
        route.change(
                operation,
                what,
                epoch,
                () -> faults.call(clockwork, operation, what, () -> {
                    accept(seen, epoch, change);
                    return true;
                }));
    }

    private synchronized void accept(Seen seen, Epoch epoch, Consumer<Running> change) {
        Workload workload = seen.status().workload();
        Running running = known(workload);
        boolean claims = !epoch.equals(Epoch.NONE);
        if (claims && running.epoch > epoch.value()) {
            throw StaleEpochException.at("fake.stale-epoch", workload.toString(), new Epoch(running.epoch), epoch);
        }
        if (running.version != seen.version()) {
            throw new ConflictException(
                    "fake.conflict",
                    Problem.expected(workload + " as it was observed")
                            .found("that somebody changed it meanwhile")
                            .remedy("observe it again"));
        }
        change.accept(running);
        running.epoch = claims ? epoch.value() : running.epoch;
        running.version++;
    }

    private void scale(Running running, int replicas) {
        long now = clockwork.nanoTime();
        settle(running, now);
        running.wanted = replicas;
        List<FakePod> staying =
                running.pods.stream().filter(pod -> pod.dying == null).toList();
        for (int i = replicas; i < staying.size(); i++) {
            staying.get(i).dying = now;
        }
        for (int i = staying.size(); i < replicas; i++) {
            running.pods.add(new FakePod(now));
        }
    }

    private void settle(Running running, long now) {
        if (!running.stuck) {
            running.pods.removeIf(pod -> pod.dying != null && now - pod.dying >= stopTime.toNanos());
        }
    }

    private WorkloadStatus status(Workload workload, Running running) {
        long now = clockwork.nanoTime();
        settle(running, now);
        return new WorkloadStatus(
                workload,
                running.wanted,
                running.pods.size(),
                ready(running, now),
                running.memory,
                Optional.ofNullable(running.autoscaler),
                running.unready == null || running.pods.isEmpty() ? "" : running.unready);
    }

    private int ready(Running running, long now) {
        int ready = 0;
        if (running.unready == null) {
            for (FakePod pod : running.pods) {
                if (pod.dying == null && now - pod.born >= startTime.toNanos()) {
                    ready++;
                }
            }
        }
        return ready;
    }

    private Running known(Workload workload) {
        Running running = all.get(workload);
        if (running == null) {
            throw new IllegalArgumentException("There is no " + workload + "; call run first");
        }
        return running;
    }

    record Seen(WorkloadStatus status, long version, long epoch) {}

    private static final class Running {
        private final List<FakePod> pods = new ArrayList<>();
        private int wanted;
        private OptionalInt memory = OptionalInt.empty();
        private @Nullable String autoscaler;
        private @Nullable String unready;
        private boolean stuck;
        private long version;
        private long epoch;
    }

    private static final class FakePod {
        private long born;
        private @Nullable Long dying;

        private FakePod(long born) {
            this.born = born;
        }
    }
}
