package io.drkit.testkit.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.ActionContext;
import io.drkit.core.replica.Fence;
import io.drkit.core.replica.FenceProof;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.action.RunContext;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Fence} promises, a rule a test. Extend it in your own tests, and say how the node behind it is disturbed and
 * looked at. At the beginning of each test the node runs and accepts writes.
 *
 * <p>A fence compares no epochs: that a late one does no harm rests on the check of the run's authority right before it (G6).
 */
public abstract class FenceContract {
    /** The clockwork that the fence runs on. */
    protected abstract Clockwork clockwork();

    /** A fence of the same node at each call, as another process would make one. */
    protected abstract Fence fence() throws Exception;

    /** Whether the node runs and accepts writes, as it really is. */
    protected abstract boolean writable() throws Exception;

    /** Ends the node as a power cut does. */
    protected abstract void crash() throws Exception;

    /** Starts the node as a reboot of its machine does. */
    protected abstract void reboot() throws Exception;

    /** From now on the fence cannot reach the node. */
    protected abstract void makeUnreachable() throws Exception;

    private FenceProof apply() throws Exception {
        return fence().fence(RunContext.of(clockwork(), new Epoch(1)));
    }

    private void assertConfirmed(FenceProof proof) {
        assertThat(proof)
                .isInstanceOfSatisfying(
                        FenceProof.Confirmed.class,
                        confirmed -> assertThat(confirmed.evidence()).isNotBlank());
    }

    @Test
    @DisplayName("G1: a fence says what it does, in the same words each time")
    void describe_madeTwice_isTheSame() throws Exception {
        assertThat(fence().describe()).isNotBlank().isEqualTo(fence().describe());
        assertThat(writable()).isTrue();
    }

    @Test
    @DisplayName("G2, F1: a fence that is confirmed leaves a node that takes no writes")
    void fence_confirmed_takesNoWrites() throws Exception {
        assertConfirmed(apply());
        assertThat(writable()).isFalse();
    }

    @Test
    @DisplayName("G3, F8: it holds after a reboot of what it fences")
    void fence_reboot_stillTakesNoWrites() throws Exception {
        assertConfirmed(apply());
        reboot();
        assertThat(writable()).isFalse();
    }

    @Test
    @DisplayName("G4: to fence a second time is confirmed again")
    void fence_again_isConfirmed() throws Exception {
        assertConfirmed(apply());
        assertConfirmed(apply());
        reboot();
        assertConfirmed(apply());
        assertThat(writable()).isFalse();
    }

    @Test
    @DisplayName("G5: what cannot be reached is unknown, and no exception; nothing unknown is confirmed")
    void fence_unreachable_isUnknown() throws Exception {
        makeUnreachable();
        assertThat(apply()).isInstanceOf(FenceProof.Unknown.class);
        assertThat(writable()).isTrue();
    }

    @Test
    @DisplayName("G6, F13: a run that lost its authority fences nobody any more")
    void fence_noAuthority_changesNothing() throws Exception {
        Fence fence = fence();
        ActionContext stale = withoutAuthority();
        assertThatExceptionOfType(StaleEpochException.class).isThrownBy(() -> fence.fence(stale));
        assertThat(writable()).isTrue();
    }

    @Test
    @DisplayName("G7: a node that is down already is fenced all the same")
    void fence_crashed_isConfirmedAndStaysSo() throws Exception {
        crash();
        assertConfirmed(apply());
        reboot();
        assertThat(writable()).isFalse();
    }

    private ActionContext withoutAuthority() {
        RunContext run = RunContext.of(clockwork(), new Epoch(1));
        return (ActionContext) Proxy.newProxyInstance(
                FenceContract.class.getClassLoader(),
                new Class<?>[] {ActionContext.class},
                (self, method, arguments) -> {
                    if (method.getName().equals("requireAuthority")) {
                        throw new StaleEpochException(
                                "contract.taken-over",
                                Problem.expected("to hold the run")
                                        .found("that another process took it over")
                                        .remedy("change nothing more"));
                    }
                    return method.invoke(run, arguments);
                });
    }
}
