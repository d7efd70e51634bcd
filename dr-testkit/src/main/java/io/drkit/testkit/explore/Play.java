package io.drkit.testkit.explore;

import io.drkit.testkit.time.Schedule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One play: the choices it was given, and after those the first one everywhere. It hands what else could have been chosen to the
 * {@link Search}.
 *
 * <p>The state in which a choice comes up is told by what happened before what: each machine's history is a hash over what its tasks
 * did, and whenever a task acts on something, the history of that thing goes into its own and the other way round. Schedules that
 * differ only in the order of acts that have nothing to do with each other lead to the same state.
 */
final class Play implements Schedule {
    private final int[] deviations;
    private final List<Mishap> mishaps;
    private final @Nullable Search search;
    private final List<String> said = new ArrayList<>();
    private final Map<String, Long> machines = new HashMap<>();
    private final Map<Long, Long> things = new HashMap<>();
    private final Map<String, Long> turns = new HashMap<>();
    private int used;
    private int decisions;
    private boolean mishapHappened;
    private boolean atSharedThing;
    private boolean cut;
    private boolean over;
    private @Nullable String breach;
    private @Nullable Candidate running;
    private long elapsed;

    /**
     * @param deviations places and choices other than the first, in turns
     * @param search where to go on; null to play only this
     */
    Play(int[] deviations, List<Mishap> mishaps, @Nullable Search search) {
        this.deviations = deviations;
        this.mishaps = mishaps;
        this.search = search;
    }

    boolean wasCut() {
        return cut;
    }

    @Nullable
    String breach() {
        return breach;
    }

    List<String> said() {
        return said;
    }

    void say(String what) {
        said.add("+" + Duration.ofNanos(elapsed) + " " + what);
    }

    void breach(String what) {
        if (breach == null) {
            breach = what;
        }
        over = true;
    }

    @Override
    public boolean over() {
        return over;
    }

    /** The running task has come to a call. */
    void beginsCall() {
        atSharedThing = true;
        if (running != null) {
            happened(running.key(), 5);
        }
    }

    /** Its turn has come. */
    void goesOnWithCall() {
        atSharedThing = false;
    }

    List<Mishap> possible(boolean canBeLost) {
        if (mishapHappened || mishaps.isEmpty()) {
            return List.of();
        }
        return canBeLost
                ? mishaps
                : mishaps.stream().filter(mishap -> !mishap.ofTheNetwork()).toList();
    }

    /** What goes wrong here: 0 for nothing. */
    int mishap(int kinds) {
        int chosen = decide(kinds + 1, 3, 0, null);
        if (chosen != 0) {
            mishapHappened = true;
            happened(chosen, 11);
        }
        return chosen;
    }

    /** Whether a machine that was stopped goes on here. */
    boolean goesOn() {
        return decide(2, 4, 0, null) == 1;
    }

    @Override
    public int choose(Point point, List<? extends Candidate> candidates) {
        if (point == Point.BLOCK) {
            for (int i = 0; i < candidates.size(); i++) {
                if (candidates.get(i).machine().isEmpty()) {
                    // the scenario's own task, which only looks on
                    return i;
                }
            }
            return decide(candidates.size(), 1, 0, null);
        }
        // Between two calls to shared things it makes no difference to one machine where another one comes in.
        String here = candidates.get(0).machine();
        boolean[] allowed = new boolean[candidates.size()];
        boolean any = false;
        for (int i = 1; i < allowed.length; i++) {
            allowed[i] = atSharedThing || candidates.get(i).machine().equals(here);
            any |= allowed[i];
        }
        if (!any) {
            return 0;
        }
        if (!atSharedThing) {
            happened(candidates.get(0).key(), 7);
        }
        return decide(allowed.length, 2, 1, allowed);
    }

    private int decide(int alternatives, int kind, int cost, boolean @Nullable [] allowed) {
        int place = decisions;
        decisions++;
        if (used < deviations.length) {
            if (deviations[used] != place) {
                return 0;
            }
            int chosen = deviations[used + 1];
            used += 2;
            if (chosen >= alternatives) {
                throw new IllegalStateException("These choices are of another scenario: there is no choice " + chosen
                        + " at decision " + place);
            }
            return chosen;
        }
        if (search == null || over) {
            return 0;
        }
        if (!search.isNew(state(kind))) {
            cut = true;
            over = true;
            return 0;
        }
        for (int i = 1; i < alternatives; i++) {
            if (allowed == null || allowed[i]) {
                int[] other = Arrays.copyOf(deviations, deviations.length + 2);
                other[deviations.length] = place;
                other[deviations.length + 1] = i;
                search.later(other, cost);
            }
        }
        return 0;
    }

    // ---- what happened before what

    @Override
    public void runs(Candidate task, Duration now) {
        running = task;
        elapsed = now.toNanos();
        long turn = mix(task.key(), elapsed);
        Long lastTurn = turns.put(task.machine(), turn);
        if (lastTurn != null && lastTurn == turn) {
            // It was stopped for another machine's task, and cannot know.
            return;
        }
        long history = mix(machine(task), turn);
        history = mix(history, things.getOrDefault(task.key(), 0L));
        history = mix(history, things.getOrDefault((long) task.machine().hashCode() << 32, 0L));
        machines.put(task.machine(), history);
        things.put(task.key(), history);
    }

    @Override
    public void acted(Candidate task, long on) {
        long history = mix(mix(mix(machine(task), task.key()), on), things.getOrDefault(on, 0L));
        machines.put(task.machine(), history);
        things.put(on, history);
    }

    void touch(String thing) {
        if (running != null) {
            acted(running, 0x7457_0000_0000_0000L ^ thing.hashCode());
        }
    }

    private void happened(long what, long kind) {
        if (running != null) {
            machines.put(running.machine(), mix(mix(machine(running), what), kind));
        }
    }

    private long machine(Candidate task) {
        return machines.getOrDefault(task.machine(), 0L);
    }

    private long state(int kind) {
        long state = mix(elapsed, kind);
        if (kind != 1 && running != null) {
            state = mix(state, running.key());
        }
        for (Map.Entry<String, Long> machine : machines.entrySet()) {
            state += mix(machine.getKey().hashCode(), machine.getValue());
        }
        return state;
    }

    private static long mix(long a, long b) {
        long z = (a ^ Long.rotateLeft(b * 0x9E3779B97F4A7C15L, 31)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
