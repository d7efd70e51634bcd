package io.drkit.testkit.readiness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.drkit.core.DeniedException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Problem;
import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.EpochCheck;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.readiness.Check;
import io.drkit.core.readiness.CheckResult;
import io.drkit.core.readiness.Checks;
import io.drkit.core.readiness.Finding;
import io.drkit.core.readiness.Readiness;
import io.drkit.core.readiness.ReadinessReport;
import io.drkit.core.readiness.ReadinessWatch;
import io.drkit.core.readiness.ReadyState;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.Preview;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.time.OnVirtualTime;
import io.drkit.testkit.time.VirtualClockwork;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ReadinessTest {
    record Place(String name) implements Site {}

    private static final SiteSwitch<Place> OVER =
            SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east"));

    @RegisterExtension
    final OnVirtualTime virtual = new OnVirtualTime();

    private final VirtualClockwork clockwork = virtual.clockwork();
    private final AtomicInteger applied = new AtomicInteger();

    /** Concludes what it is told to. */
    private class Told implements Action<Assessment> {
        private final Callable<Assessment> observation;
        private final EpochCheck epochCheck;

        Told(EpochCheck epochCheck, Callable<Assessment> observation) {
            this.epochCheck = epochCheck;
            this.observation = observation;
        }

        @Override
        public String describe() {
            return "do as told";
        }

        @Override
        public Assessment observe(ActionContext context) throws InterruptedException {
            try {
                return observation.call();
            } catch (InterruptedException | RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public Assessment assess(Assessment observed) {
            return observed;
        }

        @Override
        public void apply(Assessment observed, ActionContext context) {
            applied.incrementAndGet();
        }

        @Override
        public EpochCheck epochCheck() {
            return epochCheck;
        }
    }

    private RecoveryPlan<Place> planOf(Callable<Assessment> observation) {
        return planOf(EpochCheck.ENFORCED, observation);
    }

    private RecoveryPlan<Place> planOf(EpochCheck epochCheck, Callable<Assessment> observation) {
        return RecoveryPlan.<Place>named("shop")
                .rpo(Duration.ofMinutes(15))
                .rto(Duration.ofMinutes(30))
                .step("promote", (from, to) -> new Told(epochCheck, observation))
                .pointOfNoReturn()
                .build();
    }

    private ReadinessReport check(RecoveryPlan<Place> plan, Check... checks) throws InterruptedException {
        return readiness(plan, checks).check();
    }

    private Readiness readiness(RecoveryPlan<Place> plan, Check... checks) {
        Readiness.Builder builder = Readiness.of(plan, OVER).clockwork(clockwork);
        for (Check check : checks) {
            builder.check(check);
        }
        return builder.build();
    }

    private static Check check(String name, Check.Look look) {
        return Check.named(name, "it is so", look);
    }

    private static final Callable<Assessment> NEEDED = () -> Assessment.needed("promote east");
    private static final Check FINE = check("fine", c -> Finding.ready("it is"));

    @Test
    void check_whenNothingStandsInTheWay_isReadyAndAppliesNothing() throws Exception {
        ReadinessReport report = check(planOf(NEEDED), FINE);

        assertThat(report.state()).isEqualTo(ReadyState.READY);
        assertThat(report.summary()).isEqualTo("shop, switchover west → east: READY (2 ready, 0 unknown, 0 not ready)");
        assertThat(report.results().get(0).finding().why()).isEqualTo("would: promote east");
        assertThat(applied).hasValue(0);
    }

    @Test
    void check_whenAStepIsBlocked_isNotReadyAndSaysWhatToDo() throws Exception {
        ReadinessReport report = check(planOf(() -> Assessment.blocked("the lag is not known", "mend replication")));

        assertThat(report.state()).isEqualTo(ReadyState.NOT_READY);
        assertThat(printed(report))
                .contains("NOT READY step promote: the lag is not known. What to do: mend replication");
    }

    @Test
    @DisplayName("F14: a step that cannot be observed is unknown, and unknown is never green")
    void check_whenAStepCannotBeObserved_isUnknown() throws Exception {
        ReadinessReport report = check(
                planOf(() -> {
                    throw new IllegalStateException("connection reset");
                }),
                FINE);

        assertThat(report.state()).isEqualTo(ReadyState.UNKNOWN);
        assertThat(report.ready()).isFalse();
        assertThat(report.in(ReadyState.UNKNOWN).get(0).finding().why()).isEqualTo("connection reset");
    }

    @Test
    void check_whenARunWouldFailAtOnce_isNotReady_butUnknownWhenItMayPass() throws Exception {
        Problem problem = Problem.expected("to be let in").found("403").remedy("grant the role");
        assertThat(check(planOf(() -> {
                            throw new DeniedException("test.denied", problem);
                        }))
                        .state())
                .isEqualTo(ReadyState.NOT_READY);
        assertThat(check(planOf(() -> {
                            throw new DrTimeoutException("test.slow", problem);
                        }))
                        .state())
                .isEqualTo(ReadyState.UNKNOWN);
    }

    @Test
    void check_whenAnythingIsUnknownAndAnythingNotReady_isNotReady() throws Exception {
        ReadinessReport report = check(
                planOf(NEEDED),
                check("lost", c -> Finding.unknown("no idea", "look")),
                check("gone", c -> Finding.notReady("it is gone", "bring it back")));

        assertThat(report.state()).isEqualTo(ReadyState.NOT_READY);
        assertThat(report.in(ReadyState.UNKNOWN)).extracting(CheckResult::name).containsExactly("lost");
    }

    @Test
    @DisplayName("F14: a step that waits for what may never come is unknown, and unknown is never green")
    void check_whenAStepIsUnderWay_isUnknown() throws Exception {
        ReadinessReport report = check(planOf(() -> Assessment.underway("2 pods of runtime (CrashLoopBackOff)")), FINE);

        assertThat(report.state()).isEqualTo(ReadyState.UNKNOWN);
        Finding found = report.in(ReadyState.UNKNOWN).get(0).finding();
        assertThat(found.why()).isEqualTo("under way: waiting for 2 pods of runtime (CrashLoopBackOff)");
        assertThat(found.remedy()).isNotEmpty();
    }

    @Test
    void preview_ofAStepThatIsUnderWay_isNotClear() throws Exception {
        Preview preview = PlanRunner.journalingTo(new InMemoryJournalStore())
                .clockwork(clockwork)
                .build()
                .preview(planOf(() -> Assessment.underway("2 pods of runtime")), OVER);

        assertThat(preview.clear()).isFalse();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        preview.printTo(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .contains("UNDER WAY: would wait for 2 pods of runtime", "Something stands in the way");
    }

    @Test
    @DisplayName("F14: a gate in a plan is as ready as its check is")
    void check_ofAGate_isWhatItsCheckFinds() throws Exception {
        assertThat(gate(c -> Finding.notReady("only 2 cores are free", "raise the quota")))
                .isEqualTo(Finding.notReady("only 2 cores are free", "raise the quota"));
        assertThat(gate(c -> {
                            throw new IOException("engine 3: connection refused");
                        })
                        .state())
                .isEqualTo(ReadyState.UNKNOWN);
        assertThat(gate(c -> Finding.ready("complete").figure("engines", 3)))
                .isEqualTo(Finding.ready("complete").figure("engines", 3));
    }

    private Finding gate(Check.Look look) throws InterruptedException {
        RecoveryPlan<Place> plan = RecoveryPlan.<Place>named("shop")
                .rpo(Duration.ofMinutes(15))
                .rto(Duration.ofMinutes(30))
                .step("copies complete", (from, to) -> Checks.gate(check("copies", look), Duration.ofMinutes(5)))
                .nothingToUndo("waits")
                .build();
        return check(plan).results().get(0).finding();
    }

    @Test
    void worst_ofNothing_isUnknown() {
        assertThat(ReadyState.worst(List.of())).isEqualTo(ReadyState.UNKNOWN);
    }

    @Test
    void check_whenACheckAnswersNothing_isUnknown() throws Exception {
        assertThat(check(planOf(NEEDED), check("mute", c -> null)).state()).isEqualTo(ReadyState.UNKNOWN);
    }

    @Test
    @DisplayName("F4: a check that hangs costs its own time only, and is unknown")
    void check_whenOneHangs_waitsForItsTimeAloneAndTellsTheOthers() throws Exception {
        Duration began = clockwork.elapsed();
        ReadinessReport report = check(
                planOf(NEEDED),
                check("hangs", c -> {
                    c.sleep(Duration.ofDays(1));
                    return Finding.ready("too late");
                }),
                check("slow", c -> {
                    c.sleep(Duration.ofSeconds(14));
                    return Finding.ready("just in time");
                }));

        assertThat(clockwork.elapsed().minus(began)).isEqualTo(Duration.ofSeconds(15));
        assertThat(report.in(ReadyState.UNKNOWN)).extracting(CheckResult::name).containsExactly("hangs");
        assertThat(report.in(ReadyState.READY)).extracting(CheckResult::name).containsExactly("promote", "slow");
    }

    @Test
    void check_whenAnEarlierTryDoesNotHeedItsStop_isUnknownWithoutAnotherThread() throws Exception {
        AtomicInteger begun = new AtomicInteger();
        AtomicReference<Boolean> let = new AtomicReference<>(false);
        Readiness readiness = readiness(planOf(NEEDED), check("deaf", c -> {
            begun.incrementAndGet();
            while (!let.get()) {
                try {
                    c.sleep(Duration.ofMinutes(1));
                } catch (InterruptedException deaf) {
                    continue;
                }
            }
            return Finding.ready("at last");
        }));

        readiness.check();
        ReadinessReport second = readiness.check();

        assertThat(begun).hasValue(1);
        assertThat(second.in(ReadyState.UNKNOWN).get(0).finding().why())
                .isEqualTo("an earlier try has still not ended");
        let.set(true);
        clockwork.sleep(Duration.ofMinutes(2));
        assertThat(readiness.check().state()).isEqualTo(ReadyState.READY);
    }

    @Test
    void check_whenInterrupted_interruptsWhatIsAtWork() throws Exception {
        AtomicInteger stopped = new AtomicInteger();
        Readiness readiness = readiness(planOf(NEEDED), check("long", c -> {
            try {
                c.sleep(Duration.ofDays(1));
            } catch (InterruptedException e) {
                stopped.incrementAndGet();
                throw e;
            }
            return Finding.ready("");
        }));
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        var asking = clockwork.start("asks", () -> thrown.set(catchThrowable(readiness::check)));
        clockwork.sleep(Duration.ofSeconds(1));

        asking.interrupt();
        assertThat(asking.join(Duration.ofSeconds(1))).isTrue();
        clockwork.sleep(Duration.ofSeconds(1));

        assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
        assertThat(stopped).hasValue(1);
    }

    @Test
    @DisplayName("An epoch that the resource cannot compare is advisory: said, and no failure")
    void check_whenAStepsEpochIsAdvisory_saysSoAndStaysReady() throws Exception {
        ReadinessReport report = check(planOf(EpochCheck.ADVISORY, NEEDED));

        assertThat(report.state()).isEqualTo(ReadyState.READY);
        assertThat(report.advisory()).extracting(CheckResult::name).containsExactly("promote");
        assertThat(printed(report)).contains("Advisory epoch only: promote");
        assertThat(check(planOf(EpochCheck.ENFORCED, NEEDED)).advisory()).isEmpty();
    }

    @Test
    void build_whenTwoChecksHaveOneName_refuses() {
        assertThatThrownBy(() -> readiness(planOf(NEEDED), FINE, FINE)).isInstanceOf(IllegalStateException.class);
    }

    // -- continuous ---------------------------------------------------------------------------------------------------

    @Test
    void watch_untilItIsClosed_looksEachTimeAndTellsTheListener() throws Exception {
        List<ReadyState> told = new ArrayList<>();
        AtomicReference<Finding> now = new AtomicReference<>(Finding.ready("yes"));
        Readiness readiness = readiness(planOf(NEEDED), check("changes", c -> now.get()));

        try (ReadinessWatch watch = readiness.watch(Duration.ofMinutes(1), report -> told.add(report.state()))) {
            assertThat(watch.latest().state()).as("before the first look").isEqualTo(ReadyState.UNKNOWN);
            clockwork.sleep(Duration.ofSeconds(90));
            now.set(Finding.notReady("no", "do"));
            clockwork.sleep(Duration.ofMinutes(1));
            assertThat(watch.latest().state()).isEqualTo(ReadyState.NOT_READY);
        }
        clockwork.sleep(Duration.ofHours(1));

        assertThat(told).containsExactly(ReadyState.READY, ReadyState.READY, ReadyState.NOT_READY);
    }

    @Test
    void watch_whenItsListenerThrows_goesOn() throws Exception {
        AtomicInteger told = new AtomicInteger();
        try (ReadinessWatch watch = readiness(planOf(NEEDED)).watch(Duration.ofMinutes(1), report -> {
            if (told.incrementAndGet() == 1) {
                throw new NoClassDefFoundError("the listener's own");
            }
            throw new IllegalStateException("the listener's own");
        })) {
            clockwork.sleep(Duration.ofSeconds(150));
            assertThat(told).hasValue(3);
            assertThat(watch.latest().ready()).isTrue();
        }
    }

    @Test
    @DisplayName("F14: what was seen long ago is unknown, not green")
    void latest_whenTheWatchNoLongerLooks_isUnknownByAge() throws Exception {
        ReadinessWatch watch = readiness(planOf(NEEDED), FINE).watch(Duration.ofMinutes(1));
        clockwork.sleep(Duration.ofSeconds(1));
        assertThat(watch.latest().state()).isEqualTo(ReadyState.READY);

        watch.close();
        clockwork.sleep(Duration.ofMinutes(5));

        assertThat(watch.latest().state()).isEqualTo(ReadyState.UNKNOWN);
        assertThat(watch.latest().results())
                .extracting(result -> result.finding().state())
                .containsOnly(ReadyState.UNKNOWN);
        assertThat(watch.latest().results().get(0).finding().why()).isEqualTo("it was last looked at 5 min 1 s ago");
    }

    @Test
    void watch_whenAnActionThrowsWhereItShouldNot_isUnknownAndGoesOn() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        Action<Assessment> broken = new Told(EpochCheck.ENFORCED, NEEDED) {
            @Override
            public String describe() {
                if (asked.incrementAndGet() > 2 && asked.get() < 5) {
                    throw new IllegalStateException("no words");
                }
                return super.describe();
            }
        };
        RecoveryPlan<Place> plan = RecoveryPlan.<Place>named("shop")
                .rpo(Duration.ofMinutes(15))
                .rto(Duration.ofMinutes(30))
                .step("promote", (from, to) -> broken)
                .pointOfNoReturn()
                .build();
        List<ReadyState> told = new ArrayList<>();
        ReadinessWatch watch = readiness(plan).watch(Duration.ofMinutes(1), report -> told.add(report.state()));
        clockwork.sleep(Duration.ofSeconds(200));
        watch.close();
        assertThat(told)
                .startsWith(ReadyState.READY, ReadyState.UNKNOWN, ReadyState.UNKNOWN)
                .endsWith(ReadyState.READY);
    }

    private static String printed(ReadinessReport report) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        report.printTo(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
