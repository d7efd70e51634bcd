package io.drkit.k8s;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.DeniedException;
import io.drkit.core.Epoch;
import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.lease.LeaseRecord;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.lease.Node;
import io.drkit.core.time.Clockwork;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Keeps leases as Lease objects ({@code coordination.k8s.io/v1}) of one namespace. Put it on a cluster that is there when the active
 * site is not.
 *
 * <pre>{@code
 * Leases leases = Leases.in(KubernetesLeaseStore.of(client, "shop")).as(Node.named("controller-1")).build();
 * }</pre>
 *
 * <p><b>Conditional writes.</b> A record is written by one merge patch on the resourceVersion that was seen; the API server compares
 * it in the transaction of etcd that writes (Kubernetes API conventions, "Concurrency Control and Consistency"). Reads are those
 * without a resourceVersion, which are never served from a cache that is behind.
 *
 * <p><b>The epoch grows even when the Lease was deleted.</b> A resourceVersion is the revision of etcd at which an object was written;
 * revisions are counted for the whole store, only grow, and are comparable as numbers (API conventions, "Resource versions").
 * Where there is no Lease, {@link #read} creates an empty one, held by nobody: the revision of its creation is higher than that of
 * any write to an earlier one of its name, and so is the {@link Seen#floor floor}, above which the next epoch begins. An epoch that
 * was drawn above the floor is never ahead of the revisions, since each new epoch costs a write. Two things can break this, and
 * want the journal's epoch as a second guard: etcd that was restored from a backup counts on from there, and epochs that came from
 * another store may be ahead of a young cluster's revisions; the latter are remembered on the Lease, not beyond its deletion.
 * Because a deleted lease looks like one that never was, the very first holder waits a whole ttl.
 *
 * <p><b>What people see.</b> {@code kubectl get lease} shows the holder; {@code renewTime} is the writer's clock, for people:
 * nothing is ever compared with it. The record itself is the annotation {@code drkit.io/lease-record}. A lease's name that is no
 * Kubernetes name is abbreviated in the object's, and stands whole in the annotation {@code drkit.io/lease}. A Lease without that
 * annotation is somebody else's, and is not touched.
 *
 * <p><b>Errors</b> as those of {@link KubernetesWorkloadScaler}. The verbs that it needs on {@code leases}: get, list, create, patch;
 * who only looks needs get and list. Thread-safe. The client stays the caller's, who closes it.
 */
public final class KubernetesLeaseStore implements LeaseStore {
    private static final String NAME = "drkit.io/lease";
    private static final String RECORD = "drkit.io/lease-record";
    private static final String FLOOR = "drkit.io/lease-floor";
    /** What a write replaced: to write the same record again is a change, and the API server would see none. */
    private static final String AFTER = "drkit.io/lease-after";

    private static final Map<String, String> LABEL = Map.of("app.kubernetes.io/managed-by", "drkit");
    private static final PatchContext MERGE = new PatchContext.Builder()
            .withPatchType(PatchType.JSON_MERGE)
            .withFieldManager("drkit")
            .build();
    private static final DateTimeFormatter MICRO_TIME = DateTimeFormatter.ofPattern(
                    "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    /** A name that can stand as it is, and that no abbreviation can equal. */
    private static final Pattern PLAIN = Pattern.compile("(?!.*-[0-9a-f]{20}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    private static final int LONGEST_ALIKE = 40;
    private static final int ATTEMPTS = 5;

    private final ApiServer server;
    private final String namespace;
    private final Clockwork clockwork;

    private KubernetesLeaseStore(ApiServer server, String namespace, Clockwork clockwork) {
        this.server = server;
        this.namespace = namespace;
        this.clockwork = clockwork;
    }

    /** The leases of {@code namespace}. */
    public static KubernetesLeaseStore of(KubernetesClient client, String namespace) {
        return of(client, namespace, Clockwork.system());
    }

    /**
     * The same on another clockwork.
     *
     * @param clockwork asked for the {@code renewTime} that people read, and for nothing else
     */
    public static KubernetesLeaseStore of(KubernetesClient client, String namespace, Clockwork clockwork) {
        if (namespace.isBlank()) {
            throw new IllegalArgumentException("A namespace is not blank");
        }
        return new KubernetesLeaseStore(
                new ApiServer(client), namespace, Objects.requireNonNull(clockwork, "clockwork"));
    }

    /**
     * {@inheritDoc} Where there is no Lease an empty one is created, unless this account may not: then it answers that there is none,
     * and nothing can be written to that answer.
     */
    @Override
    public Seen read(String name) throws InterruptedException {
        String object = objectName(name);
        for (int attempt = 1; ; attempt++) {
            Optional<Lease> found = server.read(
                    "to read " + words(name),
                    client -> Optional.ofNullable(client.leases()
                            .inNamespace(namespace)
                            .withName(object)
                            .get()));
            if (found.isPresent()) {
                return seen(name, found.get());
            }
            try {
                return seen(name, create(name, object));
            } catch (DeniedException onlyLooks) {
                return new Seen(Optional.empty(), "", Epoch.NONE);
            } catch (ConflictException somebodyWasFaster) {
                if (attempt == ATTEMPTS) {
                    throw somebodyWasFaster;
                }
            }
        }
    }

    private Lease create(String name, String object) throws InterruptedException {
        Lease empty = new LeaseBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(object)
                .addToLabels(LABEL)
                .addToAnnotations(NAME, name)
                .endMetadata()
                .withNewSpec()
                .endSpec()
                .build();
        return server.write(
                "to create " + words(name),
                client -> client.leases().inNamespace(namespace).resource(empty).create());
    }

    @Override
    public Seen write(String name, Seen expected, LeaseRecord record) throws InterruptedException {
        if (expected.version().isEmpty()) {
            throw new DeniedException(
                    "k8s.denied",
                    Problem.expected("an account that may create " + words(name))
                            .found("one that may not")
                            .remedy("give it the verbs that the documentation of the lease store lists"));
        }
        Epoch floor = record.epoch().compareTo(expected.floor()) > 0 ? record.epoch() : expected.floor();
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        ObjectNode meta = patch.putObject("metadata");
        meta.put("resourceVersion", expected.version());
        meta.putObject("annotations")
                .put(RECORD, record.toJson())
                .put(FLOOR, floor.toString())
                .put(AFTER, expected.version());
        ObjectNode shown = patch.putObject("spec");
        if (record.holder().isPresent()) {
            shown.put("holderIdentity", record.holder().map(Node::id).get());
            shown.put("leaseDurationSeconds", (int)
                    Math.min(Integer.MAX_VALUE, record.ttl().plusMillis(999).toSeconds()));
            shown.put("renewTime", MICRO_TIME.format(clockwork.now()));
        } else {
            shown.putNull("holderIdentity").putNull("leaseDurationSeconds").putNull("renewTime");
        }
        Lease item = new LeaseBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(objectName(name))
                .endMetadata()
                .build();
        try {
            return seen(
                    name,
                    server.write(
                            "to write " + words(name),
                            client -> client.leases()
                                    .inNamespace(namespace)
                                    .resource(item)
                                    .patch(MERGE, patch.toString())));
        } catch (NotFoundException e) {
            throw new ConflictException(
                    "k8s.lease-deleted",
                    Problem.expected(words(name) + " as it was seen")
                            .found("none: it was deleted")
                            .remedy("look again"),
                    e);
        }
    }

    @Override
    public Map<String, Seen> list(String prefix) throws InterruptedException {
        Map<String, Seen> leases = new TreeMap<>();
        for (Lease lease : server.read(
                "to list the leases in " + namespace,
                client -> client.leases()
                        .inNamespace(namespace)
                        .withLabels(LABEL)
                        .list()
                        .getItems())) {
            String name = annotation(lease, NAME);
            if (name != null && name.startsWith(prefix)) {
                Seen seen = seen(name, lease);
                if (seen.record().isPresent()) {
                    leases.put(name, seen);
                }
            }
        }
        return leases;
    }

    private Seen seen(String name, Lease lease) {
        if (!name.equals(annotation(lease, NAME))) {
            throw new BlockedException(
                    "k8s.lease-foreign",
                    Problem.expected(words(name) + " to be DRKit's, with the annotation " + NAME)
                            .found("the Lease " + lease.getMetadata().getName() + " of somebody else")
                            .remedy("use another name or another namespace"));
        }
        String version = lease.getMetadata().getResourceVersion();
        String json = annotation(lease, RECORD);
        String kept = annotation(lease, FLOOR);
        try {
            if (json == null) {
                return new Seen(Optional.empty(), version, new Epoch(Long.parseLong(version)));
            }
            LeaseRecord record = LeaseRecord.fromJson(json);
            Epoch floor = new Epoch(kept == null ? 0 : Long.parseLong(kept));
            return new Seen(Optional.of(record), version, record.epoch().compareTo(floor) > 0 ? record.epoch() : floor);
        } catch (IllegalArgumentException e) {
            throw new BlockedException(
                    "k8s.lease-unreadable",
                    Problem.expected("a record that DRKit wrote in " + words(name))
                            .found(String.valueOf(e.getMessage()))
                            .remedy("find out who wrote it; to start anew, delete the Lease"),
                    e);
        }
    }

    private static @Nullable String annotation(Lease lease, String key) {
        Map<String, String> annotations = lease.getMetadata().getAnnotations();
        return annotations == null ? null : annotations.get(key);
    }

    private String words(String name) {
        return "lease " + name + " in " + namespace;
    }

    /** Names that differ give objects that differ: what cannot stand as it is is marked with its own digest. */
    private static String objectName(String name) {
        if (PLAIN.matcher(name).matches()) {
            return name;
        }
        StringBuilder alike = new StringBuilder();
        for (int i = 0; i < name.length() && alike.length() < LONGEST_ALIKE; i++) {
            char c = Character.toLowerCase(name.charAt(i));
            boolean letter = c < 128 && Character.isLetterOrDigit(c);
            if (letter) {
                alike.append(c);
            } else if (!alike.isEmpty() && alike.charAt(alike.length() - 1) != '-') {
                alike.append('-');
            }
        }
        if (alike.isEmpty()) {
            alike.append("lease");
        } else if (alike.charAt(alike.length() - 1) == '-') {
            alike.setLength(alike.length() - 1);
        }
        return alike + "-" + digest(name).substring(0, 20);
    }

    private static String digest(String name) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Each Java platform has SHA-256", e);
        }
    }
}
