package io.drkit.testkit.k8s;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.testkit.net.TcpRelay;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real Kubernetes control plane on the loopback address: etcd, kube-apiserver and kube-controller-manager as processes of this
 * machine. There is no scheduler and no kubelet; {@link #cluster} brings a {@link SimulatedKubelet} that plays both.
 *
 * <pre>{@code
 * try (ControlPlane west = ControlPlane.named("west").start();
 *         RealCluster cluster = west.cluster()) {
 *     cluster.run(cluster.namespace(), Workload.deployment("runtime"), 2);
 *     System.out.println(west.kubectl("get", "pods", "--all-namespaces"));
 * }
 * }</pre>
 *
 * <p>The API speaks TLS with a certificate of its own, which {@link #client} and the {@link #kubeconfig} trust, and authorizes by
 * RBAC; they are an administrator's. Clients reach it through {@link #relay}, in which a test can black-hole it. etcd does not wait
 * for the disk. Everything stands in a directory of temporary files that {@link #close} removes, and ends when the JVM ends.
 *
 * <p>Its programs are looked for where {@code dr-testkit/control-plane/build} puts them, or in the directory that the system
 * property {@code drkit.control-plane} names; etcd there or on the path. Linux; not tried elsewhere. The clockwork must be one of
 * real time and threads. Thread-safe; several may run side by side, each with about 450 MB of memory.
 */
public final class ControlPlane implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ControlPlane.class);
    private static final Duration TICK = Duration.ofMillis(20);
    /** Below the ports that systems give to outgoing connections, so that nobody takes it while the server is down. */
    private static final int LOWEST_PORT = 15_000;

    private static final int HIGHEST_PORT = 31_999;

    private final String name;
    private final Clockwork clockwork;
    private final Duration startWithin;
    private final Path directory;
    private final ControlPlanePrograms programs;
    private final String token;
    private final int apiPort;
    private final int etcdPort;
    private final TcpRelay relay;
    private @Nullable ChildProcess etcd;
    private @Nullable ChildProcess apiServer;
    private @Nullable ChildProcess controllers;
    private @Nullable KubernetesClient client;
    private @Nullable KubernetesClient direct;
    private Duration startTook = Duration.ZERO;

    private ControlPlane(Builder builder, Path directory) throws IOException {
        this.name = builder.name;
        this.clockwork = builder.clockwork;
        this.startWithin = builder.startWithin;
        this.directory = directory;
        this.programs = ControlPlanePrograms.find();
        this.token = clockwork.newId() + clockwork.newId();
        this.apiPort = freePort();
        this.etcdPort = freePort();
        this.relay = TcpRelay.to(clockwork, "kubernetes-" + name, new InetSocketAddress(loopback(), apiPort));
    }

    /**
     * What would have to be got for a control plane to start on this machine, and how, in one line; empty when nothing is missing.
     */
    public static Optional<String> missing() {
        return ControlPlanePrograms.missing();
    }

    /**
     * A control plane to be described.
     *
     * @param name for threads and logs: lower-case letters, digits and hyphens
     */
    public static Builder named(String name) {
        return new Builder(name);
    }

    /** The name it was given. */
    public String name() {
        return name;
    }

    /** How long the start took, from the first process to an API server that is ready and controllers that have acted. */
    public Duration startTook() {
        return startTook;
    }

    /** The API as clients reach it, for example {@code https://127.0.0.1:40123}. */
    public String url() {
        return "https://" + relay.host() + ":" + relay.port();
    }

    /** A file with which kubectl and others reach the API as an administrator. */
    public Path kubeconfig() {
        return directory.resolve("kubeconfig");
    }

    /** What stands between clients and the API server. */
    public TcpRelay relay() {
        return relay;
    }

    /** An administrator's client, shared. */
    public KubernetesClient client() {
        return Objects.requireNonNull(client, "started");
    }

    /** An administrator's client of its own connections; the caller closes it. */
    public KubernetesClient newClient() {
        return connect(config(relay.port()).build());
    }

    /** A client that is the user of that name, who may do what roles allow; the caller closes it. */
    public KubernetesClient newClientAs(String user) {
        return connect(config(relay.port()).withImpersonateUsername(user).build());
    }

    /** Past the relay: what simulates machines and observes is not disturbed with the clients. */
    KubernetesClient direct() {
        return Objects.requireNonNull(direct, "started");
    }

    /** The certificate to trust. */
    Path certificate() {
        return directory.resolve("certificates").resolve("apiserver.crt");
    }

    String token() {
        return token;
    }

    Clockwork clockwork() {
        return clockwork;
    }

    /** A fresh namespace with a simulated kubelet, for one test. */
    public RealCluster cluster() throws InterruptedException {
        return RealCluster.of(this);
    }

    /**
     * Runs kubectl as an administrator; answers what it printed.
     *
     * @throws IllegalStateException when it failed, with what it said
     */
    public String kubectl(String... arguments) throws InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                programs.program("kubectl"),
                "--kubeconfig=" + kubeconfig(),
                "--cache-dir=" + directory.resolve("kubectl")));
        command.addAll(List.of(arguments));
        try {
            Path said = Files.createTempFile(directory, "kubectl", ".err");
            Process process = new ProcessBuilder(command)
                    .redirectInput(new File("/dev/null"))
                    .redirectError(said.toFile())
                    .start();
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int exit = process.waitFor();
            if (exit != 0) {
                throw new IllegalStateException("kubectl " + String.join(" ", arguments) + " ended with " + exit + ": "
                        + Files.readString(said));
            }
            return printed;
        } catch (IOException e) {
            throw new UncheckedIOException("kubectl could not be run", e);
        }
    }

    /** Ends the API server as a power cut does. What is in etcd stays, and controllers wait. */
    public synchronized void killApiServer() throws InterruptedException {
        if (apiServer != null) {
            apiServer.kill();
            apiServer = null;
        }
    }

    /** Starts the API server again, on the same port, and returns when it is ready; one that runs is left as it is. */
    public synchronized void startApiServer() throws IOException, InterruptedException {
        if (apiServer == null || !apiServer.alive()) {
            awaitReady(launchApiServer(), clockwork.deadline(startWithin));
        }
    }

    /** Freezes the controllers (SIGSTOP): what they should react to is stored, and nothing follows from it. */
    public synchronized void pauseControllers() throws IOException, InterruptedException {
        Objects.requireNonNull(controllers, "started").signal("STOP");
    }

    /** Ends {@link #pauseControllers}. */
    public synchronized void resumeControllers() throws IOException, InterruptedException {
        Objects.requireNonNull(controllers, "started").signal("CONT");
    }

    @Override
    public synchronized void close() {
        if (client != null) {
            client.close();
        }
        if (direct != null) {
            direct.close();
        }
        relay.close();
        try {
            if (controllers != null) {
                controllers.kill();
            }
            killApiServer();
            if (etcd != null) {
                etcd.kill();
            }
            delete(directory);
        } catch (InterruptedException e) {
            // the guards end what is left when the JVM ends
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            log.warn("The directory {} of the control plane {} could not be removed", directory, name, e);
        }
    }

    @Override
    public String toString() {
        return "ControlPlane[" + name + " " + url() + "]";
    }

    // ---- starting

    private synchronized void start() throws IOException, InterruptedException {
        long began = clockwork.nanoTime();
        Deadline deadline = clockwork.deadline(startWithin);
        writeSecrets();
        etcd = launch("etcd", programs.etcd().toString());
        ChildProcess api = launchApiServer();
        await(() -> Files.exists(certificate()), api, deadline, "wrote no certificate");
        direct = connect(config(apiPort).withRequestRetryBackoffLimit(0).build());
        client = newClient();
        awaitReady(api, deadline);
        ChildProcess started = launch("kube-controller-manager");
        controllers = started;
        await(this::controllersAct, started, deadline, "has not acted");
        startTook = Duration.ofNanos(clockwork.nanoTime() - began);
    }

    /** The account that every namespace is given is the first thing that controllers do for pods. */
    private boolean controllersAct() {
        try {
            return direct().serviceAccounts()
                            .inNamespace("default")
                            .withName("default")
                            .get()
                    != null;
        } catch (KubernetesClientException e) {
            return false;
        }
    }

    private ChildProcess launchApiServer() throws IOException {
        ChildProcess started = launch("kube-apiserver");
        apiServer = started;
        return started;
    }

    private ChildProcess launch(String program) throws IOException {
        return launch(program, programs.program(program));
    }

    private ChildProcess launch(String program, String path) throws IOException {
        List<String> command = new ArrayList<>(List.of(path));
        command.addAll(flags(program));
        return ChildProcess.start(command, directory, directory.resolve(program + ".log"));
    }

    /** Those of the file that the script to start one by hand reads too. */
    private List<String> flags(String program) throws IOException {
        try (InputStream in = ControlPlane.class.getResourceAsStream(program + ".flags")) {
            String text = new String(Objects.requireNonNull(in, program).readAllBytes(), StandardCharsets.UTF_8);
            return text.replace("@NAME@", name)
                    .replace("@DIRECTORY@", directory.toString())
                    .replace("@ETCD-PORT@", Integer.toString(etcdPort))
                    .replace("@PORT@", Integer.toString(apiPort))
                    .lines()
                    .filter(line -> line.startsWith("--"))
                    .toList();
        }
    }

    private void awaitReady(ChildProcess api, Deadline deadline) throws IOException, InterruptedException {
        await(
                () -> {
                    try {
                        return "ok".equals(direct().raw("/readyz"));
                    } catch (KubernetesClientException notYet) {
                        return false;
                    }
                },
                api,
                deadline,
                "is not ready");
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private void await(Condition condition, ChildProcess process, Deadline deadline, String otherwise)
            throws IOException, InterruptedException {
        while (!condition.holds()) {
            if (!process.alive() || deadline.passed()) {
                throw new IOException("The control plane " + name + " did not start: a process "
                        + (process.alive() ? otherwise + " within " + startWithin : "ended") + "; "
                        + process.lastWords());
            }
            clockwork.sleep(TICK);
        }
    }

    private void writeSecrets() throws IOException {
        Files.createDirectories(directory.resolve("certificates"));
        KeyPair pair = keyPair();
        write("service-accounts.key", pem("PRIVATE KEY", pair.getPrivate()));
        write("service-accounts.pub", pem("PUBLIC KEY", pair.getPublic()));
        write("tokens.csv", token + ",admin,admin,system:masters\n");
        write("kubeconfig", kubeconfig(relay.port()));
        write("kubeconfig-direct", kubeconfig(apiPort));
    }

    private void write(String file, String content) throws IOException {
        Path path = directory.resolve(file);
        Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(path, content);
    }

    private static KeyPair keyPair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Each Java platform has RSA", e);
        }
    }

    private static String pem(String what, Key key) {
        String encoded = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded());
        return "-----BEGIN " + what + "-----\n" + encoded + "\n-----END " + what + "-----\n";
    }

    private String kubeconfig(int port) {
        return String.join(
                "\n",
                "apiVersion: v1",
                "kind: Config",
                "clusters:",
                "- name: " + name,
                "  cluster:",
                "    server: https://127.0.0.1:" + port,
                "    certificate-authority: " + certificate(),
                "users:",
                "- name: admin",
                "  user:",
                "    token: " + token,
                "contexts:",
                "- name: " + name,
                "  context:",
                "    cluster: " + name,
                "    user: admin",
                "current-context: " + name,
                "");
    }

    private ConfigBuilder config(int port) {
        return new ConfigBuilder(Config.empty())
                .withMasterUrl("https://127.0.0.1:" + port)
                .withCaCertFile(certificate().toString())
                .withOauthToken(token)
                .withWatchReconnectInterval(100)
                .withRequestTimeout(10_000)
                .withConnectionTimeout(10_000);
    }

    static KubernetesClient connect(Config config) {
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private int freePort() throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            int candidate = clockwork.random().nextInt(LOWEST_PORT, HIGHEST_PORT + 1);
            try (ServerSocket probe = new ServerSocket(candidate, 1, loopback())) {
                return probe.getLocalPort();
            } catch (IOException taken) {
                log.debug("Port {} is taken", candidate, taken);
            }
        }
        throw new IOException("No free port found between " + LOWEST_PORT + " and " + HIGHEST_PORT);
    }

    static InetAddress loopback() throws IOException {
        return InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    }

    private static void delete(Path root) throws IOException {
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** A control plane to be described; see {@link #named}. */
    public static final class Builder {
        private final String name;
        private Clockwork clockwork = Clockwork.system();
        private Duration startWithin = Duration.ofMinutes(1);

        private Builder(String name) {
            if (!name.matches("[a-z][a-z0-9-]{0,30}")) {
                throw new IllegalArgumentException(
                        "A control plane's name is up to 31 lower-case letters, digits and hyphens: " + name);
            }
            this.name = name;
        }

        /** Time, randomness and threads; the machine's own by default. It must run on real time. */
        public Builder clockwork(Clockwork clockwork) {
            this.clockwork = Objects.requireNonNull(clockwork, "clockwork");
            return this;
        }

        /** How long {@link #start} waits; a minute by default. */
        public Builder startWithin(Duration time) {
            if (time.isNegative() || time.isZero()) {
                throw new IllegalArgumentException("Not a time to wait: " + time);
            }
            this.startWithin = time;
            return this;
        }

        /**
         * Starts it, and returns when it is ready.
         *
         * @throws io.drkit.core.NotFoundException when its programs are not on this machine, saying how to get them
         * @throws IOException when a process ends or is not ready in time, with its last words
         */
        public ControlPlane start() throws IOException, InterruptedException {
            Path directory = Files.createTempDirectory("drkit-" + name + "-");
            @Nullable ControlPlane plane = null;
            boolean started = false;
            try {
                plane = new ControlPlane(this, directory);
                plane.start();
                started = true;
                return plane;
            } finally {
                if (!started) {
                    if (plane != null) {
                        plane.close();
                    } else {
                        delete(directory);
                    }
                }
            }
        }
    }
}
