package io.drkit.testkit.detect;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.drkit.core.detect.Health;
import io.drkit.core.detect.HealthProbe;
import io.drkit.core.detect.Observer;
import io.drkit.core.detect.Probes;
import io.drkit.core.time.Clockwork;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The probes over real sockets of this machine. */
class ProbesTest {
    private final Clockwork clockwork = Clockwork.system();

    private Health http(int status) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.getResponseHeaders().add("Location", "/elsewhere");
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
        try {
            URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/healthz");
            return Probes.http("shop", uri, clockwork).look();
        } finally {
            server.stop(0);
        }
    }

    private static int closedPort() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return taken.getLocalPort();
        }
    }

    @Test
    void http_byTheStatus() throws Exception {
        assertThat(http(204)).isInstanceOf(Health.Healthy.class);
        assertThat(http(302)).isInstanceOf(Health.Sick.class);
        assertThat(http(503))
                .isInstanceOf(Health.Sick.class)
                .extracting(Health::why)
                .asString()
                .endsWith("answered 503");
    }

    @Test
    void http_whenTheBodyStalls_goesByTheStatus() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(503, 100);
            exchange.getResponseBody().write('s');
            exchange.getResponseBody().flush();
            try {
                done.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
        try {
            URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/healthz");
            HealthProbe standby = HealthProbe.named("east", () -> Health.healthy("it answers"));
            assertThat(Observer.here("here", Probes.http("shop", uri, clockwork), standby, clockwork)
                            .look()
                            .active())
                    .isInstanceOf(Health.Sick.class)
                    .extracting(Health::why)
                    .asString()
                    .endsWith("answered 503");
        } finally {
            done.countDown();
            server.stop(0);
        }
    }

    @Test
    void http_whenNobodyListens_isSick_andWhenTheNameIsNotKnown_isUnknown() throws Exception {
        assertThat(Probes.http("shop", URI.create("http://127.0.0.1:" + closedPort()), clockwork)
                        .look())
                .isInstanceOf(Health.Sick.class);
        assertThat(Probes.http("shop", URI.create("http://nowhere.invalid/"), clockwork)
                        .look())
                .isInstanceOf(Health.Unknown.class);
    }

    @Test
    void tcp_byWhetherItConnects() throws Exception {
        try (ServerSocket open = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            HealthProbe probe = Probes.tcp("database", "127.0.0.1", open.getLocalPort());
            assertThat(probe.look()).isInstanceOf(Health.Healthy.class);
        }
        assertThat(Probes.tcp("database", "127.0.0.1", closedPort()).look()).isInstanceOf(Health.Sick.class);
        assertThat(Probes.tcp("database", "nowhere.invalid", 5432).look()).isInstanceOf(Health.Unknown.class);
    }
}
