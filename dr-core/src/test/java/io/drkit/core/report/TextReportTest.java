package io.drkit.core.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.drkit.core.plan.Mode;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TextReportTest {
    @Test
    @DisplayName("C9, D12: the text says RTO and RPO against the objectives, and where the time went")
    void toText_failover_saysAll() {
        assertThat(TextReport.toText(Reports.failover())).isEqualTo("""
                        SUCCEEDED  shop: failover west → east
                          The switch is done. Every step is done and was seen to be done. The active
                          site is east.
                          RTO      10 min 35 s, objective 30 min: MET (from the outage until service was
                                   back)
                          Time     detection and decision 6 min 30 s + pause scheduler 1 s + fence west
                                   30 s + copy files 2 min 21 s + start readers 41 s + move DNS 26 s +
                                   between steps 6 s
                          RPO      at most 8 s, objective 15 min: MET (the longest span of changes that
                                   any step stated)
                          May lose database shop: at most 20 s, bytes not known (last replication
                                   message 20 s old; the primary cannot be asked)
                          Lost     database shop: at most 8 s, 1.3 MiB (compared with the fenced
                                   primary's last flushed position)
                          Lost     files: nothing (the source tree was read after the fence)
                          Run      4be2a90c17d3, epoch 7, 2026-03-01T10:00:00Z to 2026-03-01T10:04:11Z
                        """);
    }

    @Test
    void toText_stoppedAndUndoIncomplete_saysWhatToDo() {
        assertThat(TextReport.toText(Reports.stopped()))
                .contains("Why      \"start readers\": 2 of 3 pods")
                .contains("Step     copy files: not heard of")
                .contains("To do    Mend the cause, then resume run 4be2a90c17d3");
        assertThat(TextReport.toText(Reports.undoIncomplete()))
                .contains("Step     stop writers: could not be undone")
                .contains("then resume run");
    }

    @Test
    void toText_pointOfNoReturnNotReached_isNotPastIt() {
        RunReport report = Reports.report(
                Mode.SWITCHOVER,
                RunOutcome.STOPPED,
                Optional.of("x"),
                Optional.empty(),
                Reports.at(60),
                List.of(),
                List.of(
                        Reports.marked("promote", StepStatus.NOT_REACHED, -1, -1, true, false),
                        Reports.open("copy files", StepStatus.RUNNING, 0)));

        assertThat(String.join(" ", TextReport.lines(report, 500)))
                .contains("STOPPED")
                .doesNotContain("point of no return");
        assertThat(HtmlReport.toHtml(report)).doesNotContain(">point of no return 1");
    }

    @Test
    void toText_pointOfNoReturnWasSoBefore_isPastIt() {
        RunReport report = Reports.report(
                Mode.SWITCHOVER,
                RunOutcome.STOPPED,
                Optional.of("x"),
                Optional.empty(),
                Reports.at(60),
                List.of(),
                List.of(Reports.marked("promote", StepStatus.ALREADY_SO, 0, 1, true, false)));

        assertThat(String.join(" ", TextReport.lines(report, 500))).contains("past its point of no return");
        assertThat(HtmlReport.toHtml(report)).as("nobody knows when").doesNotContain(">point of no return 1");
    }

    @Test
    void lines_anyWidth_keptTo() {
        for (RunReport report : List.of(Reports.failover(), Reports.stopped(), Reports.undoIncomplete())) {
            for (int columns : List.of(40, 60, 80, 200)) {
                assertThat(TextReport.lines(report, columns)).allMatch(line -> line.length() <= columns);
            }
        }
        assertThatIllegalArgumentException().isThrownBy(() -> TextReport.lines(Reports.failover(), 39));
    }

    @Test
    void lines_controlCharactersInNames_spelt() {
        assertThat(TextReport.toText(Reports.named(Reports.stopped(), "a\u001b[2J\nSUCCEEDED")))
                .doesNotContain("\u001b")
                .doesNotContain("\nSUCCEEDED");
    }
}
