package io.drkit.core.report;

import static io.drkit.core.report.Reports.at;
import static io.drkit.core.report.Reports.marked;
import static io.drkit.core.report.Reports.report;
import static io.drkit.core.report.Reports.step;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.plan.Mode;
import io.drkit.core.report.RtoBreakdown.Kind;
import io.drkit.core.report.RtoBreakdown.Part;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class RtoBreakdownTest {
    @Test
    @DisplayName("D12: the RTO is broken down into detection and decision, the steps that decided it, and DNS")
    void of_failover_detectionStepsDns() {
        RtoBreakdown breakdown = RtoBreakdown.of(Reports.failover()).orElseThrow();

        assertThat(breakdown.parts())
                .extracting(Part::kind, Part::what, part -> part.took().toSeconds())
                .containsExactly(
                        tuple(Kind.BEFORE_RUN, "detection and decision", 390L),
                        tuple(Kind.STEP, "pause scheduler", 1L),
                        tuple(Kind.STEP, "fence west", 30L),
                        // not the promotion, which ran beside it and ended earlier
                        tuple(Kind.STEP, "copy files", 141L),
                        tuple(Kind.BETWEEN, "between steps", 6L),
                        tuple(Kind.STEP, "start readers", 41L),
                        tuple(Kind.STEP, "move DNS", 26L));
    }

    @Test
    @DisplayName("D12: detection, decision, each step and DNS are parts of their own")
    void of_detectionAndDnsSaid_haveTheirOwnParts() {
        RunReport report = Reports.detected("PT1M");
        RtoBreakdown breakdown = RtoBreakdown.of(report).orElseThrow();

        assertThat(breakdown.parts())
                .extracting(Part::kind, Part::what, part -> part.took().toSeconds())
                .startsWith(tuple(Kind.DETECTION, "detection", 90L), tuple(Kind.DECISION, "decision", 300L))
                .endsWith(tuple(Kind.STEP, "start readers", 41L), tuple(Kind.DNS, "move DNS", 26L));
        assertThat(breakdown.parts().stream().map(Part::took).reduce(Duration.ZERO, Duration::plus))
                .isEqualTo(report.achievedRto().orElseThrow());
    }

    @Test
    @DisplayName("F5: how long caches outlive the switch is said beside the figures")
    void texts_whenDnsWasSwitched_sayHowLongCachesMayLead() {
        String line = "Clients that had looked the name up before may go on to the old site up to 1 min after move DNS."
                + " That is not in these figures.";
        assertThat(HtmlReport.toHtml(Reports.detected("PT1M")))
                .contains(line, ">Detection<", ">Decision<", "move DNS (DNS)", "<dt>Detected</dt>");
        assertThat(String.join(" ", TextReport.lines(Reports.detected("PT1M"), 400)))
                .contains(line, "detection 1 min 30 s + decision 5 min");
        assertThat(HtmlReport.toHtml(Reports.detected(DnsSwitcher.RESIDUAL_UNKNOWN)))
                .contains("for a time that is not known after move DNS");
        assertThat(HtmlReport.toHtml(Reports.failover())).doesNotContain("Clients that had looked");
    }

    @Test
    void lines_gapsBetweenSteps_areOneLineAtTheEndAndNothingIsLost() {
        RtoBreakdown breakdown = RtoBreakdown.of(run(
                        Optional.empty(),
                        List.of(
                                step("a", StepStatus.DONE, 1, 10),
                                step("b", StepStatus.DONE, 12, 20, "a"),
                                step("c", StepStatus.DONE, 25, 30, "b"))))
                .orElseThrow();

        assertThat(breakdown.lines())
                .extracting(RtoBreakdown.Line::what, line -> line.took().toSeconds())
                .containsExactly(
                        tuple("a", 9L),
                        tuple("b", 8L),
                        tuple("c", 5L),
                        tuple("between steps", 98L)); // to the end of the run, at 120
    }

    @Test
    void of_serviceNotBack_empty() {
        assertThat(RtoBreakdown.of(Reports.stopped())).isEmpty();
        assertThat(RtoBreakdown.of(Reports.undone())).isEmpty();
    }

    @Test
    void of_outageStatedAfterServiceWasBack_empty() {
        RunReport report = run(Optional.of(at(500)), List.of(step("a", StepStatus.DONE, 0, 10)));

        assertThat(RtoBreakdown.of(report)).isEmpty();
    }

    @Test
    void of_stepsThatWaitForEachOther_ends() {
        RunReport report = run(
                Optional.empty(),
                List.of(step("a", StepStatus.DONE, 0, 10, "b"), step("b", StepStatus.DONE, 0, 9, "a")));

        assertThat(RtoBreakdown.of(report).orElseThrow().parts())
                .extracting(Part::what)
                .contains("a");
    }

    @Test
    @DisplayName("D12: the parts have no gap and together are the achieved RTO, whatever clocks took part")
    void of_anyRun_partsAreTheWhole() {
        for (long seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            List<StepReport> steps = new ArrayList<>();
            int count = 1 + random.nextInt(6);
            for (int i = 0; i < count; i++) {
                String[] after =
                        i == 0 || random.nextInt(4) == 0 ? new String[0] : new String[] {"s" + random.nextInt(i)};
                // not even the order of begin and end is relied upon
                steps.add(marked(
                        "s" + i,
                        StepStatus.DONE,
                        random.nextInt(100),
                        random.nextInt(100),
                        false,
                        random.nextBoolean(),
                        after));
            }
            Optional<Instant> outage =
                    random.nextBoolean() ? Optional.of(at(random.nextInt(300) - 200)) : Optional.empty();
            RunReport report = run(outage, steps);

            Optional<RtoBreakdown> breakdown = RtoBreakdown.of(report);

            Duration rto = report.achievedRto().orElseThrow();
            assertThat(breakdown.isPresent()).as("seed %s", seed).isEqualTo(!rto.isNegative());
            if (breakdown.isPresent()) {
                Instant reached = outage.orElse(report.began());
                for (Part part : breakdown.get().parts()) {
                    assertThat(part.began()).as("seed %s", seed).isEqualTo(reached);
                    assertThat(part.ended()).as("seed %s", seed).isAfter(part.began());
                    reached = part.ended();
                }
                assertThat(reached)
                        .as("seed %s", seed)
                        .isEqualTo(report.serviceRestored().orElseThrow());
            }
        }
    }

    private static RunReport run(Optional<Instant> outage, List<StepReport> steps) {
        return report(Mode.FAILOVER, RunOutcome.SUCCEEDED, Optional.empty(), outage, at(120), List.of(), steps);
    }
}
