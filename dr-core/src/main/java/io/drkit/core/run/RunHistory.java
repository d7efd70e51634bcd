package io.drkit.core.run;

import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.plan.BoundPlan;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.Objectives;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.report.Wording;
import io.drkit.core.safety.SiteChange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the entries of a run add up to. A run knows nothing of itself but this: it appends an entry, replays it here, and decides
 * from the sum, so that another process with the same entries decides the same. Not thread-safe.
 */
final class RunHistory {
    /** How one step stands. */
    static final class Step {
        StepStatus status = StepStatus.NOT_REACHED;

        @Nullable
        Instant began;

        @Nullable
        Instant ended;

        int attempts;
        /** Its action was applied, came back without a failure, and was then seen to be done. */
        boolean applied;

        List<String> changes = List.of();
        String detail = "";
        /** The step ended, and this run is known to have changed nothing by it. */
        boolean unchanged;
        /** When its change, or that of its undo, was last begun. */
        @Nullable
        Instant applyingSince;

        /** It was once seen to be done, whatever was seen later. */
        boolean wasDone;

        @Nullable
        Instant undoBegan;

        @Nullable
        Instant undoEnded;

        /** Undoing it began and is not known to have ended: a crash came between. How it stands must be observed. */
        boolean undoOpen;

        /** Something that it asked for got no answer, and may still arrive. */
        boolean unanswered;
        /** The same of its undo. */
        boolean undoUnanswered;

        final Map<String, String> facts = new TreeMap<>();

        boolean done() {
            return !undoOpen && (status == StepStatus.DONE || status == StepStatus.ALREADY_SO);
        }

        /** For the report. */
        StepStatus shown() {
            return undoOpen ? StepStatus.UNKNOWN : status;
        }

        /** Whether this run may have changed something by it that still stands. */
        boolean mayHaveChanged() {
            return attempts > 0 && !unchanged && status != StepStatus.UNDONE;
        }
    }

    /**
     * A step, or its undo, whose thread may still be at work, as far as was written down.
     *
     * @param began when it began, as its entries say
     * @param what what became of it, as a sentence that follows upon its name
     * @param left whether it was at work in a process that the run is not in any more
     */
    record Unended(String step, boolean undo, String began, String what, boolean left) {
        /** As the subject of a sentence, with what became of it. */
        String said() {
            return (undo ? "the undo of " : "") + "\"" + step + "\" " + what;
        }

        String warning() {
            return left
                    ? said()
                            + ": where that process is not known to be dead, it may still change something, except what"
                            + " refuses a lower epoch (an action whose epoch check is ADVISORY does not)"
                    : said()
                            + " and was still at work when the run stopped: until it has ended it may change something,"
                            + " and the run cannot be resumed. Wait until it has ended, or end its process; where neither can"
                            + " be, take the run over by name";
        }

        private Unended leftBehind(String how) {
            return left ? this : new Unended(step, undo, began, what + how, true);
        }
    }

    private final Map<String, Step> steps = new LinkedHashMap<>();
    private final List<Unended> unended = new ArrayList<>();
    private final List<RunReport.StatedLoss> losses = new ArrayList<>();
    private Map<String, String> header = Map.of();
    private @Nullable Instant began;
    private Instant lastAt = Instant.EPOCH;
    private long epoch;
    private int resumptions;
    private @Nullable String undoReason;
    private @Nullable RunOutcome outcome;
    private boolean over;
    private String reason = "";
    /** The switchover's steps, for a run that was turned into a failover. */
    private String switchoverSteps = "";

    /** Since the last process took it up: what is lost again is told again. */
    private final Set<String> mirrorsLost = new LinkedHashSet<>();

    private final List<RunReport.Told> told = new ArrayList<>();
    private final Set<String> heard = new HashSet<>();
    /** The words that could not be read: why, by where they lie. */
    private final Map<String, String> unreadable = new LinkedHashMap<>();

    private final List<RunReport.Wait> waits = new ArrayList<>();
    private final Set<String> approved = new HashSet<>();
    private final Map<String, Instruction> rejected = new HashMap<>();
    private final Map<String, Instruction> overridden = new HashMap<>();
    private @Nullable Instruction paused;
    private @Nullable Instruction cancelled;

    static RunHistory of(List<JournalEntry> entries) {
        RunHistory history = new RunHistory();
        entries.forEach(history::replay);
        return history;
    }

    void replay(JournalEntry entry) {
        if (entry.kind() != JournalEntry.Kind.MIRROR_LOST && entry.kind() != JournalEntry.Kind.GIVEN_UP_ENDED) {
            // the one is the store's own, and only in one of two; the other may come long after the run has paused
            lastAt = entry.at();
        }
        switch (entry.kind()) {
            case RUN_BEGAN -> {
                header = entry.details();
                began = entry.at();
                epoch = Long.parseLong(entry.detail("epoch"));
                noteFloor(entry);
            }
            case RUN_RESUMED -> {
                epoch = Long.parseLong(entry.detail("epoch"));
                resumptions++;
                mirrorsLost.clear();
                boolean takenOver = !entry.detail("who").isEmpty();
                leaveBehind(takenOver);
                steps.values().forEach(step -> {
                    // what it asked for last nobody has heard the end of
                    step.unanswered |= step.status == StepStatus.RUNNING;
                    step.undoUnanswered |= step.undoOpen;
                });
                if (takenOver) {
                    told.add(new RunReport.Told(
                            new Instruction(
                                    entry.detail("id"),
                                    Instruction.Kind.TAKE_OVER,
                                    "",
                                    entry.detail("who"),
                                    "",
                                    entry.detail("reason"),
                                    entry.at()),
                            entry.at(),
                            Optional.empty()));
                }
                noteFloor(entry);
                outcome = null;
                reason = "";
                // Whoever resumes has decided: what failed is tried again.
                endWaits(entry.at(), wait -> wait.what() == RunReport.Wait.For.DECISION);
                if (paused != null && !waits(wait -> wait.what() == RunReport.Wait.For.CONTINUATION)) {
                    waits.add(wait(RunReport.Wait.For.CONTINUATION, "", "", entry.at()));
                }
            }
            case INTENT -> {
                Step step = step(entry.step());
                step.status = StepStatus.RUNNING;
                step.undoOpen = false;
                if (step.began == null) {
                    step.began = Instant.parse(entry.detail("began"));
                }
                step.ended = null;
                step.applyingSince = entry.at();
                step.attempts++;
                step.unchanged = false;
                step.changes = entry.detail("changes").lines().toList();
            }
            case OUTCOME -> {
                noteGivenUp(entry, false);
                Step step = step(entry.step());
                boolean seenBefore = step.done() && step.ended != null;
                step.status = StepStatus.valueOf(entry.detail("status"));
                if (step.began == null) {
                    step.began = Instant.parse(entry.detail("began"));
                }
                if (!seenBefore || !step.done()) {
                    // What a resumption sees to be done still was done when it was first seen to be.
                    step.ended = entry.at();
                }
                step.detail = entry.detail("detail");
                step.undoOpen = false;
                step.wasDone |= step.done();
                step.unchanged = Boolean.parseBoolean(entry.detail("unchanged"));
                step.unanswered |= says(entry, "unanswered");
                step.undoUnanswered &= !says(entry, "superseded");
                step.applied = step.done() && (step.applied || Boolean.parseBoolean(entry.detail("applied")));
                waits.stream()
                        .filter(wait -> wait.step().equals(entry.step()))
                        .forEach(wait -> rejected.remove(wait.name()));
                endWaits(entry.at(), wait -> wait.step().equals(entry.step()));
            }
            case FACT -> step(entry.step()).facts.put(entry.detail("key"), entry.detail("value"));
            case LOSS -> losses.add(new RunReport.StatedLoss(entry.step(), loss(entry)));
            case UNDO_BEGAN -> {
                undoReason = entry.detail("reason");
                cancelled = null;
            }
            case UNDO_INTENT -> {
                Step step = step(entry.step());
                if (step.undoBegan == null) {
                    step.undoBegan = Instant.parse(entry.detail("began"));
                }
                step.undoEnded = null;
                step.undoOpen = true;
                step.applyingSince = entry.at();
                // what is being taken back no longer counts as made
                step.applied = false;
                for (SiteChange change : SiteChange.values()) {
                    step.facts.remove(change.fact());
                }
            }
            case UNDO_OUTCOME -> {
                noteGivenUp(entry, true);
                Step step = step(entry.step());
                step.status = StepStatus.valueOf(entry.detail("status"));
                if (step.undoBegan == null) {
                    step.undoBegan = Instant.parse(entry.detail("began"));
                }
                step.undoEnded = entry.at();
                step.undoOpen = false;
                step.undoUnanswered |= says(entry, "unanswered");
                step.unanswered &= !says(entry, "superseded");
                step.detail = entry.detail("detail");
            }
            case INSTRUCTION -> take(entry);
            case ASKED ->
                waits.add(wait(
                        RunReport.Wait.For.valueOf(entry.detail("what")),
                        entry.step(),
                        entry.detail("name"),
                        entry.at()));
            case LAPSED ->
                endWaits(
                        entry.at(),
                        wait -> wait.step().equals(entry.step())
                                && wait.what().name().equals(entry.detail("what")));
            case GIVEN_UP_ENDED -> {
                boolean undo = says(entry, "undo");
                unended.removeIf(one -> one.step().equals(entry.step())
                        && one.began().equals(entry.detail("began"))
                        && one.undo() == undo);
                step(entry.step()).unanswered |= !undo && says(entry, "unanswered");
                step(entry.step()).undoUnanswered |= undo && says(entry, "unanswered");
            }
            case MIRROR_LOST ->
                mirrorsLost.add("from " + entry.at() + " on its journal was kept without the store "
                        + entry.detail("store") + ", as " + entry.detail("who") + " decided (" + entry.detail("reason")
                        + "): that store is behind until the journal is opened with both");
            case WORD_UNREADABLE -> unreadable.put(entry.detail("where"), entry.detail("why"));
            case RUN_PAUSED, RUN_ENDED -> {
                endWaits(entry.at(), wait -> true);
                if (pastPointOfNoReturn()) {
                    // From here on it only goes forward; else whoever resumes it puts back what could not be put back
                    // now.
                    cancelled = null;
                }
                outcome = RunOutcome.valueOf(entry.detail("outcome"));
                reason = entry.detail("reason");
                over = entry.kind() == JournalEntry.Kind.RUN_ENDED;
            }
        }
    }

    private void noteFloor(JournalEntry entry) {
        EpochFloor.in(entry.details())
                .ifPresent(floor -> told.add(new RunReport.Told(
                        new Instruction(
                                floor.id(),
                                Instruction.Kind.BEGIN_ABOVE,
                                floor.epoch().toString(),
                                floor.who(),
                                "",
                                floor.reason(),
                                entry.at()),
                        entry.at(),
                        Optional.empty())));
    }

    private static boolean says(JournalEntry entry, String key) {
        return Boolean.parseBoolean(entry.detail(key));
    }

    private void noteGivenUp(JournalEntry entry, boolean undo) {
        String by = entry.detail("givenUpBy");
        if (!by.isEmpty()) {
            unended.add(new Unended(
                    entry.step(), undo, entry.detail("began"), "was given up at " + entry.at() + " by " + by, false));
        }
    }

    /**
     * The run goes on in another process. One that was taken over may be alive, and with it whatever it was doing. One whose journal
     * was free has died, as far as the store can tell; where a lock is a session it may only have lost that.
     */
    private void leaveBehind(boolean takenOver) {
        unended.replaceAll(one -> one.leftBehind(
                takenOver
                        ? ", and nobody has seen it end"
                        : ", which lost the journal, or let it go, without writing down that it ended"));
        if (takenOver) {
            steps.forEach((name, step) -> {
                if (step.undoOpen || step.status == StepStatus.RUNNING) {
                    unended.add(new Unended(
                            name,
                            step.undoOpen,
                            "",
                            "was at work since " + step.applyingSince
                                    + " in the process that was taken over, and nobody has seen it end",
                            true));
                }
            });
        }
    }

    /** What may still be at work in whatever process, although the run counts on it no more; for people. */
    List<String> unended() {
        return unended.stream().map(Unended::said).toList();
    }

    /** Whether something that the step asked for may still arrive, or its undo did. */
    boolean unanswered(String step, boolean undo) {
        return isUnended(step, undo) || (undo ? step(step).undoUnanswered : step(step).unanswered);
    }

    private boolean isUnended(String step, boolean undo) {
        return unended.stream().anyMatch(one -> one.step().equals(step) && one.undo() == undo);
    }

    /** What is still at work in the process that the run is in, or was last, after it was given up. */
    List<Unended> givenUp() {
        return unended.stream().filter(one -> !one.left()).toList();
    }

    private void take(JournalEntry entry) {
        Instruction said = new Instruction(
                entry.detail("id"),
                Instruction.Kind.valueOf(entry.detail("says")),
                entry.detail("subject"),
                entry.detail("who"),
                entry.detail("role"),
                entry.detail("reason"),
                Instant.parse(entry.detail("said")));
        heard.add(said.id());
        String refused = entry.detail("refused");
        told.add(new RunReport.Told(said, entry.at(), refused.isEmpty() ? Optional.empty() : Optional.of(refused)));
        if (!refused.isEmpty()) {
            return;
        }
        String subject = said.subject();
        switch (said.kind()) {
            case APPROVE -> {
                approved.add(subject);
                endWaits(entry.at(), wait -> wait.name().equals(subject));
            }
            case REJECT -> {
                rejected.put(subject, said);
                endWaits(entry.at(), wait -> wait.name().equals(subject));
            }
            case PAUSE -> {
                paused = said;
                waits.add(wait(RunReport.Wait.For.CONTINUATION, "", "", entry.at()));
            }
            case CONTINUE -> {
                paused = null;
                endWaits(entry.at(), wait -> wait.what() == RunReport.Wait.For.CONTINUATION);
            }
            case SKIP -> {
                Step step = step(subject);
                step.status = StepStatus.SKIPPED;
                step.undoOpen = false;
                step.detail = skipped(said);
                if (step.began == null) {
                    step.began = entry.at();
                }
                step.ended = entry.at();
                endWaits(entry.at(), wait -> wait.step().equals(subject));
            }
            case RETRY -> endWaits(entry.at(), wait -> wait.step().equals(subject));
            case CANCEL -> {
                cancelled = said;
                paused = null;
                endWaits(entry.at(), wait -> true);
            }
            case OVERRIDE -> overridden.put(subject, said);
            case TAKE_OVER, BEGIN_ABOVE -> {
                // always refused: that is no word to a run
            }
            case FAIL_OVER -> {
                switchoverSteps = header.getOrDefault("steps", "");
                Map<String, String> failover = new HashMap<>(header);
                failover.put("mode", Mode.FAILOVER.name());
                failover.put("steps", entry.detail("steps"));
                failover.put("hash", header.getOrDefault("failoverHash", ""));
                failover.put("switchoverHash", planHash());
                header = failover;
                paused = null;
                cancelled = null;
                undoReason = null;
                // All of it was said of a switchover.
                approved.clear();
                rejected.clear();
                overridden.clear();
                StepShape.fromJson(entry.detail("steps")).forEach(shape -> unskip(step(shape.name())));
                endWaits(entry.at(), wait -> true);
            }
        }
    }

    private static void unskip(Step step) {
        if (step.status != StepStatus.SKIPPED) {
            return;
        }
        if (step.attempts > 0) {
            step.status = StepStatus.FAILED;
        } else {
            step.status = StepStatus.NOT_REACHED;
            step.detail = "";
            step.began = null;
            step.ended = null;
        }
    }

    static String skipped(Instruction said) {
        return "skipped by " + Wording.speaker(said) + ": " + said.reason();
    }

    private static RunReport.Wait wait(RunReport.Wait.For what, String step, String name, Instant began) {
        return new RunReport.Wait(what, step, name, began, Optional.empty());
    }

    private boolean waits(Predicate<RunReport.Wait> which) {
        return waits.stream().anyMatch(wait -> wait.ended().isEmpty() && which.test(wait));
    }

    private void endWaits(Instant at, Predicate<RunReport.Wait> which) {
        waits.replaceAll(wait -> wait.ended().isEmpty() && which.test(wait)
                ? new RunReport.Wait(wait.what(), wait.step(), wait.name(), wait.began(), Optional.of(at))
                : wait);
    }

    /** The details of an instruction's entry. */
    static Map<String, String> details(Instruction said, Optional<String> refused) {
        Map<String, String> details = new HashMap<>();
        details.put("id", said.id());
        details.put("says", said.kind().name());
        details.put("subject", said.subject());
        details.put("who", said.who());
        details.put("role", said.role());
        details.put("reason", said.reason());
        details.put("said", said.at().toString());
        refused.ifPresent(why -> details.put("refused", why));
        return details;
    }

    static Map<String, String> details(DataLoss loss) {
        Map<String, String> details = new HashMap<>();
        details.put("subject", loss.subject());
        details.put("stage", loss.stage().name());
        details.put("basis", loss.basis().name());
        details.put("evidence", loss.evidence());
        loss.time().ifPresent(time -> details.put("time", time.toString()));
        loss.bytes().ifPresent(bytes -> details.put("bytes", Long.toString(bytes)));
        return details;
    }

    static DataLoss loss(JournalEntry entry) {
        String time = entry.detail("time");
        String bytes = entry.detail("bytes");
        return new DataLoss(
                entry.detail("subject"),
                DataLoss.Stage.valueOf(entry.detail("stage")),
                time.isEmpty() ? Optional.empty() : Optional.of(Duration.parse(time)),
                bytes.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(bytes)),
                DataLoss.Basis.valueOf(entry.detail("basis")),
                entry.detail("evidence"));
    }

    Step step(String name) {
        return steps.computeIfAbsent(name, ignored -> new Step());
    }

    boolean started() {
        return began != null;
    }

    /** Whether the run is over, or there never was one. A paused run is not over. */
    boolean over() {
        return over || !started();
    }

    /** Whether anything that this run changed was put back. */
    boolean undidAny() {
        return steps.values().stream().anyMatch(step -> step.status == StepStatus.UNDONE);
    }

    boolean undoing() {
        return undoReason != null;
    }

    String undoReason() {
        return Objects.requireNonNullElse(undoReason, "");
    }

    String runId() {
        return header.getOrDefault("run", "");
    }

    /** Of the plan in the mode in which it runs now. */
    String planHash() {
        return header.getOrDefault("hash", "");
    }

    /** Of the plan in the mode in which it began. */
    String begunHash() {
        return header.getOrDefault("switchoverHash", planHash());
    }

    /** Of the failover that it may be turned into, or was; empty when there is none. */
    String failoverHash() {
        return header.getOrDefault("failoverHash", "");
    }

    /** In which it runs now. */
    Mode mode() {
        return Mode.valueOf(header.getOrDefault("mode", ""));
    }

    Mode begunMode() {
        return failedOver() ? Mode.SWITCHOVER : mode();
    }

    boolean failedOver() {
        return !switchoverSteps.isEmpty();
    }

    String plan() {
        return header.getOrDefault("plan", "");
    }

    String direction() {
        return header.getOrDefault("from", "") + " → " + header.getOrDefault("to", "");
    }

    List<String> stepNames() {
        return StepShape.fromJson(header.getOrDefault("steps", "")).stream()
                .map(StepShape::name)
                .toList();
    }

    String description(String step) {
        return StepShape.fromJson(header.getOrDefault("steps", "")).stream()
                .filter(shape -> shape.name().equals(step))
                .map(StepShape::description)
                .findFirst()
                .orElse("");
    }

    RunReport.Told lastTold() {
        return told.get(told.size() - 1);
    }

    boolean resumed() {
        return resumptions > 0;
    }

    boolean unreadable(String where) {
        return unreadable.containsKey(where);
    }

    boolean heard(String instruction) {
        return heard.contains(instruction);
    }

    /** Whether the run waits for this approval now. */
    boolean asksFor(String approval) {
        return waits(wait ->
                wait.what() == RunReport.Wait.For.APPROVAL && wait.name().equals(approval));
    }

    boolean approved(String approval) {
        return approved.contains(approval);
    }

    /** Who rejected it, until that has become the step's outcome. */
    Optional<Instruction> rejected(String approval) {
        return Optional.ofNullable(rejected.get(approval));
    }

    Optional<Instruction> overridden(String rule) {
        return Optional.ofNullable(overridden.get(rule));
    }

    boolean paused() {
        return paused != null;
    }

    Optional<Instruction> cancelled() {
        return Optional.ofNullable(cancelled);
    }

    /** How it ended or paused; empty while it has not. */
    Optional<RunOutcome> outcome() {
        return Optional.ofNullable(outcome);
    }

    /** Under which the run began, or last went on; none when there was no run. */
    Epoch epoch() {
        return new Epoch(epoch);
    }

    /** For people: the run, as a sentence about it names it. */
    String line() {
        return header.getOrDefault("mode", "?").toLowerCase(java.util.Locale.ROOT) + " "
                + header.getOrDefault("from", "?") + " → " + header.getOrDefault("to", "?") + " (run " + runId()
                + ", begun " + began + ")";
    }

    /**
     * Whether a point of no return was, or may have been, passed: by this run, or before it. Where it was so before, the other
     * site may already be taking writes, and going back would make two of them.
     */
    boolean pastPointOfNoReturn() {
        return shapes().stream()
                .filter(StepShape::pointOfNoReturn)
                .map(shape -> step(shape.name()))
                .anyMatch(step -> step.wasDone || step.mayHaveChanged());
    }

    /** What the first entry of a run says of it. */
    static Map<String, String> header(BoundPlan plan, Optional<BoundPlan> failover, String runId, Epoch epoch) {
        Map<String, String> header = new HashMap<>();
        header.put("plan", plan.plan());
        header.put("hash", plan.hash());
        header.put("run", runId);
        header.put("epoch", epoch.toString());
        header.put("mode", plan.mode().name());
        header.put("from", plan.from());
        header.put("to", plan.to());
        header.put("rpo", plan.objectives().rpo().toString());
        header.put("rto", plan.objectives().rto().toString());
        header.put("steps", StepShape.toJson(plan));
        failover.ifPresent(other -> header.put("failoverHash", other.hash()));
        plan.outageBegan().ifPresent(outage -> header.put("outageBegan", outage.toString()));
        plan.detectedAt().ifPresent(detected -> header.put("detectedAt", detected.toString()));
        return header;
    }

    /** Only when it has ended or paused. */
    RunReport report() {
        return new RunReport(
                header.getOrDefault("plan", ""),
                planHash(),
                runId(),
                new Epoch(epoch),
                mode(),
                header.getOrDefault("from", ""),
                header.getOrDefault("to", ""),
                Objects.requireNonNull(outcome, "a report is made when the run has ended or paused"),
                reason.isEmpty() ? Optional.empty() : Optional.of(reason),
                Optional.ofNullable(header.get("outageBegan")).map(Instant::parse),
                Optional.ofNullable(header.get("detectedAt")).map(Instant::parse),
                Objects.requireNonNull(began, "began"),
                lastAt,
                resumptions,
                new Objectives(
                        Duration.parse(header.getOrDefault("rpo", "")), Duration.parse(header.getOrDefault("rto", ""))),
                losses,
                shapes().stream().map(this::report).toList(),
                told,
                waits,
                warnings());
    }

    private List<String> warnings() {
        List<String> warnings =
                new ArrayList<>(unended.stream().map(Unended::warning).toList());
        unreadable.forEach(
                (where, why) -> warnings.add("a word that was left for the run could not be read, and was not"
                        + " obeyed: found " + why + " in " + where + "; whoever left it may not know"));
        for (StepShape shape : shapes()) {
            lateRequest(shape).ifPresent(warnings::add);
        }
        warnings.addAll(mirrorsLost);
        if (paused != null && !over) {
            warnings.add(Wording.speaker(paused) + " paused it (" + paused.reason()
                    + "), and it still is: whoever resumes it has to let it go on as well (goOn)");
        }
        return warnings;
    }

    /** Of a step that counts as settled, and may yet be changed. What is not settled is no secret: its status says so. */
    private Optional<String> lateRequest(StepShape shape) {
        Step step = step(shape.name());
        boolean undone = step.status == StepStatus.UNDONE || step.status == StepStatus.SKIPPED;
        boolean doneAgain = step.done() && step.undoUnanswered;
        // of what may still be at work itself there is a warning of its own
        if (!(undone && step.unanswered && !isUnended(shape.name(), false))
                && !(doneAgain && !isUnended(shape.name(), true))) {
            return Optional.empty();
        }
        return Optional.of("a request without an answer may still arrive at \"" + shape.name() + "\" ("
                + (doneAgain ? "of its undo" : shape.description())
                + "), and nothing there is known to refuse it: look at it again when that can no longer be");
    }

    /** What it waits for now, if some process is at work on it. */
    List<RunReport.Wait> awaited() {
        return waits.stream().filter(wait -> wait.ended().isEmpty()).toList();
    }

    /** Of every step of the plan, and of those of a switchover that it began before it was turned into a failover. */
    private List<StepShape> shapes() {
        List<StepShape> shapes = StepShape.fromJson(header.getOrDefault("steps", ""));
        if (!failedOver()) {
            return shapes;
        }
        List<StepShape> begun = StepShape.fromJson(switchoverSteps).stream()
                .filter(shape -> step(shape.name()).began != null)
                .toList();
        return Merged.of(begun, shapes, StepShape::name, (earlier, later) -> later);
    }

    private StepReport report(StepShape shape) {
        Step step = step(shape.name());
        return new StepReport(
                shape.name(),
                shape.description(),
                shape.after(),
                shape.pointOfNoReturn(),
                shape.restoresService(),
                step.shown(),
                Optional.ofNullable(step.began),
                Optional.ofNullable(step.ended),
                step.attempts,
                step.changes,
                step.detail,
                Optional.ofNullable(step.undoBegan),
                Optional.ofNullable(step.undoEnded),
                step.facts);
    }
}
