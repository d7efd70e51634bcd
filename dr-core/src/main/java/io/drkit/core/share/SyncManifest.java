package io.drkit.core.share;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import io.drkit.core.BlockedException;
import io.drkit.core.Problem;
import io.drkit.core.time.Clockwork;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A line of JSON for each thing done to the target. Appended to; a line that a killed run left half-written is ended first, so
 * that every later line stays readable. Thread-safe.
 */
final class SyncManifest implements AutoCloseable {
    // ASCII only: names that are not valid Unicode keep their escapes
    private static final JsonFactory JSON =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private final Clockwork clockwork;
    private final String run;
    private final @Nullable FileOutputStream file;

    private SyncManifest(Clockwork clockwork, String run, @Nullable FileOutputStream file) {
        this.clockwork = clockwork;
        this.run = run;
        this.file = file;
    }

    static SyncManifest none(Clockwork clockwork) {
        return new SyncManifest(clockwork, "", null);
    }

    static SyncManifest appendingTo(Path path, Clockwork clockwork, String run) {
        try {
            boolean torn = endsInMidLine(path);
            // appended by the system, so that runs to other targets may write to it at the same time
            FileOutputStream file = new FileOutputStream(path.toFile(), true);
            if (torn) {
                file.write('\n');
            }
            return new SyncManifest(clockwork, run, file);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private static boolean endsInMidLine(Path path) throws IOException {
        if (!Files.exists(path)) {
            return false;
        }
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            if (file.length() == 0) {
                return false;
            }
            file.seek(file.length() - 1);
            return file.read() != '\n';
        }
    }

    /** Notes something done to an entry. */
    void done(String what, FileEntry entry) {
        if (file != null) {
            write(json -> {
                json.writeStringField("op", what);
                json.writeStringField("path", entry.path().value());
                if (entry.isFile()) {
                    json.writeNumberField("size", entry.size());
                    json.writeStringField("modified", entry.modified().toString());
                    if (entry.version().isPresent()) {
                        json.writeStringField("version", entry.version().get());
                    }
                }
            });
        }
    }

    /** Notes a finding. */
    void found(SyncFinding finding) {
        if (file != null) {
            write(json -> {
                json.writeStringField("op", "finding");
                json.writeStringField("kind", finding.kind().name());
                json.writeStringField("path", finding.path().value());
                json.writeStringField("detail", finding.detail());
            });
        }
    }

    /** Notes the run itself. */
    void run(String what, String detail) {
        if (file != null) {
            write(json -> {
                json.writeStringField("op", what);
                json.writeStringField("detail", detail);
            });
        }
    }

    /** Makes it durable. */
    @Override
    public void close() {
        if (file != null) {
            try (file) {
                file.getFD().sync();
            } catch (IOException e) {
                throw failure(e);
            }
        }
    }

    private synchronized void write(Fields fields) {
        FileOutputStream open = file;
        if (open == null) {
            return;
        }
        StringWriter line = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField("run", run);
            json.writeStringField("at", clockwork.now().toString());
            fields.write(json);
            json.writeEndObject();
        } catch (IOException e) {
            throw failure(e);
        }
        try {
            open.write(line.append('\n').toString().getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private static BlockedException failure(IOException e) {
        return new BlockedException(
                "share.manifest-failed",
                Problem.expected("to append to the manifest")
                        .found(String.valueOf(e.getMessage()))
                        .remedy("make its directory writable and make room, or leave the manifest out"),
                e);
    }

    private interface Fields {
        void write(JsonGenerator json) throws IOException;
    }
}
