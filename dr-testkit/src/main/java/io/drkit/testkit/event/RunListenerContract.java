package io.drkit.testkit.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.Progress;
import io.drkit.core.event.RunEvent;
import io.drkit.core.event.RunListener;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.StepStatus;
import io.drkit.core.run.PlanRunner;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link RunListener} promises, a rule a test: it takes whatever a run tells, and never fails over it. A run survives a
 * listener that throws, but whoever watches through that one is blind. Extend it in your own tests. The runs are real ones, of
 * small plans on virtual time.
 */
public abstract class RunListenerContract {
    private static final Instant AT = Instant.parse("2026-03-01T10:00:00Z");

    /** A listener at the beginning of its life; the same at each call within a test. */
    protected abstract RunListener listener();

    @Test
    @DisplayName("RL1: it takes every event of a run that succeeds")
    void on_runThatSucceeds_takesAll() throws Exception {
        takes(new Story().run(Ending.GOOD).events);
    }

    @Test
    @DisplayName("RL2: it takes every event of a run that fails and is undone")
    void on_runThatIsUndone_takesAll() throws Exception {
        List<RunEvent> events = new Story().run(Ending.EARLY).events;
        assertThat(events).hasAtLeastOneElementOfType(RunEvent.UndoBegan.class);
        takes(events);
    }

    @Test
    @DisplayName("RL3: it takes a run that stopped half-way and goes on, which begins anew")
    void on_runThatIsResumed_takesAll() throws Exception {
        List<RunEvent> events = new Story().run(Ending.LATE).resume().events;
        assertThat(events)
                .filteredOn(RunEvent.RunBegan.class::isInstance)
                .extracting(event -> ((RunEvent.RunBegan) event).resumed())
                .containsExactly(false, true);
        takes(events);
    }

    @Test
    @DisplayName("RL4: it takes one run after the other")
    void on_secondRun_takesAll() throws Exception {
        takes(new Story().run(Ending.EARLY).events);
        takes(new Story().run(Ending.GOOD).events);
    }

    @Test
    @DisplayName("RL5: it takes a run from any moment on, as one that comes late hears it")
    void on_fromTheMiddle_takesAll() throws Exception {
        List<RunEvent> events = new Story().run(Ending.EARLY).events;
        for (int from = 1; from < events.size(); from++) {
            takes(events.subList(from, events.size()));
        }
    }

    @Test
    @DisplayName("RL6: it takes any words, however long, and work of any size")
    void on_anyWords_takesAll() {
        String odd = "a \"name\"\n\u0007\u001b[2J <b>%s {} \\ ü\ud83d\ude80 " + "x".repeat(10_000);
        takes(List.of(
                new RunEvent.RunBegan(AT, odd, odd, odd, new Epoch(1), List.of(odd), false),
                new RunEvent.StepBegan(AT, odd, odd, false),
                new RunEvent.StepApplying(AT, odd, List.of(odd, ""), 1, false),
                new RunEvent.StepProgressed(AT, odd, Progress.of(odd, 0, 0, odd), false),
                new RunEvent.StepProgressed(AT, odd, Progress.of(odd, 7, 3, odd), false),
                new RunEvent.StepProgressed(AT, odd, Progress.openEnded(odd, Long.MAX_VALUE, odd), false),
                new RunEvent.StepWaiting(AT, odd, odd, false),
                new RunEvent.StepOutcomeUnknown(AT, odd, odd, false),
                new RunEvent.StepOverran(AT, odd, Duration.ZERO, false),
                new RunEvent.FactRecorded(AT, odd, odd, odd),
                new RunEvent.LossStated(AT, odd, DataLoss.unknown(odd, DataLoss.Stage.BOUND, odd)),
                new RunEvent.UndoBegan(AT, odd),
                new RunEvent.Attached(AT, odd),
                new RunEvent.OwnerSilent(AT, odd, Duration.ofDays(10_000)),
                new RunEvent.FailedOver(AT, odd, List.of(odd)),
                new RunEvent.StepEnded(AT, odd, StepStatus.UNKNOWN, odd, Duration.ofDays(10_000), true)));
    }

    private void takes(List<RunEvent> events) {
        RunListener listener = listener();
        for (RunEvent event : events) {
            assertThatCode(() -> listener.on(event)).as("%s", event).doesNotThrowAnyException();
        }
    }

    // -- the runs ---------------------------------------------------------------------------------------------------

    private enum Ending {
        GOOD,
        EARLY,
        LATE
    }

    private record Place(String name) implements Site {}

    /** Runs of one small plan, and what they told. */
    private static final class Story {
        private static final SiteSwitch<Place> OVER =
                SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east"));

        final List<RunEvent> events = new ArrayList<>();
        private final InMemoryJournalStore journals = new InMemoryJournalStore();
        private final Set<String> done = new HashSet<>();
        private String blocked = "";

        Story run(Ending ending) throws Exception {
            blocked = ending == Ending.EARLY ? "second" : ending == Ending.LATE ? "third" : "";
            try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
                virtual.run(() -> runner(virtual).run(plan(), OVER));
            }
            return this;
        }

        Story resume() throws Exception {
            blocked = "";
            try (VirtualClockwork virtual = VirtualClockwork.seeded(2)) {
                virtual.run(() -> runner(virtual).resume(plan(), OVER));
            }
            return this;
        }

        private PlanRunner runner(VirtualClockwork virtual) {
            return PlanRunner.journalingTo(journals)
                    .clockwork(virtual)
                    .listener(events::add)
                    .build();
        }

        private RecoveryPlan<Place> plan() {
            return RecoveryPlan.<Place>named("contract")
                    .rpo(Duration.ofHours(1))
                    .rto(Duration.ofHours(1))
                    .step("first", (from, to) -> new Work("first", true))
                    .undo((from, to) -> new Work("first", false))
                    .step("second", (from, to) -> new Work("second", true))
                    .after("first")
                    .pointOfNoReturn()
                    .step("third", (from, to) -> new Work("third", true))
                    .after("second")
                    .build();
        }

        private final class Work implements Action<Boolean> {
            private final String name;
            private final boolean wanted;

            Work(String name, boolean wanted) {
                this.name = name;
                this.wanted = wanted;
            }

            @Override
            public String describe() {
                return (wanted ? "do " : "put back ") + name;
            }

            @Override
            public Boolean observe(ActionContext context) {
                return done.contains(name);
            }

            @Override
            public Assessment assess(Boolean observed) {
                if (observed == wanted) {
                    return Assessment.done(name + (wanted ? " is done" : " is put back"));
                }
                return name.equals(blocked)
                        ? Assessment.blocked(name + " is in the way", "remove it")
                        : Assessment.needed(describe());
            }

            @Override
            public void apply(Boolean observed, ActionContext context) throws InterruptedException {
                context.progress(Progress.of(name, 1, 2, "parts"));
                context.clockwork().sleep(Duration.ofSeconds(90));
                context.record("fact", "recorded by " + name);
                context.report(DataLoss.none(name, "nothing is lost here"));
                if (wanted) {
                    done.add(name);
                } else {
                    done.remove(name);
                }
            }
        }
    }
}
