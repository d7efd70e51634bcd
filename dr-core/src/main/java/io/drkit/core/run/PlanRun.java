package io.drkit.core.run;

import io.drkit.core.Epoch;
import io.drkit.core.action.Action;
import io.drkit.core.event.RunEvent;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry.Kind;
import io.drkit.core.journal.Words;
import io.drkit.core.plan.Approval;
import io.drkit.core.plan.BoundPlan;
import io.drkit.core.plan.PlannedStep;
import io.drkit.core.plan.Undo;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.report.Wording;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.time.Mailbox;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One run in one process. The caller's thread coordinates: it starts steps, waits for them and for people's words in a mailbox,
 * and decides what follows from the {@link RunHistory} alone, so that another process with the same journal decides the same.
 */
final class PlanRun {
    private final BoundPlan begun;
    private final Alternative failover;
    private final RunSettings settings;
    private final Clockwork clockwork;
    private final RunLog log;
    private final Mailbox<Signal> signals;
    private final RunScope scope;
    private final Crew crew;
    private final Ear ear;
    /** The plan in the mode in which it runs now. */
    private BoundPlan plan;
    /** Every step that this run may do or have done, in an order in which they can run. */
    private List<PlannedStep> all;
    /** Why the run hears nobody, as it was last told; empty while it hears. */
    private String troubleTold = "";
    /** Whether it was told that the run waits for the end of the pause in which it is. */
    private boolean pauseTold;

    /**
     * What a switchover may be turned into.
     *
     * @param plan the same plan as a failover; empty when there is none
     * @param whyNot why there is none; else empty
     */
    record Alternative(Optional<BoundPlan> plan, String whyNot) {}

    PlanRun(
            BoundPlan begun,
            Alternative failover,
            Journal journal,
            RunHistory history,
            Epoch epoch,
            RunScope.Authority authority,
            Ear ear,
            RunSettings settings) {
        this.begun = begun;
        this.failover = failover;
        this.settings = settings;
        this.clockwork = settings.clockwork();
        this.log = new RunLog(journal, history, clockwork, settings.listeners());
        this.signals = clockwork.mailbox();
        this.scope = new RunScope(
                history.runId(),
                journal.owner(),
                epoch,
                clockwork,
                authority,
                log,
                new SafetyGuard(log, clockwork, settings.observeWithin()),
                signals);
        this.crew = new Crew(clockwork, settings.stopGrace(), signals);
        this.ear = ear;
        this.plan = begun;
        this.all = begun.steps();
        if (history.failedOver()) {
            becomeFailover();
        }
        scope.guard().knows(all);
    }

    /** Lets it look for words at once. From any thread. */
    void wake() {
        ear.wake();
        signals.put(new Signal.Word());
    }

    /** Whether a step is still at work that was given up, in whatever way the run ended here. */
    boolean stepAtWork() {
        return !crew.unheard().isEmpty();
    }

    /** Waits, once the run has ended here, for a step that is still at work, and writes down that it has ended. */
    void hearOut(Duration atMost) throws InterruptedException {
        crew.hearOut(atMost);
    }

    RunReport execute(boolean resumed) throws InterruptedException {
        log.tell(new RunEvent.RunBegan(
                log.now(), plan.plan(), plan.line(), scope.runId(), scope.epoch(), names(), resumed));
        try {
            return drive();
        } catch (InterruptedException | RuntimeException | Error e) {
            // Whatever ended it, no step goes on behind the caller's back with the journal closed.
            crew.stopAll(e);
            tellBrokeOff(e);
            throw e;
        } finally {
            log.close();
        }
    }

    private void tellBrokeOff(Throwable why) {
        try {
            log.tell(new RunEvent.RunBrokeOff(log.now(), Masked.text(Wording.failure(why))));
        } catch (RuntimeException | Error e) {
            // whoever is told is told for their own sake: what ended the run is what counts
            if (e != why) {
                why.addSuppressed(e);
            }
        }
    }

    private RunReport drive() throws InterruptedException {
        listen();
        while (true) {
            if (turned()) {
                becomeFailover();
                scope.guard().knows(all);
                log.tell(new RunEvent.FailedOver(log.now(), plan.line(), names()));
            }
            if (!log.ask(RunHistory::undoing)) {
                Optional<String> failure = goForward();
                if (turned()) {
                    continue;
                }
                if (failure.isEmpty()) {
                    Optional<String> unsafe = unsafe();
                    return unsafe.isEmpty()
                            ? end(Kind.RUN_ENDED, RunOutcome.SUCCEEDED, "")
                            : end(Kind.RUN_PAUSED, RunOutcome.STOPPED, unsafe.get());
                }
                // What a step that goes on unheard may still change cannot be put back.
                crew.hearOut(Duration.ZERO);
                if (stepAtWork() || log.ask(RunHistory::pastPointOfNoReturn)) {
                    return end(Kind.RUN_PAUSED, RunOutcome.STOPPED, failure.get());
                }
                log.write(Kind.UNDO_BEGAN, "", Map.of("reason", failure.get()));
            }
            String reason = log.ask(RunHistory::undoReason);
            log.tell(new RunEvent.UndoBegan(log.now(), reason));
            boolean allBack = goBack();
            if (turned()) {
                continue;
            }
            // That every step was put back does not say that what was there before is well again.
            Optional<String> unsafe = allBack && log.ask(history -> history.undidAny()) ? unsafe() : Optional.empty();
            if (unsafe.isPresent()) {
                return end(
                        Kind.RUN_PAUSED,
                        RunOutcome.UNDO_INCOMPLETE,
                        reason + "; and when all of it was put back: " + unsafe.get());
            }
            return allBack
                    ? end(Kind.RUN_ENDED, RunOutcome.UNDONE, reason)
                    : end(Kind.RUN_PAUSED, RunOutcome.UNDO_INCOMPLETE, reason);
        }
    }

    private RunReport end(Kind kind, RunOutcome outcome, String reason) {
        // Whoever lost the run since its last effect cannot say how it ended.
        scope.authority().require();
        RunReport report = log.end(kind, Map.of("outcome", outcome.name(), "reason", reason));
        log.tell(new RunEvent.RunEnded(report.ended(), report));
        return report;
    }

    // ---- a switchover that becomes a failover

    /** Whether somebody has turned the run into a failover, and it does not go on as one yet. */
    private boolean turned() {
        return log.ask(RunHistory::mode) != plan.mode();
    }

    /**
     * From here on the run is what a resumption of it with the failover's steps would be. What it did as a switchover stays done: it
     * is observed anew unless something has been built on it. It still belongs to what is put back if the failover fails before its
     * point of no return.
     */
    private void becomeFailover() {
        plan = failover.plan().orElseThrow(() -> new IllegalStateException("no failover was verified"));
        all = Merged.of(begun.steps(), plan.steps(), PlannedStep::name, PlanRun::inBoth);
    }

    private static PlannedStep inBoth(PlannedStep switchover, PlannedStep failover) {
        Set<String> after = new LinkedHashSet<>(switchover.after());
        after.addAll(failover.after());
        return new PlannedStep(
                failover.name(),
                failover.action(),
                List.copyOf(after),
                failover.undo(),
                failover.pointOfNoReturn(),
                failover.restoresService(),
                failover.makes(),
                failover.approval());
    }

    private List<String> names() {
        return plan.steps().stream().map(PlannedStep::name).toList();
    }

    // ---- words

    /** Takes what people have said since it last looked; answers what is to be obeyed, all of it in the journal. */
    private List<Instruction> listen() {
        List<Instruction> taken = new ArrayList<>();
        if (!ear.due()) {
            return taken;
        }
        // Whoever lost the run while it only waited finds out here, and obeys nobody.
        scope.authority().require();
        List<Instruction> words = ear.listen();
        if (!ear.trouble().isEmpty() && !ear.trouble().equals(troubleTold)) {
            log.tell(new RunEvent.WordsUnreadable(log.now(), ear.trouble()));
        }
        troubleTold = ear.trouble();
        for (Words.Unreadable word : ear.unreadable()) {
            if (!log.ask(history -> history.unreadable(word.where()))) {
                log.write(Kind.WORD_UNREADABLE, "", Map.of("where", word.where(), "why", word.why()));
                log.tell(new RunEvent.WordUnreadable(log.now(), word.where(), word.why()));
            }
        }
        for (Instruction word : words) {
            if (log.ask(history -> history.heard(word.id()))) {
                continue;
            }
            Instruction said = named(word);
            Refusal refusal = new Refusal(
                    plan.steps(),
                    all,
                    plan.rules().stream().map(rule -> rule.name()).toList(),
                    crew.atWork(),
                    failover.plan().isPresent() ? "" : failover.whyNot());
            Optional<String> refused =
                    log.take(said, history -> refusal.of(said, history), () -> detailsOf(said.kind()));
            log.tell(new RunEvent.Instructed(log.now(), said, refused));
            if (refused.isEmpty()) {
                taken.add(said);
                heed(said);
            }
        }
        return taken;
    }

    /** The same with the name of what it is about, where it was said by the code of a finding or the name of a step. */
    private Instruction named(Instruction said) {
        Optional<String> name = switch (said.kind()) {
            case OVERRIDE ->
                plan.rules().stream()
                        .filter(rule -> rule.code().equals(said.subject()))
                        .map(rule -> rule.name())
                        .findFirst();
            case APPROVE, REJECT ->
                plan.steps().stream()
                        .filter(step -> step.name().equals(said.subject()))
                        .flatMap(step -> step.approval().stream())
                        .map(Approval::name)
                        .findFirst()
                        .filter(none -> approvals().noneMatch(said.subject()::equals));
            default -> Optional.empty();
        };
        return name.map(subject -> new Instruction(
                        said.id(), said.kind(), subject, said.who(), said.role(), said.reason(), said.at(), said.run()))
                .orElse(said);
    }

    private Stream<String> approvals() {
        return plan.steps().stream().flatMap(step -> step.approval().stream()).map(Approval::name);
    }

    private Map<String, String> detailsOf(Instruction.Kind kind) {
        return kind == Instruction.Kind.FAIL_OVER
                ? Map.of("steps", StepShape.toJson(failover.plan().orElseThrow()))
                : Map.of();
    }

    private void heed(Instruction said) {
        switch (said.kind()) {
            case CANCEL -> crew.stop("because " + Wording.speaker(said) + " cancelled the run");
            case FAIL_OVER -> crew.stop("because " + Wording.speaker(said) + " turned the run into a failover");
            case SKIP -> {
                Instant now = log.now();
                log.tell(new RunEvent.StepEnded(
                        now, said.subject(), StepStatus.SKIPPED, RunHistory.skipped(said), Duration.ZERO, false));
            }
            case APPROVE, REJECT, PAUSE, CONTINUE, RETRY, OVERRIDE, TAKE_OVER, BEGIN_ABOVE -> {
                // what follows from them is in the history
            }
        }
    }

    // ---- forward

    /** The steps of one way forward, as the coordinator sees them. */
    private final class Way {
        final Set<String> finished = settledBefore();
        final ReadySteps ready = new ReadySteps(plan.steps(), finished);
        final Map<String, String> failures = new LinkedHashMap<>();
        /** The steps that wait for an approval, and until when. */
        final Map<PlannedStep, Deadline> asking = new LinkedHashMap<>();
        /** Until when somebody may say what to do about the failures; not asked yet when empty. */
        Optional<Deadline> answer = Optional.empty();

        void obey(Instruction said) {
            String subject = said.subject();
            switch (said.kind()) {
                case APPROVE, REJECT -> {
                    asking.keySet().stream()
                            .filter(step -> step.approval()
                                    .filter(approval -> approval.name().equals(subject))
                                    .isPresent())
                            .findFirst()
                            .ifPresent(step -> {
                                asking.remove(step);
                                ready.add(step.name());
                            });
                }
                case SKIP -> {
                    asking.keySet().removeIf(step -> step.name().equals(subject));
                    failures.remove(subject);
                    ready.remove(subject);
                    finish(subject);
                }
                case RETRY -> {
                    failures.remove(subject);
                    ready.add(subject);
                }
                case PAUSE, CONTINUE, CANCEL, OVERRIDE, TAKE_OVER, BEGIN_ABOVE, FAIL_OVER -> {
                    // looked up in the history where it matters
                }
            }
            if (failures.isEmpty()) {
                answer = Optional.empty();
            }
        }

        void finish(String step) {
            finished.add(step);
            ready.finished(step);
        }

        void fail(PlannedStep step, String why) {
            Instant now = log.now();
            // Of what an earlier doing of the step has changed, or may have, the missing word says nothing.
            boolean stands = log.ask(history -> history.step(step.name()).mayHaveChanged());
            String detail =
                    stands ? why + "; what it did, or may have done, before it was asked for still stands" : why;
            log.write(
                    Kind.OUTCOME,
                    step.name(),
                    Map.of(
                            "began",
                            now.toString(),
                            "status",
                            StepStatus.FAILED.name(),
                            "detail",
                            detail,
                            "unchanged",
                            Boolean.toString(!stands)));
            log.tell(new RunEvent.StepEnded(now, step.name(), StepStatus.FAILED, detail, Duration.ZERO, false));
            failures.put(step.name(), detail);
        }

        String failure() {
            List<String> said = new ArrayList<>();
            failures.forEach((step, why) -> said.add("\"" + step + "\": " + why));
            return String.join("; ", said);
        }
    }

    /** Runs steps until all are done, or one has failed and the others have ended; answers why it did not come through. */
    private Optional<String> goForward() throws InterruptedException {
        Way way = new Way();
        while (true) {
            listen().forEach(way::obey);
            Optional<Instruction> cancelled = log.ask(RunHistory::cancelled);
            boolean paused = log.ask(RunHistory::paused);
            boolean calledOff = cancelled.isPresent() || turned();
            if (!calledOff && !paused) {
                begin(way);
            }
            tellPause();
            if (crew.isEmpty()) {
                if (calledOff) {
                    return cancelled.map(said -> "cancelled by " + Wording.speaker(said) + ": " + said.reason());
                }
                if (!way.failures.isEmpty()) {
                    if (settings.askOnFailure().isEmpty() || lapsed(way)) {
                        return Optional.of(way.failure());
                    }
                } else if (way.finished.size() >= plan.steps().size()) {
                    return Optional.empty();
                } else if (!paused && way.asking.isEmpty() && !way.ready.any()) {
                    return Optional.of("of " + plan.steps().size() + " steps only " + way.finished.size()
                            + " could begin: the others come after steps that the plan does not have");
                }
            }
            StepRun run = crew.await(untilNext(way));
            if (run != null && run.succeeded()) {
                way.finish(run.step().name());
            } else if (run != null) {
                String name = run.step().name();
                way.failures.put(name, log.ask(history -> history.step(name).detail));
            }
            lapseApprovals(way);
        }
    }

    private void begin(Way way) {
        while (way.failures.isEmpty() && crew.size() < settings.parallelism() && way.ready.any()) {
            PlannedStep step = way.ready.take();
            if (way.finished.contains(step.name())) {
                continue; // skipped before its turn came
            }
            if (step.approval().isEmpty() || approved(way, step, step.approval().get())) {
                crew.start(StepRun.doing(step, plan, undoneWithoutAnswer(step), scope));
            }
        }
    }

    /** Whether the step may begin; if not, it waits for a word, or has failed by one. */
    private boolean approved(Way way, PlannedStep step, Approval approval) {
        if (log.ask(history -> history.approved(approval.name()))) {
            return true;
        }
        Optional<Instruction> rejected = log.ask(history -> history.rejected(approval.name()));
        if (rejected.isPresent()) {
            way.fail(
                    step,
                    "the approval \"" + approval.name() + "\" was refused by " + Wording.speaker(rejected.get()) + ": "
                            + rejected.get().reason() + " [approval.rejected]");
            return false;
        }
        if (!log.ask(history -> history.asksFor(approval.name()))) {
            log.write(
                    Kind.ASKED,
                    step.name(),
                    Map.of(
                            "what", RunReport.Wait.For.APPROVAL.name(),
                            "name", approval.name(),
                            "role", approval.role(),
                            "timeout", approval.timeout().toString()));
        }
        log.tell(new RunEvent.WordAwaited(
                log.now(),
                RunReport.Wait.For.APPROVAL,
                step.name(),
                approval.name(),
                approval.role(),
                approval.timeout()));
        way.asking.put(step, clockwork.deadline(approval.timeout()));
        return false;
    }

    private void lapseApprovals(Way way) {
        for (Map.Entry<PlannedStep, Deadline> asked : List.copyOf(way.asking.entrySet())) {
            PlannedStep step = asked.getKey();
            Approval approval = step.approval().orElseThrow();
            if (asked.getValue().passed()) {
                way.asking.remove(step);
                lapse(RunReport.Wait.For.APPROVAL, step.name(), approval.name());
                way.fail(
                        step,
                        "nobody in the role " + approval.role() + " gave the approval \"" + approval.name()
                                + "\" within " + approval.timeout() + " [approval.lapsed]");
            }
        }
    }

    private void lapse(RunReport.Wait.For what, String step, String name) {
        log.write(Kind.LAPSED, step, Map.of("what", what.name(), "name", name));
        log.tell(new RunEvent.WordLapsed(log.now(), what, step, name));
    }

    /** Asks what to do about the failures, once; answers whether nobody said it in time. */
    private boolean lapsed(Way way) {
        if (way.answer.isEmpty()) {
            Duration timeout = settings.askOnFailure().orElseThrow();
            for (String step : way.failures.keySet()) {
                log.write(
                        Kind.ASKED,
                        step,
                        Map.of("what", RunReport.Wait.For.DECISION.name(), "timeout", timeout.toString()));
                log.tell(new RunEvent.WordAwaited(log.now(), RunReport.Wait.For.DECISION, step, "", "", timeout));
            }
            way.answer = Optional.of(clockwork.deadline(timeout));
            return false;
        }
        if (!way.answer.get().passed()) {
            return false;
        }
        way.failures.keySet().forEach(step -> lapse(RunReport.Wait.For.DECISION, step, ""));
        return true;
    }

    private Duration untilNext(Way way) {
        Duration next = ear.rest();
        for (Deadline deadline : way.asking.values()) {
            next = deadline.atMost(next);
        }
        return way.answer.isEmpty() ? next : way.answer.get().atMost(next);
    }

    /**
     * The steps that need no second look after a resumption. A step that is done is looked at again when nothing has built on it
     * yet, since the world may have moved while nobody watched; where something has, a later step may have changed it on purpose.
     * A later step that changed nothing has built nothing. A step that was skipped stays so.
     */
    private Set<String> settledBefore() {
        return log.ask(history -> {
            Set<String> builtOn = new HashSet<>();
            for (int i = all.size() - 1; i >= 0; i--) {
                PlannedStep step = all.get(i);
                if (builtOn.contains(step.name()) || history.step(step.name()).mayHaveChanged()) {
                    builtOn.addAll(step.after());
                }
            }
            builtOn.removeIf(name -> !history.step(name).done());
            Set<String> settled = new HashSet<>();
            for (PlannedStep step : plan.steps()) {
                if (builtOn.contains(step.name()) || history.step(step.name()).status == StepStatus.SKIPPED) {
                    settled.add(step.name());
                }
            }
            return settled;
        });
    }

    /** What keeps a run whose steps are all done, or all put back, from being called so. */
    private Optional<String> unsafe() throws InterruptedException {
        crew.hearOut(Duration.ZERO);
        List<String> givenUp = crew.unheard();
        if (!givenUp.isEmpty()) {
            return Optional.of("a step that was given up is still at work: \"" + String.join("\", \"", givenUp) + "\"");
        }
        if (plan.rules().isEmpty()) {
            return Optional.empty();
        }
        List<String> broken =
                scope.guard().whenOver(plan.rules(), new ObservingContext(clockwork, clockwork.newId())).stream()
                        .map(found -> String.valueOf(found.getMessage()))
                        .toList();
        return broken.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", broken));
    }

    // ---- back

    /** Undoes what this run may have changed, the last first, one at a time; answers whether all of it was put back. */
    private boolean goBack() throws InterruptedException {
        // What was built on them still stands: putting them back first could hurt.
        Set<String> heldUp = new HashSet<>();
        boolean allBack = true;
        for (int i = all.size() - 1; i >= 0; i--) {
            PlannedStep step = all.get(i);
            boolean toUndo = log.ask(history -> history.step(step.name()).mayHaveChanged());
            boolean stuck = heldUp.contains(step.name());
            if (!stuck && toUndo && step.undo() instanceof Undo.By by) {
                awaitContinuation();
                if (turned()) {
                    return false;
                }
                crew.start(StepRun.undoing(step, plan, by.action(), doneWithoutAnswer(step), scope));
                stuck = !awaitEnd().succeeded();
            } else if (toUndo && step.undo() instanceof Undo.Never) {
                stuck = true;
            }
            if (stuck) {
                allBack = false;
                heldUp.addAll(step.after());
            }
        }
        return allBack;
    }

    /** The actions of the step whose requests got no answer, in whatever mode they were sent. */
    private List<Action<?>> doneWithoutAnswer(PlannedStep step) {
        return log.ask(history -> history.unanswered(step.name(), false)) ? actions(step) : List.of();
    }

    /**
     * The undo of the step, if its requests got no answer and the step is done again, which is so in a switchover that was turned
     * into a failover on its way back. Not where the failover does something else: that may be because the site of the undo is dead.
     */
    private List<Action<?>> undoneWithoutAnswer(PlannedStep step) {
        boolean doubted = log.ask(history -> history.unanswered(step.name(), true));
        boolean same = actions(step).stream().map(Action::describe).distinct().count() == 1;
        return doubted && same && step.undo() instanceof Undo.By by ? List.of(by.action()) : List.of();
    }

    /** What the step does in the mode in which the run began, and in that in which it runs now. */
    private List<Action<?>> actions(PlannedStep step) {
        List<Action<?>> actions = new ArrayList<>();
        for (BoundPlan one : begun.mode() == plan.mode() ? List.of(plan) : List.of(begun, plan)) {
            one.steps().stream()
                    .filter(other -> other.name().equals(step.name()))
                    .forEach(other -> actions.add(other.action()));
        }
        return actions;
    }

    private void awaitContinuation() throws InterruptedException {
        listen();
        while (tellPause()) {
            crew.await(ear.rest());
            listen();
        }
    }

    /** Tells once that the run waits for the end of a pause; answers whether it does. */
    private boolean tellPause() {
        boolean paused = log.ask(RunHistory::paused);
        boolean rests = paused && crew.isEmpty();
        if (rests && !pauseTold) {
            log.tell(new RunEvent.WordAwaited(log.now(), RunReport.Wait.For.CONTINUATION, "", "", "", Duration.ZERO));
        }
        pauseTold = paused && (rests || pauseTold);
        return paused;
    }

    private StepRun awaitEnd() throws InterruptedException {
        while (true) {
            StepRun run = crew.await(ear.rest());
            if (run != null) {
                return run;
            }
            listen();
        }
    }
}
