package io.drkit.testkit.replica;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.drkit.core.ConflictException;
import io.drkit.core.replica.CommandTerms;
import io.drkit.core.replica.NodeAgent;
import io.drkit.core.replica.NodeAgent.Stop;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link NodeAgent} promises, a rule a test. Extend it in your own tests. At the beginning of each test the server
 * runs; the tests write and remove one file of their own in its data directory.
 *
 * <p>An agent compares no epochs but, where it is told to, a file in which its caller has written one. An agent that reaches its
 * machine over a network keeps to {@link RemoteNodeAgentContract} as well.
 */
public abstract class NodeAgentContract {
    static final String FILE = "drkit-contract";
    static final Duration SOON = Duration.ofMinutes(1);
    static final CommandTerms TERMS = CommandTerms.within(SOON);

    /** An agent of the same server at each call. */
    protected abstract NodeAgent agent() throws Exception;

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    @DisplayName("M1: an agent tells whether the server runs, and stops and starts it, either way")
    void running_stoppedAndStarted_isTold() throws Exception {
        assertThat(agent().running(SOON)).isTrue();
        for (Stop how : Stop.values()) {
            agent().stop(how, TERMS);
            assertThat(agent().running(SOON)).as("after a stop, %s", how).isFalse();
            agent().start(TERMS);
            assertThat(agent().running(SOON)).isTrue();
        }
    }

    @Test
    @DisplayName("M2: to stop what is stopped and to start what runs is no error")
    void stopAndStart_again_leaveItAsItIs() throws Exception {
        agent().start(TERMS);
        assertThat(agent().running(SOON)).isTrue();
        agent().stop(Stop.CLEAN, TERMS);
        agent().stop(Stop.CLEAN, TERMS);
        agent().stop(Stop.AT_ONCE, TERMS);
        assertThat(agent().running(SOON)).isFalse();
        agent().start(TERMS);
        assertThat(agent().running(SOON)).isTrue();
    }

    @Test
    @DisplayName("M3: a file is written whole, byte for byte, also over a longer one")
    void write_file_isReadAsItWas() throws Exception {
        byte[] all = new byte[256];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) i;
        }
        agent().write(FILE, all, TERMS);
        assertThat(agent().read(FILE, SOON)).isEqualTo(all);
        agent().write(FILE, bytes("short"), TERMS);
        assertThat(agent().read(FILE, SOON)).isEqualTo(bytes("short"));
        agent().write(FILE, new byte[0], TERMS);
        assertThat(agent().read(FILE, SOON)).isEmpty();
        agent().remove(FILE, TERMS);
    }

    @Test
    @DisplayName("M4: a file that is not there is not the same as an agent that does not answer")
    void read_missing_saysSo() {
        assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> agent().read("drkit-no-such-file", SOON));
    }

    @Test
    @DisplayName("M5: a file that was removed is gone, and to remove it again is no error")
    void remove_twice_isNoError() throws Exception {
        agent().write(FILE, bytes("x"), TERMS);
        agent().remove(FILE, TERMS);
        agent().remove(FILE, TERMS);
        assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> agent().read(FILE, SOON));
    }

    @Test
    @DisplayName("M6, F8: files are written while the server is down, and are there when it is up again")
    void write_stoppedServer_isKept() throws Exception {
        agent().stop(Stop.AT_ONCE, TERMS);
        agent().write(FILE, bytes("written while it was down"), TERMS);
        agent().start(TERMS);
        assertThat(agent().read(FILE, SOON)).isEqualTo(bytes("written while it was down"));
        agent().remove(FILE, TERMS);
    }

    private void conflicts(Command command, CommandTerms terms) {
        assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(() -> command.give(terms))
                .satisfies(refusal -> assertThat(refusal.problem().remedy()).isNotBlank());
    }

    private interface Command {
        void give(CommandTerms terms) throws Exception;
    }

    @Test
    @DisplayName("M8, F2: a command whose condition does not hold changes nothing")
    void anyCommand_fileIsNotAsExpected_changesNothing() throws Exception {
        agent().write(FILE, bytes("mine"), TERMS);
        for (CommandTerms wrong : List.of(TERMS.onlyWhile(FILE, bytes("yours")), TERMS.onlyWhileMissing(FILE))) {
            conflicts(terms -> agent().write(FILE, bytes("late"), terms), wrong);
            conflicts(terms -> agent().remove(FILE, terms), wrong);
            conflicts(terms -> agent().stop(Stop.AT_ONCE, terms), wrong);
            assertThat(agent().read(FILE, SOON)).isEqualTo(bytes("mine"));
            assertThat(agent().running(SOON)).isTrue();
        }
        agent().stop(Stop.AT_ONCE, TERMS);
        conflicts(terms -> agent().start(terms), TERMS.onlyWhile(FILE, bytes("yours")));
        conflicts(terms -> agent().start(terms), TERMS.onlyWhile("drkit-no-such-file", bytes("mine")));
        assertThat(agent().running(SOON)).isFalse();
        agent().start(TERMS);
        agent().remove(FILE, TERMS);
    }

    @Test
    @DisplayName("M9: a command whose condition holds is carried out")
    void anyCommand_fileIsAsExpected_isCarriedOut() throws Exception {
        agent().write(FILE, bytes("first"), TERMS.onlyWhileMissing(FILE));
        agent().stop(Stop.AT_ONCE, TERMS.onlyWhile(FILE, bytes("first")));
        assertThat(agent().running(SOON)).isFalse();
        agent().start(TERMS.onlyWhile(FILE, bytes("first")));
        assertThat(agent().running(SOON)).isTrue();
        agent().write(FILE, bytes("second"), TERMS.onlyWhile(FILE, bytes("first")));
        assertThat(agent().read(FILE, SOON)).isEqualTo(bytes("second"));
        agent().remove(FILE, TERMS.onlyWhile(FILE, bytes("second")));
        agent().remove(FILE, TERMS.onlyWhileMissing(FILE));
    }

    @Test
    @DisplayName("M10, F13: a command that gets there after its time changes nothing")
    void anyCommand_tooLate_changesNothing() throws Exception {
        CommandTerms late = CommandTerms.within(Duration.ofNanos(1));
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> agent().write(FILE, bytes("late"), late));
        assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> agent().read(FILE, SOON));
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> agent().stop(Stop.AT_ONCE, late));
        assertThat(agent().running(SOON)).isTrue();
        agent().write(FILE, bytes("there"), TERMS);
        agent().stop(Stop.AT_ONCE, TERMS);
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> agent().start(late));
        assertThat(agent().running(SOON)).isFalse();
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> agent().remove(FILE, late));
        assertThat(agent().read(FILE, SOON)).isEqualTo(bytes("there"));
        agent().remove(FILE, TERMS);
    }
}
