package io.drkit.testkit.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.drkit.core.ConflictException;
import io.drkit.core.DeniedException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.time.Clockwork;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FaultsTest {
    private final Faults faults = new Faults();
    private final AtomicInteger made = new AtomicInteger();

    private int call(String operation) throws InterruptedException {
        return faults.call(Clockwork.system(), operation, "to count", made::incrementAndGet);
    }

    @Test
    void nth_countsMatchingCallsOnly() {
        faults.nth(2, "PATCH", Fault.refused(500));

        assertThat(faults.take("PATCH deployments")).isEmpty();
        assertThat(faults.take("PATCHES")).isEmpty();
        assertThat(faults.take("GET pods")).isEmpty();
        assertThat(faults.take("PATCH services")).hasValue(Fault.refused(500));
        assertThat(faults.take("PATCH services")).isEmpty();
        assertThat(faults.pending()).isFalse();
    }

    @Test
    void every_firesUntilCleared() {
        faults.every("read", Fault.requestLost());

        assertThat(faults.take("read a")).isPresent();
        assertThat(faults.take("read b")).isPresent();
        assertThat(faults.clear("read").take("read a")).isEmpty();
    }

    @Test
    void call_answerLost_isMadeOnceAndUnknown() {
        faults.next("write", Fault.answerLost());

        assertThatExceptionOfType(UnknownOutcomeException.class).isThrownBy(() -> call("write"));
        assertThat(made).hasValue(1);
    }

    @Test
    void call_requestLost_isNotMadeAndUnknown() {
        faults.next("write", Fault.requestLost());

        assertThatExceptionOfType(UnknownOutcomeException.class).isThrownBy(() -> call("write"));
        assertThat(made).hasValue(0);
    }

    @Test
    void call_refused_throwsWhatAnAdapterWould() {
        faults.next("write", Fault.refused(403))
                .nth(2, "write", Fault.refused(409))
                .nth(3, "write", Fault.refused(429));

        assertThatExceptionOfType(DeniedException.class).isThrownBy(() -> call("write"));
        assertThatExceptionOfType(ConflictException.class).isThrownBy(() -> call("write"));
        assertThatExceptionOfType(UnknownOutcomeException.class).isThrownBy(() -> call("write"));
        assertThat(made).hasValue(0);
    }

    @Test
    void refused_noRefusal_isNotAccepted() {
        assertThatIllegalArgumentException().isThrownBy(() -> Fault.refused(200));
        assertThatIllegalArgumentException().isThrownBy(() -> faults.nth(0, "x", Fault.answerLost()));
    }
}
