package io.drkit.core.share;

import io.drkit.core.DrException;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The whole listing of one directory, sorted by name, in bounded memory: up to a window of entries is held; beyond that, sorted
 * runs go to disk and are merged while they are read. A listing that comes in order makes one run, whatever its length.
 *
 * <p>It is read to its end before its first entry is given out, so that whoever decides knows whether it is complete. Used by
 * one thread.
 */
final class SortedListing implements AutoCloseable {
    private static final Comparator<FileEntry> BY_NAME = Comparator.comparing(FileEntry::name);
    private static final int CHUNK = 8 * 1024;

    private final Spill spill;
    private final int window;
    private final List<Run> runs = new ArrayList<>();
    private List<FileEntry> held = new ArrayList<>();
    private int nextHeld;
    private final PriorityQueue<Cursor> cursors =
            new PriorityQueue<>(Comparator.comparing((Cursor cursor) -> cursor.head.name()));
    private @Nullable String lastSpilled;
    private @Nullable String lastGiven;
    private @Nullable RuntimeException failure;
    private long seen;

    private SortedListing(int window, @Nullable Path directory) {
        this.window = window;
        this.spill = new Spill(directory);
    }

    /** A listing of nothing, complete: of a directory that is known not to exist. */
    static SortedListing none() {
        return new SortedListing(1, null);
    }

    /**
     * Lists. A failure of the tree does not throw: what came before it is given out, and {@link #failure} says that it is not
     * all.
     */
    static SortedListing of(FileTree tree, TreePath directory, int window, @Nullable Path spillDirectory)
            throws InterruptedException {
        SortedListing listing = new SortedListing(window, spillDirectory);
        try {
            listing.fill(tree, directory);
            listing.merge();
            return listing;
        } catch (RuntimeException | InterruptedException | Error e) {
            listing.close();
            throw e;
        }
    }

    /** Why the listing is incomplete; null when it is complete. */
    @Nullable
    RuntimeException failure() {
        return failure;
    }

    boolean complete() {
        return failure == null;
    }

    /** Whether the failure, if there is one, may not come again. */
    boolean worthAnotherTry() {
        return failure instanceof DrException known && known.retryable();
    }

    /** How many entries the tree gave. */
    long seen() {
        return seen;
    }

    /** The next entry by name, or null after the last. A name that the tree gave twice comes once. */
    @Nullable
    FileEntry next() throws InterruptedException {
        FileEntry entry = advance();
        while (entry != null && entry.name().equals(lastGiven)) {
            entry = advance();
        }
        lastGiven = entry == null ? null : entry.name();
        return entry;
    }

    @Override
    public void close() {
        spill.close();
    }

    private void fill(FileTree tree, TreePath directory) throws InterruptedException {
        try (FileTree.Listing listing = tree.list(directory)) {
            boolean last = false;
            while (!last) {
                FileTree.Page page = listing.next();
                for (FileEntry entry : page.entries()) {
                    add(entry);
                }
                last = page.last();
            }
        } catch (SpillFailure e) {
            throw e.unwrap();
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    private void add(FileEntry entry) throws InterruptedException {
        seen++;
        held.add(entry);
        if (held.size() >= window) {
            try {
                spillHeld();
            } catch (RuntimeException e) {
                // not the tree's failure: it must not pass for an incomplete listing
                throw new SpillFailure(e);
            }
        }
    }

    private void spillHeld() throws InterruptedException {
        held.sort(BY_NAME);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(held.size() * 64);
        try {
            DataOutputStream out = new DataOutputStream(bytes);
            for (FileEntry entry : held) {
                EntryCodec.write(out, entry);
            }
        } catch (IOException e) {
            throw Spill.failure(e);
        }
        String first = held.get(0).name();
        long start = spill.append(bytes.toByteArray(), bytes.size());
        if (lastSpilled != null && lastSpilled.compareTo(first) < 0) {
            Run previous = runs.remove(runs.size() - 1);
            runs.add(new Run(previous.start, spill.end()));
        } else {
            runs.add(new Run(start, spill.end()));
        }
        lastSpilled = held.get(held.size() - 1).name();
        held = new ArrayList<>();
    }

    private void merge() throws InterruptedException {
        if (runs.isEmpty()) {
            held.sort(BY_NAME);
            return;
        }
        if (!held.isEmpty()) {
            spillHeld();
        }
        for (Run run : runs) {
            DataInputStream in = new DataInputStream(spill.read(run.start, run.end, CHUNK));
            FileEntry head = read(in);
            if (head != null) {
                cursors.add(new Cursor(in, head));
            }
        }
    }

    private @Nullable FileEntry advance() throws InterruptedException {
        if (runs.isEmpty()) {
            return nextHeld < held.size() ? held.get(nextHeld++) : null;
        }
        Cursor cursor = cursors.poll();
        if (cursor == null) {
            return null;
        }
        FileEntry entry = cursor.head;
        FileEntry following = read(cursor.in);
        if (following != null) {
            cursors.add(new Cursor(cursor.in, following));
        }
        return entry;
    }

    private static @Nullable FileEntry read(DataInputStream in) throws InterruptedException {
        try {
            return EntryCodec.read(in);
        } catch (EOFException e) {
            return null;
        } catch (IOException e) {
            throw Spill.failure(e);
        }
    }

    private record Run(long start, long end) {}

    private record Cursor(DataInputStream in, FileEntry head) {}

    private static final class SpillFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final RuntimeException reason;

        SpillFailure(RuntimeException reason) {
            super(reason);
            this.reason = reason;
        }

        RuntimeException unwrap() {
            return reason;
        }
    }
}
