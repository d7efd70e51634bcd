package io.drkit.core.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.StaleEpochException;
import io.drkit.core.journal.JournalEntry.Kind;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class FileJournalTest {
    private static final JournalKey KEY = new JournalKey("shop", "west", "east");

    @TempDir
    Path root;

    private JournalStore store() {
        return new FileJournalStore(root);
    }

    private static JournalEntry entry(Kind kind, String step) {
        return new JournalEntry(
                kind, Instant.parse("2026-01-02T03:04:05.678901234Z"), step, Map.of("text", "quotes \" and\nlines ü"));
    }

    private List<JournalEntry> writeThree() {
        List<JournalEntry> entries =
                List.of(entry(Kind.RUN_BEGAN, ""), entry(Kind.INTENT, "a"), entry(Kind.OUTCOME, "a"));
        try (Journal journal = store().open(KEY)) {
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(entries.get(0));
            journal.append(entries.get(1));
            journal.append(entries.get(2));
        }
        return entries;
    }

    private Path runFile() throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(f -> f.toString().endsWith(".journal"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private List<JournalEntry> read() {
        try (Journal journal = store().open(KEY)) {
            return journal.latestRun();
        }
    }

    @Test
    void latestRun_neverRun_isEmpty() {
        assertThat(read()).isEmpty();
    }

    @Test
    void latestRun_afterReopening_isWhatWasWritten() {
        List<JournalEntry> written = writeThree();
        assertThat(read()).isEqualTo(written);
    }

    @Test
    void latestRun_fileCutAtEveryByte_losesOnlyTheTornEntry() throws IOException {
        List<JournalEntry> written = writeThree();
        byte[] whole = Files.readAllBytes(runFile());
        int firstEntryEnd = secondLineEnd(whole);
        for (int length = firstEntryEnd; length <= whole.length; length++) {
            Files.write(runFile(), Arrays.copyOf(whole, length));
            // only the line end is missing: the entry itself is there
            boolean allButItsEnd = length < whole.length && whole[length] == '\n';
            int complete = newlines(whole, length) - 1 + (allButItsEnd ? 1 : 0);
            assertThat(read()).as("cut to %d bytes", length).isEqualTo(written.subList(0, complete));
        }
    }

    @Test
    void append_afterATornTail_goesOnFromTheLastWholeEntry() throws IOException {
        List<JournalEntry> written = writeThree();
        byte[] whole = Files.readAllBytes(runFile());
        Files.write(runFile(), Arrays.copyOf(whole, whole.length - 7));
        JournalEntry more = entry(Kind.FACT, "b");
        try (Journal journal = store().open(KEY)) {
            journal.append(more);
        }
        assertThat(read()).containsExactly(written.get(0), written.get(1), more);
    }

    @Test
    @DisplayName("F14: an acknowledged entry is not taken for a torn one because a bit of its line end has flipped")
    void latestRun_lineEndOfTheLastEntryDamaged_keepsTheEntry() throws IOException {
        List<JournalEntry> written = writeThree();
        byte[] whole = Files.readAllBytes(runFile());
        for (int bit = 0; bit < 8; bit++) {
            byte[] damaged = whole.clone();
            damaged[whole.length - 1] ^= (byte) (1 << bit);
            Files.write(runFile(), damaged);
            assertThat(store().runs(KEY, 1)).as("bit %d", bit).containsExactly(written);
            assertThat(read()).as("bit %d", bit).isEqualTo(written);
            assertThat(runFile()).as("mended").hasBinaryContent(whole);
        }
        Files.write(runFile(), Arrays.copyOf(whole, whole.length - 1));
        try (Journal taken = store().takeOver(KEY)) {
            assertThat(taken.latestRun()).isEqualTo(written);
            JournalEntry more = entry(Kind.FACT, "b");
            taken.append(more);
            assertThat(store().runs(KEY, 1).get(0)).hasSize(4).endsWith(more);
        }
    }

    @Test
    void latestRun_tailOfZeroBytesAfterAPowerCut_isTornAndCutOff() throws IOException {
        List<JournalEntry> written = writeThree();
        byte[] whole = Files.readAllBytes(runFile());
        Files.write(runFile(), Arrays.copyOf(whole, whole.length + 100));
        assertThat(read()).isEqualTo(written);
        assertThat(runFile()).hasBinaryContent(whole);
    }

    @Test
    void open_anyByteChangedInAWholeLine_isRefused() throws IOException {
        writeThree();
        byte[] whole = Files.readAllBytes(runFile());
        int checked = 0;
        for (int i = 0; i < whole.length; i++) {
            if (whole[i] == '\n') {
                continue; // joins two lines: see the test of a removed line end
            }
            byte[] damaged = whole.clone();
            damaged[i] ^= 1;
            if (damaged[i] == '\n') {
                continue;
            }
            Files.write(runFile(), damaged);
            CorruptJournalException refused = catchThrowableOfType(CorruptJournalException.class, this::read);
            assertThat(refused).as("byte %d changed", i).isNotNull();
            assertThat(refused.code()).isIn("journal.corrupt", "journal.newer-format");
            assertThat(refused).hasMessageContaining(runFile().toString()).hasMessageContaining("What to do:");
            checked++;
        }
        assertThat(checked).isGreaterThan(300);
        Files.write(runFile(), whole);
        assertThat(read()).hasSize(3);
    }

    @Test
    void open_lineRemovedDoubledOrMoved_isRefused() throws IOException {
        writeThree();
        List<String> lines = Files.readAllLines(runFile());
        assertThatRefused(lines.get(0), lines.get(1), lines.get(3));
        assertThatRefused(lines.get(0), lines.get(1), lines.get(1), lines.get(2), lines.get(3));
        assertThatRefused(lines.get(0), lines.get(2), lines.get(1), lines.get(3));
        assertThatRefused(lines.get(0), lines.get(1), lines.get(2) + lines.get(3));
    }

    private void assertThatRefused(String... lines) throws IOException {
        Files.writeString(runFile(), String.join("\n", lines) + "\n");
        assertThatThrownBy(this::read).isInstanceOf(CorruptJournalException.class);
    }

    @Test
    void open_newerFormat_isRefusedAsSuchAndLeftAlone() throws IOException {
        writeThree();
        String text = Files.readString(runFile()).replaceFirst("drkit-journal 1", "drkit-journal 2");
        Files.writeString(runFile(), text);
        CorruptJournalException refused = catchThrowableOfType(CorruptJournalException.class, this::read);
        assertThat(refused.code()).isEqualTo("journal.newer-format");
        assertThat(runFile()).hasContent(text);
    }

    @Test
    void open_twiceInOneProcess_isRefusedAndTheFirstKeepsItsLock() {
        try (Journal first = store().open(KEY)) {
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> store().open(KEY))
                        .isInstanceOf(JournalInUseException.class)
                        .hasMessageContaining("this very process");
            }
            Epoch epoch = first.raiseEpoch(Epoch.NONE);
            first.begin(entry(Kind.RUN_BEGAN, ""));
            first.requireHeld(epoch);
            assertThat(heldByAnotherProcessCanOpen()).isFalse();
        }
        assertThat(heldByAnotherProcessCanOpen()).isTrue();
    }

    @Test
    void open_heldByAnotherClassLoaderOfThisProcess_isRefusedAndTheFirstKeepsItsLock() throws Exception {
        List<URL> classPath = new ArrayList<>();
        for (String part : System.getProperty("java.class.path").split(File.pathSeparator)) {
            classPath.add(Path.of(part).toUri().toURL());
        }
        try (Journal first = store().open(KEY);
                URLClassLoader redeployed =
                        new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            assertThat(first.latestRun()).isEmpty();
            Class<?> storeType = redeployed.loadClass(FileJournalStore.class.getName());
            Class<?> keyType = redeployed.loadClass(JournalKey.class.getName());
            Object store = storeType.getConstructor(Path.class).newInstance(root);
            Object key = keyType.getConstructor(String.class, String.class, String.class)
                    .newInstance(KEY.plan(), KEY.siteA(), KEY.siteB());
            InvocationTargetException refused = catchThrowableOfType(
                    InvocationTargetException.class,
                    () -> storeType.getMethod("open", keyType).invoke(store, key));
            assertThat(refused.getCause())
                    .hasMessageContaining("journal.in-use")
                    .hasMessageContaining("this very process");
            assertThat(heldByAnotherProcessCanOpen()).isFalse();
        }
    }

    private boolean heldByAnotherProcessCanOpen() {
        try {
            Process process = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            OpensJournal.class.getName(),
                            root.toString())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int exit = process.waitFor();
            assertThat(output).contains(exit == 0 ? "opened" : "journal.in-use");
            return exit == 0;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Tries to open the journal from a process of its own. */
    static final class OpensJournal {
        private OpensJournal() {}

        public static void main(String[] args) {
            try (Journal journal = new FileJournalStore(Path.of(args[0])).open(KEY)) {
                System.out.println("opened " + journal.latestRun().size());
            }
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void append_diskFullInTheMiddleOfALine_isRefusedFromThenOnAndLosesNothingThatWasAcknowledged() throws Exception {
        String output = onASmallDisk(FillsTheDisk.class);
        int acknowledged = Integer.parseInt(output.replaceAll("(?s).*acknowledged (\\d+).*", "$1"));
        assertThat(output).contains("refused journal.unreachable", "then refused journal.unreachable");
        assertThat(acknowledged).isGreaterThan(10);
        assertThat(Files.readString(runFile()))
                .as("what was cut short was cut off")
                .endsWith("\n");
        assertThat(read()).hasSize(acknowledged);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void begin_diskFullInTheMiddleOfTheFirstEntry_leavesNoRunBehind() throws Exception {
        assertThat(onASmallDisk(BeginsOnAFullDisk.class)).contains("refused journal.unreachable");
        assertThat(read()).isEmpty();
    }

    /** Runs it where no file may grow beyond some KiB, which cuts a write short as a full disk does; answers what it said. */
    private String onASmallDisk(Class<?> program) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -f 16; exec \"$0\" -XX:-UsePerfData -cp \"$1\" \"$2\" \"$3\"",
                        ProcessHandle.current().info().command().orElseThrow(),
                        System.getProperty("java.class.path"),
                        program.getName(),
                        root.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    /** Begins a run with an entry that does not fit. */
    static final class BeginsOnAFullDisk {
        private BeginsOnAFullDisk() {}

        public static void main(String[] args) {
            try (Journal journal = new FileJournalStore(Path.of(args[0])).open(KEY)) {
                journal.raiseEpoch(Epoch.NONE);
                journal.begin(new JournalEntry(Kind.RUN_BEGAN, Instant.EPOCH, "", Map.of("x", "x".repeat(100_000))));
            } catch (BlockedException full) {
                System.out.println("refused " + full.code());
            }
        }
    }

    /** Appends until it cannot, and once more. */
    static final class FillsTheDisk {
        private FillsTheDisk() {}

        public static void main(String[] args) {
            try (Journal journal = new FileJournalStore(Path.of(args[0])).open(KEY)) {
                journal.raiseEpoch(Epoch.NONE);
                journal.begin(entry(Kind.RUN_BEGAN, ""));
                int acknowledged = 1;
                try {
                    while (acknowledged < 10_000) {
                        journal.append(entry(Kind.FACT, "step " + acknowledged));
                        acknowledged++;
                    }
                } catch (BlockedException full) {
                    System.out.println("acknowledged " + acknowledged + " refused " + full.code());
                }
                try {
                    journal.append(new JournalEntry(Kind.FACT, Instant.EPOCH, "", Map.of()));
                } catch (BlockedException still) {
                    System.out.println("then refused " + still.code());
                }
            }
        }
    }

    @Test
    void open_otherDirectionOfTheSamePair_isTheSameJournal() {
        try (Journal held = store().open(KEY)) {
            assertThat(held.latestRun()).isEmpty();
            assertThatThrownBy(() -> store().open(new JournalKey("shop", "east", "west")))
                    .isInstanceOf(JournalInUseException.class);
        }
    }

    @Test
    void open_folderNotWritable_isBlockedWithWhatToDo() throws IOException {
        Path file = Files.writeString(root.resolve("file"), "in the way");
        BlockedException refused = catchThrowableOfType(
                BlockedException.class,
                () -> new FileJournalStore(file).open(KEY).close());
        assertThat(refused.code()).isEqualTo("journal.unreachable");
    }

    @Test
    void raiseEpoch_alwaysGrows_evenWhenTheEpochFileOrTheRunsAreGone() throws IOException {
        List<Epoch> epochs = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            try (Journal journal = store().open(KEY)) {
                epochs.add(journal.raiseEpoch(Epoch.NONE));
                journal.begin(entry(Kind.RUN_BEGAN, ""));
            }
        }
        Path epochFile = runFile().resolveSibling("epoch");
        Files.delete(epochFile);
        try (Journal journal = store().open(KEY)) {
            epochs.add(journal.raiseEpoch(Epoch.NONE));
        }
        try (Stream<Path> files = Files.list(epochFile.getParent())) {
            for (Path run : files.filter(f -> f.toString().endsWith(".journal")).toList()) {
                Files.delete(run);
            }
        }
        try (Journal journal = store().open(KEY)) {
            epochs.add(journal.raiseEpoch(Epoch.NONE));
        }
        assertThat(epochs).isSorted().doesNotHaveDuplicates().hasSize(5);
    }

    @Test
    void raiseEpoch_epochFileGoneAfterAResumption_isAboveTheResumptionsEpoch() throws IOException {
        Epoch resumed;
        try (Journal journal = store().open(KEY)) {
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(entry(Kind.RUN_BEGAN, ""));
            journal.raiseEpoch(Epoch.NONE);
            resumed = journal.raiseEpoch(Epoch.NONE);
            journal.append(new JournalEntry(Kind.RUN_RESUMED, Instant.EPOCH, "", Map.of("epoch", resumed.toString())));
        }
        Files.delete(runFile().resolveSibling("epoch"));
        try (Journal journal = store().open(KEY)) {
            assertThat(journal.raiseEpoch(Epoch.NONE)).isGreaterThan(resumed);
        }
    }

    @Test
    void everything_threadInterrupted_isDurableAllTheSameAndTheThreadStaysInterrupted() {
        List<JournalEntry> written = List.of(entry(Kind.RUN_BEGAN, ""), entry(Kind.INTENT, "a"));
        Thread.currentThread().interrupt();
        try (Journal journal = store().open(KEY)) {
            Epoch epoch = journal.raiseEpoch(Epoch.NONE);
            journal.begin(written.get(0));
            journal.append(written.get(1));
            journal.requireHeld(epoch);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(read()).isEqualTo(written);
    }

    @Test
    void open_namesLongerThanAFileNameMayBe_haveAJournalEach() {
        String plan = "切换计划".repeat(30);
        try (Journal one = store().open(new JournalKey(plan, "west", "east"));
                Journal other = store().open(new JournalKey(plan, "west", "north"))) {
            one.raiseEpoch(Epoch.NONE);
            one.begin(entry(Kind.RUN_BEGAN, ""));
            assertThat(other.latestRun()).isEmpty();
        }
    }

    @Test
    void requireHeld_epochRaisedByAnother_isStale() throws IOException {
        try (Journal journal = store().open(KEY)) {
            Epoch epoch = journal.raiseEpoch(Epoch.NONE);
            journal.begin(entry(Kind.RUN_BEGAN, ""));
            journal.requireHeld(epoch);
            Files.writeString(runFile().resolveSibling("epoch"), epoch.next().toString());
            assertThatThrownBy(() -> journal.requireHeld(epoch)).isInstanceOf(StaleEpochException.class);
        }
    }

    @Test
    void requireHeld_closed_isStale() {
        Journal journal = store().open(KEY);
        Epoch epoch = journal.raiseEpoch(Epoch.NONE);
        journal.close();
        assertThatThrownBy(() -> journal.requireHeld(epoch)).isInstanceOf(StaleEpochException.class);
    }

    @Test
    void append_closed_isRefused() {
        Journal journal = store().open(KEY);
        journal.raiseEpoch(Epoch.NONE);
        journal.begin(entry(Kind.RUN_BEGAN, ""));
        journal.close();
        assertThatThrownBy(() -> journal.append(entry(Kind.FACT, "a"))).isInstanceOf(BlockedException.class);
    }

    private static int secondLineEnd(byte[] bytes) {
        int seen = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n' && ++seen == 2) {
                return i + 1;
            }
        }
        throw new AssertionError("no second line");
    }

    private static int newlines(byte[] bytes, int length) {
        int seen = 0;
        for (int i = 0; i < length; i++) {
            if (bytes[i] == '\n') {
                seen++;
            }
        }
        return seen;
    }
}
