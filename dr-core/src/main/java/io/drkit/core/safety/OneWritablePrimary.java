package io.drkit.core.safety;

import io.drkit.core.action.ActionContext;
import io.drkit.core.replica.NodeStatus;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.core.replica.ReplicationStatus;

record OneWritablePrimary<N>(ReplicaPromoter<N> promoter, N from, N to) implements SafetyRule<ReplicationStatus> {
    @Override
    public String describe() {
        return "at most one of " + promoter.name(from) + " and " + promoter.name(to) + " takes writes";
    }

    @Override
    public ReplicationStatus observe(ActionContext context) throws InterruptedException {
        return promoter.status(from, to);
    }

    @Override
    public SafetyFinding judge(ReplicationStatus status, Outlook outlook) {
        Truth left = writable(status.primary());
        if (outlook.coming().contains(SiteChange.FROM_FENCED)
                || (left.is() == Truth.Is.UNKNOWN && outlook.made().contains(SiteChange.FROM_FENCED))) {
            left = Truth.no(status.primary().name() + " fenced");
        }
        Truth entered = writable(status.replica());
        if (outlook.coming().contains(SiteChange.TO_WRITABLE)) {
            entered = Truth.yes(status.replica().name() + " promoted");
        }
        String both = left.why() + ", " + entered.why();
        if (left.no() || entered.no()) {
            return SafetyFinding.holds(both);
        }
        return left.yes() && entered.yes()
                ? SafetyFinding.broken("both would take writes: " + both)
                : SafetyFinding.unknown("both may be taking writes: " + both);
    }

    private static Truth writable(NodeStatus node) {
        return switch (node.role()) {
            case PRIMARY -> Truth.yes(node.line());
            case REPLICA, STOPPED -> Truth.no(node.line());
            case UNKNOWN -> Truth.unknown(node.line());
        };
    }
}
