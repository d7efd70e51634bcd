package io.drkit.testkit.disaster;

import io.drkit.core.Epoch;
import io.drkit.core.share.Claim;
import io.drkit.core.share.FileEntry;
import io.drkit.core.share.FileTree;
import io.drkit.core.share.FileTreeWriter;
import io.drkit.core.share.TreePath;
import io.drkit.testkit.fault.Route;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;

/** A site's share as one process reaches it. It compares epochs when it is claimed; the claim ends with the process. */
final class RemoteFileTree implements FileTree {
    private final FileTree tree;
    private final Host host;
    private final Route route;

    RemoteFileTree(FileTree tree, Host host, Route route) {
        this.tree = tree;
        this.host = host;
        this.route = route;
    }

    @Override
    public String describe() {
        return tree.describe();
    }

    @Override
    public Listing list(TreePath directory) throws InterruptedException {
        return route.ask("list", () -> tree.list(directory));
    }

    @Override
    public Optional<FileEntry> stat(TreePath path) throws InterruptedException {
        return route.ask("stat", () -> tree.stat(path));
    }

    @Override
    public InputStream read(FileEntry file) throws InterruptedException {
        return route.ask("read", () -> tree.read(file));
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
        return tree.overlaps(other instanceof RemoteFileTree remote ? remote.tree : other);
    }

    @Override
    public FileTreeWriter claim(Claim claim) throws InterruptedException {
        FileTreeWriter writer = route.ask("claim", () -> tree.claim(claim));
        host.releasesAtDeath(writer::close);
        return new RemoteWriter(writer);
    }

    @Override
    public Optional<Epoch> heldEpoch() throws InterruptedException {
        return route.ask("read the epoch", tree::heldEpoch);
    }

    private final class RemoteWriter implements FileTreeWriter {
        private final FileTreeWriter writer;

        RemoteWriter(FileTreeWriter writer) {
            this.writer = writer;
        }

        private <T> T change(String what, Call<T> call) throws InterruptedException {
            return route.change("files", what, Epoch.NONE, call::make);
        }

        private void change(String what, Work work) throws InterruptedException {
            change(what, () -> {
                work.make();
                return true;
            });
        }

        @Override
        public Staged stage(FileTree source, FileEntry file, LongConsumer bytes) throws InterruptedException {
            return change("to copy " + file.path(), () -> writer.stage(source, file, bytes));
        }

        @Override
        public void commit(Staged staged, FileEntry as, Optional<FileEntry> seen) throws InterruptedException {
            change("to put " + as.path() + " in place", () -> writer.commit(staged, as, seen));
        }

        @Override
        public void discard(Staged staged) throws InterruptedException {
            change("to discard " + staged.temporary(), () -> writer.discard(staged));
        }

        @Override
        public void makeDirectory(TreePath directory) throws InterruptedException {
            change("to make " + directory, () -> writer.makeDirectory(directory));
        }

        @Override
        public void setProperties(FileEntry as) throws InterruptedException {
            change("to set the properties of " + as.path(), () -> writer.setProperties(as));
        }

        @Override
        public void delete(FileEntry entry) throws InterruptedException {
            change("to delete " + entry.path(), () -> writer.delete(entry));
        }

        @Override
        public boolean sweep(FileEntry reserved) throws InterruptedException {
            return change("to sweep " + reserved.path(), () -> writer.sweep(reserved));
        }

        @Override
        public void close() {
            writer.close();
        }
    }

    private interface Call<T> {
        T make() throws InterruptedException;
    }

    private interface Work {
        void make() throws InterruptedException;
    }
}
