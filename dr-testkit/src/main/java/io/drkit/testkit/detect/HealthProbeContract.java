package io.drkit.testkit.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.detect.Health;
import io.drkit.core.detect.HealthProbe;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link HealthProbe} promises, a rule a test. Extend it in your own tests, and say how what it looks at is disturbed.
 * At the beginning of each test that works.
 */
public abstract class HealthProbeContract {
    /** The clockwork that the probe runs on. */
    protected abstract Clockwork clockwork();

    /** A new probe at each call, each of the same thing. */
    protected abstract HealthProbe probe() throws Exception;

    /** What it looks at works again. */
    protected abstract void mend() throws Exception;

    /** What it looks at does not work any more, and that can be seen. */
    protected abstract void sicken() throws Exception;

    /** What it looks at is there and never answers. */
    protected abstract void silence() throws Exception;

    /** A probe of something of which nothing can be found out from here, such as a name that nobody can look up. */
    protected abstract HealthProbe blindProbe() throws Exception;

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
    @DisplayName("H1: a probe says what it looks at, in the same words each time it is made")
    void name_madeTwice_isTheSame() throws Exception {
        run(() -> assertThat(probe().name()).isNotBlank().doesNotContain("\n").isEqualTo(probe().name()));
    }

    @Test
    @DisplayName("H2: what works is healthy, and it says what shows that")
    void look_works_isHealthy() throws Exception {
        run(() -> {
            Health seen = probe().look();
            assertThat(seen).isInstanceOf(Health.Healthy.class);
            assertThat(seen.why()).isNotBlank();
        });
    }

    @Test
    @DisplayName("H3: what does not work is sick, and it says what shows that")
    void look_doesNotWork_isSick() throws Exception {
        run(() -> {
            sicken();
            Health seen = probe().look();
            assertThat(seen).isInstanceOf(Health.Sick.class);
            assertThat(seen.why()).isNotBlank();
        });
    }

    @Test
    @DisplayName("H4, F14: of what nothing can be found out is neither healthy nor sick")
    void look_blind_isUnknown() throws Exception {
        run(() -> {
            Health seen;
            try {
                seen = blindProbe().look();
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                // counts as unknown
                return;
            }
            assertThat(seen).isInstanceOf(Health.Unknown.class);
        });
    }

    @Test
    @DisplayName("H5: it looks anew each time, and does not answer from memory")
    void look_again_looksAgain() throws Exception {
        run(() -> {
            HealthProbe probe = probe();
            assertThat(probe.look()).isInstanceOf(Health.Healthy.class);
            sicken();
            assertThat(probe.look()).isInstanceOf(Health.Sick.class);
            mend();
            assertThat(probe.look()).isInstanceOf(Health.Healthy.class);
        });
    }

    @Test
    @DisplayName("H6: silence is not health, and is not waited for longer than the probe's time and an interruption")
    void look_neverAnswered_endsAndIsNotHealthy() throws Exception {
        run(() -> {
            silence();
            HealthProbe probe = probe();
            assertThat(probe.timeout()).isPositive();
            Mailbox<Object> ended = clockwork().mailbox();
            Task looking = clockwork().start("look", () -> {
                try {
                    ended.put(probe.look());
                } catch (Exception e) {
                    ended.put(e);
                }
            });
            Object seen = ended.poll(probe.timeout());
            if (seen == null) {
                looking.interrupt();
                seen = ended.poll(probe.timeout());
            }
            assertThat(seen)
                    .as("what it says of something that never answers; null when it hangs, interrupted or not")
                    .isNotNull()
                    .isNotInstanceOf(Health.Healthy.class);
        });
    }
}
