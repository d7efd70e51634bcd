package io.drkit.core.report;

import static io.drkit.core.report.Reports.at;
import static io.drkit.core.report.Reports.marked;
import static io.drkit.core.report.Reports.report;
import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.DataLoss;
import io.drkit.core.DataLoss.Stage;
import io.drkit.core.plan.Mode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class VerdictTest {
    @Test
    @DisplayName("C9: a failover within both objectives has met them")
    void objectivesMet_failoverWithinBoth_met() {
        RunReport report = Reports.failover();

        assertThat(report.achievedRto()).contains(Duration.ofSeconds(390 + 245));
        assertThat(report.achievedRpo()).contains(Duration.ofSeconds(8));
        assertThat(Verdict.rto(report)).isEqualTo(Verdict.MET);
        assertThat(Verdict.rpo(report)).isEqualTo(Verdict.MET);
        assertThat(report.objectivesMet()).isTrue();
    }

    @Test
    @DisplayName("C9: detection and decision count towards the RTO")
    void rto_outageLongBeforeTheRun_missed() {
        RunReport report = run(Mode.FAILOVER, RunOutcome.SUCCEEDED, Optional.of(at(-1800)));

        assertThat(Verdict.rto(report)).isEqualTo(Verdict.MISSED);
        assertThat(report.objectivesMet()).isFalse();
    }

    @Test
    @DisplayName("C9: a failover of unknown outage does not claim its RTO")
    void rto_failoverOutageNotSaid_unknown() {
        assertThat(Verdict.rto(run(Mode.FAILOVER, RunOutcome.SUCCEEDED, Optional.empty())))
                .isEqualTo(Verdict.UNKNOWN);
        assertThat(Verdict.rto(run(Mode.SWITCHOVER, RunOutcome.SUCCEEDED, Optional.empty())))
                .isEqualTo(Verdict.MET);
    }

    @Test
    void rto_failoverOutageNotSaidButRunAloneTooLong_missed() {
        RunReport report = report(
                Mode.FAILOVER,
                RunOutcome.SUCCEEDED,
                Optional.empty(),
                Optional.empty(),
                at(1801),
                List.of(),
                List.of(marked("move DNS", StepStatus.DONE, 0, 1801, false, true)));

        assertThat(Verdict.rto(report)).isEqualTo(Verdict.MISSED);
    }

    @Test
    void rto_exactlyTheObjective_met() {
        assertThat(Verdict.rto(run(Mode.FAILOVER, RunOutcome.SUCCEEDED, Optional.of(at(60 - 1800)))))
                .isEqualTo(Verdict.MET);
    }

    @Test
    void rto_outageStatedAfterServiceWasBack_unknown() {
        assertThat(Verdict.rto(run(Mode.FAILOVER, RunOutcome.SUCCEEDED, Optional.of(at(3600)))))
                .isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void rto_serviceNotBack_unknown() {
        assertThat(Verdict.rto(Reports.stopped())).isEqualTo(Verdict.UNKNOWN);
        assertThat(Verdict.rto(Reports.undone())).isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void serviceRestored_runPutBackThoughTheRestoringStepWasAlreadySo_empty() {
        List<StepReport> steps = List.of(marked("move DNS", StepStatus.ALREADY_SO, 0, 1, false, true));
        for (RunOutcome outcome : List.of(RunOutcome.UNDONE, RunOutcome.UNDO_INCOMPLETE)) {
            RunReport report =
                    report(Mode.SWITCHOVER, outcome, Optional.of("x"), Optional.empty(), at(60), List.of(), steps);

            assertThat(report.serviceRestored()).isEmpty();
            assertThat(report.objectivesMet()).isFalse();
        }
    }

    @Test
    @DisplayName("C9: when nothing was said about loss the RPO is unknown")
    void rpo_nothingStated_unknown() {
        assertThat(Verdict.rpo(losing())).isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void rpo_oneSubjectUnknown_unknown() {
        assertThat(Verdict.rpo(losing(loss("a", Stage.ACHIEVED, 0), unknown("b"))))
                .isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void rpo_oneSubjectUnknownAndAnotherBeyond_missed() {
        assertThat(Verdict.rpo(losing(loss("a", Stage.ACHIEVED, 901), unknown("b"))))
                .isEqualTo(Verdict.MISSED);
    }

    @Test
    void rpo_boundBeyondButAchievedWithin_met() {
        assertThat(Verdict.rpo(losing(loss("a", Stage.BOUND, 5000), loss("a", Stage.ACHIEVED, 900))))
                .isEqualTo(Verdict.MET);
    }

    @Test
    void rpo_onlyBoundBeyond_missed() {
        assertThat(Verdict.rpo(losing(loss("a", Stage.BOUND, 5000), loss("b", Stage.ACHIEVED, 0))))
                .isEqualTo(Verdict.MISSED);
    }

    @Test
    void rpo_negativeSpanFromDisagreeingClocks_unknown() {
        assertThat(Verdict.rpo(losing(loss("a", Stage.ACHIEVED, -3)))).isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void rpo_statedButServiceNotBack_unknown() {
        RunReport report = report(
                Mode.SWITCHOVER,
                RunOutcome.STOPPED,
                Optional.of("x"),
                Optional.empty(),
                at(60),
                List.of(new RunReport.StatedLoss("s", loss("a", Stage.ACHIEVED, 0))),
                List.of());

        assertThat(Verdict.rpo(report)).isEqualTo(Verdict.UNKNOWN);
    }

    private static RunReport run(Mode mode, RunOutcome outcome, Optional<Instant> outage) {
        return report(
                mode,
                outcome,
                Optional.empty(),
                outage,
                at(60),
                List.of(new RunReport.StatedLoss("s", DataLoss.none("files", "seen"))),
                List.of(marked("move DNS", StepStatus.DONE, 0, 60, false, true)));
    }

    private static RunReport losing(DataLoss... losses) {
        return report(
                Mode.SWITCHOVER,
                RunOutcome.SUCCEEDED,
                Optional.empty(),
                Optional.empty(),
                at(60),
                Stream.of(losses)
                        .map(loss -> new RunReport.StatedLoss("s", loss))
                        .toList(),
                List.of());
    }

    private static DataLoss loss(String subject, Stage stage, long seconds) {
        return new DataLoss(
                subject,
                stage,
                Optional.of(Duration.ofSeconds(seconds)),
                OptionalLong.of(1),
                DataLoss.Basis.SAMPLED,
                "seen");
    }

    private static DataLoss unknown(String subject) {
        return DataLoss.unknown(subject, Stage.ACHIEVED, "nobody knows");
    }
}
