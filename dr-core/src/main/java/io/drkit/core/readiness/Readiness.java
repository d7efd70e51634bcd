package io.drkit.core.readiness;

import io.drkit.core.Site;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.EpochCheck;
import io.drkit.core.plan.BoundPlan;
import io.drkit.core.plan.PlannedStep;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Survey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Whether a plan could be run today, in one direction and mode: its own steps, observed and assessed now, and standing checks.
 *
 * <pre>{@code
 * Readiness readiness = Readiness.of(plan, SiteSwitch.failoverFrom(west).to(east))
 *         .check(Checks.replicationLag("database", promoter, west.database(), east.database(), ofMinutes(15)))
 *         .build();
 * readiness.check().printTo(System.out);
 * }</pre>
 *
 * <p>It changes nothing. A step is not ready when it is blocked, or when a run would fail at it at once (a denied credential,
 * something that is not there); it is unknown when it cannot be observed, does not answer in time, or could only wait for something
 * that may never come. A gate ({@link Checks#gate}) is what its check finds. Steps are assessed as the world is now, as in a preview:
 * the earlier ones have not run. Ready says that nothing was found that stands in the way. It is no drill.
 *
 * <p>All are looked at in parallel, each on a thread of its own and for no longer than its time. Thread-safe.
 */
public final class Readiness {
    private final BoundPlan plan;
    private final List<Check> checks;
    private final Clockwork clockwork;
    private final Duration stepTimeout;
    private final Survey survey;

    private Readiness(Builder builder) {
        plan = builder.plan;
        checks = List.copyOf(builder.checks);
        clockwork = builder.clockwork;
        stepTimeout = builder.stepTimeout;
        survey = new Survey(clockwork);
    }

    /** Begins with the steps of {@code plan} in this direction and mode. */
    public static <S extends Site> Builder of(RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch) {
        return new Builder(plan.bind(siteSwitch));
    }

    /** The longest that {@link #check} takes, should something hang. */
    public Duration longest() {
        return checks.stream().map(Check::timeout).reduce(stepTimeout, (a, b) -> a.compareTo(b) > 0 ? a : b);
    }

    /**
     * Looks at everything now, and answers when the last has answered or is overdue.
     *
     * @throws InterruptedException when the caller is interrupted; what is still at work is interrupted too
     */
    public ReadinessReport check() throws InterruptedException {
        ReadinessReport unanswered = unanswered();
        List<Survey.Question<Finding>> questions = new ArrayList<>();
        ActionExecutor executor = ActionExecutor.on(clockwork);
        for (PlannedStep step : plan.steps()) {
            questions.add(new Survey.Question<>(
                    "ready: step " + step.name(),
                    stepTimeout,
                    // a gate would wait for what its check finds; whether it is ready is for the check to say
                    () -> step.action() instanceof Gate gate
                            ? gate.look(clockwork)
                            : Verdicts.of(executor.preview(step.action()))));
        }
        for (Check check : checks) {
            questions.add(new Survey.Question<>(
                    "ready: check " + check.name(),
                    check.timeout(),
                    () -> Objects.requireNonNull(check.run(clockwork), "the check found nothing at all")));
        }
        List<Survey.Answer<Finding>> answers = survey.ask(questions);
        List<CheckResult> results = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            CheckResult blank = unanswered.results().get(i);
            results.add(new CheckResult(
                    blank.kind(), blank.name(), blank.verifies(), Verdicts.of(answers.get(i)), blank.advisory()));
        }
        return new ReadinessReport(plan.plan(), plan.line(), unanswered.at(), results);
    }

    /**
     * Looks again and again, beginning at once, until the watch is closed.
     *
     * @param every from the end of one look to the begin of the next; more than zero
     * @param listener is told each report, on the watch's own thread, one at a time; holds the watch up while it works; what it
     *     throws is logged and changes nothing
     */
    public ReadinessWatch watch(Duration every, Consumer<ReadinessReport> listener) {
        return ReadinessWatch.start(this, clockwork, every, listener);
    }

    /** As {@link #watch(Duration, Consumer)}, told to nobody. */
    public ReadinessWatch watch(Duration every) {
        return watch(every, report -> {});
    }

    /** Everything that would be looked at, all of it unknown. */
    ReadinessReport unanswered() {
        List<CheckResult> results = new ArrayList<>();
        Finding finding = Finding.unknown("it was not looked at yet", "wait for it");
        for (PlannedStep step : plan.steps()) {
            results.add(new CheckResult(
                    CheckResult.Kind.STEP,
                    step.name(),
                    step.action().describe(),
                    finding,
                    step.action().epochCheck() == EpochCheck.ADVISORY));
        }
        for (Check check : checks) {
            results.add(new CheckResult(CheckResult.Kind.STANDING, check.name(), check.verifies(), finding, false));
        }
        return new ReadinessReport(plan.plan(), plan.line(), clockwork.now(), results);
    }

    /** Builds a readiness. Defaults: no standing checks, 1 minute for each step, the system's clockwork. Not thread-safe. */
    public static final class Builder {
        private final BoundPlan plan;
        private final List<Check> checks = new ArrayList<>();
        private Duration stepTimeout = Duration.ofMinutes(1);
        private Clockwork clockwork = Clockwork.system();

        private Builder(BoundPlan plan) {
            this.plan = plan;
        }

        /** One more standing check. */
        public Builder check(Check check) {
            checks.add(Objects.requireNonNull(check, "check"));
            return this;
        }

        /** How long observing each step may take; more than zero. A final sync that walks a large share needs long. */
        public Builder stepTimeout(Duration timeout) {
            if (timeout.isNegative() || timeout.isZero()) {
                throw new IllegalArgumentException("A step may take longer than zero, not " + timeout);
            }
            stepTimeout = timeout;
            return this;
        }

        /** Time and threads. */
        public Builder clockwork(Clockwork clockwork) {
            this.clockwork = Objects.requireNonNull(clockwork, "clockwork");
            return this;
        }

        /**
         * Makes it.
         *
         * @throws IllegalStateException when two checks have one name
         */
        public Readiness build() {
            Set<String> names = new HashSet<>();
            for (Check check : checks) {
                if (!names.add(check.name())) {
                    throw new IllegalStateException("Two checks are named " + check.name());
                }
            }
            return new Readiness(this);
        }
    }
}
