package io.drkit.core.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.event.RunEvent;
import io.drkit.core.journal.CorruptJournalException;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.JournalInUseException;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.run.World.Place;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanRunnerTest {
    private static final SiteSwitch<Place> OVER =
            SiteSwitch.switchoverFrom(World.WEST).to(World.EAST);

    @TempDir
    Path root;

    private final World world = new World();
    private final List<RunEvent> events = new CopyOnWriteArrayList<>();

    private PlanRunner runner() {
        return PlanRunner.journalingTo(new FileJournalStore(root))
                .listener(events::add)
                .stopGrace(Duration.ofSeconds(1))
                .build();
    }

    private static RecoveryPlan.Builder<Place> plan() {
        return RecoveryPlan.<Place>named("p").rpo(Duration.ofMinutes(1)).rto(Duration.ofMinutes(2));
    }

    /** writers off → (files copied, promoted) → writers on. */
    private RecoveryPlan<Place> fourSteps() {
        return plan().step("stop writers", (from, to) -> world.set("writers", "off"))
                .undo((from, to) -> world.set("writers", "on"))
                .step("copy files", (from, to) -> world.set("files", to.name()))
                .after("stop writers")
                .undo((from, to) -> world.set("files", from.name()))
                .step("promote", (from, to) -> world.set("primary", to.name()))
                .after("copy files")
                .pointOfNoReturn()
                .step("start writers", (from, to) -> world.set("writers", "on at " + to.name()))
                .after("promote")
                .restoresService()
                .build();
    }

    private static StepStatus status(RunReport report, String step) {
        return step(report, step).status();
    }

    private static StepReport step(RunReport report, String step) {
        return report.steps().stream()
                .filter(s -> s.name().equals(step))
                .findFirst()
                .orElseThrow();
    }

    @Test
    @DisplayName(
            "C9, E9: a run, with no lease and no server to elect anybody, measures what it took against the objectives")
    void run_allSteps_succeedsAndReports() throws InterruptedException {
        RunReport report = runner().run(fourSteps(), OVER.since(Instant.now().minusSeconds(30)));
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(world.applied).containsExactly("writers=off", "files=east", "primary=east", "writers=on at east");
        assertThat(report.steps()).allSatisfy(step -> {
            assertThat(step.status()).isEqualTo(StepStatus.DONE);
            assertThat(step.attempts()).isEqualTo(1);
            assertThat(step.took()).isPresent();
        });
        assertThat(report.achievedRto())
                .hasValueSatisfying(rto -> assertThat(rto).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(90)));
        assertThat(report.achievedRpo()).as("nobody stated a loss").isEmpty();
        assertThat(report.objectivesMet()).as("unknown is not met").isFalse();
        assertThat(events.get(0)).isInstanceOf(RunEvent.RunBegan.class);
        assertThat(events.get(events.size() - 1)).isInstanceOf(RunEvent.RunEnded.class);
    }

    @Test
    void run_alreadySo_appliesNothing() throws InterruptedException {
        world.values.put("primary", "east");
        RunReport report = runner().run(fourSteps(), OVER);
        assertThat(status(report, "promote")).isEqualTo(StepStatus.ALREADY_SO);
        assertThat(world.applied).doesNotContain("primary=east");
    }

    @Test
    void run_independentSteps_runAtTheSameTime() throws InterruptedException {
        CyclicBarrier both = new CyclicBarrier(2);
        World.Hook meet = context -> {
            try {
                both.await(10, TimeUnit.SECONDS);
            } catch (java.util.concurrent.BrokenBarrierException | java.util.concurrent.TimeoutException e) {
                throw new AssertionError("the other step did not run at the same time", e);
            }
        };
        world.before.put("a", meet);
        world.before.put("b", meet);
        RunReport report = runner().run(
                        plan().step("a", (from, to) -> world.set("a", "1"))
                                .nothingToUndo("x")
                                .step("b", (from, to) -> world.set("b", "1"))
                                .nothingToUndo("x")
                                .build(),
                        OVER);
        assertThat(report.succeeded()).isTrue();
    }

    @Test
    void run_failureQuotesAPassword_isWrittenAndToldWithoutIt() throws Exception {
        world.blocked.put("primary", "no route to jdbc:postgresql://db.example/shop?password=S3CRET&user=app");
        RunReport report = runner().run(fourSteps(), OVER);
        assertThat(report.reason())
                .hasValueSatisfying(reason -> assertThat(reason).contains("password=***&user=app"));
        assertThat(report.toString()).doesNotContain("S3CRET");
        assertThat(events.toString()).doesNotContain("S3CRET");
        try (Stream<Path> files = Files.walk(root)) {
            assertThat(files.filter(Files::isRegularFile))
                    .isNotEmpty()
                    .allSatisfy(file -> assertThat(file).content().doesNotContain("S3CRET"));
        }
    }

    @Test
    void run_failureBeforeThePointOfNoReturn_putsEverythingBackInReverse() throws InterruptedException {
        world.values.put("writers", "on");
        world.values.put("files", "west");
        world.blocked.put("primary", "the replica lags by an unknown amount");
        RunReport report = runner().run(fourSteps(), OVER);
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.reason())
                .hasValueSatisfying(reason -> assertThat(reason).contains("promote", "unknown amount", "unblock it"));
        assertThat(world.applied).containsExactly("writers=off", "files=east", "files=west", "writers=on");
        assertThat(status(report, "stop writers")).isEqualTo(StepStatus.UNDONE);
        assertThat(status(report, "promote")).isEqualTo(StepStatus.FAILED);
        assertThat(status(report, "start writers")).isEqualTo(StepStatus.NOT_REACHED);
        assertThat(report.succeeded()).isFalse();
        assertThat(runner().run(fourSteps(), OVER).outcome())
                .as("the run is over: another may begin")
                .isEqualTo(RunOutcome.UNDONE);
    }

    @Test
    void run_whatWasSoBefore_isNotUndone() throws InterruptedException {
        world.values.put("writers", "off");
        world.blocked.put("primary", "no");
        runner().run(fourSteps(), OVER);
        assertThat(world.values).containsEntry("writers", "off");
    }

    @Test
    void run_failurePastThePointOfNoReturn_stopsAndUndoesNothing() throws InterruptedException {
        world.blocked.put("writers", "no capacity");
        world.values.put("writers", "off");
        RunReport report = runner().run(fourSteps(), OVER);
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(world.values).containsEntry("primary", "east");
        assertThatThrownBy(() -> runner().run(fourSteps(), OVER))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("run.unfinished");

        world.blocked.clear();
        RunReport resumed = runner().resume(fourSteps(), OVER);
        assertThat(resumed.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(resumed.resumptions()).isEqualTo(1);
        assertThat(resumed.epoch()).isGreaterThan(report.epoch());
        assertThat(resumed.runId()).isEqualTo(report.runId());
    }

    @Test
    void run_pointOfNoReturnRefusedByItsApply_isNotPassed() throws InterruptedException {
        world.values.put("writers", "on");
        world.before.put("primary", context -> {
            throw new BlockedException(
                    "x", Problem.expected("e").found("the candidate went away").remedy("r"));
        });
        assertThat(runner().run(fourSteps(), OVER).outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(world.values).containsEntry("writers", "on");
    }

    @Test
    void run_pointOfNoReturnRefusedAfterAFence_isPassed() throws InterruptedException {
        world.before.put("primary", context -> {
            context.noWayBack();
            throw new BlockedException(
                    "x",
                    Problem.expected("e")
                            .found("more would be lost than accepted")
                            .remedy("r"));
        });
        assertThat(runner().run(fourSteps(), OVER).outcome()).isEqualTo(RunOutcome.STOPPED);
    }

    @Test
    void run_pointOfNoReturnWithALostAnswer_countsAsPassedEvenIfItIsRefusedLater() throws InterruptedException {
        world.before.put("primary", context -> {
            world.blocked.put("primary", "nobody can tell");
            throw new UnknownOutcomeException(
                    "x", Problem.expected("e").found("f").remedy("r"));
        });
        assertThat(runner().run(fourSteps(), OVER).outcome()).isEqualTo(RunOutcome.STOPPED);
    }

    @Test
    void run_answerLostAfterTheChange_isObservedAndNotDoneTwice() throws InterruptedException {
        world.after.put("files", context -> {
            throw new UnknownOutcomeException(
                    "x", Problem.expected("e").found("f").remedy("r"));
        });
        RunReport report = runner().run(fourSteps(), OVER);
        assertThat(report.succeeded()).isTrue();
        assertThat(world.applied).containsOnlyOnce("files=east");
        assertThat(events)
                .anyMatch(e ->
                        e instanceof RunEvent.StepOutcomeUnknown u && u.step().equals("copy files"));
    }

    @Test
    void run_undoFails_isIncompleteAndResumeGoesOnUndoing() throws InterruptedException {
        world.values.put("writers", "on");
        world.values.put("files", "west");
        world.blocked.put("primary", "no");
        world.after.put("files", context -> {
            if (world.values.get("files").equals("east")) {
                world.blocked.put("files", "the share is gone");
            }
        });
        RunReport report = runner().run(fourSteps(), OVER);
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDO_INCOMPLETE);
        assertThat(status(report, "copy files")).isEqualTo(StepStatus.UNDO_FAILED);
        assertThat(world.values)
                .as("writers must not come back while the files are the other side's")
                .containsEntry("writers", "off");
        assertThat(report.reason())
                .as("the first failure is not masked")
                .hasValueSatisfying(reason -> assertThat(reason).contains("promote"));

        world.blocked.clear();
        RunReport resumed = runner().resume(fourSteps(), OVER);
        assertThat(resumed.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(world.values).containsEntry("writers", "on").containsEntry("files", "west");
    }

    @Test
    void run_stepOverrunsAndHeedsInterruption_failsAndIsUndone() throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        world.values.put("a", "0");
        world.after.put("a", context -> {
            if (world.values.get("a").equals("1")) {
                never.await();
            }
        });
        RunReport report = runner().run(
                        plan().step("a", (from, to) -> world.set("a", "1", Duration.ofMillis(50)))
                                .undo((from, to) -> world.set("a", "0"))
                                .build(),
                        OVER);
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(events).anyMatch(RunEvent.StepOverran.class::isInstance);
        assertThat(events)
                .as("interrupted in the middle of its change, nobody knows")
                .anyMatch(e -> e instanceof RunEvent.StepEnded ended && ended.status() == StepStatus.UNKNOWN);
        assertThat(world.values).containsEntry("a", "0");
    }

    @Test
    void run_stepOverrunsAndDoesNotHeed_stopsWithItsOutcomeUnknownAndLosesItsAuthority() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        AtomicReference<Throwable> later = new AtomicReference<>();
        world.before.put("a", context -> {
            boolean interrupted = true;
            while (interrupted) {
                try {
                    release.await();
                    interrupted = false;
                } catch (InterruptedException notHeeded) {
                    // the point of this step
                }
            }
            try {
                context.requireAuthority();
            } catch (RuntimeException e) {
                later.set(e);
                throw e;
            } finally {
                asked.countDown();
            }
        });
        RunReport report = PlanRunner.journalingTo(new FileJournalStore(root))
                .stopGrace(Duration.ofMillis(50))
                .build()
                .run(
                        plan().step("a", (from, to) -> world.set("a", "1", Duration.ofMillis(50)))
                                .undo((from, to) -> world.set("a", "0"))
                                .build(),
                        OVER);
        assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(status(report, "a")).isEqualTo(StepStatus.UNKNOWN);
        release.countDown();
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(later.get()).isInstanceOf(StaleEpochException.class);
        assertThat(world.applied).isEmpty();
    }

    @Test
    void run_listenerThrows_changesNothing() throws InterruptedException {
        RunReport report = PlanRunner.journalingTo(new FileJournalStore(root))
                .listener(event -> {
                    throw new IllegalStateException("a broken listener");
                })
                .build()
                .run(fourSteps(), OVER);
        assertThat(report.succeeded()).isTrue();
    }

    @Test
    void run_factsAndLosses_reachLaterStepsAndTheReport() throws InterruptedException {
        world.before.put("files", context -> {
            context.record("waived by", "ann");
            context.report(DataLoss.none("files", "final sync"));
        });
        AtomicReference<Optional<String>> seen = new AtomicReference<>();
        world.before.put("primary", context -> seen.set(context.recorded("copy files", "waived by")));
        RunReport report = runner().run(fourSteps(), OVER);
        assertThat(seen.get()).contains("ann");
        assertThat(step(report, "copy files").facts()).containsEntry("waived by", "ann");
        assertThat(report.achievedRpo()).contains(Duration.ZERO);
        assertThat(report.objectivesMet()).isTrue();
    }

    @Test
    void run_anotherIsActive_isRefusedAndTouchesNothing() throws InterruptedException {
        AtomicReference<Throwable> refused = new AtomicReference<>();
        world.before.put(
                "files",
                context -> refused.set(catchThrowableOfType(
                        JournalInUseException.class,
                        () -> runner().run(
                                        fourSteps(),
                                        SiteSwitch.failoverFrom(World.EAST).to(World.WEST)))));
        assertThat(runner().run(fourSteps(), OVER).succeeded()).isTrue();
        assertThat(refused.get()).isNotNull();
        assertThat(world.applied).hasSize(4);
    }

    @Test
    void resume_nothingUnfinished_isRefused() throws InterruptedException {
        assertThatThrownBy(() -> runner().resume(fourSteps(), OVER)).hasMessageContaining("run.nothing-to-resume");
        runner().run(fourSteps(), OVER);
        assertThatThrownBy(() -> runner().resume(fourSteps(), OVER)).hasMessageContaining("run.nothing-to-resume");
    }

    @Test
    void resume_anotherPlanHash_isRefusedAndTouchesNothing() throws InterruptedException {
        world.blocked.put("writers", "no capacity");
        world.values.put("writers", "off");
        runner().run(fourSteps(), OVER);
        int applied = world.applied.size();
        RecoveryPlan<Place> changed = plan().step("something else", (from, to) -> world.set("x", "y"))
                .nothingToUndo("x")
                .build();
        assertThatThrownBy(() -> runner().resume(changed, OVER)).hasMessageContaining("run.other-plan");
        assertThatThrownBy(() -> runner().resume(
                                fourSteps(),
                                SiteSwitch.switchoverFrom(World.EAST).to(World.WEST)))
                .hasMessageContaining("run.other-plan");
        assertThat(world.applied).hasSize(applied);
    }

    @Test
    void abandon_unfinished_isRecordedAndLetsAnotherBegin() throws InterruptedException, IOException {
        world.blocked.put("writers", "no capacity");
        world.values.put("writers", "off");
        runner().run(fourSteps(), OVER);
        assertThatThrownBy(() -> runner().abandon(fourSteps(), OVER, "", "why"))
                .isInstanceOf(IllegalArgumentException.class);
        runner().abandon(fourSteps(), OVER, "ann", "the region came back");
        world.blocked.clear();
        assertThat(runner().run(fourSteps(), OVER).succeeded()).isTrue();
        try (Stream<Path> files = Files.walk(root)) {
            assertThat(files.filter(f -> f.toString().endsWith(".journal")).map(PlanRunnerTest::text))
                    .anyMatch(text -> text.contains("abandoned by ann: the region came back"));
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void run_corruptJournal_isRefusedAndTouchesNothing() throws IOException, InterruptedException {
        runner().run(fourSteps(), OVER);
        int applied = world.applied.size();
        Path file;
        try (Stream<Path> files = Files.walk(root)) {
            file = files.filter(f -> f.toString().endsWith(".journal"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.writeString(file, text(file).replaceFirst("INTENT", "INTENd"));
        assertThatThrownBy(() -> runner().run(fourSteps(), OVER)).isInstanceOf(CorruptJournalException.class);
        assertThatThrownBy(() -> runner().resume(fourSteps(), OVER)).isInstanceOf(CorruptJournalException.class);
        assertThat(world.applied).hasSize(applied);
    }

    @Test
    void run_epochTakenOverInMidRun_stopsWithoutAnotherEffect() throws IOException, InterruptedException {
        world.after.put("writers", context -> raiseStoredEpoch());
        assertThatThrownBy(() -> runner().run(fourSteps(), OVER)).isInstanceOf(StaleEpochException.class);
        assertThat(world.applied).containsExactly("writers=off");
    }

    private void raiseStoredEpoch() {
        try (Stream<Path> files = Files.walk(root)) {
            Path epoch = files.filter(f -> f.endsWith("epoch")).findFirst().orElseThrow();
            Files.writeString(epoch, "99");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    @DisplayName("D11: a preview says what would happen and touches nothing")
    void preview_touchesNothing() throws InterruptedException, IOException {
        world.blocked.put("primary", "the replica lags");
        Preview preview = runner().preview(fourSteps(), OVER);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        preview.printTo(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .contains("switchover west → east", "would: files from '' to 'east'", "BLOCKED: the replica lags")
                .contains("POINT OF NO RETURN", "undo: set files to west", "after stop writers");
        assertThat(preview.clear()).isFalse();
        assertThat(world.applied).isEmpty();
        assertThat(root).isEmptyDirectory();
    }

    @Test
    void run_callerInterrupted_pausesAndCanBeResumed() throws InterruptedException {
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        world.before.put("files", context -> {
            reached.countDown();
            never.await();
        });
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread caller = new Thread(() -> {
            try {
                runner().run(fourSteps(), OVER);
            } catch (InterruptedException | RuntimeException e) {
                thrown.set(e);
            }
        });
        caller.start();
        assertThat(reached.await(10, TimeUnit.SECONDS)).isTrue();
        caller.interrupt();
        caller.join();
        assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
        world.before.clear();
        assertThat(runner().resume(fourSteps(), OVER).succeeded()).isTrue();
        assertThat(world.applied).containsOnlyOnce("writers=off");
    }
}
