package io.drkit.testkit.dns;

import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.EpochCheck;
import io.drkit.core.action.SupersedingAction;
import io.drkit.core.dns.DnsStatus;
import io.drkit.core.dns.DnsSwitcher;
import io.drkit.testkit.dns.FakeDnsZone.Seen;
import io.drkit.testkit.fault.Route;
import java.time.Duration;
import java.util.Objects;

/** Switches records of a {@link FakeDnsZone}. It holds no state of its own. Thread-safe. */
public final class FakeDnsSwitcher implements DnsSwitcher {
    private final FakeDnsZone zone;
    private final Route route;

    private FakeDnsSwitcher(FakeDnsZone zone, Route route) {
        this.zone = Objects.requireNonNull(zone, "zone");
        this.route = Objects.requireNonNull(route, "route");
    }

    public static FakeDnsSwitcher of(FakeDnsZone zone) {
        return of(zone, Route.direct());
    }

    /** As one process reaches it. */
    public static FakeDnsSwitcher of(FakeDnsZone zone, Route route) {
        return new FakeDnsSwitcher(zone, route);
    }

    @Override
    public DnsStatus status(String name) throws InterruptedException {
        return see(name).status();
    }

    @Override
    public Action<?> pointTo(String name, String target) {
        if (name.isBlank() || target.isBlank()) {
            throw new IllegalArgumentException("A record has a name and a target: an empty one is never written");
        }
        return new PointTo(name, target);
    }

    private Seen see(String name) throws InterruptedException {
        return zone.read(route, name)
                .orElseThrow(() -> new NotFoundException(
                        "fake.record-missing",
                        Problem.expected("a record " + name).found("none").remedy("check the name")));
    }

    private final class PointTo implements SupersedingAction<Seen> {
        private final String name;
        private final String target;

        private PointTo(String name, String target) {
            this.name = name;
            this.target = target;
        }

        @Override
        public String describe() {
            return "point " + name + " at " + target;
        }

        @Override
        public Seen observe(ActionContext context) throws InterruptedException {
            return see(name);
        }

        @Override
        public Assessment assess(Seen observed) {
            DnsStatus status = observed.status();
            if (!status.target().equals(target)) {
                return Assessment.needed(name + ": " + status.target() + " to " + target);
            }
            String answered = status.answered().orElse("nothing");
            return answered.equals(target)
                    ? Assessment.done(name + " is answered with " + target)
                    : Assessment.underway("the servers to answer " + target + ", and not " + answered);
        }

        @Override
        public EpochCheck epochCheck() {
            return EpochCheck.ENFORCED;
        }

        @Override
        public void apply(Seen observed, ActionContext context) throws InterruptedException {
            context.record(
                    RESIDUAL_FACT,
                    observed.status().ttl().map(Duration::toString).orElse(RESIDUAL_UNKNOWN));
            context.requireAuthority();
            zone.write(route, observed, target, context.epoch());
        }

        @Override
        public void supersede(Seen observed, ActionContext context) throws InterruptedException {
            zone.touch(route, observed, context.epoch());
        }
    }
}
