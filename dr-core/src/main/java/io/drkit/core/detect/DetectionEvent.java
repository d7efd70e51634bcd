package io.drkit.core.detect;

import io.drkit.core.report.RunReport;
import java.time.Instant;
import java.util.List;

/** What an {@link OutageDetector} tells its listener, in the order in which it happened. */
public sealed interface DetectionEvent {
    /** When, for people. */
    Instant at();

    /** For a person, in one line. */
    String line();

    /** A majority of all observers sees the active site sick. Nothing is decided yet. */
    record Suspected(Instant at, Outage outage) implements DetectionEvent {
        @Override
        public String line() {
            return outage.site() + " is seen sick by a majority: " + String.join("; ", outage.why());
        }
    }

    /** The restart is tried first. */
    record RestartBegan(Instant at, String description) implements DetectionEvent {
        @Override
        public String line() {
            return "trying first to " + description;
        }
    }

    /** The restart ended; what it brought is for the observers to see. */
    record RestartEnded(Instant at, boolean done, String detail) implements DetectionEvent {
        @Override
        public String line() {
            return (done ? "the restart is done: " : "the restart failed: ") + detail;
        }
    }

    /**
     * The outage is declared.
     *
     * @param again it was declared before, perhaps by a process that ended before it told anybody; the site is seen sick, and nobody
     *     has acknowledged it
     */
    record Declared(Instant at, Outage outage, boolean again) implements DetectionEvent {
        @Override
        public String line() {
            return outage.site()
                    + (again ? " is seen sick, and nobody has acknowledged the outage of " : " is out since ")
                    + outage.began() + ": " + String.join("; ", outage.why());
        }
    }

    /** Observing only: this is what would have been done. */
    record WouldHave(Instant at, Outage outage, String what) implements DetectionEvent {
        @Override
        public String line() {
            return "would have " + what + ": " + outage.site() + " is out since " + outage.began() + ": "
                    + String.join("; ", outage.why());
        }
    }

    /** An outage is seen and not declared, told once for each reason. */
    record Suppressed(Instant at, Outage outage, String why) implements DetectionEvent {
        @Override
        public String line() {
            return outage.site() + " is seen sick, and that is not declared: " + why;
        }
    }

    /** So many observers see the active site healthy that no majority can see it sick, whatever the others would say. */
    record Recovered(Instant at, String site) implements DetectionEvent {
        @Override
        public String line() {
            return site + " is no longer seen sick by a majority";
        }
    }

    /**
     * For some looks in a row fewer than a majority of the observers have known anything: an outage could not be seen now. Told once,
     * until {@link SeesAgain}.
     *
     * @param why what each of those says that know nothing
     */
    record Blind(Instant at, String site, List<String> why) implements DetectionEvent {
        public Blind {
            why = List.copyOf(why);
        }

        @Override
        public String line() {
            return "whether " + site + " is out cannot be seen: " + String.join("; ", why);
        }
    }

    /** A majority of the observers know something again: whether the site is healthy is another matter. */
    record SeesAgain(Instant at, String site) implements DetectionEvent {
        @Override
        public String line() {
            return "whether " + site + " is out can be seen again";
        }
    }

    /** The automatic failover ended, whichever way: look at the report's outcome. */
    record FailoverEnded(Instant at, RunReport report) implements DetectionEvent {
        @Override
        public String line() {
            return "the automatic failover ended " + report.outcome()
                    + report.reason().map(why -> ": " + why).orElse("");
        }
    }

    /** The automatic failover did not begin, or broke off. */
    record FailoverFailed(Instant at, Throwable failure) implements DetectionEvent {
        @Override
        public String line() {
            return "the automatic failover did not run: " + failure;
        }
    }

    /** A person has seen to the last outage. */
    record Acknowledged(Instant at, String who, String reason) implements DetectionEvent {
        @Override
        public String line() {
            return who + " acknowledged the outage: " + reason;
        }
    }
}
