package io.drkit.testkit.net;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TCP relay in front of one server, through which a test cuts, delays or swallows real connections.
 *
 * <p>It listens on a free port of the loopback address and opens one connection to the target for each it accepts. What
 * {@link RelayMode#blackhole()} holds back is delivered when the relay passes again, as a network does that was away for a
 * moment; at most 8 MiB are held each way of a connection, then the sender is no longer read. {@link RelayMode#refuse()} and
 * {@link #cut()} throw away what is held. What is on its way at the moment of a change may still arrive. Thread-safe.
 *
 * <pre>{@code
 * try (TcpRelay relay = TcpRelay.to(clockwork, "west", new InetSocketAddress("127.0.0.1", 5432))) {
 *     relay.mode(RelayMode.delay(Duration.ofMillis(200)));
 *     connect("127.0.0.1", relay.port());
 * }
 * }</pre>
 */
public final class TcpRelay implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TcpRelay.class);
    private static final long MOST_HELD = 8L << 20;
    private static final Duration TICK = Duration.ofMillis(1);
    private static final Duration IDLE = Duration.ofSeconds(1);
    private static final Duration CLOSING = Duration.ofSeconds(5);
    private static final int CONNECT_MILLIS = 5_000;

    private final Clockwork clockwork;
    private final String name;
    private final InetSocketAddress target;
    private final ServerSocket listener;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private volatile RelayMode mode = RelayMode.pass();
    private final Task accepting;
    private volatile boolean closed;

    private TcpRelay(Clockwork clockwork, String name, InetSocketAddress target, ServerSocket listener) {
        this.clockwork = clockwork;
        this.name = name;
        this.target = target;
        this.listener = listener;
        this.accepting = clockwork.start("relay-" + name, this::accept);
    }

    /**
     * Starts a relay, which passes everything until told otherwise.
     *
     * @param clockwork real time and real threads: sockets do not wait on virtual time
     * @param name for thread names and logs
     * @param target where connections go; need not listen yet
     */
    public static TcpRelay to(Clockwork clockwork, String name, InetSocketAddress target) throws IOException {
        Objects.requireNonNull(clockwork, "clockwork");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(target, "target");
        ServerSocket listener = new ServerSocket(0, 128, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
        return new TcpRelay(clockwork, name, target, listener);
    }

    /** The host on which it listens: the loopback address. */
    public String host() {
        return "127.0.0.1";
    }

    /** The port on which it listens. */
    public int port() {
        return listener.getLocalPort();
    }

    /** What it does now. */
    public RelayMode mode() {
        return mode;
    }

    /** Does this from now on, to open connections too. */
    public void mode(RelayMode mode) {
        this.mode = Objects.requireNonNull(mode, "mode");
        if (mode instanceof RelayMode.Refuse) {
            cut();
        }
    }

    /** Resets the connections that are open now; new ones meet the current mode. */
    public void cut() {
        links.forEach(Link::reset);
    }

    /** How many connections are open through it. */
    public int connections() {
        return links.size();
    }

    /** Stops listening and resets every connection. */
    @Override
    public void close() {
        closed = true;
        shut(listener);
        try {
            // the system goes on listening for as long as a thread waits in accept
            accepting.join(CLOSING);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        cut();
    }

    @Override
    public String toString() {
        return "TcpRelay[" + name + " :" + port() + " -> " + target + ", " + mode + "]";
    }

    private void accept() {
        while (!closed) {
            Socket client;
            try {
                client = listener.accept();
            } catch (IOException e) {
                if (!closed) {
                    log.warn("Relay {} could not accept a connection", name, e);
                    continue;
                }
                return;
            }
            Link link = new Link(client);
            links.add(link);
            // the mode is read after the link can be seen by cut(): a refusal that comes in between misses nobody
            if (closed || mode instanceof RelayMode.Refuse) {
                link.reset();
            } else {
                clockwork.start("relay-" + name + "-open", link::open);
            }
        }
    }

    private static void shut(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception e) {
            log.debug("Closing {} failed", socket, e);
        }
    }

    /** Bytes that came, and when they may go on; no bytes mean that the sender ended its stream. */
    private record Chunk(ByteBuffer bytes, long at) {}

    private final class Link {
        private final Socket client;
        private final Socket server = new Socket();
        private volatile boolean over;
        private int ended;

        Link(Socket client) {
            this.client = client;
        }

        void open() {
            try {
                Duration late = mode instanceof RelayMode.Delay delay ? delay.by() : Duration.ZERO;
                clockwork.sleep(late);
                awaitPassing();
                if (over) {
                    return;
                }
                server.connect(target, CONNECT_MILLIS);
                server.setTcpNoDelay(true);
                client.setTcpNoDelay(true);
            } catch (IOException e) {
                log.debug("Relay {} could not reach {}", name, target, e);
                reset();
                return;
            } catch (InterruptedException e) {
                reset();
                Thread.currentThread().interrupt();
                return;
            }
            if (over) {
                reset();
                return;
            }
            carry("up", client, server);
            carry("down", server, client);
        }

        private void carry(String way, Socket from, Socket to) {
            Mailbox<Chunk> held = clockwork.mailbox();
            AtomicLong size = new AtomicLong();
            clockwork.start("relay-" + name + "-" + way + "-in", () -> take(from, held, size));
            clockwork.start("relay-" + name + "-" + way + "-out", () -> give(to, held, size));
        }

        private void take(Socket from, Mailbox<Chunk> held, AtomicLong size) {
            byte[] buffer = new byte[64 << 10];
            try {
                while (!over) {
                    while (size.get() > MOST_HELD && !over) {
                        clockwork.sleep(TICK);
                    }
                    int read = from.getInputStream().read(buffer);
                    ByteBuffer bytes = ByteBuffer.wrap(Arrays.copyOf(buffer, Math.max(0, read)));
                    size.addAndGet(bytes.remaining());
                    long late =
                            mode instanceof RelayMode.Delay delay ? delay.by().toNanos() : 0;
                    held.put(new Chunk(bytes, clockwork.nanoTime() + late));
                    if (read < 0) {
                        return;
                    }
                }
            } catch (IOException e) {
                reset();
            } catch (InterruptedException e) {
                reset();
                Thread.currentThread().interrupt();
            }
        }

        private void give(Socket to, Mailbox<Chunk> held, AtomicLong size) {
            try {
                while (!over) {
                    Chunk chunk = held.poll(IDLE);
                    if (chunk == null) {
                        continue;
                    }
                    clockwork.sleep(Duration.ofNanos(Math.max(0, chunk.at() - clockwork.nanoTime())));
                    awaitPassing();
                    if (over) {
                        return;
                    }
                    if (!chunk.bytes().hasRemaining()) {
                        to.shutdownOutput();
                        halfEnded();
                        return;
                    }
                    to.getOutputStream().write(chunk.bytes().array());
                    size.addAndGet(-chunk.bytes().remaining());
                }
            } catch (IOException e) {
                reset();
            } catch (InterruptedException e) {
                reset();
                Thread.currentThread().interrupt();
            }
        }

        private void awaitPassing() throws InterruptedException {
            while (mode instanceof RelayMode.Blackhole && !over) {
                clockwork.sleep(TICK);
            }
        }

        private synchronized void halfEnded() {
            ended++;
            if (ended == 2) {
                over = true;
                links.remove(this);
                shut(client);
                shut(server);
            }
        }

        /** Ends both connections by a reset, so that no half-sent answer looks like a whole one. */
        synchronized void reset() {
            over = true;
            links.remove(this);
            for (Socket socket : List.of(client, server)) {
                if (!socket.isClosed()) {
                    try {
                        socket.setSoLinger(true, 0);
                    } catch (IOException e) {
                        log.debug("Relay {}: {} was closed already", name, socket, e);
                    }
                    shut(socket);
                }
            }
        }
    }
}
