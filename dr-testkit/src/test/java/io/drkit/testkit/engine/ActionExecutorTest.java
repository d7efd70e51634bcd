package io.drkit.testkit.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.DeniedException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.action.Progress;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ActionExecutorTest {
    private static final Problem PLANTED = Problem.expected("a").found("b").remedy("c");

    private final VirtualClockwork virtual = VirtualClockwork.seeded(1);
    private final ActionExecutor executor = ActionExecutor.on(virtual);

    @AfterEach
    void close() {
        virtual.close();
    }

    /** A switch in the world: off, or on since a moment. Failures are played in order, then all goes well. */
    private final class Switch implements Action<Boolean> {
        private final Deque<Supplier<RuntimeException>> observeFailures = new ArrayDeque<>();
        private final Deque<Function<Switch, RuntimeException>> applyFailures = new ArrayDeque<>();
        private ExecutionPolicy policy = ExecutionPolicy.defaults();
        private Function<Boolean, Assessment> assessing =
                on -> on ? Assessment.done("it is on") : Assessment.needed("switch it on");
        private boolean on;
        private int applied;
        private int observed;

        @Override
        public String describe() {
            return "switch it on";
        }

        @Override
        public Boolean observe(ActionContext context) {
            observed++;
            Supplier<RuntimeException> failure = observeFailures.poll();
            if (failure != null) {
                throw failure.get();
            }
            return on;
        }

        @Override
        public Assessment assess(Boolean observedOn) {
            return assessing.apply(observedOn);
        }

        @Override
        public void apply(Boolean observedOn, ActionContext context) {
            applied++;
            Function<Switch, RuntimeException> failure = applyFailures.poll();
            if (failure != null) {
                throw failure.apply(this);
            }
            on = true;
        }

        @Override
        public ExecutionPolicy policy() {
            return policy;
        }

        Switch failingToApply(Supplier<RuntimeException> failure, int times) {
            for (int i = 0; i < times; i++) {
                applyFailures.add(self -> failure.get());
            }
            return this;
        }

        Switch applyingAndThenLosingTheAnswer() {
            applyFailures.add(self -> {
                self.on = true;
                return lost();
            });
            return this;
        }

        Switch failingToObserve(Supplier<RuntimeException> failure, int times) {
            for (int i = 0; i < times; i++) {
                observeFailures.add(failure);
            }
            return this;
        }
    }

    private static UnknownOutcomeException lost() {
        return new UnknownOutcomeException("planted.lost", PLANTED);
    }

    private static DeniedException denied() {
        return new DeniedException("planted.denied", PLANTED);
    }

    private <E extends Throwable> E failure(Class<E> type, Action<?> action) throws Exception {
        return virtual.run(() -> {
            E thrown = catchThrowableOfType(type, () -> executor.execute(action));
            assertThat(thrown).as("it must fail").isNotNull();
            return thrown;
        });
    }

    @Test
    void execute_alreadySo_isDoneWithoutApply() throws Exception {
        Switch action = new Switch();
        action.on = true;
        assertThat(virtual.run(() -> executor.execute(action)).because()).isEqualTo("it is on");
        assertThat(action.applied).isZero();
        assertThat(virtual.elapsed()).isZero();
    }

    @Test
    void execute_needed_appliesOnceAndVerifies() throws Exception {
        Switch action = new Switch();
        virtual.run(() -> executor.execute(action));
        assertThat(action.applied).isEqualTo(1);
        assertThat(action.observed).isEqualTo(2);
    }

    @Test
    void preview_needed_changesNothing() throws Exception {
        Switch action = new Switch();
        assertThat(virtual.run(() -> executor.preview(action))).isEqualTo(Assessment.needed("switch it on"));
        assertThat(action.applied).isZero();
    }

    @Test
    void execute_answerLostButApplied_isNotAppliedTwice() throws Exception {
        Switch action = new Switch().applyingAndThenLosingTheAnswer();
        virtual.run(() -> executor.execute(action));
        assertThat(action.applied).isEqualTo(1);
    }

    @Test
    void execute_answerLostAndNotApplied_looksTwiceAndAppliesAgain() throws Exception {
        Switch action = new Switch().failingToApply(ActionExecutorTest::lost, 1);
        virtual.run(() -> executor.execute(action));
        assertThat(action.applied).isEqualTo(2);
        assertThat(action.observed).isEqualTo(4);
    }

    private static UnknownOutcomeException throttled() {
        return new UnknownOutcomeException("planted.throttled", PLANTED, null, Duration.ofSeconds(90));
    }

    @Test
    void execute_underwayThatSaysWhenToLookAgain_looksThenAndNotBefore() throws Exception {
        Switch action = new Switch();
        Deque<Assessment> seen = new ArrayDeque<>(List.of(
                Assessment.underway("the copy", Duration.ofSeconds(20)),
                Assessment.underway("the copy", Duration.ZERO),
                Assessment.underway("the copy"),
                Assessment.done("it is there")));
        action.assessing = on -> seen.poll();
        action.policy =
                ExecutionPolicy.builder().pollInterval(Duration.ofSeconds(1)).build();
        virtual.run(() -> executor.execute(action));
        assertThat(virtual.elapsed()).isEqualTo(Duration.ofSeconds(20 + 1 + 1));
    }

    @Test
    void execute_lookAgainBeyondItsTime_looksOnceMoreAtTheEndOfIt() throws Exception {
        Switch action = new Switch();
        action.assessing = on -> Assessment.underway("the copy", Duration.ofHours(5));
        action.policy = ExecutionPolicy.builder().timeout(Duration.ofMinutes(3)).build();
        failure(DrTimeoutException.class, action);
        assertThat(virtual.elapsed()).isEqualTo(Duration.ofMinutes(3));
        assertThat(action.observed).isEqualTo(2);
    }

    @Test
    void execute_throttledWhenApplying_leavesItAloneForTheTimeThatWasAskedFor() throws Exception {
        List<Duration> looks = new ArrayList<>();
        Switch action = new Switch().failingToApply(ActionExecutorTest::throttled, 1);
        action.assessing = on -> {
            looks.add(virtual.elapsed());
            return on ? Assessment.done("it is on") : Assessment.needed("switch it on");
        };
        virtual.run(() -> executor.execute(action));
        assertThat(action.applied).isEqualTo(2);
        assertThat(looks.get(1)).isEqualTo(Duration.ofSeconds(90));
    }

    @Test
    void execute_throttledWhenObserving_waitsAtLeastTheTimeThatWasAskedFor() throws Exception {
        Switch action = new Switch().failingToObserve(ActionExecutorTest::throttled, 2);
        action.on = true;
        virtual.run(() -> executor.execute(action));
        assertThat(virtual.elapsed()).isEqualTo(Duration.ofSeconds(180));
    }

    @Test
    void execute_changeShowsLate_isNotAppliedTwice() throws Exception {
        Switch action = new Switch();
        Deque<Assessment> seen = new ArrayDeque<>(
                List.of(Assessment.needed("x"), Assessment.needed("x"), Assessment.done("it shows now")));
        action.assessing = on -> seen.poll();
        assertThat(virtual.run(() -> executor.execute(action)).because()).isEqualTo("it shows now");
        assertThat(action.applied).isEqualTo(1);
    }

    @Test
    void execute_underway_pollsAtItsIntervalAndAppliesNothing() throws Exception {
        Switch action = new Switch();
        action.policy =
                ExecutionPolicy.builder().pollInterval(Duration.ofSeconds(2)).build();
        action.assessing = on -> virtual.elapsed().compareTo(Duration.ofSeconds(10)) >= 0
                ? Assessment.done("they are gone")
                : Assessment.underway("pods to go");
        virtual.run(() -> executor.execute(action));
        assertThat(action.applied).isZero();
        assertThat(action.observed).isEqualTo(6);
        assertThat(virtual.elapsed()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void execute_blocked_saysWhyAndWhatToDoAndAppliesNothing() throws Exception {
        Switch action = new Switch();
        action.assessing = on -> Assessment.blocked("the fuse is out", "put it in");
        BlockedException thrown = failure(BlockedException.class, action);
        assertThat(thrown.problem().found()).isEqualTo("the fuse is out");
        assertThat(thrown.problem().remedy()).isEqualTo("put it in");
        assertThat(action.applied).isZero();
    }

    @Test
    void execute_stillUnderwayAtTheDeadline_timesOutThen() throws Exception {
        Switch action = new Switch();
        action.policy = ExecutionPolicy.builder().timeout(Duration.ofMinutes(3)).build();
        action.assessing = on -> Assessment.underway("pods to go");
        DrTimeoutException thrown = failure(DrTimeoutException.class, action);
        assertThat(thrown).hasMessageContaining("still waiting for pods to go");
        assertThat(virtual.elapsed()).isEqualTo(Duration.ofMinutes(3));
    }

    @Test
    void execute_neverBecomesSo_isAppliedNoMoreThanTheAttempts() throws Exception {
        Switch action = new Switch();
        action.policy = ExecutionPolicy.builder().attempts(3).build();
        action.assessing = on -> Assessment.needed("switch it on");
        failure(DrTimeoutException.class, action);
        assertThat(action.applied).isEqualTo(3);
    }

    @Test
    void execute_neverObservable_givesUpAfterTheAttemptsWithTheFirstFailure() throws Exception {
        List<RuntimeException> thrown = new ArrayList<>();
        Switch action = new Switch()
                .failingToObserve(
                        () -> {
                            RuntimeException next = new IllegalStateException("failure " + (thrown.size() + 1));
                            thrown.add(next);
                            return next;
                        },
                        100);
        IllegalStateException failure = failure(IllegalStateException.class, action);
        assertThat(thrown).hasSize(5);
        assertThat(failure).isSameAs(thrown.get(0));
        assertThat(failure.getSuppressed()).containsExactlyElementsOf(thrown.subList(1, 5));
        assertThat(action.applied).isZero();
    }

    @Test
    void execute_assessConcludesNothing_failsAfterTheAttemptsAndDoesNotSpin() throws Exception {
        Switch action = new Switch();
        action.assessing = on -> null;
        failure(NullPointerException.class, action);
        assertThat(action.observed).isEqualTo(5);
        assertThat(action.applied).isZero();
    }

    @Test
    void execute_failureWithoutAMessage_isNamedByItsKind() throws Exception {
        Switch action = new Switch().failingToObserve(NullPointerException::new, 1);
        List<String> waits = new ArrayList<>();
        virtual.run(() -> executor.execute(action, new Context(virtual, 100), new ActionExecutor.Watcher() {
            @Override
            public void waiting(String waitingFor) {
                waits.add(waitingFor);
            }
        }));
        assertThat(waits).singleElement().asString().contains("NullPointerException");
    }

    @Test
    void execute_observableAgain_goesOn() throws Exception {
        Switch action = new Switch().failingToObserve(ActionExecutorTest::lost, 4);
        virtual.run(() -> executor.execute(action));
        assertThat(action.on).isTrue();
    }

    @Test
    void execute_unobservableAfterApply_isUnknownAtTheDeadlineAndNotBefore() throws Exception {
        Switch action = new Switch();
        action.applyFailures.add(self -> {
            self.failingToObserve(() -> new IllegalStateException("connection refused"), 10_000);
            self.on = true;
            return lost();
        });
        UnknownOutcomeException thrown = failure(UnknownOutcomeException.class, action);
        assertThat(thrown.code()).isEqualTo("action.unverified");
        assertThat(thrown).hasMessageContaining("connection refused");
        assertThat(thrown.getCause()).as("the first failure").hasMessageContaining("planted.lost");
        assertThat(virtual.elapsed()).isEqualTo(Duration.ofMinutes(10));
        assertThat(action.applied).isEqualTo(1);
    }

    @Test
    void execute_deniedToLookAfterApply_isUnknownAtOnce() throws Exception {
        Switch action = new Switch();
        action.applyFailures.add(self -> {
            self.failingToObserve(ActionExecutorTest::denied, 10_000);
            return lost();
        });
        UnknownOutcomeException thrown = failure(UnknownOutcomeException.class, action);
        assertThat(thrown.getCause()).as("the first failure").hasMessageContaining("planted.lost");
        assertThat(virtual.elapsed()).isZero();
    }

    @Test
    void execute_applyThrowsSomethingUnforeseen_isLookedAtAgain() throws Exception {
        Switch action = new Switch();
        action.applyFailures.add(self -> {
            self.on = true;
            return new NullPointerException("in the SDK");
        });
        virtual.run(() -> executor.execute(action));
        assertThat(action.applied).isEqualTo(1);
    }

    @Test
    void execute_deniedToApply_failsAtOnceAsDenied() throws Exception {
        Switch action = new Switch().failingToApply(ActionExecutorTest::denied, 1);
        failure(DeniedException.class, action);
        assertThat(action.applied).isEqualTo(1);
    }

    @Test
    void execute_deniedAfterALostAnswer_isDeniedAndKeepsTheFirstFailure() throws Exception {
        Switch action =
                new Switch().failingToApply(ActionExecutorTest::lost, 1).failingToApply(ActionExecutorTest::denied, 1);
        DeniedException thrown = failure(DeniedException.class, action);
        assertThat(thrown.getSuppressed()).singleElement().isInstanceOf(UnknownOutcomeException.class);
    }

    @Test
    void execute_deniedToLookAfterAPassingFailure_isDeniedAndKeepsTheFirstFailure() throws Exception {
        Switch action = new Switch()
                .failingToObserve(ActionExecutorTest::lost, 1)
                .failingToObserve(ActionExecutorTest::denied, 1);
        DeniedException thrown = failure(DeniedException.class, action);
        assertThat(thrown.getSuppressed()).singleElement().isInstanceOf(UnknownOutcomeException.class);
    }

    @Test
    void execute_blockedAfterALostAnswer_keepsTheFirstFailure() throws Exception {
        Switch action = new Switch().failingToApply(ActionExecutorTest::lost, 1);
        action.assessing = on ->
                action.applied == 0 ? Assessment.needed("switch it on") : Assessment.blocked("the fuse is out", "x");
        BlockedException thrown = failure(BlockedException.class, action);
        assertThat(thrown.getCause()).hasMessageContaining("planted.lost");
    }

    @Test
    void execute_authorityLostAfterALostAnswer_endsAsStaleAndAppliesNothingMore() throws Exception {
        Switch action = new Switch().failingToApply(ActionExecutorTest::lost, 1);
        Context context = new Context(virtual, 2);
        StaleEpochException thrown = virtual.run(() -> catchThrowableOfType(
                StaleEpochException.class, () -> executor.execute(action, context, ActionExecutor.Watcher.NONE)));
        assertThat(thrown).isNotNull();
        assertThat(thrown.getSuppressed()).singleElement().isInstanceOf(UnknownOutcomeException.class);
        assertThat(action.applied).isEqualTo(1);
    }

    @Test
    void execute_staleWhenObservedAfterApply_endsAsStale() throws Exception {
        Switch action = new Switch();
        action.applyFailures.add(self -> {
            self.failingToObserve(() -> new StaleEpochException("planted.stale", PLANTED), 1);
            return lost();
        });
        failure(StaleEpochException.class, action);
    }

    @Test
    void execute_watcherPrevents_nothingIsApplied() throws Exception {
        Switch action = new Switch();
        IllegalStateException planted = new IllegalStateException("the journal is full");
        IllegalStateException thrown = virtual.run(() -> catchThrowableOfType(
                IllegalStateException.class,
                () -> executor.execute(action, new Context(virtual, 100), new ActionExecutor.Watcher() {
                    @Override
                    public void applying(Assessment.Needed needed, int attempt) {
                        throw planted;
                    }
                })));
        assertThat(thrown).isSameAs(planted);
        assertThat(action.applied).isZero();
    }

    @Test
    void execute_authorityLostWhileTheIntentIsWritten_nothingIsApplied() throws Exception {
        Switch action = new Switch();
        Context context = new Context(virtual, 100);
        StaleEpochException thrown = virtual.run(() -> catchThrowableOfType(
                StaleEpochException.class,
                () -> executor.execute(action, context, new ActionExecutor.Watcher() {
                    @Override
                    public void applying(Assessment.Needed needed, int attempt) {
                        context.authority = 1;
                    }
                })));
        assertThat(thrown).isNotNull();
        assertThat(action.applied).isZero();
    }

    @Test
    void execute_watcherThrowsAfterALostAnswer_keepsTheFirstFailure() throws Exception {
        Switch action = new Switch().failingToApply(ActionExecutorTest::lost, 1);
        IllegalStateException planted = new IllegalStateException("the journal is full");
        IllegalStateException thrown = virtual.run(() -> catchThrowableOfType(
                IllegalStateException.class,
                () -> executor.execute(action, new Context(virtual, 100), new ActionExecutor.Watcher() {
                    @Override
                    public void applying(Assessment.Needed needed, int attempt) {
                        if (attempt == 2) {
                            throw planted;
                        }
                    }
                })));
        assertThat(thrown).isSameAs(planted);
        assertThat(thrown.getSuppressed()).singleElement().isInstanceOf(UnknownOutcomeException.class);
    }

    @Test
    void execute_interruptedWhileWaiting_stops() throws Exception {
        Switch action = new Switch();
        action.assessing = on -> Assessment.underway("pods to go");
        List<String> ends = new ArrayList<>();
        virtual.run(() -> {
            var task = virtual.start("executor", () -> {
                try {
                    executor.execute(action);
                } catch (InterruptedException e) {
                    ends.add("interrupted");
                }
            });
            virtual.sleep(Duration.ofSeconds(5));
            task.interrupt();
            task.join(Duration.ofMinutes(1));
        });
        assertThat(ends).containsExactly("interrupted");
        assertThat(virtual.elapsed()).isEqualTo(Duration.ofSeconds(5));
    }

    /** Holds its authority for the first {@code authority} - 1 effects. */
    private static final class Context implements ActionContext {
        private final Clockwork clockwork;
        private int authority;

        Context(Clockwork clockwork, int authority) {
            this.clockwork = clockwork;
            this.authority = authority;
        }

        @Override
        public Clockwork clockwork() {
            return clockwork;
        }

        @Override
        public Epoch epoch() {
            return new Epoch(1);
        }

        @Override
        public String runId() {
            return "run";
        }

        @Override
        public void progress(Progress progress) {}

        @Override
        public void requireAuthority() {
            authority--;
            if (authority == 0) {
                throw new StaleEpochException("planted.stale", PLANTED);
            }
        }

        @Override
        public void record(String key, String value) {}

        @Override
        public Optional<String> recorded(String key) {
            return Optional.empty();
        }

        @Override
        public Optional<String> recorded(String step, String key) {
            return Optional.empty();
        }

        @Override
        public void report(DataLoss loss) {}
    }
}
