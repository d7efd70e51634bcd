package io.drkit.testkit.explore;

import static io.drkit.testkit.explore.Fingerprint.mix;

import io.drkit.testkit.time.Machine;
import io.drkit.testkit.time.Schedule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One play: the choices it was given, and after those the first one everywhere. It hands what else could have been chosen to the
 * {@link Search}.
 *
 * <p>The state in which a choice comes up is told by two kinds of histories. Each machine's is a hash over what its tasks did and what
 * they were told; where a task acts on something without a name for it, such as a mailbox, the history of that thing goes into its own
 * and the other way round. That of a thing which machines share is a hash over the requests that changed it, whoever made them. Schedules
 * that differ only in the order of acts that have nothing to do with each other lead to the same state.
 *
 * <p>Of such schedules it plays one, with as few preemptions as any of them needs:
 * <ul>
 *   <li>What a task does up to its next call no other machine sees, so another machine need not come first before that. Where a task
 *       waits, the tasks of one machine alone go on, until one of them stands at a call; who calls first is decided there, and costs no
 *       preemption where nobody has called anything since a task waited last, as it could have been decided then.
 *   <li>Whoever comes first then makes the next call. Where it cannot, as its machine only has tasks that wait before their next call, it
 *       came first for nothing, and the play is left: what it did it does as well after the call that was held up.
 *   <li>A task that was so let wait for nothing is the one of its machine that goes on next. That another one does costs a preemption,
 *       as it does where the task is stopped for it.
 *   <li>A machine that is paused is asked for at the first call of another one in an instant, not at each: to go on at a later call of
 *       that instant is to go on at the first, and to come after the later one. Nobody is told that it goes on.
 * </ul>
 * A machine that is paused in front of a call stands at it. Time goes on only when no task can, so all of this is within an instant.
 */
final class Play implements Schedule {
    private static final int NEVER = Integer.MAX_VALUE;

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
    private boolean cut;
    private boolean over;
    private @Nullable String breach;
    private @Nullable Candidate running;
    private long elapsed;

    /** Whether it leaves out schedules that differ only in where a machine did what no other one sees. */
    private final boolean reducing;
    /** The tasks that stand at a call. */
    private final Set<Long> atCalls = new HashSet<>();

    private final Set<Long> pausedBeforeCalls = new HashSet<>();
    /** By machine, the task at a call that was let wait for nothing. */
    private final Map<String, Long> overtaken = new HashMap<>();
    /** Whether nobody has called anything since a task waited last, or since time went on. */
    private boolean untouched;
    /** Whether who runs next was decided, and not the only one that could. */
    private boolean wasAsked;
    /** The machine that makes the next call, once that is decided. */
    private @Nullable String next;
    /** The machine that was paused and goes on, up to the next call. */
    private @Nullable String wentOn;
    /** When a paused machine was last asked for. */
    private long offeredAt = -1;

    /**
     * @param deviations places and choices other than the first, in turns
     * @param betweenMachines whether no task is stopped for another one of its machine
     * @param reducing whether to leave out what leads nowhere new
     * @param search where to go on; null to play only this
     */
    Play(int[] deviations, List<Mishap> mishaps, boolean betweenMachines, boolean reducing, @Nullable Search search) {
        this.deviations = deviations;
        this.mishaps = mishaps;
        this.betweenMachines = betweenMachines;
        this.reducing = reducing;
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
        if (running != null) {
            atCalls.add(running.key());
            happened(running.key(), 5);
        }
    }

    /** The running task is held up with its request still to be sent. */
    void isPausedBeforeCall() {
        if (running != null) {
            pausedBeforeCalls.add(running.key());
        }
    }

    /** Its turn has come. */
    void goesOnWithCall() {
        if (running == null) {
            return;
        }
        atCalls.remove(running.key());
        pausedBeforeCalls.remove(running.key());
        overtaken.remove(running.machine(), running.key());
        if (next != null && !next.equals(running.machine())) {
            leadsNowhereNew();
        }
        next = null;
        untouched = false;
        wentOn = null;
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
        int chosen = decide(Collections.nCopies(kinds + 1, 0), 3);
        if (chosen != 0) {
            mishapHappened = true;
            happened(chosen, 11);
        }
        return chosen;
    }

    /**
     * Whether that is to be decided here: at the first call of an instant. To go on at a later one of the same instant is to go on at the
     * first and to come after that later one.
     */
    boolean offersToGoOn() {
        return !reducing || offeredAt != elapsed;
    }

    /** Whether a machine that was stopped goes on here. */
    boolean goesOn() {
        offeredAt = elapsed;
        return decide(List.of(0, 1), 4) == 1;
    }

    /** It does, by nobody's act. */
    void goesOn(Machine machine) {
        machines.merge(machine.name(), 13L, Fingerprint::mix);
        wentOn = machine.name();
        Candidate caller = running;
        running = null;
        machine.resume();
        running = caller;
    }

    @Override
    public int choose(Point point, List<? extends Candidate> candidates) {
        boolean waits = point == Point.BLOCK;
        if (waits) {
            for (int i = 0; i < candidates.size(); i++) {
                if (candidates.get(i).machine().isEmpty()) {
                    // the scenario's own task, which only looks on
                    return i;
                }
            }
        }
        int chosen = waits ? goesNext(candidates) : comesFirst(candidates);
        wasAsked = waits || chosen != 0;
        return chosen;
    }

    /** A task waits or has ended: which one goes on. */
    private int goesNext(List<? extends Candidate> candidates) {
        String only = !reducing ? null : next != null ? next : machineBeforeItsCalls(candidates);
        Options options = new Options();
        for (int i = 0; i < candidates.size(); i++) {
            Candidate candidate = candidates.get(i);
            if (only == null || candidate.machine().equals(only)) {
                options.add(i, overtaking(candidate, candidates, 0));
            }
        }
        if (options.isEmpty()) {
            leadsNowhereNew();
            return 0;
        }
        int chosen = decide(options, 1);
        if (reducing && only == null) {
            next = candidates.get(chosen).machine();
        } else if (next == null) {
            untouched = reducing;
        }
        return chosen;
    }

    /** A task could go on: whether another one comes first. */
    private int comesFirst(List<? extends Candidate> candidates) {
        Candidate here = candidates.get(0);
        boolean atCall = atCalls.contains(here.key());
        Options options = new Options();
        options.add(0, 0);
        for (int i = 1; i < candidates.size(); i++) {
            Candidate other = candidates.get(i);
            if (other.machine().equals(here.machine())) {
                options.add(i, betweenMachines ? NEVER : 1);
            } else if (atCall && next == null) {
                // Between two calls to shared things it makes no difference to one machine where another one comes in.
                int cost = untouched && !other.machine().equals(wentOn) ? 0 : 1;
                options.add(i, overtaking(other, candidates, cost));
            }
        }
        if (options.size() == 1) {
            return 0;
        }
        if (!atCall) {
            happened(here.key(), 7);
        }
        int chosen = decide(options, 2);
        String machine = candidates.get(chosen).machine();
        if (chosen != 0 && !atCall) {
            // unlike one that went on from there until it waited
            happened(here.key(), 53);
        } else if (reducing && !machine.equals(here.machine())) {
            if (untouched) {
                overtaken.put(here.machine(), here.key());
            }
            next = machine;
        }
        return chosen;
    }

    /** The first machine by name all of whose tasks have yet to come to a call; null when there is none. */
    private @Nullable String machineBeforeItsCalls(List<? extends Candidate> candidates) {
        TreeSet<String> machines = new TreeSet<>();
        candidates.forEach(candidate -> machines.add(candidate.machine()));
        candidates.stream()
                .filter(candidate -> atCalls.contains(candidate.key()) || pausedBeforeCalls.contains(candidate.key()))
                .forEach(candidate -> machines.remove(candidate.machine()));
        return machines.isEmpty() ? null : machines.first();
    }

    /**
     * What it costs that this task goes on where one of its machine stands at a call: never between machines, and as much as a
     * preemption where that one was let wait for nothing.
     */
    private int overtaking(Candidate task, List<? extends Candidate> candidates, int cost) {
        for (Candidate other : candidates) {
            if (other.key() != task.key() && other.machine().equals(task.machine()) && atCalls.contains(other.key())) {
                if (betweenMachines) {
                    return NEVER;
                }
                Long first = overtaken.get(task.machine());
                return first != null && first == other.key() ? cost + 1 : cost;
            }
        }
        return cost;
    }

    /** Whatever follows is played elsewhere, or was. */
    private void leadsNowhereNew() {
        cut = true;
        over = true;
    }

    /** What can be chosen and how many preemptions each costs; one that costs none stands first. */
    private static final class Options {
        private final List<Integer> indices = new ArrayList<>();
        private final List<Integer> costs = new ArrayList<>();

        void add(int index, int cost) {
            if (cost == NEVER) {
                return;
            }
            int at = cost == 0 && !costs.isEmpty() && costs.get(0) > 0 ? 0 : costs.size();
            indices.add(at, index);
            costs.add(at, cost);
        }

        boolean isEmpty() {
            return indices.isEmpty();
        }

        int size() {
            return indices.size();
        }
    }

    private int decide(Options options, int kind) {
        return options.size() == 1 ? options.indices.get(0) : options.indices.get(decide(options.costs, kind));
    }

    private int decide(List<Integer> costs, int kind) {
        int place = decisions;
        decisions++;
        if (used < deviations.length) {
            if (deviations[used] != place) {
                return 0;
            }
            int chosen = deviations[used + 1];
            used += 2;
            if (chosen >= costs.size()) {
                throw new IllegalStateException("These choices are of another scenario: there is no choice " + chosen
                        + " at decision " + place);
            }
            return chosen;
        }
        if (search == null || over) {
            return 0;
        }
        if (!search.isNew(state(kind))) {
            leadsNowhereNew();
            return 0;
        }
        for (int i = 1; i < costs.size(); i++) {
            int[] other = Arrays.copyOf(deviations, deviations.length + 2);
            other[deviations.length] = place;
            other[deviations.length + 1] = i;
            search.later(other, costs.get(i));
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
        if (task.machine().isEmpty() || elapsed != now.toNanos()) {
            next = null;
            untouched = reducing;
        } else if (!wasAsked && next == null) {
            // no other one could go on
            untouched = reducing;
        }
        wasAsked = false;
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
            state = mix(state, untouched ? 31 : 37);
        }
        state = mix(state, next == null ? 0 : next.hashCode());
        state = mix(state, wentOn == null ? 0 : wentOn.hashCode());
        state = mix(state, offeredAt == elapsed ? 41 : 43);
        for (Map.Entry<String, Long> task : overtaken.entrySet()) {
            state += mix(task.getKey().hashCode(), mix(task.getValue(), 47));
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
