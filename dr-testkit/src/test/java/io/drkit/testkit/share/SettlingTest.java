package io.drkit.testkit.share;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.share.Claim;
import io.drkit.core.share.FileEntry;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.FileTreeSynchronizer;
import io.drkit.core.share.FileTreeWriter;
import io.drkit.core.share.SyncOptions;
import io.drkit.core.share.SyncResult;
import io.drkit.core.share.TreePath;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import io.drkit.testkit.share.FaultyFileTree.Operation;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class SettlingTest {
    private static final Instant NOON = Instant.parse("2026-03-04T12:00:00Z");

    @Test
    void sync_writeRightAfterTheRead_isSeenThoughTheClockOfTheFileSystemTicks() throws Exception {
        ManualClockwork clockwork = new ManualClockwork(new AtomicReference<>(NOON), Clockwork.system());
        InMemoryFileTree files = InMemoryFileTree.named("ticking").file("counter", "0001".getBytes(UTF_8), NOON);
        InMemoryFileTree target = InMemoryFileTree.named("target");
        FaultyFileTree source = FaultyFileTree.around(new TickingTree(files));
        source.after(Operation.READ, "counter", () -> {
            if (source.calls(Operation.READ).size() == 1) {
                files.file("counter", "0002".getBytes(UTF_8), clockwork.tick());
            }
        });

        SyncResult result = new FileTreeSynchronizer(clockwork)
                .sync(source, target, SyncOptions.builder().concurrency(1).build());

        assertThat(result.state()).isEqualTo(SyncResult.State.CONSISTENT);
        assertThat(TreeEditor.contents(target)).containsExactly(Map.entry("counter", "0002"));
    }

    /** Time that passes only by sleeping. */
    private record ManualClockwork(AtomicReference<Instant> time, Clockwork clockwork) implements Clockwork {
        /** The time as a file system stamps it: that of the last tick, one each 10 ms. */
        Instant tick() {
            return Instant.ofEpochMilli(now().toEpochMilli() / 10 * 10);
        }

        @Override
        public Instant now() {
            return time.get();
        }

        @Override
        public long nanoTime() {
            return Duration.between(NOON, now()).toNanos();
        }

        @Override
        public void sleep(Duration span) {
            time.updateAndGet(now -> now.plus(span));
        }

        @Override
        public RandomGenerator random() {
            return clockwork.random();
        }

        @Override
        public Task start(String name, Runnable work) {
            return clockwork.start(name, work);
        }

        @Override
        public <T> Mailbox<T> mailbox() {
            return clockwork.mailbox();
        }
    }

    /** Shows a change by size and time alone. */
    private record TickingTree(FileTree tree) implements FileTree {
        @Override
        public String describe() {
            return tree.describe();
        }

        @Override
        public Listing list(TreePath directory) throws InterruptedException {
            Listing listing = tree.list(directory);
            return new Listing() {
                @Override
                public Page next() throws InterruptedException {
                    Page page = listing.next();
                    return new Page(
                            page.entries().stream().map(TickingTree::bare).toList(), page.last());
                }

                @Override
                public void close() {
                    listing.close();
                }
            };
        }

        @Override
        public Optional<FileEntry> stat(TreePath path) throws InterruptedException {
            return tree.stat(path).map(TickingTree::bare);
        }

        @Override
        public InputStream read(FileEntry file) throws InterruptedException {
            return tree.read(file);
        }

        @Override
        public Set<String> attributes() {
            return tree.attributes();
        }

        @Override
        public Duration settling() {
            return Duration.ofMillis(20);
        }

        @Override
        public boolean overlaps(FileTree other) {
            return false;
        }

        @Override
        public FileTreeWriter claim(Claim claim) throws InterruptedException {
            return tree.claim(claim);
        }

        private static FileEntry bare(FileEntry entry) {
            return new FileEntry(
                    entry.path(), entry.type(), entry.size(), entry.modified(), Optional.empty(), entry.attributes());
        }
    }
}
