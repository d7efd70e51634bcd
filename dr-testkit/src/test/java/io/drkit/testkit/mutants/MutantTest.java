package io.drkit.testkit.mutants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.Epoch;
import io.drkit.testkit.dns.FakeDnsZone;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

class MutantTest {
    private static final String DNS_TESTS = "io.drkit.testkit.dns.FakeDnsSwitcherTest";

    static final class EpochValue implements Callable<String> {
        @Override
        public String call() {
            return new Epoch(7).toString();
        }
    }

    @Test
    void call_ofMutatedClass_seesTheMutation() throws Exception {
        Mutant mutant = Mutant.of(Epoch.class, "return Long.toString(value);", "return \"epoch \" + value;");

        assertThat(mutant.call(EpochValue.class)).isEqualTo("epoch 7");
        assertThat(new EpochValue().call()).isEqualTo("7");
    }

    @Test
    void test_ruleThatTheMutantBreaks_failsAndOthersPass() throws Exception {
        Mutant mutant = Mutant.of(FakeDnsZone.class, "if (claims && entry.epoch > epoch.value())", "if (false)");

        Verdict verdict = mutant.test(DNS_TESTS, "N12", "N01");

        assertThat(verdict.failed("N12")).as("%s", verdict).isTrue();
        assertThat(verdict.failed("N01")).isFalse();
        assertThat(verdict.passed()).hasSize(1);
    }

    @Test
    void of_textThatDoesNotOccurOnce_isAnError() {
        assertThatThrownBy(() -> Mutant.of(Epoch.class, "no such text", ""))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("does not apply")
                .hasMessageContaining("no text 'no such text'");
        assertThatThrownBy(() -> Mutant.of(Epoch.class, "value", "worth"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("more than one");
        assertThatThrownBy(() -> Mutant.of("io.drkit.core.Nothing", "a", "b"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("no source");
    }

    @Test
    void call_mutantThatDoesNotCompile_isAnErrorThatSaysWhy() {
        Mutant mutant = Mutant.of(Epoch.class, "public record Epoch(long value)", "public record Epoch(long valeu)");

        assertThatThrownBy(() -> mutant.call(EpochValue.class))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("does not compile");
    }

    @Test
    void test_ofRuleThatDoesNotExist_isAnError() {
        Mutant mutant = Mutant.of(FakeDnsZone.class, "entry.epoch > epoch.value()", "false");

        assertThatThrownBy(() -> mutant.test(DNS_TESTS, "N99")).hasStackTraceContaining("no test of [N99]");
    }
}
