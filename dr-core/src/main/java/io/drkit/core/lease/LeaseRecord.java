package io.drkit.core.lease;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.Epoch;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What stands in the store for one lease. It holds no time of day: whoever wants to take a lease over must have seen the same
 * record, unrenewed, for the whole {@code ttl} on its own monotonic time, so no two clocks are ever compared.
 *
 * @param holder who holds it; empty when it was released
 * @param epoch the epoch of the holder, or of the last one; grows with each new holder
 * @param ttl how long it is valid after each renewal; more than zero
 * @param renewals how often it was renewed under this epoch; what makes one record differ from the next
 * @param heir the id of the node that alone may take it once it is released; empty when any node may
 * @param notes what the holder publishes beside it, such as its mode and health; never a secret
 */
public record LeaseRecord(
        Optional<Node> holder,
        Epoch epoch,
        Duration ttl,
        long renewals,
        Optional<String> heir,
        Map<String, String> notes) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int FORMAT = 1;

    public LeaseRecord {
        Objects.requireNonNull(holder, "holder");
        Objects.requireNonNull(epoch, "epoch");
        Objects.requireNonNull(heir, "heir");
        if (ttl.isNegative() || ttl.isZero()) {
            throw new IllegalArgumentException("A lease lasts longer than zero, not " + ttl);
        }
        notes = Collections.unmodifiableMap(new TreeMap<>(notes));
    }

    /** As one line of JSON, for stores that keep text. */
    public String toJson() {
        ObjectNode json = JSON.createObjectNode();
        json.put("format", FORMAT).put("epoch", epoch.value()).put("ttl", ttl.toString());
        json.put("renewals", renewals);
        holder.ifPresent(node -> json.putObject("holder")
                .put("id", node.id())
                .put("alias", node.alias())
                .put("address", node.address()));
        heir.ifPresent(node -> json.put("heir", node));
        ObjectNode texts = json.putObject("notes");
        notes.forEach(texts::put);
        try {
            return JSON.writeValueAsString(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("Texts and numbers can be written as JSON", e);
        }
    }

    /**
     * What {@link #toJson} was called on.
     *
     * @throws IllegalArgumentException when {@code text} is anything else, or of a newer format
     */
    public static LeaseRecord fromJson(String text) {
        JsonNode json;
        try {
            json = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not JSON", e);
        }
        if (number(json, "format") != FORMAT) {
            throw new IllegalArgumentException("format " + number(json, "format"));
        }
        Map<String, String> notes = new TreeMap<>();
        json.path("notes").properties().forEach(note -> notes.put(note.getKey(), text(note.getValue(), note.getKey())));
        try {
            return new LeaseRecord(
                    Optional.ofNullable(json.get("holder"))
                            .map(node -> new Node(
                                    text(node.path("id"), "id"),
                                    text(node.path("alias"), "alias"),
                                    text(node.path("address"), "address"))),
                    new Epoch(number(json, "epoch")),
                    Duration.parse(text(json.path("ttl"), "ttl")),
                    number(json, "renewals"),
                    Optional.ofNullable(json.get("heir")).map(node -> text(node, "heir")),
                    notes);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("a ttl that is no duration", e);
        }
    }

    private static long number(JsonNode json, String field) {
        JsonNode value = json.path(field);
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw new IllegalArgumentException("no number " + field);
        }
        return value.longValue();
    }

    private static String text(JsonNode value, String field) {
        if (!value.isTextual()) {
            throw new IllegalArgumentException("no text " + field);
        }
        return value.textValue();
    }
}
