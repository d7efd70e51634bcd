package io.drkit.testkit.share;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.share.Claim;
import io.drkit.core.share.FileEntry;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.FileTreeSynchronizer;
import io.drkit.core.share.FileTreeWriter;
import io.drkit.core.share.SyncOptions;
import io.drkit.core.share.SyncPreview;
import io.drkit.core.share.TreePath;
import io.drkit.core.time.Clockwork;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class LargeDirectoryTest {
    private static final int ENTRIES = 200_000;

    @Test
    @DisplayName(
            "one directory of 200,000 entries, listed in no order, is compared with only some thousand of them alive at any time")
    void preview_hugeDirectory_holdsAWindowOfEntries() throws Exception {
        Census census = new Census();
        FileTree source = new HugeTree(census, 0);
        FileTree target = new HugeTree(census, 50_000);

        SyncPreview preview = new FileTreeSynchronizer(Clockwork.system())
                .preview(source, target, SyncOptions.builder().concurrency(1).build());

        assertThat(preview.complete()).isTrue();
        assertThat(preview.totals().sourceFiles()).isEqualTo(ENTRIES);
        assertThat(preview.totals().copied()).isEqualTo(4);
        assertThat(preview.totals().unchanged()).isEqualTo(ENTRIES - 4);
        assertThat(census.most).as("entries alive at once").isLessThan(15_000);
        assertThat(census.counts).as("times that they were counted").isGreaterThan(20);
    }

    /** Counts the entries that the garbage collector could not take. */
    private static final class Census {
        private final List<WeakReference<FileEntry>> born = new ArrayList<>();
        private int most;
        private int counts;

        FileEntry enter(FileEntry entry) {
            born.add(new WeakReference<>(entry));
            return entry;
        }

        void count() {
            System.gc();
            born.removeIf(reference -> reference.get() == null);
            most = Math.max(most, born.size());
            counts++;
        }
    }

    /** Files that are made up when they are listed; every {@code gap}th is missing. */
    private static final class HugeTree implements FileTree {
        private final Census census;
        private final int gap;

        HugeTree(Census census, int gap) {
            this.census = census;
            this.gap = gap;
        }

        @Override
        public String describe() {
            return "huge";
        }

        @Override
        public Listing list(TreePath directory) {
            return new Listing() {
                private int next;

                @Override
                public Page next() {
                    List<FileEntry> entries = new ArrayList<>();
                    for (int i = 0; i < 5_000 && next < ENTRIES; i++, next++) {
                        // 7,919 is a prime that does not divide their number: each comes once, in no order
                        int number = (int) ((long) next * 7_919 % ENTRIES);
                        if (gap == 0 || number % gap != 0) {
                            entries.add(census.enter(
                                    FileEntry.file(directory.resolve("file-" + number), number, Instant.EPOCH)));
                        }
                    }
                    census.count();
                    return new Page(entries, next == ENTRIES);
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public Optional<FileEntry> stat(TreePath path) {
            return Optional.of(FileEntry.directory(path));
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
