package io.drkit.testkit.engine;

import static io.drkit.testkit.engine.Town.EAST;
import static io.drkit.testkit.engine.Town.OVER;
import static io.drkit.testkit.engine.Town.WEST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.BlockedException;
import io.drkit.core.StaleEpochException;
import io.drkit.core.event.RunEvent;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.JournalInUseException;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.RunReports;
import io.drkit.testkit.engine.Town.Place;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a second operator can do who does not want to run anything. */
class WatchAndAbandonTest {
    private static final JournalKey KEY = new JournalKey("p", "west", "east");

    private final VirtualClockwork time = VirtualClockwork.seeded(41);
    private final Town town = new Town();
    private final InMemoryJournalStore journals = new InMemoryJournalStore();
    private final List<Object> ends = new ArrayList<>();

    private final RecoveryPlan<Place> plan = Town.plan()
            .step("a", (from, to) -> town.set("a", "1"))
            .nothingToUndo("it stays so")
            .step("b", (from, to) -> town.set("b", "1"))
            .after("a")
            .nothingToUndo("it stays so")
            .build();

    @AfterEach
    void close() {
        time.close();
    }

    private PlanRunner runner() {
        return PlanRunner.journalingTo(journals).clockwork(time).build();
    }

    /** Ten minutes at "b". */
    private void elsewhere() throws InterruptedException {
        town.takes.put("b", Duration.ofMinutes(10));
        time.start("elsewhere", () -> {
            try {
                ends.add(runner().run(plan, OVER));
            } catch (Exception e) {
                ends.add(e);
            }
        });
        time.sleep(Duration.ofMinutes(1));
    }

    @Test
    @DisplayName("F3: whoever only wants to look begins nothing")
    void watch_nobodyAtWork_beginsNothing() throws Exception {
        time.run(() -> {
            assertThat(runner().watch(plan, OVER)).isEmpty();
            assertThat(journals.keys()).isEmpty();
            assertThat(town.applied).isEmpty();
            // nor does it keep anybody from it
            RunReport report = runner().run(plan, OVER);
            assertThat(report.succeeded()).isTrue();
            assertThat(runner().watch(plan, OVER)).isEmpty();
            return null;
        });
    }

    @Test
    @DisplayName("F3: whoever watches hears what happens in the other process, and gets its report")
    void watch_runAtWorkElsewhere_followsItToItsEnd() throws Exception {
        time.run(() -> {
            elsewhere();
            List<RunEvent> events = new ArrayList<>();
            PlanRunner watching = PlanRunner.journalingTo(journals)
                    .clockwork(time)
                    .listener(events::add)
                    .build();
            assertThatThrownBy(() ->
                            watching.watch(plan, SiteSwitch.switchoverFrom(EAST).to(WEST)))
                    .isInstanceOf(JournalInUseException.class);
            RunReport report = watching.watch(plan, OVER).orElseThrow();
            time.sleep(Duration.ofMinutes(1));
            assertThat(ends).containsExactly(report);
            assertThat(events.get(0)).isInstanceOf(RunEvent.Attached.class);
            assertThat(events.get(events.size() - 1)).isInstanceOf(RunEvent.RunEnded.class);
            return null;
        });
    }

    @Test
    @DisplayName(
            "F3, F13: a run whose process hangs is abandoned by force: that one is stale, and what it was at is a warning")
    void abandonByForce_ownerHangs_isOverAndTheOwnerStale() throws Exception {
        time.run(() -> {
            elsewhere();
            assertThatThrownBy(() -> runner().abandon(plan, OVER, "ann", "it hangs"))
                    .isInstanceOf(JournalInUseException.class);
            runner().abandonByForce(plan, OVER, "ann", "it hangs");
            RunReport report = RunReports.of(journals.runs(KEY, 1).get(0)).orElseThrow();
            assertThat(report.outcome()).isEqualTo(RunOutcome.STOPPED);
            assertThat(report.reason().orElseThrow()).isEqualTo("abandoned by force by ann: it hangs");
            assertThat(report.told())
                    .singleElement()
                    .satisfies(told -> assertThat(told.instruction().kind()).isEqualTo(Instruction.Kind.TAKE_OVER));
            assertThat(report.warnings())
                    .singleElement()
                    .satisfies(warning -> assertThat(warning).contains("\"b\" was at work", "nobody has seen it end"));
            time.sleep(Duration.ofMinutes(30));
            assertThat(ends).singleElement().isInstanceOf(StaleEpochException.class);
            assertThat(town.applied).containsExactly("a=1");
            // and another can begin
            town.takes.clear();
            assertThat(runner().run(plan, OVER).succeeded()).isTrue();
            return null;
        });
    }

    @Test
    void abandonByForce_nothingUnfinished_takesNothing() throws Exception {
        time.run(() -> {
            runner().run(plan, OVER);
            int entries = journals.entries(KEY).size();
            assertThatThrownBy(() -> runner().abandonByForce(plan, OVER, "ann", "it hangs"))
                    .isInstanceOf(BlockedException.class)
                    .hasMessageContaining("run.nothing-to-resume");
            assertThatThrownBy(() -> runner().abandonByForce(plan, OVER, "", "it hangs"))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(journals.entries(KEY)).hasSize(entries);
            return null;
        });
    }
}
