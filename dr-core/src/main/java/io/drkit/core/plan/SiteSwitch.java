package io.drkit.core.plan;

import io.drkit.core.Site;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * From which site to which, and how. Failback is the same plan with the sites the other way round.
 *
 * <pre>{@code
 * runner.run(plan, SiteSwitch.switchoverFrom(west).to(east));
 * runner.run(plan, SiteSwitch.failoverFrom(west).to(east).since(outageBegan, alarm));
 * }</pre>
 *
 * @param mode planned or not
 * @param from the site that is active until now
 * @param to the site that becomes active
 * @param outageBegan when service was lost, so that the report can tell what went before the run; empty when unknown
 * @param detectedAt when that was noticed, so that the report can tell detection from decision; empty when unknown, as it is for
 *     an unknown outage
 */
public record SiteSwitch<S extends Site>(
        Mode mode, S from, S to, Optional<Instant> outageBegan, Optional<Instant> detectedAt) {
    public SiteSwitch {
        Objects.requireNonNull(mode, "mode");
        Objects.requireNonNull(outageBegan, "outageBegan");
        Objects.requireNonNull(detectedAt, "detectedAt");
        if (detectedAt.isPresent()
                && !outageBegan.map(began -> !detectedAt.get().isBefore(began)).orElse(false)) {
            throw new IllegalArgumentException("An outage is detected after it began: began "
                    + outageBegan.map(Instant::toString).orElse("unknown") + ", detected " + detectedAt.get());
        }
        if (from.name().isBlank() || to.name().isBlank()) {
            throw new IllegalArgumentException("Both sites need a name");
        }
        if (from.name().equals(to.name())) {
            throw new IllegalArgumentException("A switch is between two sites, but both are named " + from.name());
        }
    }

    /** Planned: both sites work, nothing is lost. Begins with the site that is active until now. */
    public static <S extends Site> From<S> switchoverFrom(S active) {
        return new From<>(Mode.SWITCHOVER, active);
    }

    /** Unplanned: the site that was active until now, with which this begins, may be dead. */
    public static <S extends Site> From<S> failoverFrom(S active) {
        return new From<>(Mode.FAILOVER, active);
    }

    /** A switch that does not say yet where to. Two sites are of one type, and no compiler tells them apart: their names here do. */
    public static final class From<S extends Site> {
        private final Mode mode;
        private final S from;

        private From(Mode mode, S from) {
            this.mode = mode;
            this.from = Objects.requireNonNull(from, "from");
        }

        /** The site that becomes active. */
        public SiteSwitch<S> to(S standby) {
            return new SiteSwitch<>(mode, from, standby, Optional.empty(), Optional.empty());
        }
    }

    /** With the moment at which service was lost. */
    public SiteSwitch<S> since(Instant outageBegan) {
        return new SiteSwitch<>(mode, from, to, Optional.of(outageBegan), Optional.empty());
    }

    /** With the moments at which service was lost, and at which that was noticed: not before it was lost. */
    public SiteSwitch<S> since(Instant outageBegan, Instant detectedAt) {
        return new SiteSwitch<>(mode, from, to, Optional.of(outageBegan), Optional.of(detectedAt));
    }

    /** For example {@code switchover west → east}. */
    public String line() {
        return mode + " " + from.name() + " → " + to.name();
    }
}
