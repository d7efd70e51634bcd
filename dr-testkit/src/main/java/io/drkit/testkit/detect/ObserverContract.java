package io.drkit.testkit.detect;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.detect.Health;
import io.drkit.core.detect.Observer;
import io.drkit.core.detect.Sighting;
import io.drkit.core.time.Clockwork;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Observer} promises, a rule a test. Extend it in your own tests, and say how the two sites are disturbed, or what
 * the far process reports of them. At the beginning of each test both are well.
 */
public abstract class ObserverContract {
    /** What a site can be. */
    protected enum State {
        /** It works. */
        WELL,
        /** It does not work, and that can be seen. */
        SICK,
        /** It never answers, or nothing is heard of it. */
        SILENT
    }

    /** The clockwork that the observer runs on. */
    protected abstract Clockwork clockwork();

    /** A new observer at each call, each of the same sites. */
    protected abstract Observer observer() throws Exception;

    /** From now on the site that serves is this. */
    protected abstract void active(State state) throws Exception;

    /** From now on the site that would take over is this. */
    protected abstract void standby(State state) throws Exception;

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
    @DisplayName("OB1: an observer has a name, the same each time it is made")
    void name_madeTwice_isTheSame() throws Exception {
        run(() -> assertThat(observer().name())
                .isNotBlank()
                .doesNotContain("\n")
                .isEqualTo(observer().name()));
    }

    @Test
    @DisplayName("OB2: it sees each of the two sites as it is")
    void look_eitherSick_isSeenAsThatOne() throws Exception {
        run(() -> {
            assertThat(observer().look().active()).isInstanceOf(Health.Healthy.class);
            assertThat(observer().look().standby()).isInstanceOf(Health.Healthy.class);
            active(State.SICK);
            assertThat(observer().look().active()).isInstanceOf(Health.Sick.class);
            assertThat(observer().look().standby()).isInstanceOf(Health.Healthy.class);
            active(State.WELL);
            standby(State.SICK);
            assertThat(observer().look().active()).isInstanceOf(Health.Healthy.class);
            assertThat(observer().look().standby()).isInstanceOf(Health.Sick.class);
        });
    }

    @Test
    @DisplayName("OB3: a site that is silent does not hide what is seen of the other one")
    void look_oneSilent_seesTheOther() throws Exception {
        run(() -> {
            standby(State.SILENT);
            active(State.SICK);
            Sighting seen = observer().look();
            assertThat(seen.active()).isInstanceOf(Health.Sick.class);
            assertThat(seen.standby()).isNotInstanceOf(Health.Healthy.class);
        });
    }

    @Test
    @DisplayName("OB4, F14: what is not known of a site is never health")
    void look_silent_isNeverHealthy() throws Exception {
        run(() -> {
            active(State.SILENT);
            Sighting seen;
            try {
                seen = observer().look();
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                // counts as unknown
                return;
            }
            assertThat(seen.active()).isNotInstanceOf(Health.Healthy.class);
            assertThat(seen.standby()).isInstanceOf(Health.Healthy.class);
        });
    }

    @Test
    @DisplayName("OB5: it looks anew each time, and does not answer from memory")
    void look_again_looksAgain() throws Exception {
        run(() -> {
            Observer observer = observer();
            assertThat(observer.look().active()).isInstanceOf(Health.Healthy.class);
            active(State.SICK);
            assertThat(observer.look().active()).isInstanceOf(Health.Sick.class);
            active(State.WELL);
            assertThat(observer.look().active()).isInstanceOf(Health.Healthy.class);
        });
    }

    @Test
    @DisplayName("OB6: it answers within the time that it says it may take, whatever the sites do")
    void look_bothSilent_answersInItsTime() throws Exception {
        run(() -> {
            active(State.SILENT);
            standby(State.SILENT);
            Observer observer = observer();
            assertThat(observer.timeout()).isPositive();
            long began = clockwork().nanoTime();
            try {
                observer.look();
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                // counts as unknown
            }
            assertThat(Duration.ofNanos(clockwork().nanoTime() - began)).isLessThan(observer.timeout());
        });
    }
}
