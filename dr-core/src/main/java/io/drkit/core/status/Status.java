package io.drkit.core.status;

import io.drkit.core.detect.DetectorStatus;
import io.drkit.core.detect.Health;
import io.drkit.core.lease.NodeView;
import io.drkit.core.readiness.ReadinessReport;
import io.drkit.core.readiness.ReadyState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How recovery stands at one moment. A value; {@link StatusPage} and {@link StatusJson} show it.
 *
 * @param title what it is about, for example the application's name
 * @param at when it was asked for
 * @param sites the sites and what each is
 * @param readiness what was found of each plan, direction and mode that is watched
 * @param nodes the processes that may lead
 * @param detectors how those see things that watch for an outage
 * @param runs the last runs and drills, the newest first
 */
public record Status(
        String title,
        Instant at,
        Part<SiteView> sites,
        Part<ReadinessReport> readiness,
        Part<NodeView> nodes,
        Part<DetectorStatus> detectors,
        Part<RunView> runs) {
    public Status {
        Objects.requireNonNull(title, "title");
        Objects.requireNonNull(at, "at");
    }

    /**
     * The worst readiness of all; unknown when none is watched or none can be asked. At best unknown as long as there are
     * {@link #concerns}.
     */
    public ReadyState ready() {
        ReadyState worst = ReadyState.worst(
                readiness.items().stream().map(ReadinessReport::state).toList());
        return concerns().isEmpty() ? worst : ReadyState.worst(List.of(worst, ReadyState.UNKNOWN));
    }

    /**
     * What no readiness looks at and what keeps the whole from being ready, a sentence without a full stop each: a part or a site
     * that is not known, more than one active site, a run that is not over, an outage that is seen or could not be seen.
     */
    public List<String> concerns() {
        List<String> concerns = new ArrayList<>();
        concern(concerns, "the sites", sites);
        concern(concerns, "the readiness", readiness);
        concern(concerns, "the nodes", nodes);
        concern(concerns, "the detectors", detectors);
        concern(concerns, "the last runs", runs);
        List<String> active = named(SiteView.Role.ACTIVE);
        if (active.size() > 1) {
            concerns.add("more than one site is active: " + String.join(", ", active));
        }
        named(SiteView.Role.UNKNOWN).forEach(site -> concerns.add("what " + site + " is now is not known"));
        for (RunView run : runs.items()) {
            if (!run.over()) {
                concerns.add("the " + run.line() + " of " + run.plan() + " is not over"
                        + run.report()
                                .map(report -> ": " + report.outcome().name().replace('_', ' '))
                                .orElse(""));
            }
        }
        for (DetectorStatus detector : detectors.items()) {
            Health health = detector.health();
            if (health instanceof Health.Sick) {
                concerns.add("site " + detector.site() + " is seen sick");
            } else if (health instanceof Health.Unknown) {
                concerns.add("whether " + detector.site() + " is out is not known");
            }
        }
        return concerns;
    }

    private List<String> named(SiteView.Role role) {
        return sites.items().stream()
                .filter(site -> site.role() == role)
                .map(SiteView::name)
                .toList();
    }

    private static void concern(List<String> concerns, String what, Part<?> part) {
        part.unknown().ifPresent(why -> concerns.add(what + " could not be asked: " + why));
    }

    /**
     * One part of it.
     *
     * @param items what is known
     * @param unknown why it is not known, in which case there are no items; empty when it is
     */
    public record Part<T>(List<T> items, Optional<String> unknown) {
        public Part {
            items = List.copyOf(items);
            Objects.requireNonNull(unknown, "unknown");
        }

        /** It is known. */
        public static <T> Part<T> of(List<T> items) {
            return new Part<>(items, Optional.empty());
        }

        /** It is not known. */
        public static <T> Part<T> unknown(String why) {
            return new Part<>(List.of(), Optional.of(why));
        }
    }
}
