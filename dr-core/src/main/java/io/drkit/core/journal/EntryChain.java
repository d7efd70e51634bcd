package io.drkit.core.journal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * The canonical form of a run's entries, the same in every store: each is a line {@code <sha256> <json>}, where the hash is over
 * the hash of the line before it (the first: the hash of {@code drkit-journal 1}) and the JSON. So a line that was damaged,
 * removed, added or moved is noticed by whoever reads on from the beginning. A value: the chain up to some line.
 */
public final class EntryChain {
    /** The newest format that this version reads and the one that it writes. */
    public static final int FORMAT = 1;

    static final String HEAD = "drkit-journal ";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int HASH_LENGTH = 64;

    private final String hash;

    private EntryChain(String hash) {
        this.hash = hash;
    }

    /** The chain of a run that has no entry yet. */
    public static EntryChain begin() {
        return new EntryChain(hash("", HEAD + FORMAT));
    }

    /** The line that makes this entry the next one. */
    public String line(JournalEntry entry) {
        try {
            String json = JSON.writeValueAsString(toJson(entry));
            return hash(hash, json) + " " + json;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("the entry has no JSON form: " + entry.kind(), e);
        }
    }

    /**
     * The entry in a line that comes next.
     *
     * @throws IllegalArgumentException when it is not what was written after the lines before; the message says what is wrong
     */
    public JournalEntry entry(String line) {
        if (line.length() <= HASH_LENGTH || line.charAt(HASH_LENGTH) != ' ') {
            throw new IllegalArgumentException("a line that is no entry");
        }
        String json = line.substring(HASH_LENGTH + 1);
        if (!line.startsWith(hash(hash, json))) {
            throw new IllegalArgumentException(
                    "a line whose checksum is not that of its content and of the lines before it");
        }
        try {
            return fromJson(JSON.readTree(json));
        } catch (JsonProcessingException | IllegalArgumentException | DateTimeParseException e) {
            throw new IllegalArgumentException("an entry that cannot be read", e);
        }
    }

    /** The chain up to that line, which has been written by {@link #line} or read by {@link #entry}. */
    public EntryChain after(String line) {
        return new EntryChain(line.substring(0, HASH_LENGTH));
    }

    private static ObjectNode toJson(JournalEntry entry) {
        ObjectNode node = JSON.createObjectNode();
        node.put("kind", entry.kind().name());
        node.put("at", entry.at().toString());
        if (!entry.step().isEmpty()) {
            node.put("step", entry.step());
        }
        entry.details().forEach(node::put);
        return node;
    }

    private static JournalEntry fromJson(JsonNode node) {
        Map<String, String> details = new TreeMap<>();
        node.properties()
                .forEach(field -> details.put(field.getKey(), field.getValue().asText()));
        String kind = details.remove("kind");
        String at = details.remove("at");
        String step = details.remove("step");
        if (kind == null || at == null) {
            throw new IllegalArgumentException("An entry has a kind and a time");
        }
        return new JournalEntry(JournalEntry.Kind.valueOf(kind), Instant.parse(at), step == null ? "" : step, details);
    }

    static String hash(String before, String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(before.getBytes(StandardCharsets.UTF_8));
            digest.update(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
