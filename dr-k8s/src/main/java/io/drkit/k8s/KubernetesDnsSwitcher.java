package io.drkit.k8s;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.drkit.core.BlockedException;
import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.EpochCheck;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.action.HeldEpoch;
import io.drkit.core.action.SupersedingAction;
import io.drkit.core.dns.DnsStatus;
import io.drkit.core.dns.DnsSwitcher;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Points a Service of type ExternalName, which is an alias in the cluster's DNS, at another host. The record's name is the name
 * of the Service.
 *
 * <pre>{@code
 * DnsSwitcher alias = KubernetesDnsSwitcher.of(client, "shop");
 * ActionExecutor.on(Clockwork.system()).execute(alias.pointTo("database", "db.east.example.com"));
 * }</pre>
 *
 * <p><b>What it writes.</b> One JSON merge patch, conditional on the resourceVersion that was observed: the host, and within a run
 * the annotation {@code drkit.io/epoch}, with the same meaning as on a workload (see {@link KubernetesWorkloadScaler}). Never an
 * empty host, and no Service of another type. To supersede what got no answer it raises the annotation {@code drkit.io/touched}.
 *
 * <p><b>What it verifies.</b> Always that the API server holds the new host. What the cluster's DNS answers cannot be asked through
 * the API: give a {@link Lookup} to have it asked, and {@code pointTo} is done only when it gives the new host too. Without one,
 * {@link DnsStatus#answered()} is empty, and the DNS server follows a moment later. How long clients cache is configured in the
 * DNS server and not known here: {@link DnsStatus#ttl()} and {@link DnsStatus#residual()} are empty.
 *
 * <p>Errors as those of {@link KubernetesWorkloadScaler}. Thread-safe. The client stays the caller's, who closes it.
 */
public final class KubernetesDnsSwitcher implements DnsSwitcher {
    private final ApiServer server;
    private final String namespace;
    private final ExecutionPolicy policy;
    private final @Nullable Lookup lookup;

    private KubernetesDnsSwitcher(ApiServer server, String namespace, ExecutionPolicy policy, @Nullable Lookup lookup) {
        this.server = server;
        this.namespace = namespace;
        this.policy = policy;
        this.lookup = lookup;
    }

    /** Switches Services of {@code namespace}, with {@link ExecutionPolicy#defaults()} and no lookup. */
    public static KubernetesDnsSwitcher of(KubernetesClient client, String namespace) {
        if (namespace.isBlank()) {
            throw new IllegalArgumentException("A namespace is not blank");
        }
        return new KubernetesDnsSwitcher(new ApiServer(client), namespace, ExecutionPolicy.defaults(), null);
    }

    /** The same with another policy for all its actions. */
    public KubernetesDnsSwitcher withPolicy(ExecutionPolicy policy) {
        return new KubernetesDnsSwitcher(server, namespace, Objects.requireNonNull(policy, "policy"), lookup);
    }

    /** The same, done only when {@code lookup} gives the new host too. */
    public KubernetesDnsSwitcher askedThrough(Lookup lookup) {
        return new KubernetesDnsSwitcher(server, namespace, policy, Objects.requireNonNull(lookup, "lookup"));
    }

    /**
     * What clients in the cluster are answered. Called on the thread that observes, perhaps by several threads at once; may block
     * and heeds interruption. What it throws ends that observation.
     */
    @FunctionalInterface
    public interface Lookup {
        /**
         * The host that {@code service.namespace} is an alias of; empty when there is no answer.
         *
         * @param service the name of the Service
         * @param namespace its namespace
         */
        Optional<String> hostOf(String service, String namespace) throws InterruptedException;
    }

    /**
     * {@inheritDoc}
     *
     * @throws BlockedException when the Service is not of type ExternalName
     */
    @Override
    public DnsStatus status(String name) throws InterruptedException {
        Seen seen = see(name, null);
        if (!seen.alias()) {
            throw new BlockedException(
                    "k8s.not-external-name",
                    Problem.expected("a Service of type ExternalName")
                            .found(seen.whatItIs())
                            .remedy(Seen.NOT_ALIAS_REMEDY));
        }
        return new DnsStatus(name, seen.host(), seen.answered(), Optional.empty(), Optional.empty());
    }

    @Override
    public Action<?> pointTo(String name, String target) {
        if (name.isBlank() || target.isBlank()) {
            throw new IllegalArgumentException("A record has a name and a target: an empty one is never written");
        }
        return new PointTo(name, target);
    }

    /**
     * Asks what is answered only when the answer counts: a DNS server that is down must not keep the record from being written.
     *
     * @param wanted the host for which it counts; null for any
     */
    private Seen see(String name, @Nullable String wanted) throws InterruptedException {
        Service service = service(name);
        String externalName = service.getSpec().getExternalName();
        String host = externalName == null ? "" : externalName;
        Optional<String> answered = lookup == null || (wanted != null && !same(host, wanted))
                ? Optional.empty()
                : lookup.hostOf(name, namespace);
        return new Seen(
                name,
                service.getMetadata().getResourceVersion(),
                EpochMark.on(service.getMetadata()),
                String.valueOf(service.getSpec().getType()),
                host,
                lookup != null,
                answered);
    }

    private Service service(String name) throws InterruptedException {
        return server.read(
                        "to read service/" + name + " in " + namespace,
                        client -> Optional.ofNullable(client.services()
                                .inNamespace(namespace)
                                .withName(name)
                                .get()))
                .orElseThrow(
                        () -> new NotFoundException(
                                "k8s.service-missing",
                                Problem.expected("service/" + name + " in namespace " + namespace)
                                        .found("none")
                                        .remedy(
                                                "create it, of type ExternalName, or check the name, the namespace and the cluster")));
    }

    private record Seen(
            String name,
            String resourceVersion,
            EpochMark epoch,
            String type,
            String host,
            boolean asked,
            Optional<String> answered) {
        static final String NOT_ALIAS_REMEDY =
                "name a Service of type ExternalName; other types have endpoints of their own";

        boolean alias() {
            return type.equals("ExternalName");
        }

        String whatItIs() {
            return "service/" + name + " of type " + type;
        }
    }

    private final class PointTo implements SupersedingAction<Seen> {
        private final String name;
        private final String target;

        PointTo(String name, String target) {
            this.name = name;
            this.target = target;
        }

        @Override
        public String describe() {
            return "point service/" + name + " in namespace " + namespace + " at " + target;
        }

        @Override
        public ExecutionPolicy policy() {
            return policy;
        }

        @Override
        public EpochCheck epochCheck() {
            // compared on what was seen, and written on the condition that nothing was changed since
            return EpochCheck.ENFORCED;
        }

        @Override
        public Optional<HeldEpoch> heldEpoch() {
            return Optional.of(
                    context -> EpochMark.on(service(name).getMetadata()).epoch());
        }

        @Override
        public Seen observe(ActionContext context) throws InterruptedException {
            return see(name, target);
        }

        @Override
        public Assessment assess(Seen observed) {
            if (!observed.alias()) {
                return Assessment.blocked(observed.whatItIs() + " is no alias", Seen.NOT_ALIAS_REMEDY);
            } else if (isAddress(target)) {
                return Assessment.blocked(
                        "an alias can only name a host, and " + target + " is an address",
                        "give that address a host name, and point at it");
            } else if (!same(observed.host(), target)) {
                return Assessment.needed("service/" + name + ": " + observed.host() + " to " + target);
            } else if (observed.asked()
                    && !observed.answered().map(answer -> same(answer, target)).orElse(false)) {
                return Assessment.underway("the cluster's DNS to answer " + target + ", and not "
                        + observed.answered().orElse("nothing"));
            }
            return Assessment.done(
                    observed.asked()
                            ? "service/" + name + " names " + target + ", and so does the cluster's DNS"
                            : "service/" + name + " names " + target + "; the cluster's DNS was not asked");
        }

        @Override
        public void apply(Seen observed, ActionContext context) throws InterruptedException {
            observed.epoch().refuseBelow(context.epoch(), "service/" + name);
            ObjectNode patch = JsonNodeFactory.instance.objectNode();
            ObjectNode meta = patch.putObject("metadata");
            meta.put("resourceVersion", observed.resourceVersion());
            EpochMark.write(context.epoch(), meta.putObject("annotations"));
            patch.putObject("spec").put("externalName", target);
            context.record(RESIDUAL_FACT, RESIDUAL_UNKNOWN);
            context.requireAuthority();
            send("to " + describe(), patch);
        }

        @Override
        public void supersede(Seen observed, ActionContext context) throws InterruptedException {
            observed.epoch().refuseBelow(context.epoch(), "service/" + name);
            send(
                    "to touch service/" + name + " in " + namespace,
                    observed.epoch().touch(context.epoch(), observed.resourceVersion()));
        }

        private void send(String what, ObjectNode patch) throws InterruptedException {
            server.write(
                    what,
                    client -> client.services()
                            .inNamespace(namespace)
                            .resource(new ServiceBuilder()
                                    .withNewMetadata()
                                    .withNamespace(namespace)
                                    .withName(name)
                                    .endMetadata()
                                    .build())
                            .patch(WorkloadApi.MERGE, patch.toString()));
        }
    }

    /** Host names are compared without regard to case and to a final dot. */
    private static boolean same(String one, String other) {
        return bare(one).equals(bare(other));
    }

    private static String bare(String host) {
        String lower = host.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    /** A DNS server reads an alias that looks like an address as a host name of digits, and finds nothing. */
    private static boolean isAddress(String target) {
        return target.indexOf(':') >= 0 || target.matches("[0-9]+(\\.[0-9]+){3}");
    }
}
