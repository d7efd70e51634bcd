package io.drkit.testkit.time;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.Site;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.testkit.journal.InMemoryJournalStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The real runner, unchanged, on machines whose clocks are wrong and whose processes stop and die. */
@Timeout(120)
class EngineOnMachinesTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final SiteSwitch<Place> OVER =
            SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east"));

    record Place(String name) implements Site {}

    /** Takes a minute, and counts how often it was begun. */
    private static final class Slow implements Action<Boolean> {
        private final VirtualClockwork virtual;
        private int begun;
        private boolean done;

        Slow(VirtualClockwork virtual) {
            this.virtual = virtual;
        }

        @Override
        public String describe() {
            return "take a minute";
        }

        @Override
        public Boolean observe(ActionContext context) throws InterruptedException {
            virtual.sleep(Duration.ofMillis(10));
            return done;
        }

        @Override
        public Assessment assess(Boolean observed) {
            return observed ? Assessment.done("done") : Assessment.needed("do it");
        }

        @Override
        public void apply(Boolean observed, ActionContext context) throws InterruptedException {
            begun++;
            virtual.sleep(Duration.ofMinutes(1));
            done = true;
        }
    }

    /** A run on west, which fares as {@code fate} says 150 seconds later; then east goes on with it. Answers all that can be seen. */
    private static List<String> story(long seed, Fate fate) throws Exception {
        try (VirtualClockwork virtual =
                VirtualClockwork.builder().seed(seed).traced().build()) {
            Machine west = virtual.machine("west-1").drift(20_000).clockAhead(HOUR);
            Machine east = virtual.machine("east-1").drift(-20_000).clockAhead(HOUR.negated());
            InMemoryJournalStore journals = new InMemoryJournalStore();
            List<Slow> steps = new ArrayList<>();
            RecoveryPlan.Builder<Place> building =
                    RecoveryPlan.<Place>named("p").rpo(Duration.ZERO).rto(HOUR);
            for (int i = 0; i < 4; i++) {
                Slow step = new Slow(virtual);
                steps.add(step);
                var drafted = building.step("step " + i, (from, to) -> step).nothingToUndo("it only takes time");
                if (i > 0) {
                    drafted.after("step " + (i - 1));
                }
            }
            RecoveryPlan<Place> plan = building.build();
            List<String> told = new ArrayList<>();
            virtual.run(() -> {
                west.start("owner", () -> {
                    try {
                        told.add("west: "
                                + runner(journals, west, told).run(plan, OVER).outcome());
                    } catch (StaleEpochException e) {
                        told.add("west: " + e.code());
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                });
                virtual.sleep(Duration.ofSeconds(150));
                fate.befalls(west);
                east.start("operator", () -> {
                            try {
                                RunReport report = runner(journals, east, told)
                                        .takeOver(plan, OVER, "Ada", "west does not answer");
                                told.add("east: " + report.outcome());
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        })
                        .join(HOUR);
                west.resume();
                virtual.sleep(HOUR);
            });
            assertThat(virtual.failures()).isEmpty();
            assertThat(told).contains("east: " + RunOutcome.SUCCEEDED);
            assertThat(steps).allMatch(step -> step.done);
            steps.forEach(step -> told.add("begun " + step.begun));
            journals.entries(new JournalKey("p", "west", "east")).forEach(entry -> told.add(entry.toString()));
            told.addAll(virtual.trace());
            return told;
        }
    }

    private interface Fate {
        void befalls(Machine machine);
    }

    private static PlanRunner runner(InMemoryJournalStore journals, Machine machine, List<String> told) {
        return PlanRunner.journalingTo(journals)
                .clockwork(machine)
                .listener(event -> told.add(machine + " " + event))
                .build();
    }

    @Test
    void run_ownerKilledInMidRun_isTakenOverAndTheSameSeedTellsTheSameToTheByte() throws Exception {
        List<String> story = story(7, Machine::kill);
        assertThat(story).isEqualTo(story(7, Machine::kill)).isNotEqualTo(story(8, Machine::kill));
        assertThat(story).doesNotContain("west: " + RunOutcome.SUCCEEDED, "west: journal.taken-over");
    }

    @Test
    @DisplayName("F11: an owner that was frozen and taken over is refused when it goes on, and changes nothing more")
    void run_ownerFrozenAndTakenOver_stopsStaleWithoutAnotherEffect() throws Exception {
        for (long seed = 0; seed < 20; seed++) {
            List<String> story = story(seed, Machine::pause);
            assertThat(story).as("seed %d", seed).contains("west: journal.taken-over");
            assertThat(story.stream().filter(line -> line.startsWith("begun ")))
                    .as("the step in whose middle it was taken over may be begun twice, no other")
                    .filteredOn(line -> !line.equals("begun 1"))
                    .hasSizeLessThanOrEqualTo(1);
        }
    }

    @Test
    void alone_taskKilledWhileItHoldsALockOfItsProcess_diesBeforeThoseThatWantIt() throws Exception {
        for (long seed = 0; seed < 20; seed++) {
            try (VirtualClockwork virtual = VirtualClockwork.seeded(seed)) {
                Machine west = virtual.machine("west");
                Machine east = virtual.machine("east");
                Object lock = new Object();
                List<String> seen = new ArrayList<>();
                virtual.run(() -> {
                    for (int i = 0; i < 3; i++) {
                        west.start("writer", () -> {
                            while (true) {
                                synchronized (lock) {
                                    virtual.alone(() -> {
                                        virtual.yieldToAll();
                                        return seen.add("west");
                                    });
                                }
                                virtual.yieldToAll();
                            }
                        });
                    }
                    east.start("killer", () -> {
                                for (int i = 0; i < 20; i++) {
                                    virtual.yieldToAll();
                                }
                                west.kill();
                            })
                            .join(HOUR);
                    assertThat(west.alive()).isFalse();
                });
                assertThat(virtual.failures()).isEmpty();
            }
        }
    }
}
