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

/** Remembers in one file, which holds one JSON object. */
final class FileMemory implements OutageMemory {
    private static final JsonMapper JSON = new JsonMapper();

    private final Path file;

    FileMemory(Path file) {
        this.file = file;
    }

    @Override
    public synchronized Optional<Remembered> latest() throws IOException {
        String text;
        try {
            text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (NoSuchFileException nothingYet) {
            return Optional.empty();
        }
        try {
            JsonNode in = JSON.readTree(text);
            List<String> why = new ArrayList<>();
            in.required("why").forEach(line -> why.add(line.asText()));
            Outage outage =
                    new Outage(in.required("site").asText(), instant(in, "began"), instant(in, "detected"), why);
            JsonNode by = in.required("acknowledged");
            return Optional.of(new Remembered(
                    outage,
                    by.isNull()
                            ? Optional.empty()
                            : Optional.of(new Acknowledgement(
                                    by.required("who").asText(),
                                    by.required("reason").asText(),
                                    instant(by, "at")))));
        } catch (JsonProcessingException | IllegalArgumentException | DateTimeException damaged) {
            throw new IOException(file + " is damaged; see what happened, then remove it by hand", damaged);
        }
    }

    @Override
    public synchronized void declared(Outage outage) throws IOException {
        write(new Remembered(outage, Optional.empty()));
    }

    @Override
    public synchronized void acknowledge(String who, String reason, Instant at) throws IOException {
        Acknowledgement by = new Acknowledgement(who, reason, at);
        Optional<Remembered> known = latest();
        if (known.isPresent()) {
            write(new Remembered(known.get().outage(), Optional.of(by)));
        }
    }

    private void write(Remembered remembered) throws IOException {
        Outage outage = remembered.outage();
        ObjectNode out = JSON.createObjectNode();
        out.put("site", outage.site())
                .put("began", outage.began().toString())
                .put("detected", outage.detected().toString());
        ArrayNode why = out.putArray("why");
        outage.why().forEach(why::add);
        if (remembered.acknowledgement().isPresent()) {
            Acknowledgement by = remembered.acknowledgement().get();
            out.putObject("acknowledged")
                    .put("who", by.who())
                    .put("reason", by.reason())
                    .put("at", by.at().toString());
        } else {
            out.putNull("acknowledged");
        }
        AtomicFile.write(file, JSON.writeValueAsString(out) + "\n");
    }

    private static Instant instant(JsonNode in, String field) {
        return Instant.parse(in.required(field).asText());
    }
}
