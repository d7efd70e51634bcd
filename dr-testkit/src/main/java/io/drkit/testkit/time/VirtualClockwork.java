package io.drkit.testkit.time;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import io.drkit.testkit.time.Schedule.Point;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link Clockwork} on which an hour costs nothing and every run can be repeated. Tasks are real threads, of which exactly one
 * runs at a time; when all of them wait, time jumps to the earliest wake-up; which of several runnable tasks goes next is drawn
 * from the seed. So the same seed gives the same schedule, the same random numbers and the same {@link #trace()}.
 *
 * <pre>{@code
 * try (VirtualClockwork virtual = VirtualClockwork.seeded(42)) {
 *     Assessment.Done done = virtual.run(() -> ActionExecutor.on(virtual).execute(action));   // hours, in no time
 *     assertThat(virtual.elapsed()).isLessThan(Duration.ofMinutes(5));
 * }
 * }</pre>
 *
 * <p>What it asks of the code that runs on it:
 * <ul>
 *   <li>It waits by the clockwork only. Waiting otherwise, for a lock or for a real socket, stops everything, and virtual time
 *       does not pass meanwhile; after {@link Builder#watchdog 30 seconds of real time} in which no task asked the clockwork
 *       anything, {@link #run} throws {@link Stuck} with the stack of the task that is to blame.
 *   <li>It holds no lock over a call that waits or that others can see ({@code sleep}, {@code poll}, {@code put}, {@code join},
 *       {@code start}, {@code interrupt}): another task may run there, and would wait for the lock for ever. That is found within
 *       a second and reported with both names. Under a lock the time may be read, random numbers drawn, and mailboxes made.
 *   <li>It does not spin: time stands still while a task runs, so a loop that waits must sleep. After {@link Builder#maxSteps}
 *       calls {@link #run} throws {@link Stuck}.
 * </ul>
 *
 * <p>Outside {@link #run} time stands still, and tasks that are left over stay where they are until the next {@link #run} or
 * {@link #close}. The time and the random numbers may be read, mailboxes made and filled and tasks started by the test's thread
 * then; threads that are no tasks have no business here while a run is going on. The origin of {@link #nanoTime()} is chosen so
 * that it overflows after a minute: code that compares its values instead of subtracting them fails in the test.
 */
public final class VirtualClockwork implements Clockwork, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(VirtualClockwork.class);
    private static final Set<String> OWN = Set.of(
            VirtualClockwork.class.getName(),
            VirtualTask.class.getName(),
            VirtualMailbox.class.getName(),
            Machine.class.getName(),
            Worker.class.getName());
    private static final long NEVER = Long.MAX_VALUE;
    private static final long MACHINES_APART = Duration.ofSeconds(7).toNanos();
    private static final long NANO_ORIGIN = NEVER - Duration.ofMinutes(1).toNanos();
    private static final Duration GLANCE = Duration.ofMillis(250);
    private static final Duration PATIENCE_AT_CLOSE = Duration.ofSeconds(10);
    private static final Instant NEW_YEAR = Instant.parse("2026-01-01T00:00:00Z");
    /** For whoever waits in real time; one for all, as there are thousands of virtual ones. */
    private static final Clockwork REAL = Clockwork.system();

    private final long seed;
    private final Instant startsAt;
    private final long horizon;
    private final long maxSteps;
    private final Duration watchdog;
    private final boolean traced;
    private final Schedule schedule;
    /** Whether nobody but the seed decides the schedule, and so nobody wants to be asked. */
    private final boolean drawn;

    private final Object lock = new Object();
    private volatile boolean closing;
    // All below is guarded by the lock; the task that runs, and no other, also reads the time without it, and counts
    // that.
    private final List<VirtualTask> ready = new ArrayList<>();
    private final TreeSet<Timed> timed =
            new TreeSet<>(Comparator.<Timed>comparingLong(t -> t.wakeAt).thenComparingLong(t -> t.id));
    private final Set<VirtualTask> live = new LinkedHashSet<>();
    private final Map<String, Machine> machines = new LinkedHashMap<>();
    private final Machine world;
    private final Deque<VirtualTask> dying = new ArrayDeque<>();
    private final List<String> trace = new ArrayList<>();
    private final List<Throwable> failures = new ArrayList<>();
    private final Mailbox<Boolean> allEnded = REAL.mailbox();
    private @Nullable VirtualTask running;
    private @Nullable Mailbox<Ending> caller;
    private volatile @Nullable Stuck stuck;
    private @Nullable VirtualTask killer;
    private @Nullable Mailbox<Boolean> killed;
    private boolean burying;
    private boolean letLoose;
    /** Whether the world itself acts; only the thread that holds the lock ever finds this true. */
    private boolean worldActs;

    private long elapsed;
    private long steps;
    private long timedThings;
    private long mailboxes;

    private VirtualClockwork(Builder builder) {
        seed = builder.seed;
        startsAt = builder.startsAt;
        horizon = nanos(builder.horizon);
        maxSteps = builder.maxSteps;
        watchdog = builder.watchdog;
        traced = builder.traced;
        world = new Machine(this, "", NANO_ORIGIN, new Random(mixed(seed)));
        drawn = builder.schedule == null;
        schedule = builder.schedule != null ? builder.schedule : Schedule.drawnFrom(new Random(mixed(seed + 1)));
    }

    /** With the defaults of {@link Builder}. */
    public static VirtualClockwork seeded(long seed) {
        return builder().seed(seed).build();
    }

    /** Starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Runs {@code main} as the task {@code main}, and with it every task that it or an earlier run has started, until
     * {@code main} ends. May be called again afterwards: time goes on from where it stood.
     *
     * @return what {@code main} answered
     * @throws Exception what {@code main} threw, the same object
     * @throws Stuck when it can never end
     */
    public <T> T run(Callable<T> main) throws Exception {
        List<T> answer = new ArrayList<>(1);
        run(() -> {
            answer.add(main.call());
        });
        return answer.get(0);
    }

    /** As {@link #run(Callable)}, for work that answers nothing. */
    public void run(Work main) throws Exception {
        Mailbox<Ending> ending = REAL.mailbox();
        synchronized (lock) {
            requireOpen();
            if (caller != null) {
                throw new IllegalStateException("A run is going on already: start a task instead");
            }
            if (stuck != null) {
                throw new IllegalStateException("An earlier run got stuck: take a new clockwork", stuck);
            }
            caller = ending;
            spawn(world, "main", main, ending);
            give(next(Point.BLOCK), null);
        }
        Throwable failure;
        try {
            failure = watch(ending).failure;
        } catch (InterruptedException e) {
            synchronized (lock) {
                stuck = new Stuck(report("The thread that waits for the run was interrupted."));
                e.addSuppressed(stuck);
            }
            throw e;
        } finally {
            synchronized (lock) {
                caller = null;
            }
        }
        if (failure instanceof Exception thrown) {
            throw thrown;
        } else if (failure instanceof Error thrown) {
            throw thrown;
        }
    }

    /** The real caller only watches, so that it notices whichever task stops for real, {@code main} included. */
    private Ending watch(Mailbox<Ending> ending) throws InterruptedException {
        long seen = -1;
        Duration still = Duration.ZERO;
        while (true) {
            Ending end = ending.poll(GLANCE);
            if (end != null) {
                return end;
            }
            synchronized (lock) {
                VirtualTask suspect = running;
                still = steps == seen ? still.plus(GLANCE) : Duration.ZERO;
                seen = steps;
                if (suspect == null || still.isZero()) {
                    continue;
                }
                String lockedOut = lockedOut(suspect);
                if (lockedOut != null || still.compareTo(watchdog) >= 0) {
                    String why = lockedOut != null
                            ? lockedOut
                            : "Task " + suspect.label + " has not asked the clockwork anything for " + watchdog
                                    + " of real time: it computes for very long, or waits for something outside the"
                                    + " clockwork.";
                    Stuck found = new Stuck(report(why));
                    if (suspect.thread != null) {
                        found.setStackTrace(suspect.thread.getStackTrace());
                    }
                    stuck = found;
                    throw found;
                }
            }
        }
    }

    /** Whether {@code suspect} waits for a lock of a task that cannot run: then it waits for ever. */
    private @Nullable String lockedOut(VirtualTask suspect) {
        if (suspect.thread == null) {
            return null;
        }
        ThreadInfo info = ManagementFactory.getThreadMXBean().getThreadInfo(suspect.thread.getId());
        for (VirtualTask other : live) {
            if (info != null
                    && other != suspect
                    && other.thread != null
                    && other.thread.getId() == info.getLockOwnerId()) {
                return "Task " + suspect.label + " waits for the lock " + info.getLockName() + ", which task "
                        + other.label
                        + " holds while it waits" + whereabouts(other)
                        + ". Hold no lock over a call of the clockwork that waits or that others can see.";
            }
        }
        return null;
    }

    /** How much virtual time has passed since the beginning. */
    public Duration elapsed() {
        if (holdsBaton()) {
            return Duration.ofNanos(elapsed);
        }
        synchronized (lock) {
            return Duration.ofNanos(elapsed);
        }
    }

    /**
     * What every task did and when, a line each; the same for the same seed and the same code.
     *
     * @throws IllegalStateException when it was not asked for by {@link Builder#traced()}
     */
    public List<String> trace() {
        if (!traced) {
            throw new IllegalStateException("Nothing was traced: build the clockwork with traced()");
        }
        synchronized (lock) {
            return List.copyOf(trace);
        }
    }

    /** What ended tasks other than {@code main} early, in order; each was logged too. */
    public List<Throwable> failures() {
        synchronized (lock) {
            return List.copyOf(failures);
        }
    }

    @Override
    public Instant now() {
        return world.now();
    }

    @Override
    public long nanoTime() {
        return world.nanoTime();
    }

    @Override
    public void sleep(Duration time) throws InterruptedException {
        world.sleep(time);
    }

    /** Drawn from the seed, apart from what decides the schedule. */
    @Override
    public RandomGenerator random() {
        return world.random();
    }

    @Override
    public Task start(String name, Runnable work) {
        return world.start(name, work);
    }

    @Override
    public <T> Mailbox<T> mailbox() {
        return world.mailbox();
    }

    /**
     * The machine of that name, which is there from the first time that it is asked for: alive, with right clocks.
     *
     * @param name what traces and reports call it; not blank
     */
    public Machine machine(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("A machine has a name");
        }
        synchronized (lock) {
            visible("ask for a machine");
            Machine known = machines.get(name);
            if (known == null) {
                // other origins on other machines, and an overflow soon after that of the first
                long origin = NANO_ORIGIN - MACHINES_APART * (machines.size() + 1);
                known = new Machine(this, name, origin, new Random(mixed(seed ^ ((long) name.hashCode() << 20))));
                machines.put(name, known);
            }
            return known;
        }
    }

    /** For fakes: the machine whose task calls; empty where that is a task of no machine, or the test itself. */
    public Optional<Machine> caller() {
        synchronized (lock) {
            VirtualTask me = current();
            return me == null || me.machine == world ? Optional.empty() : Optional.of(me.machine);
        }
    }

    /**
     * For fakes, before they change anything: goes no further when the caller's process is dead. Every other call of a clockwork of
     * this world does the same.
     */
    public void requireAlive() {
        synchronized (lock) {
            requireAlive(current());
        }
    }

    private void requireAlive(@Nullable VirtualTask me) {
        if (me != null && (closing || me.dead)) {
            throw new Ended();
        }
    }

    /**
     * For simulated worlds: does {@code act} now and then, in the name of no task, first as soon as time is about to pass, and again
     * whenever as much of it has gone by as {@code act} has answered, more than zero. It costs much less than a task that sleeps.
     *
     * <p>It happens between the acts of two tasks, and nothing happens meanwhile: it may read the time, draw random numbers, put
     * messages, and start and interrupt tasks, but neither wait nor kill a machine. When it throws, it is not called again, and
     * {@link #failures()} has the reason.
     */
    public void nowAndThen(Supplier<Duration> act) {
        synchronized (lock) {
            visible("let the world act");
            timedThings++;
            Timed turn = new Timed(timedThings) {
                @Override
                void ring() {
                    turn(this, act);
                }
            };
            turn.wakeAt = elapsed;
            timed.add(turn);
        }
    }

    private void turn(Timed turn, Supplier<Duration> act) {
        VirtualTask before = running;
        running = null;
        worldActs = true;
        try {
            Duration next = act.get();
            if (next.isZero() || next.isNegative()) {
                throw new IllegalArgumentException("The world acts again after more than zero, not after " + next);
            }
            turn.wakeAt = elapsed + Math.min(nanos(next), NEVER - elapsed - 1);
            timed.add(turn);
        } catch (Throwable thrown) {
            failures.add(thrown);
            log.error("The world could not act", thrown);
        } finally {
            worldActs = false;
            running = before;
        }
    }

    /**
     * Ends the tasks that are left over, each at the call of the clockwork in which it waits, which throws an error of a kind
     * that no code can know; their {@code finally} blocks run, but cannot wait any more.
     *
     * @throws Stuck when a task does not end within 10 seconds of real time
     */
    @Override
    public void close() {
        synchronized (lock) {
            if (closing) {
                return;
            }
            if (caller != null) {
                throw new IllegalStateException("A run is going on: let it end before the clockwork is closed");
            }
            closing = true;
            VirtualTask blockedForReal = running;
            if (blockedForReal == null) {
                endNext();
            } else {
                // It may wait for a lock that another one holds: let all of them run into their ends at once.
                letLoose = true;
                live.removeIf(task -> task.thread == null && task != blockedForReal);
                for (VirtualTask task : live) {
                    task.baton = true;
                    LockSupport.unpark(task.thread);
                }
                if (blockedForReal.thread != null) {
                    blockedForReal.thread.interrupt();
                }
            }
        }
        boolean ended;
        try {
            ended = allEnded.poll(PATIENCE_AT_CLOSE) != null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        synchronized (lock) {
            if (!ended) {
                throw new Stuck(report("Not all tasks ended when the clockwork was closed."));
            }
        }
    }

    // The baton. Whoever runs holds it; it is passed under the lock, and its receiver woken.

    /** The task whose thread calls; null when it is none. */
    private @Nullable VirtualTask current() {
        if (letLoose) {
            for (VirtualTask task : live) {
                if (task.thread == Thread.currentThread()) {
                    return task;
                }
            }
        }
        VirtualTask task = running;
        return task != null && task.thread == Thread.currentThread() ? task : null;
    }

    /** The calling task, or null for a thread that may act because nothing runs. */
    @Nullable
    VirtualTask visible(String act) {
        VirtualTask me = current();
        if (me == null) {
            requireOpen();
            if (caller != null && !worldActs) {
                throw foreign(act);
            }
        } else {
            requireAlive(me);
        }
        return me;
    }

    private VirtualTask requireTask(String act) {
        synchronized (lock) {
            VirtualTask me = current();
            if (me == null) {
                throw foreign(act);
            }
            requireAlive(me);
            return me;
        }
    }

    private static IllegalStateException foreign(String act) {
        return new IllegalStateException("Thread " + Thread.currentThread().getName() + " cannot " + act
                + " on virtual time, as it is no task of it: enter by run(), or start a task");
    }

    private void requireOpen() {
        if (closing) {
            throw new IllegalStateException("The clockwork is closed");
        }
    }

    private VirtualTask spawn(Machine machine, String name, Work work, @Nullable Mailbox<Ending> ending) {
        timedThings++;
        VirtualTask task = new VirtualTask(this, machine, timedThings, name, work, ending);
        live.add(task);
        enqueue(task);
        note(task.label, "is started");
        schedule.started(task);
        return task;
    }

    private void enqueue(VirtualTask task) {
        Machine machine = task.machine;
        boolean held = machine.paused || (machine.alone != null && machine.alone != task);
        (held ? machine.held : ready).add(task);
    }

    /** As {@link #visible}, for an act on something that other machines' tasks may see. */
    @Nullable
    VirtualTask acting(String act, Machine machine) {
        VirtualTask me = visible(act);
        acted(me, machine.key());
        return me;
    }

    private void acted(@Nullable VirtualTask me, long on) {
        if (me != null) {
            schedule.acted(me, on);
        }
    }

    /** Another task may go on here; this one stays runnable. */
    private void pass(VirtualTask me) {
        synchronized (lock) {
            requireAlive(me);
            if (step(me) && staysOn(me)) {
                return;
            }
        }
        me.awaitBaton();
    }

    private boolean staysOn(VirtualTask me) {
        if (ready.isEmpty()) {
            return true;
        }
        ready.add(0, me);
        int chosen = schedule.choose(Point.YIELD, ready);
        if (schedule.over()) {
            giveUp(notFollowed());
            return false;
        }
        VirtualTask next = ready.remove(chosen);
        if (next == me) {
            return true;
        }
        // it goes to the end of the line
        ready.add(ready.remove(0));
        note(me.label, "is preempted");
        give(next, null);
        return false;
    }

    /**
     * For fakes: a place in a call at which others may go first. Heeds no interruption. Does nothing for the test's own thread while
     * no run goes on.
     */
    public void yieldToAll() {
        VirtualTask me;
        synchronized (lock) {
            me = visible("yield");
        }
        if (me != null) {
            pass(me);
        }
    }

    /**
     * For fakes that are called with locks held that are the caller's process's own: while {@code act} runs, which may yield and wait,
     * the other tasks of the caller's machine do not.
     */
    public <T, E extends Throwable> T alone(Act<T, E> act) throws E {
        Machine machine = null;
        synchronized (lock) {
            VirtualTask me = visible("be alone");
            if (me != null && me.machine != world && me.machine.alone == null) {
                machine = me.machine;
                machine.alone = me;
                holdReady(machine);
            }
        }
        try {
            return act.take();
        } finally {
            if (machine != null) {
                synchronized (lock) {
                    noLongerAlone(machine);
                }
            }
        }
    }

    private void holdReady(Machine machine) {
        for (VirtualTask task : List.copyOf(ready)) {
            if (task.machine == machine) {
                ready.remove(task);
                machine.held.add(task);
            }
        }
    }

    private void noLongerAlone(Machine machine) {
        if (machine.alone != null && !machine.paused) {
            ready.addAll(machine.held);
            machine.held.clear();
        }
        machine.alone = null;
    }

    /** Waits until woken, interrupted, or {@code span} of true time has passed. */
    private void block(VirtualTask me, long span, @Nullable Set<VirtualTask> waiters, Supplier<String> waitingFor) {
        synchronized (lock) {
            requireAlive(me);
            if (step(me)) {
                if (traced) {
                    note(me.label, waitingFor.get());
                }
                me.wakeAt = span >= NEVER - elapsed ? NEVER : elapsed + span;
                me.since = elapsed;
                me.waitingFor = waitingFor;
                me.waiters = waiters;
                me.blocked = true;
                if (me.wakeAt != NEVER) {
                    timed.add(me);
                }
                if (waiters != null) {
                    waiters.add(me);
                }
                if (goesOn(me)) {
                    return;
                }
            }
        }
        me.awaitBaton();
    }

    /** Lets another one go on while {@code me} waits; true when it turns out that {@code me} is the next itself. */
    private boolean goesOn(VirtualTask me) {
        VirtualTask next = next(Point.BLOCK);
        if (next != me) {
            give(next, null);
            return false;
        }
        schedule.runs(me, Duration.ofNanos(elapsed));
        return true;
    }

    /** Makes a waiting task runnable. */
    void wake(VirtualTask task) {
        if (unblocked(task)) {
            enqueue(task);
        }
    }

    private boolean unblocked(VirtualTask task) {
        if (!task.blocked) {
            return false;
        }
        task.blocked = false;
        timed.remove(task);
        if (task.waiters != null) {
            task.waiters.remove(task);
            task.waiters = null;
        }
        return true;
    }

    private void wakeAll(Set<VirtualTask> waiters) {
        List.copyOf(waiters).forEach(this::wake);
    }

    /** Counts a call of the clockwork; false when the run is over for everybody, and the task must wait to be ended. */
    private boolean step(VirtualTask me) {
        steps++;
        if (stuck == null && steps > maxSteps) {
            giveUp(new Stuck(report("After " + maxSteps
                    + " calls of the clockwork there is no end; the last was of task " + me.label
                    + ". Time stands still while a task runs: a loop that waits must sleep.")));
        } else if (stuck == null && schedule.over()) {
            giveUp(notFollowed());
        } else if (stuck != null) {
            running = null;
        }
        return stuck == null;
    }

    /** Who runs next, after a jump in time when all wait; null when nobody ever will. */
    private @Nullable VirtualTask next(Point point) {
        while (ready.isEmpty()) {
            if (timed.isEmpty()) {
                giveUp(new Stuck(report("All " + live.size() + " tasks are blocked for ever.")));
                return null;
            }
            long wakeAt = timed.first().wakeAt;
            if (wakeAt > horizon) {
                giveUp(new Stuck(report(
                        "Nothing happens before the horizon, " + Duration.ofNanos(horizon) + " after the beginning.")));
                return null;
            }
            elapsed = wakeAt;
            while (!timed.isEmpty() && timed.first().wakeAt <= elapsed) {
                Timed due = timed.first();
                timed.remove(due);
                due.ring();
            }
        }
        if (ready.size() == 1) {
            return ready.remove(0);
        }
        int chosen = schedule.choose(point, ready);
        if (schedule.over()) {
            giveUp(notFollowed());
            return null;
        }
        return ready.remove(chosen);
    }

    private void give(@Nullable VirtualTask next, @Nullable Worker free) {
        running = next;
        if (next == null) {
            return;
        }
        note(next.label, "runs");
        schedule.runs(next, Duration.ofNanos(elapsed));
        if (next.thread != null) {
            next.baton = true;
            LockSupport.unpark(next.thread);
        } else if (free != null) {
            free.next(next);
        } else {
            Worker.begin(next);
        }
    }

    private static Stuck notFollowed() {
        return new Stuck("The schedule does not follow this run any further.");
    }

    private void giveUp(Stuck why) {
        running = null;
        stuck = why;
        if (caller != null) {
            caller.put(new Ending(why));
        }
    }

    /** At the end of a task, on its thread. */
    void retire(VirtualTask task, Worker worker, @Nullable Throwable failure) {
        synchronized (lock) {
            task.ended = true;
            task.thread = null;
            live.remove(task);
            if (task.machine.alone == task) {
                noLongerAlone(task.machine);
            }
            note(
                    task.label,
                    failure == null ? "ends" : "ends with " + failure.getClass().getName());
            if (!task.dead) {
                schedule.ended(task);
            }
            if (closing) {
                if (!letLoose) {
                    endNext();
                } else if (live.isEmpty()) {
                    allEnded.put(true);
                }
                return;
            }
            wakeAll(task.joiners);
            if (burying) {
                buryNext(worker);
                return;
            }
            if (task.ending != null) {
                running = null;
                task.ending.put(new Ending(failure));
                return;
            }
            if (failure != null && !task.dead) {
                failures.add(failure);
                log.error("Task {} ended with an error", task.label, failure);
            }
            if (stuck == null) {
                give(next(Point.BLOCK), worker);
            } else {
                running = null;
            }
        }
    }

    /** While closing: lets one task after the other run into its end, those that hold locks first. */
    private void endNext() {
        running = null;
        for (Machine machine : machines.values()) {
            if (machine.alone != null) {
                give(machine.alone, null);
                return;
            }
        }
        while (!live.isEmpty()) {
            VirtualTask task = live.iterator().next();
            if (task.thread != null) {
                give(task, null);
                return;
            }
            task.ended = true;
            live.remove(task);
        }
        allEnded.put(true);
    }

    // What the machines, tasks and mailboxes ask.

    Object lock() {
        return lock;
    }

    boolean closing() {
        return closing;
    }

    Instant startsAt() {
        return startsAt;
    }

    long elapsedNanos() {
        return elapsed;
    }

    /** Reads a machine's time. The caller may hold a lock of its own, so nobody else goes on here. */
    long own(Machine machine) {
        if (drawn && stuck == null && steps < maxSteps && holdsBaton()) {
            // by far the most frequent call, and whoever holds the baton is alone
            steps++;
            return machine.own(elapsed);
        }
        VirtualTask me;
        synchronized (lock) {
            me = current();
            requireAlive(me);
            if (me == null || step(me)) {
                return machine.own(elapsed);
            }
        }
        me.awaitBaton();
        throw new Ended();
    }

    /** Without the lock: whether the calling thread is that of the task that runs, and nothing is about to end it. */
    private boolean holdsBaton() {
        VirtualTask task = running;
        return task != null && task.thread == Thread.currentThread() && !task.dead && !closing;
    }

    void sleep(Machine machine, Duration time) throws InterruptedException {
        VirtualTask me = requireTask("sleep");
        heedInterrupt();
        if (time.isZero() || time.isNegative()) {
            pass(me);
        } else {
            block(me, trueSpan(machine, time), null, () -> "sleeps " + time);
        }
        heedInterrupt();
    }

    private long trueSpan(Machine machine, Duration time) {
        long span = nanos(time);
        synchronized (lock) {
            return span >= NEVER - elapsed ? NEVER : machine.trueSpan(elapsed, span);
        }
    }

    Task start(Machine machine, String name, Runnable work) {
        VirtualTask me;
        VirtualTask task;
        synchronized (lock) {
            me = visible("start a task");
            if (!machine.alive()) {
                throw new IllegalStateException(
                        "The process of " + machine + " is dead: restart it before the task " + name + " is started");
            }
            task = spawn(machine, name, work::run, null);
            acted(me, task.key());
        }
        if (me != null) {
            pass(me);
        }
        return task;
    }

    void interrupt(VirtualTask task) {
        VirtualTask me;
        synchronized (lock) {
            me = visible("interrupt a task");
            acted(me, task.key());
            if (me == task) {
                Thread.currentThread().interrupt();
            } else if (!task.ended) {
                note(task.label, "is interrupted");
                task.interrupted = true;
                wake(task);
            }
        }
        if (me != null) {
            pass(me);
        }
    }

    boolean ended(VirtualTask task) {
        synchronized (lock) {
            acted(current(), task.key());
            return task.ended;
        }
    }

    void join(VirtualTask task, Duration time) throws InterruptedException {
        VirtualTask me = requireTask("join a task");
        heedInterrupt();
        pass(me);
        if (!task.ended() && !time.isZero() && !time.isNegative()) {
            block(me, trueSpan(task.machine, time), task.joiners, () -> "waits for task " + task.label + " to end");
        }
        heedInterrupt();
    }

    <T> Mailbox<T> mailbox(Machine machine) {
        synchronized (lock) {
            requireAlive(current());
            mailboxes++;
            return new VirtualMailbox<>(this, machine, mailboxes);
        }
    }

    <T> void put(VirtualMailbox<T> mailbox, T message) {
        VirtualTask me;
        synchronized (lock) {
            me = visible("put a message");
            acted(me, mailbox.key);
            mailbox.messages.add(message);
            if (me != null && traced) {
                note(me.label, "puts into mailbox " + mailbox.id);
            }
            wakeAll(mailbox.pollers);
        }
        if (me != null) {
            pass(me);
        }
    }

    <T> @Nullable T poll(VirtualMailbox<T> mailbox, Duration time) throws InterruptedException {
        VirtualTask me = requireTask("take a message");
        heedInterrupt();
        pass(me);
        heedInterrupt();
        long until;
        synchronized (lock) {
            acted(me, mailbox.key);
            T message = mailbox.messages.poll();
            if (message != null) {
                return message;
            }
            long span = trueSpan(mailbox.machine, time);
            until = span >= NEVER - elapsed ? NEVER : elapsed + Math.max(0, span);
        }
        while (true) {
            long left;
            synchronized (lock) {
                left = until == NEVER ? NEVER : until - elapsed;
            }
            if (left <= 0) {
                return null;
            }
            block(me, left, mailbox.pollers, () -> "waits for a message in mailbox " + mailbox.id);
            heedInterrupt();
            synchronized (lock) {
                acted(me, mailbox.key);
                T message = mailbox.messages.poll();
                if (message != null) {
                    return message;
                }
            }
        }
    }

    void pause(Machine machine, @Nullable Duration time) {
        VirtualTask me;
        synchronized (lock) {
            me = acting("pause a machine", machine);
            if (!machine.alive()) {
                return;
            }
            endPause(machine);
            machine.paused = true;
            noteOf(machine, "is paused" + (time == null ? "" : " for " + time));
            if (time != null) {
                timedThings++;
                Timed alarm = new Timed(timedThings) {
                    @Override
                    void ring() {
                        endPause(machine);
                    }
                };
                alarm.wakeAt = elapsed + Math.min(nanos(time), NEVER - elapsed - 1);
                machine.alarm = alarm;
                timed.add(alarm);
            }
            holdReady(machine);
            if (me == null || me.machine != machine) {
                return;
            }
            machine.held.add(me);
            if (goesOn(me)) {
                return;
            }
        }
        me.awaitBaton();
    }

    void resume(Machine machine) {
        synchronized (lock) {
            acting("resume a machine", machine);
            endPause(machine);
        }
    }

    private void endPause(Machine machine) {
        if (machine.paused) {
            noteOf(machine, "goes on");
            machine.paused = false;
            List<VirtualTask> all = List.copyOf(machine.held);
            machine.held.clear();
            all.forEach(this::enqueue);
        }
        if (machine.alarm != null) {
            timed.remove(machine.alarm);
            machine.alarm = null;
        }
    }

    void kill(Machine machine) {
        VirtualTask me;
        Mailbox<Boolean> done = REAL.mailbox();
        synchronized (lock) {
            if (worldActs) {
                throw new IllegalStateException(
                        "To kill a machine takes waiting for its tasks to end: start a task that does it");
            }
            me = acting("kill a machine", machine);
            if (!machine.alive()) {
                return;
            }
            noteOf(machine, "is killed");
            VirtualTask first = machine.alone;
            endPause(machine);
            machine.died();
            machine.held.clear();
            for (VirtualTask task : List.copyOf(live)) {
                if (task.machine == machine) {
                    task.dead = true;
                    ready.remove(task);
                    unblocked(task);
                    if (task == first) {
                        // it holds locks that the others may want on their way out
                        dying.addFirst(task);
                    } else if (task != me) {
                        dying.add(task);
                    }
                }
            }
            burying = true;
            if (me != null && me.dead) {
                // the others end after this one
                throw new Ended();
            }
            killer = me;
            killed = done;
            buryNext(null);
        }
        if (me != null) {
            me.awaitBaton();
            return;
        }
        try {
            if (done.poll(PATIENCE_AT_CLOSE) == null) {
                synchronized (lock) {
                    throw new Stuck(report("Not all tasks of " + machine + " ended when it was killed."));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** While a machine is being killed: lets one of its tasks after the other run into its end. */
    private void buryNext(@Nullable Worker free) {
        while (!dying.isEmpty()) {
            VirtualTask task = dying.remove();
            if (task.thread != null) {
                give(task, free);
                return;
            }
            task.ended = true;
            live.remove(task);
            wakeAll(task.joiners);
        }
        burying = false;
        if (killer != null) {
            give(killer, free);
        } else if (killed != null) {
            running = null;
            killed.put(true);
        } else {
            give(next(Point.BLOCK), free);
        }
        killer = null;
        killed = null;
    }

    void noteOf(Machine machine, String act) {
        note("machine " + machine, act);
    }

    private void note(String name, String act) {
        if (traced) {
            trace.add("+" + Duration.ofNanos(elapsed) + " " + name + " " + act);
        }
    }

    private String report(String headline) {
        StringBuilder text = new StringBuilder(headline);
        text.append(" Seed ").append(seed);
        text.append(", virtual time ").append(startsAt.plusNanos(elapsed));
        text.append(" (").append(Duration.ofNanos(elapsed)).append(" in).");
        int shown = 0;
        for (VirtualTask task : live) {
            if (shown == 50) {
                text.append("\n  and ").append(live.size() - shown).append(" more");
                break;
            }
            shown++;
            text.append("\n  ").append(task.label);
            if (task.machine.paused) {
                text.append(" is held up, as its machine is paused");
            } else if (!task.blocked) {
                text.append(task == running ? " runs" : " could run");
            } else {
                text.append(' ')
                        .append(task.waitingFor.get())
                        .append(" since +")
                        .append(Duration.ofNanos(task.since));
            }
            text.append(whereabouts(task));
        }
        return text.toString();
    }

    /** The innermost frame of the task's own code. */
    private static String whereabouts(VirtualTask task) {
        Thread thread = task.thread;
        if (thread == null) {
            return "";
        }
        for (StackTraceElement frame : thread.getStackTrace()) {
            String type = frame.getClassName();
            if (!type.startsWith("java.") && !type.startsWith("jdk.") && !OWN.contains(type)) {
                return " at " + type + "." + frame.getMethodName() + "(" + frame.getFileName() + ":"
                        + frame.getLineNumber() + ")";
            }
        }
        return "";
    }

    private static void heedInterrupt() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    private static long nanos(Duration time) {
        try {
            return time.toNanos();
        } catch (ArithmeticException beyond292Years) {
            return time.isNegative() ? 0 : NEVER;
        }
    }

    /** Neighbouring seeds must not begin alike, as they would in {@link Random}. */
    private static long mixed(long seed) {
        long z = seed * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 32)) * 0xD6E8FEB86659FD93L;
        return z ^ (z >>> 32);
    }

    /** What is done alone. */
    @FunctionalInterface
    public interface Act<T, E extends Throwable> {
        /** Does it. */
        T take() throws E;
    }

    /** Work that may throw. */
    @FunctionalInterface
    public interface Work {
        /** Does it. */
        void run() throws Exception;
    }

    /** No task can ever go on, or none may any more; the message says what each waits for, and where. */
    public static final class Stuck extends AssertionError {
        private static final long serialVersionUID = 1L;

        private Stuck(String message) {
            super(message);
        }
    }

    record Ending(@Nullable Throwable failure) {}

    /**
     * Builds a clockwork; a bad value throws {@link IllegalArgumentException} at once. Defaults: seed 0, beginning at
     * 2026-01-01T00:00:00Z, a horizon of 10 years, 10 million calls, a watchdog of 30 seconds, no trace. Not thread-safe.
     */
    public static final class Builder {
        private long seed;
        private Instant startsAt = NEW_YEAR;
        private Duration horizon = Duration.ofDays(3653);
        private long maxSteps = 10_000_000;
        private Duration watchdog = Duration.ofSeconds(30);
        private boolean traced;
        private @Nullable Schedule schedule;

        private Builder() {}

        /** What schedule and random numbers are drawn from. */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /** The wall time at the beginning. */
        public Builder startsAt(Instant startsAt) {
            this.startsAt = Objects.requireNonNull(startsAt, "startsAt");
            return this;
        }

        /** How much virtual time may pass before a run counts as stuck: more than zero, at most 200 years. */
        public Builder horizon(Duration horizon) {
            if (horizon.compareTo(Duration.ofDays(365 * 200)) > 0) {
                throw new IllegalArgumentException("the horizon must be at most 200 years, not " + horizon);
            }
            this.horizon = positive("the horizon", horizon);
            return this;
        }

        /** How many calls of the clockwork may be made before a run counts as stuck: 1 or more. */
        public Builder maxSteps(long maxSteps) {
            if (maxSteps < 1) {
                throw new IllegalArgumentException("maxSteps must be 1 or more, not " + maxSteps);
            }
            this.maxSteps = maxSteps;
            return this;
        }

        /** How much real time a task may spend between two calls of the clockwork: more than zero. */
        public Builder watchdog(Duration watchdog) {
            this.watchdog = positive("the watchdog", watchdog);
            return this;
        }

        /** Keeps a {@link VirtualClockwork#trace()}; it costs memory with every step. */
        public Builder traced() {
            this.traced = true;
            return this;
        }

        /** Decides who runs next, in place of the seed. Of one clockwork alone. */
        public Builder schedule(Schedule schedule) {
            this.schedule = schedule;
            return this;
        }

        public VirtualClockwork build() {
            return new VirtualClockwork(this);
        }

        private static Duration positive(String name, Duration value) {
            if (value.isZero() || value.isNegative()) {
                throw new IllegalArgumentException(name + " must be more than zero, not " + value);
            }
            return value;
        }
    }
}
