package io.drkit.core.share;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Any number of entries in the order in which they came, in bounded memory: what does not fit into one block goes to disk, and 24
 * bytes a block stay. Adding is thread-safe; reading begins when nothing is added any more.
 */
final class EntrySpool implements AutoCloseable {
    private static final int BLOCK = 64 * 1024;

    private final Spill spill;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final DataOutputStream out = new DataOutputStream(bytes);
    private final List<Block> blocks = new ArrayList<>();
    private int pending;
    private long size;

    EntrySpool(@Nullable Path directory) {
        this.spill = new Spill(directory);
    }

    synchronized void add(FileEntry entry) throws InterruptedException {
        try {
            EntryCodec.write(out, entry);
        } catch (IOException e) {
            throw Spill.failure(e);
        }
        pending++;
        size++;
        if (bytes.size() >= BLOCK) {
            byte[] block = bytes.toByteArray();
            blocks.add(new Block(spill.append(block, block.length), block.length, pending));
            bytes.reset();
            pending = 0;
        }
    }

    synchronized long size() {
        return size;
    }

    /** Holds no lock while it visits: the visitor may wait. */
    void forEach(Visitor visitor) throws InterruptedException {
        List<FileEntry> tail = tail();
        for (Block block : blocks()) {
            for (FileEntry entry : read(block)) {
                visitor.visit(entry);
            }
        }
        for (FileEntry entry : tail) {
            visitor.visit(entry);
        }
    }

    /** As {@link #forEach}. */
    void forEachReversed(Visitor visitor) throws InterruptedException {
        visitReversed(tail(), visitor);
        List<Block> all = blocks();
        for (int i = all.size() - 1; i >= 0; i--) {
            visitReversed(read(all.get(i)), visitor);
        }
    }

    @Override
    public void close() {
        spill.close();
    }

    private static void visitReversed(List<FileEntry> entries, Visitor visitor) throws InterruptedException {
        for (int i = entries.size() - 1; i >= 0; i--) {
            visitor.visit(entries.get(i));
        }
    }

    private synchronized List<Block> blocks() {
        return List.copyOf(blocks);
    }

    private synchronized List<FileEntry> tail() throws InterruptedException {
        return decode(new ByteArrayInputStream(bytes.toByteArray()), pending);
    }

    private List<FileEntry> read(Block block) throws InterruptedException {
        return decode(spill.read(block.start, block.start + block.length, block.length), block.count);
    }

    private static List<FileEntry> decode(InputStream in, int count) throws InterruptedException {
        DataInputStream data = new DataInputStream(in);
        List<FileEntry> entries = new ArrayList<>(count);
        try {
            for (int i = 0; i < count; i++) {
                entries.add(EntryCodec.read(data));
            }
        } catch (IOException e) {
            throw Spill.failure(e);
        }
        return entries;
    }

    interface Visitor {
        void visit(FileEntry entry) throws InterruptedException;
    }

    private record Block(long start, int length, int count) {}
}
