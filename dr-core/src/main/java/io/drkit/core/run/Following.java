package io.drkit.core.run;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.event.RunEvent;
import io.drkit.core.event.RunListener;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalInUseException;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.report.Wording;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Watches a run that another process, or another thread of this one, works on: by its journal alone. For one thread. */
final class Following {
    /** How long an owner may hold the journal and write nothing before its run's first entry. */
    private static final Duration BEGINS_WITHIN = Duration.ofMinutes(1);
    /** After how many looks that found nothing new it is asked whether the owner is still there. */
    private static final int QUIET_LOOKS = 5;

    private static final Duration SILENCE = Duration.ofMinutes(1);

    private final JournalStore journals;
    private final Plans plans;
    private final Duration every;
    private final Clockwork clockwork;
    private final List<RunListener> listeners;
    /** The run that was over before anybody was found at work; empty when there was none. */
    private final String overBefore;
    /** Whether it had paused by then with a step still at work, and so is nobody's to watch. */
    private final boolean pausedBefore;

    private String followed = "";
    private @Nullable JournalInUseException inUse;

    Following(JournalStore journals, Plans plans, Duration every, RunSettings settings) {
        this.journals = journals;
        this.plans = plans;
        this.every = every;
        this.clockwork = settings.clockwork();
        this.listeners = settings.listeners();
        RunHistory latest = RunHistory.of(latest());
        this.overBefore = latest.over() ? latest.runId() : "";
        this.pausedBefore = pausedWithStepAtWork(latest);
    }

    /**
     * Opens the journal; empty when a run that overlaps with this call is, or was, worked on elsewhere: {@link #follow} it.
     *
     * @throws JournalInUseException when it is another plan, direction or mode
     */
    Optional<Journal> openOrFind() throws InterruptedException {
        Deadline patience = clockwork.deadline(BEGINS_WITHIN);
        while (true) {
            try {
                Journal journal = journals.open(plans.key());
                // Where somebody was at work a moment ago, the run that is over now was theirs, and is not run again.
                if (inUse == null || !overlapped(RunHistory.of(journal.latestRun()))) {
                    return Optional.of(journal);
                }
                journal.close();
            } catch (JournalInUseException e) {
                inUse = e;
            }
            RunHistory latest = RunHistory.of(latest());
            if (overlapped(latest)) {
                if (pausedWithStepAtWork(latest) && (pausedBefore || !plans.isOf(latest))) {
                    throw PlanRunner.stepAtWork(latest, inUse);
                }
                if (!plans.isOf(latest)) {
                    throw new JournalInUseException(
                            "journal.in-use",
                            Problem.expected("no other run of " + plans.key() + " than a "
                                            + plans.asked().line() + " with the same plan")
                                    .found("that another process is at work on the " + latest.line() + ": "
                                            + message(inUse))
                                    .remedy("wait until that run has ended"),
                            inUse);
                }
                followed = latest.runId();
                return Optional.empty();
            }
            if (patience.passed()) {
                throw inUse;
            }
            clockwork.sleep(every);
        }
    }

    private static boolean pausedWithStepAtWork(RunHistory latest) {
        return latest.outcome().isPresent() && !latest.givenUp().isEmpty();
    }

    private static String message(@Nullable JournalInUseException inUse) {
        return inUse == null ? "" : inUse.problem().found();
    }

    private boolean overlapped(RunHistory latest) {
        return latest.started() && !latest.runId().equals(overBefore);
    }

    /** Tells the listeners what happens in the run until it ends or pauses, and answers its report. */
    RunReport follow() throws InterruptedException {
        Audience audience = new Audience(listeners, clockwork);
        try {
            return follow(audience);
        } catch (InterruptedException | RuntimeException e) {
            audience.tell(new RunEvent.RunBrokeOff(clockwork.now(), Masked.text(Wording.failure(e))));
            throw e;
        } finally {
            audience.dismiss();
        }
    }

    private RunReport follow(Audience audience) throws InterruptedException {
        Telling telling = new Telling(followed);
        int told = 0;
        int quiet = 0;
        Deadline silence = clockwork.deadline(SILENCE);
        long silentSince = clockwork.nanoTime();
        audience.tell(new RunEvent.Attached(clockwork.now(), followed));
        while (true) {
            List<JournalEntry> entries = entries();
            boolean news = entries.size() > told;
            int known = told;
            for (JournalEntry entry : entries.subList(told, entries.size())) {
                told++;
                telling.next(entry).forEach(audience::tell);
                // What paused before this one came, and was resumed, is not how it ended.
                boolean last = told == entries.size() || known > 0;
                Optional<RunReport> report = last ? telling.report() : Optional.empty();
                if (report.isPresent()) {
                    audience.tell(new RunEvent.RunEnded(report.get().ended(), report.get()));
                    return report.get();
                }
            }
            if (news) {
                quiet = 0;
                silentSince = clockwork.nanoTime();
                silence = clockwork.deadline(SILENCE);
            } else if (++quiet % QUIET_LOOKS == 0 && ownerGone(told)) {
                throw new BlockedException(
                        "run.owner-gone",
                        Problem.expected("the process at work on run " + followed + " of " + plans.key()
                                        + " to bring it to its end")
                                .found("that it holds the journal no more, and the run is not over")
                                .remedy("resume the run; nothing was taken over by itself"));
            }
            if (silence.passed()) {
                audience.tell(new RunEvent.OwnerSilent(
                        clockwork.now(), followed, Duration.ofNanos(clockwork.nanoTime() - silentSince)));
                silence = clockwork.deadline(SILENCE);
            }
            clockwork.sleep(every);
        }
    }

    /** Whether nobody holds the journal and the run has not moved: taken for a moment, and let go at once. */
    private boolean ownerGone(int told) {
        try (Journal journal = journals.open(plans.key())) {
            return journal.latestRun().size() <= told
                    && RunHistory.of(journal.latestRun()).runId().equals(followed);
        } catch (JournalInUseException alive) {
            return false;
        }
    }

    private List<JournalEntry> latest() {
        List<List<JournalEntry>> runs = journals.runs(plans.key(), 1);
        return runs.isEmpty() ? List.of() : runs.get(0);
    }

    /** Those of the run that is followed, a newer run having begun meanwhile or not. */
    private List<JournalEntry> entries() {
        for (int runs = 1; runs <= 64; runs *= 4) {
            for (List<JournalEntry> run : journals.runs(plans.key(), runs)) {
                if (!run.isEmpty() && run.get(0).detail("run").equals(followed)) {
                    return run;
                }
            }
        }
        throw new BlockedException(
                "run.owner-gone",
                Problem.expected("the entries of run " + followed + " of " + plans.key())
                        .found("none")
                        .remedy("see in the journals what became of it"));
    }

    /** What the entries of a run would have told its own listeners. */
    private static final class Telling {
        private final RunHistory history = new RunHistory();
        private final String runId;

        Telling(String runId) {
            this.runId = runId;
        }

        Optional<RunReport> report() {
            return history.outcome().map(ended -> history.report());
        }

        List<RunEvent> next(JournalEntry entry) {
            boolean first = !entry.step().isEmpty() && history.step(entry.step()).began == null;
            history.replay(entry);
            return switch (entry.kind()) {
                case RUN_BEGAN, RUN_RESUMED -> {
                    RunEvent began = new RunEvent.RunBegan(
                            entry.at(),
                            history.plan(),
                            history.mode() + " " + history.direction(),
                            runId,
                            new Epoch(Long.parseLong(entry.detail("epoch"))),
                            history.stepNames(),
                            entry.kind() == JournalEntry.Kind.RUN_RESUMED);
                    yield history.paused()
                            ? List.of(
                                    began,
                                    new RunEvent.WordAwaited(
                                            entry.at(), RunReport.Wait.For.CONTINUATION, "", "", "", Duration.ZERO))
                            : List.of(began);
                }
                case INTENT, UNDO_INTENT -> {
                    boolean undo = entry.kind() == JournalEntry.Kind.UNDO_INTENT;
                    RunEvent applying = new RunEvent.StepApplying(
                            entry.at(),
                            entry.step(),
                            entry.detail("changes").lines().toList(),
                            undo ? 1 : Math.max(1, history.step(entry.step()).attempts),
                            undo);
                    yield first ? List.of(began(entry, undo), applying) : List.of(applying);
                }
                case OUTCOME, UNDO_OUTCOME -> {
                    boolean undo = entry.kind() == JournalEntry.Kind.UNDO_OUTCOME;
                    RunHistory.Step step = history.step(entry.step());
                    RunEvent ended = new RunEvent.StepEnded(
                            entry.at(),
                            entry.step(),
                            step.status,
                            step.detail,
                            Duration.between(Instant.parse(entry.detail("began")), entry.at()),
                            undo);
                    yield first ? List.of(began(entry, undo), ended) : List.of(ended);
                }
                case FACT ->
                    List.of(new RunEvent.FactRecorded(
                            entry.at(), entry.step(), entry.detail("key"), entry.detail("value")));
                case LOSS -> List.of(new RunEvent.LossStated(entry.at(), entry.step(), RunHistory.loss(entry)));
                case UNDO_BEGAN -> List.of(new RunEvent.UndoBegan(entry.at(), entry.detail("reason")));
                case ASKED ->
                    List.of(new RunEvent.WordAwaited(
                            entry.at(),
                            RunReport.Wait.For.valueOf(entry.detail("what")),
                            entry.step(),
                            entry.detail("name"),
                            entry.detail("role"),
                            Duration.parse(entry.detail("timeout"))));
                case LAPSED ->
                    List.of(new RunEvent.WordLapsed(
                            entry.at(),
                            RunReport.Wait.For.valueOf(entry.detail("what")),
                            entry.step(),
                            entry.detail("name")));
                case INSTRUCTION -> instructed(entry);
                case RUN_PAUSED, RUN_ENDED, GIVEN_UP_ENDED, MIRROR_LOST -> List.of();
                case WORD_UNREADABLE ->
                    List.of(new RunEvent.WordUnreadable(entry.at(), entry.detail("where"), entry.detail("why")));
            };
        }

        private List<RunEvent> instructed(JournalEntry entry) {
            RunReport.Told told = history.lastTold();
            RunEvent said = new RunEvent.Instructed(entry.at(), told.instruction(), told.refused());
            if (told.refused().isPresent()) {
                return List.of(said);
            }
            return switch (told.instruction().kind()) {
                case SKIP ->
                    List.of(
                            said,
                            new RunEvent.StepEnded(
                                    entry.at(),
                                    told.instruction().subject(),
                                    StepStatus.SKIPPED,
                                    RunHistory.skipped(told.instruction()),
                                    Duration.ZERO,
                                    false));
                case FAIL_OVER ->
                    List.of(
                            said,
                            new RunEvent.FailedOver(
                                    entry.at(), history.mode() + " " + history.direction(), history.stepNames()));
                default -> List.of(said);
            };
        }

        private RunEvent began(JournalEntry entry, boolean undo) {
            return new RunEvent.StepBegan(
                    entry.detail("began").isEmpty() ? entry.at() : Instant.parse(entry.detail("began")),
                    entry.step(),
                    history.description(entry.step()),
                    undo);
        }
    }
}
