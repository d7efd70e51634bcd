package io.drkit.testkit.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.Site;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.Action;
import io.drkit.core.detect.Health;
import io.drkit.core.detect.HealthProbe;
import io.drkit.core.detect.Observer;
import io.drkit.core.detect.OutageDetector;
import io.drkit.core.event.ConsoleProgress;
import io.drkit.core.metrics.DetectorMetrics;
import io.drkit.core.metrics.ReadinessMetrics;
import io.drkit.core.metrics.RunMetrics;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.readiness.Check;
import io.drkit.core.readiness.Finding;
import io.drkit.core.readiness.Readiness;
import io.drkit.core.readiness.ReadinessWatch;
import io.drkit.core.run.PlanRunner;
import io.drkit.testkit.dns.FakeDnsSwitcher;
import io.drkit.testkit.dns.FakeDnsZone;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.time.OnVirtualTime;
import io.drkit.testkit.time.VirtualClockwork;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class MetricsTest {
    record Place(String name) implements Site {}

    private static final SiteSwitch<Place> OVER =
            SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east"));

    @RegisterExtension
    final OnVirtualTime virtual = new OnVirtualTime();

    private final VirtualClockwork clockwork = virtual.clockwork();
    private final MeterRegistry registry = new SimpleMeterRegistry();
    private final FakeDnsZone zone = FakeDnsZone.on(clockwork);

    private RecoveryPlan<Place> plan() {
        zone.record("shop", "west", Duration.ofSeconds(60));
        return RecoveryPlan.<Place>named("shop")
                .rpo(Duration.ofMinutes(15))
                .rto(Duration.ofMinutes(30))
                .step("move name", (from, to) ->
                        (Action<?>) FakeDnsSwitcher.of(zone).pointTo("shop", to.name()))
                .pointOfNoReturn()
                .build();
    }

    private double gauge(String name, String... tags) {
        return registry.get(name).tags(tags).gauge().value();
    }

    @Test
    @DisplayName("D9: readiness and lag as metrics: unknown is -1 and not a number, never 1 and never 0")
    void readiness_asGauges_tellsUnknownFromZero() throws Exception {
        AtomicReference<Finding> found =
                new AtomicReference<>(Finding.ready("streams").figure("replication.lag.seconds", 3.5));
        ReadinessWatch watch = Readiness.of(plan(), OVER)
                .clockwork(clockwork)
                .check(Check.named("database", "it streams", c -> found.get()))
                .build()
                .watch(Duration.ofMinutes(1));
        ReadinessMetrics.of(watch).bindTo(registry);
        assertThat(gauge("drkit.readiness")).as("not looked at yet").isEqualTo(-1);

        clockwork.sleep(Duration.ofSeconds(1));
        assertThat(gauge("drkit.readiness", "plan", "shop", "line", "switchover west → east"))
                .isEqualTo(1);
        assertThat(gauge("drkit.readiness.check", "check", "move name", "kind", "step"))
                .isEqualTo(1);
        assertThat(gauge("drkit.readiness.check", "check", "database", "kind", "standing"))
                .isEqualTo(1);
        assertThat(gauge("drkit.replication.lag.seconds", "check", "database")).isEqualTo(3.5);

        found.set(Finding.unknown("no answer", "look"));
        clockwork.sleep(Duration.ofMinutes(1));
        assertThat(gauge("drkit.readiness")).isEqualTo(-1);
        assertThat(gauge("drkit.replication.lag.seconds", "check", "database")).isNaN();

        found.set(Finding.notReady("broken", "mend it"));
        clockwork.sleep(Duration.ofMinutes(1));
        assertThat(gauge("drkit.readiness.check", "check", "database")).isZero();

        watch.close();
        clockwork.sleep(Duration.ofHours(1));
        assertThat(gauge("drkit.readiness.check", "check", "move name"))
                .as("by age")
                .isEqualTo(-1);
    }

    @Test
    void runs_areCountedByOutcome_andStepsTimed() throws Exception {
        RecoveryPlan<Place> plan = plan();
        zone.faults().next("write shop", Fault.answerLost());
        PlanRunner.journalingTo(new InMemoryJournalStore())
                .clockwork(clockwork)
                .listener(new RunMetrics(registry))
                .build()
                .run(plan, OVER);

        assertThat(registry.get("drkit.runs")
                        .tags("plan", "shop", "mode", "switchover", "outcome", "succeeded")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("drkit.steps")
                        .tags("plan", "shop", "step", "move name", "status", "done", "undo", "false")
                        .timer()
                        .totalTime(TimeUnit.MILLISECONDS))
                .isPositive();
        assertThat(registry.get("drkit.steps.unknown").counter().count()).isEqualTo(1);
        assertThat(registry.get("drkit.runs.rto").timer().count()).isEqualTo(1);
        assertThat(gauge("drkit.runs.active")).isZero();
    }

    @Test
    @DisplayName(
            "D9: a run that broke off here, since it was taken over, is not active here any more, and the console says so")
    void runs_thatBrokeOff_areNotActive() throws Exception {
        InMemoryJournalStore journals = new InMemoryJournalStore();
        RecoveryPlan<Place> plan = plan();
        zone.faults().next("write shop", Fault.delayed(Duration.ofMinutes(2)));
        ByteArrayOutputStream console = new ByteArrayOutputStream();
        List<Throwable> ended = new ArrayList<>();
        clockwork.start("the first", () -> {
            try {
                PlanRunner.journalingTo(journals)
                        .clockwork(clockwork)
                        .listener(new RunMetrics(registry))
                        .listener(ConsoleProgress.to(new PrintStream(console, true, StandardCharsets.UTF_8))
                                .build())
                        .build()
                        .run(plan, OVER);
            } catch (Exception e) {
                ended.add(e);
            }
        });
        clockwork.sleep(Duration.ofMinutes(1));
        assertThat(gauge("drkit.runs.active")).isEqualTo(1);
        PlanRunner.journalingTo(journals).clockwork(clockwork).build().takeOver(plan, OVER, "ann", "it is frozen");
        clockwork.sleep(Duration.ofMinutes(30));
        assertThat(ended).singleElement().isInstanceOf(StaleEpochException.class);
        assertThat(gauge("drkit.runs.active")).isZero();
        assertThat(console.toString(StandardCharsets.UTF_8)).contains("BROKE OFF here", "journal.taken-over");
    }

    @Test
    @DisplayName(
            "D12: a recovery time that counts from the run only, as nobody dated the outage, is marked as the least it was")
    void rto_ofAFailoverWhoseOutageNobodyDated_isAtLeastThat() throws Exception {
        SiteSwitch<Place> failover = SiteSwitch.failoverFrom(new Place("west")).to(new Place("east"));
        PlanRunner runner = PlanRunner.journalingTo(new InMemoryJournalStore())
                .clockwork(clockwork)
                .listener(new RunMetrics(registry))
                .build();
        RecoveryPlan<Place> plan = plan();
        runner.run(plan, failover);
        zone.record("shop", "west", Duration.ofSeconds(60));
        runner.run(plan, failover.since(clockwork.now()));

        for (String atLeast : new String[] {"true", "false"}) {
            assertThat(registry.get("drkit.runs.rto")
                            .tags("plan", "shop", "mode", "failover", "at_least", atLeast)
                            .timer()
                            .count())
                    .isEqualTo(1);
        }
    }

    @Test
    @DisplayName("F14: a detector as metrics: closed, stuck or blind is -1")
    void detector_asGauges_tellsUnknownFromSick() throws Exception {
        AtomicReference<Health> west = new AtomicReference<>(Health.healthy("200"));
        HealthProbe east = HealthProbe.named("east", () -> Health.healthy("200"));
        OutageDetector detector = OutageDetector.watching("west")
                .observer(Observer.here("paris", HealthProbe.named("west", west::get), east, clockwork))
                .clockwork(clockwork)
                .build();
        DetectorMetrics.of(detector).bindTo(registry);
        assertThat(gauge("drkit.detector", "site", "west")).as("not started").isEqualTo(-1);

        detector.start();
        clockwork.sleep(Duration.ofSeconds(31));
        assertThat(gauge("drkit.detector", "site", "west")).isEqualTo(1);
        assertThat(gauge("drkit.detector.observer", "site", "west", "observer", "paris"))
                .isEqualTo(1);
        west.set(Health.sick("503"));
        clockwork.sleep(Duration.ofSeconds(31));
        assertThat(gauge("drkit.detector", "site", "west")).isZero();
        west.set(Health.unknown("no such name"));
        clockwork.sleep(Duration.ofSeconds(31));
        assertThat(gauge("drkit.detector.observer", "site", "west", "observer", "paris"))
                .isEqualTo(-1);
        detector.close();
        assertThat(gauge("drkit.detector", "site", "west")).isEqualTo(-1);
    }
}
