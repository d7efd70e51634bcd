package io.drkit.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.BlockedException;
import io.drkit.core.event.RunEvent;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.CrashTest.Crash;
import io.drkit.core.run.CrashTest.Crashing;
import io.drkit.core.run.CrashTest.Fuse;
import io.drkit.core.run.World.Place;
import io.drkit.core.safety.SafetyRule;
import io.drkit.core.safety.SiteChange;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The process ends at every point while people speak to the run, and another goes on: each word takes effect exactly once. */
@Timeout(60)
@DisplayName("F3: every word to a run takes effect exactly once, wherever its process ends")
class CrashWithWordsTest {
    private static final SiteSwitch<Place> OVER = SiteSwitch.switchoverFrom(World.WEST).to(World.EAST);
    private static final JournalKey KEY = new JournalKey("p", "east", "west");

    @TempDir
    Path root;

    /** One world, one operator, and as many processes as it takes. */
    private final class Scene {
        final World world = new World();
        final Path journals;
        final BiConsumer<RunEvent, Scene> operator;
        final Set<String> said = new HashSet<>();

        Scene(Path journals, BiConsumer<RunEvent, Scene> operator) {
            this.journals = journals;
            this.operator = operator;
            world.values.put("writers", "on");
            world.values.put("files", "west");
            world.values.put("primary", "west");
            world.values.put("pods", "ready");
        }

        RecoveryPlan<Place> plan() {
            return RecoveryPlan.<Place>named("p")
                    .rpo(Duration.ofMinutes(1))
                    .rto(Duration.ofMinutes(2))
                    .safety("pods first", (from, to) -> SafetyRule.trafficOnlyToReady(world.set("pods", "ready")))
                    .step("stop", (from, to) -> world.set("writers", "off"))
                    .undo((from, to) -> world.set("writers", "on"))
                    .step("copy", (from, to) -> world.set("files", to.name()))
                    .after("stop")
                    .undo((from, to) -> world.set("files", from.name()))
                    .step("copy more", (from, to) -> world.set("more files", to.name()))
                    .after("stop")
                    .onlyIn(Mode.SWITCHOVER)
                    .undo((from, to) -> world.set("more files", from.name()))
                    .step("promote", (from, to) -> world.set("primary", to.name()))
                    .inFailover((from, to) -> world.set("primary", to.name() + " alone"))
                    .after("copy", "copy more")
                    .approval("go", "commander", Duration.ofMinutes(1))
                    .makes(SiteChange.TRAFFIC_TO)
                    .pointOfNoReturn()
                    .step("start", (from, to) -> world.set("readers", "on"))
                    .after("promote")
                    .build();
        }

        /** Says it once, whatever becomes of the process that is to hear it. */
        void once(String what, Runnable word) {
            if (said.add(what)) {
                word.run();
            }
        }

        RunControl ann() {
            // as an operator in another process: the store is all that they share
            return PlanRunner.journalingTo(new FileJournalStore(journals))
                    .build()
                    .control(plan(), OVER, "ann", "commander");
        }

        PlanRunner runner(Fuse fuse) {
            return PlanRunner.journalingTo(new Crashing(new FileJournalStore(journals), fuse))
                    .parallelism(1)
                    .listenEvery(Duration.ofMillis(1))
                    .askOnFailure(Duration.ofMinutes(1))
                    .listener(event -> operator.accept(event, this))
                    .build();
        }

        RunReport run(Fuse fuse) throws InterruptedException {
            for (String key : List.of("writers", "files", "more files", "primary", "readers")) {
                world.before.put(key, context -> fuse.point());
                world.after.put(key, context -> fuse.point());
            }
            return runner(fuse).run(plan(), OVER);
        }

        RunReport goOn() throws InterruptedException {
            world.before.clear();
            world.after.clear();
            Fuse none = new Fuse(Integer.MAX_VALUE);
            FileJournalStore store = new FileJournalStore(journals);
            return store.runs(KEY, 1).isEmpty()
                    ? runner(none).run(plan(), OVER)
                    : runner(none).resume(plan(), OVER);
        }

        List<String> taken() {
            return new FileJournalStore(journals)
                    .runs(KEY, 1).get(0).stream()
                            .filter(entry -> entry.kind() == JournalEntry.Kind.INSTRUCTION)
                            .filter(entry -> entry.detail("refused").isEmpty())
                            .map(entry -> entry.detail("says"))
                            .sorted()
                            .toList();
        }
    }

    private void everywhere(BiConsumer<RunEvent, Scene> operator, RunOutcome expected, int atLeast, String... words)
            throws InterruptedException {
        Scene undisturbed = new Scene(root.resolve("undisturbed"), operator);
        assertThat(undisturbed.run(new Fuse(Integer.MAX_VALUE)).outcome()).isEqualTo(expected);
        assertThat(undisturbed.taken()).containsExactlyInAnyOrder(words);
        for (int point = 0; ; point++) {
            Scene scene = new Scene(root.resolve("at-" + point), operator);
            Fuse fuse = new Fuse(point);
            try {
                scene.run(fuse);
            } catch (Crash e) {
                // as meant
            }
            if (!fuse.blown()) {
                assertThat(point).as("points tried").isGreaterThanOrEqualTo(atLeast);
                return;
            }
            try {
                RunReport report = scene.goOn();
                assertThat(report.outcome()).as("crashed at point %d", point).isEqualTo(expected);
                assertThat(RunReports.of(new FileJournalStore(scene.journals)
                                .runs(KEY, 1)
                                .get(0)))
                        .hasValue(report);
            } catch (BlockedException e) {
                // it crashed when the last entry was durable
                assertThat(e.code()).isEqualTo("run.nothing-to-resume");
            }
            assertThat(scene.world.values).as("crashed at point %d", point).isEqualTo(undisturbed.world.values);
            assertThat(scene.world.applied).as("crashed at point %d", point).isEqualTo(undisturbed.world.applied);
            assertThat(scene.taken()).as("crashed at point %d", point).containsExactlyInAnyOrder(words);
        }
    }

    private static boolean awaits(RunEvent event, RunReport.Wait.For what) {
        return event instanceof RunEvent.WordAwaited awaited && awaited.what() == what;
    }

    private static void approve(RunEvent event, Scene scene) {
        if (awaits(event, RunReport.Wait.For.APPROVAL)) {
            scene.once("approve", () -> scene.ann().approve("go", "ready"));
        }
    }

    @Test
    void approval_crashAtEveryPoint_isTakenOnce() throws InterruptedException {
        everywhere(CrashWithWordsTest::approve, RunOutcome.SUCCEEDED, 30, "APPROVE");
    }

    @Test
    void rejection_crashAtEveryPoint_isTakenOnceAndPutsBack() throws InterruptedException {
        everywhere(
                (event, scene) -> {
                    // whoever resumes a run whose approval was rejected is asked again
                    boolean again = scene.said.contains("reject") && awaits(event, RunReport.Wait.For.APPROVAL);
                    if (again || awaits(event, RunReport.Wait.For.DECISION)) {
                        scene.once("cancel", () -> scene.ann().cancel("not today"));
                    } else if (awaits(event, RunReport.Wait.For.APPROVAL)) {
                        scene.once("reject", () -> scene.ann().reject("go", "not today"));
                    }
                },
                RunOutcome.UNDONE,
                30,
                "REJECT",
                "CANCEL");
    }

    @Test
    void failOver_crashAtEveryPoint_isTakenOnceAndGoesOnAsAFailover() throws InterruptedException {
        everywhere(
                (event, scene) -> {
                    if (awaits(event, RunReport.Wait.For.APPROVAL)) {
                        // the first is asked as a switchover, the second as a failover
                        if (scene.said.contains("fail over")) {
                            approve(event, scene);
                        }
                        scene.once("fail over", () -> scene.ann().failOver("west is dead"));
                    }
                },
                RunOutcome.SUCCEEDED,
                30,
                "FAIL_OVER",
                "APPROVE");
    }

    @Test
    void overrideAndApproval_crashAtEveryPoint_areTakenOnce() throws InterruptedException {
        everywhere(
                (event, scene) -> {
                    approve(event, scene);
                    // the rule holds the promotion up
                    scene.world.values.put("pods", "starting");
                    if (awaits(event, RunReport.Wait.For.DECISION)) {
                        scene.once("override", () -> {
                            scene.ann().override("pods first", "they will be up soon");
                            scene.ann().retry("promote", "with the rule overridden");
                        });
                    }
                },
                RunOutcome.SUCCEEDED,
                30,
                "APPROVE",
                "OVERRIDE",
                "RETRY");
    }

    @Test
    void pauseAndSkip_crashAtEveryPoint_areTakenOnce() throws InterruptedException {
        everywhere(
                (event, scene) -> {
                    approve(event, scene);
                    if (event instanceof RunEvent.StepBegan began
                            && began.step().equals("copy")) {
                        scene.once("pause", () -> {
                            scene.ann().pause("let me look");
                            scene.ann().skip("start", "the readers are up");
                            scene.ann().goOn("looks good");
                        });
                    }
                },
                RunOutcome.SUCCEEDED,
                30,
                "APPROVE",
                "PAUSE",
                "SKIP",
                "CONTINUE");
    }
}
