package io.drkit.core.snapshot;

import io.drkit.core.BlockedException;
import io.drkit.core.Problem;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.EpochCheck;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.action.Progress;
import io.drkit.core.snapshot.SnapshotDecision.Verdict;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Drops what the policy does not keep. */
final class PruneAction implements Action<PruneAction.Seen> {
    private static final String COUNT = "dropped";
    private static final String ACKNOWLEDGED = "deleted, ";

    private final SnapshotPolicy policy;
    private final SnapshotStore store;
    private final ExecutionPolicy execution;
    private final int maxDeletions;
    private final boolean withoutFreshOne;

    PruneAction(
            SnapshotPolicy policy,
            SnapshotStore store,
            ExecutionPolicy execution,
            int maxDeletions,
            boolean withoutFreshOne) {
        this.policy = policy;
        this.store = store;
        this.execution = execution;
        this.maxDeletions = maxDeletions;
        this.withoutFreshOne = withoutFreshOne;
    }

    /**
     * @param decision what the policy says now
     * @param asked which of those to drop this run has asked the store to delete already
     * @param acknowledged to which of them the store has agreed, so that they will be gone in time
     * @param askedInAll how many this run has asked it to delete in all
     */
    record Seen(SnapshotDecision decision, Set<String> asked, Set<String> acknowledged, int askedInAll) {}

    @Override
    public String describe() {
        return "drop the snapshots of " + store.describe() + " that are not to be kept (" + policy + ")";
    }

    @Override
    public Seen observe(ActionContext context) throws InterruptedException {
        SnapshotDecision decision = decide(context);
        Set<String> asked = new HashSet<>();
        Set<String> acknowledged = new HashSet<>();
        for (Verdict drop : decision.drop()) {
            context.recorded(key(drop)).ifPresent(record -> {
                asked.add(drop.snapshot().id());
                if (record.startsWith(ACKNOWLEDGED)) {
                    acknowledged.add(drop.snapshot().id());
                }
            });
        }
        return new Seen(decision, asked, acknowledged, askedInAll(context));
    }

    @Override
    public Assessment assess(Seen seen) {
        List<Verdict> drop = seen.decision.drop();
        if (drop.isEmpty()) {
            int suspicious = seen.decision.suspicious().size();
            return Assessment.done(seen.decision.keep().size() + " snapshots of " + store.describe()
                    + ", all to be kept" + (suspicious == 0 ? "" : "; " + suspicious + " of them suspicious"));
        }
        if (seen.acknowledged.size() == drop.size()) {
            return Assessment.underway(drop.size() + " deleted snapshots of " + store.describe() + " to be gone");
        }
        if (!mayPrune(seen.decision)) {
            return Assessment.blocked(
                    "no good snapshot of " + store.describe() + " is younger than " + policy.freshness() + ", while "
                            + drop.size() + " older ones are to be dropped",
                    "see whether snapshots are still taken and whether the clock is right (it says "
                            + seen.decision.at() + "); if no more are to be taken, say pruneWithoutFreshOne()");
        }
        int total = seen.askedInAll + drop.size() - seen.asked.size();
        if (total > maxDeletions) {
            return Assessment.blocked(
                    total + " snapshots of " + store.describe() + " would be deleted, more than the " + maxDeletions
                            + " that one run may",
                    "look at them in the preview; if it is right that they go, raise maxDeletions by hand");
        }
        return new Assessment.Needed(drop.stream()
                .filter(v -> !seen.acknowledged.contains(v.snapshot().id()))
                .map(v -> "delete " + v.snapshot().id() + " of " + v.snapshot().taken() + ": " + v.because())
                .toList());
    }

    @Override
    public void apply(Seen seen, ActionContext context) throws InterruptedException {
        List<Verdict> planned = seen.decision.drop();
        for (int i = 0; i < planned.size(); i++) {
            Snapshot snapshot = planned.get(i).snapshot();
            SnapshotDecision now = decide(context);
            if (!mayPrune(now)) {
                throw new BlockedException(
                        "snapshot.none-fresh",
                        Problem.expected("a good snapshot of " + store.describe() + " younger than "
                                        + policy.freshness())
                                .found("none any more, after " + i + " deletions")
                                .remedy("see whether the clock is right (it says " + now.at()
                                        + ") and who deletes snapshots"));
            }
            Verdict drop = now.drop().stream()
                    .filter(v -> v.snapshot().equals(snapshot))
                    .findFirst()
                    .orElse(null);
            if (drop != null && !seen.acknowledged.contains(snapshot.id())) {
                String what = "of " + snapshot.taken() + ": " + drop.because();
                if (context.recorded(key(drop)).isEmpty()) {
                    context.record(COUNT, Integer.toString(askedInAll(context) + 1));
                    context.record(key(drop), what);
                }
                context.requireAuthority();
                store.delete(snapshot.id(), context);
                context.record(key(drop), ACKNOWLEDGED + what);
            }
            context.progress(Progress.of("dropping snapshots", i + 1L, planned.size(), "snapshots"));
        }
    }

    @Override
    public ExecutionPolicy policy() {
        return execution;
    }

    @Override
    public EpochCheck epochCheck() {
        return store.epochCheck();
    }

    private SnapshotDecision decide(ActionContext context) throws InterruptedException {
        List<Snapshot> listed = store.list();
        return policy.decide(listed, context.clockwork().now());
    }

    private boolean mayPrune(SnapshotDecision decision) {
        return withoutFreshOne
                || decision.newestGood()
                        .filter(newest -> newest.taken().isAfter(decision.at().minus(policy.freshness())))
                        .isPresent();
    }

    private static int askedInAll(ActionContext context) {
        return context.recorded(COUNT).map(Integer::parseInt).orElse(0);
    }

    private static String key(Verdict drop) {
        return COUNT + " " + drop.snapshot().id();
    }
}
