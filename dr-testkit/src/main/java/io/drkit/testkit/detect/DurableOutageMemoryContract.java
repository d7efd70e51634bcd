package io.drkit.testkit.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.drkit.core.detect.OutageMemory;
import io.drkit.core.detect.OutageMemory.Remembered;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What an {@link OutageMemory} promises beyond {@link OutageMemoryContract} when it outlives its process. */
public abstract class DurableOutageMemoryContract extends OutageMemoryContract {
    /** The same memory, as the next process opens it. */
    protected abstract OutageMemory nextProcess() throws Exception;

    /** From now on it cannot be read: damaged, or out of reach. */
    protected abstract void makeUnreadable() throws Exception;

    @Test
    @DisplayName("O7: the next process remembers what was declared, and who has seen to it")
    void latest_nextProcess_isTheSame() throws Exception {
        memory().declared(WEST);
        assertThat(nextProcess().latest()).contains(new Remembered(WEST, Optional.empty()));
        nextProcess().acknowledge("ann", "seen to", BEGAN);
        assertThat(memory().latest()).isEqualTo(nextProcess().latest());
        assertThat(nextProcess().latest().flatMap(Remembered::acknowledgement)).isPresent();
    }

    @Test
    @DisplayName("O8, F14: what cannot be read is not taken for no outage")
    void latest_unreadable_isThrown() throws Exception {
        memory().declared(WEST);
        makeUnreadable();
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> memory().latest());
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> nextProcess().latest());
    }
}
