package io.drkit.k8s;

import io.drkit.core.action.Action;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.core.workload.WorkloadStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Scales Deployments and StatefulSets of one namespace.
 *
 * <pre>{@code
 * WorkloadScaler west = KubernetesWorkloadScaler.of(client, "shop");
 * ActionExecutor.on(Clockwork.system()).execute(west.toZero(deployment("runtime"), statefulSet("queue")));
 * }</pre>
 *
 * <p><b>What it writes.</b> One JSON merge patch a workload, conditional on the resourceVersion that was observed: the count; the
 * annotation {@code drkit.io/replicas} with the count to go back to ({@code toZero} sets it, {@code restore} and {@code scaleTo}
 * remove it); and, within a run, the annotation {@code drkit.io/epoch}. A run with a lower epoch than the one on the workload is
 * refused with {@link io.drkit.core.StaleEpochException}. Work outside any run, whose epoch is
 * {@link io.drkit.core.Epoch#NONE}, writes no epoch and is refused none, so that a person can always act by hand; the epoch on
 * the workload stays. A run that finds nothing to change leaves no epoch.
 *
 * <p><b>What counts as a pod.</b> Each pod that the workload's selector matches, terminating ones included, except those whose
 * phase is Succeeded, or Failed with no container said to be running: they hold no process any more, and no controller removes
 * them. {@code toZero} is done when the controller has observed the latest generation, reports no replicas, no pod is listed, and
 * each node that pods were on when it began is there and ready. One that is not ready is waited for; where one is not there any more,
 * nobody has seen its pods end: it is blocked, naming the node.
 *
 * <p><b>What is superseded.</b> The actions are {@link io.drkit.core.action.SupersedingAction}s: they count in the annotation
 * {@code drkit.io/touched}, which moves the resourceVersion.
 *
 * <p><b>Errors.</b> 401 and 403 {@link io.drkit.core.DeniedException}; a workload that does not exist
 * {@link io.drkit.core.NotFoundException}, naming each; 409 {@link io.drkit.core.ConflictException}; no answer, 429 and 5xx
 * {@link io.drkit.core.UnknownOutcomeException}, for reads and for writes. Each request is sent once: the repetition that is
 * configured in the client is not used.
 *
 * <p>Thread-safe. The client stays the caller's, who closes it.
 */
public final class KubernetesWorkloadScaler implements WorkloadScaler {
    private final WorkloadApi api;
    private final ExecutionPolicy policy;

    private KubernetesWorkloadScaler(WorkloadApi api, ExecutionPolicy policy) {
        this.api = api;
        this.policy = policy;
    }

    /** Scales the workloads of {@code namespace}, with {@link ExecutionPolicy#defaults()}. */
    public static KubernetesWorkloadScaler of(KubernetesClient client, String namespace) {
        if (namespace.isBlank()) {
            throw new IllegalArgumentException("A namespace is not blank");
        }
        return new KubernetesWorkloadScaler(
                new WorkloadApi(new ApiServer(client), namespace, true), ExecutionPolicy.defaults());
    }

    /** The same with another policy for all its actions. */
    public KubernetesWorkloadScaler withPolicy(ExecutionPolicy policy) {
        return new KubernetesWorkloadScaler(api, Objects.requireNonNull(policy, "policy"));
    }

    /**
     * The same for an account that may not list nodes: that a pod is gone is then the API's word alone, which it also gives when a node
     * was removed from the cluster, or the pod from the API, while its processes go on.
     */
    public KubernetesWorkloadScaler withoutLookingAtNodes() {
        return new KubernetesWorkloadScaler(new WorkloadApi(api.server(), api.namespace(), false), policy);
    }

    @Override
    public List<WorkloadStatus> status(Workload... workloads) throws InterruptedException {
        return api.see(named(workloads)).stream().map(SeenWorkload::status).toList();
    }

    @Override
    public Action<?> toZero(Workload... workloads) {
        return action(new ScaleIntent.ToZero(named(workloads)));
    }

    @Override
    public Action<?> restore(Workload... workloads) {
        return action(new ScaleIntent.Restore(named(workloads)));
    }

    /** {@inheritDoc} Counts are 0 or more. */
    @Override
    public Action<?> scaleTo(Map<Workload, Integer> counts) {
        if (counts.isEmpty()) {
            throw new IllegalArgumentException("Name at least one workload");
        }
        counts.forEach((workload, count) -> {
            KnownKind.of(workload);
            if (count < 0) {
                throw new IllegalArgumentException("A count is 0 or more, not " + count + " for " + workload);
            }
        });
        return action(new ScaleIntent.ScaleTo(counts));
    }

    private Action<?> action(ScaleIntent intent) {
        return new ScaleAction(api, intent, policy);
    }

    private static List<Workload> named(Workload... workloads) {
        if (workloads.length == 0) {
            throw new IllegalArgumentException("Name at least one workload");
        }
        List<Workload> named = Arrays.stream(workloads).distinct().toList();
        named.forEach(KnownKind::of);
        return named;
    }
}
