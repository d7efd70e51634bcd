package io.drkit.core.report;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Whether an objective was held. What cannot be known is {@link #UNKNOWN}, never {@link #MET}.
 *
 * <pre>{@code
 * if (Verdict.rto(report) == Verdict.MISSED) { ... }
 * }</pre>
 */
public enum Verdict {
    /** Known, and within the objective. */
    MET,
    /** Known to be beyond the objective, even if the whole figure is not known. */
    MISSED,
    /** Not known. */
    UNKNOWN;

    /**
     * Whether service was back in time. Unknown when it was not seen to be back, when the stated outage lies after that, and for a
     * failover of which nobody said when the outage began, unless the run alone took too long.
     */
    public static Verdict rto(RunReport report) {
        Optional<Duration> achieved = report.achievedRto();
        if (achieved.isEmpty() || achieved.get().isNegative()) {
            return UNKNOWN;
        }
        if (achieved.get().compareTo(report.objectives().rto()) > 0) {
            return MISSED;
        }
        // a failover's outage began before its run; how long before, nobody said
        return report.rtoAtLeast() ? UNKNOWN : MET;
    }

    /**
     * Whether no more was lost than is allowed. A bound that no step followed up with what was achieved counts as the loss. Missed
     * as soon as one statement is beyond the objective; else unknown when nothing was stated, when a step stated that it does not
     * know, and while service is not back, because what was stated until then is not the whole.
     */
    public static Verdict rpo(RunReport report) {
        List<Optional<Duration>> counted = report.countedLosses().stream()
                .map(stated -> stated.loss().time())
                .toList();
        if (counted.stream()
                .flatMap(Optional::stream)
                .anyMatch(time -> time.compareTo(report.objectives().rpo()) > 0)) {
            return MISSED;
        }
        boolean known = !counted.isEmpty()
                && counted.stream()
                        .allMatch(time -> time.isPresent() && !time.get().isNegative())
                && report.serviceRestored().isPresent();
        return known ? MET : UNKNOWN;
    }
}
