package io.drkit.core.detect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.internal.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Remembers in two files of one JSON object each: the outage, and beside it who acknowledged which one. So nothing that one process
 * read is ever written back over what another has declared since: an acknowledgement of an outage that is not the last one any more
 * says nothing of the one that is.
 */
final class FileMemory implements OutageMemory {
    private static final JsonMapper JSON = new JsonMapper();

    private final Path file;
    private final Path acknowledged;

    FileMemory(Path file) {
        this.file = file;
        this.acknowledged = file.resolveSibling(file.getFileName() + ".acknowledged");
    }

    @Override
    public Optional<Remembered> latest() throws IOException {
        Optional<JsonNode> in = read(file);
        if (in.isEmpty()) {
            return Optional.empty();
        }
        Outage outage = understood(file, () -> outage(in.get()));
        Optional<JsonNode> by = read(acknowledged);
        return Optional.of(new Remembered(
                outage,
                by.isEmpty()
                        ? Optional.empty()
                        : understood(acknowledged, () -> acknowledgement(by.get(), outage))));
    }

    @Override
    public void declared(Outage outage) throws IOException {
        AtomicFile.write(file, JSON.writeValueAsString(json(outage)) + "\n");
    }

    @Override
    public void acknowledge(String who, String reason, Instant at) throws IOException {
        Acknowledgement by = new Acknowledgement(who, reason, at);
        Optional<JsonNode> in = read(file);
        if (in.isEmpty()) {
            return;
        }
        ObjectNode out = JSON.createObjectNode();
        out.put("who", by.who())
                .put("reason", by.reason())
                .put("at", by.at().toString())
                .set("outage", json(understood(file, () -> outage(in.get()))));
        AtomicFile.write(acknowledged, JSON.writeValueAsString(out) + "\n");
    }

    private static ObjectNode json(Outage outage) {
        ObjectNode out = JSON.createObjectNode();
        out.put("site", outage.site())
                .put("began", outage.began().toString())
                .put("detected", outage.detected().toString());
        ArrayNode why = out.putArray("why");
        outage.why().forEach(why::add);
        return out;
    }

    private static Outage outage(JsonNode in) {
        List<String> why = new ArrayList<>();
        in.required("why").forEach(line -> why.add(line.asText()));
        return new Outage(in.required("site").asText(), instant(in, "began"), instant(in, "detected"), why);
    }

    private static Optional<Acknowledgement> acknowledgement(JsonNode by, Outage outage) {
        Acknowledgement read = new Acknowledgement(
                by.required("who").asText(), by.required("reason").asText(), instant(by, "at"));
        return outage(by.required("outage")).equals(outage) ? Optional.of(read) : Optional.empty();
    }

    private static Optional<JsonNode> read(Path file) throws IOException {
        String text;
        try {
            text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (NoSuchFileException nothingYet) {
            return Optional.empty();
        }
        try {
            return Optional.of(JSON.readTree(text));
        } catch (JsonProcessingException damaged) {
            throw damaged(file, damaged);
        }
    }

    private static <T> T understood(Path file, Supplier<T> reading) throws IOException {
        try {
            return reading.get();
        } catch (IllegalArgumentException | DateTimeException damaged) {
            throw damaged(file, damaged);
        }
    }

    private static IOException damaged(Path file, Exception why) {
        return new IOException(file + " is damaged; see what happened, then remove it by hand", why);
    }

    private static Instant instant(JsonNode in, String field) {
        return Instant.parse(in.required(field).asText());
    }
}
