package io.drkit.core.safety;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.core.replica.ReplicationStatus;

/**
 * What must hold of both sites whatever a plan says. A run asks the rules of its plan right before each change that they concern:
 * as the world stands, as it will be after the step alone, and after those at work beside it too; and once more when all steps are
 * done, or what was done is put back, before it calls itself successful or undone.
 *
 * <pre>{@code
 * RecoveryPlan.<ShopSite>named("shop").rpo(ofMinutes(1)).rto(ofMinutes(15))
 *         .safety("one writable primary",
 *                 (from, to) -> SafetyRule.oneWritablePrimary(promoter, from.database(), to.database()))
 *         .safety("traffic only to ready pods",
 *                 (from, to) -> SafetyRule.trafficOnlyToReady(to.workloads().scaleTo(FULL)))
 * }</pre>
 *
 * <p>What is not known to hold keeps the step from its change, and counts as the step's failure, with the code
 * {@code safety.} and the rule's name in lower case with hyphens. A person can override one rule of one run by name; that is
 * journaled and reported. While a run puts back what it did, a rule that is known to be broken holds it up; one that cannot be
 * judged does not, since a run goes back only where it has passed no point of no return.
 *
 * <p>Immutable and thread-safe. It must not change anything.
 *
 * @param <O> what was observed
 */
public interface SafetyRule<O> {
    /** What must hold, as a person would say it; part of the plan's hash. Never a secret. */
    String describe();

    /** Whether there is anything to judge; if not, nothing is observed. */
    default boolean concerns(Outlook outlook) {
        return true;
    }

    /**
     * Reads the real state, on a thread of its own. What it throws counts as unknown; so does what it has not answered within
     * {@link io.drkit.core.run.PlanRunner.Builder#observeWithin}, by default 30 s.
     */
    O observe(ActionContext context) throws InterruptedException;

    /** Judges what was observed: pure, quick, no input or output. */
    SafetyFinding judge(O observed, Outlook outlook);

    /**
     * At most one of the two databases takes writes: asked before every change, and at the end. One that cannot be asked may be
     * taking writes, unless a step said that it fenced it: without {@link SiteChange#FROM_FENCED} on the promoting step, or on one
     * before it, a failover from a dead site stops at the promotion or right after it.
     */
    static <N> SafetyRule<ReplicationStatus> oneWritablePrimary(ReplicaPromoter<N> promoter, N from, N to) {
        return new OneWritablePrimary<>(promoter, from, to);
    }

    /**
     * When the switch is over at least one site serves; asked only then. A site serves when nothing is left to do for the action
     * that stands for it: {@code from.workloads().scaleTo(FULL)}, say. Nothing is ever applied.
     */
    static SafetyRule<?> oneSiteServes(Action<?> fromServes, Action<?> toServes) {
        return new OneSiteServes(fromServes, toServes);
    }

    /**
     * No step that is said to make {@link SiteChange#TRAFFIC_TO} begins its change unless the site is ready, and the site is still
     * ready when the switch is over. It is ready when nothing is left to do for {@code toReady}, which is never applied. Where no
     * step says that it makes it, this rule is never asked.
     */
    static SafetyRule<?> trafficOnlyToReady(Action<?> toReady) {
        return new TrafficOnlyToReady(toReady);
    }
}
