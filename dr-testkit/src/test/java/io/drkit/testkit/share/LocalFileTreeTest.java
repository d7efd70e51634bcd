package io.drkit.testkit.share;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.Epoch;
import io.drkit.core.NotFoundException;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.share.Claim;
import io.drkit.core.share.CompareMode;
import io.drkit.core.share.DeleteGuard;
import io.drkit.core.share.FileTreeSynchronizer;
import io.drkit.core.share.LocalFileTree;
import io.drkit.core.share.SyncFinding;
import io.drkit.core.share.SyncOptions;
import io.drkit.core.share.SyncResult;
import io.drkit.core.share.SyncResult.State;
import io.drkit.core.share.TreePath;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.action.RunContext;
import io.drkit.testkit.share.FaultyFileTree.Operation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class LocalFileTreeTest {
    private static final Instant NOON = Instant.parse("2026-03-04T12:00:00Z");
    private static final SyncOptions DELETING =
            SyncOptions.builder().deleteExtraneous(DeleteGuard.defaults()).build();

    @TempDir
    private Path temporary;

    private Path west;
    private Path east;
    private LocalFileTree source;
    private LocalFileTree target;
    private final FileTreeSynchronizer shares = new FileTreeSynchronizer(Clockwork.system());

    @BeforeEach
    void build() throws IOException {
        west = Files.createDirectory(temporary.resolve("west"));
        east = Files.createDirectory(temporary.resolve("east"));
        source = LocalFileTree.at(west);
        target = LocalFileTree.at(east);
    }

    @Test
    void sync_links_areReportedAndNeverFollowed() throws Exception {
        Path outside = Files.createDirectory(temporary.resolve("outside"));
        Files.writeString(outside.resolve("secret"), "s");
        write(west, "f", "1", NOON);
        Files.createSymbolicLink(west.resolve("dir-link"), outside);
        Files.createSymbolicLink(west.resolve("file-link"), outside.resolve("secret"));
        Files.createSymbolicLink(west.resolve("dangling"), outside.resolve("none"));
        write(east, "file-link", "kept", NOON);

        SyncResult result = shares.sync(source, target, DELETING);

        assertThat(result.state()).isEqualTo(State.CONSISTENT_EXCEPT);
        assertThat(result.findings().paths(SyncFinding.Kind.UNSUPPORTED))
                .containsExactly(TreePath.of("dangling"), TreePath.of("dir-link"), TreePath.of("file-link"));
        assertThat(TreeEditor.contents(target)).containsOnly(Map.entry("f", "1"), Map.entry("file-link", "kept"));
    }

    @Test
    void sync_linkInTheTarget_isReplacedItselfAndWhatItPointsToStays() throws Exception {
        Path outside = Files.createDirectory(temporary.resolve("outside"));
        Files.writeString(outside.resolve("mine"), "m");
        write(west, "d/f", "1", NOON);
        write(west, "g", "2", NOON);
        Files.createSymbolicLink(east.resolve("d"), outside);
        Files.createSymbolicLink(east.resolve("g"), outside.resolve("mine"));
        Files.createSymbolicLink(east.resolve("extra"), outside);

        SyncResult result = shares.sync(source, target, DELETING);

        assertThat(result.state()).as(result.line()).isEqualTo(State.CONSISTENT);
        assertThat(TreeEditor.contents(target)).isEqualTo(TreeEditor.contents(source));
        assertThat(Files.isDirectory(east.resolve("d"), LinkOption.NOFOLLOW_LINKS))
                .isTrue();
        assertThat(outside.resolve("mine")).hasContent("m");
        assertThat(outside.resolve("f")).doesNotExist();
    }

    @Test
    void sync_subTreeBehindALink_isRefused() throws Exception {
        Path outside = Files.createDirectories(temporary.resolve("outside/repository"));
        Files.writeString(outside.resolve("secret"), "s");
        Files.createSymbolicLink(west.resolve("web"), temporary.resolve("outside"));
        SyncOptions options = SyncOptions.builder().subTrees("web/repository").build();

        assertThatThrownBy(() -> shares.sync(source, target, options))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("share.source-no-directory");
        assertThat(east).isEmptyDirectory();
    }

    @Test
    void sync_treesWithinOneAnother_areRefused() throws Exception {
        write(west, "inner/f", "1", NOON);
        Path alias = Files.createSymbolicLink(temporary.resolve("alias"), west);

        for (Path other : List.of(west.resolve("inner"), alias, alias.resolve("inner"), west.resolve("../west"))) {
            assertThatThrownBy(() -> shares.sync(source, LocalFileTree.at(other), DELETING))
                    .as(other.toString())
                    .isInstanceOf(BlockedException.class)
                    .hasMessageContaining("share.overlap");
            assertThatThrownBy(() -> shares.sync(LocalFileTree.at(other), source, DELETING))
                    .as(other.toString())
                    .isInstanceOf(BlockedException.class);
        }
        assertThat(west.resolve(".~drkit-lock")).doesNotExist();
    }

    @Test
    void sync_missingRoots_areRefused() throws Exception {
        write(west, "f", "1", NOON);
        LocalFileTree missing = LocalFileTree.at(temporary.resolve("missing"));

        assertThatThrownBy(() -> shares.sync(missing, target, DELETING)).hasMessageContaining("share.source-missing");
        assertThatThrownBy(() -> shares.sync(source, missing, DELETING)).hasMessageContaining("share.target-missing");
        assertThat(temporary.resolve("missing")).doesNotExist();
    }

    @Test
    void sync_namesThatAreNotUnicode_keepTheirBytes() throws Exception {
        List<String> names = List.of("x%FFy", "%C3%A9", "e%CC%81", "%FE%FF", "%ED%B0%80", "plain");
        for (String name : names) {
            write(raw(west, name), name, NOON);
        }

        SyncResult first = shares.sync(source, target, DELETING);
        SyncResult second = shares.sync(source, target, DELETING);

        assertThat(first.state()).as(first.line()).isEqualTo(State.CONSISTENT);
        for (String name : names) {
            assertThat(raw(east, name)).hasContent(name);
        }
        assertThat(second.totals().changesAnything()).isFalse();
        assertThat(second.totals().unchanged()).isEqualTo(names.size());
    }

    @Test
    void sync_underAPlainCLocale_keepsNames() throws Exception {
        write(raw(west, "caf%C3%A9/%F0%9F%9A%80"), "1", NOON);

        ProcessBuilder builder = KilledSync.process(KilledSync.class, west, east);
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        process.getInputStream().readAllBytes();

        assertThat(process.waitFor()).isZero();
        assertThat(raw(east, "caf%C3%A9/%F0%9F%9A%80")).hasContent("1");
    }

    @Test
    void sync_permissions_areKept() throws Exception {
        assumeTrue(Files.getFileStore(west).supportsFileAttributeView("posix"));
        write(west, "d/script", "1", NOON);
        Files.setPosixFilePermissions(west.resolve("d/script"), PosixFilePermissions.fromString("r-x--x---"));
        Files.setPosixFilePermissions(west.resolve("d"), PosixFilePermissions.fromString("rwxr-x--x"));

        shares.sync(source, target, DELETING).orThrow();

        assertThat(Files.getPosixFilePermissions(east.resolve("d/script")))
                .isEqualTo(PosixFilePermissions.fromString("r-x--x---"));
        assertThat(Files.getPosixFilePermissions(east.resolve("d")))
                .isEqualTo(PosixFilePermissions.fromString("rwxr-x--x"));
        assertThat(shares.sync(source, target, DELETING).totals().changesAnything())
                .isFalse();
    }

    @Test
    void sync_withoutPermissions_neitherComparesNorSetsThem() throws Exception {
        assumeTrue(Files.getFileStore(west).supportsFileAttributeView("posix"));
        write(west, "same", "1", NOON);
        write(east, "same", "1", NOON);
        write(west, "new", "2", NOON);
        Files.setPosixFilePermissions(west.resolve("same"), PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(west.resolve("new"), PosixFilePermissions.fromString("rwxrwxrwx"));

        shares.sync(source, target.withoutPermissions(), DELETING).orThrow();

        assertThat(Files.getPosixFilePermissions(east.resolve("same")))
                .isNotEqualTo(PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(Files.getPosixFilePermissions(east.resolve("new")))
                .as("as this process makes files")
                .isEqualTo(Files.getPosixFilePermissions(Files.createFile(temporary.resolve("made"))));
        assertThat(shares.preview(source, target.withoutPermissions(), DELETING).inSync())
                .isTrue();
    }

    @Test
    void sync_sourceUnmountedInMidRun_deletesNothing() throws Exception {
        write(west, "f", "1", NOON);
        write(east, "extra", "2", NOON);
        FaultyFileTree from = FaultyFileTree.around(source);
        from.after(Operation.READ, "f", () -> {
            try {
                Files.move(west, temporary.resolve("elsewhere"));
                Files.createDirectory(west);
                write(west, "f", "1", NOON);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });

        SyncResult result =
                shares.sync(from, target, DELETING.toBuilder().attempts(1).build());

        assertThat(result.state()).isEqualTo(State.INCOMPLETE);
        assertThat(east.resolve("extra")).hasContent("2");
    }

    @Test
    void claim_ofAnotherProcess_refusesUntilThatProcessDies() throws Exception {
        write(west, "f", "1", NOON);
        Process holder = KilledSync.process(HoldingProcess.class, east).start();
        try (BufferedReader out = holder.inputReader(UTF_8)) {
            KilledSync.awaitLine(out, "claimed");

            assertThatThrownBy(() -> shares.sync(source, target, DELETING))
                    .isInstanceOf(ConflictException.class)
                    .hasMessageContaining("00000000c0de");
            assertThat(east.resolve("f")).doesNotExist();
        } finally {
            holder.destroyForcibly().waitFor();
        }

        assertThat(shares.sync(source, target, DELETING).state()).isEqualTo(State.CONSISTENT);
    }

    @Test
    void claim_refusedWithinTheProcess_leavesTheLockHeldAgainstOthers() throws Exception {
        write(west, "f", "1", NOON);
        try (var held = target.claim(Claim.of("00000000aaaa"))) {
            assertThat(held).isNotNull();
            assertThatThrownBy(() -> target.claim(Claim.of("00000000bbbb"))).isInstanceOf(ConflictException.class);

            Process other = KilledSync.process(KilledSync.class, west, east)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            other.getInputStream().readAllBytes();

            assertThat(other.waitFor()).as("the other process was refused").isNotZero();
        }
        assertThat(east.resolve("f")).doesNotExist();
    }

    @Test
    @DisplayName("F3: a directory tells the highest epoch that it was claimed under, without being claimed")
    void heldEpoch_afterClaims_isTheHighestAndLeavesNothingBehind() throws Exception {
        assertThat(target.heldEpoch()).isEmpty();
        assertThat(east).isEmptyDirectory();
        target.claim(Claim.of("00000000aaaa")).close();
        assertThat(target.heldEpoch()).isEmpty();
        target.claim(Claim.of("00000000aaaa", new Epoch(7))).close();
        target.claim(Claim.of("00000000bbbb")).close();

        assertThat(target.heldEpoch()).contains(new Epoch(7));
        assertThat(shares.syncing(source, target, DELETING)
                        .heldEpoch()
                        .orElseThrow()
                        .read(RunContext.of(Clockwork.system(), Epoch.NONE)))
                .contains(new Epoch(7));
        assertThatThrownBy(() -> LocalFileTree.at(east.resolve("none")).heldEpoch())
                .isInstanceOf(NotFoundException.class);
    }

    @Test
    void heldEpoch_whileHeldWithinTheProcess_leavesTheLockHeldAgainstOthers() throws Exception {
        target.claim(Claim.of("00000000aaaa", new Epoch(7))).close();
        try (var held = target.claim(Claim.of("00000000aaaa", new Epoch(8)))) {
            assertThat(held).isNotNull();
            assertThat(target.heldEpoch()).isEmpty();

            Process other = KilledSync.process(HoldingProcess.class, east)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            other.getOutputStream().close();
            other.getInputStream().readAllBytes();

            assertThat(other.waitFor()).as("the other process was refused").isNotZero();
        }
        assertThat(target.heldEpoch()).contains(new Epoch(8));
    }

    @Test
    void claim_ofTreeWithinOneThatIsHeld_isRefusedEitherWay() throws Exception {
        LocalFileTree inner = LocalFileTree.at(Files.createDirectory(east.resolve("inner")));

        try (var held = target.claim(Claim.of("00000000aaaa"))) {
            assertThat(held).isNotNull();
            assertThatThrownBy(() -> inner.claim(Claim.of("00000000bbbb"))).isInstanceOf(ConflictException.class);
        }
        try (var held = inner.claim(Claim.of("00000000aaaa"))) {
            assertThat(held).isNotNull();
            assertThatThrownBy(() -> target.claim(Claim.of("00000000bbbb"))).isInstanceOf(ConflictException.class);
        }
        target.claim(Claim.of("00000000bbbb")).close();
    }

    @Test
    void finalSync_ofRunThatWasTakenOver_isRefusedByTheTarget() throws Exception {
        write(west, "f", "1", NOON);
        Clockwork clockwork = Clockwork.system();
        ActionExecutor executor = ActionExecutor.on(clockwork);
        executor.execute(
                shares.syncing(source, target, DELETING),
                RunContext.of(clockwork, new Epoch(7)),
                ActionExecutor.Watcher.NONE);
        write(west, "f", "late", NOON.plusSeconds(60));

        assertThatThrownBy(() -> executor.execute(
                        shares.syncing(source, target, DELETING),
                        RunContext.of(clockwork, new Epoch(6)),
                        ActionExecutor.Watcher.NONE))
                .isInstanceOf(StaleEpochException.class);

        assertThat(east.resolve("f")).hasContent("1");
    }

    @Test
    void sync_hardLinksInTheTarget_areReplacedAndDeletedInOneRun() throws Exception {
        write(west, "a", "new", NOON);
        write(west, "b", "new", NOON);
        write(east, "a", "old", NOON.minusSeconds(60));
        for (String link : List.of("b", "x", "y")) {
            Files.createLink(east.resolve(link), east.resolve("a"));
        }

        SyncResult result = shares.sync(source, target, DELETING);

        assertThat(result.state()).as(result.line()).isEqualTo(State.CONSISTENT);
        assertThat(TreeEditor.contents(target)).containsOnly(Map.entry("a", "new"), Map.entry("b", "new"));
    }

    @Test
    void sync_manifestWithinATree_isRefused() throws Exception {
        write(west, "f", "1", NOON);
        for (Path inside : List.of(west.resolve("manifest"), east.resolve("manifest"))) {
            SyncOptions options = DELETING.toBuilder().manifest(inside).build();

            assertThatThrownBy(() -> shares.sync(source, target, options))
                    .isInstanceOf(BlockedException.class)
                    .hasMessageContaining("share.manifest-within");
            assertThat(inside).doesNotExist();
        }
        assertThat(east.resolve("f")).doesNotExist();
    }

    @Test
    void sync_manifestOfTwoRunsAtOnce_losesNoLine() throws Exception {
        write(west, "f", "1", NOON);
        Path manifest = temporary.resolve("manifest");
        SyncOptions options = DELETING.toBuilder().manifest(manifest).build();
        LocalFileTree third = LocalFileTree.at(Files.createDirectory(temporary.resolve("third")));
        FaultyFileTree slow = FaultyFileTree.around(target);
        // another run begins and ends in the middle of this one
        slow.after(Operation.STAGE, "f", () -> shares.sync(source, third, options));

        shares.sync(source, slow, options);

        assertThat(Files.readAllLines(manifest))
                .hasSize(6)
                .allMatch(line -> line.startsWith("{") && line.endsWith("}"));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void sync_targetThatIsToBeAMountAndIsNone_isRefused() throws Exception {
        write(west, "f", "1", NOON);

        assertThatThrownBy(() -> shares.sync(source, target.requiringMount(), DELETING))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("share.not-mounted");
        assertThatThrownBy(() -> shares.preview(source.requiringMount(), target, DELETING))
                .isInstanceOf(BlockedException.class);
        assertThatThrownBy(() -> target.requiringMount().claim(Claim.of("00000000aaaa")))
                .isInstanceOf(BlockedException.class);
        assertThat(east).isEmptyDirectory();
        assertThat(LocalFileTree.at(Path.of("/proc")).requiringMount().stat(TreePath.ROOT))
                .isPresent();
    }

    @Test
    @DisplayName(
            "killed for real at many points: never a half file at its name; a plain second run converges and leaves nothing over")
    void sync_killedProcess_isRepairedByPlainRun() throws Exception {
        long seed = 20261122;
        Random random = new Random(seed);
        Map<String, byte[]> wanted = new TreeMap<>();
        for (int i = 0; i < 40; i++) {
            byte[] content = new byte[random.nextInt(150_000)];
            random.nextBytes(content);
            wanted.put("d" + i % 4 + "/f" + i, content);
            write(west.resolve("d" + i % 4 + "/f" + i), content, NOON.plusSeconds(i));
        }
        int points = 20;
        int killed = 0;
        int wrong = 0;
        for (int point = 0; point < points; point++) {
            clear(east);
            Map<String, byte[]> old = new TreeMap<>();
            for (String path : wanted.keySet()) {
                // same size, other bytes: what a torn copy would mix
                byte[] content = new byte[wanted.get(path).length];
                java.util.Arrays.fill(content, (byte) 7);
                old.put(path, content);
                write(east.resolve(path), content, NOON.minusSeconds(60));
            }
            write(east, "extra/x", "x", NOON);
            Process process = KilledSync.process(KilledSync.class, west, east).start();
            try (InputStream out = process.getInputStream()) {
                if (KilledSync.awaitBytes(out, 1 + point * 4L + random.nextInt(4))) {
                    process.destroyForcibly();
                    killed++;
                }
            }
            process.waitFor(1, TimeUnit.MINUTES);
            for (String path : wanted.keySet()) {
                byte[] now = Files.readAllBytes(east.resolve(path));
                assertThat(java.util.Arrays.equals(now, old.get(path))
                                || java.util.Arrays.equals(now, wanted.get(path)))
                        .as("%s is whole after kill point %d, seed %d", path, point, seed)
                        .isTrue();
            }

            SyncResult repaired = shares.sync(source, target, DELETING);

            assertThat(repaired.state()).as(repaired.line()).isEqualTo(State.CONSISTENT);
            for (String path : wanted.keySet()) {
                wrong += java.util.Arrays.equals(Files.readAllBytes(east.resolve(path)), wanted.get(path)) ? 0 : 1;
            }
            assertThat(TreeEditor.temporaries(target)).isEmpty();
            assertThat(east.resolve("extra")).doesNotExist();
        }
        assertThat(killed).as("processes that were killed in mid-run").isGreaterThan(points / 2);
        assertThat(wrong).isZero();
        evidence("share-sync-wrong-files-after-kill", wrong, "files", 0, seed);
        evidence("share-sync-kill-points", killed, "kills", points / 2, seed);
    }

    @Test
    @DisplayName("D7: a scheduled sync tells how old the target's state is, whatever the local clock says of the files")
    void sync_clockOfTheClientOff_decidesTheSameAndTellsStaleness() throws Exception {
        for (Duration off : List.of(Duration.ofDays(-1), Duration.ofDays(1))) {
            clear(west);
            clear(east);
            write(west, "newer", "n2", NOON);
            write(west, "same", "s", NOON);
            write(east, "newer", "n1", NOON.minusSeconds(1));
            write(east, "same", "s", NOON);
            Clockwork skewed = new SkewedClockwork(Clockwork.system(), off);

            SyncResult result = new FileTreeSynchronizer(skewed)
                    .sync(
                            source,
                            target,
                            DELETING.toBuilder().compare(CompareMode.NEWER_WINS).build());

            assertThat(result.state()).isEqualTo(State.CONSISTENT);
            assertThat(result.totals().copied()).isEqualTo(1);
            assertThat(result.totals().unchanged()).isEqualTo(1);
            assertThat(result.staleness(result.asOf().plus(Duration.ofMinutes(15))))
                    .contains(Duration.ofMinutes(15));
            assertThat(Files.getLastModifiedTime(east.resolve("newer")).toInstant())
                    .isEqualTo(NOON);
        }
    }

    @Test
    void sync_manifest_hasALineForEachChangeAndSurvivesATornLine() throws Exception {
        write(west, "new \u00e9", "1", NOON);
        write(raw(west, "x%FF"), "2", NOON);
        write(east, "extra", "3", NOON);
        Path manifest = temporary.resolve("manifest.jsonl");
        Files.writeString(manifest, "{\"run\":\"torn");

        shares.sync(source, target, DELETING.toBuilder().manifest(manifest).build());

        List<String> lines = Files.readAllLines(manifest);
        List<JsonNode> records = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            records.add(new ObjectMapper().readTree(line));
        }
        assertThat(records.stream().map(record -> record.path("op").asText()))
                .startsWith("begin")
                .endsWith("end")
                .contains("copy", "delete");
        assertThat(records.stream().map(record -> record.path("path").asText())).contains("new \u00e9", "extra");
        assertThat(records.stream().map(record -> record.path("run").asText()).distinct())
                .hasSize(1);
    }

    @Test
    void sync_coarseTimes_areComparedAtTheirResolution() throws Exception {
        write(west, "f", "1", NOON.plusMillis(1999));
        write(east, "f", "1", NOON);
        LocalFileTree coarse = target.withTimeResolution(Duration.ofSeconds(2));

        assertThat(shares.preview(source, coarse, DELETING).inSync()).isTrue();
        assertThat(shares.preview(source, target, DELETING).inSync()).isFalse();
    }

    private static Path raw(Path root, String escaped) throws IOException {
        try {
            Path path = Path.of(URI.create("file://" + root.toUri().getRawPath() + "/" + escaped));
            Files.createDirectories(path.getParent());
            if (!Files.exists(path)) {
                Files.createFile(path);
                Files.delete(path);
            }
            return path;
        } catch (IOException e) {
            assumeTrue(false, "this file system does not take any bytes as a name: " + e);
            throw e;
        }
    }

    private static void write(Path root, String path, String content, Instant modified) throws IOException {
        write(root.resolve(path), content, modified);
    }

    private static void write(Path file, String content, Instant modified) throws IOException {
        write(file, content.getBytes(UTF_8), modified);
    }

    private static void write(Path file, byte[] content, Instant modified) throws IOException {
        Files.createDirectories(file.getParent());
        Files.write(file, content);
        Files.setLastModifiedTime(file, FileTime.from(modified));
    }

    private static void clear(Path directory) throws IOException {
        try (var paths = Files.walk(directory)) {
            for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
                if (!path.equals(directory)) {
                    Files.delete(path);
                }
            }
        }
    }

    private static void evidence(String name, long value, String unit, long aim, long seed) throws IOException {
        String directory = System.getProperty("drkit.evidence.dir");
        if (directory != null) {
            Files.createDirectories(Path.of(directory));
            Files.writeString(
                    Path.of(directory, name + ".json"),
                    String.format(
                            java.util.Locale.ROOT,
                            "{\"name\":\"%s\",\"value\":%d,\"unit\":\"%s\",\"aim\":%d,\"better\":\"%s\",\"seed\":%d}%n",
                            name,
                            value,
                            unit,
                            aim,
                            aim == 0 ? "lower" : "higher",
                            seed));
        }
    }
}
