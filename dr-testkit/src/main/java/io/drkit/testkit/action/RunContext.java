package io.drkit.testkit.action;

import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Progress;
import io.drkit.core.time.Clockwork;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The context of a run with a given epoch, for tests of single actions. Remembers what it was told. Thread-safe. */
public final class RunContext implements ActionContext {
    private final Clockwork clockwork;
    private final Epoch epoch;
    private final String runId;
    private final Map<String, String> facts = new ConcurrentHashMap<>();
    private final List<Progress> progress = new CopyOnWriteArrayList<>();
    private final List<DataLoss> losses = new CopyOnWriteArrayList<>();

    private RunContext(Clockwork clockwork, Epoch epoch) {
        this.clockwork = clockwork;
        this.epoch = epoch;
        this.runId = clockwork.newId();
    }

    /** A run of {@code epoch}; {@link Epoch#NONE} is work outside any run. */
    public static RunContext of(Clockwork clockwork, Epoch epoch) {
        return new RunContext(clockwork, epoch);
    }

    @Override
    public Clockwork clockwork() {
        return clockwork;
    }

    @Override
    public Epoch epoch() {
        return epoch;
    }

    @Override
    public String runId() {
        return runId;
    }

    @Override
    public void progress(Progress told) {
        progress.add(told);
    }

    @Override
    public void requireAuthority() {
        // a test's run is never taken over
    }

    @Override
    public void record(String key, String value) {
        facts.put(key, value);
    }

    @Override
    public Optional<String> recorded(String key) {
        return Optional.ofNullable(facts.get(key));
    }

    @Override
    public Optional<String> recorded(String step, String key) {
        return Optional.empty();
    }

    @Override
    public void report(DataLoss loss) {
        losses.add(loss);
    }

    /** The progress that the action told, oldest first. */
    public List<Progress> progress() {
        return List.copyOf(progress);
    }

    /** The losses that the action reported, oldest first. */
    public List<DataLoss> losses() {
        return List.copyOf(losses);
    }
}
