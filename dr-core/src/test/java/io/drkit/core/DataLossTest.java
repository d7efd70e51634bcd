package io.drkit.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.DataLoss.Basis;
import io.drkit.core.DataLoss.Stage;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class DataLossTest {
    private static DataLoss loss(Optional<Duration> time, OptionalLong bytes, Basis basis) {
        return new DataLoss("database shop", Stage.BOUND, time, bytes, basis, "seen");
    }

    @Test
    @DisplayName("F6: figures that rest on nothing, and a basis without figures, are refused")
    void construct_figuresAndBasisDisagree_refused() {
        assertThatThrownBy(() -> loss(Optional.of(Duration.ZERO), OptionalLong.empty(), Basis.UNKNOWN))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> loss(Optional.empty(), OptionalLong.of(0), Basis.UNKNOWN))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> loss(Optional.empty(), OptionalLong.empty(), Basis.SAMPLED))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(loss(Optional.empty(), OptionalLong.of(7), Basis.TIMED).bytes())
                .hasValue(7);
    }

    @Test
    void factories_sayWhatTheirFiguresRestOn() {
        assertThat(DataLoss.none("files", "compared").basis()).isEqualTo(Basis.COMPARED);
        assertThat(DataLoss.unknown("files", Stage.ACHIEVED, "no sync").basis()).isEqualTo(Basis.UNKNOWN);
    }
}
