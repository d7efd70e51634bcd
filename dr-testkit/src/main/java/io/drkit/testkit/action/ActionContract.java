package io.drkit.testkit.action;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.action.Action;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.SupersedingAction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Action} promises, a rule a test. This is the contract for the actions that an application writes itself:
 * extend it in your own tests, and say how the world that the action changes is disturbed and looked at. At the beginning of each
 * test there is something to do. An action whose resource compares epochs keeps to {@link EpochComparingActionContract} as well,
 * one that changes nothing but its own process to {@link LocalActionContract} alone.
 */
public abstract class ActionContract extends LocalActionContract {
    /** The next change is made, and its answer is lost; of an action that makes several, the last of them. */
    protected abstract void loseNextAnswer() throws Exception;

    /** From now on the state of the world cannot be read. */
    protected abstract void makeUnreadable() throws Exception;

    @Test
    @DisplayName("X6, F13: a lost answer is observed again, and the change is made once")
    void execute_answerLost_changesOnce() throws Exception {
        run(() -> {
            loseNextAnswer();
            try {
                applyOnce(action());
            } catch (DrException e) {
                assertThat(e.retryable())
                        .as("a lost answer is no refusal: throw UnknownOutcomeException")
                        .isTrue();
            }
            String once = fingerprint();
            execute(Epoch.NONE);
            assertThat(fingerprint()).isEqualTo(once);
        });
    }

    @Test
    @DisplayName("X9, F13: who can make void what was asked for moves the resource, and leaves to do what there was")
    void supersede_whoCan_movesTheResourceAlone() throws Exception {
        run(() -> {
            if (!(action() instanceof SupersedingAction<?> superseding)) {
                return;
            }
            String before = fingerprint();
            supersede(superseding);
            assertThat(fingerprint())
                    .as("only a resource that has moved refuses what was sent before")
                    .isNotEqualTo(before);
            assertThat(preview()).isInstanceOf(Assessment.Needed.class);
            execute(Epoch.NONE);
        });
    }

    @Test
    @DisplayName("X8, F14: what cannot be read is never done")
    void assess_unreadable_isNeverDone() throws Exception {
        run(() -> {
            execute(Epoch.NONE);
            makeUnreadable();
            Assessment seen;
            try {
                seen = preview();
            } catch (DrException e) {
                return;
            }
            assertThat(seen)
                    .as("unknown is not done: throw UnknownOutcomeException from observe")
                    .isNotInstanceOf(Assessment.Done.class);
        });
    }
}
