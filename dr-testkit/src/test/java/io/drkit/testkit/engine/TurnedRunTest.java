package io.drkit.testkit.engine;

import static io.drkit.testkit.engine.Town.OVER;
import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.RunControl;
import io.drkit.testkit.engine.Town.Place;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a run still owes to what it did before it was turned, crashed or lost its lease. */
class TurnedRunTest {
    private final VirtualClockwork time = VirtualClockwork.seeded(23);
    private final Town town = new Town();
    private final InMemoryJournalStore journals = new InMemoryJournalStore();
    private final List<Throwable> crashes = new ArrayList<>();

    @AfterEach
    void close() {
        time.close();
    }

    private PlanRunner.Builder process() {
        return PlanRunner.journalingTo(journals).clockwork(time);
    }

    private RunControl ann(RecoveryPlan<Place> plan) {
        return process().build().control(plan, OVER, "ann", "commander");
    }

    /** Runs it while somebody speaks to it. */
    private RunReport run(PlanRunner runner, RecoveryPlan<Place> plan, Word word) throws Exception {
        RunReport report = time.run(() -> {
            time.start("operator", () -> {
                try {
                    word.say(ann(plan));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            return runner.run(plan, OVER);
        });
        assertThat(time.failures()).isEmpty();
        return report;
    }

    private interface Word {
        void say(RunControl control) throws InterruptedException;
    }

    private static StepStatus status(RunReport report, String step) {
        return report.steps().stream()
                .filter(s -> s.name().equals(step))
                .map(StepReport::status)
                .findFirst()
                .orElseThrow();
    }

    // ---- a retry

    @Test
    void retry_ofAStepWhoseDependencyIsStillAtWork_waitsForIt() throws Exception {
        town.blocked.put("primary", "no capacity");
        town.takes.put("fence", Duration.ofMinutes(10));
        RecoveryPlan<Place> plan = Town.plan()
                .step("fence", (from, to) -> town.set("fence", "up"))
                .onlyIn(Mode.FAILOVER)
                .nothingToUndo("x")
                .step("promote", (from, to) -> town.set("primary", to.name()))
                .after("fence")
                .pointOfNoReturn()
                .build();
        RunReport report = run(process().askOnFailure(Duration.ofHours(1)).build(), plan, ann -> {
            time.sleep(Duration.ofMinutes(1));
            town.blocked.clear();
            ann.failOver("west is dead");
            time.sleep(Duration.ofMinutes(1));
            ann.retry("promote", "there is capacity now");
        });
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.told()).extracting(told -> told.refused().isPresent()).containsExactly(false, false);
        assertThat(town.applied).containsExactly("fence=up", "primary=east");
    }
}
