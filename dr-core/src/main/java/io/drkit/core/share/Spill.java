package io.drkit.core.share;

import io.drkit.core.BlockedException;
import io.drkit.core.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** A nameless scratch file on local disk: on Unix its name is gone as soon as it is open, so that a killed process leaves none. */
final class Spill implements AutoCloseable {
    private final @Nullable Path directory;
    private @Nullable FileChannel channel;
    private long end;

    /** @param directory where to, or null for the machine's own place for temporary files */
    Spill(@Nullable Path directory) {
        this.directory = directory;
    }

    /** Appends the bytes and answers where they begin. */
    long append(byte[] bytes, int length) throws InterruptedException {
        try {
            FileChannel file = channel;
            if (file == null) {
                file = open();
                channel = file;
            }
            long start = end;
            ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
            while (buffer.hasRemaining()) {
                end += file.write(buffer, end);
            }
            return start;
        } catch (IOException e) {
            throw failure(e);
        }
    }

    long end() {
        return end;
    }

    /** Reads from {@code start} up to {@code end}, {@code chunk} bytes at a time. Needs no closing. */
    InputStream read(long start, long end, int chunk) {
        FileChannel file = channel;
        if (file == null) {
            return InputStream.nullInputStream();
        }
        return new Reader(file, start, end, chunk);
    }

    @Override
    public void close() {
        FileChannel file = channel;
        if (file != null) {
            try {
                file.close();
            } catch (IOException ignored) {
                // a scratch file that nobody will read again
            }
        }
    }

    private FileChannel open() throws IOException {
        Path file = directory == null
                ? Files.createTempFile("drkit-", ".spill")
                : Files.createTempFile(directory, "drkit-", ".spill");
        return FileChannel.open(
                file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
    }

    static RuntimeException failure(IOException e) throws InterruptedException {
        if (e instanceof ClosedByInterruptException) {
            throw interrupted(e);
        }
        return new BlockedException(
                "share.spill-failed",
                Problem.expected("room on local disk for a large directory listing")
                        .found(String.valueOf(e.getMessage()))
                        .remedy("make room in the directory for temporary files, or name another one"),
                e);
    }

    static InterruptedException interrupted(Throwable cause) {
        InterruptedException interrupted = new InterruptedException("interrupted during file access");
        interrupted.initCause(cause);
        // the flag has done its work: the exception carries the news
        Thread.interrupted();
        return interrupted;
    }

    private static final class Reader extends InputStream {
        private final FileChannel file;
        private final long end;
        private final ByteBuffer buffer;
        private long position;

        Reader(FileChannel file, long start, long end, int chunk) {
            this.file = file;
            this.position = start;
            this.end = end;
            this.buffer = ByteBuffer.allocate(chunk).flip();
        }

        @Override
        public int read() throws IOException {
            return fill() ? buffer.get() & 0xff : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!fill()) {
                return -1;
            }
            int count = Math.min(length, buffer.remaining());
            buffer.get(bytes, offset, count);
            return count;
        }

        private boolean fill() throws IOException {
            if (buffer.hasRemaining()) {
                return true;
            }
            if (position >= end) {
                return false;
            }
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - position));
            int count = file.read(buffer, position);
            buffer.flip();
            if (count <= 0) {
                return false;
            }
            position += count;
            return true;
        }
    }
}
