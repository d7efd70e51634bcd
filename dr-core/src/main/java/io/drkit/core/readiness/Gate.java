package io.drkit.core.readiness;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.EpochCheck;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Survey;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Waits for a check to be ready, and changes nothing. */
final class Gate implements Action<Finding> {
    private static final Duration LOOK_EVERY = Duration.ofSeconds(5);

    private final Check check;
    private final Duration timeout;
    /** One for all looks, so that one that hangs is not joined by another each time. */
    private volatile @Nullable Survey survey;

    Gate(Check check, Duration timeout) {
        this.check = check;
        this.timeout = timeout;
    }

    @Override
    public String describe() {
        return "wait until " + check.name() + " is ready: " + check.verifies();
    }

    @Override
    public Finding observe(ActionContext context) throws InterruptedException {
        return look(context.clockwork());
    }

    /** What the check finds now, whatever becomes of it. */
    Finding look(Clockwork clockwork) throws InterruptedException {
        Survey asked = survey;
        if (asked == null) {
            asked = new Survey(clockwork);
            survey = asked;
        }
        return Verdicts.of(asked.ask(
                "gate: " + check.name(),
                check.timeout(),
                () -> Objects.requireNonNull(check.run(clockwork), "the check found nothing at all")));
    }

    @Override
    public Assessment assess(Finding observed) {
        return observed.state() == ReadyState.READY
                ? Assessment.done(observed.why())
                : Assessment.underway(
                        check.name() + " to be ready: " + observed.why() + ". What to do: " + observed.remedy());
    }

    @Override
    public void apply(Finding observed, ActionContext context) {
        throw new AssertionError("a gate needs no change");
    }

    @Override
    public ExecutionPolicy policy() {
        return ExecutionPolicy.builder()
                .timeout(timeout)
                .pollInterval(LOOK_EVERY)
                .build();
    }

    /** There is no change that could come late. */
    @Override
    public EpochCheck epochCheck() {
        return EpochCheck.ENFORCED;
    }
}
