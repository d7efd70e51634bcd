package io.drkit.testkit.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.detect.DetectionEvent;
import io.drkit.core.detect.Health;
import io.drkit.core.detect.HealthProbe;
import io.drkit.core.detect.Observer;
import io.drkit.core.detect.Outage;
import io.drkit.core.detect.OutageDetector;
import io.drkit.core.detect.OutageMemory;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.report.RtoBreakdown;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.replica.FakeDatabase;
import io.drkit.testkit.replica.FakeDatabases;
import io.drkit.testkit.time.OnVirtualTime;
import io.drkit.testkit.time.VirtualClockwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class OutageDetectorTest {
    record Place(String name) implements Site {}

    private static final SiteSwitch<Place> OVER =
            SiteSwitch.failoverFrom(new Place("west")).to(new Place("east"));

    @RegisterExtension
    final OnVirtualTime virtual = new OnVirtualTime();

    @TempDir
    Path directory;

    private final VirtualClockwork clockwork = virtual.clockwork();
    private final List<DetectionEvent> told = new ArrayList<>();
    private boolean westDown;
    private boolean eastDown;
    /** Observers that reach nobody. */
    private final Set<String> cutOff = new HashSet<>();
    /** Observers that do not answer at all. */
    private final Set<String> mute = new HashSet<>();

    private OutageDetector detector;

    @AfterEach
    void close() {
        if (detector != null) {
            detector.close();
        }
    }

    private Observer observer(String name) {
        HealthProbe west = HealthProbe.named("west", () -> seen(name, westDown));
        HealthProbe east = HealthProbe.named("east", () -> seen(name, eastDown));
        return Observer.here(name, west, east, clockwork);
    }

    private Health seen(String observer, boolean down) throws InterruptedException {
        if (mute.contains(observer)) {
            clockwork.sleep(Duration.ofDays(1));
        }
        return down || cutOff.contains(observer) ? Health.sick("no answer") : Health.healthy("200");
    }

    private OutageDetector.Builder builder(String... observers) {
        OutageDetector.Builder builder =
                OutageDetector.watching("west").clockwork(clockwork).listener(told::add);
        for (String observer : observers) {
            builder.observer(observer(observer));
        }
        return builder;
    }

    private OutageDetector.Builder three() {
        return builder("paris", "oslo", "rome");
    }

    private void start(OutageDetector.Builder builder) throws InterruptedException {
        detector = builder.build();
        detector.start();
        clockwork.sleep(Duration.ofSeconds(31));
    }

    private void pass(Duration time) throws InterruptedException {
        clockwork.sleep(time);
    }

    private <T extends DetectionEvent> List<T> told(Class<T> type) {
        return told.stream().filter(type::isInstance).map(type::cast).toList();
    }

    // -- when ---------------------------------------------------------------------------------------------------------

    @Test
    @DisplayName(
            "C4: an outage that a majority sees for three looks is declared, with when it began and when it was noticed")
    void declares_whenAMajoritySeesItSick() throws Exception {
        start(three());
        assertThat(told).isEmpty();
        assertThat(detector.status().sick()).isZero();

        Instant down = clockwork.now();
        westDown = true;
        pass(Duration.ofMinutes(1));

        DetectionEvent.Declared declared = told(DetectionEvent.Declared.class).get(0);
        assertThat(Duration.between(down, declared.outage().began())).isBetween(Duration.ZERO, Duration.ofSeconds(5));
        assertThat(Duration.between(declared.outage().began(), declared.outage().detected()))
                .isEqualTo(Duration.ofSeconds(10));
        assertThat(declared.line()).contains("west is out since", "paris: no answer");
        assertThat(detector.status().outage()).isPresent();
    }

    @Test
    @DisplayName("C4: beware of false positives: now and then a lost answer declares nothing")
    void blips_declareNothing() throws Exception {
        start(three());
        for (int i = 0; i < 100; i++) {
            westDown = i % 3 == 0;
            pass(Duration.ofSeconds(5));
        }
        assertThat(told).isEmpty();
    }

    @Test
    @DisplayName("F1: an observer that sees neither site is itself cut off, and does not count")
    void observersThatAreCutOff_countAsNotSick() throws Exception {
        start(three());
        cutOff.addAll(Set.of("paris", "oslo", "rome"));
        pass(Duration.ofMinutes(10));

        assertThat(told(DetectionEvent.Suspected.class)).isEmpty();
        assertThat(detector.status().observers())
                .allSatisfy(opinion -> assertThat(opinion.health())
                        .isInstanceOf(Health.Unknown.class)
                        .extracting(Health::why)
                        .asString()
                        .contains("sees neither site"));
    }

    @Test
    @DisplayName("F1: a majority of all configured observers is needed, not of those that answer")
    void majority_isOfAllConfiguredObservers() throws Exception {
        start(builder("a", "b", "c", "d"));
        mute.addAll(Set.of("c", "d"));
        westDown = true;
        pass(Duration.ofMinutes(10));
        assertThat(told)
                .as("two of four are no majority, and know no more than half")
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly("Blind");
        assertThat(detector.status().needed()).isEqualTo(3);

        mute.remove("c");
        pass(Duration.ofMinutes(5));
        assertThat(told(DetectionEvent.Declared.class)).hasSize(1);
    }

    @Test
    void unknown_countsForNobody_andIsNotCarriedOn() throws Exception {
        start(three());
        westDown = true;
        pass(Duration.ofSeconds(11)); // two looks of three
        eastDown = true; // now nobody can tell an outage from being cut off
        pass(Duration.ofMinutes(10));
        assertThat(told(DetectionEvent.Suspected.class)).isEmpty();
    }

    @Test
    @DisplayName("F6: who saw it sick and does not know any more says neither that it is sick nor that it is well")
    void unknown_afterSick_isUnknownAtOnceAndNoRecovery() throws Exception {
        start(three());
        westDown = true;
        pass(Duration.ofSeconds(20));
        assertThat(detector.status().sick()).isEqualTo(3);
        eastDown = true; // now nobody can tell an outage from being cut off
        pass(Duration.ofSeconds(5));
        assertThat(detector.status().sick()).isZero();
        assertThat(detector.status().observers())
                .allSatisfy(opinion -> assertThat(opinion.health()).isInstanceOf(Health.Unknown.class));
        assertThat(told(DetectionEvent.Recovered.class)).isEmpty();

        westDown = false;
        eastDown = false;
        pass(Duration.ofSeconds(15));
        assertThat(told(DetectionEvent.Recovered.class)).hasSize(1);
    }

    @Test
    @DisplayName("F14: a detector that was not started, or is closed, knows nothing")
    void status_whenNobodyLooks_isUnknown() throws Exception {
        detector = three().build();
        assertNothingKnown("not started");
        start(three());
        assertThat(detector.status().health()).isInstanceOf(Health.Healthy.class);
        westDown = true;
        pass(Duration.ofMinutes(1));
        assertThat(detector.status().health()).isInstanceOf(Health.Sick.class);
        detector.close();
        assertNothingKnown("closed");
    }

    @Test
    @DisplayName("F14: what a detector saw before its listener held it up is unknown after a while")
    void status_whenTheDetectorIsHeldUp_isUnknownByAge() throws Exception {
        AtomicInteger events = new AtomicInteger();
        start(three().listener(event -> {
            events.incrementAndGet();
            try {
                clockwork.sleep(Duration.ofHours(1));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        Instant looked = clockwork.now();
        westDown = true;
        pass(Duration.ofSeconds(30));
        assertThat(events).hasValue(1);
        assertThat(detector.status().at()).isBetween(looked, clockwork.now());
        pass(Duration.ofMinutes(1));
        assertNothingKnown("it has not looked for 1 min");
    }

    private void assertNothingKnown(String why) {
        assertThat(detector.status().outage()).isEmpty();
        assertThat(detector.status().sick()).isZero();
        assertThat(detector.status().observers()).hasSize(3).allSatisfy(opinion -> {
            assertThat(opinion.health()).isInstanceOf(Health.Unknown.class);
            assertThat(opinion.health().why()).contains(why);
        });
    }

    @Test
    @DisplayName("F14: a detector of which no majority knows anything says so once, and once when it sees again")
    void blind_isToldOnce_andOnceWhenItIsOver() throws Exception {
        start(three());
        cutOff.addAll(Set.of("paris", "oslo"));
        pass(Duration.ofSeconds(10));
        assertThat(told).as("a look or two").isEmpty();
        pass(Duration.ofMinutes(10));
        assertThat(told).extracting(event -> event.getClass().getSimpleName()).containsExactly("Blind");
        assertThat(told.get(0).line()).contains("west", "paris: sees neither site", "oslo: sees neither site");

        cutOff.clear();
        pass(Duration.ofMinutes(10));
        assertThat(told).extracting(event -> event.getClass().getSimpleName()).containsExactly("Blind", "SeesAgain");
    }

    @Test
    void sickAfterAndHealthyAfter_decideHowManyLooksItTakes() throws Exception {
        start(three().sickAfter(2, 10).healthyAfter(4));
        westDown = true;
        pass(Duration.ofSeconds(5));
        assertThat(told).as("one look").isEmpty();
        pass(Duration.ofSeconds(5));
        assertThat(told(DetectionEvent.Declared.class)).as("two looks").hasSize(1);

        westDown = false;
        pass(Duration.ofSeconds(15));
        assertThat(told(DetectionEvent.Recovered.class)).as("three looks").isEmpty();
        pass(Duration.ofSeconds(5));
        assertThat(told(DetectionEvent.Recovered.class)).as("four looks").hasSize(1);
    }

    @Test
    void sickAfterAndHealthyAfter_thatNothingCanMeet_areRefused() {
        assertThatThrownBy(() -> three().sickAfter(0, 5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> three().sickAfter(6, 5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> three().healthyAfter(0)).isInstanceOf(IllegalArgumentException.class);
    }

    // -- what first ---------------------------------------------------------------------------------------------------

    /** A restart that brings the site back, or not. */
    private class Restart implements Action<Boolean> {
        final AtomicInteger applied = new AtomicInteger();
        final boolean helps;

        Restart(boolean helps) {
            this.helps = helps;
        }

        @Override
        public String describe() {
            return "restart the VM in west";
        }

        @Override
        public Boolean observe(ActionContext context) {
            return applied.get() > 0;
        }

        @Override
        public Assessment assess(Boolean restarted) {
            return restarted ? Assessment.done("it runs") : Assessment.needed("restart");
        }

        @Override
        public void apply(Boolean observed, ActionContext context) {
            applied.incrementAndGet();
            westDown = !helps;
        }
    }

    @Test
    @DisplayName("C4: a restart is tried first, and when it helps nothing is declared")
    void restartFirst_whenItHelps_declaresNothing() throws Exception {
        Restart restart = new Restart(true);
        start(three().restartFirst(restart, Duration.ofMinutes(1)));
        westDown = true;
        pass(Duration.ofMinutes(10));

        assertThat(restart.applied).hasValue(1);
        assertThat(told)
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly("Suspected", "RestartBegan", "RestartEnded", "Recovered");
    }

    @Test
    void restartFirst_whenItDoesNotHelp_declaresAfterTheTimeToSettle() throws Exception {
        start(three().restartFirst(new Restart(false), Duration.ofMinutes(1)));
        westDown = true;
        pass(Duration.ofSeconds(60));
        assertThat(told(DetectionEvent.Declared.class)).isEmpty();
        pass(Duration.ofSeconds(30));

        DetectionEvent.Declared declared = told(DetectionEvent.Declared.class).get(0);
        assertThat(Duration.between(declared.outage().began(), declared.outage().detected()))
                .as("the restart is part of the detection")
                .isGreaterThan(Duration.ofMinutes(1));
    }

    /** A restart that takes four minutes to find out that it cannot be done. */
    private Action<String> refusedRestart(boolean siteRecoversMeanwhile) {
        return new Action<>() {
            @Override
            public String describe() {
                return "restart the VM in west";
            }

            @Override
            public String observe(ActionContext context) throws InterruptedException {
                pass(Duration.ofMinutes(4));
                westDown = !siteRecoversMeanwhile;
                return "";
            }

            @Override
            public Assessment assess(String observed) {
                return Assessment.blocked("no quota", "ask for more");
            }

            @Override
            public void apply(String observed, ActionContext context) {
                throw new AssertionError("blocked");
            }
        };
    }

    @Test
    @DisplayName("C4: a restart that fails says nothing of the site: what was seen before it declares nothing")
    void restartFirst_whenItFailsAndTheSiteRecoversMeanwhile_declaresNothing() throws Exception {
        start(three().restartFirst(refusedRestart(true), Duration.ofSeconds(1)));
        westDown = true;
        pass(Duration.ofMinutes(10));
        assertThat(told)
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly("Suspected", "RestartBegan", "RestartEnded", "Recovered");
    }

    @Test
    void restartFirst_whenItFailsAndTheSiteStaysDown_declaresByFreshLooksAndIsNotTriedAgain() throws Exception {
        start(three().restartFirst(refusedRestart(false), Duration.ofSeconds(1)).remindEvery(Duration.ofDays(1)));
        westDown = true;
        pass(Duration.ofMinutes(20));
        assertThat(told)
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly("Suspected", "RestartBegan", "RestartEnded", "Declared");
        Instant ended = told(DetectionEvent.RestartEnded.class).get(0).at();
        Instant declared = told(DetectionEvent.Declared.class).get(0).outage().detected();
        assertThat(Duration.between(ended, declared)).as("three looks").isEqualTo(Duration.ofSeconds(15));
    }

    @Test
    void restartFirst_whenItThrowsAnError_declaresByFreshLooks() throws Exception {
        start(three().restartFirst(
                        new Restart(false) {
                            @Override
                            public void apply(Boolean observed, ActionContext context) {
                                throw new NoClassDefFoundError("the cloud's client");
                            }
                        },
                        Duration.ofSeconds(1)));
        westDown = true;
        pass(Duration.ofMinutes(2));
        assertThat(told)
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly("Suspected", "RestartBegan", "RestartEnded", "Declared");
    }

    @Test
    @DisplayName("F15: a site that needs a restart again and again is out")
    void restartFirst_whenTheSiteFallsAgain_isNotTriedAgain() throws Exception {
        Restart restart = new Restart(true);
        start(three().restartFirst(restart, Duration.ofMinutes(1)));
        westDown = true;
        pass(Duration.ofMinutes(5));
        westDown = true;
        pass(Duration.ofMinutes(5));

        assertThat(restart.applied).hasValue(1);
        assertThat(told(DetectionEvent.Declared.class)).hasSize(1);
    }

    // -- not again ----------------------------------------------------------------------------------------------------

    private void outage() throws InterruptedException {
        westDown = true;
        pass(Duration.ofMinutes(1));
        westDown = false;
        pass(Duration.ofMinutes(1));
    }

    @Test
    @DisplayName(
            "F15: after a declared outage nothing more is declared until a person has acknowledged it, nor too soon after it")
    void declared_untilAcknowledgedAndTheTimeHasPassed_nothingMoreIs() throws Exception {
        start(three().between(Duration.ofMinutes(20)).remindEvery(Duration.ofDays(1)));
        outage();
        assertThat(told(DetectionEvent.Declared.class)).hasSize(1);

        pass(Duration.ofMinutes(30));
        outage();
        assertThat(told(DetectionEvent.Declared.class)).as("not acknowledged").hasSize(1);
        assertThat(told(DetectionEvent.Suppressed.class)).hasSize(1);
        assertThat(told(DetectionEvent.Suppressed.class).get(0).why()).startsWith("nobody has acknowledged");

        detector.acknowledge("ann", "a cable was cut; mended");
        outage();
        assertThat(told(DetectionEvent.Declared.class)).hasSize(2);

        detector.acknowledge("ann", "and again");
        outage();
        assertThat(told(DetectionEvent.Declared.class)).as("too soon").hasSize(2);
        assertThat(told(DetectionEvent.Suppressed.class)).hasSize(2);

        westDown = true;
        pass(Duration.ofMinutes(20));
        assertThat(told(DetectionEvent.Declared.class))
                .as("in time, and still out")
                .hasSize(3);
    }

    @Test
    void acknowledge_withoutAPersonOrAReason_refuses() throws Exception {
        start(three());
        outage();
        assertThatThrownBy(() -> detector.acknowledge(" ", "x")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("F15: what was declared is remembered beyond the process")
    void memory_ofAnotherProcess_holds() throws Exception {
        Path file = directory.resolve("outage.json");
        start(three().between(Duration.ofMinutes(20)).remembering(OutageMemory.in(file)));
        outage();
        detector.close();
        told.clear();

        start(three().between(Duration.ofMinutes(20)).remembering(OutageMemory.in(file)));
        outage();
        assertThat(told(DetectionEvent.Declared.class))
                .extracting(DetectionEvent.Declared::again)
                .as("told again, and not declared")
                .containsExactly(true);
        told.clear();

        pass(Duration.ofMinutes(20));
        OutageMemory.in(file).acknowledge("ann", "seen to", clockwork.now());
        assertThat(OutageMemory.in(file)
                        .latest()
                        .orElseThrow()
                        .acknowledgement()
                        .orElseThrow()
                        .who())
                .isEqualTo("ann");
        outage();
        assertThat(told(DetectionEvent.Declared.class)).hasSize(1);
    }

    @Test
    @DisplayName(
            "C4: a declared outage is told again, to whoever missed it, for as long as it is seen and not acknowledged")
    void declared_whileItIsSeenAndNotAcknowledged_isToldAgain() throws Exception {
        start(three());
        westDown = true;
        pass(Duration.ofMinutes(21));
        assertThat(told(DetectionEvent.Declared.class))
                .extracting(DetectionEvent.Declared::again)
                .as("at once, and each 5 minutes")
                .containsExactly(false, true, true, true, true);
        assertThat(told.get(told.size() - 1).line()).contains("nobody has acknowledged");

        detector.acknowledge("ann", "on it");
        pass(Duration.ofMinutes(20));
        assertThat(told(DetectionEvent.Declared.class)).hasSize(5);
    }

    @Test
    @DisplayName("C4: a process that dies between writing an outage down and telling it leaves that to the next one")
    void declared_byAProcessThatDiedBeforeItTold_isToldByTheNext() throws Exception {
        Path file = directory.resolve("outage.json");
        OutageMemory memory = OutageMemory.in(file);
        memory.declared(new Outage("west", clockwork.now(), clockwork.now(), List.of("paris: no answer")));
        westDown = true;
        start(three().remembering(OutageMemory.in(file)));
        assertThat(told(DetectionEvent.Declared.class)).hasSize(1);

        told.clear();
        detector.close();
        memory.acknowledge("ann", "on it", clockwork.now());
        start(three().remembering(OutageMemory.in(file)));
        assertThat(told(DetectionEvent.Declared.class)).isEmpty();
    }

    @Test
    void declared_ofTheOtherSite_isNotToldAgainAsThisOne() throws Exception {
        OutageMemory memory = OutageMemory.in(directory.resolve("outage.json"));
        memory.declared(new Outage("east", clockwork.now(), clockwork.now(), List.of("paris: no answer")));
        westDown = true;
        start(three().remembering(memory));
        assertThat(told)
                .extracting(event -> event.getClass().getSimpleName())
                .containsExactly("Suspected", "Suppressed");
    }

    @Test
    void memory_thatThrowsAnError_keepsNobodyFromBeingTold() throws Exception {
        start(three().remembering(new OutageMemory() {
            @Override
            public Optional<Remembered> latest() {
                throw new NoClassDefFoundError("the memory's driver");
            }

            @Override
            public void declared(Outage outage) {
                throw new NoClassDefFoundError("the memory's driver");
            }

            @Override
            public void acknowledge(String who, String reason, Instant at) {}
        }));
        westDown = true;
        pass(Duration.ofMinutes(6));
        assertThat(told(DetectionEvent.Declared.class)).hasSize(2); // and again
    }

    @Test
    void memory_whenTheFileIsDamaged_isRefusedAndNotReadAsEmpty() throws Exception {
        Path file = directory.resolve("outage.json");
        Files.writeString(file, "{\"site\":\"we");
        assertThatThrownBy(() -> OutageMemory.in(file).latest())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is damaged");
    }

    // -- only looking -------------------------------------------------------------------------------------------------

    @Test
    @DisplayName("C4: observing only, it says what it would have done and does nothing")
    void observeOnly_saysWhatItWouldHaveDone() throws Exception {
        Restart restart = new Restart(true);
        start(three().restartFirst(restart, Duration.ofMinutes(1)).observeOnly());
        outage();

        assertThat(restart.applied).hasValue(0);
        assertThat(told(DetectionEvent.WouldHave.class).get(0).line())
                .startsWith("would have tried first to restart the VM in west, then declared an outage: west is out");
        assertThat(told(DetectionEvent.Declared.class)).isEmpty();
    }

    @Test
    void listener_whenItThrows_changesNothing() throws Exception {
        AtomicInteger events = new AtomicInteger();
        start(three().listener(event -> {
            events.incrementAndGet();
            throw new IllegalStateException("the listener's own");
        }));
        outage();
        assertThat(events).hasValue(3); // suspected, declared, recovered
    }

    @Test
    @DisplayName("F14: a listener that lacks a class does not end the detector")
    void listener_whenItThrowsAnError_changesNothing() throws Exception {
        AtomicInteger events = new AtomicInteger();
        start(three().listener(event -> {
            events.incrementAndGet();
            throw new NoClassDefFoundError("pager");
        }));
        outage();
        assertThat(events).hasValue(3); // suspected, declared, recovered
    }

    // -- by itself ----------------------------------------------------------------------------------------------------

    private final FakeDatabases databases = FakeDatabases.on(clockwork);
    private final FakeDatabase west = databases.primary("west");
    private final FakeDatabase east = databases.replicaOf(west, "east");
    private final PlanRunner runner = PlanRunner.journalingTo(new InMemoryJournalStore())
            .clockwork(clockwork)
            .build();

    private RecoveryPlan<Place> plan() {
        return RecoveryPlan.<Place>named("shop")
                .rpo(Duration.ofMinutes(15))
                .rto(Duration.ofMinutes(30))
                .step(
                        "promote",
                        (from, to) -> databases.promoter().failover(west, east, FailoverTerms.fencedBy(west.fence())))
                .pointOfNoReturn()
                .restoresService()
                .build();
    }

    private OutageDetector.Builder automatic(OutageMemory memory) {
        return three().remembering(memory).automaticFailover(runner, plan(), OVER);
    }

    private void disaster() throws InterruptedException {
        west.crash();
        westDown = true;
        pass(Duration.ofMinutes(2));
    }

    @Test
    @DisplayName("C4: nothing fails over by itself unless it was asked for by name")
    void declared_withoutAutomaticFailover_promotesNobody() throws Exception {
        start(three());
        disaster();
        assertThat(told(DetectionEvent.Declared.class)).hasSize(1);
        assertThat(east.writable()).isFalse();
    }

    @Test
    @DisplayName("D12: an automatic failover's report has detection, decision and steps apart")
    void automaticFailover_whenTheFenceIsConfirmed_runsThePlanWithItsMoments() throws Exception {
        start(automatic(OutageMemory.in(directory.resolve("outage.json"))));
        disaster();

        RunReport report = told(DetectionEvent.FailoverEnded.class).get(0).report();
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(east.writable()).isTrue();
        assertThat(report.detectedAt()).isPresent();
        assertThat(RtoBreakdown.of(report).orElseThrow().parts().get(0).kind()).isEqualTo(RtoBreakdown.Kind.DETECTION);
        assertThat(RtoBreakdown.of(report).orElseThrow().parts().get(0).took()).isEqualTo(Duration.ofSeconds(10));

        westDown = false;
        pass(Duration.ofMinutes(61));
        outage();
        assertThat(told(DetectionEvent.FailoverEnded.class)).as("never twice").hasSize(1);
    }

    @Test
    @DisplayName("F1: an automatic failover is stopped by a fence that is not confirmed")
    void automaticFailover_whenTheFenceIsNotConfirmed_promotesNobody() throws Exception {
        start(automatic(OutageMemory.in(directory.resolve("outage.json"))));
        west.reachable(false);
        westDown = true;
        pass(Duration.ofMinutes(20));

        assertThat(told(DetectionEvent.FailoverEnded.class).get(0).report().outcome())
                .isNotEqualTo(RunOutcome.SUCCEEDED);
        assertThat(east.writable()).isFalse();
    }

    @Test
    void automaticFailover_whenTheOutageCannotBeWrittenDown_doesNotRunAndTellsPeople() throws Exception {
        start(automatic(new OutageMemory() {
            @Override
            public Optional<Remembered> latest() {
                return Optional.empty();
            }

            @Override
            public void declared(Outage outage) throws IOException {
                throw new IOException("disk full");
            }

            @Override
            public void acknowledge(String who, String reason, Instant at) {}
        }));
        disaster();

        assertThat(told(DetectionEvent.Declared.class)).hasSize(1);
        assertThat(told(DetectionEvent.Suppressed.class).get(0).why()).contains("could not be written down");
        assertThat(east.writable()).isFalse();
    }

    @Test
    void automaticFailover_whenItCannotBeReadWhatWasDeclared_doesNotRun() throws Exception {
        Path file = directory.resolve("outage.json");
        Files.writeString(file, "{");
        start(automatic(OutageMemory.in(file)));
        disaster();

        assertThat(told(DetectionEvent.Suppressed.class).get(0).why()).contains("cannot be read");
        assertThat(told(DetectionEvent.Declared.class)).isEmpty();
        assertThat(east.writable()).isFalse();
    }

    @Test
    void automaticFailover_thatThrowsAnError_isToldAndTheDetectorGoesOn() throws Exception {
        RecoveryPlan<Place> broken = RecoveryPlan.<Place>named("shop")
                .rpo(Duration.ofMinutes(15))
                .rto(Duration.ofMinutes(30))
                .step("promote", (from, to) -> {
                    throw new NoClassDefFoundError("the database's driver");
                })
                .pointOfNoReturn()
                .build();
        start(three().remembering(OutageMemory.in(directory.resolve("outage.json")))
                .automaticFailover(runner, broken, OVER));
        disaster();

        assertThat(told(DetectionEvent.FailoverFailed.class).get(0).line()).contains("the database's driver");
        assertThat(detector.status().health()).isInstanceOf(Health.Sick.class);
    }

    @Test
    void automaticFailover_withFewObserversOrAMemoryThatEnds_isRefused() {
        assertThatThrownBy(() -> builder("a", "b")
                        .remembering(OutageMemory.in(directory.resolve("o")))
                        .automaticFailover(runner, plan(), OVER)
                        .build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("fewer than 3 observers");
        assertThatThrownBy(() -> three().automaticFailover(runner, plan(), OVER).build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("remembering");
        assertThatThrownBy(() -> three().automaticFailover(
                                runner,
                                plan(),
                                SiteSwitch.failoverFrom(OVER.to()).to(OVER.from())))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder().build()).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> builder("a", "a").build()).isInstanceOf(IllegalStateException.class);
    }
}
