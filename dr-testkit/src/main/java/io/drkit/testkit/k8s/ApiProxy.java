package io.drkit.testkit.k8s;

import io.drkit.core.time.Clockwork;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.fault.Faults;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * Passes HTTP/1.1 requests from a loopback port to an API server behind TLS, counts them, and lets them go wrong. Watches and what is
 * upgraded to another protocol pass as they come.
 */
final class ApiProxy implements AutoCloseable {
    private static final int LONGEST_HEAD = 64 * 1024;

    private final Clockwork clockwork;
    private final Faults faults;
    private final InetSocketAddress behind;
    private final SSLSocketFactory tls;
    private final ServerSocket listening;
    private final List<String> log = new ArrayList<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    /** @param certificate the certificate to trust, in PEM */
    ApiProxy(Clockwork clockwork, Faults faults, InetSocketAddress behind, Path certificate) throws IOException {
        this.clockwork = clockwork;
        this.faults = faults;
        this.behind = behind;
        this.tls = trusting(certificate);
        this.listening = new ServerSocket(0, 128, ControlPlane.loopback());
        clockwork.start("api-proxy", this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    List<String> log() {
        synchronized (log) {
            return List.copyOf(log);
        }
    }

    @Override
    public void close() {
        quietly(listening);
        sockets.forEach(ApiProxy::quietly);
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                clockwork.start("api-proxy-connection", () -> serve(client));
            } catch (IOException e) {
                // closed, or a client that went away at once: neither concerns the next one
            }
        }
    }

    private void serve(Socket client) {
        sockets.add(client);
        try (client;
                Socket server = tls.createSocket()) {
            sockets.add(server);
            client.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(client.getInputStream());
            boolean more = true;
            while (more && !listening.isClosed()) {
                Optional<Head> request = Head.read(in);
                more = request.isPresent() && exchange(request.get(), in, client, server);
            }
            sockets.remove(server);
        } catch (IOException e) {
            // either side closed: so does the other
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            sockets.remove(client);
        }
    }

    /** Answers whether the connection may be used again. */
    private boolean exchange(Head request, InputStream in, Socket client, Socket server)
            throws IOException, InterruptedException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        request.copyBody(in, body, false);
        Optional<ApiCall> call = ApiCall.of(request.word(0), request.word(1));
        Optional<Fault> fault = Optional.empty();
        if (call.isPresent()) {
            synchronized (log) {
                log.add(call.get().toString());
            }
            fault = faults.take(call.get().operation());
        }
        if (fault.isPresent() && fault.get() instanceof Fault.Refused refused) {
            client.getOutputStream().write(refusal(refused.status(), request));
            return true;
        } else if (fault.isPresent() && fault.get() instanceof Fault.RequestLost) {
            return false;
        } else if (fault.isPresent() && fault.get() instanceof Fault.Late late) {
            late.hold(() -> forward(request, body.toByteArray()));
            return false;
        } else if (fault.isPresent() && fault.get() instanceof Fault.Delayed delayed) {
            clockwork.sleep(delayed.by());
        }
        if (!server.isConnected()) {
            server.connect(behind);
            server.setTcpNoDelay(true);
        }
        OutputStream to = server.getOutputStream();
        to.write(request.bytes());
        to.write(body.toByteArray());
        to.flush();
        InputStream from = server.getInputStream();
        Head answer = Head.read(from).orElseThrow(EOFException::new);
        if (fault.isPresent() && fault.get() instanceof Fault.AnswerLost) {
            return false;
        }
        OutputStream out = client.getOutputStream();
        out.write(answer.bytes());
        out.flush();
        String status = answer.word(1);
        if (status.equals("101")) {
            clockwork.start("api-proxy-upgraded", () -> pump(from, out, client, server));
            pump(in, to, client, server);
            return false;
        }
        boolean bodiless = request.word(0).equals("HEAD") || status.equals("204") || status.equals("304");
        return bodiless || answer.copyBody(from, out, true);
    }

    /** On a connection of its own, since that of the caller may be gone; answers the status. */
    private String forward(Head request, byte[] body) {
        try (Socket server = tls.createSocket()) {
            server.connect(behind);
            server.getOutputStream().write(request.bytes());
            server.getOutputStream().write(body);
            server.getOutputStream().flush();
            return Head.read(server.getInputStream())
                    .orElseThrow(EOFException::new)
                    .word(1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void pump(InputStream from, OutputStream to, Socket client, Socket server) {
        try (client;
                server) {
            byte[] buffer = new byte[16 * 1024];
            for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
                to.write(buffer, 0, n);
                to.flush();
            }
        } catch (IOException e) {
            // either side closed: so does the other
        }
    }

    private static byte[] refusal(int status, Head request) {
        String body =
                "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"Simulated\",\"code\":"
                        + status + ",\"message\":\"a simulated refusal of " + request.word(0) + "\"}";
        return ("HTTP/1.1 " + status + " Simulated\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static SSLSocketFactory trusting(Path certificate) throws IOException {
        try (InputStream in = Files.newInputStream(certificate)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int i = 0;
            for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("c" + i++, one);
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new IOException("The certificate " + certificate + " cannot be used", e);
        }
    }

    private static void quietly(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception e) {
            // closing is all that is left to do with it
        }
    }

    /** The first line and the headers of a request or an answer. */
    private record Head(String text) {
        /** Empty when the other side ended the connection instead. */
        static Optional<Head> read(InputStream in) throws IOException {
            ByteArrayOutputStream read = new ByteArrayOutputStream();
            int ending = 0;
            while (ending < 4) {
                int b = in.read();
                if (b < 0) {
                    return Optional.empty();
                }
                read.write(b);
                ending = b == (ending % 2 == 0 ? '\r' : '\n') ? ending + 1 : b == '\r' ? 1 : 0;
                if (read.size() > LONGEST_HEAD) {
                    throw new IOException("A head of more than " + LONGEST_HEAD + " bytes");
                }
            }
            return Optional.of(new Head(read.toString(StandardCharsets.ISO_8859_1)));
        }

        byte[] bytes() {
            return text.getBytes(StandardCharsets.ISO_8859_1);
        }

        /** A word of the first line. */
        String word(int n) {
            return text.substring(0, text.indexOf("\r\n")).split(" ", 3)[n];
        }

        private Optional<String> header(String name) {
            return text.lines()
                    .skip(1)
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst();
        }

        /**
         * Copies what follows the head.
         *
         * @param untilEnd whether a body without a length goes on until the connection ends
         * @return whether the connection may be used again
         */
        boolean copyBody(InputStream in, OutputStream out, boolean untilEnd) throws IOException {
            Optional<String> length = header("content-length");
            boolean chunked = header("transfer-encoding")
                    .map(value -> value.equals("chunked"))
                    .orElse(false);
            if (chunked) {
                long size;
                do {
                    String line = line(in, out);
                    size = Long.parseLong(line.split(";", 2)[0].strip(), 16);
                    copy(in, out, size);
                    line(in, out);
                    out.flush();
                } while (size > 0);
            } else if (length.isPresent()) {
                copy(in, out, Long.parseLong(length.get()));
                out.flush();
            } else if (untilEnd) {
                in.transferTo(out);
                return false;
            }
            return true;
        }

        private static String line(InputStream in, OutputStream out) throws IOException {
            StringBuilder line = new StringBuilder();
            int b = in.read();
            while (b >= 0) {
                out.write(b);
                if (b == '\n') {
                    return line.toString().strip();
                }
                line.append((char) b);
                b = in.read();
            }
            throw new EOFException();
        }

        private static void copy(InputStream in, OutputStream out, long size) throws IOException {
            byte[] buffer = new byte[16 * 1024];
            long left = size;
            while (left > 0) {
                int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (n < 0) {
                    throw new EOFException();
                }
                out.write(buffer, 0, n);
                left -= n;
            }
        }
    }
}
