package io.drkit.testkit.action;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.ConflictException;
import io.drkit.core.Epoch;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.SupersedingAction;
import io.drkit.core.time.Clockwork;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Action} promises, a rule a test, as far as it goes for one that changes nothing but its own process: there no
 * answer can be lost, and nothing be out of reach. Every other action keeps to {@link ActionContract}, which has these rules too.
 *
 * <p>Extend it in your own tests, and say how the world that the action changes is looked at. At the beginning of each test there
 * is something to do.
 */
public abstract class LocalActionContract {
    /** The clockwork that the action and its world run on. */
    protected abstract Clockwork clockwork();

    /** A new action at each call, each of the same thing, as another process would make it after a crash. */
    protected abstract Action<?> action();

    /** Something that differs after each change of the world that a call from outside makes, and only then. */
    protected abstract String fingerprint() throws Exception;

    /** Runs a test's body, for a world on virtual time to do so as a task; at once if not overridden. */
    protected void run(Body body) throws Exception {
        body.run();
    }

    /** A test. */
    @FunctionalInterface
    protected interface Body {
        void run() throws Exception;
    }

    @Test
    @DisplayName("X1: an action says what it does, in the same words each time it is made")
    void describe_madeTwice_isTheSame() throws Exception {
        run(() -> assertThat(action().describe())
                .as("it is part of the plan's hash: with other words after a crash, the run could not be resumed")
                .isNotBlank()
                .isEqualTo(action().describe()));
    }

    @Test
    @DisplayName("X2, D11: a preview says what would change, and changes nothing")
    void preview_somethingToDo_changesNothing() throws Exception {
        run(() -> {
            String before = fingerprint();
            assertThat(preview())
                    .as("at the beginning of a test there is something to do")
                    .isInstanceOf(Assessment.Needed.class);
            assertThat(fingerprint()).as("observe changes nothing").isEqualTo(before);
        });
    }

    @Test
    @DisplayName("X3: what was executed is seen to be done, by another process too")
    void execute_once_isDone() throws Exception {
        run(() -> {
            String before = fingerprint();
            execute(Epoch.NONE);
            assertThat(fingerprint()).isNotEqualTo(before);
            assertThat(preview()).isInstanceOf(Assessment.Done.class);
        });
    }

    @Test
    @DisplayName("X4: to execute it a second time changes nothing")
    void execute_twice_changesNothing() throws Exception {
        run(() -> {
            execute(Epoch.NONE);
            String once = fingerprint();
            execute(Epoch.NONE);
            assertThat(fingerprint()).isEqualTo(once);
        });
    }

    @Test
    @DisplayName("X5, F3: a crash right after the change, and another process makes no second one")
    void execute_afterACrash_changesNothingMore() throws Exception {
        run(() -> {
            applyOnce(action());
            String once = fingerprint();
            execute(Epoch.NONE);
            assertThat(fingerprint())
                    .as("a new action has to see from the world alone that the change was made")
                    .isEqualTo(once);
        });
    }

    /** What a new action would do now. */
    protected final Assessment preview() throws InterruptedException {
        return ActionExecutor.on(clockwork()).preview(action());
    }

    /** Executes a new action to its end. */
    protected final void execute(Epoch epoch) throws InterruptedException {
        ActionExecutor.on(clockwork())
                .execute(action(), RunContext.of(clockwork(), epoch), ActionExecutor.Watcher.NONE);
    }

    /** Observes and applies once, and does not look what came of it. */
    final <O> void applyOnce(Action<O> action) throws InterruptedException {
        RunContext context = RunContext.of(clockwork(), Epoch.NONE);
        action.apply(action.observe(context), context);
    }

    /** Makes void what was asked for; again where somebody wrote meanwhile, as controllers do. */
    final <O> void supersede(SupersedingAction<O> action) throws InterruptedException {
        RunContext context = RunContext.of(clockwork(), Epoch.NONE);
        ConflictException last = null;
        for (int attempt = 0; attempt < 20; attempt++) {
            try {
                action.supersede(action.observe(context), context);
                return;
            } catch (ConflictException e) {
                last = e;
            }
        }
        throw new AssertionError("each time somebody else had written", last);
    }
}
