package io.drkit.core.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.Epoch;
import io.drkit.core.journal.CorruptJournalException;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalCheck;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.journal.MirroredJournalStore;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.HtmlReport;
import io.drkit.core.report.JsonReport;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.World.Place;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyJournalTest {
    private static final SiteSwitch<Place> OVER = SiteSwitch.switchoverFrom(World.WEST).to(World.EAST);
    private static final JournalKey KEY = new JournalKey("shop / one", "west", "east");

    @TempDir
    Path home;

    private Path journals;
    private RunReport switched;
    private RunReport undone;

    @BeforeEach
    void runTwice() throws InterruptedException {
        journals = home.resolve("journals");
        World world = new World();
        PlanRunner runner =
                PlanRunner.journalingTo(new FileJournalStore(journals)).build();
        switched = runner.run(plan(world, "primary"), OVER);
        world.blocked.put("refused", "it is refused");
        undone = runner.run(plan(world, "refused"), OVER);
    }

    private static RecoveryPlan<Place> plan(World world, String promoted) {
        return RecoveryPlan.<Place>named("shop / one")
                .rpo(Duration.ofMinutes(1))
                .rto(Duration.ofMinutes(2))
                .step("stop", (from, to) -> world.set(promoted.equals("refused") ? "others" : "writers", "off"))
                .undo((from, to) -> world.set("others", "on"))
                .step("promote", (from, to) -> world.set(promoted, to.name()))
                .after("stop")
                .pointOfNoReturn()
                .build();
    }

    private int verify(List<String> said, String... more) {
        List<String> args = new ArrayList<>(List.of(journals.toString()));
        args.addAll(List.of(more));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int status =
                VerifyJournal.run(args.toArray(String[]::new), new PrintStream(bytes, true, StandardCharsets.UTF_8));
        said.addAll(bytes.toString(StandardCharsets.UTF_8).lines().toList());
        return status;
    }

    /** The damages that are told, each once; the folder stays as it is. */
    private List<String> damages() throws IOException {
        Map<String, String> before = everything();
        List<String> said = new ArrayList<>();
        assertThat(verify(said)).isEqualTo(VerifyJournal.DAMAGED);
        assertThat(everything()).isEqualTo(before);
        return said.stream().filter(line -> line.startsWith("DAMAGED: ")).toList();
    }

    private Map<String, String> everything() throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(journals)) {
            for (Path path : paths.toList()) {
                files.put(
                        path.toString(),
                        Files.isDirectory(path) ? "" : Files.readString(path, StandardCharsets.ISO_8859_1));
            }
        }
        return files;
    }

    private List<Path> runFiles() throws IOException {
        try (Stream<Path> paths = Files.walk(journals)) {
            return paths.filter(path -> path.toString().endsWith(".journal"))
                    .sorted()
                    .toList();
        }
    }

    private void damage(Path file, java.util.function.UnaryOperator<List<String>> change) throws IOException {
        List<String> lines = change.apply(new ArrayList<>(Files.readAllLines(file)));
        Files.writeString(file, String.join("\n", lines) + "\n");
    }

    @Test
    void verify_undamaged_saysWhatEachRunIsAndChangesNothing() throws IOException {
        Map<String, String> before = everything();
        List<String> said = new ArrayList<>();
        assertThat(verify(said)).isEqualTo(VerifyJournal.INTACT);
        assertThat(said).hasSize(3);
        assertThat(said.get(0))
                .startsWith("shop / one, SWITCHOVER west -> east, run " + undone.runId())
                .contains("epoch 2", "UNDONE, intact");
        assertThat(said.get(1)).contains(switched.runId(), "epoch 1", "SUCCEEDED, intact");
        assertThat(said.get(2)).isEqualTo("2 runs intact, 0 damages");
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void verify_whileTheRunGoesOnAndWithATornLine_isIntact() throws IOException {
        Path file = runFiles().get(1);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 5));
        List<String> said = new ArrayList<>();
        assertThat(verify(said)).isEqualTo(VerifyJournal.INTACT);
        assertThat(said.get(0)).contains("not over", "torn last line");
    }

    @Test
    void verify_afterATakeOver_readsWhatCounts() throws IOException {
        try (var taken = new FileJournalStore(journals).takeOver(KEY)) {
            assertThat(taken.latestRun()).isNotEmpty();
            Files.writeString(runFiles().get(0), "an old owner's garbage");
            List<String> said = new ArrayList<>();
            assertThat(verify(said)).isEqualTo(VerifyJournal.INTACT);
            assertThat(said).contains("2 runs intact, 0 damages");
        }
    }

    @Test
    void verify_aByteFlipped_saysInWhichLine() throws IOException {
        Path file = runFiles().get(0);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 10] ^= 1;
        Files.write(file, bytes);
        int last = Files.readAllLines(file, StandardCharsets.ISO_8859_1).size();
        assertThat(damages())
                .singleElement()
                .satisfies(damage -> assertThat(damage).contains("checksum", "in line " + last + " of " + file));
        List<String> said = new ArrayList<>();
        verify(said);
        assertThat(said).as("the other run is not hidden").contains("1 runs intact, 1 damages");
    }

    @Test
    void verify_aLineRemoved_saysWhere() throws IOException {
        damage(runFiles().get(1), lines -> {
            lines.remove(2);
            return lines;
        });
        assertThat(damages())
                .singleElement()
                .satisfies(damage -> assertThat(damage)
                        .contains("checksum", "in line 3 of " + runFiles().get(1)));
    }

    @Test
    void verify_linesSwapped_saysWhere() throws IOException {
        damage(runFiles().get(1), lines -> {
            Collections.swap(lines, 2, 3);
            return lines;
        });
        assertThat(damages())
                .singleElement()
                .satisfies(damage -> assertThat(damage)
                        .contains("checksum", "in line 3 of " + runFiles().get(1)));
    }

    @Test
    void verify_truncatedWithinTheFirstEntry_isDamaged() throws IOException {
        Path file = runFiles().get(1);
        Files.write(file, java.util.Arrays.copyOf(Files.readAllBytes(file), 60));
        assertThat(damages())
                .singleElement()
                .satisfies(damage -> assertThat(damage).contains("no whole entry"));
    }

    @Test
    void verify_truncatedAfterAnEntry_showsAsNotOver() throws IOException {
        damage(runFiles().get(1), lines -> lines.subList(0, lines.size() - 1));
        List<String> said = new ArrayList<>();
        assertThat(verify(said)).isEqualTo(VerifyJournal.INTACT);
        assertThat(said.get(0)).contains(undone.runId(), "not over");
    }

    /** What is said of the journals and a copy of them that was changed so, as one mirror. */
    private List<String> verifyMirrored(Change change, int status) throws IOException {
        Path copy = home.resolve("copy");
        try (Stream<Path> paths = Files.walk(journals)) {
            for (Path path : paths.toList()) {
                Path target = copy.resolve(journals.relativize(path).toString());
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
        try (Stream<Path> paths = Files.walk(copy)) {
            change.of(paths.filter(path -> path.toString().endsWith(".journal"))
                    .sorted()
                    .toList());
        }
        JournalStore mirror = MirroredJournalStore.of(
                        "disk", new FileJournalStore(journals), "copy", new FileJournalStore(copy))
                .build();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        assertThat(VerifyJournal.run(mirror, Optional.empty(), new PrintStream(bytes, true, StandardCharsets.UTF_8)))
                .isEqualTo(status);
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    /** What happened to the runs' files, the newest last. */
    private interface Change {
        void of(List<Path> runs) throws IOException;
    }

    private static void cut(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        Files.writeString(file, String.join("\n", lines.subList(0, lines.size() - 1)) + "\n");
    }

    @Test
    void verify_mirrorOfTwoThatAreTheSame_isIntactAndShowsEachRunOnce() throws IOException {
        assertThat(verifyMirrored(runs -> {}, VerifyJournal.INTACT)).hasSize(3).last().isEqualTo("2 runs intact, 0 damages");
        assertThat(verifyMirrored(runs -> Files.delete(runs.get(0)), VerifyJournal.INTACT))
                .as("an older run was tidied away")
                .hasSize(3);
    }

    @Test
    @DisplayName("F14: a mirror of which one store lacks entries is not called intact: what no chain can tell, the other store can")
    void verify_mirrorWithOneStoreBehind_saysWhichAndInWhichRun() throws IOException {
        assertThat(verifyMirrored(runs -> cut(runs.get(1)), VerifyJournal.DAMAGED))
                .anySatisfy(line -> assertThat(line)
                        .startsWith("DAMAGED: ")
                        .contains("in copy", "lacks the last 1 entries", undone.runId()))
                .anySatisfy(line -> assertThat(line).contains(undone.runId(), ", UNDONE, intact"));
        assertThat(verifyMirrored(runs -> cut(runs.get(0)), VerifyJournal.DAMAGED))
                .anySatisfy(line -> assertThat(line).contains("in copy", switched.runId()));
        assertThat(verifyMirrored(runs -> Files.delete(runs.get(1)), VerifyJournal.DAMAGED))
                .anySatisfy(line -> assertThat(line).contains("in copy", "lacks the run " + undone.runId()));
        assertThat(verifyMirrored(
                        runs -> {
                            for (Path run : runs) {
                                Files.delete(run);
                            }
                        },
                        VerifyJournal.DAMAGED))
                .anySatisfy(line -> assertThat(line).contains("in copy", "lacks the run " + undone.runId()));
    }

    @Test
    void verify_mirrorWithOneStoreDamaged_namesTheStore() throws IOException {
        assertThat(verifyMirrored(runs -> Files.writeString(runs.get(1), "?"), VerifyJournal.DAMAGED))
                .anySatisfy(line -> assertThat(line).startsWith("DAMAGED: copy: "))
                .anySatisfy(line -> assertThat(line).contains(undone.runId(), ", intact"));
    }

    @Test
    @DisplayName("F3: a damaged run of one store, moved aside, is there again from the other when the mirror is opened")
    void open_mirrorWithTheDamagedFileOfOneStoreMovedAside_isCaughtUp() throws IOException {
        verifyMirrored(runs -> Files.writeString(runs.get(1), "?"), VerifyJournal.DAMAGED);
        Path copy = home.resolve("copy");
        JournalStore mirror = MirroredJournalStore.of(
                        "disk", new FileJournalStore(journals), "copy", new FileJournalStore(copy))
                .build();
        assertThatThrownBy(() -> mirror.open(KEY)).isInstanceOf(CorruptJournalException.class);
        List<Path> runs;
        try (Stream<Path> paths = Files.walk(copy)) {
            runs = paths.filter(path -> path.toString().endsWith(".journal"))
                    .sorted()
                    .toList();
        }
        Files.move(runs.get(1), home.resolve("aside"));
        mirror.open(KEY).close();
        assertThat(new FileJournalStore(copy).runs(KEY, 9))
                .isEqualTo(new FileJournalStore(journals).runs(KEY, 9))
                .hasSize(2);
        assertThat(JournalCheck.of(mirror).intact()).isTrue();
    }

    @Test
    void verify_mirrorOfWhichOneStoreCannotBeRead_isNotCalledIntact() throws IOException {
        Path notAFolder = Files.writeString(home.resolve("file"), "");
        JournalStore mirror = MirroredJournalStore.of(
                        "disk", new FileJournalStore(journals), "gone", new FileJournalStore(notAFolder))
                .build();
        JournalCheck check = JournalCheck.of(mirror);
        assertThat(check.intact()).isFalse();
        assertThat(check.damages()).singleElement().asString().contains("gone").contains("was not checked");
        assertThat(check.runs()).hasSize(2);
    }

    @Test
    void verify_newerFormat_isToldAsSuch() throws IOException {
        damage(runFiles().get(1), lines -> {
            lines.set(0, "drkit-journal 2");
            return lines;
        });
        assertThat(damages())
                .singleElement()
                .satisfies(damage -> assertThat(damage).contains("format 2", "format 1 or older"));
    }

    @Test
    void verify_anotherFirstLine_isDamaged() throws IOException {
        damage(runFiles().get(1), lines -> {
            lines.set(0, "drkit-journal +1");
            return lines;
        });
        assertThat(damages())
                .singleElement()
                .satisfies(damage -> assertThat(damage).contains("another first line"));
    }

    @Test
    void verify_aFileCopiedUnderAnotherName_isToldAsACopy() throws IOException {
        Path file = runFiles().get(0);
        Files.copy(file, file.resolveSibling("run-0000000000000000002.journal.copy"));
        Files.copy(file, file.resolveSibling("run-0000000000000000000.journal"));
        assertThat(damages())
                .singleElement()
                .satisfies(damage -> assertThat(damage).contains("the same run twice", switched.runId()));
    }

    @Test
    void verify_epochDamagedOrLowered_isTold() throws IOException {
        Path epoch = runFiles().get(0).resolveSibling("epoch");
        Files.writeString(epoch, "1\n");
        assertThat(damages())
                .singleElement()
                .satisfies(damage -> assertThat(damage).contains("epoch 1", "began under epoch 2"));
        Files.writeString(epoch, "x\n");
        assertThat(damages())
                .singleElement()
                .satisfies(damage -> assertThat(damage).contains("no number"));
    }

    @Test
    void verify_instructionOrOwnersNameDamaged_isTold() throws IOException {
        FileJournalStore store = new FileJournalStore(journals);
        store.post(KEY, new Instruction("1", Instruction.Kind.CANCEL, "", "ann", "", "because", Instant.EPOCH));
        Path folder = runFiles().get(0).getParent();
        Path instruction =
                folder.resolve("instructions").resolve("2").resolve("1").resolve("instruction");
        Files.writeString(instruction, Files.readString(instruction).replace("CANCEL", "PAUSE"));
        assertThat(damages())
                .singleElement()
                .satisfies(damage -> assertThat(damage).contains("checksum", instruction.toString()));
        assertThatThrownBy(() -> store.instructions(KEY)).isInstanceOf(CorruptJournalException.class);
        Files.delete(folder.resolve("key"));
        assertThat(damages())
                .singleElement()
                .satisfies(damage -> assertThat(damage).contains("does not say whose"));
    }

    @Test
    void verify_withReports_writesTheRunsOwnToTheByte() throws IOException {
        Path reports = home.resolve("reports");
        assertThat(verify(new ArrayList<>(), "--report", reports.toString())).isEqualTo(VerifyJournal.INTACT);
        for (RunReport report : List.of(switched, undone)) {
            Path written = reports.resolve("shop___one-" + report.runId() + ".json");
            assertThat(written).hasContent(JsonReport.toJson(report));
            assertThat(reports.resolve("shop___one-" + report.runId() + ".html"))
                    .hasContent(HtmlReport.toHtml(report));
        }
    }

    @Test
    void verify_withReportsOfEntriesThatMakeNoRun_saysSoAndWritesTheOthers() throws IOException {
        try (Journal journal = new FileJournalStore(journals).open(new JournalKey("other", "west", "east"))) {
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(
                    new JournalEntry(JournalEntry.Kind.RUN_ENDED, Instant.EPOCH, "", Map.of("outcome", "SUCCEEDED")));
        }
        List<String> said = new ArrayList<>();
        Path reports = home.resolve("reports");
        assertThat(verify(said, "--report", reports.toString())).isEqualTo(VerifyJournal.DAMAGED);
        assertThat(said).anyMatch(line -> line.startsWith("no report: ") && line.contains("journal.not-a-run"));
        try (Stream<Path> written = Files.list(reports)) {
            assertThat(written).hasSize(4);
        }
    }

    @Test
    void run_noSuchFolderOrOtherArguments_isNotChecked() {
        PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        assertThat(VerifyJournal.run(new String[0], nowhere)).isEqualTo(VerifyJournal.NOT_CHECKED);
        assertThat(VerifyJournal.run(new String[] {home.resolve("none").toString()}, nowhere))
                .isEqualTo(VerifyJournal.NOT_CHECKED);
        assertThat(VerifyJournal.run(new String[] {"a", "--other", "b"}, nowhere))
                .isEqualTo(VerifyJournal.NOT_CHECKED);
    }

    @Test
    void run_folderWithNoJournalInIt_isNotChecked() throws IOException {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        Path empty = Files.createDirectory(home.resolve("empty"));
        assertThat(VerifyJournal.run(
                        new String[] {empty.toString()}, new PrintStream(said, true, StandardCharsets.UTF_8)))
                .isEqualTo(VerifyJournal.NOT_CHECKED);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("not checked: there is no journal here");
    }

    @Test
    void command_damaged_endsItsProcessWithAnotherStatus() throws Exception {
        assertThat(command()).isZero();
        damage(runFiles().get(1), lines -> {
            lines.remove(2);
            return lines;
        });
        assertThat(command()).isNotZero();
    }

    private int command() throws IOException, InterruptedException {
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        VerifyJournal.class.getName(),
                        journals.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
