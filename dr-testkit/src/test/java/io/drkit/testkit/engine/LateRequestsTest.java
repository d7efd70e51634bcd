package io.drkit.testkit.engine;

import static io.drkit.testkit.engine.Town.OVER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.action.SupersedingAction;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.testkit.engine.Town.Place;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.time.VirtualClockwork;
import io.drkit.testkit.workload.FakeWorkloadScaler;
import io.drkit.testkit.workload.FakeWorkloads;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A request that got no answer arrives when what it asked for has been put back, or was found as it should be. */
class LateRequestsTest {
    private static final Workload APP = Workload.deployment("app");
    private static final Workload QUEUE = Workload.statefulSet("queue");

    private final VirtualClockwork time = VirtualClockwork.seeded(23);
    private final Town town = new Town();
    private final InMemoryJournalStore journals = new InMemoryJournalStore();
    private final FakeWorkloads west = FakeWorkloads.on(time);
    private final WorkloadScaler scaler = FakeWorkloadScaler.of(west);
    private final Fault.Late late = Fault.late();

    LateRequestsTest() {
        west.run(APP, 2);
        west.run(QUEUE, 1);
    }

    @AfterEach
    void close() {
        time.close();
    }

    private PlanRunner runner() {
        return PlanRunner.journalingTo(journals).clockwork(time).build();
    }

    private RecoveryPlan<Place> stopping(Workload... workloads) {
        return Town.plan()
                .step("stop apps", (from, to) -> scaler.toZero(workloads))
                .undo((from, to) -> scaler.restore(workloads))
                .step("promote", (from, to) -> town.set("primary", to.name()))
                .after("stop apps")
                .pointOfNoReturn()
                .build();
    }

    private RunReport run(RecoveryPlan<Place> plan) throws Exception {
        RunReport report = time.run(() -> {
            RunReport ended = runner().run(plan, OVER);
            late.arrive();
            time.sleep(Duration.ofMinutes(1));
            return ended;
        });
        assertThat(time.failures()).isEmpty();
        return report;
    }

    @Test
    @DisplayName("F13: it changes nothing that the undo found as it should be")
    void run_undoFindsNothingToDo_lateRequestTakesNoEffect() throws Exception {
        west.faults().next("scale", late).nth(2, "scale", Fault.refused(403));

        RunReport report = run(stopping(APP));

        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.warnings()).isEmpty();
        assertThat(west.truth(APP).wanted()).isEqualTo(2);
        assertThat(west.truth(APP).remembered()).isEmpty();
    }

    @Test
    @DisplayName("F13: nor that part of it which the undo had not to write to")
    void run_undoWritesToAnother_lateRequestTakesNoEffect() throws Exception {
        west.faults().next("scale deployment/app", late).nth(2, "scale deployment/app", Fault.refused(403));

        RunReport report = run(stopping(APP, QUEUE));

        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(west.truth(APP).wanted()).isEqualTo(2);
        assertThat(west.truth(QUEUE).wanted()).isEqualTo(1);
    }

    @Test
    @DisplayName("F13: one that was refused and one that was lost, in one step, are not called a refusal")
    void run_lostAndRefusedAtOnce_lateRequestTakesNoEffect() throws Exception {
        west.faults().next("scale deployment/app", late).next("scale statefulset/queue", Fault.refused(422));

        RunReport report = run(stopping(APP, QUEUE));

        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(west.truth(APP).wanted()).isEqualTo(2);
    }

    @Test
    @DisplayName("F13, F14: where it cannot be made void at one, the others are put back, and the report warns")
    void run_oneRefusesAlsoToBeTouched_theOthersArePutBack() throws Exception {
        west.faults()
                .next("scale deployment/app", Fault.answerLost())
                .every("scale statefulset/queue", Fault.refused(422))
                .every("touch statefulset/queue", Fault.refused(403));

        RunReport report = time.run(() -> runner().run(stopping(APP, QUEUE), OVER));

        assertThat(west.truth(APP).wanted()).isEqualTo(2);
        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.warnings()).singleElement().asString().contains("\"stop apps\"", "without an answer");
    }

    @Test
    @DisplayName("F14: a workload that was scaled before another one was refused is put back")
    void run_secondOfTwoRefused_firstIsPutBack() throws Exception {
        west.faults().next("scale statefulset/queue", Fault.refused(422));

        RunReport report = time.run(() -> runner().run(stopping(APP, QUEUE), OVER));

        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(west.truth(APP).wanted()).isEqualTo(2);
        assertThat(report.warnings()).isEmpty();
    }

    @Test
    @DisplayName("F13, F3: nor when its process died, and another one put back what it found")
    void resume_processDiedBeforeTheAnswer_lateRequestTakesNoEffect() throws Exception {
        west.faults().next("scale", late);
        RecoveryPlan<Place> plan = Town.plan()
                .step("stop apps", (from, to) -> dying(scaler.toZero(APP)))
                .undo((from, to) -> scaler.restore(APP))
                .step("promote", (from, to) -> town.set("primary", to.name()))
                .after("stop apps")
                .pointOfNoReturn()
                .build();
        time.run(() -> assertThatThrownBy(() -> runner().run(plan, OVER)).isInstanceOf(InternalError.class));
        west.faults().every("scale", Fault.refused(403));

        RunReport report = time.run(() -> {
            RunReport ended = runner().resume(plan, OVER);
            west.faults().clear("scale");
            late.arrive();
            time.sleep(Duration.ofMinutes(1));
            return ended;
        });

        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(west.truth(APP).wanted()).isEqualTo(2);
    }

    @Test
    @DisplayName("F13: nor does what an undo asked for, when the run was turned into a failover on its way back")
    void failOver_undoGotNoAnswer_lateRequestTakesNoEffect() throws Exception {
        RecoveryPlan<Place> plan = Town.plan()
                .step("stop apps", (from, to) -> scaler.toZero(APP))
                .undo((from, to) -> scaler.restore(APP))
                .step("copy", (from, to) -> town.set("copy", "1"))
                .after("stop apps")
                .onlyIn(Mode.SWITCHOVER)
                .nothingToUndo("a copy hurts nobody")
                .step("promote", (from, to) -> town.set("primary", to.name()))
                .after("copy", "stop apps")
                .pointOfNoReturn()
                .build();
        town.blocked.put("copy", "the share is gone");
        RunReport report = time.run(() -> {
            // the second change is the undo's
            west.faults().nth(2, "scale", late);
            for (int lost = 3; lost < 9; lost++) {
                west.faults().nth(lost, "scale", Fault.refused(503));
            }
            time.start("operator", () -> {
                try {
                    time.sleep(Duration.ofSeconds(4));
                    runner().control(plan, OVER, "ann", "commander").failOver("west does not answer");
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            RunReport ended = runner().run(plan, OVER);
            late.arrive();
            return ended;
        });

        assertThat(time.failures()).isEmpty();
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.mode()).isEqualTo(Mode.FAILOVER);
        assertThat(west.truth(APP).wanted()).isZero();
        assertThat(report.warnings()).isEmpty();
    }

    @Test
    @DisplayName("F13, F14: where nothing can refuse it, the report says that it may still arrive, and at which step")
    void run_resourceCannotRefuse_reportWarns() throws Exception {
        RecoveryPlan<Place> plan = Town.plan()
                .step("pause scheduler", (from, to) -> unheard(town.set("scheduler", "paused")))
                .undo((from, to) -> town.set("scheduler", ""))
                .step("promote", (from, to) -> town.set("primary", to.name()))
                .after("pause scheduler")
                .pointOfNoReturn()
                .build();

        RunReport report = time.run(() -> runner().run(plan, OVER));

        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.warnings())
                .singleElement()
                .asString()
                .contains("\"pause scheduler\"", "without an answer", "set scheduler to paused");
    }

    @Test
    @DisplayName("F14: a run all of whose requests were answered warns of none, refused as they may have been")
    void run_everyRequestAnswered_warnsOfNothing() throws Exception {
        RecoveryPlan<Place> plan = Town.plan()
                .step("pause scheduler", (from, to) -> town.set("scheduler", "paused"))
                .undo((from, to) -> town.set("scheduler", ""))
                .step("stop apps", (from, to) -> scaler.toZero(APP))
                .after("pause scheduler")
                .undo((from, to) -> scaler.restore(APP))
                .step("promote", (from, to) -> town.set("primary", to.name()))
                .after("stop apps")
                .pointOfNoReturn()
                .build();
        west.faults().next("scale", Fault.refused(403));
        long before = west.version(APP);

        RunReport report = time.run(() -> runner().run(plan, OVER));

        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.warnings()).isEmpty();
        assertThat(west.version(APP)).isEqualTo(before);
    }

    /** Nothing that it asks for is answered, or made. */
    private static Action<String> unheard(Action<String> action) {
        return new Wrapped<>(action) {
            @Override
            public void apply(String observed, ActionContext context) {
                throw new UnknownOutcomeException(
                        "test.lost", Problem.expected("an answer").found("none").remedy("observe"));
            }

            @Override
            public ExecutionPolicy policy() {
                return ExecutionPolicy.builder().attempts(2).build();
            }
        };
    }

    /** The first time that it gets no answer, its process dies. */
    private static <O> Action<O> dying(Action<O> action) {
        return new Dying<>((SupersedingAction<O>) action);
    }

    private static final class Dying<O> extends Wrapped<O> implements SupersedingAction<O> {
        private final SupersedingAction<O> action;

        Dying(SupersedingAction<O> action) {
            super(action);
            this.action = action;
        }

        @Override
        public void apply(O observed, ActionContext context) throws InterruptedException {
            try {
                super.apply(observed, context);
            } catch (UnknownOutcomeException e) {
                throw new InternalError("the process dies", e);
            }
        }

        @Override
        public void supersede(O observed, ActionContext context) throws InterruptedException {
            action.supersede(observed, context);
        }
    }

    private static class Wrapped<O> implements Action<O> {
        private final Action<O> action;

        Wrapped(Action<O> action) {
            this.action = action;
        }

        @Override
        public String describe() {
            return action.describe();
        }

        @Override
        public O observe(ActionContext context) throws InterruptedException {
            return action.observe(context);
        }

        @Override
        public Assessment assess(O observed) {
            return action.assess(observed);
        }

        @Override
        public void apply(O observed, ActionContext context) throws InterruptedException {
            action.apply(observed, context);
        }

        @Override
        public ExecutionPolicy policy() {
            return action.policy();
        }
    }
}
