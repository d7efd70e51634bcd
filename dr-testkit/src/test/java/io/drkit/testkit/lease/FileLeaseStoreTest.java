package io.drkit.testkit.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.BlockedException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Epoch;
import io.drkit.core.lease.FileLeaseStore;
import io.drkit.core.lease.Lease;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore.Seen;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.time.VirtualClockwork;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the file store promises beyond the contract. */
@Timeout(120)
class FileLeaseStoreTest {
    private static final String NAME = "shop";

    @TempDir
    Path root;

    private static LeaseRecord held(Epoch epoch) {
        return new LeaseRecord(
                Optional.of(Node.named("west")), epoch, Duration.ofSeconds(15), 0, Optional.empty(), Map.of());
    }

    private Seen taken() throws InterruptedException {
        FileLeaseStore store = new FileLeaseStore(root);
        Seen seen = store.read(NAME);
        return store.write(NAME, seen, held(seen.floor().next()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "garbage", "1 shop\n{}\n", "1 shop\n{\"format\":99}\n", "1 shop", "\0\0\0\0"})
    void read_garbage_isAClearErrorAndNotAFreeLease(String garbage) throws Exception {
        taken();
        for (String file : List.of("shop.lease", "shop.epoch")) {
            byte[] before = Files.readAllBytes(root.resolve(file));
            Files.writeString(root.resolve(file), garbage);
            assertThatThrownBy(() -> new FileLeaseStore(root).read(NAME))
                    .isInstanceOf(BlockedException.class)
                    .hasMessageContaining("lease.corrupt")
                    .hasMessageContaining(file);
            Leases east =
                    Leases.in(new FileLeaseStore(root)).as(Node.named("east")).build();
            assertThatThrownBy(() -> east.tryAcquire(NAME)).hasMessageContaining("lease.corrupt");
            Files.write(root.resolve(file), before);
        }
        assertThat(new FileLeaseStore(root).read(NAME).record()).isPresent();
    }

    @Test
    void read_cutShortAtEveryByte_isNeverAFreeLease() throws Exception {
        taken();
        byte[] whole = Files.readAllBytes(root.resolve("shop.lease"));
        // all but the last line's end, which carries nothing
        for (int length = 0; length < whole.length - 1; length++) {
            Files.write(root.resolve("shop.lease"), java.util.Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> new FileLeaseStore(root).read(NAME))
                    .as("%d bytes", length)
                    .hasMessageContaining("lease.corrupt");
        }
    }

    @Test
    @DisplayName("The floor's file alone, or the record's alone, is enough for the epoch to grow")
    void floor_eitherFileDeleted_isKept() throws Exception {
        Epoch first = taken().record().orElseThrow().epoch();
        Files.delete(root.resolve("shop.epoch"));
        assertThat(new FileLeaseStore(root).read(NAME).floor()).isEqualTo(first);
        Epoch second = taken().record().orElseThrow().epoch();
        assertThat(second).isGreaterThan(first);
        Files.delete(root.resolve("shop.lease"));
        assertThat(new FileLeaseStore(root).read(NAME).floor()).isEqualTo(second);
    }

    @Test
    void write_folderCannotBeUsed_isBlocked() throws Exception {
        Path file = Files.writeString(root.resolve("file"), "no folder");
        FileLeaseStore store = new FileLeaseStore(file.resolve("leases"));
        assertThatThrownBy(() -> store.write(NAME, new FileLeaseStore(root).read(NAME), held(new Epoch(1))))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("lease.unreachable");
    }

    @Test
    @DisplayName("A process that is stopped while it holds the lock keeps nobody waiting without end")
    void write_lockedByAnotherProcess_givesUpAndSaysSo() throws Exception {
        taken();
        Process other = java("HoldingProcess", root.resolve("lock").toString());
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            FileLeaseStore store = new FileLeaseStore(root, virtual);
            Seen seen = store.read(NAME);
            virtual.run(() -> assertThatThrownBy(() -> store.write(NAME, seen, held(new Epoch(2))))
                    .isInstanceOf(DrTimeoutException.class)
                    .hasMessageContaining("lease.store-busy"));
            assertThat(virtual.elapsed()).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(6));
            assertThat(store.read(NAME)).isEqualTo(seen);
        } finally {
            other.destroyForcibly().waitFor();
        }
        taken();
    }

    @Test
    @DisplayName("E1: processes that all want one lease have it one after the other, each under a higher epoch")
    void acquire_manyProcesses_oneAfterTheOther() throws Exception {
        List<Process> processes = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                processes.add(start("TakingProcess", root.resolve("leases").toString(), "node-" + i));
            }
            List<Long> epochs = new ArrayList<>();
            for (Process process : processes) {
                try (BufferedReader out =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                    out.lines().map(Long::parseLong).forEach(epochs::add);
                }
                assertThat(process.waitFor()).isZero();
            }
            assertThat(epochs).hasSize(3 * TakingProcess.TURNS).doesNotHaveDuplicates();
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
        // each held it alone: none found the mark of another
        assertThat(root.resolve("leases").resolve("mark")).doesNotExist();
    }

    private static Process start(String main, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                FileLeaseStoreTest.class.getName() + "$" + main));
        command.addAll(List.of(args));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Started, and at work. */
    private static Process java(String main, String... args) throws Exception {
        Process process = start(main, args);
        assertThat(process.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("holds");
        return process;
    }

    /** Holds a file's lock until it is ended. */
    static final class HoldingProcess {
        private HoldingProcess() {}

        public static void main(String[] args) throws Exception {
            try (FileChannel channel =
                            FileChannel.open(Path.of(args[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                System.out.println(lock.isValid() ? "holds" : "failed");
                Clockwork.system().sleep(Duration.ofMinutes(5));
            }
        }
    }

    /** Takes the lease a few times, and prints the epochs. */
    static final class TakingProcess {
        static final int TURNS = 5;

        private TakingProcess() {}

        public static void main(String[] args) throws Exception {
            Path root = Path.of(args[0]);
            Leases leases = Leases.in(new FileLeaseStore(root))
                    .as(Node.named(args[1]))
                    .lookEvery(Duration.ofMillis(5))
                    .build();
            for (int turn = 0; turn < TURNS; turn++) {
                try (Lease lease = acquire(leases)) {
                    Files.createFile(root.resolve("mark"));
                    lease.requireHeld();
                    Files.delete(root.resolve("mark"));
                    System.out.println(lease.epoch());
                }
            }
        }

        private static Lease acquire(Leases leases) throws InterruptedException {
            return leases.acquire(NAME, Duration.ofMinutes(1));
        }
    }
}
