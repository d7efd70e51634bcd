package io.drkit.core.share;

import java.util.Objects;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * The writing half of a {@link FileTree}, held by one run. Every method may be called again after a crash or a lost answer, and
 * from several threads at once for different paths.
 *
 * <p>A file comes in two steps: {@link #stage} copies its content to a temporary name, or prepares whatever the service offers
 * instead; {@link #commit} puts it in place in one atomic step. At every moment the name in the target shows either the old
 * content, whole, or the new content, whole.
 */
public interface FileTreeWriter extends AutoCloseable {
    /**
     * Copies the content of a file of {@code source} into this tree, under a temporary name that begins with {@link
     * FileTree#RESERVED_PREFIX} and the run's id, durably. Where both are services it asks the target to copy from the source,
     * else it reads {@link FileTree#read}. The parent directory exists.
     *
     * @param file as it was seen in the source; its path is the same here
     * @param bytes is told how many more bytes have been copied
     * @throws io.drkit.core.ConflictException when it notices that the source changed meanwhile
     */
    Staged stage(FileTree source, FileEntry file, LongConsumer bytes) throws InterruptedException;

    /**
     * Puts staged content in place with the time and attributes of {@code as}, in one atomic step, replacing a file or a link of
     * that name, but only what was seen there: whatever came since is somebody's, and on a tree that takes two names for one it
     * may be another file. Where the service compares in the same step (an {@code If-Match}) let it; else look right before.
     *
     * @param seen what this tree showed at that path when it was decided to replace it; empty when there was nothing
     * @throws io.drkit.core.ConflictException when something else is there now, or a directory
     */
    void commit(Staged staged, FileEntry as, Optional<FileEntry> seen) throws InterruptedException;

    /** Removes staged content that will not be committed. */
    void discard(Staged staged) throws InterruptedException;

    /** Makes a directory in an existing one; a directory that exists is no error. */
    void makeDirectory(TreePath directory) throws InterruptedException;

    /** Gives an existing file the time and attributes of {@code as}, or an existing directory its attributes. */
    void setProperties(FileEntry as) throws InterruptedException;

    /**
     * Deletes a file, a link or an empty directory; one that does not exist is no error. Links are never followed.
     *
     * @param entry as this tree showed it
     * @throws io.drkit.core.ConflictException when a directory is not empty, or when what is there has changed since it was shown
     */
    void delete(FileEntry entry) throws InterruptedException;

    /**
     * Shown an entry of the target with a reserved name: deletes it when it is a temporary name that a dead run left, and answers
     * whether it was. The lock and the names of this run are left alone.
     */
    boolean sweep(FileEntry reserved) throws InterruptedException;

    /** Gives the claim back; called once, when nothing else is running any more. */
    @Override
    void close();

    /**
     * Content that waits to be committed.
     *
     * @param path where it will be
     * @param temporary where it is now; equal to {@code path} for a service that holds uncommitted content apart
     * @param size how many bytes it holds
     */
    record Staged(TreePath path, TreePath temporary, long size) {
        public Staged {
            Objects.requireNonNull(path, "path");
            Objects.requireNonNull(temporary, "temporary");
        }
    }
}
