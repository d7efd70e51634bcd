package io.drkit.core.run;

import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.plan.BoundPlan;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.Objectives;
import io.drkit.core.plan.PlannedStep;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepReport;
import io.drkit.core.report.StepStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
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
        List<String> changes = List.of();
        String detail = "";
        /** The step ended, and this run is known to have changed nothing by it. */
        boolean unchanged;
        /** It was once seen to be done, whatever was seen later. */
        boolean wasDone;

        @Nullable
        Instant undoBegan;

        @Nullable
        Instant undoEnded;

        final Map<String, String> facts = new TreeMap<>();

        boolean done() {
            return status == StepStatus.DONE || status == StepStatus.ALREADY_SO;
        }

        /** Whether this run may have changed something by it that still stands. */
        boolean mayHaveChanged() {
            return attempts > 0 && !unchanged && status != StepStatus.UNDONE;
        }
    }

    private final Map<String, Step> steps = new LinkedHashMap<>();
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

    static RunHistory of(List<JournalEntry> entries) {
        RunHistory history = new RunHistory();
        entries.forEach(history::replay);
        return history;
    }

    void replay(JournalEntry entry) {
        lastAt = entry.at();
        switch (entry.kind()) {
            case RUN_BEGAN -> {
                header = entry.details();
                began = entry.at();
                epoch = Long.parseLong(entry.detail("epoch"));
            }
            case RUN_RESUMED -> {
                epoch = Long.parseLong(entry.detail("epoch"));
                resumptions++;
                outcome = null;
                reason = "";
            }
            case INTENT -> {
                Step step = step(entry.step());
                step.status = StepStatus.RUNNING;
                if (step.began == null) {
                    step.began = Instant.parse(entry.detail("began"));
                }
                step.ended = null;
                step.attempts++;
                step.unchanged = false;
                step.changes = entry.detail("changes").lines().toList();
            }
            case OUTCOME -> {
                Step step = step(entry.step());
                step.status = StepStatus.valueOf(entry.detail("status"));
                if (step.began == null) {
                    step.began = Instant.parse(entry.detail("began"));
                }
                step.ended = entry.at();
                step.detail = entry.detail("detail");
                step.wasDone |= step.done();
                step.unchanged = Boolean.parseBoolean(entry.detail("unchanged"));
            }
            case FACT -> step(entry.step()).facts.put(entry.detail("key"), entry.detail("value"));
            case LOSS -> losses.add(new RunReport.StatedLoss(entry.step(), loss(entry)));
            case UNDO_BEGAN -> undoReason = entry.detail("reason");
            case UNDO_INTENT -> {
                Step step = step(entry.step());
                if (step.undoBegan == null) {
                    step.undoBegan = Instant.parse(entry.detail("began"));
                }
                step.undoEnded = null;
            }
            case UNDO_OUTCOME -> {
                Step step = step(entry.step());
                step.status = StepStatus.valueOf(entry.detail("status"));
                if (step.undoBegan == null) {
                    step.undoBegan = Instant.parse(entry.detail("began"));
                }
                step.undoEnded = entry.at();
                step.detail = entry.detail("detail");
            }
            case MIRROR_LOST -> {}
            case RUN_PAUSED, RUN_ENDED -> {
                outcome = RunOutcome.valueOf(entry.detail("outcome"));
                reason = entry.detail("reason");
                over = entry.kind() == JournalEntry.Kind.RUN_ENDED;
            }
        }
    }

    static Map<String, String> details(DataLoss loss) {
        Map<String, String> details = new HashMap<>();
        details.put("subject", loss.subject());
        details.put("stage", loss.stage().name());
        details.put("basis", loss.basis());
        loss.time().ifPresent(time -> details.put("time", time.toString()));
        loss.bytes().ifPresent(bytes -> details.put("bytes", Long.toString(bytes)));
        return details;
    }

    private static DataLoss loss(JournalEntry entry) {
        String time = entry.detail("time");
        String bytes = entry.detail("bytes");
        return new DataLoss(
                entry.detail("subject"),
                DataLoss.Stage.valueOf(entry.detail("stage")),
                time.isEmpty() ? Optional.empty() : Optional.of(Duration.parse(time)),
                bytes.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(bytes)),
                entry.detail("basis"));
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

    boolean undoing() {
        return undoReason != null;
    }

    String undoReason() {
        return Objects.requireNonNullElse(undoReason, "");
    }

    String runId() {
        return header.getOrDefault("run", "");
    }

    String planHash() {
        return header.getOrDefault("hash", "");
    }

    /** How it ended or paused; empty while it has not. */
    Optional<RunOutcome> outcome() {
        return Optional.ofNullable(outcome);
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
    boolean pastPointOfNoReturn(BoundPlan plan) {
        return plan.steps().stream()
                .filter(PlannedStep::pointOfNoReturn)
                .map(step -> step(step.name()))
                .anyMatch(step -> step.wasDone || step.mayHaveChanged());
    }

    /** What the first entry of a run says of it. */
    static Map<String, String> header(BoundPlan plan, String runId, Epoch epoch) {
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
                Mode.valueOf(header.getOrDefault("mode", "")),
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
                StepShape.fromJson(header.getOrDefault("steps", "")).stream()
                        .map(this::report)
                        .toList());
    }

    private StepReport report(StepShape shape) {
        Step step = step(shape.name());
        return new StepReport(
                shape.name(),
                shape.description(),
                shape.after(),
                shape.pointOfNoReturn(),
                shape.restoresService(),
                step.status,
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
