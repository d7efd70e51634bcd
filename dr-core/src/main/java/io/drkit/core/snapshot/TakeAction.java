package io.drkit.core.snapshot;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.EpochCheck;
import io.drkit.core.action.ExecutionPolicy;
import java.util.List;
import java.util.Optional;

/** Takes a snapshot when one is due. */
final class TakeAction implements Action<TakeAction.Seen> {
    private static final String TAKEN = "taken";

    private final SnapshotPolicy policy;
    private final SnapshotStore store;
    private final ExecutionPolicy execution;

    TakeAction(SnapshotPolicy policy, SnapshotStore store, ExecutionPolicy execution) {
        this.policy = policy;
        this.store = store;
        this.execution = execution;
    }

    /**
     * @param decision what the policy says now
     * @param id what this run has taken, if anything
     * @param own that one as it is listed, if it is
     */
    record Seen(SnapshotDecision decision, Optional<String> id, Optional<Snapshot> own) {}

    @Override
    public String describe() {
        return "take a snapshot of " + store.describe() + " if one is due (one each " + policy.interval() + ")";
    }

    @Override
    public Seen observe(ActionContext context) throws InterruptedException {
        List<Snapshot> listed = store.list();
        Optional<String> id = context.recorded(TAKEN);
        Optional<Snapshot> own = id.flatMap(
                known -> listed.stream().filter(s -> s.id().equals(known)).findFirst());
        return new Seen(policy.decide(listed, context.clockwork().now()), id, own);
    }

    @Override
    public Assessment assess(Seen seen) {
        if (seen.id.isPresent()) {
            // What this run took counts by its id: by its date alone, one from a store whose clock is wrong would be
            // taken for ever.
            String id = seen.id.get();
            if (seen.own.isEmpty()) {
                return Assessment.underway("snapshot " + id + " to be listed");
            }
            Snapshot own = seen.own.get();
            if (own.state() == Snapshot.State.GOOD) {
                return Assessment.done("snapshot " + id + " of " + own.taken() + " is good");
            } else if (own.state() == Snapshot.State.PENDING) {
                return Assessment.underway("snapshot " + id + " to be complete");
            }
        }
        if (seen.decision.due()) {
            return Assessment.needed("take a snapshot of " + store.describe());
        }
        Optional<Snapshot> pending = seen.decision.newestPending();
        Optional<Snapshot> good = seen.decision.newestGood();
        if (pending.isPresent()
                && (good.isEmpty() || pending.get().taken().isAfter(good.get().taken()))) {
            return Assessment.underway("snapshot " + pending.get().id() + " to be complete");
        }
        return Assessment.done("the next snapshot of " + store.describe() + " is due at " + seen.decision.nextDue());
    }

    @Override
    public void apply(Seen seen, ActionContext context) throws InterruptedException {
        context.requireAuthority();
        context.record(TAKEN, store.create(context).id());
    }

    @Override
    public ExecutionPolicy policy() {
        return execution;
    }

    @Override
    public EpochCheck epochCheck() {
        return store.epochCheck();
    }
}
