package io.drkit.core.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.Epoch;
import io.drkit.core.StaleEpochException;
import io.drkit.core.journal.JournalEntry.Kind;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** An owner that is stopped at any point, taken over, and woken again. */
@Timeout(120)
@DisabledOnOs(OS.WINDOWS)
class FrozenOwnerTest {
    private static final JournalKey KEY = new JournalKey("shop", "west", "east");

    @TempDir
    Path root;

    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void endAll() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
    }

    private static JournalEntry entry(String text) {
        return new JournalEntry(Kind.FACT, Instant.EPOCH, "step", Map.of("text", text, "more", "x".repeat(2000)));
    }

    /** Appends as fast as it can, and says what was acknowledged, until it is told that it is stale. */
    static final class Owner {
        private Owner() {}

        public static void main(String[] args) {
            Journal journal = new FileJournalStore(Path.of(args[0])).open(KEY);
            Epoch epoch = journal.raiseEpoch(Epoch.NONE);
            journal.begin(new JournalEntry(Kind.RUN_BEGAN, Instant.EPOCH, "", Map.of("run", args[1])));
            try {
                for (int i = 0; ; i++) {
                    journal.append(entry(args[1] + "-" + i));
                    System.out.println(args[1] + "-" + i);
                }
            } catch (StaleEpochException e) {
                System.out.println("STALE " + e.code());
            }
            try {
                journal.requireHeld(epoch);
            } catch (StaleEpochException e) {
                System.out.println("AND " + e.code());
            }
            journal.close();
        }
    }

    private static void signal(Process process, String signal) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    @DisplayName(
            "F3, F13: an owner frozen in the middle of an entry is taken over; no acknowledged entry is lost, and none is added later")
    void takeOver_ownerFrozenAtAnyPoint_keepsWhatWasAcknowledgedAndTheOldOneIsStaleForGood() throws Exception {
        long seed = 20260102;
        Random random = new Random(seed);
        for (int round = 0; round < 4; round++) {
            Process owner = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Owner.class.getName(),
                            root.toString(),
                            "r" + round)
                    .redirectErrorStream(true)
                    .start();
            processes.add(owner);
            BufferedReader output = owner.inputReader(StandardCharsets.UTF_8);
            Set<String> acknowledged = new HashSet<>();
            int before = 5 + random.nextInt(40);
            for (int i = 0; i < before; i++) {
                acknowledged.add(output.readLine());
            }
            signal(owner, "STOP");
            List<JournalEntry> taken;
            try (Journal journal = new FileJournalStore(root).takeOver(KEY)) {
                taken = journal.latestRun();
                Epoch epoch = journal.raiseEpoch(Epoch.NONE);
                JournalEntry mine = entry("mine");
                journal.append(mine);
                signal(owner, "CONT");
                String line;
                boolean stale = false;
                boolean andStale = false;
                while ((line = output.readLine()) != null) {
                    if (line.startsWith("r" + round)) {
                        acknowledged.add(line);
                    } else {
                        stale |= line.equals("STALE journal.taken-over");
                        andStale |= line.equals("AND journal.taken-over");
                    }
                }
                assertThat(owner.waitFor()).isZero();
                assertThat(stale && andStale)
                        .as("seed %d, round %d", seed, round)
                        .isTrue();
                assertThat(taken.stream().map(e -> e.detail("text")).toList())
                        .as("seed %d, round %d: all that was acknowledged", seed, round)
                        .containsAll(acknowledged);
                journal.requireHeld(epoch);
                List<JournalEntry> now = new ArrayList<>(taken);
                now.add(mine);
                assertThat(journal.latestRun()).isEqualTo(now);
                assertThat(new FileJournalStore(root).runs(KEY, 1)).containsExactly(now);
            }
        }
        assertThat(JournalCheck.of(new FileJournalStore(root)).damages()).isEmpty();
    }

    @Test
    void takeOver_ownerKilledInTheMiddleOfATakeOver_isFinishedByTheNextWhoOpens() throws IOException {
        Journal old = new FileJournalStore(root).open(KEY);
        old.raiseEpoch(Epoch.NONE);
        old.begin(new JournalEntry(Kind.RUN_BEGAN, Instant.EPOCH, "", Map.of()));
        old.append(entry("a"));
        Path folder;
        try (Stream<Path> folders = Files.list(root)) {
            folder = folders.findFirst().orElseThrow();
        }
        // As far as a process came that was killed right after it began the new generation.
        Files.createDirectories(folder.resolve("takeovers").resolve("1"));
        assertThatThrownBy(() -> old.append(entry("too late"))).isInstanceOf(StaleEpochException.class);
        assertThat(new FileJournalStore(root).runs(KEY, 1).get(0)).hasSizeGreaterThanOrEqualTo(2);
        try (Journal journal = new FileJournalStore(root).open(KEY)) {
            assertThat(journal.latestRun()).extracting(e -> e.detail("text")).contains("a");
            journal.requireHeld(journal.raiseEpoch(Epoch.NONE));
            assertThatThrownBy(() -> old.raiseEpoch(Epoch.NONE)).isInstanceOf(StaleEpochException.class);
        }
        old.close();
    }

    @Test
    void append_againByAStaleOwnerBeforeTheTakeOverCopied_writesNothingMore() throws IOException {
        Journal old = new FileJournalStore(root).open(KEY);
        old.raiseEpoch(Epoch.NONE);
        old.begin(new JournalEntry(Kind.RUN_BEGAN, Instant.EPOCH, "", Map.of()));
        old.append(entry("a"));
        Path folder;
        try (Stream<Path> folders = Files.list(root)) {
            folder = folders.findFirst().orElseThrow();
        }
        // As far as a take-over came that is slow to copy.
        Files.createDirectories(folder.resolve("takeovers").resolve("1"));
        assertThatThrownBy(() -> old.append(entry("one step"))).isInstanceOf(StaleEpochException.class);
        assertThatThrownBy(() -> old.append(entry("another step"))).isInstanceOf(StaleEpochException.class);
        assertThat(JournalCheck.of(new FileJournalStore(root)).damages()).isEmpty();
        try (Journal journal = new FileJournalStore(root).open(KEY)) {
            assertThat(journal.latestRun())
                    .extracting(e -> e.detail("text"))
                    .as("what nobody was told is durable may be there, but whole")
                    .startsWith("", "a")
                    .doesNotContain("another step");
            journal.requireHeld(journal.raiseEpoch(Epoch.NONE));
            journal.append(entry("mine"));
        }
        assertThatThrownBy(() -> old.begin(new JournalEntry(Kind.RUN_BEGAN, Instant.EPOCH, "", Map.of())))
                .isInstanceOf(StaleEpochException.class);
        old.close();
        try (Journal journal = new FileJournalStore(root).takeOver(KEY)) {
            assertThat(journal.latestRun()).extracting(e -> e.detail("text")).endsWith("mine");
        }
    }

    @Test
    void takeOver_manyAtOnce_atMostOneHoldsItInTheEndAndEpochsAreAllDifferent() throws Exception {
        try (Journal first = new FileJournalStore(root).open(KEY)) {
            first.raiseEpoch(Epoch.NONE);
            first.begin(new JournalEntry(Kind.RUN_BEGAN, Instant.EPOCH, "", Map.of()));
        }
        for (int round = 0; round < 6; round++) {
            int takers = 6;
            CountDownLatch all = new CountDownLatch(takers);
            ConcurrentLinkedQueue<Journal> taken = new ConcurrentLinkedQueue<>();
            ConcurrentLinkedQueue<Epoch> epochs = new ConcurrentLinkedQueue<>();
            ConcurrentLinkedQueue<Throwable> others = new ConcurrentLinkedQueue<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < takers; i++) {
                Thread thread = new Thread(() -> {
                    all.countDown();
                    try {
                        all.await();
                        Journal journal = new FileJournalStore(root).takeOver(KEY);
                        taken.add(journal);
                        epochs.add(journal.raiseEpoch(Epoch.NONE));
                    } catch (JournalInUseException | StaleEpochException expected) {
                        // another one was faster, or slower
                    } catch (Throwable t) {
                        others.add(t);
                    }
                });
                threads.add(thread);
                thread.start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(others).isEmpty();
            assertThat(epochs).doesNotHaveDuplicates();
            long holders = 0;
            for (Journal journal : taken) {
                for (Epoch epoch : epochs) {
                    try {
                        journal.requireHeld(epoch);
                        holders++;
                    } catch (StaleEpochException stale) {
                        // not this one
                    }
                }
            }
            assertThat(holders).isLessThanOrEqualTo(1);
            taken.forEach(Journal::close);
        }
        assertThat(new FileJournalStore(root).runs(KEY, 9)).hasSize(1);
    }

    @Test
    void post_fromManyAtOnce_isInOneOrderWithNoneLostAndEachOnce() throws Exception {
        try (Journal journal = new FileJournalStore(root).open(KEY)) {
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(new JournalEntry(Kind.RUN_BEGAN, Instant.EPOCH, "", Map.of()));
            ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int poster = i;
                Thread thread = new Thread(() -> {
                    try {
                        for (int n = 0; n < 5; n++) {
                            // Every id is posted by two of them.
                            new FileJournalStore(root)
                                    .post(
                                            KEY,
                                            new Instruction(
                                                    poster / 2 + "-" + n,
                                                    Instruction.Kind.PAUSE,
                                                    "",
                                                    "ann",
                                                    "",
                                                    "because",
                                                    Instant.EPOCH));
                        }
                    } catch (Throwable t) {
                        failures.add(t);
                    }
                });
                threads.add(thread);
                thread.start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failures).isEmpty();
            assertThat(new FileJournalStore(root).instructions(KEY))
                    .extracting(Instruction::id)
                    .hasSize(20)
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void instructions_posterKilledInTheMiddle_areAsIfItHadNotBegun() throws IOException {
        FileJournalStore store = new FileJournalStore(root);
        try (Journal journal = store.open(KEY)) {
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(new JournalEntry(Kind.RUN_BEGAN, Instant.EPOCH, "", Map.of()));
        }
        Instruction pause = new Instruction("1", Instruction.Kind.PAUSE, "", "ann", "", "because", Instant.EPOCH);
        store.post(KEY, pause);
        Path posted;
        try (Stream<Path> files = Files.walk(root)) {
            posted = files.filter(f -> f.endsWith("instruction")).findFirst().orElseThrow();
        }
        Path half = Files.createDirectory(posted.getParent().resolveSibling("draft-1-1-0"));
        Files.writeString(half.resolve("instruction"), Files.readString(posted).substring(0, 70));
        assertThat(store.instructions(KEY)).containsExactly(pause);
        assertThat(JournalCheck.of(store).damages()).isEmpty();
    }
}
