package io.drkit.core.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MaskedTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "403 for https://a.example/c/b?sv=2024-11-04&sig=S3CRET%2Fx%3D&se=2026-01-01",
                "no route: jdbc:postgresql://db.example/shop?user=app&password=S3CRET",
                "AccountName=shop;AccountKey=S3CRET==;EndpointSuffix=core.example",
                "connection refused: amqp://app:S3CRET@queue.example:5672/shop",
                "answered 401 to Authorization: Bearer S3CRET.aaaaaaaa.bbbb",
                "answered 401 to authorization: Basic S3CRETaaaaaaaa==",
                "sent {\"client_secret\": \"S3CRET and more\", \"tenant\": \"shop\"}",
                "X-Amz-Security-Token=S3CRET&X-Amz-Signature=S3CRETtoo"
            })
    void text_holdsWhatIsNamedAsASecret_leavesItOut(String said) {
        assertThat(Masked.text(said)).doesNotContain("S3CRET").contains("***");
    }

    @Test
    void text_holdsASecret_keepsTheRest() {
        assertThat(Masked.text("403 for https://a.example/c/b?sig=S3CRET&se=2026-01-01 (token expired)"))
                .isEqualTo("403 for https://a.example/c/b?sig=***&se=2026-01-01 (token expired)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "expected the hand-over token: none was left by the step \"fence\"",
                "the host db.example:5432 answered \"password authentication failed for user app\"",
                "https://a.example/c/b?se=2026-01-01",
                "Basic rules were not met",
                ""
            })
    void text_holdsNone_isAsItWas(String said) {
        assertThat(Masked.text(said)).isEqualTo(said);
    }
}
