package io.drkit.core.share;

import io.drkit.core.Epoch;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A tree of files that can be synchronised: a mounted directory, a share, a container, or a snapshot of one. It is what an
 * adapter implements; {@link FileTreeSynchronizer} holds the algorithm.
 *
 * <p>This half only reads. Changes go through a {@link FileTreeWriter}, which is had by {@link #claim}, so that nothing can write
 * without holding the target. A read-only tree refuses to be claimed.
 *
 * <p>Implementations are thread-safe, block, and heed interruption. They throw {@link io.drkit.core.DrException}s: retryable ones
 * are tried again by the caller. Names that begin with {@link #RESERVED_PREFIX} belong to DRKit: they are listed like any other,
 * and the synchroniser never copies them.
 *
 * <p>{@code FileTreeContract} in dr-testkit checks an implementation.
 */
public interface FileTree {
    /** How DRKit's own names in a target begin: temporary files and the lock. */
    String RESERVED_PREFIX = ".~drkit-";

    /** What it is, for people, for example {@code directory /mnt/west}. The same for the same tree; never a secret. */
    String describe();

    /**
     * Begins to list the entries right in a directory, in any order. A directory that cannot be opened may fail here or at the
     * first page.
     *
     * @throws io.drkit.core.NotFoundException when there is no such directory
     */
    Listing list(TreePath directory) throws InterruptedException;

    /**
     * One entry as it is now, symbolic links not followed; empty only when it certainly does not exist. The root of an existing
     * tree is a directory.
     */
    Optional<FileEntry> stat(TreePath path) throws InterruptedException;

    /** The content of a file, for a target that cannot copy from service to service and for comparison by content. */
    InputStream read(FileEntry file) throws InterruptedException;

    /** The names of the {@link FileEntry#attributes()} that it can hold. Only what both trees can hold is compared. */
    Set<String> attributes();

    /** Times of modification that differ by less than this count as equal. Default: 1 µs. */
    default Duration timeResolution() {
        return Duration.ofNanos(1_000);
    }

    /**
     * How long after a write a second write may leave both time and version as they were, since clocks of file systems tick. A
     * file that was modified less than this ago is left to settle before it is copied. Default: zero, for trees with real
     * version tags.
     */
    default Duration settling() {
        return Duration.ZERO;
    }

    /** For a snapshot, the moment that it shows; empty for a live tree. */
    default Optional<Instant> asOf() {
        return Optional.empty();
    }

    /** Whether the two are the same tree, or one lies within the other, as far as this one can tell. */
    boolean overlaps(FileTree other);

    /**
     * Takes the tree for writing, for one run alone, until the writer is closed or its process dies. Changes nothing but what
     * the claim itself needs. Remembers the highest epoch that it was claimed under, for as long as the tree lasts; a claim of
     * {@link Epoch#NONE} neither is refused for that nor lowers it.
     *
     * @throws io.drkit.core.ConflictException when another run holds it
     * @throws io.drkit.core.StaleEpochException when a run of a higher epoch has claimed it before
     * @throws io.drkit.core.BlockedException when it cannot be written, or not be held
     */
    FileTreeWriter claim(Claim claim) throws InterruptedException;

    /**
     * The highest epoch that it was claimed under, without claiming it: a plan asks before it changes anything, so that a run which
     * {@link #claim} would refuse half-way is refused at its beginning. Changes nothing and hinders no run. Empty, the default, when
     * it has none or cannot tell.
     */
    default Optional<Epoch> heldEpoch() throws InterruptedException {
        return Optional.empty();
    }

    /** The pages of one directory. Used by one thread; closed by whoever asked for it. */
    interface Listing extends AutoCloseable {
        /** The next page. It may hold no entries. Not to be called after the last one, nor after it threw. */
        Page next() throws InterruptedException;

        @Override
        void close();
    }

    /**
     * A part of a directory.
     *
     * @param entries in any order
     * @param last whether the listing is complete with this page. A listing that ends in any other way is incomplete, and
     *     nothing is ever deleted on its word.
     */
    record Page(List<FileEntry> entries, boolean last) {
        public Page {
            entries = List.copyOf(entries);
        }
    }
}
