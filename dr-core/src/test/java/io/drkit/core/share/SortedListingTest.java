package io.drkit.core.share;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.BlockedException;
import io.drkit.core.DeniedException;
import io.drkit.core.Problem;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SortedListingTest {
    @TempDir
    private Path temporary;

    @Test
    void next_anyOrderAndSize_comesSortedAndWhole() throws Exception {
        for (long seed = 1; seed <= 50; seed++) {
            Random random = new Random(seed);
            int count = random.nextInt(200);
            int window = 1 + random.nextInt(40);
            List<FileEntry> entries = new ArrayList<>(
                    IntStream.range(0, count).mapToObj(i -> entry("n" + i, i)).toList());
            List<FileEntry> sorted = entries.stream()
                    .sorted(java.util.Comparator.comparing(FileEntry::name))
                    .toList();
            if (random.nextBoolean()) {
                Collections.shuffle(entries, random);
            } else {
                entries = new ArrayList<>(sorted);
            }

            assertThat(read(new OneDirectory(entries, 1 + random.nextInt(30), false), window))
                    .as("seed %d", seed)
                    .isEqualTo(sorted);
        }
    }

    @Test
    void next_nameGivenTwice_comesOnce() throws Exception {
        List<FileEntry> entries = List.of(entry("b", 1), entry("a", 2), entry("b", 1), entry("a", 2));

        for (int window : new int[] {1, 3, 100}) {
            assertThat(read(new OneDirectory(entries, 2, false), window)).containsExactly(entry("a", 2), entry("b", 1));
        }
    }

    @Test
    void of_listingThatBreaksOff_givesWhatCameAndIsIncomplete() throws Exception {
        FileTree tree = new OneDirectory(List.of(entry("b", 1), entry("a", 2)), 2, true);

        try (SortedListing listing = SortedListing.of(tree, TreePath.ROOT, 1, temporary)) {
            assertThat(listing.complete()).isFalse();
            assertThat(listing.failure()).isInstanceOf(DeniedException.class);
            assertThat(listing.worthAnotherTry()).isFalse();
            assertThat(listing.next()).isEqualTo(entry("a", 2));
            assertThat(listing.next()).isEqualTo(entry("b", 1));
            assertThat(listing.next()).isNull();
        }
    }

    @Test
    void of_noRoomToSpill_throwsAndIsNotTakenForAnIncompleteListing() {
        FileTree tree = new OneDirectory(List.of(entry("b", 1), entry("a", 2)), 2, false);

        assertThatThrownBy(() -> SortedListing.of(tree, TreePath.ROOT, 1, temporary.resolve("missing")))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("share.spill-failed");
    }

    @Test
    void close_afterSpilling_leavesNoFile() throws Exception {
        FileTree tree = new OneDirectory(List.of(entry("b", 1), entry("a", 2)), 2, false);

        SortedListing.of(tree, TreePath.ROOT, 1, temporary).close();

        try (var files = Files.list(temporary)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void spool_moreThanABlock_comesBackBothWays() throws Exception {
        try (EntrySpool spool = new EntrySpool(temporary)) {
            List<FileEntry> entries = IntStream.range(0, 5_000)
                    .mapToObj(i -> entry("name-" + i, i))
                    .toList();
            for (FileEntry entry : entries) {
                spool.add(entry);
            }
            List<FileEntry> forward = new ArrayList<>();
            spool.forEach(forward::add);
            List<FileEntry> backward = new ArrayList<>();
            spool.forEachReversed(backward::add);
            Collections.reverse(backward);

            assertThat(spool.size()).isEqualTo(5_000);
            assertThat(forward).isEqualTo(entries);
            assertThat(backward).isEqualTo(entries);
        }
    }

    private List<FileEntry> read(FileTree tree, int window) throws InterruptedException {
        List<FileEntry> entries = new ArrayList<>();
        try (SortedListing listing = SortedListing.of(tree, TreePath.ROOT, window, temporary)) {
            assertThat(listing.complete()).isTrue();
            for (FileEntry entry = listing.next(); entry != null; entry = listing.next()) {
                entries.add(entry);
            }
        }
        return entries;
    }

    /** Everything that must survive being spilled: a lone surrogate, a version, attributes, a size beyond int. */
    private static FileEntry entry(String name, int number) {
        return new FileEntry(
                TreePath.of("d/" + name + "\udcff\u00e9"),
                FileEntry.Type.FILE,
                5_000_000_000L + number,
                Instant.ofEpochSecond(-number, 123_456_789),
                number % 2 == 0 ? Optional.of("v" + number) : Optional.empty(),
                Map.of("mode", "x".repeat(number % 7)));
    }

    private record OneDirectory(List<FileEntry> entries, int page, boolean breaksOff) implements FileTree {
        @Override
        public String describe() {
            return "one directory";
        }

        @Override
        public Listing list(TreePath directory) {
            return new Listing() {
                private int next;

                @Override
                public Page next() {
                    if (breaksOff && next == entries.size()) {
                        throw new DeniedException(
                                "test.denied", Problem.expected("a").found("b").remedy("c"));
                    }
                    int end = Math.min(entries.size(), next + page);
                    Page given = new Page(entries.subList(next, end), end == entries.size() && !breaksOff);
                    next = end;
                    return given;
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public Optional<FileEntry> stat(TreePath path) {
            throw new UnsupportedOperationException();
        }

        @Override
        public InputStream read(FileEntry file) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Set<String> attributes() {
            return Set.of();
        }

        @Override
        public boolean overlaps(FileTree other) {
            return false;
        }

        @Override
        public FileTreeWriter claim(Claim claim) {
            throw new UnsupportedOperationException();
        }
    }
}
