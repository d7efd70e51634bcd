package io.drkit.testkit.share;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.Epoch;
import io.drkit.core.action.ActionContext;
import io.drkit.core.share.WritersStopped;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.action.RunContext;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link WritersStopped} that looks at the writers promises, a rule a test: a final sync believes it. Extend it in your
 * own tests, and say how the writers are started and stopped. At the beginning of each test they write.
 */
public abstract class WritersStoppedContract {
    /** The clockwork that the writers run on. */
    protected abstract Clockwork clockwork();

    /** A new one at each call, each of the same writers. */
    protected abstract WritersStopped writersStopped();

    /** Stops every writer. */
    protected abstract void stop() throws Exception;

    /** Lets one of them write again. */
    protected abstract void startOne() throws Exception;

    /** From now on nobody can tell whether they write. */
    protected abstract void makeUnreadable() throws Exception;

    /** Something that differs after each change of the writers that a call from outside makes. */
    protected abstract String fingerprint() throws Exception;

    /** Runs a test's body, for writers on virtual time to do so as a task; at once if not overridden. */
    protected void run(Body body) throws Exception {
        body.run();
    }

    /** A test. */
    @FunctionalInterface
    protected interface Body {
        void run() throws Exception;
    }

    private ActionContext context() {
        return RunContext.of(clockwork(), Epoch.NONE);
    }

    @Test
    @DisplayName("WS1, F7: writers at work are not shown to have stopped, and it says what was seen")
    void observe_writing_isNotShown() throws Exception {
        run(() -> assertThat(writersStopped().observe(context()))
                .isInstanceOfSatisfying(
                        WritersStopped.NotShown.class,
                        seen -> assertThat(seen.why()).isNotBlank()));
    }

    @Test
    @DisplayName("WS2: writers that have stopped are shown to have, and it says what shows it")
    void observe_stopped_isShown() throws Exception {
        run(() -> {
            stop();
            assertThat(writersStopped().observe(context()))
                    .isInstanceOfSatisfying(
                            WritersStopped.Stopped.class,
                            seen -> assertThat(seen.evidence()).isNotBlank());
        });
    }

    @Test
    @DisplayName("WS3, F7: one that writes again is seen: it looks anew each time")
    void observe_oneStartedAgain_isNotShown() throws Exception {
        run(() -> {
            WritersStopped writersStopped = writersStopped();
            assertThat(writersStopped.observe(context())).isInstanceOf(WritersStopped.NotShown.class);
            stop();
            assertThat(writersStopped.observe(context())).isInstanceOf(WritersStopped.Stopped.class);
            startOne();
            assertThat(writersStopped.observe(context())).isInstanceOf(WritersStopped.NotShown.class);
        });
    }

    @Test
    @DisplayName("WS4, F14: what cannot be seen is never taken for stopped")
    void observe_unreadable_isNeverStopped() throws Exception {
        run(() -> {
            stop();
            makeUnreadable();
            WritersStopped.Answer seen;
            try {
                seen = writersStopped().observe(context());
            } catch (RuntimeException e) {
                return;
            }
            assertThat(seen).isInstanceOf(WritersStopped.NotShown.class);
        });
    }

    @Test
    @DisplayName("WS5: to look stops nobody")
    void observe_any_changesNothing() throws Exception {
        run(() -> {
            String before = fingerprint();
            writersStopped().observe(context());
            assertThat(fingerprint()).isEqualTo(before);
        });
    }
}
