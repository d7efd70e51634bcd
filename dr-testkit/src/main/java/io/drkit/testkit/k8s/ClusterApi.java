package io.drkit.testkit.k8s;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.fault.Faults;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.mockwebserver.crud.AttributeSet;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.zjsonpatch.JsonPatch;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * fabric8's CRUD store, made to answer changes as a real API server does. The store itself stores a null where a merge patch
 * removes a field, lets a write to an object change its status, drops a terminating pod at the first write to it and deletes pods
 * with no grace. Reading, listing, creating and watching stay fabric8's.
 *
 * <p>Source of the semantics: RFC 7386 for merge patches; the Kubernetes API conventions for resourceVersion, generation and the
 * status sub-resource; "Pod lifecycle, termination of Pods" for the grace period.
 */
final class ClusterApi extends KubernetesCrudDispatcher {
    private final ObjectMapper json = new ObjectMapper();
    private final Faults faults;
    private final Supplier<Instant> now;
    private final List<String> log = new ArrayList<>();
    private final Map<String, ObjectNode> parsed = new HashMap<>();

    ClusterApi(Faults faults, Supplier<Instant> now) {
        this.faults = faults;
        this.now = now;
    }

    /** The requests so far, such as {@code PATCH deployments/runtime}, oldest first. */
    synchronized List<String> log() {
        return List.copyOf(log);
    }

    @Override
    public MockResponse dispatch(RecordedRequest request) {
        Optional<ApiCall> call = ApiCall.of(request.getMethod(), request.getPath());
        if (call.isEmpty()) {
            return super.dispatch(request);
        }
        String operation = call.get().operation();
        synchronized (this) {
            log.add(call.get().toString());
        }
        Optional<Fault> fault = faults.take(operation);
        if (fault.isEmpty()) {
            return serve(request);
        } else if (fault.get() instanceof Fault.Refused refused) {
            return refusal(refused.status(), "Simulated", "a simulated refusal of " + operation);
        } else if (fault.get() instanceof Fault.RequestLost) {
            return new MockResponse().setResponseCode(200).setHeader(Gate.CUT, "1");
        } else if (fault.get() instanceof Fault.Late late) {
            late.hold(() -> serve(request));
            return new MockResponse().setResponseCode(200).setHeader(Gate.CUT, "1");
        }
        MockResponse answer = serve(request);
        if (fault.get() instanceof Fault.AnswerLost) {
            return answer.setHeader(Gate.CUT, "1");
        } else if (fault.get() instanceof Fault.Delayed delayed) {
            return answer.setBodyDelay(delayed.by());
        }
        return answer;
    }

    private synchronized MockResponse serve(RecordedRequest request) {
        String path = bare(request.getPath());
        return switch (request.method()) {
            case PATCH -> change(path, body(request), request.getHeader("Content-Type"));
            case PUT -> change(path, body(request), null);
            case DELETE -> delete(path, body(request), request.getPath());
            case POST -> post(path, body(request), request);
            default -> super.dispatch(request);
        };
    }

    // ---- what controllers and tests do beside the sockets: neither counted nor subject to faults

    /** All objects of one kind, to be read only: they are shared, since controllers look often and little changes. */
    synchronized List<ObjectNode> all(String kind) {
        if (parsed.size() > 2 * map.size() + 100) {
            parsed.keySet().retainAll(map.values());
        }
        return map.values().stream()
                .map(stored -> parsed.computeIfAbsent(stored, this::parse))
                .filter(object -> kind.equals(object.path("kind").asText()))
                .toList();
    }

    /** Creates an object as a client would. */
    synchronized void create(String collection, String object) {
        MockResponse answer = store(collection, object);
        if (answer.code() >= 300) {
            throw new IllegalStateException("The simulated cluster could not create in " + collection + ": "
                    + answer.code() + " " + answer.getBody().readUtf8());
        }
    }

    /** Applies a merge patch as another writer would; answers whether the object was there. */
    synchronized boolean patch(String path, JsonNode patch) {
        MockResponse answer = change(path, patch, "application/merge-patch+json");
        if (answer.code() != 200 && answer.code() != 404) {
            throw new IllegalStateException("The simulated cluster could not patch " + path + ": " + answer.code());
        }
        return answer.code() == 200;
    }

    synchronized void remove(String path) {
        Map.Entry<AttributeSet, String> stored = findResource(getKey(path));
        if (stored != null) {
            processEvent(path, getKey(path), stored.getKey(), null, null);
        }
    }

    /** The object at {@code path}; null when there is none. */
    synchronized @Nullable ObjectNode get(String path) {
        Map.Entry<AttributeSet, String> stored = findResource(getKey(path));
        return stored == null ? null : parse(stored.getValue());
    }

    /** Begins the deletion of a pod. */
    synchronized void terminate(String path) {
        delete(path, json.createObjectNode(), path);
    }

    // ---- semantics

    private MockResponse change(String path, @Nullable JsonNode body, @Nullable String patchType) {
        boolean status = path.endsWith("/status");
        String object = status ? path.substring(0, path.length() - "/status".length()) : path;
        AttributeSet key = getKey(object);
        Map.Entry<AttributeSet, String> stored = findResource(key);
        if (stored == null) {
            return refusal(404, "NotFound", object + " not found");
        }
        if (body == null) {
            return refusal(400, "BadRequest", "a change has a body");
        }
        ObjectNode current = parse(stored.getValue());
        JsonNode asked;
        if (patchType == null) {
            asked = body;
        } else if (patchType.startsWith("application/merge-patch+json")) {
            asked = merged(current.deepCopy(), body);
        } else if (patchType.startsWith("application/json-patch+json")) {
            asked = JsonPatch.apply(body, current.deepCopy());
        } else {
            return refusal(415, "UnsupportedMediaType", "the simulated cluster takes merge and JSON patches only");
        }
        if (!(asked instanceof ObjectNode wanted) || !(wanted.get("metadata") instanceof ObjectNode meta)) {
            return refusal(422, "Invalid", "an object has metadata");
        }
        String version = current.path("metadata").path("resourceVersion").asText();
        String condition = meta.path("resourceVersion").asText();
        if (!condition.isEmpty() && !condition.equals(version)) {
            return refusal(409, "Conflict", "the object has been modified; apply the change to its latest version");
        }
        ObjectNode changed = current.deepCopy();
        if (status) {
            replace(changed, wanted, "status");
        } else {
            for (Iterator<String> fields = changed.deepCopy().fieldNames(); fields.hasNext(); ) {
                String field = fields.next();
                if (!List.of("status", "kind", "apiVersion", "metadata").contains(field)) {
                    changed.remove(field);
                }
            }
            wanted.properties().forEach(field -> {
                if (!field.getKey().equals("status")) {
                    changed.set(field.getKey(), field.getValue().deepCopy());
                }
            });
            ObjectNode kept = (ObjectNode) changed.get("metadata");
            for (String fixed : List.of(
                    "name",
                    "namespace",
                    "uid",
                    "creationTimestamp",
                    "generation",
                    "deletionTimestamp",
                    "deletionGracePeriodSeconds",
                    "resourceVersion")) {
                replace(kept, current.get("metadata"), fixed);
            }
            if (!current.path("spec").equals(changed.path("spec"))) {
                kept.put("generation", kept.path("generation").asLong(1) + 1);
            }
        }
        if (changed.equals(current)) {
            return new MockResponse().setResponseCode(200).setBody(current.toString());
        }
        store(object, key, stored.getKey(), changed);
        return new MockResponse().setResponseCode(200).setBody(changed.toString());
    }

    /** What a client says of an object's status is not taken at its creation. */
    private MockResponse post(String path, @Nullable JsonNode body, RecordedRequest request) {
        if (!(body instanceof ObjectNode object) || !object.has("status")) {
            return super.dispatch(request);
        }
        object.remove("status");
        return store(path, object.toString());
    }

    private MockResponse store(String collection, String object) {
        return super.dispatch(new RecordedRequest(
                "HTTP/1.1",
                HttpMethod.POST,
                collection,
                Headers.builder().add("Content-Type", "application/json").build(),
                new Buffer(object.getBytes(StandardCharsets.UTF_8))));
    }

    private MockResponse delete(String path, @Nullable JsonNode options, String pathAndQuery) {
        AttributeSet key = getKey(path);
        Map.Entry<AttributeSet, String> stored = findResource(key);
        if (stored == null || !path.matches(".*/pods/[^/]+")) {
            return handleDelete(path);
        }
        ObjectNode pod = parse(stored.getValue());
        boolean atOnce = (options != null && options.path("gracePeriodSeconds").asInt(-1) == 0)
                || pathAndQuery.contains("gracePeriodSeconds=0");
        if (atOnce) {
            processEvent(path, key, stored.getKey(), null, null);
        } else if (!pod.path("metadata").has("deletionTimestamp")) {
            ObjectNode meta = (ObjectNode) pod.get("metadata");
            long grace = pod.path("spec").path("terminationGracePeriodSeconds").asLong(30);
            meta.put("deletionTimestamp", now.get().plusSeconds(grace).toString());
            meta.put("deletionGracePeriodSeconds", grace);
            store(path, key, stored.getKey(), pod);
        }
        return new MockResponse().setResponseCode(200).setBody(pod.toString());
    }

    private void store(String path, AttributeSet key, AttributeSet oldKey, ObjectNode object) {
        ((ObjectNode) object.get("metadata")).put("resourceVersion", String.valueOf(requestResourceVersion()));
        processEvent(path, key, oldKey, null, object.toString());
    }

    private static void replace(ObjectNode in, JsonNode from, String field) {
        if (from.has(field)) {
            in.set(field, from.get(field));
        } else {
            in.remove(field);
        }
    }

    /** RFC 7386. */
    private JsonNode merged(JsonNode target, JsonNode patch) {
        if (!patch.isObject()) {
            return patch.deepCopy();
        }
        ObjectNode result = target instanceof ObjectNode object ? object : json.createObjectNode();
        patch.properties().forEach(field -> {
            if (field.getValue().isNull()) {
                result.remove(field.getKey());
            } else {
                JsonNode old = result.get(field.getKey());
                result.set(field.getKey(), merged(old == null ? json.createObjectNode() : old, field.getValue()));
            }
        });
        return result;
    }

    private MockResponse refusal(int code, String reason, String message) {
        ObjectNode status = json.createObjectNode();
        status.put("kind", "Status");
        status.put("apiVersion", "v1");
        status.put("status", "Failure");
        status.put("message", message);
        status.put("reason", reason);
        status.put("code", code);
        return new MockResponse()
                .setResponseCode(code)
                .setHeader("Content-Type", "application/json")
                .setBody(status.toString());
    }

    private @Nullable JsonNode body(RecordedRequest request) {
        byte[] bytes = request.getBody() == null ? null : request.getBody().getBytes();
        if (bytes == null || bytes.length == 0) {
            return null;
        }
        return parseAny(new String(bytes, StandardCharsets.UTF_8));
    }

    private ObjectNode parse(String stored) {
        return (ObjectNode) parseAny(stored);
    }

    private JsonNode parseAny(String text) {
        try {
            return json.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("No JSON", e);
        }
    }

    private static String bare(String pathAndQuery) {
        int query = pathAndQuery.indexOf('?');
        return query < 0 ? pathAndQuery : pathAndQuery.substring(0, query);
    }
}
