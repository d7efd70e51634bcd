package io.drkit.testkit.postgres;

import io.drkit.core.replica.CommandTerms;
import io.drkit.core.replica.NodeAgent;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One real PostgreSQL server on the loopback address, whose programs come from a Maven artifact. It is the {@link NodeAgent} of
 * itself, and does besides what a test wants done to a server: kill it, freeze it, look into its control file.
 *
 * <p>The superuser is {@code postgres} and needs no password from the loopback address: a server for tests, not for data. Data
 * checksums are on, so that a diverged server can be rewound. The port and the cluster's name are given on the command line: a
 * clone or a rewind that copies the configuration does not turn one server into the other.
 *
 * <p>On Linux and macOS a server ends when the JVM that started it ends, in whatever way. On Windows a server that was left
 * behind is ended by the next start in the same directory. Thread-safe; starts and stops take turns, everything else may be called
 * while they wait. The condition of a command is compared among the commands of this object, not with those of another process that
 * has one of the same directory.
 *
 * <pre>{@code
 * try (PostgresServer server = PostgresServer.builder("west").directory(directory).build()) {
 *     server.initialise();
 *     server.start();
 *     DriverManager.getConnection(server.jdbcUrl("postgres"));
 * }
 * }</pre>
 */
public final class PostgresServer implements NodeAgent, AutoCloseable {
    /** The superuser of every server. */
    public static final String SUPERUSER = "postgres";

    private static final Logger log = LoggerFactory.getLogger(PostgresServer.class);
    private static final Duration TICK = Duration.ofMillis(5);
    private static final Duration PORT_PATIENCE = Duration.ofSeconds(3);
    private static final Duration IMMEDIATE_STOP = Duration.ofSeconds(5);
    /** Below the ports that systems give to outgoing connections, so that nobody takes it while the server is down. */
    private static final int LOWEST_PORT = 15_000;

    private static final int HIGHEST_PORT = 31_999;
    private static final String PID_FILE = "postmaster.pid";

    private final String name;
    private final Clockwork clockwork;
    private final Path directory;
    private final Path data;
    private final Path logFile;
    private final Path cache;
    private final Map<String, String> settings;
    private final Duration startWithin;
    private final Duration stopWithin;
    private final boolean portFixed;
    private final boolean namespaces;
    private final ReentrantLock turn = new ReentrantLock();
    /** Held where a command compares and begins its change. */
    private final ReentrantLock files = new ReentrantLock();

    private volatile int port;
    private volatile boolean startedOnce;
    private volatile @Nullable PostgresBinaries binaries;
    private volatile @Nullable ServerUser user;
    private volatile @Nullable Process postmaster;
    private volatile @Nullable Process guard;
    private volatile boolean paused;
    /** The number of a segment of shared memory that a killed server left. */
    private volatile String sharedMemory = "";

    private PostgresServer(Builder builder) {
        this.name = builder.name;
        this.clockwork = builder.clockwork;
        this.directory = builder.requireDirectory().toAbsolutePath().normalize();
        this.data = directory.resolve("data");
        this.logFile = directory.resolve("server.log");
        this.cache = builder.cache;
        this.settings = new LinkedHashMap<>(builder.settings);
        this.startWithin = builder.startWithin;
        this.stopWithin = builder.stopWithin;
        this.portFixed = builder.port != 0;
        this.namespaces = builder.namespaces;
        this.port = builder.port;
    }

    /**
     * A server to be described.
     *
     * @param name lower-case letters, digits and underscores, beginning with a letter: it also names slots and the cluster
     */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /** The name it was given. */
    public String name() {
        return name;
    }

    /** The host on which it listens: the loopback address. */
    public String host() {
        return "127.0.0.1";
    }

    /** The port on which it listens; 0 before the first {@link #start} when none was chosen. It never changes after that. */
    public int port() {
        return port;
    }

    /** Its data directory. */
    public Path dataDirectory() {
        return data;
    }

    /** What it logs. */
    public Path logFile() {
        return logFile;
    }

    /** How to reach it with nothing in between, as the superuser. */
    public String jdbcUrl(String database) {
        return jdbcUrl(host(), port, database);
    }

    static String jdbcUrl(String host, int port, String database) {
        return "jdbc:postgresql://" + host + ":" + port + "/" + database + "?user=" + SUPERUSER + "&sslmode=disable";
    }

    /**
     * Creates its data directory: a new database cluster with an identity of its own.
     *
     * @throws IllegalStateException when there is one already
     */
    public void initialise() throws IOException, InterruptedException {
        turn.lock();
        try {
            if (Files.exists(data)) {
                throw new IllegalStateException(data + " exists already");
            }
            prepare();
            List<String> command = List.of(
                    programs().program("initdb"),
                    "--pgdata=" + data,
                    "--username=" + SUPERUSER,
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--data-checksums",
                    "--no-sync");
            run(command);
            String hba = "host all all 127.0.0.1/32 trust\nhost replication all 127.0.0.1/32 trust\n";
            write("pg_hba.conf", hba.getBytes(StandardCharsets.UTF_8));
            StringBuilder conf = new StringBuilder();
            settings.forEach((key, value) -> conf.append(key)
                    .append(" = '")
                    .append(value.replace("'", "''"))
                    .append("'\n"));
            String shipped = new String(read("postgresql.conf"), StandardCharsets.UTF_8);
            write("postgresql.conf", (shipped + "\n" + conf).getBytes(StandardCharsets.UTF_8));
        } finally {
            turn.unlock();
        }
    }

    /**
     * Makes it a standby: throws its data directory away, takes a copy of a running server's by the backup functions of SQL, and
     * leaves it stopped, ready to follow. The slot is created at the source unless it is there.
     *
     * @param source the running server to copy
     * @param upstream what to follow afterwards; normally leads to the source
     * @throws IllegalStateException when this one runs
     */
    public void cloneFrom(PostgresServer source, Upstream upstream) throws IOException, InterruptedException {
        turn.lock();
        try {
            if (running()) {
                throw new IllegalStateException(name + " runs; stop it first");
            }
            prepare();
            DirectoryTree.delete(data);
            BaseBackup.take(source, data, upstream.slot());
            serverUser().ownTree(data);
            follow(upstream);
        } finally {
            turn.unlock();
        }
    }

    /** Writes what makes it a standby of the upstream at its next start: {@code standby.signal} and the two settings. */
    public void follow(Upstream upstream) throws IOException {
        String file = "postgresql.auto.conf";
        StringBuilder kept = new StringBuilder();
        for (String line :
                new String(read(file), StandardCharsets.UTF_8).lines().toList()) {
            String key = line.strip();
            if (!key.startsWith("primary_conninfo") && !key.startsWith("primary_slot_name")) {
                kept.append(line).append('\n');
            }
        }
        kept.append("primary_conninfo = '").append(upstream.conninfo(name)).append("'\n");
        kept.append("primary_slot_name = '").append(upstream.slot()).append("'\n");
        write(file, kept.toString().getBytes(StandardCharsets.UTF_8));
        write("standby.signal", new byte[0]);
    }

    /** Whether its process runs. */
    public boolean running() throws IOException {
        Process started = postmaster;
        return (started != null && started.isAlive()) || runningPid().isPresent();
    }

    @Override
    public boolean running(Duration within) throws IOException {
        return running();
    }

    /** As {@link #start(CommandTerms)}, within the time set, 30 seconds by default. */
    public void start() throws IOException, InterruptedException {
        start(CommandTerms.within(startWithin));
    }

    /**
     * Starts it and returns when it accepts connections. A server that somebody else left running in this directory, on another
     * port, is ended first.
     *
     * @throws IOException when it ended, with the end of its log, or does not accept connections in time; in the second case it is
     *     left as it is
     */
    @Override
    public void start(CommandTerms terms) throws IOException, InterruptedException {
        Deadline deadline = takeTurn(terms);
        try {
            begin(terms, deadline, () -> {});
            if (running()) {
                if (isOurs()) {
                    return;
                }
                log.warn("A server left running in {} is ended", data);
                kill9();
            }
            if (!Files.exists(data.resolve("PG_VERSION"))) {
                throw new IllegalStateException(name + " has no data: initialise it or clone it first");
            }
            prepare();
            Deadline portMayBeTaken = clockwork.deadline(PORT_PATIENCE);
            while (true) {
                if (port == 0) {
                    port = freePort();
                }
                long logged = Files.exists(logFile) ? Files.size(logFile) : 0;
                begin(terms, deadline, this::launch);
                if (awaitReady(Objects.requireNonNull(postmaster), deadline, logged)) {
                    break;
                }
                String said = logSince(logged);
                // somebody took the port between our look and the server's, or while it was down
                boolean portTaken =
                        said.contains("could not bind") || said.contains("could not create any TCP/IP sockets");
                if (!portTaken || portMayBeTaken.passed()) {
                    throw new IOException("PostgreSQL " + name + " did not start:\n" + said);
                }
                if (!startedOnce && !portFixed) {
                    port = 0;
                }
                clockwork.sleep(Duration.ofMillis(50));
            }
            startedOnce = true;
            sharedMemory = "";
        } finally {
            turn.unlock();
        }
    }

    /** As {@link #stop(Stop, CommandTerms)}, within the time set, 90 seconds by default. */
    public void stop(Stop how) throws IOException, InterruptedException {
        stop(how, CommandTerms.within(stopWithin));
    }

    @Override
    public void stop(Stop how, CommandTerms terms) throws IOException, InterruptedException {
        Deadline deadline = takeTurn(terms);
        try {
            OptionalLong pid = anyPid();
            begin(terms, deadline, () -> {
                if (pid.isPresent()) {
                    signal(how == Stop.AT_ONCE ? "QUIT" : "INT", pid.getAsLong());
                }
            });
            if (pid.isEmpty()) {
                return;
            }
            List<Long> ends = List.of(pid.getAsLong());
            if (how == Stop.AT_ONCE) {
                if (!ServerProcesses.awaitEnd(clockwork, ends, paused ? Duration.ZERO : IMMEDIATE_STOP)) {
                    kill9();
                }
            } else {
                if (!ServerProcesses.awaitEnd(clockwork, ends, deadline.remaining())) {
                    throw new IOException("PostgreSQL " + name + " was told to stop and still runs after "
                            + terms.within() + "; its control state is " + controlState());
                }
            }
            ended();
        } finally {
            turn.unlock();
        }
    }

    private Deadline takeTurn(CommandTerms terms) throws IOException, InterruptedException {
        Deadline deadline = clockwork.deadline(terms.within());
        if (!turn.tryLock(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
            throw late(terms);
        }
        return deadline;
    }

    private IOException late(CommandTerms terms) {
        return new IOException(
                "PostgreSQL " + name + " was not come to within " + terms.within() + "; nothing was changed");
    }

    private interface Change {
        void make() throws IOException, InterruptedException;
    }

    /** In time, and with no other command between the condition and the change. */
    private void begin(CommandTerms terms, Deadline deadline, Change change) throws IOException, InterruptedException {
        files.lock();
        try {
            if (deadline.passed()) {
                throw late(terms);
            }
            if (terms.expected().isPresent()) {
                CommandTerms.Expected expected = terms.expected().get();
                expected.require(find(expected.path()));
            }
            change.make();
        } finally {
            files.unlock();
        }
    }

    private Optional<byte[]> find(String path) throws IOException {
        try {
            return Optional.of(read(path));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Stops it cleanly and starts it again. */
    public void restart() throws IOException, InterruptedException {
        stop(Stop.CLEAN);
        start();
    }

    /**
     * Ends the postmaster and every process of it at once, as a power cut does, and returns when they have ended. Nothing is
     * written, sent or said any more. A server that does not run is left as it is.
     */
    public void kill9() throws IOException, InterruptedException {
        OptionalLong pid = anyPid();
        if (pid.isPresent()) {
            List<String> lines = pidFile();
            ServerProcesses.kill(clockwork, pid.getAsLong());
            // line 7: the key and the number of the segment that only the next start in this directory would remove
            sharedMemory = lines.size() < 7 ? "" : lines.get(6).strip().replaceFirst("^\\S+\\s+", "");
        }
        ended();
    }

    /**
     * Freezes every process of it, as a machine that hangs: connections stay open and hear nothing. Not on Windows.
     *
     * @throws IllegalStateException when it does not run
     */
    public void pause() throws IOException, InterruptedException {
        long pid = requirePid();
        paused = true;
        // the postmaster first, so that it starts nothing new meanwhile
        ServerProcesses.signal("STOP", List.of(pid));
        ServerProcesses.signal("STOP", children(pid));
    }

    /**
     * Freezes one part of it; the rest goes on. Not on Windows.
     *
     * @throws IllegalStateException when that part does not run
     */
    public void pause(ServerPart part) throws IOException, InterruptedException {
        List<Long> pids = new ArrayList<>();
        try (Connection connection = connect("postgres");
                PreparedStatement query =
                        connection.prepareStatement("SELECT pid FROM pg_stat_activity WHERE backend_type = ?")) {
            query.setString(1, part.backendType());
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    pids.add(rows.getLong(1));
                }
            }
        } catch (SQLException e) {
            throw new IOException("PostgreSQL " + name + " could not be asked for its processes", e);
        }
        if (pids.isEmpty()) {
            throw new IllegalStateException(name + " runs no " + part.backendType());
        }
        ServerProcesses.signal("STOP", pids);
    }

    /** Lets everything go on that {@link #pause} froze. */
    public void resume() throws IOException, InterruptedException {
        long pid = requirePid();
        ServerProcesses.signal("CONT", children(pid));
        ServerProcesses.signal("CONT", List.of(pid));
        paused = false;
    }

    /**
     * What its control file says; it need not run.
     *
     * @throws NoSuchFileException when there is none
     */
    public ControlState controlState() throws IOException {
        // the layout up to here is the same in versions 12 to 18: system identifier, two version numbers, state
        int state = ByteBuffer.wrap(read("global/pg_control"))
                .order(ByteOrder.nativeOrder())
                .getInt(16);
        ControlState[] all = ControlState.values();
        if (state < 0 || state >= all.length) {
            throw new IOException("The control file of " + name + " holds the unknown state " + state);
        }
        return all[state];
    }

    /** A connection to it as the superuser, with nothing in between; the caller closes it. */
    public Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(jdbcUrl(database) + "&connectTimeout=5&socketTimeout=60");
    }

    @Override
    public byte[] read(String path, Duration within) throws IOException {
        return read(path);
    }

    /** As {@link #read(String, Duration)}; the disk is local. */
    public byte[] read(String path) throws IOException {
        return Files.readAllBytes(inside(path));
    }

    @Override
    public void write(String path, byte[] content, CommandTerms terms) throws IOException, InterruptedException {
        begin(terms, clockwork.deadline(terms.within()), () -> write(path, content));
    }

    /** As {@link #write(String, byte[], CommandTerms)}, without a condition. */
    public void write(String path, byte[] content) throws IOException {
        files.lock();
        try {
            replace(path, content);
        } finally {
            files.unlock();
        }
    }

    private void replace(String path, byte[] content) throws IOException {
        Path file = inside(path);
        Path parent = Objects.requireNonNull(file.getParent());
        Path fresh = parent.resolve(file.getFileName() + ".drkit-" + clockwork.newId());
        try {
            try (FileChannel channel =
                    FileChannel.open(fresh, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer left = ByteBuffer.wrap(content);
                while (left.hasRemaining()) {
                    channel.write(left);
                }
                channel.force(true);
            }
            restrict(fresh, "rw-------");
            // where the server runs as another user, its files are that user's
            UserPrincipal owner = Files.getOwner(parent);
            if (!PostgresBinaries.windows() && !owner.equals(Files.getOwner(fresh))) {
                Files.setOwner(fresh, owner);
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            try {
                Files.deleteIfExists(fresh);
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
        force(parent);
    }

    @Override
    public void remove(String path, CommandTerms terms) throws IOException, InterruptedException {
        begin(terms, clockwork.deadline(terms.within()), () -> remove(path));
    }

    /** As {@link #remove(String, CommandTerms)}, without a condition. */
    public void remove(String path) throws IOException {
        files.lock();
        try {
            Path file = inside(path);
            if (Files.deleteIfExists(file)) {
                force(Objects.requireNonNull(file.getParent()));
            }
        } finally {
            files.unlock();
        }
    }

    /** Ends it at once if it runs. Its files stay. Errors are logged, and interruption does not keep it from ending the server. */
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        try {
            try {
                stop(Stop.AT_ONCE);
            } finally {
                kill9();
            }
            if (sharedMemory.matches("\\d+") && !PostgresBinaries.windows()) {
                run(List.of("ipcrm", "-m", sharedMemory));
                sharedMemory = "";
            }
        } catch (InterruptedException e) {
            interrupted = true;
        } catch (IOException e) {
            log.warn("PostgreSQL {} may still run", name, e);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return "PostgresServer[" + name + " :" + port + "]";
    }

    private Process launch() throws IOException {
        List<String> command = new ArrayList<>(List.of(programs().program("postgres"), "-D", data.toString()));
        Map<String, String> own = new LinkedHashMap<>();
        own.put("port", Integer.toString(port));
        own.put("cluster_name", name);
        own.put("listen_addresses", host());
        own.put("unix_socket_directories", "");
        own.forEach((key, value) -> command.addAll(List.of("-c", key + "=" + value)));
        ProcessBuilder builder = new ProcessBuilder(serverUser().command(command))
                .directory(directory.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(nothing()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile.toFile()));
        ServerUser.cleanEnvironment(builder.environment());
        Process process = builder.start();
        postmaster = process;
        guard = guard(process.pid());
        return process;
    }

    /**
     * A shell that waits for this JVM to end: the only writer of its input is this JVM. It then ends the server, however the JVM
     * ended. A line on its input sends it home.
     */
    private @Nullable Process guard(long pid) throws IOException {
        if (PostgresBinaries.windows()) {
            return null;
        }
        // asked first, so that it gives its shared memory back; then killed, whatever state it is in
        String script = "read -r line && exit 0; kill -QUIT $1; i=0;"
                + " while kill -0 $1 && [ $i -lt 50 ]; do sleep 0.1; i=$((i+1)); done;"
                + " kill -STOP $1 && pkill -KILL -P $1; kill -KILL $1";
        return new ProcessBuilder("sh", "-c", script, "drkit-guard", Long.toString(pid))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private void ended() {
        Process watching = guard;
        guard = null;
        postmaster = null;
        paused = false;
        if (watching != null) {
            try (var input = watching.getOutputStream()) {
                input.write('\n');
            } catch (IOException e) {
                log.debug("The guard of {} is gone already", name, e);
            }
        }
    }

    private boolean awaitReady(Process process, Deadline deadline, long logged)
            throws IOException, InterruptedException {
        while (!deadline.passed()) {
            if (!process.isAlive()) {
                ended();
                return false;
            }
            List<String> lines = pidFile();
            // line 1 is the process, line 8 the status; a file left by a crash names another process
            if (lines.size() >= 8
                    && lines.get(7).strip().equals("ready")
                    && isProcess(lines.get(0).strip(), process)) {
                return true;
            }
            clockwork.sleep(TICK);
        }
        throw new IOException("PostgreSQL " + name + " runs but accepts no connections in time:\n" + logSince(logged));
    }

    /** Whether what runs is what this object started, or what an agent of another kind started in its place. */
    private boolean isOurs() throws IOException {
        Process started = postmaster;
        List<String> lines = pidFile();
        return (started != null && started.isAlive())
                || (lines.size() >= 4 && lines.get(3).strip().equals(Integer.toString(port)));
    }

    private static boolean isProcess(String pid, Process process) {
        return pid.equals(Long.toString(process.pid()))
                || process.descendants().anyMatch(child -> pid.equals(Long.toString(child.pid())));
    }

    /** The lines of the postmaster's own file, also half-written; none when there is no file. */
    private List<String> pidFile() throws IOException {
        try {
            return Files.readAllLines(data.resolve(PID_FILE), StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    private OptionalLong anyPid() throws IOException {
        Process started = postmaster;
        OptionalLong listed = runningPid();
        return listed.isEmpty() && started != null && started.isAlive() ? OptionalLong.of(started.pid()) : listed;
    }

    /** The postmaster that its own file names, if that process lives and is not another one that got its number later. */
    private OptionalLong runningPid() throws IOException {
        List<String> lines = pidFile();
        if (lines.size() < 3) {
            return OptionalLong.empty();
        }
        long pid;
        long began;
        try {
            pid = Math.abs(Long.parseLong(lines.get(0).strip()));
            began = Long.parseLong(lines.get(2).strip());
        } catch (NumberFormatException halfWritten) {
            return OptionalLong.empty();
        }
        if (!ServerProcesses.lives(pid)) {
            return OptionalLong.empty();
        }
        boolean same = ProcessHandle.of(pid)
                .flatMap(handle -> handle.info().startInstant())
                .map(Instant::getEpochSecond)
                .map(start -> Math.abs(start - began) <= 10)
                .orElse(true);
        return same ? OptionalLong.of(pid) : OptionalLong.empty();
    }

    private long requirePid() throws IOException {
        return anyPid().orElseThrow(() -> new IllegalStateException(name + " does not run"));
    }

    private static List<Long> children(long pid) {
        try (Stream<ProcessHandle> all =
                ProcessHandle.of(pid).map(ProcessHandle::descendants).orElseGet(Stream::empty)) {
            return all.map(ProcessHandle::pid).toList();
        }
    }

    private void signal(String signal, long pid) throws IOException, InterruptedException {
        if (PostgresBinaries.windows()) {
            run(List.of(programs().program("pg_ctl"), "kill", signal, Long.toString(pid)));
        } else {
            ServerProcesses.signal(signal, List.of(pid));
        }
    }

    private void run(List<String> command) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(serverUser().command(command))
                .directory(directory.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(nothing()))
                .redirectErrorStream(true);
        ServerUser.cleanEnvironment(builder.environment());
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        if (exit != 0) {
            throw new IOException(String.join(" ", command) + " ended with " + exit + ":\n" + said);
        }
    }

    private static File nothing() {
        return new File(PostgresBinaries.windows() ? "NUL" : "/dev/null");
    }

    private void prepare() throws IOException, InterruptedException {
        Files.createDirectories(directory);
        if (binaries == null) {
            binaries = PostgresBinaries.unpack(cache, clockwork);
        }
        if (user == null) {
            ServerUser found = ServerUser.find(directory, namespaces);
            found.own(directory);
            user = found;
        }
    }

    private PostgresBinaries programs() {
        return Objects.requireNonNull(binaries, "prepared");
    }

    private ServerUser serverUser() {
        return Objects.requireNonNull(user, "prepared");
    }

    private Path inside(String path) {
        Path file = data.resolve(path).normalize();
        if (!file.startsWith(data) || file.equals(data)) {
            throw new IllegalArgumentException("Not a path within the data directory: " + path);
        }
        return file;
    }

    private String logSince(long offset) throws IOException {
        if (!Files.exists(logFile)) {
            return "";
        }
        byte[] all = Files.readAllBytes(logFile);
        int from = (int) Math.min(Math.max(offset, all.length - 8_192), all.length);
        return new String(all, from, all.length - from, StandardCharsets.UTF_8);
    }

    private int freePort() throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            int candidate = clockwork.random().nextInt(LOWEST_PORT, HIGHEST_PORT + 1);
            try (ServerSocket probe =
                    new ServerSocket(candidate, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
                return probe.getLocalPort();
            } catch (IOException taken) {
                log.debug("Port {} is taken", candidate, taken);
            }
        }
        throw new IOException("No free port found between " + LOWEST_PORT + " and " + HIGHEST_PORT);
    }

    static void restrict(Path file, String permissions) throws IOException {
        if (Files.getFileAttributeView(file, PosixFileAttributeView.class) != null) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        }
    }

    private static void force(Path directory) throws IOException {
        if (!PostgresBinaries.windows()) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }

    /** A server to be described; see {@link #builder}. */
    public static final class Builder {
        private final String name;
        private final Map<String, String> settings = new LinkedHashMap<>();
        private Clockwork clockwork = Clockwork.system();
        private @Nullable Path directory;
        private Path cache = PostgresBinaries.defaultCache();
        private int port;
        private boolean namespaces = true;
        private Duration startWithin = Duration.ofSeconds(30);
        private Duration stopWithin = Duration.ofSeconds(90);

        private Builder(String name) {
            if (!name.matches("[a-z][a-z0-9_]{0,30}")) {
                throw new IllegalArgumentException(
                        "A server's name is up to 31 lower-case letters, digits and underscores: " + name);
            }
            this.name = name;
            settings.put("wal_level", "replica");
            settings.put("max_wal_senders", "10");
            settings.put("max_replication_slots", "10");
            settings.put("wal_keep_size", "128MB");
            settings.put("max_connections", "100");
            settings.put("shared_buffers", "32MB");
            // files in the data directory, which go when it goes; the other kinds outlive a killed server until the
            // machine restarts
            settings.put("dynamic_shared_memory_type", PostgresBinaries.windows() ? "windows" : "mmap");
            settings.put("log_line_prefix", "%m [%p] ");
        }

        /** Time, randomness and threads; the machine's own by default. It must run on real time. */
        public Builder clockwork(Clockwork clockwork) {
            this.clockwork = Objects.requireNonNull(clockwork, "clockwork");
            return this;
        }

        /** Where its data directory and its log go; must be given. The path should be short and local. */
        public Builder directory(Path directory) {
            this.directory = Objects.requireNonNull(directory, "directory");
            return this;
        }

        /** Where the server's programs are unpacked; by default the directory of temporary files. */
        public Builder cache(Path cache) {
            this.cache = Objects.requireNonNull(cache, "cache");
            return this;
        }

        /** The port; by default a free one is chosen at the first start. */
        public Builder port(int port) {
            if (port < 1 || port > 65_535) {
                throw new IllegalArgumentException("Not a port: " + port);
            }
            this.port = port;
            return this;
        }

        /** A line of {@code postgresql.conf}, written by {@link #initialise}; a clone takes over its source's. */
        public Builder setting(String name, String value) {
            if (!name.matches("[A-Za-z_][A-Za-z0-9_.]*") || value.contains("\n")) {
                throw new IllegalArgumentException("Not a setting: " + name + " = " + value);
            }
            settings.put(name, value);
            return this;
        }

        /**
         * Whether it waits for the disk ({@code fsync}); true by default. Off is faster and outlives a killed server as well, for the
         * operating system keeps what was written; it does not outlive a crash of the machine.
         */
        public Builder durable(boolean durable) {
            return setting("fsync", durable ? "on" : "off");
        }

        /** How long {@link #start} waits; 30 seconds by default. */
        public Builder startWithin(Duration time) {
            this.startWithin = positive(time);
            return this;
        }

        /** How long a clean {@link #stop} waits; 90 seconds by default, more than a server waits for a standby that is gone. */
        public Builder stopWithin(Duration time) {
            this.stopWithin = positive(time);
            return this;
        }

        /** For a root who is not to use user namespaces, as where they are switched off. */
        Builder withoutNamespaces() {
            this.namespaces = false;
            return this;
        }

        /**
         * The server, of which nothing runs or exists yet.
         *
         * @throws IllegalStateException when no directory was given
         */
        public PostgresServer build() {
            return new PostgresServer(this);
        }

        private Path requireDirectory() {
            if (directory == null) {
                throw new IllegalStateException("The server " + name + " needs a directory");
            }
            return directory;
        }

        private static Duration positive(Duration time) {
            if (time.isNegative() || time.isZero()) {
                throw new IllegalArgumentException("Not a time to wait: " + time);
            }
            return time;
        }
    }
}
