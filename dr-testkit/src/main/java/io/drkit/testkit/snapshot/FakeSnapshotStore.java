package io.drkit.testkit.snapshot;

import io.drkit.core.Epoch;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.EpochCheck;
import io.drkit.core.snapshot.Snapshot;
import io.drkit.core.snapshot.Snapshot.State;
import io.drkit.core.snapshot.SnapshotStore;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.fault.Faults;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A store of snapshots in memory: they take time to be made and to be gone, may fail, and are dated by a clock of the store's own.
 * It compares epochs. What goes wrong with its calls is scheduled in {@link #faults()}, whose operations are {@code list},
 * {@code create} and {@code delete ID}.
 *
 * <pre>{@code
 * FakeSnapshotStore disk = FakeSnapshotStore.of("disk data-1", clockwork).takes(Duration.ofMinutes(3));
 * disk.faults().next("create", Fault.answerLost());
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class FakeSnapshotStore implements SnapshotStore {
    private final String name;
    private final Clockwork clockwork;
    private final Faults faults = new Faults();
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final List<String> deleted = new ArrayList<>();
    private Duration making = Duration.ZERO;
    private Duration deleting = Duration.ZERO;
    private Duration clockAhead = Duration.ZERO;
    private int failing;
    private long created;
    private long epoch;

    private FakeSnapshotStore(String name, Clockwork clockwork) {
        this.name = name;
        this.clockwork = clockwork;
    }

    /** An empty store of snapshots of {@code name}, for example {@code disk data-1}. */
    public static FakeSnapshotStore of(String name, Clockwork clockwork) {
        return new FakeSnapshotStore(
                Objects.requireNonNull(name, "name"), Objects.requireNonNull(clockwork, "clockwork"));
    }

    /** How long a snapshot that is begun from now on stays pending; not at all at first. */
    public synchronized FakeSnapshotStore takes(Duration time) {
        making = time;
        return this;
    }

    /** How long a snapshot is still listed after its deletion; not at all at first. */
    public synchronized FakeSnapshotStore deletes(Duration time) {
        deleting = time;
        return this;
    }

    /** How far the store's clock is ahead of the clockwork's, or behind if negative. */
    public synchronized FakeSnapshotStore clockAhead(Duration ahead) {
        clockAhead = ahead;
        return this;
    }

    /** Makes the next {@code count} snapshots that are begun fail in the end. */
    public synchronized FakeSnapshotStore failNext(int count) {
        failing = count;
        return this;
    }

    /** Puts a snapshot there as it is; it stays so. */
    public synchronized FakeSnapshotStore holding(Snapshot snapshot) {
        entries.put(
                snapshot.id(), new Entry(snapshot.taken(), snapshot.state(), snapshot.state(), clockwork.nanoTime()));
        return this;
    }

    /** What goes wrong, and when. */
    public Faults faults() {
        return faults;
    }

    /** The ids that were asked to be deleted and existed, in order. */
    public synchronized List<String> deleted() {
        return List.copyOf(deleted);
    }

    /** How many snapshots were begun. */
    public synchronized long created() {
        return created;
    }

    @Override
    public String describe() {
        return name;
    }

    @Override
    public EpochCheck epochCheck() {
        return EpochCheck.ENFORCED;
    }

    @Override
    public List<Snapshot> list() throws InterruptedException {
        return faults.call(clockwork, "list", "to list the snapshots of " + name, this::listed);
    }

    @Override
    public Snapshot create(ActionContext context) throws InterruptedException {
        return faults.call(clockwork, "create", "to take a snapshot of " + name, () -> begin(context.epoch()));
    }

    @Override
    public void delete(String id, ActionContext context) throws InterruptedException {
        faults.call(clockwork, "delete " + id, "to delete snapshot " + id + " of " + name, () -> {
            remove(id, context.epoch());
            return true;
        });
    }

    private synchronized List<Snapshot> listed() {
        long now = clockwork.nanoTime();
        entries.values().removeIf(entry -> entry.gone && now - entry.goneAt >= 0);
        List<Snapshot> all = new ArrayList<>();
        entries.forEach((id, entry) -> all.add(entry.seenAt(id, now)));
        return all;
    }

    private synchronized Snapshot begin(Epoch caller) {
        compare(caller);
        created++;
        String id = "snapshot-" + created;
        long now = clockwork.nanoTime();
        State end = failing > 0 ? State.FAILED : State.GOOD;
        failing = Math.max(0, failing - 1);
        Instant dated = clockwork.now().plus(clockAhead);
        Entry entry = new Entry(dated, State.PENDING, end, now + making.toNanos());
        entries.put(id, entry);
        return entry.seenAt(id, now);
    }

    private synchronized void remove(String id, Epoch caller) {
        compare(caller);
        Entry entry = entries.get(id);
        if (entry != null && !entry.gone) {
            deleted.add(id);
            entry.gone = true;
            entry.goneAt = clockwork.nanoTime() + deleting.toNanos();
        }
    }

    private void compare(Epoch caller) {
        if (!caller.equals(Epoch.NONE)) {
            if (caller.value() < epoch) {
                throw StaleEpochException.at("fake.stale-epoch", "the snapshots of " + name, new Epoch(epoch), caller);
            }
            epoch = caller.value();
        }
    }

    private static final class Entry {
        private final Instant taken;
        private final State first;
        private final State end;
        private final long endAt;
        private boolean gone;
        private long goneAt;

        Entry(Instant taken, State first, State end, long endAt) {
            this.taken = taken;
            this.first = first;
            this.end = end;
            this.endAt = endAt;
        }

        Snapshot seenAt(String id, long now) {
            return new Snapshot(id, taken, now - endAt >= 0 ? end : first);
        }
    }
}
