package io.drkit.testkit.k8s;

import io.drkit.core.time.Clockwork;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The port that clients connect to. It passes bytes to the server behind it and back, and it can do what that server cannot:
 * close the port for a while, and cut a connection when an answer carries {@link #CUT}.
 */
final class Gate implements AutoCloseable {
    /** A header that never leaves the gate: the client finds its connection closed instead of an answer. */
    static final String CUT = "X-Simulated-Cut";

    private static final byte[] CUT_BYTES = ("\r\n" + CUT + ":").getBytes(StandardCharsets.US_ASCII);

    private final Clockwork clockwork;
    private final InetSocketAddress behind;
    private final int port;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private @Nullable ServerSocket listening;

    Gate(Clockwork clockwork, int serverPort) {
        this.clockwork = clockwork;
        this.behind = new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort);
        this.port = open(0);
    }

    int port() {
        return port;
    }

    /** Opens the port again. */
    void open() {
        open(port);
    }

    private synchronized int open(int wanted) {
        if (listening != null) {
            return listening.getLocalPort();
        }
        try {
            ServerSocket socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted));
            listening = socket;
            clockwork.start("simulated-cluster-gate", () -> accept(socket));
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("The simulated cluster cannot listen on port " + wanted, e);
        }
    }

    /** Refuses connections and drops those that exist, until it is opened again. */
    synchronized void shut() {
        if (listening != null) {
            quietly(listening);
            listening = null;
        }
        sockets.forEach(Gate::quietly);
        sockets.clear();
    }

    @Override
    public void close() {
        shut();
    }

    private void accept(ServerSocket from) {
        while (!from.isClosed()) {
            try {
                Socket client = from.accept();
                Socket server = new Socket();
                sockets.add(client);
                sockets.add(server);
                try {
                    server.connect(behind);
                } catch (IOException e) {
                    end(client, server);
                    continue;
                }
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                clockwork.start("simulated-cluster-in", () -> pump(client, server, false));
                clockwork.start("simulated-cluster-out", () -> pump(server, client, true));
                if (from.isClosed()) {
                    // shut while this one was let in
                    end(client, server);
                }
            } catch (IOException e) {
                // closed, or a client that went away at once: neither concerns the next one
            }
        }
    }

    private void pump(Socket from, Socket to, boolean answers) {
        byte[] buffer = new byte[16 * 1024];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (answers && startsWithCut(buffer, n)) {
                    break;
                }
                out.write(buffer, 0, n);
                out.flush();
            }
        } catch (IOException e) {
            // either side closed: so does the other
        } finally {
            end(from, to);
        }
    }

    /** The server writes the head of an answer in one piece, and a client sends one request at a time on a connection. */
    private static boolean startsWithCut(byte[] buffer, int length) {
        for (int i = 0; i <= length - CUT_BYTES.length; i++) {
            int j = 0;
            while (j < CUT_BYTES.length && lower(buffer[i + j]) == lower(CUT_BYTES[j])) {
                j++;
            }
            if (j == CUT_BYTES.length) {
                return true;
            }
        }
        return false;
    }

    private static int lower(byte b) {
        return b >= 'A' && b <= 'Z' ? b + 32 : b;
    }

    private void end(Socket one, Socket other) {
        quietly(one);
        quietly(other);
        sockets.remove(one);
        sockets.remove(other);
    }

    private static void quietly(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception e) {
            // closing is all that is left to do with it
        }
    }
}
