package io.drkit.core.report;

import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.Objectives;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Reports of runs that might have been. */
public final class Reports {
    public static final Instant T0 = Instant.parse("2026-03-01T10:00:00Z");
    static final Objectives OBJECTIVES = new Objectives(Duration.ofMinutes(15), Duration.ofMinutes(30));

    private Reports() {}

    public static Instant at(long seconds) {
        return T0.plusSeconds(seconds);
    }

    /** A failover that came through: the outage began 6 min 30 s before it, and 8 s of changes were lost. */
    public static RunReport failover() {
        return report(
                Mode.FAILOVER,
                RunOutcome.SUCCEEDED,
                Optional.empty(),
                Optional.of(at(-390)),
                at(251),
                List.of(
                        new RunReport.StatedLoss(
                                "promote the database",
                                new DataLoss(
                                        "database shop",
                                        DataLoss.Stage.BOUND,
                                        Optional.of(Duration.ofSeconds(20)),
                                        OptionalLong.empty(),
                                        DataLoss.Basis.TIMED,
                                        "last replication message 20 s old; the primary cannot be asked")),
                        new RunReport.StatedLoss(
                                "promote the database",
                                new DataLoss(
                                        "database shop",
                                        DataLoss.Stage.ACHIEVED,
                                        Optional.of(Duration.ofSeconds(8)),
                                        OptionalLong.of(1_310_720),
                                        DataLoss.Basis.COMPARED,
                                        "compared with the fenced primary's last flushed position")),
                        new RunReport.StatedLoss(
                                "copy files", DataLoss.none("files", "the source tree was read after the fence"))),
                List.of(
                        step("pause scheduler", StepStatus.ALREADY_SO, 0, 1),
                        step("fence west", StepStatus.DONE, 1, 31, "pause scheduler"),
                        step("copy files", StepStatus.DONE, 31, 172, "fence west"),
                        marked("promote the database", StepStatus.DONE, 31, 74, true, false, "fence west"),
                        step("start readers", StepStatus.DONE, 178, 219, "copy files", "promote the database"),
                        marked("move DNS", StepStatus.DONE, 219, 245, false, true, "start readers"),
                        step("wake scheduler", StepStatus.DONE, 245, 251, "move DNS")));
    }

    /** A switchover that stopped past its point of no return; nothing is known about the loss, one step is not heard of. */
    public static RunReport stopped() {
        return report(
                Mode.SWITCHOVER,
                RunOutcome.STOPPED,
                Optional.of("\"start readers\": 2 of 3 pods are ready after 5 min"),
                Optional.empty(),
                at(400),
                List.of(new RunReport.StatedLoss(
                        "promote the database",
                        DataLoss.unknown("database shop", DataLoss.Stage.BOUND, "no replay position was received"))),
                List.of(
                        step("stop writers", StepStatus.DONE, 0, 25),
                        marked("promote the database", StepStatus.DONE, 25, 60, true, false, "stop writers"),
                        step("start readers", StepStatus.FAILED, 60, 360, "promote the database"),
                        open("copy files", StepStatus.RUNNING, 60, "stop writers"),
                        marked("move DNS", StepStatus.NOT_REACHED, -1, -1, false, true, "start readers")));
    }

    /** A switchover that failed early and was put back. */
    public static RunReport undone() {
        StepReport writers = step("stop writers", StepStatus.UNDONE, 0, 25);
        return report(
                Mode.SWITCHOVER,
                RunOutcome.UNDONE,
                Optional.of("\"final sync\": the source listing failed"),
                Optional.empty(),
                at(80),
                List.of(),
                List.of(
                        undone(writers, 45, 80),
                        step("final sync", StepStatus.FAILED, 25, 45, "stop writers"),
                        marked("promote the database", StepStatus.NOT_REACHED, -1, -1, true, true, "final sync")));
    }

    /** Like {@link #undone}, except that it could not be. */
    public static RunReport undoIncomplete() {
        RunReport undone = undone();
        StepReport writers = undone(step("stop writers", StepStatus.UNDO_FAILED, 0, 25), 45, 80);
        return report(
                undone.mode(),
                RunOutcome.UNDO_INCOMPLETE,
                undone.reason(),
                undone.outageBegan(),
                undone.ended(),
                undone.losses(),
                List.of(writers, undone.steps().get(1), undone.steps().get(2)));
    }

    /** The failover, of which it is also said when the outage was noticed, and whose DNS step said what it leaves in caches. */
    public static RunReport detected(String residual) {
        RunReport r = failover();
        List<StepReport> steps = r.steps().stream()
                .map(step -> step.name().equals("move DNS") ? dns(step, residual) : step)
                .toList();
        return new RunReport(
                r.plan(),
                r.planHash(),
                r.runId(),
                r.epoch(),
                r.mode(),
                r.from(),
                r.to(),
                r.outcome(),
                r.reason(),
                r.outageBegan(),
                Optional.of(at(-300)),
                r.began(),
                r.ended(),
                r.resumptions(),
                r.objectives(),
                r.losses(),
                steps);
    }

    private static StepReport dns(StepReport step, String residual) {
        return new StepReport(
                step.name(),
                step.description(),
                step.after(),
                step.pointOfNoReturn(),
                step.restoresService(),
                step.status(),
                step.began(),
                step.ended(),
                step.attempts(),
                step.changes(),
                step.detail(),
                step.undoBegan(),
                step.undoEnded(),
                Map.of(DnsSwitcher.RESIDUAL_FACT, residual));
    }

    static RunReport report(
            Mode mode,
            RunOutcome outcome,
            Optional<String> reason,
            Optional<Instant> outageBegan,
            Instant ended,
            List<RunReport.StatedLoss> losses,
            List<StepReport> steps) {
        return new RunReport(
                "shop",
                "9f2c41d07ab35e88",
                "4be2a90c17d3",
                new Epoch(7),
                mode,
                "west",
                "east",
                outcome,
                reason,
                outageBegan,
                Optional.empty(),
                T0,
                ended,
                0,
                OBJECTIVES,
                losses,
                steps);
    }

    static StepReport step(String name, StepStatus status, long began, long ended, String... after) {
        return marked(name, status, began, ended, false, false, after);
    }

    static StepReport marked(
            String name,
            StepStatus status,
            long began,
            long ended,
            boolean pointOfNoReturn,
            boolean restoresService,
            String... after) {
        boolean reached = status != StepStatus.NOT_REACHED;
        boolean changed = reached && status != StepStatus.ALREADY_SO;
        return new StepReport(
                name,
                "makes sure: " + name,
                List.of(after),
                pointOfNoReturn,
                restoresService,
                status,
                reached ? Optional.of(at(began)) : Optional.empty(),
                reached ? Optional.of(at(ended)) : Optional.empty(),
                changed ? 1 : 0,
                changed ? List.of("first change of " + name, "second change of " + name) : List.of(),
                reached ? "what was seen of " + name : "",
                Optional.empty(),
                Optional.empty(),
                pointOfNoReturn && reached
                        ? Map.of("timeline", "4", "lsn", "0/5000060", "fence", "confirmed by west-pg-0", "by", "ops")
                        : Map.of());
    }

    static StepReport open(String name, StepStatus status, long began, String... after) {
        return new StepReport(
                name,
                "makes sure: " + name,
                List.of(after),
                false,
                false,
                status,
                Optional.of(at(began)),
                Optional.empty(),
                2,
                List.of("a change of " + name),
                "was interrupted and did not end",
                Optional.empty(),
                Optional.empty(),
                Map.of());
    }

    static StepReport undone(StepReport step, long began, long ended) {
        return new StepReport(
                step.name(),
                step.description(),
                step.after(),
                step.pointOfNoReturn(),
                step.restoresService(),
                step.status(),
                step.began(),
                step.ended(),
                step.attempts(),
                step.changes(),
                step.detail(),
                Optional.of(at(began)),
                Optional.of(at(ended)),
                step.facts());
    }

    /** The report with every text in it replaced by {@code nasty}. */
    public static RunReport named(RunReport r, String nasty) {
        return new RunReport(
                nasty,
                nasty,
                nasty,
                r.epoch(),
                r.mode(),
                nasty,
                nasty,
                r.outcome(),
                r.reason().map(reason -> nasty),
                r.outageBegan(),
                r.detectedAt(),
                r.began(),
                r.ended(),
                r.resumptions(),
                r.objectives(),
                r.losses().stream()
                        .map(l -> new RunReport.StatedLoss(
                                nasty,
                                new DataLoss(
                                        nasty,
                                        l.loss().stage(),
                                        l.loss().time(),
                                        l.loss().bytes(),
                                        l.loss().basis(),
                                        nasty)))
                        .toList(),
                r.steps().stream()
                        .map(s -> new StepReport(
                                nasty,
                                nasty,
                                List.of(),
                                s.pointOfNoReturn(),
                                s.restoresService(),
                                s.status(),
                                s.began(),
                                s.ended(),
                                s.attempts(),
                                List.of(nasty),
                                nasty,
                                s.undoBegan(),
                                s.undoEnded(),
                                Map.of(nasty, nasty)))
                        .toList());
    }
}
