package io.drkit.testkit.readiness;

import io.drkit.core.readiness.BlackHole;
import io.drkit.testkit.net.RelayMode;
import io.drkit.testkit.net.TcpRelay;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.Callable;

/** Cuts a relay that only the work under test goes through. */
record RelayBlackHole(String site, TcpRelay relay) implements BlackHole {
    @Override
    public <T> T inside(Callable<T> work) throws Exception {
        relay.mode(RelayMode.refuse());
        try {
            return work.call();
        } finally {
            relay.mode(RelayMode.pass());
        }
    }

    @Override
    public boolean siteAnswers() {
        try {
            ask(new InetSocketAddress(relay.host(), relay.port()));
            return true;
        } catch (IOException noAnswer) {
            return false;
        }
    }

    /** Connects, and waits for the site to say something. */
    static void ask(InetSocketAddress address) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(address, 10_000);
            socket.setSoTimeout(10_000);
            if (socket.getInputStream().read() < 0) {
                throw new EOFException("it said nothing");
            }
        }
    }
}
