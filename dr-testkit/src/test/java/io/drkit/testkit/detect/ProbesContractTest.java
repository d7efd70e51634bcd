package io.drkit.testkit.detect;

import com.sun.net.httpserver.HttpServer;
import io.drkit.core.detect.Health;
import io.drkit.core.detect.HealthProbe;
import io.drkit.core.detect.Probes;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.time.VirtualClockwork;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;

/** The probes under the contract of probes, those over the network on real sockets of this machine. */
class ProbesContractTest {
    @Nested
    class Named extends HealthProbeContract {
        private enum Door {
            OPEN,
            SHUT,
            SILENT,
            GONE
        }

        private final VirtualClockwork virtual = VirtualClockwork.seeded(3);
        private volatile Door door = Door.OPEN;

        @AfterEach
        void close() {
            virtual.close();
        }

        @Override
        protected Clockwork clockwork() {
            return virtual;
        }

        @Override
        protected void run(Body body) throws Exception {
            virtual.run(body::run);
        }

        @Override
        protected HealthProbe probe() {
            return HealthProbe.named("door", () -> {
                switch (door) {
                    case OPEN:
                        return Health.healthy("it opens");
                    case SHUT:
                        return Health.sick("it is shut");
                    case SILENT:
                        virtual.sleep(Duration.ofDays(1));
                        return Health.unknown("a day has passed");
                    default:
                        throw new IOException("there is no door");
                }
            });
        }

        @Override
        protected void mend() {
            door = Door.OPEN;
        }

        @Override
        protected void sicken() {
            door = Door.SHUT;
        }

        @Override
        protected void silence() {
            door = Door.SILENT;
        }

        @Override
        protected HealthProbe blindProbe() {
            door = Door.GONE;
            return probe();
        }
    }

    @Nested
    class Http extends HealthProbeContract {
        private final Clockwork clockwork = Clockwork.system();
        private HttpServer server;
        private ServerSocket mute;
        private volatile int status = 204;
        private boolean silent;

        @BeforeEach
        void start() throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                exchange.sendResponseHeaders(status, -1);
                exchange.close();
            });
            server.start();
            mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        }

        @AfterEach
        void stop() throws IOException {
            server.stop(0);
            mute.close();
        }

        @Override
        protected Clockwork clockwork() {
            return clockwork;
        }

        @Override
        protected HealthProbe probe() {
            int port = silent ? mute.getLocalPort() : server.getAddress().getPort();
            return Probes.http("shop", URI.create("http://127.0.0.1:" + port + "/healthz"), clockwork);
        }

        @Override
        protected void mend() {
            status = 204;
        }

        @Override
        protected void sicken() {
            status = 503;
        }

        /** It takes connections, and says nothing. */
        @Override
        protected void silence() {
            silent = true;
        }

        @Override
        protected HealthProbe blindProbe() {
            return Probes.http("shop", URI.create("http://nowhere.invalid/"), clockwork);
        }
    }

    @Nested
    class Tcp extends HealthProbeContract {
        private final Clockwork clockwork = Clockwork.system();
        private final List<Socket> waiting = new ArrayList<>();
        private ServerSocket server;
        private int port;

        @BeforeEach
        void mendIt() throws IOException {
            mend();
        }

        @AfterEach
        void stop() throws IOException {
            server.close();
            for (Socket socket : waiting) {
                socket.close();
            }
        }

        @Override
        protected Clockwork clockwork() {
            return clockwork;
        }

        @Override
        protected HealthProbe probe() {
            return Probes.tcp("database", "127.0.0.1", port);
        }

        @Override
        protected void mend() throws IOException {
            server = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
            port = server.getLocalPort();
        }

        @Override
        protected void sicken() throws IOException {
            server.close();
        }

        /** Its queue of connections is full, and nobody takes one out of it: the next one hears nothing. */
        @Override
        protected void silence() throws IOException {
            while (true) {
                Socket socket = new Socket();
                waiting.add(socket);
                try {
                    socket.connect(new InetSocketAddress("127.0.0.1", port), 200);
                } catch (SocketTimeoutException full) {
                    return;
                }
            }
        }

        @Override
        protected HealthProbe blindProbe() {
            return Probes.tcp("database", "nowhere.invalid", 5432);
        }
    }
}
