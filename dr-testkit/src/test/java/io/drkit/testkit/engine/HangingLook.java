package io.drkit.testkit.engine;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.time.Clockwork;
import java.time.Duration;

/** Looks for a year, as a connection into a dead site may. */
record HangingLook(Clockwork clockwork) implements Action<String> {
    @Override
    public String describe() {
        return "never answers";
    }

    @Override
    public String observe(ActionContext context) throws InterruptedException {
        clockwork.sleep(Duration.ofDays(365));
        return "";
    }

    @Override
    public Assessment assess(String observed) {
        return Assessment.done(observed);
    }

    @Override
    public void apply(String observed, ActionContext context) {
        throw new AssertionError();
    }
}
