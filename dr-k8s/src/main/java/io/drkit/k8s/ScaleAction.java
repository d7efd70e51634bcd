package io.drkit.k8s;

import io.drkit.core.DrException;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.EpochCheck;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.action.Progress;
import io.drkit.k8s.ScaleIntent.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Brings workloads where an intent wants them. */
final class ScaleAction implements Action<List<SeenWorkload>> {
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
    public List<SeenWorkload> observe(ActionContext context) throws InterruptedException {
        List<SeenWorkload> seen = api.see(intent.workloads());
        int fine = (int) seen.stream()
                .filter(one -> intent.verdict(one) instanceof Verdict.Fine)
                .count();
        context.progress(Progress.of(describe(), fine, seen.size(), "workloads"));
        return seen;
    }

    @Override
    public Assessment assess(List<SeenWorkload> observed) {
        List<String> refusals = new ArrayList<>();
        List<String> remedies = new ArrayList<>();
        List<String> changes = new ArrayList<>();
        List<String> waits = new ArrayList<>();
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
        }
        return Assessment.done(
                String.join("; ", observed.stream().map(SeenWorkload::line).toList()));
    }

    @Override
    public void apply(List<SeenWorkload> observed, ActionContext context) throws InterruptedException {
        for (SeenWorkload seen : observed) {
            seen.epoch().refuseBelow(context.epoch(), seen.workload().toString());
        }
        DrException first = null;
        for (SeenWorkload seen : observed) {
            if (!(intent.verdict(seen) instanceof Verdict.Change change)) {
                continue;
            }
            context.requireAuthority();
            try {
                api.change(seen, change, context.epoch());
            } catch (StaleEpochException e) {
                throw e;
            } catch (DrException e) {
                // One that fails must not keep the others running: on the worst day each stopped writer counts.
                first = graver(first, e);
            }
        }
        if (first != null) {
            throw first;
        }
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
