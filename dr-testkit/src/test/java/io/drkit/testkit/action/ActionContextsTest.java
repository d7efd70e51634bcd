package io.drkit.testkit.action;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.Epoch;
import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/** Whatever an action is handed as its context, in a run, outside any, and in a test, under the contract. */
class ActionContextsTest {
    private final VirtualClockwork virtual = VirtualClockwork.seeded(9);

    @AfterEach
    void close() {
        virtual.close();
    }

    private abstract class OnVirtualTime extends ActionContextContract {
        private final AtomicReference<Optional<Throwable>> failure = new AtomicReference<>();

        abstract void apply(Action<?> action) throws Exception;

        @Override
        protected final void applying(Use use) throws Exception {
            virtual.run(() -> apply(new Using(use)));
            if (failure.get().isPresent()) {
                throw new AssertionError(failure.get().get());
            }
        }

        /** Uses its context once. */
        private final class Using implements Action<Boolean> {
            private final Use use;

            Using(Use use) {
                this.use = use;
            }

            @Override
            public String describe() {
                return "use the context";
            }

            @Override
            public Boolean observe(ActionContext context) {
                return failure.get() != null;
            }

            @Override
            public Assessment assess(Boolean used) {
                return used ? Assessment.done("it was used") : Assessment.needed("use it");
            }

            @Override
            public void apply(Boolean used, ActionContext context) throws InterruptedException {
                try {
                    use.with(context);
                    failure.set(Optional.empty());
                } catch (RuntimeException | AssertionError e) {
                    failure.set(Optional.of(e));
                }
            }
        }
    }

    @Nested
    class OutsideAnyRun extends OnVirtualTime {
        @Override
        void apply(Action<?> action) throws Exception {
            ActionExecutor.on(virtual).execute(action);
        }
    }

    @Nested
    class OfATest extends OnVirtualTime {
        @Override
        void apply(Action<?> action) throws Exception {
            ActionExecutor.on(virtual)
                    .execute(action, RunContext.of(virtual, new Epoch(3)), ActionExecutor.Watcher.NONE);
        }
    }

    @Nested
    class OfARun extends OnVirtualTime {
        private record Place(String name) implements Site {}

        @Override
        void apply(Action<?> action) throws Exception {
            RecoveryPlan<Place> plan = RecoveryPlan.<Place>named("contract")
                    .rpo(Duration.ofHours(1))
                    .rto(Duration.ofHours(1))
                    .step("use", (from, to) -> action)
                    .pointOfNoReturn()
                    .build();
            RunReport report = PlanRunner.journalingTo(new InMemoryJournalStore())
                    .clockwork(virtual)
                    .build()
                    .run(plan, SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east")));
            assertThat(report.succeeded()).isTrue();
        }
    }
}
