package io.drkit.postgres;

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
import java.util.concurrent.atomic.AtomicLong;

/** The context of a run of its own, with an epoch above all before it, whose facts outlive the process that recorded them, as a journal's do. */
class Recorder implements ActionContext {
    private static final AtomicLong EPOCHS = new AtomicLong();

    final Map<String, String> facts = new ConcurrentHashMap<>();
    final List<DataLoss> losses = new CopyOnWriteArrayList<>();
    Epoch epoch = new Epoch(EPOCHS.incrementAndGet());

    @Override
    public Clockwork clockwork() {
        return Duo.CLOCK;
    }

    @Override
    public Epoch epoch() {
        return epoch;
    }

    @Override
    public String runId() {
        return "test";
    }

    @Override
    public void progress(Progress progress) {}

    @Override
    public void requireAuthority() {}

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
}
