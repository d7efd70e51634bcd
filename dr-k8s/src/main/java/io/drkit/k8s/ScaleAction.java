package io.drkit.k8s;

import io.drkit.core.ConflictException;
import io.drkit.core.DrException;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.EpochCheck;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.action.HeldEpoch;
import io.drkit.core.action.Progress;
import io.drkit.core.action.SupersedingAction;
import io.drkit.core.time.Deadline;
import io.drkit.k8s.ScaleIntent.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Brings workloads where an intent wants them. */
final class ScaleAction implements SupersedingAction<List<SeenWorkload>> {
    /** The facts of where the pods were, and where they were seen to have ended; each followed by the workload. */
    private static final String WERE_ON = "pods were on nodes, ";

    private static final String ENDED_ON = "pods ended on nodes, ";

    private final WorkloadApi api;
    private final ScaleIntent intent;
    private final ExecutionPolicy policy;

    ScaleAction(WorkloadApi api, ScaleIntent intent, ExecutionPolicy policy) {
        this.api = api;
        this.intent = intent;
        this.policy = policy;
    }

    @Override
    public String describe() {
        return intent.describe(api.namespace());
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
        return Optional.of(context -> api.see(intent.workloads()).stream()
                .flatMap(seen -> seen.epoch().epoch().stream())
                .max(Comparator.naturalOrder()));
    }

    @Override
    public List<SeenWorkload> observe(ActionContext context) throws InterruptedException {
        List<SeenWorkload> seen = withNodes(api.see(intent.workloads()), context);
        int fine = (int) seen.stream()
                .filter(one -> intent.verdict(one) instanceof Verdict.Fine)
                .count();
        context.progress(Progress.of(describe(), fine, seen.size(), "workloads"));
        return seen;
    }

    /**
     * Pods that the API lists no more have ended if their nodes said so. Where they were is remembered from before they were told to
     * end, and that they ended once it was seen: nodes may well be removed after that.
     */
    private List<SeenWorkload> withNodes(List<SeenWorkload> observed, ActionContext context)
            throws InterruptedException {
        if (!api.looksAtNodes()) {
            return observed;
        }
        // asked for once, and only where somebody wants to know
        @Nullable Map<String, Boolean> nodes = null;
        List<SeenWorkload> seen = new ArrayList<>();
        for (SeenWorkload one : observed) {
            SortedSet<String> were = recorded(context, WERE_ON, one);
            if (!intent.stops(one.workload()) || (one.pods() == 0 && were.isEmpty())) {
                seen.add(one);
            } else if (one.gone()) {
                if (were.equals(recorded(context, ENDED_ON, one))) {
                    seen.add(one);
                    continue;
                }
                Map<String, Boolean> known = nodes == null ? api.nodes() : nodes;
                nodes = known;
                SeenWorkload with = one.losing(
                        were.stream().filter(node -> !known.containsKey(node)).toList(),
                        were.stream()
                                .filter(node -> Boolean.FALSE.equals(known.get(node)))
                                .toList());
                if (with.removed().isEmpty() && with.unready().isEmpty()) {
                    context.record(ENDED_ON + one.workload(), String.join(" ", were));
                }
                seen.add(with);
            } else {
                if (!were.isEmpty() || one.wanted() == 0) {
                    remember(one, context);
                } else if (nodes == null && !one.nodes().isEmpty()) {
                    // whoever may not look at nodes is told before anything is changed
                    nodes = api.nodes();
                }
                seen.add(one);
            }
        }
        return seen;
    }

    private static void remember(SeenWorkload seen, ActionContext context) {
        SortedSet<String> before = recorded(context, WERE_ON, seen);
        SortedSet<String> ended = recorded(context, ENDED_ON, seen);
        SortedSet<String> were = new TreeSet<>(before);
        if (!ended.isEmpty()) {
            // That was before somebody started it again. It is forgotten first: a crash in between asks one node too
            // many.
            context.record(ENDED_ON + seen.workload(), "");
            were.removeAll(ended);
        }
        were.addAll(seen.nodes());
        if (!were.equals(before)) {
            context.record(WERE_ON + seen.workload(), String.join(" ", were));
        }
    }

    private static SortedSet<String> recorded(ActionContext context, String what, SeenWorkload seen) {
        return context.recorded(what + seen.workload())
                .filter(nodes -> !nodes.isEmpty())
                .map(nodes -> new TreeSet<>(List.of(nodes.split(" "))))
                .orElseGet(TreeSet::new);
    }

    @Override
    public Assessment assess(List<SeenWorkload> observed) {
        List<String> refusals = new ArrayList<>();
        List<String> remedies = new ArrayList<>();
        List<String> changes = new ArrayList<>();
        List<String> waits = new ArrayList<>();
        List<Verdict.Lost> losses = new ArrayList<>();
        for (SeenWorkload seen : observed) {
            if (seen.autoscaler().isPresent()) {
                refusals.add(
                        seen.workload() + " is governed by " + seen.autoscaler().get());
                remedies.add("remove or pause that autoscaler, or it would undo the change");
                continue;
            }
            Verdict verdict = intent.verdict(seen);
            if (verdict instanceof Verdict.Refuse refuse) {
                refusals.add(refuse.why());
                remedies.add(refuse.remedy());
            } else if (verdict instanceof Verdict.Change change) {
                changes.add(seen.workload() + ": " + seen.wanted() + " to " + change.replicas() + " replicas, "
                        + (change.memory().isPresent()
                                ? "remembering " + change.memory().getAsInt()
                                : "remembering none"));
            } else if (verdict instanceof Verdict.Wait) {
                waits.add(seen.line());
            } else if (verdict instanceof Verdict.Lost lost) {
                losses.add(lost);
            }
        }
        if (!refusals.isEmpty()) {
            return Assessment.blocked(
                    String.join("; ", refusals),
                    String.join("; ", remedies.stream().distinct().toList()));
        } else if (!changes.isEmpty()) {
            return new Assessment.Needed(changes);
        } else if (!waits.isEmpty()) {
            return Assessment.underway(String.join("; ", waits));
        } else if (!losses.isEmpty()) {
            // judged last: what one machine has taken with it must not keep the writers of others running
            return Assessment.blocked(
                    losses.stream().map(Verdict.Lost::why).collect(Collectors.joining("; ")),
                    losses.stream().map(Verdict.Lost::remedy).distinct().collect(Collectors.joining("; ")));
        }
        return Assessment.done(
                String.join("; ", observed.stream().map(SeenWorkload::line).toList()));
    }

    @Override
    public void apply(List<SeenWorkload> observed, ActionContext context) throws InterruptedException {
        each(observed, context, seen -> {
            if (!(intent.verdict(seen) instanceof Verdict.Change change)) {
                return false;
            }
            if (api.looksAtNodes() && intent.stops(seen.workload())) {
                remember(seen, context);
            }
            api.change(seen, change, context.epoch());
            return true;
        });
    }

    @Override
    public void supersede(List<SeenWorkload> observed, ActionContext context) throws InterruptedException {
        each(observed, context, seen -> {
            api.touch(seen, context.epoch());
            return false;
        });
    }

    private interface Write {
        /** Answers whether anything is different now. */
        boolean to(SeenWorkload seen) throws InterruptedException;
    }

    /**
     * Writes to each, and to those again that somebody else wrote to meanwhile: mostly a controller that told its status, and that
     * must not cost the others an attempt.
     */
    private void each(List<SeenWorkload> observed, ActionContext context, Write write) throws InterruptedException {
        for (SeenWorkload seen : observed) {
            refuseStale(seen, context);
        }
        Deadline deadline = context.clockwork().deadline(policy.timeout());
        DrException first = null;
        List<SeenWorkload> left = observed;
        for (int attempt = 1; !left.isEmpty(); attempt++) {
            List<SeenWorkload> again = new ArrayList<>();
            for (SeenWorkload seen : left) {
                context.requireAuthority();
                try {
                    if (write.to(seen)) {
                        // from here on a refusal of another one does not say that nothing was changed
                        context.noWayBack();
                    }
                } catch (StaleEpochException e) {
                    throw e;
                } catch (DrException e) {
                    if (e instanceof UnknownOutcomeException) {
                        context.noWayBack();
                    }
                    Optional<SeenWorkload> anew =
                            e instanceof ConflictException && attempt < policy.attempts() && !deadline.passed()
                                    ? seeAgain(seen, context)
                                    : Optional.empty();
                    if (anew.isPresent()) {
                        again.add(anew.get());
                    } else {
                        // One that fails must not keep the others running: on the worst day each stopped writer counts.
                        first = graver(first, e);
                    }
                }
            }
            left = again;
            if (attempt > 1 && !left.isEmpty()) {
                context.clockwork().sleep(deadline.atMost(policy.backoff(attempt - 1, context.clockwork())));
            }
        }
        if (first != null) {
            throw first;
        }
    }

    /** As it is now; empty where that is not for this attempt to decide upon: something else is to be done now, or nothing is known. */
    private Optional<SeenWorkload> seeAgain(SeenWorkload before, ActionContext context) throws InterruptedException {
        SeenWorkload now;
        try {
            now = api.see(List.of(before.workload())).get(0);
        } catch (DrException e) {
            return Optional.empty();
        }
        refuseStale(now, context);
        boolean asBefore = now.autoscaler().isEmpty() && intent.verdict(now).equals(intent.verdict(before));
        return asBefore ? Optional.of(now) : Optional.empty();
    }

    private static void refuseStale(SeenWorkload seen, ActionContext context) {
        seen.epoch().refuseBelow(context.epoch(), seen.workload().toString());
    }

    /** What no retry can help goes first; otherwise the first failure does. */
    private static DrException graver(@Nullable DrException first, DrException next) {
        if (first == null) {
            return next;
        }
        if (first.retryable() && !next.retryable()) {
            next.addSuppressed(first);
            return next;
        }
        first.addSuppressed(next);
        return first;
    }
}
