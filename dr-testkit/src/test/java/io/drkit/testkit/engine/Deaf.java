package io.drkit.testkit.engine;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.time.Clockwork;
import java.time.Duration;

/** Applies for a day, whoever interrupts it. */
record Deaf(Clockwork clockwork) implements Action<String> {
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
        for (int hours = 0; hours < 24; hours++) {
            try {
                clockwork.sleep(Duration.ofHours(1));
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
