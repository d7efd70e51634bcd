package io.drkit.testkit.disaster;

import io.drkit.testkit.fault.Fault;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * One thing that goes wrong in the simulated world. Times are counted from the beginning of the simulation; what lasts for a while
 * is over by itself. Places are the sites {@code west} and {@code east}, {@code operators} (the machines that plans run on),
 * {@code clients}, {@code dns}, {@code leases} (where leases are kept), and {@code control of SITE} (whatever fences that site's database).
 */
public sealed interface Mishap {
    /** What goes wrong, in words. */
    String what();

    /** The same with its time. */
    default String line() {
        Optional<Duration> from = begins();
        Optional<Duration> to = ends();
        if (from.isEmpty()) {
            return what();
        }
        return to.isPresent()
                ? "from " + seconds(from.get()) + " to " + seconds(to.get()) + ": " + what()
                : "at " + seconds(from.get()) + ": " + what();
    }

    /**
     * One call of a plan goes wrong.
     *
     * @param change whether it is a call that changes something, or one that asks
     * @param number which of those calls, counted from 1 over the whole disaster
     * @param fault how
     */
    record CallFails(boolean change, int number, Fault fault) implements Mishap {
        @Override
        public String what() {
            return "of all calls that " + (change ? "change" : "ask") + " something, number " + number + ": "
                    + words(fault);
        }

        private static String words(Fault fault) {
            if (fault instanceof Fault.Refused refused) {
                return "refused with " + refused.status();
            } else if (fault instanceof Fault.RequestLost) {
                return "the request is lost";
            } else if (fault instanceof Fault.AnswerLost) {
                return "it arrives, and the answer is lost";
            } else if (fault instanceof Fault.Delayed delayed) {
                return "it takes " + seconds(delayed.by()) + " longer";
            }
            return fault.toString();
        }
    }

    /**
     * One call that changes something hears no answer, as if it were lost, and arrives later, whatever has become of its sender.
     *
     * @param number which of those calls, counted as for {@link CallFails}
     */
    record ArrivesLate(int number, Duration by) implements Mishap {
        @Override
        public String what() {
            return "of all calls that change something, number " + number + ": nothing is heard of it, and it arrives "
                    + seconds(by) + " later";
        }
    }

    /** Everything at {@code place} is refused with 429 for a while. */
    record Throttled(String place, Duration at, Duration lasts) implements Mishap {
        @Override
        public String what() {
            return place + " refuses every call with 429";
        }
    }

    /**
     * A site is gone: database, pods and share, all at once. It comes up again as its machines do.
     *
     * @param controlToo whether nothing can fence its database meanwhile
     */
    record Outage(String site, Duration at, Duration lasts, boolean controlToo) implements Mishap {
        @Override
        public String what() {
            return "outage of " + site
                    + (controlToo ? ", and nothing there can be fenced" : ", but its database can be fenced");
        }
    }

    /** Nothing passes between two places; all goes on in either of them. */
    record Partition(String one, String other, Duration at, Duration lasts) implements Mishap {
        @Override
        public String what() {
            return "nothing passes between " + one + " and " + other;
        }
    }

    /** Writes reach the replica that much later. */
    record Lag(Duration delay, Duration at, Duration lasts) implements Mishap {
        @Override
        public String what() {
            return "replication is " + seconds(delay) + " behind";
        }
    }

    /** No pod of a site becomes ready, or stays so. */
    record PodsFail(String site, Duration at, Duration lasts) implements Mishap {
        @Override
        public String what() {
            return "no pod in " + site + " is ready";
        }
    }

    /** No pod of a site that is to end does. */
    record PodsStay(String site, Duration at, Duration lasts) implements Mishap {
        @Override
        public String what() {
            return "no pod in " + site + " ends";
        }
    }

    /**
     * The wall clocks of the machines that plans run on go wrong: all that are started from then on, and those that run.
     *
     * @param by forward, or back when negative
     */
    record ClockJump(Duration at, Duration by) implements Mishap {
        @Override
        public String what() {
            return "the wall clocks of the operators' machines jump by " + seconds(by);
        }
    }

    /**
     * The clocks of the machines that plans run on go too fast, or too slow, from then on.
     *
     * @param partsPerMillion how much too fast; too slow when negative
     */
    record ClocksDrift(Duration at, int partsPerMillion) implements Mishap {
        @Override
        public String what() {
            return "the clocks of the operators' machines drift by " + partsPerMillion + " parts in a million";
        }
    }

    /** The process that runs the plan is stopped, as by SIGSTOP, and goes on later. */
    record Pause(Duration at, Duration lasts) implements Mishap {
        @Override
        public String what() {
            return "the process that runs the plan is stopped";
        }
    }

    /**
     * The process that runs the plan dies.
     *
     * @param moment which: right before or after one of its calls or entries in the journal, counted from 1 over all processes
     */
    record Crash(int moment) implements Mishap {
        @Override
        public String what() {
            return "the process that runs the plan dies at moment " + moment
                    + ", right before or after a call or an entry in the journal";
        }
    }

    /**
     * An entry cannot be written to the journal.
     *
     * @param number which, counted from 1 over the whole disaster
     * @param kept whether it is there all the same
     */
    record JournalFails(int number, boolean kept) implements Mishap {
        @Override
        public String what() {
            return "the journal answers with an error to entry " + number
                    + (kept ? ", and has it" : ", and has it not");
        }
    }

    /** The operator interrupts the run, and resumes it later. */
    record Interrupted(Duration at) implements Mishap {
        @Override
        public String what() {
            return "the operator interrupts the run";
        }
    }

    /**
     * A second operator begins the same on another machine, while the first may be at it.
     *
     * @param byForce whether they take the run over where it is in use
     */
    record SecondOperator(Duration at, boolean byForce) implements Mishap {
        @Override
        public String what() {
            return "a second operator begins the same" + (byForce ? ", and takes the run over by force" : "");
        }
    }

    /** When it begins; empty for what is counted and not timed. */
    default Optional<Duration> begins() {
        if (this instanceof Throttled throttled) {
            return Optional.of(throttled.at());
        } else if (this instanceof Outage outage) {
            return Optional.of(outage.at());
        } else if (this instanceof Partition partition) {
            return Optional.of(partition.at());
        } else if (this instanceof Lag lag) {
            return Optional.of(lag.at());
        } else if (this instanceof PodsFail pods) {
            return Optional.of(pods.at());
        } else if (this instanceof PodsStay pods) {
            return Optional.of(pods.at());
        } else if (this instanceof ClockJump jump) {
            return Optional.of(jump.at());
        } else if (this instanceof ClocksDrift drift) {
            return Optional.of(drift.at());
        } else if (this instanceof Pause pause) {
            return Optional.of(pause.at());
        } else if (this instanceof Interrupted interrupted) {
            return Optional.of(interrupted.at());
        } else if (this instanceof SecondOperator second) {
            return Optional.of(second.at());
        }
        return Optional.empty();
    }

    /** When it is over; empty for what does not last. */
    default Optional<Duration> ends() {
        if (this instanceof Throttled throttled) {
            return Optional.of(throttled.at().plus(throttled.lasts()));
        } else if (this instanceof Outage outage) {
            return Optional.of(outage.at().plus(outage.lasts()));
        } else if (this instanceof Partition partition) {
            return Optional.of(partition.at().plus(partition.lasts()));
        } else if (this instanceof Lag lag) {
            return Optional.of(lag.at().plus(lag.lasts()));
        } else if (this instanceof PodsFail pods) {
            return Optional.of(pods.at().plus(pods.lasts()));
        } else if (this instanceof PodsStay pods) {
            return Optional.of(pods.at().plus(pods.lasts()));
        } else if (this instanceof Pause pause) {
            return Optional.of(pause.at().plus(pause.lasts()));
        }
        return Optional.empty();
    }

    private static String seconds(Duration time) {
        return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
    }
}
