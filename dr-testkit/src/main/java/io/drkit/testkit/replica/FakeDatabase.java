package io.drkit.testkit.replica;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.ActionContext;
import io.drkit.core.replica.Fence;
import io.drkit.core.replica.FenceProof;
import io.drkit.testkit.fault.Route;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One database server in memory. It remembers every write that it acknowledged, whatever becomes of it later: compare
 * {@link #acknowledged()} of all servers with {@link #rows()} of the one that is left. Thread-safe.
 */
public final class FakeDatabase {
    /** The size of a write in the log. */
    static final long WRITE_BYTES = 100;

    /**
     * A record of the log.
     *
     * @param at when it was written, on the clockwork's monotonic time
     */
    record Entry(String row, long timeline, long at) {}

    private final FakeDatabases world;
    private final String name;

    // guarded by the world
    final long system;
    final List<Entry> entries = new ArrayList<>();
    private final List<String> acknowledged = new ArrayList<>();

    @Nullable
    FakeDatabase upstream;

    boolean running = true;
    boolean standby;
    boolean reachable = true;
    boolean cleanlyStopped;
    /** Who is to be the primary in the stead of this one, from before it is stopped until it follows. */
    Optional<String> leavingFor = Optional.empty();
    /** When a promotion that was asked for comes about. */
    Optional<Long> promotedAt = Optional.empty();

    private @Nullable FakeDatabase comparedWith;
    private int compared;

    long timeline = 1;
    long epoch;
    /** How often it was promoted. */
    int promotions;

    boolean proven = true;

    FakeDatabase(FakeDatabases world, String name, long system, @Nullable FakeDatabase upstream) {
        this.world = world;
        this.name = name;
        this.system = system;
        this.upstream = upstream;
        this.standby = upstream != null;
        if (upstream != null) {
            entries.addAll(upstream.entries);
            timeline = upstream.timeline;
            epoch = upstream.epoch;
        }
    }

    /** The server's name. */
    public String name() {
        return name;
    }

    /**
     * Writes a row as a client does; returning is the acknowledgement.
     *
     * @throws UnknownOutcomeException when it does not answer
     * @throws BlockedException when it is a replica
     */
    public void write(String row) {
        synchronized (world) {
            if (!running || !reachable) {
                throw new UnknownOutcomeException(
                        "fake.no-answer",
                        Problem.expected(name + " to answer").found("nothing").remedy("connect elsewhere"));
            }
            if (!writes()) {
                throw new BlockedException(
                        "fake.read-only",
                        Problem.expected(name + " to accept writes")
                                .found("a replica")
                                .remedy("find the primary"));
            }
            entries.add(new Entry(row, timeline, world.clockwork.nanoTime()));
            acknowledged.add(row);
        }
    }

    /** The rows that it has, whether or not it runs. */
    public List<String> rows() {
        synchronized (world) {
            receive();
            return entries.stream().map(Entry::row).toList();
        }
    }

    /** Every row that this server ever acknowledged. */
    public List<String> acknowledged() {
        synchronized (world) {
            return List.copyOf(acknowledged);
        }
    }

    /** Whether it runs and accepts writes from whoever reaches it. */
    public boolean writable() {
        synchronized (world) {
            return running && writes();
        }
    }

    /** Whether it runs, whatever it is and whoever reaches it. */
    public boolean running() {
        synchronized (world) {
            return running;
        }
    }

    /** Whether it accepts writes when it runs: it is, or was when it stopped, a primary that nothing bars. */
    public boolean primary() {
        synchronized (world) {
            return writes();
        }
    }

    /** How often it was promoted. */
    public int promotions() {
        synchronized (world) {
            carryOut();
            return promotions;
        }
    }

    /** Ends it as a power cut does. */
    public void crash() {
        synchronized (world) {
            world.receiveAll();
            running = false;
            cleanlyStopped = false;
            // a request that was not carried out is forgotten
            promotedAt = Optional.empty();
        }
    }

    /** Starts it as a reboot of its machine does: it comes up as what it was, or fenced if it was fenced. */
    public void reboot() {
        synchronized (world) {
            world.receiveAll();
            running = true;
            cleanlyStopped = false;
        }
    }

    /** Whether it streams from {@code primary}, or would as soon as it runs. */
    public boolean follows(FakeDatabase primary) {
        synchronized (world) {
            return standby && upstream == primary && !divergedFrom(primary);
        }
    }

    /**
     * Makes it a running replica of {@code primary} by a fresh copy, as a person does who gives up what only this one has: its own
     * rows are gone.
     */
    public void copyOf(FakeDatabase primary) {
        synchronized (world) {
            world.receiveAll();
            entries.clear();
            entries.addAll(primary.entries);
            timeline = primary.timeline;
            epoch = Math.max(epoch, primary.epoch);
            upstream = primary;
            standby = true;
            running = true;
            cleanlyStopped = false;
            leavingFor = Optional.empty();
            promotedAt = Optional.empty();
            comparedWith = null;
        }
    }

    /** Whether the promoter, its fence and clients reach it; replication is not concerned. */
    public void reachable(boolean reachable) {
        synchronized (world) {
            this.reachable = reachable;
        }
    }

    /** A fence that stops it and lets it come up as a replica only; unknown while it cannot be reached. */
    public Fence fence() {
        return fence(Route.direct());
    }

    /** The same, as one process reaches whatever it is that fences. */
    public Fence fence(Route route) {
        return new Fence() {
            @Override
            public String describe() {
                return "stop " + name + " and bar it from starting writable";
            }

            @Override
            public FenceProof fence(ActionContext context) throws InterruptedException {
                context.requireAuthority();
                try {
                    return route.change(
                            "fence " + name, "to " + describe(), context.epoch(), () -> barred(context.epoch()));
                } catch (UnknownOutcomeException e) {
                    return new FenceProof.Unknown(e.problem().found());
                }
            }
        };
    }

    private FenceProof barred(Epoch claimed) {
        synchronized (world) {
            if (!reachable) {
                return new FenceProof.Unknown(name + " cannot be reached");
            }
            claim(claimed);
            if (running) {
                crash();
            }
            standby = true;
            return new FenceProof.Confirmed(name + " is stopped and barred");
        }
    }

    // -- for the promoter, under the world's lock --------------------------------------------------------------------

    /** Remembers the epoch of a change, unless a newer one was here before: then nothing may be changed. */
    void claim(Epoch claimed) {
        if (claimed.equals(Epoch.NONE)) {
            return;
        }
        if (claimed.value() < epoch) {
            throw StaleEpochException.at("fake.stale-epoch", name, new Epoch(epoch), claimed);
        }
        epoch = claimed.value();
    }

    boolean writes() {
        carryOut();
        return !standby;
    }

    private void carryOut() {
        if (running && promotedAt.isPresent() && world.clockwork.nanoTime() - promotedAt.get() >= 0) {
            receive();
            promotedAt = Optional.empty();
            standby = false;
            upstream = null;
            proven = false;
            timeline++;
            promotions++;
        }
    }

    boolean streams() {
        FakeDatabase source = upstream;
        return running && standby && source != null && source.running && !world.cut && !divergedFrom(source);
    }

    /** Takes over what has had the time to arrive. */
    void receive() {
        FakeDatabase source = upstream;
        if (!running || !standby || source == null || world.cut || divergedFrom(source)) {
            return;
        }
        // A server that is being stopped cleanly sends everything before it ends; one that crashed sends nothing more.
        if (!source.running && !source.cleanlyStopped) {
            return;
        }
        long now = world.clockwork.nanoTime();
        while (entries.size() < source.entries.size()) {
            Entry next = source.entries.get(entries.size());
            if (now - next.at() < world.delay.toNanos()) {
                break;
            }
            entries.add(next);
        }
        timeline = source.timeline;
        epoch = Math.max(epoch, source.epoch);
    }

    /** Whether it has something that the other one has not. */
    boolean divergedFrom(FakeDatabase other) {
        if (entries.size() > other.entries.size()) {
            return true;
        }
        // Both logs only grow, so what was once compared need not be compared again.
        int same = comparedWith == other ? compared : 0;
        while (same < entries.size() && entries.get(same).equals(other.entries.get(same))) {
            same++;
        }
        comparedWith = other;
        compared = same;
        return same < entries.size();
    }

    long missing(FakeDatabase source) {
        return Math.max(0, source.entries.size() - entries.size());
    }

    Optional<Duration> age() {
        return entries.isEmpty()
                ? Optional.empty()
                : Optional.of(Duration.ofNanos(world.clockwork.nanoTime()
                        - entries.get(entries.size() - 1).at()));
    }

    @Override
    public String toString() {
        return name;
    }
}
