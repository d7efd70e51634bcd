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
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Survey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Asks the plan's safety rules before anything is changed. A rule that hangs, into a dead site say, holds up no longer than it may
 * take to look, and one that somebody overrode hardly at all. Thread-safe.
 */
final class SafetyGuard {
    /** What an overridden rule has to say is worth no more waiting than this. */
    private static final Duration OVERRIDDEN_WITHIN = Duration.ofSeconds(2);

    private final RunLog log;
    private final Clockwork clockwork;
    private final Duration within;
    /**
     * What the steps that are about to change something, or have begun to, will make true. By the context of each doing of a step:
     * one that was given up may still be at work beside another of its name.
     */
    private final Map<ActionContext, Set<SiteChange>> coming = new HashMap<>();
    /** Every step that this run may have done. */
    private volatile List<PlannedStep> steps = List.of();

    /**
     * @param within how long a rule may take to look
     */
    SafetyGuard(RunLog log, Clockwork clockwork, Duration within) {
        this.log = log;
        this.clockwork = clockwork;
        this.within = within;
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
        List<SafetyFinding> findings = look(rules, outlooks, context);
        for (int i = 0; i < findings.size(); i++) {
            PlannedRule rule = rules.get(i);
            SafetyFinding finding = findings.get(i);
            // Going back makes nothing writable that was not so before the run.
            boolean good = finding instanceof SafetyFinding.Holds || (undo && finding instanceof SafetyFinding.Unknown);
            if (!good) {
                Optional<Instruction> overridden = overridden(rule);
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

    private Optional<Instruction> overridden(PlannedRule rule) {
        return log.ask(history -> history.overridden(rule.name()));
    }

    /** The step has ended, in whatever way: what it made true is observed, or in the history. */
    synchronized void ended(ActionContext context) {
        coming.remove(context);
    }

    /** When all steps are done, or put back; what keeps the run from being called so. An overridden rule is not asked. */
    List<BlockedException> whenOver(List<PlannedRule> rules, ActionContext context) throws InterruptedException {
        List<PlannedRule> asked =
                rules.stream().filter(rule -> overridden(rule).isEmpty()).toList();
        List<SafetyFinding> findings = look(asked, List.of(new Outlook(made(), Set.of(), true)), context);
        List<BlockedException> broken = new ArrayList<>();
        for (int i = 0; i < findings.size(); i++) {
            if (!(findings.get(i) instanceof SafetyFinding.Holds)) {
                broken.add(broken(asked.get(i), findings.get(i), "when the run is over"));
            }
        }
        return broken;
    }

    /** All of them at once; what does not answer in its time is not known. */
    private List<SafetyFinding> look(List<PlannedRule> rules, List<Outlook> outlooks, ActionContext context)
            throws InterruptedException {
        List<Survey.Question<SafetyFinding>> questions = new ArrayList<>();
        for (PlannedRule rule : rules) {
            boolean brief =
                    OVERRIDDEN_WITHIN.compareTo(within) < 0 && overridden(rule).isPresent();
            questions.add(new Survey.Question<>(
                    "drkit look at " + rule.name(),
                    brief ? OVERRIDDEN_WITHIN : within,
                    () -> find(rule.rule(), outlooks, context)));
        }
        List<SafetyFinding> findings = new ArrayList<>();
        // A survey each time: that another step's look at the rule has not ended says nothing about this one.
        for (Survey.Answer<SafetyFinding> answer : new Survey(clockwork).ask(questions)) {
            findings.add(finding(answer));
        }
        return findings;
    }

    private static SafetyFinding finding(Survey.Answer<SafetyFinding> answer) {
        if (answer instanceof Survey.Answer.Value<SafetyFinding> value) {
            return value.value();
        } else if (answer instanceof Survey.Answer.Silent<SafetyFinding> silent) {
            return SafetyFinding.unknown(silent.why());
        } else if (answer instanceof Survey.Answer.Failed<SafetyFinding> failed) {
            if (failed.failure() instanceof StaleEpochException stale) {
                throw stale;
            }
            return SafetyFinding.unknown(String.valueOf(failed.failure()));
        }
        throw new AssertionError(answer);
    }

    private Set<SiteChange> made() {
        return log.ask(history -> {
            Set<SiteChange> made = EnumSet.noneOf(SiteChange.class);
            for (PlannedStep step : steps) {
                RunHistory.Step past = history.step(step.name());
                if (past.done()) {
                    step.makes().stream()
                            // what was found done, or tried in vain before, has fenced nobody as far as this run knows
                            .filter(change -> change != SiteChange.FROM_FENCED
                                    || past.applied
                                    || past.facts.containsKey(change.fact()))
                            .forEach(made::add);
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
            return SafetyFinding.unknown(Masked.message(e));
        } catch (LinkageError | AssertionError | StackOverflowError e) {
            // The rule's own: whoever knows better can override it like any other that is not known to hold.
            return SafetyFinding.unknown(Masked.text(e.toString()));
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
