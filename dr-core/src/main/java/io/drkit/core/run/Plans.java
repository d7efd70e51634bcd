package io.drkit.core.run;

import io.drkit.core.BlockedException;
import io.drkit.core.Problem;
import io.drkit.core.Site;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.plan.BoundPlan;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import java.util.Optional;

/**
 * A plan in both modes of one direction.
 *
 * @param asked in the mode that the caller named
 * @param plan in the mode in which the run begins, or began
 * @param failover what a switchover may be turned into
 */
record Plans(BoundPlan asked, BoundPlan plan, PlanRun.Alternative failover, PlanRun.Alternative switchover) {
    static <S extends Site> Plans of(RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch) {
        BoundPlan asked = plan.bind(siteSwitch);
        return siteSwitch.mode() == Mode.SWITCHOVER
                ? new Plans(asked, asked, other(plan, siteSwitch, Mode.FAILOVER), none("it is one"))
                : new Plans(asked, asked, none("it is one"), other(plan, siteSwitch, Mode.SWITCHOVER));
    }

    static <S extends Site> JournalKey key(RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch) {
        return new JournalKey(
                plan.name(), siteSwitch.from().name(), siteSwitch.to().name());
    }

    JournalKey key() {
        return new JournalKey(plan.plan(), plan.from(), plan.to());
    }

    /** A plan whose other mode cannot be bound can still be run in the one that can. */
    private static <S extends Site> PlanRun.Alternative other(
            RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch, Mode mode) {
        try {
            BoundPlan bound = plan.bind(new SiteSwitch<>(
                    mode, siteSwitch.from(), siteSwitch.to(), siteSwitch.outageBegan(), siteSwitch.detectedAt()));
            return bound.steps().isEmpty()
                    ? none("the plan has no steps for a " + mode)
                    : new PlanRun.Alternative(Optional.of(bound), "");
        } catch (RuntimeException e) {
            return none("the plan cannot be had as a " + mode + ": " + e);
        }
    }

    private static PlanRun.Alternative none(String why) {
        return new PlanRun.Alternative(Optional.empty(), why);
    }

    /** Whether the run is of this plan, in this direction and in the mode that was asked for, or became so. */
    boolean isOf(RunHistory history) {
        String hash = asked.hash();
        return hash.equals(history.begunHash()) || (history.failedOver() && hash.equals(history.failoverHash()));
    }

    /**
     * The history, when it is one of this plan.
     *
     * @throws BlockedException with the code {@code run.other-plan} when it is not
     */
    RunHistory verified(RunHistory history) {
        boolean begunSo = isOf(history) && begun(history).isPresent();
        boolean becameSo =
                !history.failedOver() || as(history).failover().plan().isPresent();
        if (!begunSo || !becameSo) {
            throw new BlockedException(
                    "run.other-plan",
                    Problem.expected("the plan with the hash "
                                    + (history.failedOver()
                                            ? history.begunHash() + " and, as a failover, " + history.failoverHash()
                                            : history.planHash())
                                    + ", with which the " + history.line() + " was begun")
                            .found("the hash " + asked.hash() + " for " + asked.line())
                            .remedy(
                                    "resume with the same version of the application and in the same direction and mode,"
                                            + " or abandon that run by name if you know what state it left"));
        }
        return history;
    }

    /** In the mode in which that run began, and with the failover that was written down then, if it is still the same. */
    Plans as(RunHistory history) {
        BoundPlan begun = begun(history).orElse(plan);
        if (begun.mode() == Mode.FAILOVER) {
            return new Plans(asked, begun, none("it is one"), switchover);
        }
        BoundPlan over = asked.mode() == Mode.FAILOVER ? asked : failover.plan().orElse(null);
        if (over == null) {
            return new Plans(asked, begun, failover, switchover);
        }
        PlanRun.Alternative verified = over.hash().equals(history.failoverHash())
                ? new PlanRun.Alternative(Optional.of(over), "")
                : none("its steps as a failover are not those with which the run began");
        return new Plans(asked, begun, verified, switchover);
    }

    private Optional<BoundPlan> begun(RunHistory history) {
        Optional<BoundPlan> begun = asked.mode() == history.begunMode() ? Optional.of(asked) : switchover.plan();
        return begun.filter(plan -> plan.hash().equals(history.begunHash()));
    }
}
