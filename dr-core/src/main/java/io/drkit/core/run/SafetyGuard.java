package io.drkit.core.run;

import io.drkit.core.BlockedException;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.ActionContext;
import io.drkit.core.journal.Instruction;
import io.drkit.core.plan.PlannedRule;
import io.drkit.core.plan.PlannedStep;
import io.drkit.core.report.Wording;
import io.drkit.core.safety.Outlook;
import io.drkit.core.safety.SafetyFinding;
import io.drkit.core.safety.SafetyRule;
import io.drkit.core.safety.SiteChange;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Asks the plan's safety rules before anything is changed. Thread-safe. */
final class SafetyGuard {
    private final RunLog log;
    /**
     * What the steps that are about to change something, or have begun to, will make true. By the context of each doing of a step:
     * one that was given up may still be at work beside another of its name.
     */
    private final Map<ActionContext, Set<SiteChange>> coming = new HashMap<>();
    /** Every step that this run may have done. */
    private volatile List<PlannedStep> steps = List.of();

    SafetyGuard(RunLog log) {
        this.log = log;
    }

    void knows(List<PlannedStep> all) {
        steps = List.copyOf(all);
    }

    /**
     * Before a step's change; each rule that does not hold and that nobody overrode prevents it. What others at work will make
     * true may speak against the change, never for it: they may yet fail.
     *
     * @param context of this doing of the step, the one with which it is said to have {@link #ended}
     * @throws BlockedException with the rule's code
     */
    void beforeChange(List<PlannedRule> rules, PlannedStep step, boolean undo, ActionContext context)
            throws InterruptedException {
        if (rules.isEmpty()) {
            return;
        }
        Set<SiteChange> own = undo ? Set.of() : step.makes();
        Set<SiteChange> withOthers = EnumSet.noneOf(SiteChange.class);
        synchronized (this) {
            // Two steps that begin at the same time each see the other's.
            if (!undo) {
                coming.put(context, own);
                coming.values().forEach(withOthers::addAll);
            }
        }
        Set<SiteChange> made = made();
        List<Outlook> outlooks = Stream.of(Set.<SiteChange>of(), own, withOthers)
                .map(ahead -> new Outlook(made, ahead, false))
                .distinct()
                .toList();
        for (PlannedRule rule : rules) {
            SafetyFinding finding = find(rule.rule(), outlooks, context);
            // Going back makes nothing writable that was not so before the run.
            boolean good = finding instanceof SafetyFinding.Holds || (undo && finding instanceof SafetyFinding.Unknown);
            if (!good) {
                Optional<Instruction> overridden = log.ask(history -> history.overridden(rule.name()));
                if (overridden.isEmpty()) {
                    throw broken(
                            rule, finding, (undo ? "to undo \"" : "to change anything by \"") + step.name() + "\"");
                }
                context.record(
                        "safety rule overridden: " + rule.name(),
                        say(finding) + "; overridden by " + Wording.speaker(overridden.get()) + ": "
                                + overridden.get().reason());
            }
        }
    }

    /** The step has ended, in whatever way: what it made true is observed, or in the history. */
    synchronized void ended(ActionContext context) {
        coming.remove(context);
    }

    /** When all steps are done, or put back; what one rule found that keeps the run from being called so. */
    Optional<BlockedException> whenOver(PlannedRule rule, ActionContext context) throws InterruptedException {
        SafetyFinding finding = find(rule.rule(), List.of(new Outlook(made(), Set.of(), true)), context);
        boolean passes = finding instanceof SafetyFinding.Holds
                || log.ask(history -> history.overridden(rule.name())).isPresent();
        return passes ? Optional.empty() : Optional.of(broken(rule, finding, "when the run is over"));
    }

    private Set<SiteChange> made() {
        return log.ask(history -> {
            Set<SiteChange> made = EnumSet.noneOf(SiteChange.class);
            for (PlannedStep step : steps) {
                if (history.step(step.name()).done()) {
                    made.addAll(step.makes());
                }
            }
            return made;
        });
    }

    /** The first finding that is not good, or the last; every outlook is judged by one look at the world. */
    static <O> SafetyFinding find(SafetyRule<O> rule, List<Outlook> outlooks, ActionContext context)
            throws InterruptedException {
        SafetyFinding found = SafetyFinding.holds("nothing to judge");
        try {
            if (outlooks.stream().noneMatch(rule::concerns)) {
                return found;
            }
            O observed = rule.observe(context);
            for (Outlook outlook : outlooks) {
                found = rule.judge(observed, outlook);
                if (!(found instanceof SafetyFinding.Holds)) {
                    return found;
                }
            }
            return found;
        } catch (StaleEpochException stale) {
            throw stale;
        } catch (RuntimeException e) {
            return SafetyFinding.unknown(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private static BlockedException broken(PlannedRule rule, SafetyFinding finding, String what) {
        return new BlockedException(
                rule.code(),
                Problem.expected("that the safety rule \"" + rule.name() + "\" holds, " + what)
                        .found(say(finding))
                        .remedy(
                                "mend that; or, if you know better than the rule, override this one rule by name and with"
                                        + " a reason"));
    }

    private static String say(SafetyFinding finding) {
        return finding instanceof SafetyFinding.Unknown ? "that it is not known: " + finding.why() : finding.why();
    }
}
