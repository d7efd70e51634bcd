package io.drkit.testkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.replica.NodeAgent.Stop;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Tag("harness")
@Timeout(120)
class PostgresServerTest {
    private final Clockwork clockwork = Clockwork.system();

    @TempDir
    Path directory;

    private PostgresServer server;

    @BeforeEach
    void initialise() throws Exception {
        server = describe().build();
        server.initialise();
    }

    @AfterEach
    void end() {
        server.close();
    }

    private PostgresServer.Builder describe() {
        return PostgresServer.builder("west")
                .directory(directory.resolve("west"))
                .durable(false)
                .startWithin(Duration.ofSeconds(20));
    }

    @Test
    void start_twice_isOneServerOnOnePort() throws Exception {
        server.start();
        int port = server.port();
        server.start();
        server.restart();

        assertThat(server.port()).isEqualTo(port).isBetween(15_000, 31_999);
        assertThat(select("SHOW cluster_name")).isEqualTo("west");
        assertThat(select("SHOW data_checksums")).isEqualTo("on");
    }

    @Test
    void start_neverInitialised_isRefused() {
        PostgresServer empty = PostgresServer.builder("east")
                .directory(directory.resolve("east"))
                .build();

        assertThatThrownBy(empty::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("initialise it or clone it");
    }

    @Test
    void initialise_twice_isRefusedAndTouchesNothing() throws Exception {
        byte[] before = server.read("global/pg_control");

        assertThatThrownBy(server::initialise).isInstanceOf(IllegalStateException.class);

        assertThat(server.read("global/pg_control")).isEqualTo(before);
    }

    @Test
    void start_badSetting_failsWithTheServersOwnWords() throws Exception {
        server.write("postgresql.auto.conf", "wal_level = nonsense\n".getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(server::start)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("invalid value for parameter \"wal_level\"");
        assertThat(server.running()).isFalse();
    }

    @Test
    void start_portTakenForGood_failsAndStartsOnceItIsFree() throws Exception {
        server.start();
        server.stop(Stop.CLEAN);
        try (ServerSocket thief = new ServerSocket(server.port(), 1, InetAddress.getByName("127.0.0.1"))) {
            assertThat(thief.isBound()).isTrue();
            assertThatThrownBy(server::start).isInstanceOf(IOException.class).hasMessageContaining("could not bind");
        }

        server.start();
        assertThat(server.running()).isTrue();
    }

    @Test
    void start_serverLeftBehindInTheDirectory_endsItAndStartsItsOwn() throws Exception {
        server.start();
        long left = pid();

        try (PostgresServer later = describe().build()) {
            later.start();

            assertThat(ServerProcesses.lives(left)).isFalse();
            // the port that the other one left is free again, and may be drawn once more
            try (Connection connection = later.connect("postgres")) {
                assertThat(connection.isValid(5)).isTrue();
            }
        }
    }

    @Test
    void start_pidFileOfAnotherProcess_isNotMistakenForTheServer() throws Exception {
        // the number of a process that lives and is not a server, as after a restart of the machine
        server.write(
                "postmaster.pid",
                (ProcessHandle.current().pid() + "\n" + server.dataDirectory() + "\n1000000000\n5432\n")
                        .getBytes(StandardCharsets.UTF_8));

        assertThat(server.running()).isFalse();
        server.kill9();
        server.close();
        assertThat(ProcessHandle.current().isAlive()).isTrue();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void jvmEndsWithoutClosing_serverEndsToo() throws Exception {
        List<String> command = List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                Abandon.class.getName(),
                directory.resolve("west").toString());
        Process jvm = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(jvm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(jvm.waitFor()).as(said).isEqualTo(7);
        long left = Long.parseLong(said.strip());

        Deadline deadline = clockwork.deadline(Duration.ofSeconds(20));
        while (ServerProcesses.lives(left)) {
            assertThat(deadline.passed())
                    .as("server " + left + " outlives its JVM")
                    .isFalse();
            clockwork.sleep(Duration.ofMillis(10));
        }
        assertThat(server.running()).isFalse();
    }

    /** Starts a server and ends its JVM without a word, as a killed test run does. */
    static final class Abandon {
        public static void main(String[] arguments) throws Exception {
            PostgresServer server = PostgresServer.builder("west")
                    .directory(Path.of(arguments[0]))
                    .durable(false)
                    .build();
            server.start();
            System.out.println(Files.readAllLines(server.dataDirectory().resolve("postmaster.pid"))
                    .get(0));
            System.out.flush();
            Runtime.getRuntime().halt(7);
        }
    }

    @Test
    void stop_notRunning_isNoError() throws Exception {
        server.stop(Stop.CLEAN);
        server.stop(Stop.AT_ONCE);
        server.kill9();

        assertThat(server.running()).isFalse();
    }

    @Test
    void stop_atOnce_leavesTheControlFileAsACrashDoes() throws Exception {
        server.start();

        server.stop(Stop.AT_ONCE);

        assertThat(server.controlState()).isEqualTo(ControlState.IN_PRODUCTION);
    }

    @Test
    void stop_cleanOfAFrozenServer_saysThatItStillRuns() throws Exception {
        PostgresServer hasty = describe().stopWithin(Duration.ofMillis(300)).build();
        hasty.start();
        hasty.pause();

        assertThatThrownBy(() -> hasty.stop(Stop.CLEAN))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("still runs");
        assertThat(hasty.running()).isTrue();
        hasty.close();
        assertThat(hasty.running()).isFalse();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void close_afterKill9_leavesNoSharedMemory() throws Exception {
        server.start();
        String segment = new String(server.read("postmaster.pid"), StandardCharsets.UTF_8)
                .lines()
                .toList()
                .get(6)
                .strip()
                .split("\\s+")[1];
        assertThat(sharedMemory()).contains(segment);
        server.kill9();

        server.close();

        assertThat(sharedMemory()).doesNotContain(segment);
    }

    private static List<String> sharedMemory() throws Exception {
        Process ipcs = new ProcessBuilder("ipcs", "-m").start();
        String said = new String(ipcs.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(ipcs.waitFor()).isZero();
        // the number is the second column, on Linux and on macOS
        return said.lines()
                .map(line -> line.strip().split("\\s+"))
                .filter(columns -> columns.length > 1)
                .map(columns -> columns[1])
                .toList();
    }

    @Test
    void close_whileInterrupted_endsTheServerAndStaysInterrupted() throws Exception {
        server.start();
        Thread.currentThread().interrupt();

        server.close();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(server.running()).isFalse();
    }

    @Test
    void agent_filesOfTheDataDirectory_areWrittenReadAndRemoved() throws Exception {
        server.write("standby.signal", new byte[0]);
        server.write("base/note", new byte[] {1});
        server.write("base/note", new byte[] {1, 2});

        assertThat(server.read("standby.signal")).isEmpty();
        assertThat(server.read("base/note")).containsExactly(1, 2);
        if (!PostgresBinaries.windows()) {
            assertThat(Files.getPosixFilePermissions(server.dataDirectory().resolve("base/note")))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        }
        server.remove("base/note");
        server.remove("base/note");
        assertThatThrownBy(() -> server.read("base/note")).isInstanceOf(NoSuchFileException.class);
        try (var files = Files.list(server.dataDirectory().resolve("base"))) {
            assertThat(files).noneMatch(file -> file.getFileName().toString().contains("drkit"));
        }
    }

    @Test
    void agent_pathsOutOfTheDataDirectory_areRefused() {
        for (String path : List.of("../server.log", "base/../../server.log", "/etc/passwd", "", ".")) {
            assertThatThrownBy(() -> server.read(path)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> server.write(path, new byte[0])).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> server.remove(path)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void controlState_noControlFile_saysSo() throws Exception {
        server.remove("global/pg_control");

        assertThatThrownBy(server::controlState).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void initialise_withoutUserNamespaces_filesBelongToAnOrdinaryUserWhoRunsTheServer() throws Exception {
        boolean root = PostgresBinaries.linux() && Integer.valueOf(0).equals(Files.getAttribute(directory, "unix:uid"));
        Path shared = Files.createTempDirectory("drkit-as-nobody-");
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (PostgresServer west = PostgresServer.builder("west")
                        .directory(shared.resolve("west"))
                        .withoutNamespaces()
                        .durable(false)
                        .build();
                PostgresServer east = PostgresServer.builder("east")
                        .directory(shared.resolve("east"))
                        .withoutNamespaces()
                        .build()) {
            west.initialise();
            west.start();
            east.cloneFrom(west, new Upstream(west.host(), west.port(), PostgresServer.SUPERUSER, "east"));
            east.start();
            east.write("drkit-note", new byte[] {1});

            assertThat(Files.getOwner(west.dataDirectory().resolve("PG_VERSION"))
                            .getName())
                    .isNotEqualTo("root");
            assertThat(Files.getOwner(east.dataDirectory().resolve("drkit-note")))
                    .isEqualTo(Files.getOwner(west.dataDirectory().resolve("PG_VERSION")));
            east.restart();
        } finally {
            DirectoryTree.delete(shared);
        }
    }

    @Test
    void builder_badValues_areRefused() {
        assertThatThrownBy(() -> PostgresServer.builder("West-1")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PostgresServer.builder("west").port(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PostgresServer.builder("west").setting("a b", "c"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PostgresServer.builder("west").setting("a", "b\nc"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PostgresServer.builder("west").startWithin(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PostgresServer.builder("west").build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("directory");
    }

    private long pid() throws IOException {
        return Long.parseLong(new String(server.read("postmaster.pid"), StandardCharsets.UTF_8)
                .lines()
                .findFirst()
                .orElseThrow());
    }

    private String select(String query) throws SQLException {
        try (Connection connection = server.connect("postgres");
                var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
