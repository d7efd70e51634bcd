package io.drkit.core.readiness;

import java.io.PrintStream;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/**
 * What a {@link Readiness} found. Immutable.
 *
 * @param plan the plan's name
 * @param line for example {@code switchover west → east}
 * @param at when it was asked for, for people
 * @param results the steps in the plan's order, then the standing checks in theirs
 */
public record ReadinessReport(String plan, String line, Instant at, List<CheckResult> results) {
    public ReadinessReport {
        Objects.requireNonNull(plan, "plan");
        Objects.requireNonNull(line, "line");
        Objects.requireNonNull(at, "at");
        results = List.copyOf(results);
    }

    /** The worst of all: ready only when every one of them is. */
    public ReadyState state() {
        return ReadyState.worst(
                results.stream().map(result -> result.finding().state()).toList());
    }

    /** Whether all is known to be ready. */
    public boolean ready() {
        return state() == ReadyState.READY;
    }

    /** The results in this state. */
    public List<CheckResult> in(ReadyState state) {
        return results.stream()
                .filter(result -> result.finding().state() == state)
                .toList();
    }

    /** The steps whose resource cannot refuse an older epoch. */
    public List<CheckResult> advisory() {
        return results.stream().filter(CheckResult::advisory).toList();
    }

    /** One line for a person, for example {@code shop, switchover west → east: NOT READY (7 ready, 1 unknown, 2 not ready)}. */
    public String summary() {
        return plan + ", " + line + ": " + state().name().replace('_', ' ') + " ("
                + in(ReadyState.READY).size()
                + " ready, " + in(ReadyState.UNKNOWN).size() + " unknown, "
                + in(ReadyState.NOT_READY).size() + " not ready)";
    }

    /** For a person to read, what stands in the way first. */
    public void printTo(PrintStream out) {
        out.println(summary());
        for (ReadyState state : List.of(ReadyState.NOT_READY, ReadyState.UNKNOWN, ReadyState.READY)) {
            in(state).forEach(result -> out.println("  " + result.line()));
        }
        List<CheckResult> advisory = advisory();
        if (!advisory.isEmpty()) {
            out.println("  Advisory epoch only: "
                    + String.join(", ", advisory.stream().map(CheckResult::name).toList()));
        }
    }

    /** The same checks, of which nothing is known any more. */
    ReadinessReport unknown(String why, String remedy) {
        return new ReadinessReport(
                plan,
                line,
                at,
                results.stream().map(result -> result.unknown(why, remedy)).toList());
    }
}
