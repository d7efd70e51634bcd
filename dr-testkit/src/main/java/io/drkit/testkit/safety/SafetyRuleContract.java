package io.drkit.testkit.safety;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.Epoch;
import io.drkit.core.action.ActionContext;
import io.drkit.core.safety.Outlook;
import io.drkit.core.safety.SafetyFinding;
import io.drkit.core.safety.SafetyRule;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.action.RunContext;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link SafetyRule} promises, a rule a test. Extend it in your own tests, and say how the sites that it looks at are
 * disturbed. At the beginning of each test it holds.
 */
public abstract class SafetyRuleContract {
    /** The clockwork that the sites run on. */
    protected abstract Clockwork clockwork();

    /** A new rule at each call, each of the same sites. */
    protected abstract SafetyRule<?> rule();

    /** The sites are as the rule wants them. */
    protected abstract void keep() throws Exception;

    /** The sites are as the rule forbids. */
    protected abstract void breach() throws Exception;

    /** From now on the sites cannot be seen. */
    protected abstract void makeUnreadable() throws Exception;

    /** Something that differs after each change of the sites that a call from outside makes. */
    protected abstract String fingerprint() throws Exception;

    /** The moment at which the rule is asked here: one that concerns it. The end of a switch if not overridden. */
    protected Outlook outlook() {
        return new Outlook(Set.of(), Set.of(), true);
    }

    /** Runs a test's body, for sites on virtual time to do so as a task; at once if not overridden. */
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

    private <O> SafetyFinding ask(SafetyRule<O> rule) throws InterruptedException {
        return rule.judge(rule.observe(context()), outlook());
    }

    @Test
    @DisplayName("R1: a rule says what must hold, in the same words each time it is made")
    void describe_madeTwice_isTheSame() throws Exception {
        run(() -> assertThat(rule().describe())
                .as("it is part of the plan's hash: with other words after a crash, the run could not be resumed")
                .isNotBlank()
                .isEqualTo(rule().describe()));
    }

    @Test
    @DisplayName("R2: what holds is found to hold, and it says what shows it")
    void judge_kept_holds() throws Exception {
        run(() -> {
            assertThat(rule().concerns(outlook()))
                    .as("it is asked at this moment")
                    .isTrue();
            assertThat(ask(rule()))
                    .isInstanceOfSatisfying(
                            SafetyFinding.Holds.class,
                            found -> assertThat(found.why()).isNotBlank());
        });
    }

    @Test
    @DisplayName("R3, F1: what does not hold is found to be broken, and it says by what")
    void judge_breached_isBroken() throws Exception {
        run(() -> {
            breach();
            assertThat(ask(rule()))
                    .isInstanceOfSatisfying(
                            SafetyFinding.Broken.class,
                            found -> assertThat(found.why()).isNotBlank());
        });
    }

    @Test
    @DisplayName("R4, F14: what cannot be seen is never found to hold")
    void judge_unreadable_neverHolds() throws Exception {
        run(() -> {
            makeUnreadable();
            SafetyFinding found;
            try {
                found = ask(rule());
            } catch (RuntimeException e) {
                // counts as unknown
                return;
            }
            assertThat(found).isNotInstanceOf(SafetyFinding.Holds.class);
        });
    }

    @Test
    @DisplayName("R5: it looks anew each time, and does not answer from memory")
    void observe_again_looksAgain() throws Exception {
        run(() -> {
            SafetyRule<?> rule = rule();
            assertThat(ask(rule)).isInstanceOf(SafetyFinding.Holds.class);
            breach();
            assertThat(ask(rule)).isInstanceOf(SafetyFinding.Broken.class);
            keep();
            assertThat(ask(rule)).isInstanceOf(SafetyFinding.Holds.class);
        });
    }

    @Test
    @DisplayName("R6: to look changes nothing")
    void observe_any_changesNothing() throws Exception {
        run(() -> {
            String before = fingerprint();
            ask(rule());
            assertThat(fingerprint()).isEqualTo(before);
            breach();
            before = fingerprint();
            ask(rule());
            assertThat(fingerprint()).isEqualTo(before);
        });
    }

    @Test
    @DisplayName("R7: the judgement follows from what was observed alone, whatever has become of the sites since")
    void judge_sitesChangedSince_isTheSame() throws Exception {
        run(() -> judgeTwice(rule()));
    }

    private <O> void judgeTwice(SafetyRule<O> rule) throws Exception {
        O seen = rule.observe(context());
        SafetyFinding first = rule.judge(seen, outlook());
        breach();
        assertThat(rule.judge(seen, outlook())).isEqualTo(first);
    }
}
