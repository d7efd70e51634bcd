package io.drkit.testkit.action;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Progress;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What an {@link Action} may rely on of the {@link ActionContext} that it is applied with, a rule a test: whoever executes actions
 * keeps to it, the runner of plans and {@link RunContext} alike.
 */
public abstract class ActionContextContract {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Applies an action that uses its context so, and returns when it has; what it throws comes out, perhaps as a cause. */
    protected abstract void applying(Use use) throws Exception;

    /** What an action does with its context. */
    @FunctionalInterface
    protected interface Use {
        void with(ActionContext context) throws InterruptedException;
    }

    @Test
    @DisplayName("AC1: an action knows its run and its epoch, the same all the time, and has a clockwork")
    void run_askedTwice_isTheSame() throws Exception {
        applying(context -> {
            assertThat(context.runId()).isNotBlank().isEqualTo(context.runId());
            assertThat(context.epoch()).isGreaterThanOrEqualTo(Epoch.NONE).isEqualTo(context.epoch());
            assertThat(context.clockwork()).isNotNull();
        });
    }

    @Test
    @DisplayName("AC2: a fact that was recorded is remembered; a later one of the same name takes its place")
    void record_again_isTheLatest() throws Exception {
        applying(context -> {
            assertThat(context.recorded("key")).isEmpty();
            context.record("key", "first");
            context.record("other", "");
            assertThat(context.recorded("key")).contains("first");
            context.record("key", "second,\n\"quoted\" ü");
            assertThat(context.recorded("key")).contains("second,\n\"quoted\" ü");
            assertThat(context.recorded("other")).isEqualTo(Optional.of(""));
        });
    }

    @Test
    @DisplayName("AC3: what nobody recorded is empty, of another step too")
    void recorded_byNobody_isEmpty() throws Exception {
        applying(context -> {
            context.record("key", "mine");
            assertThat(context.recorded("Key")).isEmpty();
            assertThat(context.recorded("no such step", "key")).isEmpty();
        });
    }

    @Test
    @DisplayName("AC4: it may be used from any thread until the action has ended")
    void use_fromAnotherThread_isTheSame() throws Exception {
        applying(context -> {
            Task other = context.clockwork().start("another thread", () -> {
                context.requireAuthority();
                context.progress(Progress.of("copying", 1, 2, "files"));
                context.record("from there", context.runId());
            });
            assertThat(other.join(PATIENCE)).isTrue();
            assertThat(context.recorded("from there")).contains(context.runId());
        });
    }

    @Test
    @DisplayName("AC5: whose run nobody took over has authority, and what it tells is taken")
    void tell_any_isTaken() throws Exception {
        applying(context -> assertThatCode(() -> {
                    context.requireAuthority();
                    for (int i = 0; i <= 100; i++) {
                        context.progress(Progress.of("copying", i, 100, "files"));
                    }
                    context.noWayBack();
                    context.report(DataLoss.none("files", "nothing was changed"));
                    context.requireAuthority();
                })
                .doesNotThrowAnyException());
    }
}
