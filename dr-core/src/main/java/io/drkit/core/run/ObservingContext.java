package io.drkit.core.run;

import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Progress;
import io.drkit.core.time.Clockwork;
import java.util.Optional;

/** For whoever only looks: claims no authority, and keeps nothing. */
record ObservingContext(Clockwork clockwork, String runId) implements ActionContext {
    @Override
    public Epoch epoch() {
        return Epoch.NONE;
    }

    @Override
    public void progress(Progress progress) {
        // nobody watches
    }

    @Override
    public void requireAuthority() {
        // none is needed to look
    }

    @Override
    public void record(String key, String value) {
        // nothing comes of it
    }

    @Override
    public Optional<String> recorded(String key) {
        return Optional.empty();
    }

    @Override
    public Optional<String> recorded(String step, String key) {
        return Optional.empty();
    }

    @Override
    public void report(DataLoss loss) {
        // nothing is lost by looking
    }
}
