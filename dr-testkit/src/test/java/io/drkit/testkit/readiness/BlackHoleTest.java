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
    /** The way of the work under test, which nobody else takes. */
    private TcpRelay relay;
    /** The way of everybody else. */
    private TcpRelay everybody;

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
        InetSocketAddress address = new InetSocketAddress(west.getInetAddress(), west.getLocalPort());
        relay = TcpRelay.to(clockwork, "tried", address);
        everybody = TcpRelay.to(clockwork, "production", address);
    }

    @AfterEach
    void stopTheSite() throws IOException {
        relay.close();
        everybody.close();
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
        RelayBlackHole.ask(new InetSocketAddress(everybody.host(), everybody.port()));
    }
}
