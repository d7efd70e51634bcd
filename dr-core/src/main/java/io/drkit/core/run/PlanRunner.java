package io.drkit.core.run;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.Site;
import io.drkit.core.event.RunListener;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.plan.BoundPlan;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.time.Clockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs recovery plans.
 *
 * <pre>{@code
 * PlanRunner runner = PlanRunner.journalingTo(new FileJournalStore(Path.of("/var/lib/shop/dr"))).build();
 * runner.preview(plan, SiteSwitch.switchover(west, east)).printTo(System.out);   // touches nothing
 * RunReport report = runner.run(plan, SiteSwitch.switchover(west, east));
 * if (!report.succeeded()) { … report.reason() says why, and report.outcome() what follows from it }
 * }</pre>
 *
 * <p>Each change is written to the journal before it is made and after it was seen to be made, so that after a crash any process
 * with the same plan can {@link #resume}. Only one run of a plan between two sites is active at a time, in whatever process and
 * direction. Thread-safe; {@code run} and {@code resume} block their caller, and interrupting it pauses the run.
 */
public final class PlanRunner {
    private static final Logger log = LoggerFactory.getLogger(PlanRunner.class);

    private final JournalStore journals;
    private final Clockwork clockwork;
    private final List<RunListener> listeners;
    private final int parallelism;
    private final Duration stopGrace;

    private PlanRunner(Builder builder) {
        journals = builder.journals;
        clockwork = builder.clockwork;
        listeners = List.copyOf(builder.listeners);
        parallelism = builder.parallelism;
        stopGrace = builder.stopGrace;
    }

    /** Begins a runner that keeps its journals there. */
    public static Builder journalingTo(JournalStore journals) {
        return new Builder(journals);
    }

    /** What {@link #run} would do now. Observes every step, one after the other, and changes nothing. */
    public <S extends Site> Preview preview(RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch)
            throws InterruptedException {
        return PreviewRun.of(plan.bind(siteSwitch), clockwork);
    }

    /**
     * Runs the plan to its end, whichever that is: look at {@link RunReport#outcome()}.
     *
     * @throws io.drkit.core.journal.JournalInUseException when a run of this plan between these sites is active elsewhere
     * @throws BlockedException with the code {@code run.unfinished} when an earlier one is not over: resume or abandon it
     * @throws io.drkit.core.journal.CorruptJournalException when the journal cannot be trusted
     * @throws io.drkit.core.StaleEpochException when somebody took the run over by force, or the journal was
     *     removed or replaced under it; this process stopped
     */
    public <S extends Site> RunReport run(RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch) throws InterruptedException {
        BoundPlan bound = plan.bind(siteSwitch);
        try (Held held = new Held(journals.open(key(bound)))) {
            Journal journal = held.journal();
            RunHistory earlier = RunHistory.of(journal.latestRun());
            if (!earlier.over()) {
                throw new BlockedException(
                        "run.unfinished",
                        Problem.expected("no unfinished run of " + key(bound))
                                .found("the " + earlier.line())
                                .remedy("resume it, or abandon it by name if you know what state it left"));
            }
            Epoch epoch = journal.raiseEpoch(Epoch.NONE);
            Map<String, String> header = RunHistory.header(bound, clockwork.newId(), epoch);
            JournalEntry first = new JournalEntry(JournalEntry.Kind.RUN_BEGAN, clockwork.now(), "", header);
            journal.begin(first);
            return execute(bound, journal, RunHistory.of(List.of(first)), epoch, false);
        }
    }

    /**
     * Goes on with a run that another process left, by a crash or because it was {@link RunOutcome#STOPPED} or could not undo
     * everything. Every step that was not seen to be done is observed anew; so are those that nothing has built on yet.
     *
     * @throws BlockedException with the code {@code run.nothing-to-resume} when there is none, or {@code run.other-plan} when it
     *     was a run of another plan: another direction or mode, other steps, or steps that say they do something else
     * @throws io.drkit.core.journal.JournalInUseException when that process is still alive
     * @throws io.drkit.core.journal.CorruptJournalException when the journal cannot be trusted
     */
    public <S extends Site> RunReport resume(RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch)
            throws InterruptedException {
        BoundPlan bound = plan.bind(siteSwitch);
        try (Held held = new Held(journals.open(key(bound)))) {
            Journal journal = held.journal();
            RunHistory history = unfinished(journal, bound);
            if (!history.planHash().equals(bound.hash())) {
                throw new BlockedException(
                        "run.other-plan",
                        Problem.expected("the plan with the hash " + history.planHash() + ", with which the "
                                        + history.line() + " was begun")
                                .found("the hash " + bound.hash() + " for " + bound.line())
                                .remedy(
                                        "resume with the same version of the application and in the same direction and mode,"
                                                + " or abandon that run by name if you know what state it left"));
            }
            Epoch epoch = journal.raiseEpoch(Epoch.NONE);
            JournalEntry resumed = new JournalEntry(
                    JournalEntry.Kind.RUN_RESUMED, clockwork.now(), "", Map.of("epoch", epoch.toString()));
            journal.append(resumed);
            history.replay(resumed);
            return execute(bound, journal, history, epoch, true);
        }
    }

    /**
     * Declares an unfinished run over without touching anything, so that another can begin. What it changed stays as it is.
     *
     * @param who the person who answers for it
     * @param reason why, for whoever reads the journal
     * @throws BlockedException with the code {@code run.nothing-to-resume} when there is none
     */
    public <S extends Site> void abandon(RecoveryPlan<S> plan, SiteSwitch<S> siteSwitch, String who, String reason) {
        if (who.isBlank() || reason.isBlank()) {
            throw new IllegalArgumentException("Abandoning a run needs a person and a reason");
        }
        BoundPlan bound = plan.bind(siteSwitch);
        try (Held held = new Held(journals.open(key(bound)))) {
            Journal journal = held.journal();
            RunHistory history = unfinished(journal, bound);
            journal.raiseEpoch(Epoch.NONE);
            String outcome = history.undoing() ? RunOutcome.UNDO_INCOMPLETE.name() : RunOutcome.STOPPED.name();
            journal.append(new JournalEntry(
                    JournalEntry.Kind.RUN_ENDED,
                    clockwork.now(),
                    "",
                    Map.of("outcome", outcome, "reason", "abandoned by " + who + ": " + reason)));
        }
    }

    private static RunHistory unfinished(Journal journal, BoundPlan bound) {
        RunHistory history = RunHistory.of(journal.latestRun());
        if (history.over()) {
            throw new BlockedException(
                    "run.nothing-to-resume",
                    Problem.expected("an unfinished run of " + key(bound))
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

    private RunReport execute(BoundPlan bound, Journal journal, RunHistory history, Epoch epoch, boolean resumed)
            throws InterruptedException {
        return new PlanRun(bound, journal, history, epoch, clockwork, listeners, parallelism, stopGrace)
                .execute(resumed);
    }

    /** A journal whose closing cannot take away how the run ended: every entry in it is durable already. */
    private record Held(Journal journal) implements AutoCloseable {
        @Override
        public void close() {
            try {
                journal.close();
            } catch (RuntimeException e) {
                log.warn("The journal could not be closed; it is free again when this process ends", e);
            }
        }
    }

    private static JournalKey key(BoundPlan bound) {
        return new JournalKey(bound.plan(), bound.from(), bound.to());
    }

    /** Builds a runner. Defaults: the system's clockwork, no listeners, 16 steps at a time, 30 s for a step to heed its stop. */
    public static final class Builder {
        private final JournalStore journals;
        private final List<RunListener> listeners = new ArrayList<>();
        private Clockwork clockwork = Clockwork.system();
        private int parallelism = 16;
        private Duration stopGrace = Duration.ofSeconds(30);

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

        public PlanRunner build() {
            return new PlanRunner(this);
        }
    }
}
