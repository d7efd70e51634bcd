package io.drkit.core.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Replaces a file as a whole: whoever reads it sees the old text or the new one. */
public final class AtomicFile {
    private static final int LEFTOVERS = 1000;

    private AtomicFile() {}

    /** Writes {@code text} in UTF-8 beside {@code file} and puts it in its place; on a failure the old text stands. */
    public static void write(Path file, String text) throws IOException {
        Path whole = file.toAbsolutePath();
        Path part = null;
        try {
            // not Files.createTempFile: its files can be read by nobody else, which is not what people expect of a
            // report
            for (int n = 0; part == null; n++) {
                Path candidate = whole.resolveSibling("." + whole.getFileName() + "." + n + ".part");
                try (FileChannel out =
                        FileChannel.open(candidate, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                    part = candidate;
                    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                    while (bytes.hasRemaining()) {
                        out.write(bytes);
                    }
                    out.force(true);
                } catch (FileAlreadyExistsException anotherWriterOrItsLeftover) {
                    if (n == LEFTOVERS) {
                        throw anotherWriterOrItsLeftover;
                    }
                }
            }
            Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException | RuntimeException failure) {
            if (part != null) {
                try {
                    Files.deleteIfExists(part);
                } catch (IOException cleanUp) {
                    failure.addSuppressed(cleanUp);
                }
            }
            throw failure;
        }
    }
}
