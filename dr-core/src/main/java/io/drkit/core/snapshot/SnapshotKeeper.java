package io.drkit.core.snapshot;

import io.drkit.core.action.Action;
import io.drkit.core.action.ExecutionPolicy;
import java.time.Duration;
import java.util.Objects;

/**
 * Applies a {@link SnapshotPolicy} to a {@link SnapshotStore}: takes a snapshot when one is due, and drops what is kept no longer.
 *
 * <pre>{@code
 * SnapshotKeeper keeper = SnapshotKeeper.applying(policy).build();
 * ActionExecutor executor = ActionExecutor.on(Clockwork.system());
 * executor.execute(keeper.take(store));
 * executor.execute(keeper.prune(store));
 * }</pre>
 *
 * <p>Immutable and thread-safe. Two keepers on one store do no harm, except that both may take a snapshot when one is due.
 */
public final class SnapshotKeeper {
    private final SnapshotPolicy policy;
    private final int maxDeletions;
    private final boolean withoutFreshOne;
    private final ExecutionPolicy execution;

    private SnapshotKeeper(Builder builder) {
        policy = builder.policy;
        maxDeletions = builder.maxDeletions;
        withoutFreshOne = builder.withoutFreshOne;
        execution = builder.execution;
    }

    /** Starts a keeper that applies {@code policy}. */
    public static Builder applying(SnapshotPolicy policy) {
        return new Builder(policy);
    }

    /**
     * Takes a snapshot if one is due, and is done when it is good. Done without one when none is due; one that another process
     * has started is waited for and not taken twice. One that fails is taken again.
     */
    public Action<?> take(SnapshotStore store) {
        return new TakeAction(policy, store, execution);
    }

    /**
     * Drops what the policy does not keep, oldest first. Before each deletion the store is listed and the policy asked anew, so
     * that what has changed meanwhile counts. Nothing is deleted when the store cannot be listed.
     *
     * <p>Blocked when more would be deleted than {@link Builder#maxDeletions} allows; and when there is no good snapshot that is
     * younger than the age up to which all are kept, or than two intervals if that is longer: then either none are taken any more,
     * or the clock is wrong, and the old ones may be all that there is.
     *
     * <p>What it deletes is recorded in the run, as {@code dropped ID}, before it is deleted and again when the
     * store has agreed. Done when the snapshots are listed no more.
     */
    public Action<?> prune(SnapshotStore store) {
        return new PruneAction(policy, store, execution, maxDeletions, withoutFreshOne);
    }

    /** Builds a keeper; a bad value throws {@link IllegalArgumentException} at once. Not thread-safe. */
    public static final class Builder {
        private final SnapshotPolicy policy;
        private int maxDeletions = 30;
        private boolean withoutFreshOne;
        private ExecutionPolicy execution = ExecutionPolicy.builder()
                .timeout(Duration.ofHours(1))
                .pollInterval(Duration.ofSeconds(5))
                .build();

        private Builder(SnapshotPolicy policy) {
            this.policy = Objects.requireNonNull(policy, "policy");
        }

        /** How many snapshots one run may delete; more than these block it before the first. 1 or more, 30 if not said. */
        public Builder maxDeletions(int maxDeletions) {
            if (maxDeletions < 1) {
                throw new IllegalArgumentException("maxDeletions must be 1 or more, not " + maxDeletions);
            }
            this.maxDeletions = maxDeletions;
            return this;
        }

        /** Prunes although no fresh snapshot is there, as for something that is snapshotted no more. Not so if not said. */
        public Builder pruneWithoutFreshOne() {
            this.withoutFreshOne = true;
            return this;
        }

        /** How long taking or pruning may take, and how it is retried: 1 hour, looking each 5 seconds, if not said. */
        public Builder execution(ExecutionPolicy execution) {
            this.execution = Objects.requireNonNull(execution, "execution");
            return this;
        }

        public SnapshotKeeper build() {
            return new SnapshotKeeper(this);
        }
    }
}
