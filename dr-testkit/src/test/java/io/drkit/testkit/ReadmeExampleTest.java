package io.drkit.testkit;

import static io.drkit.testkit.assertions.DrKitAssertions.assertThat;

import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.action.ActionContract;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.junit.DrKitExtension;
import io.drkit.testkit.workload.FakeWorkloadScaler;
import io.drkit.testkit.workload.FakeWorkloads;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The examples of the README. */
class ReadmeExampleTest {
    private static final Workload APP = Workload.deployment("app");

    private record Region(String name, FakeWorkloads workloads) implements Site {}

    @Nested
    // example: first
    class MoveTest {
        @RegisterExtension
        final DrKitExtension drkit = DrKitExtension.seeded(42);

        final Region west = new Region("west", FakeWorkloads.on(drkit.clockwork()));
        final Region east = new Region("east", FakeWorkloads.on(drkit.clockwork()));
        final RecoveryPlan<Region> plan = RecoveryPlan.<Region>named("move")
                .rpo(Duration.ofMinutes(1))
                .rto(Duration.ofMinutes(30))
                .step(
                        "stop",
                        (from, to) -> FakeWorkloadScaler.of(from.workloads()).toZero(APP))
                .undo((from, to) -> FakeWorkloadScaler.of(from.workloads()).restore(APP))
                .step(
                        "start",
                        (from, to) -> FakeWorkloadScaler.of(to.workloads()).scaleTo(Map.of(APP, 2)))
                .after("stop")
                .nothingToUndo("what is up on the standby side serves nobody")
                .build();

        @Test
        void switchover_podsTakeMinutesAndAnAnswerIsLost_succeeds() throws Exception {
            west.workloads().podTimes(Duration.ZERO, Duration.ofMinutes(8)).run(APP, 2);
            east.workloads().run(APP, 0);
            east.workloads().faults().next("scale", Fault.answerLost());

            assertThat(drkit.runner()
                            .build()
                            .run(plan, SiteSwitch.switchoverFrom(west).to(east)))
                    .succeeded()
                    .step("start")
                    .wasAppliedOnce();
        }
    }
    // end of example

    /** An application's own world. */
    private static final class Switchboard {
        private boolean open = true;
        private boolean dark;
        private boolean loseAnswer;
        private int changes;

        boolean open() {
            if (dark) {
                throw unknown("whether the switchboard is open");
            }
            return open;
        }

        void close() {
            open = false;
            changes++;
            if (loseAnswer) {
                loseAnswer = false;
                throw unknown("that it was closed");
            }
        }

        private static io.drkit.core.UnknownOutcomeException unknown(String what) {
            return new io.drkit.core.UnknownOutcomeException(
                    "switchboard.silent",
                    io.drkit.core.Problem.expected("to hear " + what)
                            .found("nothing")
                            .remedy("ask again"));
        }
    }

    private record CloseSwitchboard(Switchboard switchboard) implements Action<Boolean> {
        @Override
        public String describe() {
            return "close the switchboard";
        }

        @Override
        public Boolean observe(ActionContext context) {
            return switchboard.open();
        }

        @Override
        public Assessment assess(Boolean open) {
            return open ? Assessment.needed("close it") : Assessment.done("it is closed");
        }

        @Override
        public void apply(Boolean open, ActionContext context) {
            context.requireAuthority();
            switchboard.close();
        }
    }

    @Nested
    // example: contract
    class CloseSwitchboardTest extends ActionContract {
        final Switchboard switchboard = new Switchboard();

        @Override
        protected Clockwork clockwork() {
            return Clockwork.system();
        }

        @Override
        protected Action<?> action() {
            return new CloseSwitchboard(switchboard);
        }

        @Override
        protected String fingerprint() {
            return "changed " + switchboard.changes + " times";
        }

        @Override
        protected void loseNextAnswer() {
            switchboard.loseAnswer = true;
        }

        @Override
        protected void makeUnreadable() {
            switchboard.dark = true;
        }
    }
    // end of example
}
