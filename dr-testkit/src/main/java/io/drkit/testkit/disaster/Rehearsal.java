package io.drkit.testkit.disaster;

import io.drkit.core.Site;
import io.drkit.core.plan.Mode;
import io.drkit.core.report.RunReport;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A switchover in which nothing goes wrong, and a failover in which nothing does but the outage that it is for: a plan that does
 * not come through those is not disturbed by disasters. They also show how long it takes, and what can be disturbed in it.
 */
final class Rehearsal {
    private static final long FIRST_SEED = Long.MIN_VALUE;
    private static final Duration BEGINS = Duration.ofSeconds(8);
    private static final Duration OUTAGE = Duration.ofMinutes(10);

    private Rehearsal() {}

    /** How the two go. */
    record Courses(Course switchover, Course failover) {
        Course of(Mode mode) {
            return mode == Mode.SWITCHOVER ? switchover : failover;
        }
    }

    /** A rehearsal's name in place of its seed. */
    static Optional<String> name(long seed) {
        for (Mode mode : Mode.values()) {
            if (seed == seed(mode)) {
                return Optional.of(mode.name().toLowerCase(Locale.ROOT));
            }
        }
        return Optional.empty();
    }

    private static long seed(Mode mode) {
        return mode == Mode.SWITCHOVER ? FIRST_SEED : FIRST_SEED + 1;
    }

    /** Whether it is one of the two, whole: a failover without its outage has nothing to fail over from. */
    static boolean is(Disaster disaster) {
        return name(disaster.seed()).isPresent()
                && disaster.kept().size() == disaster.mishaps().size();
    }

    static Disaster of(Mode mode) {
        List<Mishap> outage = mode == Mode.SWITCHOVER
                ? List.of()
                : List.of(new Mishap.Outage(Scene.WEST, BEGINS.minusSeconds(3), OUTAGE, false));
        return Disaster.of(seed(mode), mode, BEGINS, outage);
    }

    /** Measures both, as they are needed to draw disasters. */
    static <S extends Site> Courses measure(Application<S> application) {
        return new Courses(
                Finding.history(application, of(Mode.SWITCHOVER)).course(),
                Finding.history(application, of(Mode.FAILOVER)).course());
    }

    /** What is checked in rehearsals besides the invariants that were asked for. */
    static final Invariant WORKS = Invariant.named(
            "it works when nothing else goes wrong",
            "the plan and the simulation name different things: compare the names in .traffic(…), .database(…), .serving(…),"
                    + " .working(…) and .files(…) with those in the plan",
            history -> {
                List<RunReport> reports = history.reports();
                Optional<RunReport> last =
                        reports.isEmpty() ? Optional.empty() : Optional.of(reports.get(reports.size() - 1));
                if (last.isEmpty()) {
                    return Optional.of(new Breach(history.end(), "no run came to a report"));
                } else if (!last.get().succeeded()) {
                    return Optional.of(new Breach(
                            history.end(),
                            "the " + last.get().mode() + " ended " + last.get().outcome() + ": "
                                    + last.get().reason().orElse("no reason is given")));
                }
                for (String site : List.of(last.get().from(), last.get().to())) {
                    if (history.acknowledged().stream()
                            .noneMatch(write -> write.through().equals(site))) {
                        return Optional.of(
                                new Breach(history.end(), "nobody ever got a write acknowledged in " + site));
                    }
                }
                return Optional.empty();
            });
}
