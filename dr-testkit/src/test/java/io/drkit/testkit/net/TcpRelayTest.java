package io.drkit.testkit.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.time.Clockwork;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TcpRelayTest {
    private final Clockwork clockwork = Clockwork.system();
    private ServerSocket echo;
    private TcpRelay relay;

    @BeforeEach
    void start() throws IOException {
        echo = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        clockwork.start("echo", this::echoForEver);
        relay = TcpRelay.to(clockwork, "echo", new InetSocketAddress("127.0.0.1", echo.getLocalPort()));
    }

    @AfterEach
    void end() throws IOException {
        relay.close();
        echo.close();
    }

    @Test
    void pass_manyBytes_comeBackInOrder() throws Exception {
        try (Socket socket = connect()) {
            byte[] sent = new byte[3_000_000];
            new java.util.Random(7).nextBytes(sent);
            clockwork.start("sender", () -> {
                try {
                    socket.getOutputStream().write(sent);
                    socket.shutdownOutput();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });

            assertThat(socket.getInputStream().readAllBytes()).isEqualTo(sent);
        }
    }

    @Test
    void pass_endOfStreamBothWays_relayForgetsTheConnection() throws Exception {
        try (Socket socket = connect()) {
            socket.shutdownOutput();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        while (relay.connections() > 0) {
            clockwork.sleep(Duration.ofMillis(1));
        }
    }

    @Test
    void delay_oneWord_comesBackAfterTwiceTheDelay() throws Exception {
        try (Socket socket = connect()) {
            say(socket, "warm");
            assertThat(hear(socket)).isEqualTo("warm");
            relay.mode(RelayMode.delay(Duration.ofMillis(150)));

            long before = clockwork.nanoTime();
            say(socket, "late");

            assertThat(hear(socket)).isEqualTo("late");
            assertThat(Duration.ofNanos(clockwork.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(300));
        }
    }

    @Test
    void delay_wordsInFlight_areDelayedTogetherAndKeepTheirOrder() throws Exception {
        try (Socket socket = connect()) {
            relay.mode(RelayMode.delay(Duration.ofMillis(200)));
            for (String word : new String[] {"one ", "two ", "six."}) {
                say(socket, word);
                clockwork.sleep(Duration.ofMillis(5));
            }

            assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.UTF_8))
                    .isEqualTo("one two six.");
        }
    }

    @Test
    void blackhole_openConnection_hearsNothingUntilItPassesAgain() throws Exception {
        try (Socket socket = connect()) {
            say(socket, "warm");
            assertThat(hear(socket)).isEqualTo("warm");
            relay.mode(RelayMode.blackhole());

            say(socket, "held");
            socket.setSoTimeout(200);
            assertThatThrownBy(() -> hear(socket)).isInstanceOf(SocketTimeoutException.class);
            relay.mode(RelayMode.pass());
            socket.setSoTimeout(20_000);

            assertThat(hear(socket)).isEqualTo("held");
        }
    }

    @Test
    void blackhole_newConnection_isAcceptedAndHearsNothing() throws Exception {
        relay.mode(RelayMode.blackhole());

        try (Socket socket = connect()) {
            say(socket, "anybody there");
            socket.setSoTimeout(200);
            assertThatThrownBy(() -> hear(socket)).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void blackhole_thenCut_whatWasHeldIsLost() throws Exception {
        try (Socket socket = connect()) {
            say(socket, "warm");
            assertThat(hear(socket)).isEqualTo("warm");
            relay.mode(RelayMode.blackhole());
            say(socket, "lost");

            relay.cut();
            relay.mode(RelayMode.pass());

            assertThatThrownBy(() -> hear(socket)).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void refuse_openConnection_isReset() throws Exception {
        try (Socket socket = connect()) {
            say(socket, "warm");
            assertThat(hear(socket)).isEqualTo("warm");

            relay.mode(RelayMode.refuse());

            assertThatThrownBy(() -> hear(socket)).isInstanceOf(SocketException.class);
            assertThat(relay.connections()).isZero();
        }
    }

    @Test
    void refuse_newConnection_isResetAndPassLetsTheNextOneThrough() throws Exception {
        relay.mode(RelayMode.refuse());

        assertThatThrownBy(() -> {
                    try (Socket socket = connect()) {
                        hear(socket);
                    }
                })
                .isInstanceOf(SocketException.class);
        relay.mode(RelayMode.pass());
        try (Socket socket = connect()) {
            say(socket, "back");
            assertThat(hear(socket)).isEqualTo("back");
        }
    }

    @Test
    void cut_whilePassing_onlyTheOpenOnesEnd() throws Exception {
        try (Socket old = connect()) {
            say(old, "warm");
            assertThat(hear(old)).isEqualTo("warm");

            relay.cut();

            assertThatThrownBy(() -> hear(old)).isInstanceOf(SocketException.class);
            try (Socket fresh = connect()) {
                say(fresh, "next");
                assertThat(hear(fresh)).isEqualTo("next");
            }
        }
    }

    @Test
    void pass_targetDoesNotListen_connectionIsReset() throws Exception {
        echo.close();

        try (Socket socket = connect()) {
            assertThatThrownBy(() -> hear(socket)).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void close_openConnection_isResetAndNobodyListens() throws Exception {
        Socket socket = connect();
        say(socket, "warm");
        assertThat(hear(socket)).isEqualTo("warm");

        relay.close();

        assertThatThrownBy(() -> hear(socket)).isInstanceOf(SocketException.class);
        assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
    }

    @Test
    void delay_notLongerThanZero_isRefused() {
        assertThatThrownBy(() -> RelayMode.delay(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(relay.host(), relay.port());
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static void say(Socket socket, String word) throws IOException {
        socket.getOutputStream().write(word.getBytes(StandardCharsets.UTF_8));
    }

    private static String hear(Socket socket) throws IOException {
        byte[] heard = socket.getInputStream().readNBytes(4);
        return new String(heard, StandardCharsets.UTF_8);
    }

    private void echoForEver() {
        try {
            while (true) {
                Socket socket = echo.accept();
                clockwork.start("echo-one", () -> {
                    try (socket) {
                        socket.getInputStream().transferTo(socket.getOutputStream());
                    } catch (IOException reset) {
                        return;
                    }
                });
            }
        } catch (IOException closed) {
            return;
        }
    }
}
