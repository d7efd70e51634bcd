package io.drkit.testkit.disaster;

import io.drkit.core.Epoch;
import io.drkit.core.event.RunEvent;
import io.drkit.core.plan.Mode;
import io.drkit.core.report.RunReport;
import java.time.Duration;
import java.util.Set;

/** Something that happened in the simulated world. Times are counted from the beginning of the simulation. */
public sealed interface Event {
    /** When. */
    Duration at();

    /**
     * Something went wrong, or was over.
     *
     * @param over whether this is its end
     */
    record Struck(Duration at, Mishap mishap, boolean over) implements Event {}

    /** An operator did something, in words. */
    record Decided(Duration at, String who, String what) implements Event {}

    /**
     * A process begins a run, or goes on with one.
     *
     * @param before what the world was like
     */
    record RunBegan(
            Duration at, String machine, Mode mode, String from, String to, RunEvent.RunBegan told, Picture before)
            implements Event {}

    /** Something else that the run told. */
    record Told(Duration at, String machine, RunEvent told) implements Event {}

    /**
     * A run ended, or paused, with a report.
     *
     * @param after what the world was like at that moment
     */
    record RunEnded(Duration at, String machine, RunReport report, Picture after) implements Event {}

    /** The runner did not answer with a report but with this. */
    record RunFailed(Duration at, String machine, Throwable failure) implements Event {}

    /** The process is no more at work on the run, in whatever way that came about. */
    record Left(Duration at, String machine, boolean died) implements Event {}

    /** A change that a process asked for was accepted. */
    record Changed(Duration at, String machine, String place, String operation, String what, Epoch epoch)
            implements Event {}

    /**
     * A process asked for a change in the name of a run although another run has had the lease since.
     *
     * @param newest the epoch of the newest lease
     */
    record Overstepped(Duration at, String machine, String what, Epoch epoch, Epoch newest) implements Event {}

    /** From here on clients can write to the databases of these sites. */
    record Writable(Duration at, Set<String> sites) implements Event {}

    /**
     * From here on these sites can take traffic: they have a ready pod of everything that serves, and the database that those are
     * pointed at takes writes.
     */
    record Ready(Duration at, Set<String> sites) implements Event {}

    /** A user reached a site, and did not find there the file, or the content of it, that they had left last. */
    record Missed(Duration at, Acknowledged write, String site) implements Event {}

    /** From here on pods that work on their own do so at these sites. */
    record AtWork(Duration at, Set<String> sites) implements Event {}
}
