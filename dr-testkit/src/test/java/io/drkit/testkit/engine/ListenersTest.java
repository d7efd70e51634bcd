package io.drkit.testkit.engine;

import static io.drkit.testkit.engine.Town.OVER;
import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.Progress;
import io.drkit.core.event.RunEvent;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.testkit.engine.Town.Place;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Whoever listens holds nothing up. */
class ListenersTest {
    private final VirtualClockwork time = VirtualClockwork.seeded(31);
    private final Town town = new Town();
    private final InMemoryJournalStore journals = new InMemoryJournalStore();
    private final List<RunEvent> events = new ArrayList<>();

    @AfterEach
    void close() {
        time.close();
    }

    private PlanRunner.Builder process() {
        return PlanRunner.journalingTo(journals).clockwork(time);
    }

    private RecoveryPlan<Place> plan() {
        return Town.plan()
                .step("a", (from, to) -> town.set("a", "1"))
                .undo((from, to) -> town.set("a", "0"))
                .step("b", (from, to) -> town.set("b", "1"))
                .after("a")
                .pointOfNoReturn()
                .build();
    }

    private void sleep(Duration length) {
        try {
            time.sleep(length);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @DisplayName("F4: a console that somebody has stopped stops neither the run nor the other listeners")
    void run_listenerHangs_comesToItsEndAndTellsTheOthers() throws Exception {
        List<RunEvent> heardLate = new ArrayList<>();
        RunReport report = time.run(() -> process()
                .listener(event -> {
                    sleep(Duration.ofDays(1));
                    heardLate.add(event);
                })
                .listener(events::add)
                .build()
                .run(plan(), OVER));

        assertThat(report.succeeded()).isTrue();
        assertThat(town.applied).containsExactly("a=1", "b=1");
        assertThat(time.elapsed())
                .as("a moment at the first event, 10 s to hear the end")
                .isEqualTo(Duration.ofSeconds(11));
        assertThat(events).last().isInstanceOf(RunEvent.RunEnded.class);

        time.run(() -> time.sleep(Duration.ofDays(30)));
        assertThat(heardLate).as("nothing is lost while the process lives").isEqualTo(events);
    }

    @Test
    void run_slowListener_hearsTheEndBeforeTheCallerHasIt() throws Exception {
        RunReport report = time.run(() -> process()
                .listener(event -> {
                    sleep(Duration.ofMillis(500));
                    events.add(event);
                })
                .build()
                .run(plan(), OVER));

        assertThat(events).first().isInstanceOf(RunEvent.RunBegan.class);
        assertThat(events).last().isEqualTo(new RunEvent.RunEnded(report.ended(), report));
    }

    @Test
    void run_listenerThrowsAndLeavesAnInterruptionBehind_hearsTheNextEvent() throws Exception {
        time.run(() -> process()
                .listener(event -> {
                    events.add(event);
                    Thread.currentThread().interrupt();
                    throw new NoClassDefFoundError("of the listener");
                })
                .build()
                .run(plan(), OVER));

        assertThat(events).last().isInstanceOf(RunEvent.RunEnded.class);
        assertThat(time.failures()).isEmpty();
    }

    @Test
    void run_attachedListenerHangs_answersAllTheSame() throws Exception {
        town.takes.put("a", Duration.ofMinutes(1));
        RunReport report = time.run(() -> {
            time.start("first", () -> {
                try {
                    process().build().run(plan(), OVER);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            time.sleep(Duration.ofSeconds(10));
            return process()
                    .listener(event -> sleep(Duration.ofDays(1)))
                    .build()
                    .run(plan(), OVER);
        });

        assertThat(report.succeeded()).isTrue();
        assertThat(time.elapsed()).isLessThan(Duration.ofMinutes(2));
    }

    @Test
    void run_listenerIsFarBehind_isSparedProgressAndNothingElse() throws Exception {
        RecoveryPlan<Place> busy = Town.plan()
                .step("copy", (from, to) -> new Action<String>() {
                    @Override
                    public String describe() {
                        return "copy a lot";
                    }

                    @Override
                    public String observe(ActionContext context) {
                        return town.values.getOrDefault("copy", "");
                    }

                    @Override
                    public Assessment assess(String observed) {
                        return observed.isEmpty() ? Assessment.needed("copy") : Assessment.done("copied");
                    }

                    @Override
                    public void apply(String observed, ActionContext context) {
                        for (int done = 0; done < 5_000; done++) {
                            context.progress(Progress.of("copying", done, 5_000, "files"));
                        }
                        town.values.put("copy", "1");
                    }
                })
                .nothingToUndo("a test")
                .build();
        RunReport report = time.run(() -> process()
                .listener(event -> {
                    sleep(Duration.ofHours(1));
                    events.add(event);
                })
                .build()
                .run(busy, OVER));

        assertThat(report.succeeded()).isTrue();
        time.run(() -> time.sleep(Duration.ofDays(300)));
        assertThat(events).hasSizeBetween(1_000, 1_010);
        assertThat(events).last().isInstanceOf(RunEvent.RunEnded.class);
    }
}
