package io.drkit.testkit.explore;

import io.drkit.core.time.Clockwork;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Plays a small {@link Scenario} under every schedule up to a number of preemptions, and with one mishap at every place where one can
 * happen. Where random simulation finds what is likely, this leaves nothing out within its bounds:
 *
 * <pre>{@code
 * Explored explored = Exploration.of(stage -> { … two machines, what they share, what must hold … })
 *         .preemptions(3)
 *         .mishaps(Mishap.PAUSE_BEFORE, Mishap.ANSWER_LOST)
 *         .explore();
 * }</pre>
 *
 * <p>What it decides, and so what it covers:
 * <ul>
 *   <li>which task goes on whenever one waits or ends: any that can, in every order;
 *   <li>up to {@link #preemptions} times, that a task is stopped although it could go on: for a task of another machine at each
 *       {@link Stage#call} to something shared, for one of the same machine at each act that other tasks can see (the latter not with
 *       {@link #betweenMachines});
 *   <li>at most once, that a mishap happens to a call: each kind at each call.
 * </ul>
 * Virtual time goes on only when no task can. Of schedules that differ only in where a machine did what no other one sees, one is played;
 * and a play is left where it comes to a state that an earlier one went on from with as many preemptions to go. States are told apart by
 * 64 bits of what was done, told and changed, so that two different ones are taken for one
 * with a chance of about one in forty million for a million of them.
 *
 * <p>Immutable. An exploration runs on its caller's thread, and several may run at once.
 */
public final class Exploration {
    private final Scenario scenario;
    private final int preemptions;
    private final Set<Mishap> mishaps;
    private final Duration mishapTakes;
    private final Duration clockJump;
    private final long atMost;
    private final boolean betweenMachines;
    private final boolean pruning;

    private Exploration(
            Scenario scenario,
            int preemptions,
            Set<Mishap> mishaps,
            Duration mishapTakes,
            Duration clockJump,
            long atMost,
            boolean betweenMachines,
            boolean pruning) {
        this.scenario = scenario;
        this.preemptions = preemptions;
        this.mishaps = mishaps;
        this.mishapTakes = mishapTakes;
        this.clockJump = clockJump;
        this.atMost = atMost;
        this.betweenMachines = betweenMachines;
        this.pruning = pruning;
    }

    /** Of that scenario, with up to 2 preemptions and no mishap. */
    public static Exploration of(Scenario scenario) {
        return new Exploration(
                Objects.requireNonNull(scenario, "scenario"),
                2,
                Set.of(),
                Duration.ofMinutes(1),
                Duration.ofHours(1),
                1_000_000,
                false,
                true);
    }

    /** Up to how many preemptions: 0 or more. Each one more multiplies the schedules by about the number of calls. */
    public Exploration preemptions(int most) {
        if (most < 0) {
            throw new IllegalArgumentException("there are 0 or more preemptions, not " + most);
        }
        return new Exploration(scenario, most, mishaps, mishapTakes, clockJump, atMost, betweenMachines, pruning);
    }

    /** What may go wrong, once in a schedule. */
    public Exploration mishaps(Mishap... kinds) {
        Set<Mishap> all = EnumSet.noneOf(Mishap.class);
        all.addAll(List.of(kinds));
        return new Exploration(scenario, preemptions, all, mishapTakes, clockJump, atMost, betweenMachines, pruning);
    }

    /** How long a pause or a partition takes: more than zero, 1 minute unless said. Longer than the leases of the scenario. */
    public Exploration mishapTakes(Duration time) {
        if (time.isZero() || time.isNegative()) {
            throw new IllegalArgumentException("a mishap takes longer than zero, not " + time);
        }
        return new Exploration(scenario, preemptions, mishaps, time, clockJump, atMost, betweenMachines, pruning);
    }

    /** By how much a clock jumps: 1 hour unless said. */
    public Exploration clockJump(Duration by) {
        return new Exploration(scenario, preemptions, mishaps, mishapTakes, by, atMost, betweenMachines, pruning);
    }

    /**
     * Preempts tasks for those of other machines only. Where a task waits, those of its machine still go on in every order; but none is
     * stopped for another one of its machine, and one that was stopped at a call goes on before those. So one preemption more costs far
     * fewer schedules, and what the machines do to each other is covered further.
     */
    public Exploration betweenMachines() {
        return new Exploration(scenario, preemptions, mishaps, mishapTakes, clockJump, atMost, true, pruning);
    }

    /** How many schedules to play at most: 1 or more, a million unless said. */
    public Exploration atMost(long schedules) {
        if (schedules < 1) {
            throw new IllegalArgumentException("at least 1 schedule is played, not " + schedules);
        }
        return new Exploration(
                scenario, preemptions, mishaps, mishapTakes, clockJump, schedules, betweenMachines, pruning);
    }

    /** Plays every schedule, also those that lead nowhere new: to check that leaving them out loses nothing. */
    Exploration withoutPruning() {
        return new Exploration(scenario, preemptions, mishaps, mishapTakes, clockJump, atMost, betweenMachines, false);
    }

    /**
     * Plays them all.
     *
     * @return what was covered; look at {@link Explored#complete}
     * @throws Breach at the first schedule under which the scenario fails; none with fewer preemptions does
     */
    public Explored explore() throws InterruptedException {
        Clockwork real = Clockwork.system();
        long began = real.nanoTime();
        Search search = new Search(preemptions, pruning);
        long schedules = 0;
        long cutShort = 0;
        int[] choices = search.next();
        while (choices != null && schedules < atMost) {
            schedules++;
            Played played = play(choices, search, false);
            if (played.failure != null) {
                throw breach(choices, played.failure, schedules, search.level());
            }
            cutShort += played.cut ? 1 : 0;
            choices = search.next();
        }
        return new Explored(
                schedules,
                cutShort,
                search.states(),
                preemptions,
                choices == null,
                Duration.ofNanos(real.nanoTime() - began));
    }

    /**
     * Plays one schedule again.
     *
     * @param choices as {@link Breach#choices} told them, of the same scenario and mishaps
     * @return what every task did, a line each
     * @throws Breach when the scenario fails under it
     */
    public List<String> replay(String choices) throws InterruptedException {
        int[] parsed = parse(choices);
        Played played = play(parsed, null, true);
        if (played.failure != null) {
            throw breach(parsed, played.failure, 1, -1);
        }
        return played.trace;
    }

    private record Played(@Nullable Throwable failure, boolean cut, List<String> said, List<String> trace) {}

    private Played play(int[] choices, @Nullable Search search, boolean traced) throws InterruptedException {
        Play play = new Play(choices, List.copyOf(mishaps), betweenMachines, pruning, search);
        VirtualClockwork.Builder builder = VirtualClockwork.builder().schedule(play);
        if (traced) {
            builder.traced();
        }
        Throwable failure = null;
        try (VirtualClockwork clockwork = builder.build()) {
            Stage stage = new Stage(clockwork, play, mishapTakes, clockJump);
            try {
                clockwork.run(() -> scenario.play(stage));
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception | Error e) {
                // a run that is left throws as well
                failure = play.over() ? null : e;
            }
            if (play.breach() != null) {
                failure = new AssertionError(play.breach());
            } else if (failure == null && !clockwork.failures().isEmpty()) {
                failure = clockwork.failures().get(0);
            }
            return new Played(failure, play.wasCut(), play.said(), traced ? clockwork.trace() : List.of());
        }
    }

    private Breach breach(int[] choices, Throwable failure, long schedules, int level) throws InterruptedException {
        Played again = play(choices, null, true);
        StringBuilder text = new StringBuilder(String.valueOf(failure.getMessage()));
        if (level >= 0) {
            text.append("\nFound by schedule ")
                    .append(schedules)
                    .append(", with ")
                    .append(level)
                    .append(" preemptions");
        }
        again.said.forEach(line -> text.append("\n  ").append(line));
        if (again.failure == null) {
            text.append(
                    "\nIt does not come up again: the scenario keeps something between two plays, or asks something other than"
                            + " the stage for time, threads or chance.");
        }
        text.append("\nReplay it with: exploration.replay(\"")
                .append(print(choices))
                .append("\")");
        text.append("\nThe last that happened:");
        List<String> trace = again.trace;
        trace.subList(Math.max(0, trace.size() - 60), trace.size())
                .forEach(line -> text.append("\n  ").append(line));
        return new Breach(text.toString(), print(choices), schedules, failure);
    }

    private static String print(int[] choices) {
        StringJoiner text = new StringJoiner(" ");
        for (int i = 0; i < choices.length; i += 2) {
            text.add(choices[i] + ":" + choices[i + 1]);
        }
        return text.toString();
    }

    private static int[] parse(String choices) {
        List<Integer> numbers = new ArrayList<>();
        try {
            for (String each :
                    choices.isBlank() ? new String[0] : choices.strip().split(" ", -1)) {
                String[] pair = each.split(":", -1);
                numbers.add(Integer.parseInt(pair[0]));
                numbers.add(Integer.parseInt(pair[1]));
            }
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("choices read like '12:1 40:3', not '" + choices + "'", e);
        }
        return numbers.stream().mapToInt(Integer::intValue).toArray();
    }
}
