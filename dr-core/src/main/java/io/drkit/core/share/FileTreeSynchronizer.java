package io.drkit.core.share;

import io.drkit.core.Epoch;
import io.drkit.core.action.Action;
import io.drkit.core.action.Progress;
import io.drkit.core.time.Clockwork;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Synchronises any two {@link FileTree}s, also of different kinds, in one walk with bounded memory: of a large directory, at most
 * some thousand entries a worker are held, and the rest is sorted on local disk.
 *
 * <pre>{@code
 * ShareSynchronizer<FileTree> shares = new FileTreeSynchronizer(Clockwork.system());
 * SyncResult result = shares.sync(LocalFileTree.at(west), LocalFileTree.at(east), SyncOptions.defaults()).orThrow();
 * }</pre>
 *
 * <p>Immutable and thread-safe. Each call works on the caller's thread and as many more as the options' concurrency asks for;
 * none is left when it returns.
 */
public final class FileTreeSynchronizer implements ShareSynchronizer<FileTree> {
    private static final int WINDOW = 4_096;
    private static final int QUEUE = 1_024;

    private final Clockwork clockwork;
    private final SyncRun.Limits limits;

    /** Sorts what does not fit into memory in the machine's own directory for temporary files. */
    public FileTreeSynchronizer(Clockwork clockwork) {
        this(clockwork, new SyncRun.Limits(WINDOW, QUEUE, null));
    }

    private FileTreeSynchronizer(Clockwork clockwork, SyncRun.Limits limits) {
        this.clockwork = clockwork;
        this.limits = limits;
    }

    /** The same, but with its scratch files in {@code directory}: 100 to 200 bytes for each entry of the largest directories. */
    public FileTreeSynchronizer spillingTo(Path directory) {
        return new FileTreeSynchronizer(clockwork, new SyncRun.Limits(limits.window(), limits.queue(), directory));
    }

    @Override
    public SyncPreview preview(FileTree source, FileTree target, SyncOptions options) throws InterruptedException {
        return preview(source, target, options, new Unwatched());
    }

    @Override
    public SyncResult sync(FileTree source, FileTree target, SyncOptions options) throws InterruptedException {
        return sync(source, target, options, new Unwatched(), null);
    }

    @Override
    public SyncResult verify(FileTree source, FileTree target, SyncOptions options) throws InterruptedException {
        return run(source, target, options, SyncRun.Purpose.VERIFY, new Unwatched(), null);
    }

    @Override
    public Action<?> syncing(FileTree source, FileTree target, SyncOptions options) {
        return new SyncAction(this, source, target, options, Optional.empty());
    }

    @Override
    public Action<?> finalSync(FileTree source, FileTree target, SyncOptions options, WritersStopped writersStopped) {
        return new SyncAction(this, source, target, options, Optional.of(writersStopped));
    }

    SyncPreview preview(FileTree source, FileTree target, SyncOptions options, SyncRun.Host host)
            throws InterruptedException {
        SyncResult seen = run(source, target, options, SyncRun.Purpose.PREVIEW, host, null);
        return new SyncPreview(seen.asOf(), seen.took(), seen.totals(), seen.guard(), seen.findings());
    }

    SyncResult sync(
            FileTree source, FileTree target, SyncOptions options, SyncRun.Host host, @Nullable SyncTotals expected)
            throws InterruptedException {
        return run(source, target, options, SyncRun.Purpose.SYNC, host, expected);
    }

    private SyncResult run(
            FileTree source,
            FileTree target,
            SyncOptions options,
            SyncRun.Purpose purpose,
            SyncRun.Host host,
            @Nullable SyncTotals expected)
            throws InterruptedException {
        return new SyncRun(clockwork, source, target, options, purpose, host, limits, Optional.ofNullable(expected))
                .run();
    }

    private static final class Unwatched implements SyncRun.Host {
        @Override
        public void requireAuthority() {
            // outside a run nobody else claims any
        }

        @Override
        public Epoch epoch() {
            return Epoch.NONE;
        }

        @Override
        public void progress(Progress progress) {
            // nobody listens
        }
    }
}
