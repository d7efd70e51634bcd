package io.drkit.testkit.action;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.drkit.core.Epoch;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.EpochCheck;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What an action promises beyond {@link ActionContract} when it says {@link EpochCheck#ENFORCED}. */
public abstract class EpochComparingActionContract extends ActionContract {
    /** Changes the same resource as a run of that epoch, and leaves something to do for the action. */
    protected abstract void changeUnder(Epoch epoch) throws Exception;

    @Test
    @DisplayName("X7, F2: who claims that its resource compares epochs is refused under a lower one")
    void execute_lowerEpoch_isRefused() throws Exception {
        assertThat(action().epochCheck())
                .as("what the action claims; one that cannot claim it keeps to ActionContract alone")
                .isEqualTo(EpochCheck.ENFORCED);
        run(() -> {
            changeUnder(new Epoch(8));
            String before = fingerprint();
            assertThatExceptionOfType(StaleEpochException.class).isThrownBy(() -> execute(new Epoch(7)));
            assertThat(fingerprint()).isEqualTo(before);
            execute(new Epoch(8));
        });
    }
}
