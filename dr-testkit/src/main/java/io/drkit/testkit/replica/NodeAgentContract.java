package io.drkit.testkit.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.drkit.core.replica.NodeAgent;
import io.drkit.core.replica.NodeAgent.Stop;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link NodeAgent} promises, a rule a test. Extend it in your own tests. At the beginning of each test the server
 * runs; the tests write and remove one file of their own in its data directory.
 *
 * <p>An agent compares no epochs: whoever calls it checks the run's authority right before. An agent that reaches its machine over a network keeps to {@link RemoteNodeAgentContract} as well.
 */
public abstract class NodeAgentContract {
    static final String FILE = "drkit-contract";

    /** An agent of the same server at each call. */
    protected abstract NodeAgent agent() throws Exception;

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    @DisplayName("M1: an agent tells whether the server runs, and stops and starts it, either way")
    void running_stoppedAndStarted_isTold() throws Exception {
        assertThat(agent().running()).isTrue();
        for (Stop how : Stop.values()) {
            agent().stop(how);
            assertThat(agent().running()).as("after a stop, %s", how).isFalse();
            agent().start();
            assertThat(agent().running()).isTrue();
        }
    }

    @Test
    @DisplayName("M2: to stop what is stopped and to start what runs is no error")
    void stopAndStart_again_leaveItAsItIs() throws Exception {
        agent().start();
        assertThat(agent().running()).isTrue();
        agent().stop(Stop.CLEAN);
        agent().stop(Stop.CLEAN);
        agent().stop(Stop.AT_ONCE);
        assertThat(agent().running()).isFalse();
        agent().start();
        assertThat(agent().running()).isTrue();
    }

    @Test
    @DisplayName("M3: a file is written whole, byte for byte, also over a longer one")
    void write_file_isReadAsItWas() throws Exception {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        agent().write(FILE, all);
        assertThat(agent().read(FILE)).isEqualTo(all);
        agent().write(FILE, bytes("short"));
        assertThat(agent().read(FILE)).isEqualTo(bytes("short"));
        agent().write(FILE, new byte[0]);
        assertThat(agent().read(FILE)).isEmpty();
        agent().remove(FILE);
    }

    @Test
    @DisplayName("M4: a file that is not there is not the same as an agent that does not answer")
    void read_missing_saysSo() {
        assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> agent().read("drkit-no-such-file"));
    }

    @Test
    @DisplayName("M5: a file that was removed is gone, and to remove it again is no error")
    void remove_twice_isNoError() throws Exception {
        agent().write(FILE, bytes("x"));
        agent().remove(FILE);
        agent().remove(FILE);
        assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> agent().read(FILE));
    }

    @Test
    @DisplayName("M6, F8: files are written while the server is down, and are there when it is up again")
    void write_stoppedServer_isKept() throws Exception {
        agent().stop(Stop.AT_ONCE);
        agent().write(FILE, bytes("written while it was down"));
        agent().start();
        assertThat(agent().read(FILE)).isEqualTo(bytes("written while it was down"));
        agent().remove(FILE);
    }
}
