package io.drkit.core.metrics;

import io.drkit.core.event.RunEvent;
import io.drkit.core.event.RunListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What runs do, as meters of the process that runs them. Enum names are lower case in tags.
 *
 * <ul>
 *   <li>{@code drkit.runs}, a counter, tags {@code plan}, {@code mode}, {@code outcome}: runs that ended, or paused, in this process
 *   <li>{@code drkit.runs.rto}, a timer with the same tags and {@code at_least}: the achieved RTO of those that brought service
 *       back; {@code at_least} is {@code true} where it counts from the run's begin only, as nobody said when the outage of the
 *       failover began: the real one was longer
 *   <li>{@code drkit.steps}, a timer, tags {@code plan}, {@code step}, {@code status}, {@code undo}: what each step took in this
 *       process
 *   <li>{@code drkit.steps.unknown}, a counter, tags {@code plan}, {@code step}, {@code undo}: answers that were lost
 *   <li>{@code drkit.runs.active}, a gauge: 1 from a run's begin until it ends, pauses, or breaks off in this process
 * </ul>
 *
 * <pre>{@code
 * PlanRunner.journalingTo(journals).listener(new RunMetrics(registry)).build();
 * }</pre>
 *
 * <p>A process that only watches a run counts it too. One listener is for one run at a time: take one runner with one of these for
 * each plan. Several on one registry add up, except for {@code drkit.runs.active}, which then counts for the first of them.
 */
public final class RunMetrics implements RunListener {
    private final MeterRegistry registry;
    private final AtomicInteger active = new AtomicInteger();
    private volatile String plan = "";

    /** Meters there. */
    public RunMetrics(MeterRegistry registry) {
        this.registry = Objects.requireNonNull(registry, "registry");
        Gauge.builder("drkit.runs.active", active, AtomicInteger::get)
                .description("Runs of recovery plans that go on in this process")
                .strongReference(true)
                .register(registry);
    }

    @Override
    public void on(RunEvent event) {
        if (event instanceof RunEvent.RunBegan began) {
            plan = began.plan();
            active.set(1);
        } else if (event instanceof RunEvent.StepEnded ended) {
            Timer.builder("drkit.steps")
                    .description("What the steps of recovery plans took")
                    .tags(step(ended.step(), ended.undo())
                            .and("status", lower(ended.status().name())))
                    .register(registry)
                    .record(ended.took());
        } else if (event instanceof RunEvent.StepOutcomeUnknown unknown) {
            Counter.builder("drkit.steps.unknown")
                    .description("Answers that were lost")
                    .tags(step(unknown.step(), unknown.undo()))
                    .register(registry)
                    .increment();
        } else if (event instanceof RunEvent.RunBrokeOff) {
            active.set(0);
        } else if (event instanceof RunEvent.RunEnded ended) {
            active.set(0);
            Tags tags = Tags.of(
                    "plan",
                    ended.report().plan(),
                    "mode",
                    lower(ended.report().mode().name()),
                    "outcome",
                    lower(ended.report().outcome().name()));
            Counter.builder("drkit.runs")
                    .description("Runs of recovery plans, by how they ended")
                    .tags(tags)
                    .register(registry)
                    .increment();
            ended.report()
                    .achievedRto()
                    .filter(rto -> !rto.isNegative())
                    .ifPresent(rto -> Timer.builder("drkit.runs.rto")
                            .description("The achieved recovery time")
                            .tags(tags.and(
                                    "at_least", Boolean.toString(ended.report().rtoAtLeast())))
                            .register(registry)
                            .record(rto));
        }
    }

    private Tags step(String step, boolean undo) {
        return Tags.of("plan", plan, "step", step, "undo", Boolean.toString(undo));
    }

    private static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
