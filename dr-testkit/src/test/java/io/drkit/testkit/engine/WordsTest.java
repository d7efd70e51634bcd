package io.drkit.testkit.engine;

import static io.drkit.testkit.engine.Town.OVER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.BlockedException;
import io.drkit.core.Problem;
import io.drkit.core.action.ActionContext;
import io.drkit.core.event.ConsoleProgress;
import io.drkit.core.journal.CorruptJournalException;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.RunControl;
import io.drkit.core.safety.Outlook;
import io.drkit.core.safety.SafetyFinding;
import io.drkit.core.safety.SafetyRule;
import io.drkit.testkit.engine.Town.Place;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.time.VirtualClockwork;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How whoever speaks to a run, or asks for its end, learns what became of it. */
class WordsTest {
    private final VirtualClockwork time = VirtualClockwork.seeded(37);
    private final Town town = new Town();
    private final InMemoryJournalStore journals = new InMemoryJournalStore();

    @AfterEach
    void close() {
        time.close();
    }

    private PlanRunner.Builder process() {
        return PlanRunner.journalingTo(journals).clockwork(time);
    }

    private interface Word {
        void say(RunControl control) throws InterruptedException;
    }

    private RunReport run(PlanRunner runner, RecoveryPlan<Place> plan, Word word) throws Exception {
        RunReport report = time.run(() -> {
            time.start("operator", () -> {
                try {
                    time.sleep(Duration.ofMinutes(1));
                    word.say(process().build().control(plan, OVER, "ann", "commander"));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            return runner.run(plan, OVER);
        });
        assertThat(time.failures()).isEmpty();
        return report;
    }

    private RecoveryPlan<Place> plan() {
        return Town.plan()
                .safety("One writer", (from, to) -> new SafetyRule<String>() {
                    @Override
                    public String describe() {
                        return "never holds";
                    }

                    @Override
                    public String observe(ActionContext context) {
                        return "";
                    }

                    @Override
                    public SafetyFinding judge(String observed, Outlook outlook) {
                        return SafetyFinding.broken("it never does");
                    }
                })
                .step("promote", (from, to) -> town.set("primary", "east"))
                .approval("go", "commander", Duration.ofHours(1))
                .pointOfNoReturn()
                .step("start", (from, to) -> town.set("started", "yes"))
                .after("promote")
                .build();
    }

    @Test
    void words_byTheCodeOfTheFindingAndTheNameOfTheStep_areTaken() throws Exception {
        RunReport report = run(process().build(), plan(), ann -> {
            ann.override("safety.one-writer", "I know better");
            ann.approve("promote", "go ahead");
        });

        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.told())
                .allSatisfy(told -> assertThat(told.refused()).isEmpty())
                .extracting(told -> told.instruction().subject())
                .containsExactly("One writer", "go");
    }

    @Test
    void awaitAnswer_wordIsRefused_saysWhy() throws Exception {
        List<Optional<RunControl.Answer>> answers = new ArrayList<>();
        run(process().build(), plan(), ann -> {
            answers.add(ann.awaitAnswer(ann.goOn("go on"), Duration.ofSeconds(10)));
            ann.cancel("not today");
        });
        assertThat(answers.get(0)).hasValueSatisfying(answer -> {
            assertThat(answer.taken()).isFalse();
            assertThat(answer.refused()).contains("it is not paused", "resumed");
        });
    }

    @Test
    void awaitAnswer_nobodyHearsIt_isEmptyInTime() throws Exception {
        town.blocked.put("started", "no capacity");
        RunReport stopped = run(process().build(), plan(), ann -> {
            ann.override("One writer", "I know better");
            ann.approve("go", "go ahead");
        });
        assertThat(stopped.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThatThrownBy(stopped::requireSucceeded)
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("no capacity")
                .hasMessageContaining("[run.not-succeeded]");

        Duration before = time.elapsed();
        RunControl ann = process().build().control(plan(), OVER, "ann", "");
        assertThat(time.run(() -> ann.awaitAnswer(ann.pause("wait"), Duration.ofSeconds(10))))
                .isEmpty();
        assertThat(time.elapsed().minus(before)).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void resume_hoursAfterServiceWasBack_keepsWhenItWasBack() throws Exception {
        town.takes.put("dns", Duration.ofMinutes(5));
        town.blocked.put("after", "no capacity");
        RecoveryPlan<Place> plan = Town.plan()
                .step("move traffic", (from, to) -> town.set("dns", "east"))
                .pointOfNoReturn()
                .restoresService()
                .step("after", (from, to) -> town.set("after", "1"))
                .after("move traffic")
                .build();
        RunReport stopped = time.run(() -> process().build().run(plan, OVER));
        assertThat(stopped.achievedRto()).contains(Duration.ofMinutes(5));
        town.blocked.clear();
        RunReport report = time.run(() -> {
            time.sleep(Duration.ofHours(5));
            return process().build().resume(plan, OVER);
        });
        assertThat(report.requireSucceeded().achievedRto()).contains(Duration.ofMinutes(5));
    }

    @Test
    void resume_journalIsLookedIntoForAMoment_waitsForIt() throws Exception {
        town.blocked.put("started", "no capacity");
        run(process().build(), plan(), ann -> {
            ann.override("One writer", "I know better");
            ann.approve("go", "go ahead");
        });
        town.blocked.clear();
        RunReport report = time.run(() -> {
            Journal watcher = journals.open(new JournalKey("p", "west", "east"));
            time.start("watcher", () -> {
                try {
                    time.sleep(Duration.ofMillis(500));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                watcher.close();
            });
            return process().build().resume(plan(), OVER);
        });
        assertThat(report.succeeded()).isTrue();
    }

    @Test
    void run_wordsCannotBeRead_saysSoOnTheConsoleAndGoesOn() throws Exception {
        boolean[] damaged = {true};
        JournalStore store = new JournalStore() {
            @Override
            public Journal open(JournalKey key) {
                return journals.open(key);
            }

            @Override
            public Journal takeOver(JournalKey key) {
                return journals.takeOver(key);
            }

            @Override
            public List<List<JournalEntry>> runs(JournalKey key, int atMost) {
                return journals.runs(key, atMost);
            }

            @Override
            public List<JournalKey> keys() {
                return journals.keys();
            }

            @Override
            public void post(JournalKey key, Instruction instruction) {
                journals.post(key, instruction);
            }

            @Override
            public List<Instruction> instructions(JournalKey key) {
                if (damaged[0]) {
                    throw new CorruptJournalException(
                            "journal.corrupt",
                            Problem.expected("an undamaged instruction")
                                    .found("another")
                                    .remedy("move it aside"),
                            null);
                }
                return journals.instructions(key);
            }
        };
        ByteArrayOutputStream console = new ByteArrayOutputStream();
        PlanRunner runner = PlanRunner.journalingTo(store)
                .clockwork(time)
                .listener(ConsoleProgress.to(new PrintStream(console, true, StandardCharsets.UTF_8))
                        .columns(200)
                        .build())
                .build();
        RunReport report = run(runner, plan(), ann -> {
            ann.override("One writer", "I know better");
            damaged[0] = false;
            time.sleep(Duration.ofMinutes(1));
            ann.approve("go", "go ahead");
        });
        assertThat(report.succeeded()).isTrue();
        assertThat(console.toString(StandardCharsets.UTF_8).lines().filter(line -> line.contains("CANNOT HEAR")))
                .singleElement()
                .satisfies(line -> assertThat(line).contains("move it aside"));
    }
}
