package io.drkit.testkit.dns;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.Epoch;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.dns.DnsStatus;
import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.action.RunContext;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.time.OnVirtualTime;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class FakeDnsSwitcherTest extends DnsSwitcherContract {
    @RegisterExtension
    private final OnVirtualTime virtual = new OnVirtualTime();

    private final Clockwork clockwork = virtual.clockwork();
    private final FakeDnsZone zone = FakeDnsZone.on(clockwork);
    private final Set<String> known = new HashSet<>();

    @Test
    @DisplayName("A resolver holds the old answer until the TTL has passed, and the status tells for how long")
    void resolver_afterSwitch_holdsTheOldAnswerForTheTtl() throws InterruptedException {
        zone.record(name(), west(), Duration.ofHours(1));
        FakeResolver resolver = zone.resolver();
        assertThat(resolver.resolve(name())).hasValue(west());

        execute(switcher().pointTo(name(), east()), Epoch.NONE);

        assertThat(resolver.resolve(name())).hasValue(west());
        assertThat(zone.resolver().resolve(name())).hasValue(east());
        DnsStatus status = switcher().status(name());
        assertThat(status.ttl()).hasValue(Duration.ofHours(1));
        assertThat(status.residual())
                .hasValueSatisfying(left -> assertThat(left)
                        .isLessThanOrEqualTo(Duration.ofHours(1))
                        .isGreaterThan(Duration.ofMinutes(50)));
        resolver.flush();
        assertThat(resolver.resolve(name())).hasValue(east());
    }

    @Test
    @DisplayName("F5: what caches may go on with is recorded, for the report")
    void pointTo_recordsHowLongTheOldAnswerOutlivesIt() throws InterruptedException {
        zone.record(name(), west(), Duration.ofHours(1));
        RunContext context = RunContext.of(clockwork(), Epoch.NONE);

        ActionExecutor.on(clockwork())
                .execute(switcher().pointTo(name(), east()), context, ActionExecutor.Watcher.NONE);

        assertThat(context.recorded(DnsSwitcher.RESIDUAL_FACT)).contains("PT1H");
    }

    @Test
    void status_neverSwitched_hasNoResidual() throws InterruptedException {
        zone.record(name(), west(), Duration.ofHours(1));

        assertThat(switcher().status(name()).residual()).hasValue(Duration.ZERO);
    }

    @Override
    protected Clockwork clockwork() {
        return clockwork;
    }

    @Override
    protected DnsSwitcher switcher() {
        return FakeDnsSwitcher.of(zone);
    }

    @Override
    protected void record(String name, String target) {
        zone.record(name, target, Duration.ofSeconds(30));
        known.add(name);
    }

    @Override
    protected void changeByHand(String name, String target) {
        zone.changeByHand(name, target);
    }

    @Override
    protected void loseNextAnswer() {
        zone.faults().next("write", Fault.answerLost());
    }

    @Override
    protected void loseNextRequest() {
        zone.faults().next("write", Fault.requestLost());
    }

    @Override
    protected Fault.Late holdNextRequest() {
        Fault.Late late = Fault.late();
        zone.faults().next("write", late);
        return late;
    }

    @Override
    protected void makeUnreadable(boolean unreadable) {
        zone.faults().every("read", Fault.requestLost());
    }

    @Override
    protected Optional<String> stored(String name) {
        return known.contains(name) ? Optional.of(zone.truth(name).target()) : Optional.empty();
    }

    @Override
    protected Optional<String> answered(String name) {
        return zone.resolver().resolve(name);
    }

    @Override
    protected void holdAnswers() {
        zone.propagation(Duration.ofHours(1));
    }

    @Override
    protected String fingerprint(String name) {
        return Long.toString(zone.version(name));
    }
}
