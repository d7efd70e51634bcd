package io.drkit.testkit.explore;

import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.testkit.time.Machine;
import io.drkit.testkit.time.VirtualClockwork;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where one play of a {@link Scenario} takes place: its time, its machines, and what lies between them.
 *
 * <p>Everything that machines share is reached by {@link #call}, and only there: that is where another machine may come first, and
 * where something may go wrong. Two machines that share something unheard of by the stage make the exploration overlook schedules.
 */
public final class Stage {
    private final VirtualClockwork clockwork;
    private final Play play;
    private final Duration mishapTakes;
    private final Duration clockJump;
    private final Map<String, Duration> cutOffUntil = new HashMap<>();
    private @Nullable Machine paused;
    private Duration pausedAt = Duration.ZERO;

    Stage(VirtualClockwork clockwork, Play play, Duration mishapTakes, Duration clockJump) {
        this.clockwork = clockwork;
        this.play = play;
        this.mishapTakes = mishapTakes;
        this.clockJump = clockJump;
    }

    /** The true time of this play. */
    public VirtualClockwork clockwork() {
        return clockwork;
    }

    /** The machine of that name. */
    public Machine machine(String name) {
        return clockwork.machine(name);
    }

    /**
     * Makes a call to something that machines share: first another task may go on, then what goes wrong by this schedule goes wrong,
     * and the effect takes place at one instant.
     *
     * @param thing what is called; the same name for all that one call may see of another
     * @param effect the call itself; waits for nothing
     * @throws UnknownOutcomeException when the request or the answer was lost, or the machine is cut off
     */
    public <T, E extends Throwable> T call(String thing, Effect<T, E> effect) throws E {
        return reach(thing, true, Request.UNKNOWN, effect);
    }

    /**
     * As {@link #call}, for callers that hold locks of their own process: only tasks of other machines may come first. The call is
     * never lost, as those who make such calls would not know what to make of it.
     */
    public <T, E extends Throwable> T callHoldingLocks(String thing, Effect<T, E> effect) throws E {
        return reachHoldingLocks(thing, Request.UNKNOWN, effect);
    }

    /**
     * The same service as machines reach it: each call of a method is a {@link #call}. What a method answers is reached likewise
     * where it can be closed.
     *
     * <p>What the service is after a call must follow from the calls that were made, in their order, and a call that throws must have
     * changed nothing: schedules that lead to the same are then not played on twice.
     *
     * @param type an interface
     * @param reading the names of methods that change nothing, of the service and of what it hands out. To name one that does change
     *     something makes the exploration overlook schedules; to leave one out only makes it longer
     */
    public <T> T remote(Class<T> type, String thing, T service, String... reading) {
        return Remote.of(type, service, Set.of(reading), (request, effect) -> reach(thing, true, request, effect));
    }

    /** As {@link #remote}, for a service that is called with locks held: each call is a {@link #callHoldingLocks}. */
    public <T> T remoteHoldingLocks(Class<T> type, String thing, T service, String... reading) {
        return Remote.of(
                type, service, Set.of(reading), (request, effect) -> reachHoldingLocks(thing, request, effect));
    }

    private <T, E extends Throwable> T reachHoldingLocks(String thing, Request request, Effect<T, E> effect) throws E {
        return clockwork.alone(() -> reach(thing, false, request, effect));
    }

    private <T, E extends Throwable> T reach(String thing, boolean canBeLost, Request request, Effect<T, E> effect)
            throws E {
        perhapsGoesOn();
        play.beginsCall();
        clockwork.yieldToAll();
        play.goesOnWithCall();
        endHere();
        Optional<Machine> from = clockwork.caller();
        if (from.isEmpty()) {
            return take(thing, request, effect);
        }
        Machine machine = from.get();
        if (canBeLost && cutOff(machine)) {
            throw lost(thing);
        }
        List<Mishap> possible = play.possible(canBeLost);
        int chosen = possible.isEmpty() ? 0 : play.mishap(possible.size());
        endHere();
        if (chosen == 0) {
            return take(thing, request, effect);
        }
        Mishap mishap = possible.get(chosen - 1);
        play.say(machine + ": " + mishap + " at " + thing);
        switch (mishap) {
            case REQUEST_LOST -> throw lost(thing);
            case PARTITION -> {
                Duration until = clockwork.elapsed().plus(mishapTakes);
                cutOffUntil.put(machine.name(), until);
                // the machine may forget what it met, and is cut off all the same
                keeps("the link of " + machine, until);
                throw lost(thing);
            }
            case PAUSE_BEFORE -> {
                play.isPausedBeforeCall();
                pause(machine);
                play.goesOnWithCall();
                endHere();
            }
            case CLOCK_FORWARD -> machine.stepClock(clockJump);
            case CLOCK_BACK -> machine.stepClock(clockJump.negated());
            case CRASH_BEFORE -> machine.kill();
            case ANSWER_LOST, PAUSE_AFTER, CRASH_AFTER -> {}
        }
        T answer = take(thing, request, effect);
        switch (mishap) {
            case ANSWER_LOST -> throw lost(thing);
            case PAUSE_AFTER -> pause(machine);
            case CRASH_AFTER -> machine.kill();
            default -> {}
        }
        return answer;
    }

    /** Where nothing more is to happen the run ends here. */
    private void endHere() {
        if (play.over()) {
            clockwork.yieldToAll();
        }
    }

    private <T, E extends Throwable> T take(String thing, Request request, Effect<T, E> effect) throws E {
        T answer;
        try {
            answer = effect.take();
        } catch (Throwable e) {
            play.refused(thing, request, e);
            throw e;
        }
        play.answered(thing, request, answer);
        return answer;
    }

    private void pause(Machine machine) {
        paused = machine;
        pausedAt = clockwork.elapsed();
        machine.pause(mishapTakes);
        paused = null;
    }

    /** While others are at work, one that was stopped may go on at any instant: here, or not yet. */
    private void perhapsGoesOn() {
        Machine stopped = paused;
        Duration now = clockwork.elapsed();
        if (stopped == null || now.compareTo(pausedAt) <= 0) {
            return;
        }
        if (play.offersToGoOn() && play.goesOn()) {
            paused = null;
            play.say(stopped + " goes on");
            play.goesOn(stopped);
        }
    }

    private boolean cutOff(Machine machine) {
        Duration until = cutOffUntil.get(machine.name());
        return until != null && clockwork.elapsed().compareTo(until) < 0;
    }

    private static UnknownOutcomeException lost(String thing) {
        return new UnknownOutcomeException(
                "stage.answer-lost",
                Problem.expected("an answer of " + thing).found("none").remedy("observe it again"));
    }

    /**
     * Says that what follows, up to the next call, looks at or changes something of the test that other machines' tasks look at too,
     * such as a list of who holds what, and goes on according to it. A mere check of what must hold need not say so. Another task may
     * go on first, as at a {@link #call}, so the caller holds no lock.
     */
    public void touch(String thing) {
        play.beginsCall();
        clockwork.yieldToAll();
        play.goesOnWithCall();
        play.touch(thing);
    }

    /**
     * Says that the test itself keeps that value from now on under that name, for a check of what must hold. A machine whose tasks have
     * all ended counts as having left nothing else behind but what it called.
     */
    public void keeps(String name, Object value) {
        play.keeps(name, Fingerprint.of(value));
    }

    /**
     * Says that the caller's machine begins anew: what its code will do depends on these values and on what it will be told, and on
     * nothing that it has done before, as when it tries again with objects that it makes anew. It shortens the exploration, and makes it
     * overlook schedules when it is not true. Where the machine has other tasks it says nothing.
     */
    public void anew(Object... remembered) {
        play.anew(Fingerprint.of(remembered));
    }

    /** Says that something does not hold that must, unless it does: the run ends at the next call. */
    public void require(boolean holds, String breach) {
        if (!holds) {
            breach(breach);
        }
    }

    /** Says that something does not hold that must: the run ends at the next call. */
    public void breach(String breach) {
        play.breach(breach);
    }

    /** What a call does. */
    @FunctionalInterface
    public interface Effect<T, E extends Throwable> {
        T take() throws E;
    }
}
