package io.drkit.testkit.assertions;

import io.drkit.core.report.RunReport;
import io.drkit.core.run.Preview;

/**
 * Assertions on what a run or a preview came to. A failure says what was so instead, step by step, and names the mistake that most
 * often leads there.
 *
 * <pre>{@code
 * assertThat(report).succeeded().lostNothing().metItsObjectives();
 * assertThat(report).step("promote").wasDone();
 * assertThat(preview).isClear().wouldChange("stop writers");
 * }</pre>
 */
public final class DrKitAssertions {
    private DrKitAssertions() {}

    /** Begins assertions on the report of a run. */
    public static RunReportAssert assertThat(RunReport report) {
        return new RunReportAssert(report);
    }

    /** Begins assertions on a preview. */
    public static PreviewAssert assertThat(Preview preview) {
        return new PreviewAssert(preview);
    }
}
