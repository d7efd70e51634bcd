package io.drkit.core.metrics;

import io.drkit.core.readiness.CheckResult;
import io.drkit.core.readiness.ReadinessReport;
import io.drkit.core.readiness.ReadinessWatch;
import io.drkit.core.readiness.ReadyState;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Optional;

/**
 * The readiness that a watch sees, as gauges. A state is 1 when ready, 0 when not ready and -1 when unknown: so {@code == 1} is
 * the only alert rule that lets nothing unknown pass as green, and a minimum over several shows the unknown.
 *
 * <ul>
 *   <li>{@code drkit.readiness}, tags {@code plan}, {@code line}: the worst of all
 *   <li>{@code drkit.readiness.check}, tags {@code plan}, {@code line}, {@code kind} ({@code step} or {@code standing}),
 *       {@code check}: each
 *   <li>{@code drkit.} and the name of each figure that a check measures, such as {@code drkit.replication.lag.seconds}, with the
 *       same tags; not a number while it is not known
 * </ul>
 *
 * <pre>{@code
 * ReadinessMetrics.of(watch).bindTo(registry);
 * }</pre>
 */
public final class ReadinessMetrics {
    private final ReadinessWatch watch;

    private ReadinessMetrics(ReadinessWatch watch) {
        this.watch = watch;
    }

    /** Of this watch, which stays the caller's. */
    public static ReadinessMetrics of(ReadinessWatch watch) {
        return new ReadinessMetrics(watch);
    }

    /** Registers the gauge of every check, and that of a figure as soon as its check has measured it. */
    public void bindTo(MeterRegistry registry) {
        ReadinessReport report = watch.latest();
        Gauge.builder("drkit.readiness", watch, latest -> number(latest.latest().state()))
                .description("Whether a plan could be run: 1 ready, 0 not ready, -1 unknown")
                .tags(tags(report))
                .strongReference(true)
                .register(registry);
        for (CheckResult result : report.results()) {
            Gauge.builder(
                            "drkit.readiness.check",
                            watch,
                            latest -> number(find(result)
                                    .map(now -> now.finding().state())
                                    .orElse(ReadyState.UNKNOWN)))
                    .description("One check of a plan's readiness: 1 ready, 0 not ready, -1 unknown")
                    .tags(tags(report, result))
                    .strongReference(true)
                    .register(registry);
        }
        watch.listener(later -> figures(registry, later));
        figures(registry, report);
    }

    /** To register a gauge again answers the one that is there. */
    private void figures(MeterRegistry registry, ReadinessReport report) {
        for (CheckResult result : report.results()) {
            for (String figure : result.finding().figures().keySet()) {
                Gauge.builder(
                                "drkit." + figure,
                                watch,
                                latest -> find(result)
                                        .map(now -> now.finding().figures().getOrDefault(figure, Double.NaN))
                                        .orElse(Double.NaN))
                        .description("What a check of a plan's readiness measured; NaN while it is not known")
                        .tags(tags(report, result))
                        .strongReference(true)
                        .register(registry);
            }
        }
    }

    private static Tags tags(ReadinessReport report) {
        return Tags.of("plan", report.plan(), "line", report.line());
    }

    private static Tags tags(ReadinessReport report, CheckResult result) {
        return tags(report)
                .and("kind", result.kind() == CheckResult.Kind.STEP ? "step" : "standing")
                .and("check", result.name());
    }

    private Optional<CheckResult> find(CheckResult result) {
        return watch.latest().results().stream()
                .filter(now -> now.kind() == result.kind() && now.name().equals(result.name()))
                .findFirst();
    }

    private static double number(ReadyState state) {
        return switch (state) {
            case READY -> 1;
            case NOT_READY -> 0;
            case UNKNOWN -> -1;
        };
    }
}
