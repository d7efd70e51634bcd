package io.drkit.testkit.explore;

import static io.drkit.testkit.explore.Fingerprint.mix;

import io.drkit.testkit.time.Machine;
import io.drkit.testkit.time.Schedule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One play: the choices it was given, and after those the first one everywhere. It hands what else could have been chosen to the
 * {@link Search}.
 *
 * <p>The state in which a choice comes up is told by two kinds of histories. Each machine's is a hash over what its tasks did and what
 * they were told; where a task acts on something without a name for it, such as a mailbox, the history of that thing goes into its own
 * and the other way round. That of a thing which machines share is a hash over the requests that changed it, whoever made them. Schedules
 * that differ only in the order of acts that have nothing to do with each other lead to the same state.
 */
final class Play implements Schedule {
    private final int[] deviations;
    private final List<Mishap> mishaps;
    private final boolean betweenMachines;
    private final @Nullable Search search;
    private final List<String> said = new ArrayList<>();
    private final Map<String, Long> machines = new HashMap<>();
    private final Map<Long, Long> things = new HashMap<>();
    private final Map<String, Long> shared = new HashMap<>();
    private final Map<String, Long> turns = new HashMap<>();
    private final Map<String, Integer> tasks = new HashMap<>();
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
     * @param betweenMachines whether no task is stopped for another one of its machine
     * @param search where to go on; null to play only this
     */
    Play(int[] deviations, List<Mishap> mishaps, boolean betweenMachines, @Nullable Search search) {
        this.deviations = deviations;
        this.mishaps = mishaps;
        this.betweenMachines = betweenMachines;
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
        return decide(2, 4, 1, null) == 1;
    }

    /** It does, by nobody's act. */
    void goesOn(Machine machine) {
        machines.merge(machine.name(), 13L, Fingerprint::mix);
        Candidate caller = running;
        running = null;
        machine.resume();
        running = caller;
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
            boolean own = candidates.get(i).machine().equals(here);
            allowed[i] = betweenMachines ? atSharedThing && !own : atSharedThing || own;
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
    public void started(Candidate task) {
        tasks.merge(task.machine(), 1, Integer::sum);
    }

    @Override
    public void ended(Candidate task) {
        if (tasks.merge(task.machine(), -1, Integer::sum) == 0) {
            forget(task, 19);
        }
    }

    /** The task is the last of its machine, and all that matters of what that one did is in {@code remembered}. */
    private void forget(Candidate task, long remembered) {
        machines.put(task.machine(), remembered);
        things.put(task.key(), remembered);
        things.remove(machineKey(task));
        turns.put(task.machine(), mix(task.key(), elapsed));
    }

    /** As {@link #forget}, of the running task; not when its machine has others. */
    void anew(OptionalLong remembered) {
        if (running != null && remembered.isPresent() && tasks.getOrDefault(running.machine(), 0) == 1) {
            forget(running, remembered.getAsLong());
        }
    }

    private static long machineKey(Candidate task) {
        return (long) task.machine().hashCode() << 32;
    }

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
        history = mix(history, things.getOrDefault(machineKey(task), 0L));
        machines.put(task.machine(), history);
        things.put(task.key(), history);
    }

    @Override
    public void acted(Candidate task, long on) {
        if (running == null) {
            return;
        }
        long history = mix(mix(mix(machine(task), task.key()), on), things.getOrDefault(on, 0L));
        machines.put(task.machine(), history);
        things.put(on, history);
    }

    /** The running task looks at that thing and may change it, nobody knows how. */
    void touch(String thing) {
        if (running != null) {
            long history = mix(mix(machine(running), running.key()), shared(thing));
            machines.put(running.machine(), history);
            shared.put(thing, history);
        }
    }

    void keeps(String thing, OptionalLong value) {
        if (value.isPresent()) {
            shared.put(thing, value.getAsLong());
        } else {
            touch(thing);
        }
    }

    /** That request was answered. What follows from it is in the answer for the machine, and in the request for the thing. */
    void answered(String thing, Request request, @Nullable Object answer) {
        OptionalLong what = request.what();
        OptionalLong told = Fingerprint.of(answer);
        if (running == null) {
            return;
        }
        if (what.isEmpty()) {
            touch(thing);
            return;
        }
        long before = shared(thing);
        machines.put(running.machine(), mix(mix(machine(running), running.key()), told.orElse(before)));
        if (!request.reads()) {
            shared.put(thing, mix(before, what.getAsLong()));
        }
    }

    /** That request changed nothing, and the machine knows why. */
    void refused(String thing, Request request, Throwable why) {
        if (running == null) {
            return;
        }
        if (request.what().isEmpty()) {
            touch(thing);
            return;
        }
        machines.put(
                running.machine(),
                mix(mix(machine(running), running.key()), Fingerprint.of(why).orElse(shared(thing))));
    }

    private long shared(String thing) {
        return shared.getOrDefault(thing, 0L);
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
        long state = mix(mix(elapsed, kind), mishapHappened ? 23 : 29);
        if (kind != 1 && running != null) {
            state = mix(state, running.key());
        }
        for (Map.Entry<String, Long> machine : machines.entrySet()) {
            state += mix(machine.getKey().hashCode(), machine.getValue());
        }
        for (Map.Entry<String, Long> thing : shared.entrySet()) {
            state += mix(0x7457_0000_0000_0000L ^ thing.getKey().hashCode(), thing.getValue());
        }
        return state;
    }
}
