package io.drkit.testkit.replica;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.drkit.core.replica.NodeAgent;
import io.drkit.core.replica.NodeAgent.Stop;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What an agent promises beyond {@link NodeAgentContract} when its machine may be out of its reach. */
public abstract class RemoteNodeAgentContract extends NodeAgentContract {
    /** From now on the machine cannot be reached. */
    protected abstract void makeUnreachable() throws Exception;

    @Test
    @DisplayName("M7: of a machine that cannot be reached nothing is told but that")
    void anyMethod_unreachable_throws() throws Exception {
        makeUnreachable();
        NodeAgent agent = agent();
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> agent.running(SOON));
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> agent.stop(Stop.AT_ONCE, TERMS));
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> agent.start(TERMS));
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> agent.read(FILE, SOON))
                .isNotInstanceOf(NoSuchFileException.class);
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> agent.write(FILE, bytes("x"), TERMS));
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> agent.remove(FILE, TERMS));
    }
}
