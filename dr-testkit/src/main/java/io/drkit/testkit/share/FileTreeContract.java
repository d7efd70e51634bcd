package io.drkit.testkit.share;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.ConflictException;
import io.drkit.core.Epoch;
import io.drkit.core.NotFoundException;
import io.drkit.core.StaleEpochException;
import io.drkit.core.share.Claim;
import io.drkit.core.share.FileEntry;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.FileTreeWriter;
import io.drkit.core.share.TreePath;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link FileTree} promises. Extend it in the tests of an implementation; each rule has a number that stays.
 *
 * <pre>{@code
 * class MyTreeTest extends FileTreeContract {
 *     protected FileTree newTree() { return ...; }
 * }
 * }</pre>
 */
public abstract class FileTreeContract {
    /** A moment that trees of any resolution down to 2 s can hold. */
    protected static final Instant NOON = Instant.parse("2026-03-04T12:00:00Z");

    private static final String RUN = "00000000aaaa";
    private static final String OTHER_RUN = "00000000bbbb";

    /** Names that are allowed wherever a name may be any bytes. */
    private static final List<String> NAMES = List.of(
            "space in name",
            "#hash",
            "100%",
            "a+b",
            "a&b",
            "it's",
            "semi;colon",
            "comma,",
            "tilde~",
            "[x]{y}",
            "a%2Fb",
            "...",
            ".hidden",
            " leading and trailing ",
            "trailing.",
            "back\\slash",
            "line\nbreak",
            "\u00e9 composed",
            "e\u0301 decomposed",
            "\ud83d\ude80",
            "\u4f8b",
            "x".repeat(255));

    /** A new empty tree, apart from all others. */
    protected abstract FileTree newTree() throws Exception;

    /** The names that it must keep; override where a service forbids some, and say which. */
    protected List<String> allowedNames() {
        return NAMES;
    }

    @Test
    @DisplayName("T01: the root of an empty tree is a directory that holds nothing")
    void rule01_emptyTree_rootIsADirectory() throws Exception {
        FileTree tree = newTree();

        assertThat(tree.stat(TreePath.ROOT)).get().matches(FileEntry::isDirectory);
        assertThat(list(tree, "")).isEmpty();
    }

    @Test
    @DisplayName("T02: what does not exist is empty, also below a file")
    void rule02_absentPath_isEmpty() throws Exception {
        FileTree tree = newTree();
        TreeEditor.of(tree).file("file", "x", NOON);

        assertThat(tree.stat(TreePath.of("absent"))).isEmpty();
        assertThat(tree.stat(TreePath.of("no/such/dir"))).isEmpty();
        assertThat(tree.stat(TreePath.of("file/below"))).isEmpty();
    }

    @Test
    @DisplayName("T03: a listing ends with a last page, has every entry once, and agrees with stat")
    void rule03_listing_isCompleteAndAgreesWithStat() throws Exception {
        FileTree tree = newTree();
        TreeEditor editor = TreeEditor.of(tree).directory("d/inner");
        for (int i = 0; i < 25; i++) {
            editor.file("d/f" + i, "content " + i, NOON.plusSeconds(2L * i));
        }

        List<FileEntry> entries = list(tree, "d");

        assertThat(entries).hasSize(26);
        assertThat(entries.stream().map(FileEntry::name)).doesNotHaveDuplicates();
        for (FileEntry entry : entries) {
            assertThat(tree.stat(entry.path())).contains(entry);
        }
    }

    @Test
    @DisplayName("T04: listing what is no directory says so")
    void rule04_listingOfNoDirectory_throwsNotFound() throws Exception {
        FileTree tree = newTree();
        TreeEditor.of(tree).file("file", "x", NOON);

        assertThatThrownBy(() -> list(tree, "absent")).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> list(tree, "file")).isInstanceOf(NotFoundException.class);
    }

    @Test
    @DisplayName("T05: a file keeps its bytes, its size and its time, from empty to beyond any buffer")
    void rule05_files_keepContentSizeAndTime() throws Exception {
        FileTree tree = newTree();
        for (int size : new int[] {0, 1, 4095, 4096, 4097, 1 << 20, (4 << 20) - 1, 4 << 20, (4 << 20) + 1}) {
            byte[] content = new byte[size];
            for (int i = 0; i < size; i++) {
                content[i] = (byte) (i * 31 + size);
            }
            TreeEditor.of(tree).file("f" + size, content, NOON, Map.of());

            FileEntry entry = tree.stat(TreePath.of("f" + size)).orElseThrow();
            assertThat(entry.size()).isEqualTo(size);
            assertThat(Duration.between(NOON, entry.modified()).abs()).isLessThan(tree.timeResolution());
            assertThat(bytes(tree, entry)).isEqualTo(content);
        }
    }

    @Test
    @DisplayName("T06: staged content does not show at its final name, but under a reserved one with the run's id")
    void rule06_stagedContent_isNotVisible() throws Exception {
        FileTree tree = newTree();
        TreeEditor.of(tree).file("f", "old", NOON);

        try (FileTreeWriter writer = tree.claim(Claim.of(RUN))) {
            FileTreeWriter.Staged staged = stage(writer, "f", "new");

            assertThat(staged.size()).isEqualTo(3);
            assertThat(text(tree, "f")).isEqualTo("old");
            assertThat(staged.temporary().name()).startsWith(FileTree.RESERVED_PREFIX + RUN);
            assertThat(staged.temporary().parent()).isEqualTo(Optional.of(TreePath.ROOT));
        }
    }

    @Test
    @DisplayName("T07: a commit puts content, time and attributes in place and leaves no temporary name")
    void rule07_commit_replacesWhole() throws Exception {
        FileTree tree = newTree();
        TreeEditor.of(tree).file("f", "old", NOON);
        Instant later = NOON.plusSeconds(60);

        try (FileTreeWriter writer = tree.claim(Claim.of(RUN))) {
            writer.commit(
                    stage(writer, "f", "new content"),
                    file("f", 11, later, someAttributes(tree)),
                    tree.stat(TreePath.of("f")));
        }

        FileEntry now = tree.stat(TreePath.of("f")).orElseThrow();
        assertThat(text(tree, "f")).isEqualTo("new content");
        assertThat(Duration.between(later, now.modified()).abs()).isLessThan(tree.timeResolution());
        assertThat(now.attributes()).containsAllEntriesOf(someAttributes(tree));
        assertThat(TreeEditor.temporaries(tree)).isEmpty();
    }

    @Test
    @DisplayName("T08: a commit onto a directory is refused, and the directory stays")
    void rule08_commitOntoDirectory_isRefused() throws Exception {
        FileTree tree = newTree();
        TreeEditor.of(tree).directory("d").file("d/inner", "x", NOON);

        try (FileTreeWriter writer = tree.claim(Claim.of(RUN))) {
            FileTreeWriter.Staged staged = stage(writer, "d", "new");
            // also by who saw the directory there: whoever wants a file in its place removes it first
            for (Optional<FileEntry> seen : List.of(Optional.<FileEntry>empty(), tree.stat(TreePath.of("d")))) {
                assertThatThrownBy(() -> writer.commit(staged, file("d", 3, NOON, Map.of()), seen))
                        .isInstanceOf(ConflictException.class);
            }
            writer.discard(staged);
        }

        assertThat(TreeEditor.contents(tree)).containsOnlyKeys("d/", "d/inner");
    }

    @Test
    @DisplayName("T09: discarding removes the temporary name, and may be done twice")
    void rule09_discard_isIdempotent() throws Exception {
        FileTree tree = newTree();

        try (FileTreeWriter writer = tree.claim(Claim.of(RUN))) {
            FileTreeWriter.Staged staged = stage(writer, "f", "new");
            writer.discard(staged);
            writer.discard(staged);
        }

        assertThat(TreeEditor.temporaries(tree)).isEmpty();
        assertThat(tree.stat(TreePath.of("f"))).isEmpty();
    }

    @Test
    @DisplayName("T10: the version tells a changed file from an unchanged one")
    void rule10_version_showsChange() throws Exception {
        FileTree tree = newTree();
        TreeEditor.of(tree).file("f", "one", NOON).file("g", "same", NOON);
        FileEntry f = tree.stat(TreePath.of("f")).orElseThrow();
        FileEntry g = tree.stat(TreePath.of("g")).orElseThrow();

        TreeEditor.of(tree).file("f", "two", NOON);

        assertThat(f.unchangedIn(tree.stat(f.path()).orElseThrow()))
                .as("another content of the same size and time shows, where there are versions")
                .isEqualTo(f.version().isEmpty());
        assertThat(g.unchangedIn(tree.stat(g.path()).orElseThrow())).isTrue();
    }

    @Test
    @DisplayName("T11: the version of a directory stays when something is made in it")
    void rule11_directoryVersion_namesTheDirectory() throws Exception {
        FileTree tree = newTree();
        TreeEditor.of(tree).directory("d");
        Optional<String> root = tree.stat(TreePath.ROOT).orElseThrow().version();
        Optional<String> before = tree.stat(TreePath.of("d")).orElseThrow().version();

        TreeEditor.of(tree).file("d/f", "x", NOON);

        assertThat(tree.stat(TreePath.of("d")).orElseThrow().version()).isEqualTo(before);
        assertThat(tree.stat(TreePath.ROOT).orElseThrow().version()).isEqualTo(root);
    }

    @Test
    @DisplayName("T12: making a directory twice is no error, and onto a file it is refused")
    void rule12_makeDirectory_isIdempotent() throws Exception {
        FileTree tree = newTree();
        TreeEditor.of(tree).file("f", "x", NOON);

        try (FileTreeWriter writer = tree.claim(Claim.of(RUN))) {
            writer.makeDirectory(TreePath.of("d"));
            writer.makeDirectory(TreePath.of("d"));
            assertThatThrownBy(() -> writer.makeDirectory(TreePath.of("f"))).isInstanceOf(ConflictException.class);
        }

        assertThat(TreeEditor.contents(tree)).containsOnlyKeys("d/", "f");
    }

    @Test
    @DisplayName("T13: deleting what is not there is no error, and a directory that holds something stays")
    void rule13_delete_isIdempotentAndShallow() throws Exception {
        FileTree tree = newTree();
        TreeEditor.of(tree).file("d/f", "x", NOON);
        FileEntry d = tree.stat(TreePath.of("d")).orElseThrow();
        FileEntry f = tree.stat(TreePath.of("d/f")).orElseThrow();

        try (FileTreeWriter writer = tree.claim(Claim.of(RUN))) {
            assertThatThrownBy(() -> writer.delete(d)).isInstanceOf(ConflictException.class);
            writer.delete(f);
            writer.delete(f);
            writer.delete(d);
        }

        assertThat(TreeEditor.contents(tree)).isEmpty();
    }

    @Test
    @DisplayName("T14: one run holds the tree; the next one may when it is given back")
    void rule14_claim_isExclusive() throws Exception {
        FileTree tree = newTree();

        FileTreeWriter first = tree.claim(Claim.of(RUN));
        assertThatThrownBy(() -> tree.claim(Claim.of(OTHER_RUN))).isInstanceOf(ConflictException.class);
        assertThatThrownBy(() -> tree.claim(Claim.of(OTHER_RUN)))
                .as("a refused claim does not loosen the one that is held")
                .isInstanceOf(ConflictException.class);
        first.close();

        tree.claim(Claim.of(OTHER_RUN)).close();
    }

    @Test
    @DisplayName("T15: a sweep takes what a dead run left, not its own, and not what only looks like it")
    void rule15_sweep_takesOrphansOnly() throws Exception {
        FileTree tree = newTree();
        TreeEditor.of(tree).orphan("left", OTHER_RUN).file(FileTree.RESERVED_PREFIX + "notes", "mine", NOON);

        try (FileTreeWriter writer = tree.claim(Claim.of(RUN))) {
            FileTreeWriter.Staged own = stage(writer, "own", "new");
            List<TreePath> swept = new ArrayList<>();
            for (FileEntry entry : list(tree, "")) {
                if (entry.name().startsWith(FileTree.RESERVED_PREFIX) && writer.sweep(entry)) {
                    swept.add(entry.path());
                }
            }

            assertThat(swept).hasSize(1).allMatch(path -> path.name().contains(OTHER_RUN));
            writer.commit(own, file("own", 3, NOON, Map.of()), Optional.empty());
        }

        assertThat(TreeEditor.temporaries(tree)).isEmpty();
        assertThat(tree.stat(TreePath.of(FileTree.RESERVED_PREFIX + "notes"))).isPresent();
    }

    @Test
    @DisplayName("T16: names are kept byte for byte")
    void rule16_names_areKeptExactly() throws Exception {
        FileTree tree = newTree();
        for (String name : allowedNames()) {
            TreeEditor.of(tree).file(name, name, NOON);
        }

        List<FileEntry> files = list(tree, "").stream()
                .filter(entry -> !entry.name().startsWith(FileTree.RESERVED_PREFIX))
                .toList();

        assertThat(files.stream().map(FileEntry::name)).containsExactlyInAnyOrderElementsOf(allowedNames());
        for (FileEntry file : files) {
            assertThat(text(tree, file.path().value())).isEqualTo(file.name());
        }
    }

    @Test
    @DisplayName("T17: setting properties leaves the content alone")
    void rule17_setProperties_leavesContent() throws Exception {
        FileTree tree = newTree();
        TreeEditor.of(tree).file("f", "content", NOON).directory("d");

        try (FileTreeWriter writer = tree.claim(Claim.of(RUN))) {
            writer.setProperties(file("f", 7, NOON.plusSeconds(90), someAttributes(tree)));
            writer.setProperties(new FileEntry(
                    TreePath.of("d"),
                    FileEntry.Type.DIRECTORY,
                    0,
                    Instant.EPOCH,
                    Optional.empty(),
                    someAttributes(tree)));
        }

        FileEntry f = tree.stat(TreePath.of("f")).orElseThrow();
        assertThat(text(tree, "f")).isEqualTo("content");
        assertThat(Duration.between(NOON.plusSeconds(90), f.modified()).abs()).isLessThan(tree.timeResolution());
        assertThat(f.attributes()).containsAllEntriesOf(someAttributes(tree));
        assertThat(tree.stat(TreePath.of("d")).orElseThrow().attributes()).containsAllEntriesOf(someAttributes(tree));
    }

    @Test
    @DisplayName("T18: a tree overlaps itself and no other")
    void rule18_overlaps_itselfOnly() throws Exception {
        FileTree tree = newTree();

        assertThat(tree.overlaps(tree)).isTrue();
        assertThat(tree.overlaps(newTree())).isFalse();
        assertThat(tree.overlaps(InMemoryFileTree.named("another"))).isFalse();
    }

    @Test
    @DisplayName("T19: deep paths are kept")
    void rule19_deepPath_isKept() throws Exception {
        FileTree tree = newTree();
        String path = "a/".repeat(200) + "f";
        TreeEditor.of(tree).file(path, "deep", NOON);

        assertThat(text(tree, path)).isEqualTo("deep");
    }

    @Test
    @DisplayName("T20: a commit replaces only what was seen at its path, and nothing only where nothing was seen")
    void rule20_commitOverSomethingElse_isRefused() throws Exception {
        FileTree tree = newTree();
        TreeEditor.of(tree).file("f", "old", NOON);
        Optional<FileEntry> seen = tree.stat(TreePath.of("f"));
        TreeEditor.of(tree).file("f", "somebody's", NOON.plusSeconds(60));

        try (FileTreeWriter writer = tree.claim(Claim.of(RUN))) {
            FileTreeWriter.Staged staged = stage(writer, "f", "new");
            FileEntry as = file("f", 3, NOON, Map.of());
            for (Optional<FileEntry> believed : List.of(seen, Optional.<FileEntry>empty())) {
                assertThatThrownBy(() -> writer.commit(staged, as, believed)).isInstanceOf(ConflictException.class);
                assertThat(text(tree, "f")).isEqualTo("somebody's");
            }
            writer.commit(staged, as, tree.stat(TreePath.of("f")));
        }

        assertThat(text(tree, "f")).isEqualTo("new");
    }

    @Test
    @DisplayName("T21: what has changed since it was seen is not deleted")
    void rule21_deleteOfSomethingElse_isRefused() throws Exception {
        FileTree tree = newTree();
        TreeEditor.of(tree).file("f", "old", NOON).directory("d");
        FileEntry file = tree.stat(TreePath.of("f")).orElseThrow();
        FileEntry directory = tree.stat(TreePath.of("d")).orElseThrow();
        TreeEditor.of(tree)
                .file("f", "somebody's", NOON.plusSeconds(60))
                .remove("d")
                .file("d", "a file now", NOON);

        try (FileTreeWriter writer = tree.claim(Claim.of(RUN))) {
            assertThatThrownBy(() -> writer.delete(file)).isInstanceOf(ConflictException.class);
            assertThatThrownBy(() -> writer.delete(directory)).isInstanceOf(ConflictException.class);
        }

        assertThat(TreeEditor.contents(tree)).containsOnlyKeys("d", "f");
    }

    @Test
    @DisplayName("T22: a claim of a lower epoch than the highest before is refused; one outside any run is not")
    void rule22_claimOfLowerEpoch_isRefused() throws Exception {
        FileTree tree = newTree();
        tree.claim(Claim.of(RUN, new Epoch(7))).close();

        assertThatThrownBy(() -> tree.claim(Claim.of(OTHER_RUN, new Epoch(6))))
                .isInstanceOf(StaleEpochException.class)
                .as("it says how to go on where that run is not at work any more")
                .hasMessageContaining(StaleEpochException.remedy(new Epoch(7)));
        tree.claim(Claim.of(OTHER_RUN)).close();
        assertThatThrownBy(() -> tree.claim(Claim.of(OTHER_RUN, new Epoch(6))))
                .as("work outside any run lowers nothing")
                .isInstanceOf(StaleEpochException.class);
        tree.claim(Claim.of(OTHER_RUN, new Epoch(7))).close();
        tree.claim(Claim.of(RUN, new Epoch(8))).close();
        assertThat(tree.heldEpoch()).as("it tells that one, or none").isIn(Optional.empty(), Optional.of(new Epoch(8)));
    }

    private static FileTreeWriter.Staged stage(FileTreeWriter writer, String path, String content)
            throws InterruptedException {
        InMemoryFileTree source =
                InMemoryFileTree.named("contract").file(path, content.getBytes(StandardCharsets.UTF_8), NOON);
        return writer.stage(source, source.stat(TreePath.of(path)).orElseThrow(), bytes -> {});
    }

    private static FileEntry file(String path, long size, Instant modified, Map<String, String> attributes) {
        return new FileEntry(TreePath.of(path), FileEntry.Type.FILE, size, modified, Optional.empty(), attributes);
    }

    private static Map<String, String> someAttributes(FileTree tree) {
        return tree.attributes().contains("mode") ? Map.of("mode", "rwxr-x---") : Map.of();
    }

    private static List<FileEntry> list(FileTree tree, String directory) throws InterruptedException {
        List<FileEntry> entries = new ArrayList<>();
        try (FileTree.Listing listing = tree.list(TreePath.of(directory))) {
            FileTree.Page page;
            do {
                page = listing.next();
                entries.addAll(page.entries());
            } while (!page.last());
        }
        return entries.stream()
                .filter(entry -> !entry.name().equals(FileTree.RESERVED_PREFIX + "lock"))
                .toList();
    }

    private static String text(FileTree tree, String path) throws Exception {
        return new String(bytes(tree, tree.stat(TreePath.of(path)).orElseThrow()), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(FileTree tree, FileEntry entry) throws InterruptedException, IOException {
        try (InputStream in = tree.read(entry)) {
            return in.readAllBytes();
        }
    }
}
