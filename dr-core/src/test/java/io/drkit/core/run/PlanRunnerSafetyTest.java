package io.drkit.core.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.event.RunEvent;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.plan.BoundPlan;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.Objectives;
import io.drkit.core.plan.PlannedStep;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.plan.Undo;
import io.drkit.core.report.HtmlReport;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.run.World.Place;
import io.drkit.core.time.Clockwork;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the runner must not do however badly a step, a listener, the caller or the journal behaves. */
@Timeout(60)
class PlanRunnerSafetyTest {
    private static final SiteSwitch<Place> OVER = SiteSwitch.switchoverFrom(World.WEST).to(World.EAST);

    @TempDir
    Path root;

    private final World world = new World();
    private final List<RunEvent> events = new CopyOnWriteArrayList<>();

    private PlanRunner runner() {
        return PlanRunner.journalingTo(new FileJournalStore(root))
                .listener(events::add)
                .stopGrace(Duration.ofMillis(50))
                .build();
    }

    private static RecoveryPlan.Builder<Place> plan() {
        return RecoveryPlan.<Place>named("p").rpo(Duration.ofMinutes(1)).rto(Duration.ofMinutes(2));
    }

    private static StepReport step(RunReport report, String step) {
        return report.steps().stream()
                .filter(s -> s.name().equals(step))
                .findFirst()
                .orElseThrow();
    }

    /** a = 1, which is undone to 0. */
    private RecoveryPlan<Place> oneStep(Duration timeout) {
        world.values.put("a", "0");
        return plan().step("a", (from, to) -> world.set("a", "1", timeout))
                .undo((from, to) -> world.set("a", "0"))
                .build();
    }

    // ---- the point of no return

    /** stop writers → promote (no way back) → start writers → DNS. */
    private RecoveryPlan<Place> promotePlan() {
        return plan().step("stop writers", (from, to) -> world.set("old writers", "off"))
                .undo((from, to) -> world.set("old writers", "on"))
                .step("promote", (from, to) -> world.set("primary", to.name()))
                .after("stop writers")
                .pointOfNoReturn()
                .step("start writers", (from, to) -> world.set("new writers", "on"))
                .after("promote")
                .step("dns", (from, to) -> world.set("dns", to.name()))
                .after("start writers")
                .build();
    }

    @Test
    void run_pointOfNoReturnPassedBeforeTheRun_goesOnlyForward() throws InterruptedException {
        world.values.put("old writers", "on");
        world.values.put("primary", "east");
        world.blocked.put("dns", "the zone is locked");
        RunReport report = runner().run(promotePlan(), OVER);
        assertThat(step(report, "promote").status()).isEqualTo(StepStatus.ALREADY_SO);
        assertThat(report.outcome())
                .as("the writers of the east run: those of the west must not come back beside them")
                .isEqualTo(RunOutcome.STOPPED);
        assertThat(world.values).containsEntry("old writers", "off").containsEntry("new writers", "on");
        assertThat(HtmlReport.toHtml(report)).contains("past its point of no return and does not go back");
    }

    @Test
    void resume_pointOfNoReturnOncePassedAndNowRefused_goesOnlyForward() throws InterruptedException {
        world.values.put("old writers", "on");
        world.values.put("primary", "east");
        world.blocked.put("new writers", "no capacity");
        assertThat(runner().run(promotePlan(), OVER).outcome()).isEqualTo(RunOutcome.STOPPED);
        world.values.put("primary", "nobody knows");
        world.blocked.put("primary", "its role cannot be learnt");
        RunReport report = runner().resume(promotePlan(), OVER);
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(world.values).containsEntry("old writers", "off");
    }

    /** Runs a plan that no builder would let through. */
    private RunReport execute(PlannedStep... steps) throws InterruptedException {
        BoundPlan plan = new BoundPlan(
                "p",
                new Objectives(Duration.ZERO, Duration.ofMinutes(1)),
                Mode.SWITCHOVER,
                "west",
                "east",
                Optional.empty(),
                Optional.empty(),
                List.of(steps),
                List.of());
        JournalKey key = new JournalKey("p", "west", "east");
        try (Journal journal = new FileJournalStore(root).open(key)) {
            Epoch epoch = journal.raiseEpoch(Epoch.NONE);
            JournalEntry first = new JournalEntry(
                    JournalEntry.Kind.RUN_BEGAN,
                    Instant.EPOCH,
                    "",
                    RunHistory.header(plan, Optional.empty(), "r", epoch));
            journal.begin(first);
            RunHistory history = RunHistory.of(List.of(first));
            Clockwork clockwork = Clockwork.system();
            return new PlanRun(
                            plan,
                            new PlanRun.Alternative(Optional.empty(), "none"),
                            journal,
                            history,
                            epoch,
                            () -> {},
                            new Ear(new FileJournalStore(root), key, "r", Duration.ofDays(1), clockwork),
                            new RunSettings(
                                    clockwork,
                                    List.of(),
                                    1,
                                    Duration.ofSeconds(1),
                                    Duration.ofSeconds(30),
                                    Optional.empty()))
                    .execute(false);
        }
    }

    @Test
    void execute_stepThatCanNeverBegin_isNotCalledASuccess() throws InterruptedException {
        PlannedStep orphan =
                new PlannedStep("b", world.set("b", "1"), List.of("nowhere"), new Undo.Nothing("x"), false, false);
        assertThat(execute(orphan).succeeded()).isFalse();
    }

    @Test
    void execute_changeThatIsNeverUndone_isNotCalledUndone() throws InterruptedException {
        world.blocked.put("b", "no");
        PlannedStep never = new PlannedStep("a", world.set("a", "1"), List.of(), new Undo.Never(), false, false);
        PlannedStep refused =
                new PlannedStep("b", world.set("b", "1"), List.of("a"), new Undo.Nothing("x"), false, false);
        assertThat(execute(never, refused).outcome()).isEqualTo(RunOutcome.UNDO_INCOMPLETE);
    }

    @Test
    void run_oneStepFailed_noOtherIsBegun() throws InterruptedException {
        world.blocked.put("a", "no");
        RunReport report = PlanRunner.journalingTo(new FileJournalStore(root))
                .parallelism(1)
                .build()
                .run(
                        plan().step("a", (from, to) -> world.set("a", "1"))
                                .nothingToUndo("x")
                                .step("b", (from, to) -> world.set("b", "1"))
                                .nothingToUndo("x")
                                .build(),
                        OVER);
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(world.applied).isEmpty();
    }

    // ---- going back

    @Test
    void run_undoFails_nothingThatItIndirectlyBuiltOnIsPutBackBeforeIt() throws InterruptedException {
        world.values.put("a", "0");
        world.values.put("c", "0");
        world.after.put("c", context -> world.blocked.put("c", "the share is gone"));
        world.blocked.put("d", "no");
        RecoveryPlan<Place> plan = plan().step("a", (from, to) -> world.set("a", "1"))
                .undo((from, to) -> world.set("a", "0"))
                .step("b", (from, to) -> world.set("b", "1"))
                .after("a")
                .nothingToUndo("x")
                .step("c", (from, to) -> world.set("c", "1"))
                .after("b")
                .undo((from, to) -> world.set("c", "0"))
                .step("d", (from, to) -> world.set("d", "1"))
                .after("c")
                .nothingToUndo("x")
                .build();
        RunReport report = runner().run(plan, OVER);
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDO_INCOMPLETE);
        assertThat(world.values).as("c still stands on it").containsEntry("a", "1");
    }

    // ---- resumption

    /** b is refused while c passes a point of no return beside it: the run stops. */
    private RecoveryPlan<Place> refusedBesideAPointOfNoReturn() {
        return plan().step("a", (from, to) -> world.set("a", "1"))
                .undo((from, to) -> world.set("a", "0"))
                .step("b", (from, to) -> world.set("b", "1"))
                .after("a")
                .undo((from, to) -> world.set("b", "0"))
                .step("c", (from, to) -> world.set("c", "1"))
                .after("a")
                .pointOfNoReturn()
                .build();
    }

    @Test
    void resume_doneStepThatOnlyARefusedOneFollowed_isLookedAtAgain() throws InterruptedException {
        RecoveryPlan<Place> plan = plan().step("a", (from, to) -> world.set("a", "1"))
                .undo((from, to) -> world.set("a", "0"))
                .step("b", (from, to) -> world.set("b", "1"))
                .after("a")
                .undo((from, to) -> world.set("b", "0"))
                .step("c", (from, to) -> world.set("c", "1"))
                .pointOfNoReturn()
                .build();
        world.blocked.put("b", "not yet");
        assertThat(runner().run(plan, OVER).outcome()).isEqualTo(RunOutcome.STOPPED);
        world.values.put("a", "changed back by somebody while nobody watched");
        world.blocked.clear();
        assertThat(runner().resume(plan, OVER).succeeded()).isTrue();
        assertThat(world.values).containsEntry("a", "1");
    }

    @Test
    void resume_doneStepWhoseEffectALaterOneChangedOnPurpose_isNotDoneAgain() throws InterruptedException {
        world.values.put("y", "1");
        RecoveryPlan<Place> plan = plan().step("stop", (from, to) -> world.set("x", "off"))
                .nothingToUndo("x")
                .step("already so", (from, to) -> world.set("y", "1"))
                .after("stop")
                .nothingToUndo("x")
                .step("start", (from, to) -> world.set("x", "on"))
                .after("already so")
                .pointOfNoReturn()
                .step("last", (from, to) -> world.set("z", "1"))
                .after("start")
                .build();
        world.blocked.put("z", "not yet");
        assertThat(runner().run(plan, OVER).outcome()).isEqualTo(RunOutcome.STOPPED);
        world.blocked.clear();
        assertThat(runner().resume(plan, OVER).succeeded()).isTrue();
        assertThat(world.applied).containsExactly("x=off", "x=on", "z=1");
    }

    /** A process wrote these intents, and nobody knows what came of them. */
    private void crashedInTheMiddleOf(RecoveryPlan<Place> plan, String... steps) {
        try (Journal journal = new FileJournalStore(root).open(new JournalKey("p", "west", "east"))) {
            Epoch epoch = journal.raiseEpoch(Epoch.NONE);
            Map<String, String> header = RunHistory.header(plan.bind(OVER), Optional.empty(), "r", epoch);
            journal.begin(new JournalEntry(JournalEntry.Kind.RUN_BEGAN, Instant.EPOCH, "", header));
            for (String step : steps) {
                journal.append(intent(step));
            }
        }
    }

    private static JournalEntry intent(String step) {
        Map<String, String> details = Map.of("began", Instant.EPOCH.toString(), "changes", "x");
        return new JournalEntry(JournalEntry.Kind.INTENT, Instant.EPOCH, step, details);
    }

    @Test
    void resume_pointOfNoReturnRefusedOnceAndInDoubtTheSecondTime_goesOnlyForward() throws InterruptedException {
        world.values.put("old writers", "off");
        world.blocked.put("primary", "its role cannot be learnt");
        crashedInTheMiddleOf(promotePlan(), "stop writers", "promote");
        try (Journal journal = new FileJournalStore(root).open(new JournalKey("p", "west", "east"))) {
            Map<String, String> refused =
                    Map.of("began", Instant.EPOCH.toString(), "status", "FAILED", "unchanged", "true");
            journal.append(new JournalEntry(JournalEntry.Kind.OUTCOME, Instant.EPOCH, "promote", refused));
            journal.append(intent("promote"));
        }
        assertThat(runner().resume(promotePlan(), OVER).outcome()).isEqualTo(RunOutcome.STOPPED);
    }

    @Test
    void resume_stepThatWasUndone_isNotUndoneTwice() throws InterruptedException {
        world.values.put("a", "0");
        world.values.put("b", "0");
        world.after.put("a", context -> world.blocked.put("a", "the share is gone"));
        world.blocked.put("c", "no");
        RecoveryPlan<Place> plan = plan().step("a", (from, to) -> world.set("a", "1"))
                .undo((from, to) -> world.set("a", "0"))
                .step("b", (from, to) -> world.set("b", "1"))
                .undo((from, to) -> world.set("b", "0"))
                .step("c", (from, to) -> world.set("c", "1"))
                .after("a", "b")
                .nothingToUndo("x")
                .build();
        assertThat(runner().run(plan, OVER).outcome()).isEqualTo(RunOutcome.UNDO_INCOMPLETE);
        world.blocked.clear();
        events.clear();
        assertThat(runner().resume(plan, OVER).outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(events)
                .noneMatch(e ->
                        e instanceof RunEvent.StepBegan began && began.step().equals("b"));
    }

    @Test
    void resume_stepInDoubtThatALaterOneFollowed_isLookedAtAgain() throws InterruptedException {
        crashedInTheMiddleOf(twoSteps(), "a", "b");
        assertThat(runner().resume(twoSteps(), OVER).succeeded()).isTrue();
        assertThat(world.applied).containsExactly("a=1", "b=1");
    }

    @Test
    void resume_pointOfNoReturnInDoubtAndNowRefused_goesOnlyForward() throws InterruptedException {
        world.values.put("old writers", "off");
        world.blocked.put("primary", "its role cannot be learnt");
        crashedInTheMiddleOf(promotePlan(), "stop writers", "promote");
        assertThat(runner().resume(promotePlan(), OVER).outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(world.values).containsEntry("old writers", "off");
    }

    @Test
    void resume_changeInDoubtThatIsSeenDone_isThisRunsOwnAndUndone() throws InterruptedException {
        world.values.put("old writers", "off");
        world.blocked.put("primary", "the replica lags");
        crashedInTheMiddleOf(promotePlan(), "stop writers");
        assertThat(runner().resume(promotePlan(), OVER).outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(world.values).containsEntry("old writers", "on");
    }

    @Test
    void resume_refusedChangeThatAPersonMadeByHand_wasSoAndIsNotThisRunsOwn() throws InterruptedException {
        world.before.put("b", context -> {
            throw new BlockedException("x", Problem.expected("e").found("f").remedy("r"));
        });
        assertThat(runner().run(refusedBesideAPointOfNoReturn(), OVER).outcome())
                .isEqualTo(RunOutcome.STOPPED);
        world.values.put("b", "1");
        RunReport report = runner().resume(refusedBesideAPointOfNoReturn(), OVER);
        assertThat(step(report, "b").status()).isEqualTo(StepStatus.ALREADY_SO);
        assertThat(report.succeeded()).isTrue();
    }

    @Test
    void resume_overAlready_saysHowItEnded() throws InterruptedException {
        world.blocked.put("a", "no");
        runner().run(oneStep(Duration.ofSeconds(5)), OVER);
        assertThatThrownBy(() -> runner().resume(oneStep(Duration.ofSeconds(5)), OVER))
                .hasMessageContaining("UNDONE")
                .hasMessageContaining("run.nothing-to-resume");
    }

    // ---- interruption

    @Test
    void run_stoppedStepWritesWhileInterrupted_theJournalSurvivesAndTheRunIsUndone() throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        RecoveryPlan<Place> plan = oneStep(Duration.ofMillis(50));
        world.after.put("a", context -> {
            if ("1".equals(world.values.get("a"))) {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    context.record("got as far as", "half");
                    throw e;
                }
            }
        });
        RunReport report = PlanRunner.journalingTo(new FileJournalStore(root))
                .stopGrace(Duration.ofSeconds(30))
                .build()
                .run(plan, OVER);
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(step(report, "a").facts()).containsEntry("got as far as", "half");
        assertThat(world.values).containsEntry("a", "0");
    }

    @Test
    void run_callerInterruptedBefore_isAnInterruptionAndNoBrokenJournal() throws InterruptedException {
        RecoveryPlan<Place> plan = oneStep(Duration.ofSeconds(5));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> runner().run(plan, OVER)).isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
        assertThat(runner().resume(plan, OVER).succeeded()).isTrue();
    }

    @Test
    void run_callerInterruptedWhileTheRunIsBeingStopped_staysInterrupted() throws InterruptedException {
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch bothRun = new CountDownLatch(2);
        world.before.put("b", context -> {
            bothRun.countDown();
            while (true) {
                try {
                    release.await();
                    return;
                } catch (InterruptedException e) {
                    told.countDown();
                }
            }
        });
        world.before.put("a", context -> {
            bothRun.countDown();
            bothRun.await();
            throw new StaleEpochException("x", Problem.expected("e").found("f").remedy("r"));
        });
        RecoveryPlan<Place> plan = plan().step("a", (from, to) -> world.set("a", "1"))
                .nothingToUndo("x")
                .step("b", (from, to) -> world.set("b", "1"))
                .nothingToUndo("x")
                .build();
        AtomicBoolean interrupted = new AtomicBoolean();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread caller = new Thread(() -> {
            try {
                PlanRunner.journalingTo(new FileJournalStore(root))
                        .stopGrace(Duration.ofSeconds(50))
                        .build()
                        .run(plan, OVER);
            } catch (InterruptedException | RuntimeException e) {
                thrown.set(e);
                interrupted.set(Thread.currentThread().isInterrupted());
            }
        });
        caller.start();
        assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
        caller.interrupt();
        caller.join();
        release.countDown();
        assertThat(thrown.get()).isInstanceOf(StaleEpochException.class);
        assertThat(interrupted.get()).isTrue();
    }

    // ---- steps and listeners that misbehave

    @Test
    void run_listenerThrowsAnError_changesNothing() throws InterruptedException {
        RunReport report = PlanRunner.journalingTo(new FileJournalStore(root))
                .listener(event -> {
                    throw new NoClassDefFoundError("of the listener");
                })
                .build()
                .run(oneStep(Duration.ofSeconds(5)), OVER);
        assertThat(report.succeeded()).isTrue();
    }

    @Test
    void run_stepLacksAClass_failsAsAStepAndIsUndone() throws InterruptedException {
        RecoveryPlan<Place> plan = oneStep(Duration.ofSeconds(5));
        world.after.put("a", context -> {
            if ("1".equals(world.values.get("a"))) {
                throw new NoClassDefFoundError("of the SDK");
            }
        });
        RunReport report = runner().run(plan, OVER);
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.reason())
                .hasValueSatisfying(reason -> assertThat(reason).contains("NoClassDefFoundError", "of the SDK"));
        assertThat(world.values).containsEntry("a", "0");
    }

    @Test
    void run_processIsShortOfMemory_stopsAsItStandsAndCanBeResumed() throws InterruptedException {
        RecoveryPlan<Place> plan = oneStep(Duration.ofSeconds(5));
        world.after.put("a", context -> {
            throw new OutOfMemoryError("planted");
        });
        assertThatThrownBy(() -> runner().run(plan, OVER)).isInstanceOf(OutOfMemoryError.class);
        assertThat(world.applied).containsExactly("a=1");
        world.after.clear();
        assertThat(runner().resume(plan, OVER).succeeded()).isTrue();
    }

    @Test
    void run_stepThatMayTakeForEver_runs() throws InterruptedException {
        assertThat(runner().run(oneStep(ChronoUnit.FOREVER.getDuration()), OVER).succeeded())
                .isTrue();
    }

    @Test
    void run_policyThrows_failsAsAStepAndLeavesNothingBehind() throws InterruptedException {
        Action<String> sound = world.set("b", "1");
        Action<String> broken = new Action<>() {
            @Override
            public String describe() {
                return sound.describe();
            }

            @Override
            public String observe(ActionContext context) throws InterruptedException {
                return sound.observe(context);
            }

            @Override
            public Assessment assess(String observed) {
                return sound.assess(observed);
            }

            @Override
            public void apply(String observed, ActionContext context) throws InterruptedException {
                sound.apply(observed, context);
            }

            @Override
            public ExecutionPolicy policy() {
                throw new IllegalStateException("no policy");
            }
        };
        world.values.put("a", "0");
        RunReport report = runner().run(
                        plan().step("a", (from, to) -> world.set("a", "1"))
                                .undo((from, to) -> world.set("a", "0"))
                                .step("b", (from, to) -> broken)
                                .after("a")
                                .nothingToUndo("x")
                                .build(),
                        OVER);
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.reason())
                .hasValueSatisfying(reason -> assertThat(reason).contains("no policy"));
    }

    @Test
    void run_stepThatWasGivenUp_hasNoAuthorityWhileOthersGoOnAndTellsNothingAfterTheEnd() throws InterruptedException {
        CountDownLatch givenUp = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch runIsOver = new CountDownLatch(1);
        CountDownLatch zombieEnded = new CountDownLatch(1);
        AtomicReference<Throwable> refused = new AtomicReference<>();
        world.before.put("a", context -> {
            awaitUnheard(givenUp);
            refused.set(catchThrowableOfType(StaleEpochException.class, context::requireAuthority));
            asked.countDown();
            awaitUnheard(runIsOver);
            context.progress(io.drkit.core.action.Progress.of("x", 1, 2, "y"));
            zombieEnded.countDown();
            throw new IllegalStateException("over");
        });
        world.before.put("b", context -> asked.await());
        RunReport report = PlanRunner.journalingTo(new FileJournalStore(root))
                .listener(events::add)
                .listener(event -> {
                    if (event instanceof RunEvent.StepEnded ended
                            && ended.step().equals("a")) {
                        givenUp.countDown();
                    }
                })
                .stopGrace(Duration.ofMillis(50))
                .build()
                .run(
                        plan().step("a", (from, to) -> world.set("a", "1", Duration.ofMillis(50)))
                                .nothingToUndo("x")
                                .step("b", (from, to) -> world.set("b", "1", Duration.ofSeconds(50)))
                                .nothingToUndo("x")
                                .build(),
                        OVER);
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(refused.get()).as("it must change nothing any more").isNotNull();
        runIsOver.countDown();
        assertThat(zombieEnded.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(events.get(events.size() - 1)).isInstanceOf(RunEvent.RunEnded.class);
    }

    private static void awaitUnheard(CountDownLatch latch) {
        while (true) {
            try {
                latch.await();
                return;
            } catch (InterruptedException notHeeded) {
                // the point of this step
            }
        }
    }

    // ---- the journal

    private RecoveryPlan<Place> twoSteps() {
        return plan().step("a", (from, to) -> world.set("a", "1"))
                .nothingToUndo("x")
                .step("b", (from, to) -> world.set("b", "1"))
                .after("a")
                .nothingToUndo("x")
                .build();
    }

    private Path folder() throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(f -> f.endsWith("lock"))
                    .findFirst()
                    .orElseThrow()
                    .getParent();
        }
    }

    private interface Sabotage {
        void at(Path folder) throws IOException;
    }

    private void assertStopsBeforeTheSecondEffect(Sabotage sabotage) {
        world.after.put("a", context -> {
            try {
                sabotage.at(folder());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        StaleEpochException stopped =
                catchThrowableOfType(StaleEpochException.class, () -> runner().run(twoSteps(), OVER));
        assertThat(stopped).isNotNull();
        assertThat(stopped.code()).isEqualTo("journal.gone");
        assertThat(world.applied).containsExactly("a=1");
    }

    @Test
    void run_journalFolderDeleted_stopsWithoutAnotherEffect() {
        assertStopsBeforeTheSecondEffect(PlanRunnerSafetyTest::delete);
    }

    @Test
    void run_lockDeleted_stopsAsAnotherProcessCouldComeIn() {
        assertStopsBeforeTheSecondEffect(folder -> Files.delete(folder.resolve("lock")));
    }

    @Test
    void run_runFileDeleted_stopsWithoutAnotherEffect() {
        assertStopsBeforeTheSecondEffect(folder -> {
            for (Path file : list(folder)) {
                if (file.toString().endsWith(".journal")) {
                    Files.delete(file);
                }
            }
        });
    }

    @Test
    void run_journalFolderReplacedByACopy_stopsAsAnotherProcessMayHoldTheCopy() {
        assertStopsBeforeTheSecondEffect(folder -> {
            Path moved = Files.move(folder, folder.resolveSibling("moved"));
            Files.createDirectory(folder);
            for (Path file : list(moved)) {
                Files.copy(file, folder.resolve(file.getFileName().toString()));
            }
        });
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static void delete(Path folder) throws IOException {
        for (Path file : list(folder)) {
            Files.delete(file);
        }
        Files.delete(folder);
    }

    /** A journal in which one call fails, as where the disk is full. */
    private final class Failing implements JournalStore {
        private final JournalStore store = new FileJournalStore(root);
        private final AtomicReference<JournalEntry.Kind> failsAt = new AtomicReference<>();
        private final AtomicBoolean closeFails = new AtomicBoolean();

        @Override
        public Journal open(JournalKey key) {
            Journal journal = store.open(key);
            return new Journal() {
                @Override
                public List<JournalEntry> latestRun() {
                    return journal.latestRun();
                }

                @Override
                public Epoch raiseEpoch(Epoch above) {
                    return journal.raiseEpoch(above);
                }

                @Override
                public void begin(JournalEntry first) {
                    journal.begin(first);
                }

                @Override
                public void append(JournalEntry entry) {
                    if (entry.kind() == failsAt.get()) {
                        throw full();
                    }
                    journal.append(entry);
                }

                @Override
                public void requireHeld(Epoch epoch) {
                    journal.requireHeld(epoch);
                }

                @Override
                public void close() {
                    journal.close();
                    if (closeFails.get()) {
                        throw full();
                    }
                }
            };
        }

        @Override
        public Journal takeOver(JournalKey key) {
            return store.takeOver(key);
        }

        @Override
        public List<List<JournalEntry>> runs(JournalKey key, int atMost) {
            return store.runs(key, atMost);
        }

        @Override
        public List<JournalKey> keys() {
            return store.keys();
        }

        @Override
        public void post(JournalKey key, Instruction instruction) {
            store.post(key, instruction);
        }

        @Override
        public List<Instruction> instructions(JournalKey key) {
            return store.instructions(key);
        }
    }

    private static BlockedException full() {
        return new BlockedException(
                "journal.unreachable",
                Problem.expected("room on the disk").found("none").remedy("make some"));
    }

    @Test
    void run_journalCannotBeClosed_stillAnswersHowItEnded() throws InterruptedException {
        Failing journals = new Failing();
        journals.closeFails.set(true);
        RunReport report = PlanRunner.journalingTo(journals).build().run(oneStep(Duration.ofSeconds(5)), OVER);
        assertThat(report.succeeded()).isTrue();
    }

    @Test
    void run_intentCannotBeWritten_appliesNothingAndUndoesNothingAndCanBeResumed() throws InterruptedException {
        Failing journals = new Failing();
        journals.failsAt.set(JournalEntry.Kind.INTENT);
        RecoveryPlan<Place> plan = oneStep(Duration.ofSeconds(5));
        PlanRunner runner = PlanRunner.journalingTo(journals).build();
        BlockedException thrown = catchThrowableOfType(BlockedException.class, () -> runner.run(plan, OVER));
        assertThat(thrown.code()).isEqualTo("journal.unreachable");
        assertThat(world.applied).isEmpty();
        journals.failsAt.set(null);
        assertThat(runner.resume(plan, OVER).succeeded()).isTrue();
        assertThat(world.applied).containsExactly("a=1");
    }

    @Test
    void run_anyKindOfEntryCannotBeWritten_isNeverASuccessAndCanBeResumed() throws InterruptedException {
        for (JournalEntry.Kind kind : List.of(
                JournalEntry.Kind.OUTCOME,
                JournalEntry.Kind.FACT,
                JournalEntry.Kind.RUN_ENDED,
                JournalEntry.Kind.RUN_RESUMED)) {
            Failing journals = new Failing();
            journals.failsAt.set(kind == JournalEntry.Kind.RUN_RESUMED ? JournalEntry.Kind.RUN_ENDED : kind);
            RecoveryPlan<Place> plan = oneStep(Duration.ofSeconds(5));
            world.applied.clear();
            world.before.put("a", context -> context.record("k", "v"));
            PlanRunner runner = PlanRunner.journalingTo(journals).build();
            assertThatThrownBy(() -> runner.run(plan, OVER)).hasMessageContaining("journal.unreachable");
            journals.failsAt.set(kind);
            if (kind == JournalEntry.Kind.RUN_RESUMED) {
                assertThatThrownBy(() -> runner.resume(plan, OVER)).hasMessageContaining("journal.unreachable");
            }
            journals.failsAt.set(null);
            assertThat(runner.resume(plan, OVER).succeeded()).as("%s", kind).isTrue();
            assertThat(world.applied).as("%s", kind).containsExactly("a=1");
        }
    }

    @Test
    void write_entryIsNotDurable_doesNotCount() {
        Failing journals = new Failing();
        journals.failsAt.set(JournalEntry.Kind.FACT);
        try (Journal journal = journals.open(new JournalKey("p", "west", "east"))) {
            RunLog log = new RunLog(journal, RunHistory.of(List.of()), Clockwork.system(), List.of());
            assertThatThrownBy(() -> log.write(JournalEntry.Kind.FACT, "a", Map.of("key", "k", "value", "v")))
                    .isInstanceOf(BlockedException.class);
            assertThat(log.<Map<String, String>>ask(history -> history.step("a").facts))
                    .isEmpty();
        }
    }

    @Test
    void abandon_raisesTheEpoch_soThatWhatIsLeftOfTheRunIsRefusedByResources() throws InterruptedException {
        crashedInTheMiddleOf(twoSteps(), "a");
        runner().abandon(twoSteps(), OVER, "ann", "done by hand");
        assertThat(runner().run(twoSteps(), OVER).epoch()).isEqualTo(new Epoch(3));
    }

    @Test
    void run_undoIntentCannotBeWritten_undoesNothingUntilItIsResumed() throws InterruptedException {
        Failing journals = new Failing();
        journals.failsAt.set(JournalEntry.Kind.UNDO_INTENT);
        world.values.put("a", "0");
        world.blocked.put("b", "no");
        RecoveryPlan<Place> plan = plan().step("a", (from, to) -> world.set("a", "1"))
                .undo((from, to) -> world.set("a", "0"))
                .step("b", (from, to) -> world.set("b", "1"))
                .after("a")
                .nothingToUndo("x")
                .build();
        PlanRunner runner = PlanRunner.journalingTo(journals).build();
        assertThatThrownBy(() -> runner.run(plan, OVER)).hasMessageContaining("journal.unreachable");
        assertThat(world.applied).containsExactly("a=1");
        journals.failsAt.set(null);
        world.blocked.clear();
        assertThat(runner.resume(plan, OVER).outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(world.values).containsEntry("a", "0").doesNotContainKey("b");
    }

    @Test
    void run_authorityLost_interruptsAndAwaitsTheOtherSteps() {
        CountDownLatch running = new CountDownLatch(1);
        AtomicBoolean otherEnded = new AtomicBoolean();
        world.before.put("b", context -> {
            running.countDown();
            try {
                new CountDownLatch(1).await();
            } finally {
                otherEnded.set(true);
            }
        });
        world.before.put("a", context -> {
            running.await();
            throw new StaleEpochException("x", Problem.expected("e").found("f").remedy("r"));
        });
        PlanRunner patient = PlanRunner.journalingTo(new FileJournalStore(root))
                .stopGrace(Duration.ofSeconds(30))
                .build();
        assertThatThrownBy(() -> patient.run(
                        plan().step("a", (from, to) -> world.set("a", "1"))
                                .nothingToUndo("x")
                                .step("b", (from, to) -> world.set("b", "1"))
                                .nothingToUndo("x")
                                .build(),
                        OVER))
                .isInstanceOf(StaleEpochException.class);
        assertThat(otherEnded).as("no step goes on behind the caller's back").isTrue();
    }
}
