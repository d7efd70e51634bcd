package io.drkit.testkit.readiness;

import io.drkit.core.readiness.BlackHole;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.net.TcpRelay;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A black hole as an application would make one, over real sockets, under the contract. */
class BlackHoleTest extends BlackHoleContract {
    private final Clockwork clockwork = Clockwork.system();
    private ServerSocket west;
    private TcpRelay relay;

    @BeforeEach
    void startTheSite() throws IOException {
        west = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        clockwork.start("west", () -> {
            while (!west.isClosed()) {
                try (Socket client = west.accept()) {
                    client.getOutputStream().write('!');
                } catch (IOException gone) {
                    // the client's affair, or the end of the test
                }
            }
        });
        relay = TcpRelay.to(clockwork, "west", new InetSocketAddress(west.getInetAddress(), west.getLocalPort()));
    }

    @AfterEach
    void stopTheSite() throws IOException {
        relay.close();
        west.close();
    }

    @Override
    protected Clockwork clockwork() {
        return clockwork;
    }

    @Override
    protected BlackHole blackHole() {
        return new RelayBlackHole("west", relay);
    }

    @Override
    protected void askAsTheWorkDoes() throws IOException {
        RelayBlackHole.ask(new InetSocketAddress(relay.host(), relay.port()));
    }

    @Override
    protected void askAsOthersDo() throws IOException {
        RelayBlackHole.ask(new InetSocketAddress(west.getInetAddress(), west.getLocalPort()));
    }
}
