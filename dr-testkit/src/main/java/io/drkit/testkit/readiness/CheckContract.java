package io.drkit.testkit.readiness;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.DrException;
import io.drkit.core.readiness.Check;
import io.drkit.core.readiness.Finding;
import io.drkit.core.readiness.ReadyState;
import io.drkit.core.time.Clockwork;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Check} promises, a rule a test. Extend it in your own tests, and say how what it looks at is disturbed. At the
 * beginning of each test all is ready.
 */
public abstract class CheckContract {
    /** The clockwork that the check runs on. */
    protected abstract Clockwork clockwork();

    /** A new check at each call, each of the same thing. */
    protected abstract Check check();

    /** What it verifies holds again. */
    protected abstract void makeReady() throws Exception;

    /** What it verifies does not hold any more, and that can be seen. */
    protected abstract void makeNotReady() throws Exception;

    /** Whether what it verifies holds cannot be found out any more. */
    protected abstract void makeUnreadable() throws Exception;

    /** Something that differs after each change of the world that the check could make. */
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
    @DisplayName("K1: a check has a name, and says what it verifies, in the same words each time it is made")
    void words_madeTwice_areTheSame() throws Exception {
        run(() -> {
            assertThat(check().name())
                    .as("it is told apart by its name, in metrics too")
                    .isNotBlank()
                    .doesNotContain("\n")
                    .isEqualTo(check().name());
            assertThat(check().verifies())
                    .isNotBlank()
                    .doesNotContain("\n")
                    .doesNotEndWith(".")
                    .isEqualTo(check().verifies());
        });
    }

    @Test
    @DisplayName("K2: what holds is ready, and says what shows it")
    void run_holds_isReady() throws Exception {
        run(() -> {
            Finding finding = check().run(clockwork());
            assertThat(finding.state()).as("%s", finding).isEqualTo(ReadyState.READY);
            assertThat(finding.why()).isNotBlank();
        });
    }

    @Test
    @DisplayName("K3: what does not hold is not ready, and says why and what to do")
    void run_doesNotHold_isNotReady() throws Exception {
        run(() -> {
            makeNotReady();
            Finding finding;
            try {
                finding = check().run(clockwork());
            } catch (DrException e) {
                assertThat(e.retryable())
                        .as("thrown, it counts as not ready only when no retry helps: %s", e.getMessage())
                        .isFalse();
                return;
            }
            assertThat(finding.state()).as("%s", finding).isEqualTo(ReadyState.NOT_READY);
            assertThat(finding.why()).isNotBlank();
            assertThat(finding.remedy()).as("what a person can do").isNotBlank();
        });
    }

    @Test
    @DisplayName("K4, F14: what cannot be found out is never ready")
    void run_unreadable_isNeverReady() throws Exception {
        run(() -> {
            makeUnreadable();
            Finding finding;
            try {
                finding = check().run(clockwork());
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                return;
            }
            assertThat(finding.state())
                    .as("unknown is never green: %s", finding)
                    .isNotEqualTo(ReadyState.READY);
        });
    }

    @Test
    @DisplayName("K5: it looks anew each time, and does not answer from memory")
    void run_again_looksAgain() throws Exception {
        run(() -> {
            Check check = check();
            assertThat(ready(check)).isTrue();
            makeNotReady();
            assertThat(ready(check)).as("after it ceased to hold").isFalse();
            makeReady();
            assertThat(ready(check)).as("when it holds again").isTrue();
        });
    }

    @Test
    @DisplayName("K6: to look changes nothing")
    void run_anyState_changesNothing() throws Exception {
        run(() -> {
            String before = fingerprint();
            ready(check());
            assertThat(fingerprint()).isEqualTo(before);
            makeNotReady();
            before = fingerprint();
            ready(check());
            assertThat(fingerprint()).isEqualTo(before);
        });
    }

    @Test
    @DisplayName("K7: it answers within the time that it says it may take")
    void run_holds_answersInItsTime() throws Exception {
        run(() -> {
            Check check = check();
            assertThat(check.timeout()).isPositive();
            long began = clockwork().nanoTime();
            check.run(clockwork());
            assertThat(Duration.ofNanos(clockwork().nanoTime() - began)).isLessThan(check.timeout());
        });
    }

    private boolean ready(Check check) throws Exception {
        try {
            return check.run(clockwork()).state() == ReadyState.READY;
        } catch (DrException e) {
            return false;
        }
    }
}
