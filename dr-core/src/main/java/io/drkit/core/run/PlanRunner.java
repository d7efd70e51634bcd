package io.drkit.core.run;

import io.drkit.core.BlockedException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.Site;
import io.drkit.core.StaleEpochException;
import io.drkit.core.event.RunListener;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalInUseException;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.lease.Lease;
import io.drkit.core.lease.Leases;
import io.drkit.core.plan.BoundPlan;
import io.drkit.core.plan.PlannedStep;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.time.Clockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs recovery plans.
 *
 * <pre>{@code
 * PlanRunner runner = PlanRunner.journalingTo(new FileJournalStore(Path.of("/var/lib/shop/dr"))).build();
 * runner.preview(plan, SiteSwitch.switchoverFrom(west).to(east)).printTo(System.out);   // touches nothing
 * RunReport report = runner.run(plan, SiteSwitch.switchoverFrom(west).to(east));
 * if (!report.succeeded()) { … report.reason() says why, and report.outcome() what follows from it }
 * }</pre>
 *
 * <p>Each change is written to the journal before it is made and after it was seen to be made, so that after a crash any process
 * with the same plan can {@link #resume}. Only one run of a plan between two sites is active at a time, in whatever process and
 * direction; whoever starts the same one meanwhile watches it. Thread-safe; {@code run}, {@code resume} and {@code takeOver} block
 * their caller, and interrupting it pauses the run, or ends the watching.
 */
public final class PlanRunner {
    private static final Logger log = LoggerFactory.getLogger(PlanRunner.class);
    private static final String STEP_AT_WORK = "run.step-at-work";
    private static final Duration WATCHERS_LOOK = Duration.ofSeconds(1);
    private static final Duration EPOCHS_LOOK = Duration.ofSeconds(5);

    private final JournalStore journals;
    private final Optional<Leases> leases;
    private final Optional<String> leaseName;
    private final Duration leasePatience;
    private final Duration listenEvery;
    private final RunSettings settings;
    private final Clockwork clockwork;
    private final Map<JournalKey, PlanRun> active;
    private final Optional<EpochFloor> floor;

    private PlanRunner(Builder builder) {
        journals = builder.journals;
        leases = Optional.ofNullable(builder.leases);
        leaseName = Optional.ofNullable(builder.leaseName);
        leasePatience = builder.leasePatience;
        listenEvery = builder.listenEvery;
        clockwork = builder.clockwork;
        settings = new RunSettings(
                builder.clockwork,
                builder.listeners,
                builder.parallelism,
                builder.stopGrace,
                builder.observeWithin,
                Optional.ofNullable(builder.askOnFailure));
        active = new ConcurrentHashMap<>();
        floor = Optional.empty();
    }

    private PlanRunner(PlanRunner runner, EpochFloor floor) {
        journals = runner.journals;
        leases = runner.leases;
        leaseName = runner.leaseName;
        leasePatience = runner.leasePatience;
        listenEvery = runner.listenEvery;
        clockwork = runner.clockwork;
        settings = runner.settings;
        active = runner.active;
        this.floor = Optional.of(floor);
    }

    /** Begins a runner that keeps its journals there. */
    public static Builder journalingTo(JournalStore journals) {
        return new Builder(journals);
    }

    /** What {@link #run} would do now. Observes every step and every safety rule, all at the same time, and changes nothing. */
    public <S extends Site> Preview preview(RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch)
            throws InterruptedException {
        return PreviewRun.of(plan.bind(siteSwitch), clockwork, settings.observeWithin());
    }

    /**
     * This runner, for runs that begin, or go on, above an epoch that resources already have: as they do after runs of another plan
     * over the same resources, of this one under another name, or of one whose journal was lost. A run says of itself that it needs
     * this: {@code run.epoch-below} names the epoch. The person and the reason are written into the journal and the report.
     *
     * <p>It takes the word of that person for it that no run which has such an epoch is at work any more: if one is, it is
     * refused at its next change by whatever compares epochs, and by nothing else. Two plans over the same resources are kept
     * apart by one lease: {@link Builder#leaseNamed}.
     *
     * @param epoch the highest that stands in the way; the run's is higher
     * @param who the person who answers for it
     * @param reason why it is known that no run with such an epoch is at work, for whoever reads the journal
     */
    public PlanRunner above(Epoch epoch, String who, String reason) {
        return new PlanRunner(this, new EpochFloor(clockwork.newId(), epoch, who, reason));
    }

    /**
     * Whether a resource that the plan changes remembers a higher epoch than any that was given out here, in the latest run's journal
     * or by its lease: then it would refuse the run. {@link #run}, {@link #resume} and {@link #takeOver} ask so before they change
     * anything; readiness asks by {@link io.drkit.core.readiness.Checks#epochs}. Looks at all at the same time, for 5 s at the most
     * and no longer than {@link Builder#observeWithin}; what does not answer by then, or cannot tell, is not known and hinders
     * nothing.
     *
     * @return the steps that can tell an epoch and did not answer: of them it is not known
     * @throws BlockedException with the code {@code run.epoch-below} when one does: nothing was changed
     */
    public <S extends Site> List<String> requireEpochs(RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch)
            throws InterruptedException {
        Plans plans = Plans.of(plan, siteSwitch);
        RunHistory latest = RunHistory.of(latest(plans.key()));
        Set<String> unknown = new LinkedHashSet<>(requireEpochs(plans.plan(), plans.key(), latest));
        // a switchover may be turned into it
        if (plans.failover().plan().isPresent()) {
            unknown.addAll(requireEpochs(plans.failover().plan().get(), plans.key(), latest));
        }
        return List.copyOf(unknown);
    }

    private static boolean tellsAnEpoch(PlannedStep step) {
        try {
            return step.action().heldEpoch().isPresent();
        } catch (RuntimeException e) {
            // asked again, it counts as not known
            return true;
        }
    }

    private List<String> requireEpochs(BoundPlan plan, JournalKey key, RunHistory latest) throws InterruptedException {
        List<PlannedStep> telling =
                plan.steps().stream().filter(PlanRunner::tellsAnEpoch).toList();
        if (telling.isEmpty()) {
            return List.of();
        }
        Duration patience =
                settings.observeWithin().compareTo(EPOCHS_LOOK) < 0 ? settings.observeWithin() : EPOCHS_LOOK;
        List<Observations.Answer<Optional<Epoch>>> answers = new Observations(clockwork, patience)
                .each(
                        telling,
                        PlannedStep::name,
                        (step, context) ->
                                step.action().heldEpoch().orElseThrow().read(context));
        Map<String, Epoch> held = new LinkedHashMap<>();
        List<String> unknown = new ArrayList<>();
        for (int i = 0; i < telling.size(); i++) {
            String step = telling.get(i).name();
            Observations.Answer<Optional<Epoch>> answer = answers.get(i);
            if (answer.value().isEmpty()) {
                log.debug("The epoch where \"{}\" makes its change is not known: {}", step, answer.failure());
                unknown.add(step);
            } else {
                answer.value().get().ifPresent(epoch -> held.put(step, epoch));
            }
        }
        Epoch highest = held.values().stream().reduce(Epoch.NONE, PlanRunner::higher);
        Epoch given = higher(latest.epoch(), floor.map(EpochFloor::epoch).orElse(Epoch.NONE));
        if (highest.compareTo(given) > 0 && leases.isPresent()) {
            try {
                given = higher(given, leases.get().lastEpoch(leaseName(key)));
            } catch (DrException e) {
                // The run will wait for its lease, and learn its epoch then.
                log.debug("The epoch of the lease of {} is not known", key, e);
                unknown.addAll(held.keySet());
                return unknown;
            }
        }
        if (highest.compareTo(given) <= 0) {
            return unknown;
        }
        List<String> above = new ArrayList<>();
        for (Map.Entry<String, Epoch> one : held.entrySet()) {
            if (one.getValue().compareTo(given) > 0) {
                above.add("epoch " + one.getValue() + " where the step \"" + one.getKey() + "\" makes its change");
            }
        }
        throw new BlockedException(
                "run.epoch-below",
                Problem.expected("no resource to remember an epoch above " + given
                                + ", the highest that was given out for " + key)
                        .found(String.join("; ", above))
                        .remedy(
                                "a run was there that the journal here does not know: one of another plan, of this one under"
                                        + " another name, or of one whose journal was lost or removed. Find it, and see that it has"
                                        + " ended. " + StaleEpochException.remedy(highest)));
    }

    private static Epoch higher(Epoch one, Epoch other) {
        return one.compareTo(other) < 0 ? other : one;
    }

    /**
     * Runs the plan to its end, whichever that is: look at {@link RunReport#outcome()}. Where the same plan is being run in the same
     * direction and mode, by whatever process, it begins nothing: it attaches to that run, tells its own listeners what happens
     * there, and answers with the same report.
     *
     * <p>It answers as soon as the run has ended or paused. Where a step is still at work then that was given up, the report says so
     * ({@link RunReport#warnings()}), and this process goes on holding the journal, and the lease, until that step has ended.
     *
     * @throws JournalInUseException when a run of this plan between these sites is active, in another direction or mode; with the
     *     code {@code run.step-at-work} when one has paused and a step of it is still at work
     * @throws BlockedException with the code {@code run.unfinished} when an earlier one is not over: resume or abandon it; with the
     *     code {@code run.epoch-below} when a resource has a higher epoch, see {@link #requireEpochs}; with the code
     *     {@code run.owner-gone} when the process that ran what this one watched is gone: nothing was taken over
     * @throws io.drkit.core.journal.CorruptJournalException when the journal cannot be trusted
     * @throws io.drkit.core.StaleEpochException when somebody took the run over by force, or its lease was lost, or the journal
     *     was removed or replaced under it; this process stopped
     */
    public <S extends Site> RunReport run(RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch) throws InterruptedException {
        Plans plans = Plans.of(plan, siteSwitch);
        Following following = new Following(journals, plans, listenEvery, settings);
        Optional<Journal> opened = following.openOrFind();
        if (opened.isEmpty()) {
            return following.follow();
        }
        try (Held held = new Held(opened.get())) {
            Journal journal = held.journal();
            RunHistory earlier = RunHistory.of(journal.latestRun());
            if (!earlier.over()) {
                throw new BlockedException(
                        "run.unfinished",
                        Problem.expected("no unfinished run of " + plans.key())
                                .found("the " + earlier.line())
                                .remedy("resume it, or abandon it by name if you know what state it left"));
            }
            requireEpochs(plans.plan(), plans.key(), earlier);
            return held.drive(plans, epoch -> {
                JournalEntry first = new JournalEntry(
                        JournalEntry.Kind.RUN_BEGAN,
                        clockwork.now(),
                        "",
                        marked(RunHistory.header(plans.plan(), plans.failover().plan(), clockwork.newId(), epoch)));
                journal.begin(first);
                return RunHistory.of(List.of(first));
            });
        }
    }

    /**
     * Goes on with a run that another process left, by a crash or because it was {@link RunOutcome#STOPPED} or could not undo
     * everything. Every step that was not seen to be done is observed anew; so are those that nothing has built on yet. A run that
     * began as a switchover and was turned into a failover goes on as that, and may be named either way.
     *
     * @throws BlockedException with the code {@code run.nothing-to-resume} when there is none, or {@code run.other-plan} when it
     *     was a run of another plan: another direction or mode, other steps, or steps that say they do something else;
     *     {@code run.epoch-below} as {@link #run}
     * @throws JournalInUseException when that process is still alive and at work on the run, or, with the code
     *     {@code run.step-at-work}, while a step is that it gave up: as soon as that has ended, or the process has, this goes on
     * @throws io.drkit.core.journal.CorruptJournalException when the journal cannot be trusted
     * @throws io.drkit.core.StaleEpochException as {@link #run}
     */
    public <S extends Site> RunReport resume(RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch)
            throws InterruptedException {
        Plans plans = Plans.of(plan, siteSwitch);
        try (Held held = new Held(openPatiently(plans.key()))) {
            RunHistory history =
                    plans.verified(unfinished(RunHistory.of(held.journal().latestRun()), plans.key()));
            requireEpochs(plans.as(history).plan(), plans.key(), history);
            return held.resume(plans, Map.of());
        }
    }

    /**
     * Goes on with a run although the process that runs it has not let go: for an operator who knows that this process is dead,
     * frozen or cut off. From then on whatever that one writes or asks is refused, and it stops before its next effect. Nobody
     * decides this by a timeout. What that process was doing then it may still do: where a step of it was not seen to end, the
     * report says so ({@link RunReport#warnings()}). Else as {@link #resume}.
     *
     * @param who the person who answers for it
     * @param reason why, for whoever reads the journal
     */
    public <S extends Site> RunReport takeOver(
            RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch, String who, String reason) throws InterruptedException {
        requireSpeaker(who, reason);
        Plans plans = Plans.of(plan, siteSwitch);
        // What is not to be resumed is not taken from anybody either.
        RunHistory latest = plans.verified(unfinished(RunHistory.of(latest(plans.key())), plans.key()));
        requireEpochs(plans.as(latest).plan(), plans.key(), latest);
        try (Held held = new Held(journals.takeOver(plans.key()))) {
            return held.resume(plans, Map.of("who", who, "reason", reason, "id", clockwork.newId()));
        }
    }

    /**
     * Watches the run of this plan that is at work, in whatever process, as {@link #run} does where there is one: tells this runner's
     * listeners what happens there, and answers with its report. It never begins a run, nor goes on with one: for whoever only wants
     * to look.
     *
     * @return the report of that run; empty when no process is at work on one
     * @throws JournalInUseException when a run of this plan between these sites is active in another direction or mode
     * @throws BlockedException with the code {@code run.owner-gone} when the process that ran it is gone
     */
    public <S extends Site> Optional<RunReport> watch(RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch)
            throws InterruptedException {
        Following following = new Following(journals, Plans.of(plan, siteSwitch), listenEvery, settings);
        Optional<Journal> free = following.openOrFind();
        if (free.isPresent()) {
            free.get().close();
            return Optional.empty();
        }
        return Optional.of(following.follow());
    }

    /**
     * Declares an unfinished run over without touching anything, so that another can begin. What it changed stays as it is. Its
     * report still reads {@code STOPPED}, or {@code UNDO_INCOMPLETE} where it was putting back, with the reason "abandoned by …".
     *
     * @param who the person who answers for it
     * @param reason why, for whoever reads the journal
     * @throws BlockedException with the code {@code run.nothing-to-resume} when there is none
     * @throws JournalInUseException as {@link #resume}
     */
    public <S extends Site> void abandon(RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch, String who, String reason) {
        requireSpeaker(who, reason);
        JournalKey key = Plans.key(plan, siteSwitch);
        try (Held held = new Held(open(key))) {
            held.journal().raiseEpoch(Epoch.NONE);
            held.abandon(unfinished(RunHistory.of(held.journal().latestRun()), key), "abandoned by ", who, reason);
        }
    }

    /**
     * As {@link #abandon}, although the process that runs it has not let go: for an operator who knows that this process is dead,
     * frozen or cut off, and who does not want the run to go on, as {@link #takeOver} would let it. From then on whatever that
     * process writes or asks is refused, and it stops before its next effect. What it was doing then it may still do: the report
     * names each step that was not seen to end ({@link RunReport#warnings()}).
     *
     * @param who the person who answers for it
     * @param reason why, for whoever reads the journal
     * @throws BlockedException with the code {@code run.nothing-to-resume} when there is no unfinished run: nothing was taken
     */
    public <S extends Site> void abandonByForce(
            RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch, String who, String reason) {
        requireSpeaker(who, reason);
        JournalKey key = Plans.key(plan, siteSwitch);
        unfinished(RunHistory.of(latest(key)), key);
        try (Held held = new Held(journals.takeOver(key))) {
            Journal journal = held.journal();
            RunHistory history = unfinished(RunHistory.of(journal.latestRun()), key);
            Epoch epoch = journal.raiseEpoch(Epoch.NONE);
            journal.append(new JournalEntry(
                    JournalEntry.Kind.RUN_RESUMED,
                    clockwork.now(),
                    "",
                    Map.of("epoch", epoch.toString(), "who", who, "reason", reason, "id", clockwork.newId())));
            held.abandon(history, "abandoned by force by ", who, reason);
        }
    }

    private static void requireSpeaker(String who, String reason) {
        if (who.isBlank() || reason.isBlank()) {
            throw new IllegalArgumentException("It takes a person, and a reason for whoever reads the journal");
        }
    }

    /**
     * What a person can say to the run of this plan between these sites, whichever process works on it.
     *
     * @param who the person who answers for it
     * @param role the role in which they speak; may be empty
     */
    public <S extends Site> RunControl control(
            RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch, String who, String role) {
        JournalKey key = Plans.key(plan, siteSwitch);
        return new RunControl(journals, key, clockwork, who, role, () -> {
            PlanRun here = active.get(key);
            if (here != null) {
                here.wake();
            }
        });
    }

    /** Whoever watches a run holds its journal for a moment, to see whether the process at work on it is gone: that is no owner. */
    private Journal openPatiently(JournalKey key) throws InterruptedException {
        try {
            return open(key);
        } catch (JournalInUseException e) {
            if (e.code().equals(STEP_AT_WORK)) {
                throw e;
            }
            clockwork.sleep(WATCHERS_LOOK);
            return open(key);
        }
    }

    private Journal open(JournalKey key) {
        try {
            return journals.open(key);
        } catch (JournalInUseException e) {
            RunHistory latest = RunHistory.of(latest(key));
            throw latest.givenUp().isEmpty() ? e : stepAtWork(latest, e);
        }
    }

    /** Why that run, whose journal is held, cannot be had: a step of it is still at work there. */
    static JournalInUseException stepAtWork(RunHistory latest, @Nullable JournalInUseException inUse) {
        return new JournalInUseException(
                STEP_AT_WORK,
                Problem.expected("no step of the " + latest.line() + " to be at work any more")
                        .found("that "
                                + latest.givenUp().stream()
                                        .map(RunHistory.Unended::said)
                                        .collect(Collectors.joining("; ")))
                        .remedy(
                                "wait until it has ended, then resume; or end that process, then resume; where neither can be,"
                                        + " and only then, take the run over by name: its report will say that nobody has seen"
                                        + " the step end"),
                inUse);
    }

    private Map<String, String> marked(Map<String, String> details) {
        return floor.map(above -> above.addedTo(details)).orElse(details);
    }

    private List<JournalEntry> latest(JournalKey key) {
        List<List<JournalEntry>> runs = journals.runs(key, 1);
        return runs.isEmpty() ? List.of() : runs.get(0);
    }

    static RunHistory unfinished(RunHistory history, JournalKey key) {
        if (history.over()) {
            throw new BlockedException(
                    "run.nothing-to-resume",
                    Problem.expected("an unfinished run of " + key)
                            .found(
                                    history.started()
                                            ? "that the " + history.line() + " is over and ended "
                                                    + history.outcome()
                                                            .map(RunOutcome::name)
                                                            .orElse("unknown")
                                            : "none at all")
                            .remedy("nothing is left to resume; to switch again, begin one with run(…)"));
        }
        return history;
    }

    /** A journal that is open here, and what is done with it. */
    private final class Held implements AutoCloseable {
        private final Journal journal;
        /** Whether it stays open beyond this call: see {@link #keep}. */
        private boolean kept;

        Held(Journal journal) {
            this.journal = journal;
        }

        Journal journal() {
            return journal;
        }

        void abandon(RunHistory history, String how, String who, String reason) {
            String outcome = history.undoing() ? RunOutcome.UNDO_INCOMPLETE.name() : RunOutcome.STOPPED.name();
            journal.append(new JournalEntry(
                    JournalEntry.Kind.RUN_ENDED,
                    clockwork.now(),
                    "",
                    Map.of("outcome", outcome, "reason", how + who + ": " + reason)));
        }

        RunReport resume(Plans plans, Map<String, String> takenOver) throws InterruptedException {
            RunHistory history = plans.verified(unfinished(RunHistory.of(journal.latestRun()), plans.key()));
            return drive(plans.as(history), epoch -> {
                Map<String, String> details = new HashMap<>(takenOver);
                details.put("epoch", epoch.toString());
                if (!history.unended().isEmpty()) {
                    details.put("notSeenToEnd", String.join("; ", history.unended()));
                }
                JournalEntry resumed =
                        new JournalEntry(JournalEntry.Kind.RUN_RESUMED, clockwork.now(), "", marked(details));
                journal.append(resumed);
                history.replay(resumed);
                return history;
            });
        }

        /** Makes the run's entry under a new epoch, and runs it. */
        RunReport drive(Plans plans, Beginning beginning) throws InterruptedException {
            JournalKey key = plans.key();
            Right right = right(key);
            Epoch epoch = right.epoch();
            Optional<Lease> lease = right.lease();
            Optional<PlanRun> paused = Optional.empty();
            try {
                RunHistory history = beginning.under(epoch);
                RunScope.Authority authority = () -> {
                    journal.requireHeld(epoch);
                    // last, as it costs nothing and time may have passed
                    lease.ifPresent(Lease::requireHeld);
                };
                PlanRun run = new PlanRun(
                        plans.plan(),
                        plans.failover(),
                        journal,
                        history,
                        epoch,
                        authority,
                        new Ear(journals, key, history.runId(), listenEvery, clockwork),
                        settings);
                active.put(key, run);
                try {
                    return run.execute(history.resumed());
                } finally {
                    active.remove(key, run);
                    paused = Optional.of(run).filter(PlanRun::stepAtWork);
                }
            } finally {
                if (paused.isPresent()) {
                    keep(paused.get(), right);
                } else {
                    lease.ifPresent(Lease::close);
                }
            }
        }

        /**
         * A step is still at work: as long as it is, nobody else may go on with the run, except by force. So the journal and the
         * lease stay this process's, until the step has ended, or the process has, which ends both.
         */
        private void keep(PlanRun run, Right right) {
            kept = true;
            clockwork.start("drkit holds the journal", () -> {
                try {
                    boolean held = true;
                    while (held && run.stepAtWork()) {
                        hearOut(run);
                        held = stillHeld(right.epoch());
                    }
                    if (held) {
                        right.lease().ifPresent(Lease::close);
                    } else {
                        // Whoever took the run over knows what is at work here, but the holder of the lease need not.
                        right.lease().ifPresent(Lease::cease);
                    }
                    letGo();
                } catch (InterruptedException e) {
                    // That ends this task, and not the step: what is held stays so until the process ends.
                    Thread.currentThread().interrupt();
                }
            });
        }

        private void hearOut(PlanRun run) throws InterruptedException {
            try {
                run.hearOut(listenEvery);
            } catch (DrException e) {
                log.warn("That a step has ended which was given up could not be written down", e);
            }
        }

        /** An answer that does not come takes nothing away. */
        private boolean stillHeld(Epoch epoch) {
            try {
                journal.requireHeld(epoch);
                return true;
            } catch (StaleEpochException e) {
                return false;
            } catch (DrException e) {
                log.debug("The journal of a run with a step that is still at work does not answer", e);
                return true;
            }
        }

        /**
         * The run's epoch is that of its lease. So the next holder's is higher, although its journal may know of none of those that
         * this one gave out: and a resource refuses the late effects of this run, and not those of the next.
         */
        private Right right(JournalKey key) throws InterruptedException {
            Epoch epoch = journal.raiseEpoch(floor.map(EpochFloor::epoch).orElse(Epoch.NONE));
            if (leases.isEmpty()) {
                return new Right(epoch, Optional.empty());
            }
            while (true) {
                Lease lease = leases.get().acquire(leaseName(key), leasePatience, epoch);
                try {
                    if (lease.epoch().compareTo(epoch) > 0) {
                        // Another holder had one as high, or higher.
                        epoch = journal.raiseEpoch(new Epoch(lease.epoch().value() - 1));
                    }
                } catch (RuntimeException e) {
                    lease.close();
                    throw e;
                }
                if (lease.epoch().equals(epoch)) {
                    return new Right(epoch, Optional.of(lease));
                }
                // A journal may give more than the next one: then the lease is taken once more, under that.
                lease.release();
            }
        }

        /** Its closing cannot take away how the run ended: every entry in it is durable already. */
        @Override
        public void close() {
            if (!kept) {
                letGo();
            }
        }

        private void letGo() {
            try {
                journal.close();
            } catch (RuntimeException e) {
                log.warn("The journal could not be closed; it is free again when this process ends", e);
            }
        }
    }

    /** What a run may act by. */
    private record Right(Epoch epoch, Optional<Lease> lease) {}

    /** Makes the entry with which a run begins, or goes on, in this process. */
    private interface Beginning {
        RunHistory under(Epoch epoch);
    }

    private String leaseName(JournalKey key) {
        return leaseName.orElseGet(() -> "drkit/" + key.plan() + "@" + key.siteA() + "+" + key.siteB());
    }

    /**
     * Builds a runner. Defaults: the system's clockwork, no listeners, 16 steps at a time, 30 s for a step to heed its stop, 30 s
     * for whatever only looks, words to the run looked for every 2 s, no questions after a failure, and no lease beside the
     * journal's own lock.
     */
    public static final class Builder {
        private final JournalStore journals;
        private final List<RunListener> listeners = new ArrayList<>();
        private Clockwork clockwork = Clockwork.system();
        private int parallelism = 16;
        private Duration stopGrace = Duration.ofSeconds(30);
        private Duration observeWithin = Duration.ofSeconds(30);
        private Duration listenEvery = Duration.ofSeconds(2);
        private @Nullable Duration askOnFailure;
        private @Nullable Leases leases;
        private @Nullable String leaseName;
        private Duration leasePatience = Duration.ofMinutes(1);

        private Builder(JournalStore journals) {
            this.journals = journals;
        }

        /** Time, sleep, randomness and threads. */
        public Builder clockwork(Clockwork clockwork) {
            this.clockwork = clockwork;
            return this;
        }

        /** One more listener. */
        public Builder listener(RunListener listener) {
            listeners.add(listener);
            return this;
        }

        /** How many independent steps run at a time: 1 or more. */
        public Builder parallelism(int steps) {
            if (steps < 1) {
                throw new IllegalArgumentException("at least 1 step runs at a time, not " + steps);
            }
            parallelism = steps;
            return this;
        }

        /** How long a step that overran its time may take to heed being stopped; then the run stops with its outcome unknown. */
        public Builder stopGrace(Duration grace) {
            if (grace.isNegative()) {
                throw new IllegalArgumentException("the grace is zero or more, not " + grace);
            }
            stopGrace = grace;
            return this;
        }

        /**
         * How long a preview, and a safety rule whenever it is asked, may take to look; what does not answer by then is not known.
         * A rule that somebody overrode is not waited for longer than 2 s. More than zero.
         */
        public Builder observeWithin(Duration time) {
            observeWithin = positive("the time to observe", time);
            return this;
        }

        /**
         * How often a run looks whether somebody in another process has told it something, and how often whoever watches a run looks
         * at its journal. More than zero. What is told by this runner's own {@link #control} is heard at once.
         */
        public Builder listenEvery(Duration interval) {
            listenEvery = positive("the interval", interval);
            return this;
        }

        /**
         * After a failure the run waits that long for a person to say {@link RunControl#retry}, {@link RunControl#skip},
         * {@link RunControl#cancel} or {@link RunControl#failOver}; after it, it does what it does by default. More than zero.
         */
        public Builder askOnFailure(Duration atMost) {
            askOnFailure = positive("the time to answer", atMost);
            return this;
        }

        /** As {@link #leasedBy(Leases, Duration)}, waiting at most a minute. */
        public Builder leasedBy(Leases leases) {
            return leasedBy(leases, Duration.ofMinutes(1));
        }

        /**
         * Each run also holds the lease {@code drkit/<plan>@<site>+<other>}: where journals cannot exclude each other, such as
         * files on two machines, or are not trusted to. Its epoch is the lease's, and so above that of every holder before,
         * whatever their journals knew; its authority ends with the lease, and the lease is let go only when every step has ended.
         *
         * @param patience how long a start may wait for the lease: more than its ttl, or that of a holder that died is never
         *     outwaited. Then it throws {@link io.drkit.core.DrTimeoutException} with the code {@code lease.held}
         */
        public Builder leasedBy(Leases leases, Duration patience) {
            this.leases = leases;
            leasePatience = positive("the patience", patience);
            return this;
        }

        /**
         * Under which name the lease stands; by default one a plan and pair of sites, as {@link #leasedBy(Leases, Duration)} says. Give
         * plans that change the same resources one name: then one run of all of them is active at a time, and their epochs are
         * one sequence, so that none is refused for an epoch that another had.
         */
        public Builder leaseNamed(String name) {
            if (name.isBlank()) {
                throw new IllegalArgumentException("A lease has a name");
            }
            leaseName = name;
            return this;
        }

        private static Duration positive(String name, Duration value) {
            if (value.isZero() || value.isNegative()) {
                throw new IllegalArgumentException(name + " is more than zero, not " + value);
            }
            return value;
        }

        /**
         * Makes it.
         *
         * @throws IllegalStateException when a lease is named and there are no leases
         */
        public PlanRunner build() {
            if (leaseName != null && leases == null) {
                throw new IllegalStateException(
                        "The lease " + leaseName + " is taken from leases: name them with leasedBy(…)");
            }
            return new PlanRunner(this);
        }
    }
}
