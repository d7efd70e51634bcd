package io.drkit.testkit.readiness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.readiness.BlackHole;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link BlackHole} promises, a rule a test. A black hole that does not hold makes a check of what survives a site's loss
 * worthless; one that leaks out makes it dangerous. Extend it in your own tests; the site is up all the time.
 */
public abstract class BlackHoleContract {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** The clockwork whose tasks go into the hole. */
    protected abstract Clockwork clockwork();

    /** The same at each call within a test. */
    protected abstract BlackHole blackHole() throws Exception;

    /** Asks the site for something by the way that the work inside takes; throws when it does not answer. */
    protected abstract void askAsTheWorkDoes() throws Exception;

    /** Asks the site for something as everybody else does; throws when it does not answer. */
    protected abstract void askAsOthersDo() throws Exception;

    @Test
    @DisplayName("BH1: it names the site that vanishes")
    void site_isNamed() throws Exception {
        assertThat(blackHole().site()).isNotBlank().isEqualTo(blackHole().site());
    }

    @Test
    @DisplayName("BH2, F4: inside nothing reaches the site")
    void inside_theSite_isNotReached() throws Exception {
        blackHole().inside(() -> {
            assertThatThrownBy(this::askAsTheWorkDoes).isNotNull();
            return true;
        });
    }

    @Test
    @DisplayName("BH3, F14: it tells truly whether the site answers, inside and outside")
    void siteAnswers_isTrueOutsideAlone() throws Exception {
        BlackHole hole = blackHole();
        assertThat(hole.siteAnswers()).as("before").isTrue();
        boolean inside = hole.inside(hole::siteAnswers);
        assertThat(inside).as("inside").isFalse();
        assertThat(hole.siteAnswers()).as("after").isTrue();
    }

    @Test
    @DisplayName("BH4: what the work answers comes out")
    void inside_answer_comesOut() throws Exception {
        assertThat(blackHole().<String>inside(() -> "answer")).isEqualTo("answer");
    }

    @Test
    @DisplayName("BH5: what the work throws comes out, and the cut has ended")
    void inside_failure_comesOutAndEndsTheCut() throws Exception {
        IOException failure = new IOException("no answer");
        assertThatThrownBy(() -> blackHole().inside(() -> {
                    throw failure;
                }))
                .isSameAs(failure);
        assertThatCode(this::askAsTheWorkDoes).doesNotThrowAnyException();
    }

    @Test
    @DisplayName("BH6: nobody else notices the cut, production traffic least of all")
    void inside_others_areNotCutOff() throws Exception {
        blackHole().inside(() -> {
            assertThatCode(this::askAsOthersDo).doesNotThrowAnyException();
            return true;
        });
        assertThatCode(this::askAsOthersDo).doesNotThrowAnyException();
    }

    @Test
    @DisplayName("BH7: the cut has ended when the work has")
    void inside_afterwards_theSiteIsReached() throws Exception {
        for (int i = 0; i < 2; i++) {
            blackHole().inside(() -> true);
            assertThatCode(this::askAsTheWorkDoes).doesNotThrowAnyException();
        }
    }

    @Test
    @DisplayName("BH8: an interruption ends the work and the cut")
    void inside_interrupted_endsTheCut() throws Exception {
        BlackHole hole = blackHole();
        Mailbox<Boolean> begun = clockwork().mailbox();
        Mailbox<Exception> ended = clockwork().mailbox();
        Task inside = clockwork().start("inside", () -> {
            try {
                hole.inside(() -> {
                    begun.put(true);
                    clockwork().sleep(PATIENCE.multipliedBy(10));
                    return true;
                });
            } catch (Exception e) {
                ended.put(e);
            }
        });
        assertThat(begun.poll(PATIENCE)).as("the work began").isTrue();
        inside.interrupt();
        assertThat(ended.poll(PATIENCE)).as("how the work ended").isInstanceOf(InterruptedException.class);
        assertThatCode(this::askAsTheWorkDoes).doesNotThrowAnyException();
    }
}
