package io.drkit.core.metrics;

import io.drkit.core.detect.DetectorStatus;
import io.drkit.core.detect.Health;
import io.drkit.core.detect.OutageDetector;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Objects;

/**
 * How a detector sees things, as gauges: 1 healthy, 0 sick and -1 unknown, which a detector is that is closed, stuck or blind. So
 * {@code == 1} is the only alert rule that lets nothing unknown pass as green.
 *
 * <ul>
 *   <li>{@code drkit.detector}, tag {@code site}: what a majority of all observers sees
 *   <li>{@code drkit.detector.observer}, tags {@code site}, {@code observer}: what is thought of each one's opinions
 * </ul>
 *
 * <pre>{@code
 * DetectorMetrics.of(detector).bindTo(registry);
 * }</pre>
 */
public final class DetectorMetrics {
    private final OutageDetector detector;

    private DetectorMetrics(OutageDetector detector) {
        this.detector = Objects.requireNonNull(detector, "detector");
    }

    /** Of this detector, which stays the caller's. */
    public static DetectorMetrics of(OutageDetector detector) {
        return new DetectorMetrics(detector);
    }

    /** Registers the gauges. */
    public void bindTo(MeterRegistry registry) {
        DetectorStatus status = detector.status();
        Tags site = Tags.of("site", status.site());
        Gauge.builder(
                        "drkit.detector",
                        detector,
                        watching -> number(watching.status().health()))
                .description("What a majority of observers sees of a site: 1 healthy, 0 sick, -1 unknown")
                .tags(site)
                .strongReference(true)
                .register(registry);
        for (DetectorStatus.Opinion opinion : status.observers()) {
            Gauge.builder(
                            "drkit.detector.observer",
                            detector,
                            watching -> number(health(watching.status(), opinion.observer())))
                    .description("What an observer sees of a site: 1 healthy, 0 sick, -1 unknown")
                    .tags(site.and("observer", opinion.observer()))
                    .strongReference(true)
                    .register(registry);
        }
    }

    private static Health health(DetectorStatus status, String observer) {
        return status.observers().stream()
                .filter(opinion -> opinion.observer().equals(observer))
                .map(DetectorStatus.Opinion::health)
                .findFirst()
                .orElseThrow();
    }

    private static double number(Health health) {
        if (health instanceof Health.Healthy) {
            return 1;
        }
        return health instanceof Health.Sick ? 0 : -1;
    }
}
