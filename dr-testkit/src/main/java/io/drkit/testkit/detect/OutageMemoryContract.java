package io.drkit.testkit.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.drkit.core.detect.Outage;
import io.drkit.core.detect.OutageMemory;
import io.drkit.core.detect.OutageMemory.Acknowledgement;
import io.drkit.core.detect.OutageMemory.Remembered;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link OutageMemory} promises, a rule a test. Extend it in your own tests; each test begins with one that remembers
 * nothing. One that outlives its process keeps to {@link DurableOutageMemoryContract} as well.
 */
public abstract class OutageMemoryContract {
    static final Instant BEGAN = Instant.parse("2026-03-01T10:00:00.123456789Z");
    static final Outage WEST = new Outage(
            "west", BEGAN, BEGAN.plusSeconds(60), List.of("the office says \"503\"", "a line\nand another, ü"));
    private static final Outage EAST = new Outage("east", BEGAN.plusSeconds(3600), BEGAN.plusSeconds(3700), List.of());

    /** The memory under test; the same at each call. */
    protected abstract OutageMemory memory() throws Exception;

    @Test
    @DisplayName("O1: where none was declared there is none")
    void latest_noneDeclared_isEmpty() throws Exception {
        assertThat(memory().latest()).isEmpty();
    }

    @Test
    @DisplayName("O2: what was declared is remembered, to the letter, and not acknowledged")
    void declared_isRemembered() throws Exception {
        memory().declared(WEST);
        assertThat(memory().latest()).contains(new Remembered(WEST, Optional.empty()));
    }

    @Test
    @DisplayName("O3: who has seen to it, how and when is remembered beside it")
    void acknowledge_isRememberedWithTheOutage() throws Exception {
        memory().declared(WEST);
        memory().acknowledge("ann", "switched by hand,\n\"all well\" ü", BEGAN.plusSeconds(99));
        assertThat(memory().latest())
                .contains(new Remembered(
                        WEST,
                        Optional.of(new Acknowledgement(
                                "ann", "switched by hand,\n\"all well\" ü", BEGAN.plusSeconds(99)))));
    }

    @Test
    @DisplayName("O4, F15: the next outage takes its place, and nobody has seen to that one")
    void declared_again_isNotAcknowledged() throws Exception {
        memory().declared(WEST);
        memory().acknowledge("ann", "seen to", BEGAN);
        memory().declared(EAST);
        assertThat(memory().latest()).contains(new Remembered(EAST, Optional.empty()));
    }

    @Test
    @DisplayName("O5: to acknowledge where there is none does nothing")
    void acknowledge_none_doesNothing() throws Exception {
        memory().acknowledge("ann", "nothing to see", BEGAN);
        assertThat(memory().latest()).isEmpty();
        memory().declared(WEST);
        assertThat(memory().latest()).contains(new Remembered(WEST, Optional.empty()));
    }

    @Test
    @DisplayName("O6: to acknowledge takes a person and a reason")
    void acknowledge_blank_isRefused() throws Exception {
        memory().declared(WEST);
        assertThatIllegalArgumentException().isThrownBy(() -> memory().acknowledge(" ", "reason", BEGAN));
        assertThatIllegalArgumentException().isThrownBy(() -> memory().acknowledge("ann", "", BEGAN));
        assertThat(memory().latest()).contains(new Remembered(WEST, Optional.empty()));
    }
}
