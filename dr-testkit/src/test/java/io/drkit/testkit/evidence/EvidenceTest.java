package io.drkit.testkit.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class EvidenceTest {
    @Test
    void write_figure_isOneFlatJsonObject() throws Exception {
        Path file =
                Evidence.atMost("evidence-self-test", 0.25, "s", 100).seed(7).write();
        try {
            assertThat(file.toString()).startsWith(System.getProperty("drkit.evidence.dir"));
            assertThat(file)
                    .content()
                    .isEqualTo("{\"name\":\"evidence-self-test\",\"value\":0.25,\"unit\":\"s\",\"aim\":100,"
                            + "\"better\":\"lower\",\"seed\":7}\n");
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void met_onEitherSideOfTheAim_isRight() {
        assertThat(Evidence.atMost("a", 1, "s", 1).met()).isTrue();
        assertThat(Evidence.atMost("a", 1.1, "s", 1).met()).isFalse();
        assertThat(Evidence.atLeast("a", 1, "s", 1).met()).isTrue();
        assertThat(Evidence.atLeast("a", 0.9, "s", 1).met()).isFalse();
    }

    @Test
    void new_nameThatIsNoFileName_isRefused() {
        assertThatThrownBy(() -> Evidence.atMost("../a", 1, "s", 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
