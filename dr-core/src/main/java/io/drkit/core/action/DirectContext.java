package io.drkit.core.action;

import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.time.Clockwork;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The context of an action that is executed outside any run. */
final class DirectContext implements ActionContext {
    private static final Logger log = LoggerFactory.getLogger(DirectContext.class);

    private final Clockwork clockwork;
    private final String runId;
    private final Map<String, String> facts = new ConcurrentHashMap<>();

    DirectContext(Clockwork clockwork) {
        this.clockwork = clockwork;
        this.runId = clockwork.newId();
    }

    @Override
    public Clockwork clockwork() {
        return clockwork;
    }

    @Override
    public Epoch epoch() {
        return Epoch.NONE;
    }

    @Override
    public String runId() {
        return runId;
    }

    @Override
    public void progress(Progress progress) {
        log.debug("{}", progress);
    }

    @Override
    public void requireAuthority() {
        // outside a run nobody else claims any
    }

    @Override
    public void record(String key, String value) {
        facts.put(key, value);
        log.info("{} = {}", key, value);
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
        log.warn("{}", loss);
    }
}
