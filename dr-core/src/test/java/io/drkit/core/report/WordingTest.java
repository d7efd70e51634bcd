package io.drkit.core.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.DataLoss;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordingTest {
    @ParameterizedTest
    @CsvSource({
        "PT0S, 0 s",
        "PT0.000000001S, 1 ms",
        "PT0.34S, 340 ms",
        "PT0.9991S, 1 s",
        "PT12S, 12 s",
        "PT12.301S, 12.4 s",
        "PT59.95S, 1 min",
        "PT1M0.01S, 1 min 1 s",
        "PT4M12S, 4 min 12 s",
        "PT30M, 30 min",
        "PT59M59.5S, 1 h",
        "PT2H5M, 2 h 5 min",
        "PT2H0M1S, 2 h 1 min",
        "PT76H, 3 d 4 h",
        "PT-5S, -5 s"
    })
    void duration_any_roundedUp(Duration time, String words) {
        assertThat(Wording.duration(time)).isEqualTo(words);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "512, 512 B",
        "1023, 1023 B",
        "1024, 1 KiB",
        "1025, 1.1 KiB",
        "13631488, 13 MiB",
        "1048575, 1 MiB",
        "9223372036854775807, 8 EiB"
    })
    void bytes_any_roundedUp(long bytes, String words) {
        assertThat(Wording.bytes(bytes)).isEqualTo(words);
    }

    @Test
    void amount_unknownFigure_neverNothing() {
        assertThat(amount(Optional.empty(), OptionalLong.empty())).isEqualTo("not known");
        assertThat(amount(Optional.of(Duration.ZERO), OptionalLong.empty())).isEqualTo("at most 0 s, bytes not known");
        assertThat(amount(Optional.empty(), OptionalLong.of(0))).isEqualTo("time not known, at most 0 B");
        assertThat(amount(Optional.of(Duration.ZERO), OptionalLong.of(0))).isEqualTo("nothing");
        assertThat(amount(Optional.of(Duration.ofSeconds(8)), OptionalLong.of(2048)))
                .isEqualTo("at most 8 s, 2 KiB");
    }

    @Test
    void printable_controlAndDirectionCharacters_spelt() {
        assertThat(Wording.printable("a\u001b[2Jb\nc\u202Etxt.exe\uD800é→"))
                .isEqualTo("a<U+001B>[2Jb c<U+202E>txt.exe<U+D800>é→");
    }

    private static String amount(Optional<Duration> time, OptionalLong bytes) {
        DataLoss.Basis basis = time.isPresent() || bytes.isPresent() ? DataLoss.Basis.COMPARED : DataLoss.Basis.UNKNOWN;
        return Wording.amount(new DataLoss("s", DataLoss.Stage.ACHIEVED, time, bytes, basis, "b"));
    }
}
