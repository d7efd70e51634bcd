package io.drkit.core.status;

import io.drkit.core.lease.NodeView;
import io.drkit.core.readiness.ReadinessReport;
import io.drkit.core.readiness.ReadyState;
import java.time.Instant;
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
 * @param runs the last runs and drills, the newest first
 */
public record Status(
        String title,
        Instant at,
        Part<SiteView> sites,
        Part<ReadinessReport> readiness,
        Part<NodeView> nodes,
        Part<RunView> runs) {
    public Status {
        Objects.requireNonNull(title, "title");
        Objects.requireNonNull(at, "at");
    }

    /** The worst readiness of all; unknown when none is watched or none can be asked. */
    public ReadyState ready() {
        return ReadyState.worst(
                readiness.items().stream().map(ReadinessReport::state).toList());
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
