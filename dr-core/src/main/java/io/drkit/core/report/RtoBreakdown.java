package io.drkit.core.report;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Where the time went until service was back: detection, and decision, before the run, then the steps that each waited for the one
 * before, the last of which brought service back. Steps that ran beside these cost no time and are not in it, so making another
 * step faster would not have brought service back sooner.
 *
 * @param parts without a gap from the outage (or the run's begin, where that is not known) until service was back; together
 *     exactly {@link RunReport#achievedRto()}
 */
public record RtoBreakdown(List<Part> parts) {
    /** What a part of the time was spent on. */
    public enum Kind {
        /** From the outage to the run's begin, where nobody said when it was noticed: noticing it, and deciding to act. */
        BEFORE_RUN,
        /** From the outage until it was noticed. */
        DETECTION,
        /**
         * From noticing the outage to the run's begin; and while it ran, waiting for a person: for an approval, for a word about a
         * failed step, or for the end of a pause.
         */
        DECISION,
        /** A step was at work. */
        STEP,
        /** A step was at work that pointed a name at the other site. */
        DNS,
        /** No step of the chain was at work and nobody was waited for: the time until another process resumed, for example. */
        BETWEEN
    }

    /**
     * A span of time and what it was spent on.
     *
     * @param kind what kind of part
     * @param step the step's name; empty unless {@code kind} is {@link Kind#STEP} or {@link Kind#DNS}
     * @param began its begin
     * @param ended its end, after its begin
     */
    public record Part(Kind kind, String step, Instant began, Instant ended) {
        public Part {
            Objects.requireNonNull(kind, "kind");
            Objects.requireNonNull(step, "step");
        }

        /** From begin to end. */
        public Duration took() {
            return Duration.between(began, ended);
        }

        /** For example {@code detection and decision}, or the step's name. */
        public String what() {
            return switch (kind) {
                case BEFORE_RUN -> "detection and decision";
                case DETECTION -> "detection";
                case DECISION -> "decision";
                case STEP, DNS -> step;
                case BETWEEN -> "between steps";
            };
        }
    }

    public RtoBreakdown {
        parts = List.copyOf(parts);
    }

    /**
     * A line of the breakdown as people read it.
     *
     * @param kind what kind of time
     * @param what for example {@code detection and decision}, or a step's name
     * @param took how long
     */
    public record Line(Kind kind, String what, Duration took) {}

    /**
     * The parts in their order, those of one step in one line, and those in which people were waited for in one, with all the time
     * between steps as one line at the end: each gap alone says nothing.
     */
    public List<Line> lines() {
        record Of(Kind kind, String step) {}
        Map<Of, Line> lines = new LinkedHashMap<>();
        for (boolean between : new boolean[] {false, true}) {
            for (Part part : parts) {
                if (between == (part.kind() == Kind.BETWEEN)) {
                    lines.merge(
                            new Of(part.kind(), part.step()),
                            new Line(part.kind(), part.what(), part.took()),
                            (all, more) ->
                                    new Line(all.kind(), all.what(), all.took().plus(more.took())));
                }
            }
        }
        return List.copyOf(lines.values());
    }

    /** Empty when service was not seen to be back, or when the outage is stated to have begun after that. */
    public static Optional<RtoBreakdown> of(RunReport report) {
        Instant start = report.outageBegan().orElse(report.began());
        Optional<Instant> restored = report.serviceRestored().filter(back -> !back.isBefore(start));
        return restored.map(back -> new RtoBreakdown(parts(report, start, back)));
    }

    private static List<Part> parts(RunReport report, Instant start, Instant restored) {
        List<Part> parts = beforeRun(report, restored);
        Instant reached = parts.isEmpty() ? start : parts.get(parts.size() - 1).ended();
        for (StepReport step : chain(report)) {
            // spans of one chain follow each other, unless machines with different clocks took part: never count time
            // twice
            Instant began = earlier(later(step.began().orElse(reached), reached), restored);
            Instant ended = earlier(later(step.ended().orElse(began), began), restored);
            split(parts, report, Kind.BETWEEN, "", reached, began);
            split(parts, report, Summary.switchesDns(step) ? Kind.DNS : Kind.STEP, step.name(), began, ended);
            reached = ended;
        }
        split(parts, report, Kind.BETWEEN, "", reached, restored);
        return parts;
    }

    /** A span without the time in which a person was waited for: on behalf of that step, or, between steps, of whatever. */
    private static void split(
            List<Part> parts, RunReport report, Kind kind, String step, Instant began, Instant ended) {
        Instant reached = began;
        List<RunReport.Wait> waits = report.waits().stream()
                .filter(wait -> kind == Kind.BETWEEN || wait.step().equals(step))
                .sorted(Comparator.comparing(RunReport.Wait::began))
                .toList();
        for (RunReport.Wait wait : waits) {
            Instant from = earlier(later(wait.began(), reached), ended);
            Instant until = earlier(later(wait.ended().orElse(report.ended()), from), ended);
            if (from.isBefore(until)) {
                add(parts, kind, step, reached, from);
                add(parts, Kind.DECISION, "", from, until);
                reached = until;
            }
        }
        add(parts, kind, step, reached, ended);
    }

    /** What went before the run, up to {@code limit}. */
    static List<Part> beforeRun(RunReport report, Instant limit) {
        List<Part> parts = new ArrayList<>();
        if (report.outageBegan().isPresent()) {
            Instant start = report.outageBegan().get();
            Instant ended = earlier(report.began(), limit);
            if (report.detectedAt().isPresent()) {
                Instant detected = earlier(later(report.detectedAt().get(), start), ended);
                add(parts, Kind.DETECTION, "", start, detected);
                add(parts, Kind.DECISION, "", detected, ended);
            } else {
                add(parts, Kind.BEFORE_RUN, "", start, ended);
            }
        }
        return parts;
    }

    private static void add(List<Part> parts, Kind kind, String step, Instant began, Instant ended) {
        if (began.isBefore(ended)) {
            parts.add(new Part(kind, step, began, ended));
        }
    }

    /** From the step that brought service back, always to the one that its begin waited for longest. */
    private static List<StepReport> chain(RunReport report) {
        Map<String, StepReport> byName = new HashMap<>();
        report.steps().forEach(step -> byName.put(step.name(), step));
        boolean marked = report.steps().stream().anyMatch(StepReport::restoresService);
        Deque<StepReport> chain = new ArrayDeque<>();
        Set<String> seen = new HashSet<>();
        Optional<StepReport> next = last(report.steps().stream()
                .filter(step -> !marked || step.restoresService())
                .toList());
        while (next.isPresent() && seen.add(next.get().name())) {
            chain.addFirst(next.get());
            next = last(next.get().after().stream()
                    .filter(byName::containsKey)
                    .map(byName::get)
                    .toList());
        }
        return List.copyOf(chain);
    }

    private static Optional<StepReport> last(List<StepReport> steps) {
        return steps.stream()
                .filter(step -> step.ended().isPresent())
                .max(Comparator.comparing(step -> step.ended().orElseThrow()));
    }

    private static Instant earlier(Instant a, Instant b) {
        return a.isBefore(b) ? a : b;
    }

    private static Instant later(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }
}
