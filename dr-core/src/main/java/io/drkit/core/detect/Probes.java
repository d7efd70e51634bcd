package io.drkit.core.detect;

import io.drkit.core.time.Clockwork;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * Probes over the network. An answer that never comes counts as sick: whether the network or the site is to blame is for the
 * quorum of observers to find out. A name that cannot be looked up is unknown, since then nobody was asked.
 */
public final class Probes {
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private Probes() {}

    /**
     * Healthy when a GET of {@code uri} is answered with a status from 200 to 299 within 3 s. Redirects are not followed, and no
     * more is read than the head. Threads come from {@code clockwork}. The URI must hold no secret: it is shown.
     */
    public static HealthProbe http(String name, URI uri, Clockwork clockwork) {
        HttpClient client = HttpClient.newBuilder()
                .connectTimeout(PATIENCE)
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(work -> clockwork.start("probe " + name, work))
                .build();
        HttpRequest request =
                HttpRequest.newBuilder(uri).timeout(PATIENCE).GET().build();
        return HealthProbe.named(name, () -> {
            try {
                HttpResponse<InputStream> answer = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
                // a body that stalls must not make of a clear status an answer that never came
                answer.body().close();
                int status = answer.statusCode();
                return status / 100 == 2
                        ? Health.healthy(uri + " answered " + status)
                        : Health.sick(uri + " answered " + status);
            } catch (IOException e) {
                return unresolved(e)
                        ? Health.unknown(uri.getHost() + " cannot be looked up")
                        : Health.sick(uri + ": " + say(e));
            }
        });
    }

    /** Healthy when a TCP connection to {@code host} and {@code port} opens within 3 s; it is closed again at once. */
    public static HealthProbe tcp(String name, String host, int port) {
        return HealthProbe.named(name, () -> {
            InetAddress address;
            try {
                address = InetAddress.getByName(host);
            } catch (UnknownHostException e) {
                return Health.unknown(host + " cannot be looked up");
            }
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(address, port), (int) PATIENCE.toMillis());
                return Health.healthy(host + ":" + port + " takes connections");
            } catch (IOException e) {
                return Health.sick(host + ":" + port + ": " + say(e));
            }
        });
    }

    private static boolean unresolved(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException
                    || cause instanceof java.nio.channels.UnresolvedAddressException) {
                return true;
            }
        }
        return false;
    }

    private static String say(IOException failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
