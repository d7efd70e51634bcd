package io.drkit.core.plan;

import io.drkit.core.Site;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * From which site to which, and how. Failback is the same plan with the sites the other way round.
 *
 * <pre>{@code
 * runner.run(plan, SiteSwitch.switchover(west, east));
 * runner.run(plan, SiteSwitch.failover(west, east).since(firstAlarm));
 * }</pre>
 *
 * @param mode planned or not
 * @param from the site that is active until now
 * @param to the site that becomes active
 * @param outageBegan when service was lost, so that the report can tell detection and decision from the run; empty when unknown
 */
public record SiteSwitch<S extends Site>(Mode mode, S from, S to, Optional<Instant> outageBegan) {
    public SiteSwitch {
        Objects.requireNonNull(mode, "mode");
        Objects.requireNonNull(outageBegan, "outageBegan");
        if (from.name().isBlank() || to.name().isBlank()) {
            throw new IllegalArgumentException("Both sites need a name");
        }
        if (from.name().equals(to.name())) {
            throw new IllegalArgumentException("A switch is between two sites, but both are named " + from.name());
        }
    }

    /** Planned: both sites work, nothing is lost. */
    public static <S extends Site> SiteSwitch<S> switchover(S from, S to) {
        return new SiteSwitch<>(Mode.SWITCHOVER, from, to, Optional.empty());
    }

    /** Unplanned: {@code from} may be dead. */
    public static <S extends Site> SiteSwitch<S> failover(S from, S to) {
        return new SiteSwitch<>(Mode.FAILOVER, from, to, Optional.empty());
    }

    /** With the moment at which service was lost. */
    public SiteSwitch<S> since(Instant outageBegan) {
        return new SiteSwitch<>(mode, from, to, Optional.of(outageBegan));
    }

    /** For example {@code switchover west → east}. */
    public String line() {
        return mode + " " + from.name() + " → " + to.name();
    }
}
