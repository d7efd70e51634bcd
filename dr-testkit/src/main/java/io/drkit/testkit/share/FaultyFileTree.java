package io.drkit.testkit.share;

import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.share.Claim;
import io.drkit.core.share.FileEntry;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.FileTreeWriter;
import io.drkit.core.share.TreePath;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Any file tree, with faults: calls that fail, calls that work and lose their answer, listings that break off, things that happen
 * in the middle of a call, and the death of the process at any call. It also remembers what was called.
 *
 * <pre>{@code
 * FaultyFileTree source = FaultyFileTree.around(tree);
 * source.fail(Operation.LIST, "recovery", FaultyFileTree.ALWAYS, () -> denied);
 * source.after(Operation.READ, "log", () -> application.writes("log"));     // changes during the copy
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class FaultyFileTree implements FileTree {
    /** For a fault that does not pass. */
    public static final int ALWAYS = Integer.MAX_VALUE;

    private final FileTree tree;
    private final List<Fault> faults = new ArrayList<>();
    private final List<Call> calls = new ArrayList<>();
    private final List<Happening> everyCall = new ArrayList<>();
    private long crashAt = Long.MAX_VALUE;

    private FaultyFileTree(FileTree tree) {
        this.tree = tree;
    }

    /** Behaves as {@code tree} until told otherwise. */
    public static FaultyFileTree around(FileTree tree) {
        return new FaultyFileTree(tree);
    }

    /** What can be called. */
    public enum Operation {
        LIST,
        STAT,
        READ,
        CLAIM,
        STAGE,
        COMMIT,
        DISCARD,
        MAKE_DIRECTORY,
        SET_PROPERTIES,
        DELETE,
        SWEEP
    }

    /**
     * A call that was made.
     *
     * @param operation what
     * @param path on which path; the root for a claim
     */
    public record Call(Operation operation, TreePath path) {}

    /** The death of the process: every further call dies as well. It is an {@link Error}, as no code may survive it. */
    public static final class Crash extends Error {
        private static final long serialVersionUID = 1L;

        Crash(Call call, long number) {
            super("the process died at call " + number + ": " + call);
        }
    }

    /** The next {@code times} such calls fail and do nothing. */
    public FaultyFileTree fail(Operation operation, String path, int times, Supplier<RuntimeException> failure) {
        return add(new Fault(operation, TreePath.of(path), times, 0, failure, null, null));
    }

    /** The next {@code times} listings of the directory fail after so many pages. */
    public FaultyFileTree breakListing(String path, int afterPages, int times, Supplier<RuntimeException> failure) {
        return add(new Fault(Operation.LIST, TreePath.of(path), times, afterPages, failure, null, null));
    }

    /** The next {@code times} such calls do their work, and then the answer is lost. */
    public FaultyFileTree loseAnswer(Operation operation, String path, int times) {
        return add(new Fault(operation, TreePath.of(path), times, 0, null, null, () -> {
            throw new UnknownOutcomeException(
                    "testkit.answer-lost",
                    Problem.expected("an answer to " + operation + " of " + path)
                            .found("that it was lost")
                            .remedy("look again"));
        }));
    }

    /** Right before each such call this happens. */
    public FaultyFileTree before(Operation operation, String path, Happening happening) {
        return add(new Fault(operation, TreePath.of(path), ALWAYS, 0, null, happening, null));
    }

    /** Right before every call, on whichever path, this happens. */
    public synchronized FaultyFileTree beforeEveryCall(Happening happening) {
        everyCall.add(happening);
        return this;
    }

    /** Right after each such call this happens, before the caller has its answer. */
    public FaultyFileTree after(Operation operation, String path, Happening happening) {
        return add(new Fault(operation, TreePath.of(path), ALWAYS, 0, null, null, happening));
    }

    /** Something that happens. */
    public interface Happening {
        void happen() throws InterruptedException;
    }

    /** The process dies at the {@code n}th call, counted from 1. */
    public synchronized FaultyFileTree crashAt(long n) {
        crashAt = n;
        return this;
    }

    /** How many calls were made. */
    public synchronized long callCount() {
        return calls.size();
    }

    /** The paths on which the operation was called, in order. */
    public synchronized List<TreePath> calls(Operation operation) {
        return calls.stream()
                .filter(call -> call.operation == operation)
                .map(Call::path)
                .toList();
    }

    @Override
    public String describe() {
        return tree.describe();
    }

    @Override
    public Listing list(TreePath directory) throws InterruptedException {
        Optional<Fault> broken = enter(Operation.LIST, directory);
        if (broken.isPresent() && broken.get().pages == 0) {
            throw broken.get().failure();
        }
        Listing listing = tree.list(directory);
        leave(Operation.LIST, directory);
        return broken.isEmpty() ? listing : new BrokenListing(listing, broken.get());
    }

    @Override
    public Optional<FileEntry> stat(TreePath path) throws InterruptedException {
        return call(Operation.STAT, path, () -> tree.stat(path));
    }

    @Override
    public InputStream read(FileEntry file) throws InterruptedException {
        return call(Operation.READ, file.path(), () -> tree.read(file));
    }

    @Override
    public Set<String> attributes() {
        return tree.attributes();
    }

    @Override
    public Duration timeResolution() {
        return tree.timeResolution();
    }

    @Override
    public Duration settling() {
        return tree.settling();
    }

    @Override
    public Optional<Instant> asOf() {
        return tree.asOf();
    }

    @Override
    public boolean overlaps(FileTree other) {
        return tree.overlaps(other instanceof FaultyFileTree faulty ? faulty.tree : other);
    }

    @Override
    public FileTreeWriter claim(Claim claim) throws InterruptedException {
        return call(Operation.CLAIM, TreePath.ROOT, () -> new FaultyWriter(tree.claim(claim)));
    }

    /** Never fails, and is no call that is counted. */
    @Override
    public Optional<Epoch> heldEpoch() throws InterruptedException {
        return tree.heldEpoch();
    }

    private synchronized FaultyFileTree add(Fault fault) {
        faults.add(fault);
        return this;
    }

    private <R> R call(Operation operation, TreePath path, Call0<R> work) throws InterruptedException {
        Optional<Fault> fault = enter(operation, path);
        if (fault.isPresent()) {
            throw fault.get().failure();
        }
        R answer = work.call();
        leave(operation, path);
        return answer;
    }

    private Optional<Fault> enter(Operation operation, TreePath path) throws InterruptedException {
        List<Happening> happenings = new ArrayList<>();
        Optional<Fault> failing = Optional.empty();
        synchronized (this) {
            Call call = new Call(operation, path);
            calls.add(call);
            if (calls.size() >= crashAt) {
                throw new Crash(call, calls.size());
            }
            happenings.addAll(everyCall);
            for (Fault fault : faults) {
                if (!fault.concerns(operation, path) || fault.left <= 0) {
                    continue;
                }
                if (fault.before != null) {
                    happenings.add(fault.before);
                } else if (fault.failure != null && failing.isEmpty()) {
                    fault.left--;
                    failing = Optional.of(fault);
                }
            }
        }
        for (Happening happening : happenings) {
            happening.happen();
        }
        return failing;
    }

    private void leave(Operation operation, TreePath path) throws InterruptedException {
        List<Happening> happenings = new ArrayList<>();
        synchronized (this) {
            for (Fault fault : faults) {
                if (fault.concerns(operation, path) && fault.left > 0 && fault.after != null) {
                    fault.left--;
                    happenings.add(fault.after);
                }
            }
        }
        for (Happening happening : happenings) {
            happening.happen();
        }
    }

    private interface Call0<R> {
        R call() throws InterruptedException;
    }

    private static final class Fault {
        private final Operation operation;
        private final TreePath path;
        private int left;
        private final int pages;
        private final @Nullable Supplier<RuntimeException> failure;
        private final @Nullable Happening before;
        private final @Nullable Happening after;

        Fault(
                Operation operation,
                TreePath path,
                int left,
                int pages,
                @Nullable Supplier<RuntimeException> failure,
                @Nullable Happening before,
                @Nullable Happening after) {
            this.operation = operation;
            this.path = path;
            this.left = left;
            this.pages = pages;
            this.failure = failure;
            this.before = before;
            this.after = after;
        }

        boolean concerns(Operation called, TreePath on) {
            return operation == called && path.equals(on);
        }

        RuntimeException failure() {
            return failure == null ? new IllegalStateException("a fault that does not fail") : failure.get();
        }
    }

    private static final class BrokenListing implements Listing {
        private final Listing listing;
        private final Fault fault;
        private int given;

        BrokenListing(Listing listing, Fault fault) {
            this.listing = listing;
            this.fault = fault;
        }

        @Override
        public Page next() throws InterruptedException {
            if (given == fault.pages) {
                throw fault.failure();
            }
            given++;
            Page page = listing.next();
            return new Page(page.entries(), false);
        }

        @Override
        public void close() {
            listing.close();
        }
    }

    private final class FaultyWriter implements FileTreeWriter {
        private final FileTreeWriter writer;

        FaultyWriter(FileTreeWriter writer) {
            this.writer = writer;
        }

        @Override
        public Staged stage(FileTree source, FileEntry file, LongConsumer bytes) throws InterruptedException {
            return call(Operation.STAGE, file.path(), () -> writer.stage(source, file, bytes));
        }

        @Override
        public void commit(Staged staged, FileEntry as, Optional<FileEntry> seen) throws InterruptedException {
            call(Operation.COMMIT, as.path(), () -> {
                writer.commit(staged, as, seen);
                return as;
            });
        }

        @Override
        public void discard(Staged staged) throws InterruptedException {
            call(Operation.DISCARD, staged.path(), () -> {
                writer.discard(staged);
                return staged;
            });
        }

        @Override
        public void makeDirectory(TreePath directory) throws InterruptedException {
            call(Operation.MAKE_DIRECTORY, directory, () -> {
                writer.makeDirectory(directory);
                return directory;
            });
        }

        @Override
        public void setProperties(FileEntry as) throws InterruptedException {
            call(Operation.SET_PROPERTIES, as.path(), () -> {
                writer.setProperties(as);
                return as;
            });
        }

        @Override
        public void delete(FileEntry entry) throws InterruptedException {
            call(Operation.DELETE, entry.path(), () -> {
                writer.delete(entry);
                return entry;
            });
        }

        @Override
        public boolean sweep(FileEntry reserved) throws InterruptedException {
            return call(Operation.SWEEP, reserved.path(), () -> writer.sweep(reserved));
        }

        /** Never fails: a claim ends with its process. */
        @Override
        public void close() {
            writer.close();
        }
    }
}
