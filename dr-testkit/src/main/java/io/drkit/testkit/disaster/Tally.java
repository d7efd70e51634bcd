package io.drkit.testkit.disaster;

import io.drkit.core.event.RunEvent;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What happened in all disasters together, to see that something did.
 *
 * @param disasters how many were simulated
 * @param mishaps by kind, how many of them struck
 * @param steps by step, how many mishaps struck while it was at work; 0 for one that none met
 * @param outcomes by outcome, how many disasters ended with a run of that outcome; {@code NONE} for those without a report
 * @param resumptions how many runs were gone on with
 * @param deaths how many processes died
 * @param refused how often a runner refused, such as a second one
 * @param acknowledged how many writes were acknowledged to clients
 * @param lost how many of them were lost in failovers, as reports said
 */
public record Tally(
        long disasters,
        Map<String, Long> mishaps,
        Map<String, Long> steps,
        Map<String, Long> outcomes,
        long resumptions,
        long deaths,
        long refused,
        long acknowledged,
        long lost) {
    public Tally {
        mishaps = new TreeMap<>(mishaps);
        steps = new TreeMap<>(steps);
        outcomes = new TreeMap<>(outcomes);
    }

    static final Tally NONE = new Tally(0, Map.of(), Map.of(), Map.of(), 0, 0, 0, 0, 0);

    Tally plus(History history) {
        Map<String, Long> struck = new TreeMap<>(mishaps);
        Map<String, Long> met = new TreeMap<>(steps);
        Map<String, Set<String>> atWork = new TreeMap<>();
        long resumed = resumptions;
        long died = deaths;
        long threw = refused;
        String outcome = "NONE";
        for (Event event : history.events()) {
            if (event instanceof Event.Struck strike && !strike.over()) {
                struck.merge(strike.mishap().getClass().getSimpleName(), 1L, Long::sum);
                atWork.values().forEach(now -> now.forEach(step -> met.merge(step, 1L, Long::sum)));
            } else if (event instanceof Event.Told told && told.told() instanceof RunEvent.StepBegan began) {
                met.putIfAbsent(began.step(), 0L);
                atWork.computeIfAbsent(told.machine(), machine -> new TreeSet<>())
                        .add(began.step());
            } else if (event instanceof Event.Told told && told.told() instanceof RunEvent.StepEnded step) {
                atWork.computeIfAbsent(told.machine(), machine -> new TreeSet<>())
                        .remove(step.step());
            } else if (event instanceof Event.RunBegan began && began.told().resumed()) {
                resumed++;
            } else if (event instanceof Event.Left left) {
                atWork.remove(left.machine());
                died += left.died() ? 1 : 0;
            } else if (event instanceof Event.RunFailed) {
                threw++;
            } else if (event instanceof Event.RunEnded ended) {
                outcome = ended.report().mode() + " " + ended.report().outcome();
            }
        }
        Map<String, Long> ends = new TreeMap<>(outcomes);
        ends.merge(outcome, 1L, Long::sum);
        return new Tally(
                disasters + 1,
                struck,
                met,
                ends,
                resumed,
                died,
                threw,
                acknowledged + history.acknowledged().size(),
                lost + history.lost().size());
    }

    Tally plus(Tally other) {
        return new Tally(
                disasters + other.disasters,
                sum(mishaps, other.mishaps),
                sum(steps, other.steps),
                sum(outcomes, other.outcomes),
                resumptions + other.resumptions,
                deaths + other.deaths,
                refused + other.refused,
                acknowledged + other.acknowledged,
                lost + other.lost);
    }

    private static Map<String, Long> sum(Map<String, Long> one, Map<String, Long> other) {
        Map<String, Long> sum = new TreeMap<>(one);
        other.forEach((name, count) -> sum.merge(name, count, Long::sum));
        return sum;
    }
}
