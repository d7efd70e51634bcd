package io.drkit.testkit.engine;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.time.Duration;

/** Applies for so long, whoever interrupts it. */
record Deaf(Clockwork clockwork, Duration takes) implements Action<String> {
    /** For a day. */
    Deaf(Clockwork clockwork) {
        this(clockwork, Duration.ofDays(1));
    }

    @Override
    public String describe() {
        return "heeds nobody";
    }

    @Override
    public String observe(ActionContext context) {
        return "";
    }

    @Override
    public Assessment assess(String observed) {
        return Assessment.needed("something");
    }

    @Override
    public void apply(String observed, ActionContext context) {
        Deadline end = clockwork.deadline(takes);
        while (!end.passed()) {
            try {
                clockwork.sleep(end.remaining());
            } catch (InterruptedException notHeeded) {
                // the point of it
            }
        }
    }

    @Override
    public ExecutionPolicy policy() {
        return ExecutionPolicy.builder().timeout(Duration.ofSeconds(10)).build();
    }
}
