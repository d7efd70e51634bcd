package io.drkit.testkit.engine;

import static io.drkit.testkit.engine.Town.OVER;
import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.event.ConsoleProgress;
import io.drkit.core.event.RunEvent;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.TextReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.RunControl;
import io.drkit.core.status.Status;
import io.drkit.core.status.StatusBoard;
import io.drkit.core.status.StatusJson;
import io.drkit.core.status.StatusPage;
import io.drkit.testkit.engine.Town.Place;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.time.VirtualClockwork;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A run that waits for the end of a pause says so, to whoever looks. */
class PausedRunTest {
    private final VirtualClockwork time = VirtualClockwork.seeded(29);
    private final Town town = new Town();
    private final InMemoryJournalStore journals = new InMemoryJournalStore();
    private final List<RunEvent> events = new ArrayList<>();
    private final ByteArrayOutputStream console = new ByteArrayOutputStream();
    private final PlanRunner runner = PlanRunner.journalingTo(journals)
            .clockwork(time)
            .listener(events::add)
            .listener(ConsoleProgress.to(new PrintStream(console, true, StandardCharsets.UTF_8))
                    .columns(200)
                    .build())
            .build();

    @AfterEach
    void close() {
        time.close();
    }

    /** Passes its point of no return; "a" takes two minutes, and is refused as long as it is blocked. */
    private final RecoveryPlan<Place> plan = Town.plan()
            .step("p", (from, to) -> town.set("p", "1"))
            .pointOfNoReturn()
            .step("wait", (from, to) -> town.set("wait", "1"))
            .after("p")
            .step("a", (from, to) -> town.set("a", "1"))
            .after("wait")
            .build();

    private interface Word {
        void say(RunControl control) throws InterruptedException;
    }

    private void meanwhile(Word word) {
        time.start("operator", () -> {
            try {
                word.say(PlanRunner.journalingTo(journals)
                        .clockwork(time)
                        .build()
                        .control(plan, OVER, "ann", ""));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    private List<RunEvent.WordAwaited> awaited() {
        return events.stream()
                .filter(RunEvent.WordAwaited.class::isInstance)
                .map(RunEvent.WordAwaited.class::cast)
                .toList();
    }

    private void minutes(int minutes) throws InterruptedException {
        time.sleep(Duration.ofMinutes(minutes));
    }

    private RunReport pausedAndStopped() throws Exception {
        town.takes.put("wait", Duration.ofHours(2));
        return time.run(() -> {
            meanwhile(ann -> {
                minutes(1);
                ann.pause("let me look");
            });
            return runner.run(plan, OVER);
        });
    }

    @Test
    @DisplayName("F3: a run that was paused when it stopped says, when it is resumed, that it waits to be let go on")
    void resume_runWasPaused_saysThatItWaits() throws Exception {
        RunReport stopped = pausedAndStopped();
        assertThat(stopped.outcome()).isEqualTo(RunOutcome.STOPPED);
        assertThat(stopped.warnings())
                .singleElement()
                .satisfies(warning -> assertThat(warning).contains("ann paused it (let me look)", "goOn"));
        assertThat(String.join(" ", TextReport.lines(stopped, 400))).contains("ann paused it");

        town.takes.clear();
        events.clear();
        console.reset();
        RunReport report = time.run(() -> {
            meanwhile(ann -> {
                time.sleep(Duration.ofHours(6));
                assertThat(awaited()).hasSize(1);
                assertThat(console.toString(StandardCharsets.UTF_8))
                        .contains("PAUSED: nothing more begins until somebody lets the run go on");
                Status status = StatusBoard.titled("shop")
                        .runs(journals, 5)
                        .clockwork(time)
                        .build()
                        .status();
                assertThat(StatusPage.toHtml(status)).contains("waits for somebody to let it go on: it is paused");
                assertThat(StatusJson.toJson(status)).contains("CONTINUATION");
                ann.goOn("it is well");
            });
            return runner.resume(plan, OVER);
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.warnings()).isEmpty();
        assertThat(awaited()).singleElement().satisfies(event -> {
            assertThat(event.what()).isEqualTo(RunReport.Wait.For.CONTINUATION);
            assertThat(event.timeout()).isZero();
        });
    }

    @Test
    void run_pausedTwice_saysEachTimeOnceNothingIsAtWork() throws Exception {
        town.takes.put("p", Duration.ofMinutes(5));
        town.takes.put("wait", Duration.ofMinutes(5));
        RunReport report = time.run(() -> {
            meanwhile(ann -> {
                minutes(1);
                ann.pause("let me look");
                minutes(1);
                assertThat(awaited()).as("a step is at work").isEmpty();
                minutes(10);
                assertThat(awaited()).hasSize(1);
                ann.goOn("it is well");
                minutes(1);
                ann.pause("once more");
                minutes(20);
                assertThat(awaited()).hasSize(2);
                ann.goOn("it is well");
            });
            return runner.run(plan, OVER);
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
    }

    @Test
    void run_pausedWhileItGoesBack_saysThatItWaits() throws Exception {
        town.takes.put("a", Duration.ofMinutes(5));
        RecoveryPlan<Place> back = Town.plan()
                .step("a", (from, to) -> town.set("a", "1"))
                .undo((from, to) -> town.set("a", "0"))
                .step("b", (from, to) -> town.set("b", "1"))
                .after("a")
                .undo((from, to) -> town.set("b", "0"))
                .step("c", (from, to) -> town.set("c", "1"))
                .after("b")
                .pointOfNoReturn()
                .build();
        town.blocked.put("c", "no capacity");
        town.takes.put("b", Duration.ofMinutes(5));
        RunReport report = time.run(() -> {
            time.start("operator", () -> {
                try {
                    RunControl ann = PlanRunner.journalingTo(journals)
                            .clockwork(time)
                            .build()
                            .control(back, OVER, "ann", "");
                    minutes(11);
                    ann.pause("let me look");
                    minutes(10);
                    assertThat(awaited()).hasSize(1);
                    ann.goOn("it is well");
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            return runner.run(back, OVER);
        });
        assertThat(time.failures()).isEmpty();
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
    }
}
