package io.drkit.core.status;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.drkit.core.BlockedException;
import io.drkit.core.Problem;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Task;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a status: the page at {@code /}, which a browser fetches again every 15 s, and JSON at {@code /status.json}. It answers
 * GET and nothing else, changes nothing, and asks nobody who they are.
 *
 * <pre>{@code
 * try (StatusServer server = StatusServer.of(board).port(8990).start()) { … }
 * }</pre>
 *
 * <p>It listens on loopback unless {@link Builder#bindTo another address} is asked for by name; whoever can reach that address can
 * read the status, and no encryption is offered: put a proxy that has both in front of it. On loopback it answers only requests
 * that name the machine as loopback does, so that no web page elsewhere can read it through a browser here by a name of its own.
 *
 * <p>Its threads do not keep the process alive. At most 16 requests are answered at a time; more are cut off.
 */
public final class StatusServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StatusServer.class);
    private static final int REFRESH_SECONDS = 15;
    private static final int AT_A_TIME = 16;
    private static final Duration STARTED_WITHIN = Duration.ofSeconds(30);
    private static final Pattern LOOPBACK =
            Pattern.compile("(localhost|127\\.\\d+\\.\\d+\\.\\d+|\\[::1])(:\\d+)?", Pattern.CASE_INSENSITIVE);

    private final StatusBoard board;
    private final HttpServer server;
    private final boolean loopback;

    private StatusServer(StatusBoard board, HttpServer server) {
        this.board = board;
        this.server = server;
        loopback = server.getAddress().getAddress().isLoopbackAddress();
    }

    /** Begins a server of this board. */
    public static Builder of(StatusBoard board) {
        return new Builder(board);
    }

    /** Where the page is. */
    public URI uri() {
        InetAddress address = server.getAddress().getAddress();
        String host = address.getHostAddress();
        return URI.create("http://" + (host.contains(":") ? "[" + host + "]" : host) + ":"
                + server.getAddress().getPort() + "/");
    }

    /** Listens no longer; what is being answered is cut off. */
    @Override
    public void close() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) {
        try (exchange) {
            Headers headers = exchange.getResponseHeaders();
            headers.set("Cache-Control", "no-store");
            headers.set("X-Content-Type-Options", "nosniff");
            headers.set("X-Frame-Options", "DENY");
            if (!exchange.getRequestMethod().equals("GET")) {
                headers.set("Allow", "GET");
                send(exchange, 405, "text/plain", "Only GET is answered.\n");
            } else if (loopback && !calledLoopback(exchange)) {
                send(exchange, 421, "text/plain", "Ask for localhost.\n");
            } else {
                switch (exchange.getRequestURI().getPath()) {
                    case "/" ->
                        send(
                                exchange,
                                200,
                                "text/html",
                                StatusPage.toHtml(board.status(), Optional.of(REFRESH_SECONDS)));
                    case "/status.json" -> send(exchange, 200, "application/json", StatusJson.toJson(board.status()));
                    default -> send(exchange, 404, "text/plain", "There are / and /status.json.\n");
                }
            }
        } catch (IOException e) {
            log.debug("A reader of the status went away", e);
        } catch (InterruptedException e) {
            log.debug("Answering was interrupted", e);
        }
    }

    private static boolean calledLoopback(HttpExchange exchange) {
        String host = exchange.getRequestHeaders().getFirst("Host");
        return host != null && LOOPBACK.matcher(host).matches();
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(status, -1);
        } else {
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    /** Builds a server. Defaults: any free port of loopback, the system's clockwork. Not thread-safe. */
    public static final class Builder {
        private final StatusBoard board;
        private InetAddress address = InetAddress.getLoopbackAddress();
        private int port;
        private Clockwork clockwork = Clockwork.system();

        private Builder(StatusBoard board) {
            this.board = Objects.requireNonNull(board, "board");
        }

        /** The port, 1 to 65535. */
        public Builder port(int port) {
            if (port < 1 || port > 65_535) {
                throw new IllegalArgumentException("A port is 1 to 65535, not " + port);
            }
            this.port = port;
            return this;
        }

        /** Listens there, where others than this machine may read. */
        public Builder bindTo(InetAddress address) {
            this.address = Objects.requireNonNull(address, "address");
            return this;
        }

        /** Threads. */
        public Builder clockwork(Clockwork clockwork) {
            this.clockwork = Objects.requireNonNull(clockwork, "clockwork");
            return this;
        }

        /**
         * Listens.
         *
         * @throws BlockedException when the address or the port cannot be had
         */
        public StatusServer start() throws InterruptedException {
            HttpServer server;
            try {
                server = HttpServer.create(new InetSocketAddress(address, port), 0);
            } catch (IOException e) {
                throw refused(e.toString(), e);
            }
            StatusServer status = new StatusServer(board, server);
            server.createContext("/", status::answer);
            server.setExecutor(bounded(clockwork));
            // the server's own thread lives as long as the process when a thread of that kind starts it, and a task
            // does not
            Task starting = clockwork.start("status", server::start);
            if (!starting.join(STARTED_WITHIN)) {
                server.stop(0);
                throw refused("that it did not start within " + STARTED_WITHIN.toSeconds() + " s", null);
            }
            return status;
        }

        private BlockedException refused(String found, @Nullable Exception cause) {
            return new BlockedException(
                    "status.not-served",
                    Problem.expected("to serve the status at " + address.getHostAddress() + " port " + port)
                            .found(found)
                            .remedy("take another port or address"),
                    cause);
        }

        private static Executor bounded(Clockwork clockwork) {
            Semaphore free = new Semaphore(AT_A_TIME);
            return work -> {
                if (!free.tryAcquire()) {
                    throw new RejectedExecutionException("too many at a time");
                }
                @Nullable Task task = null;
                try {
                    task = clockwork.start("status request", () -> {
                        try {
                            work.run();
                        } finally {
                            free.release();
                        }
                    });
                } finally {
                    if (task == null) {
                        free.release();
                    }
                }
            };
        }
    }
}
