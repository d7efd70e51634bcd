package io.drkit.testkit.disaster;

import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.plan.Mode;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What should hold in every disaster, whatever the plan. */
public final class Invariants {
    /** A clock that drifts measures a span a little short. */
    private static final Duration SLACK = Duration.ofSeconds(1);

    private Invariants() {}

    /** All of them. */
    public static Invariant[] all() {
        return new Invariant[] {
            neverTwoWriters(),
            noAcknowledgedWriteLost(),
            lossWithinReport(),
            trafficOnlyToReadySites(),
            onlyOneSiteProcesses(),
            everyRunEndsOrSaysWhy(),
            noStaleChange(),
            nothingWithoutTheLease(),
            nothingAfterTheEnd(),
            reportsAreTrue(),
            worksInTheEnd(),
            promotedOnce()
        };
    }

    /** At no time can clients reach two databases that take writes. */
    public static Invariant neverTwoWriters() {
        return Invariant.named(
                "never two writable primaries",
                "a failover promotes without a confirmed fence of the old primary",
                history -> history.events(Event.Writable.class).stream()
                        .filter(event -> event.sites().size() > 1)
                        .findFirst()
                        .map(event -> new Breach(event.at(), "clients can write to both " + event.sites())));
    }

    /**
     * Where every run was a switchover, each row and file that was acknowledged is there in the end; and at any time users find
     * the file that they left last at whichever site they reach.
     */
    public static Invariant noAcknowledgedWriteLost() {
        return Invariant.named(
                "no acknowledged write lost in a switchover",
                "something is brought over before the writers were stopped, or the writers were not all stopped",
                history -> history.failedOver()
                        ? Optional.empty()
                        : history.lost().stream()
                                .findFirst()
                                .map(Invariants::lost)
                                .or(() -> history.events(Event.Missed.class).stream()
                                        .findFirst()
                                        .map(missed -> new Breach(
                                                missed.at(),
                                                missed.write().line() + " is not there for its user in "
                                                        + missed.site()))));
    }

    private static Breach lost(Acknowledged write) {
        return new Breach(write.at(), write.line() + " is not there in the end");
    }

    /** Where a run was a failover, what is lost spans no more time than its report says. A report may say that nobody knows. */
    public static Invariant lossWithinReport() {
        return Invariant.named(
                "loss in a failover within the report",
                "a step of the failover gives something up and does not report it",
                history -> {
                    List<Acknowledged> lost = history.lost();
                    if (!history.failedOver() || lost.isEmpty()) {
                        return Optional.empty();
                    }
                    // What the journal holds counts as well: a process may die before it has handed its report out.
                    List<RunReport> reports = Stream.concat(
                                    history.reports().stream(), history.journalledReports().stream())
                            .filter(report -> report.mode() == Mode.FAILOVER)
                            .toList();
                    if (reports.isEmpty()) {
                        return Optional.empty();
                    }
                    // A run that found all done already states nothing: what counts was stated by the one before it.
                    List<RunReport> stating = reports.stream()
                            .filter(report -> !report.losses().isEmpty())
                            .toList();
                    if (stating.isEmpty()) {
                        return Optional.of(new Breach(
                                history.end(), lost.size() + " writes are lost, and no report states a loss"));
                    }
                    if (stating.stream().anyMatch(report -> report.achievedRpo().isEmpty())) {
                        return Optional.empty();
                    }
                    Duration stated = stating.stream()
                            .flatMap(report -> report.achievedRpo().stream())
                            .max(Duration::compareTo)
                            .orElse(Duration.ZERO);
                    Acknowledged first = lost.get(0);
                    Acknowledged newest = lost.get(lost.size() - 1);
                    Duration span = newest.at().minus(first.at());
                    return stated.isZero() || span.minus(SLACK).compareTo(stated) > 0
                            ? Optional.of(new Breach(
                                    history.end(),
                                    "what was acknowledged during " + span + " is lost, from " + first.line() + " to "
                                            + newest.line() + ", and the report says " + stated))
                            : Optional.empty();
                });
    }

    /** Whenever a name is pointed at a site, that site was ready at some time since the run began. */
    public static Invariant trafficOnlyToReadySites() {
        return Invariant.named(
                "traffic only to sites that are ready",
                "the step that moves the traffic does not come after those that promote the database and start the pods",
                history -> {
                    Set<String> ready = Set.of();
                    Set<String> wereReady = new TreeSet<>();
                    for (Event event : history.events()) {
                        if (event instanceof Event.Ready now) {
                            ready = now.sites();
                            wereReady.addAll(ready);
                        } else if (event instanceof Event.RunBegan began
                                && !began.told().resumed()) {
                            wereReady = new TreeSet<>(ready);
                        } else if (event instanceof Event.Changed change
                                && change.place().equals(Scene.DNS)) {
                            String target =
                                    change.what().substring(change.what().lastIndexOf(' ') + 1);
                            String site = Scene.siteOf(target);
                            if (target.equals(Scene.host(site)) && !wereReady.contains(site)) {
                                return Optional.of(new Breach(
                                        change.at(), change.what() + ", but " + site + " was never ready in this run"));
                            }
                        }
                    }
                    return Optional.empty();
                });
    }

    /**
     * In switchovers, once the pods of the other site have done some work, those of the first do none any more; pods that work on
     * their own do so at one site at a time; and a run that succeeded has left no pod wanted at the site that it left.
     */
    public static Invariant onlyOneSiteProcesses() {
        return Invariant.named(
                "only one site processes data",
                "pods are started at one site before those of the other were stopped",
                history -> {
                    Deque<Event.RunBegan> turns = turns(history);
                    String to = Scene.EAST;
                    boolean begun = false;
                    for (Acknowledged write : history.acknowledged()) {
                        while (!turns.isEmpty()
                                && write.at().compareTo(turns.element().at()) >= 0) {
                            to = turns.remove().to();
                            begun = false;
                        }
                        if (write.through().equals(to)) {
                            begun = true;
                        } else if (begun && !history.failedOver()) {
                            return Optional.of(new Breach(
                                    write.at(),
                                    "the pods in " + write.through() + " wrote " + write.id() + " after those in " + to
                                            + " had begun to work"));
                        }
                    }
                    return history.failedOver() ? Optional.empty() : atTwoSites(history);
                });
    }

    /** The runs that began to go the other way than those before them. */
    private static Deque<Event.RunBegan> turns(History history) {
        Deque<Event.RunBegan> turns = new ArrayDeque<>();
        String to = Scene.EAST;
        for (Event.RunBegan began : history.events(Event.RunBegan.class)) {
            if (!began.to().equals(to)) {
                to = began.to();
                turns.add(began);
            }
        }
        return turns;
    }

    private static Optional<Breach> atTwoSites(History history) {
        for (Event event : history.events()) {
            if (event instanceof Event.AtWork now && now.sites().size() > 1) {
                return Optional.of(new Breach(now.at(), "pods are at work in both " + now.sites()));
            } else if (event instanceof Event.RunEnded ended && ended.report().succeeded()) {
                String left = ended.report().from();
                for (String place : ended.after().wanted().keySet()) {
                    if (place.startsWith(left + " ") && ended.after().wanted().getOrDefault(place, 0) > 0) {
                        return Optional.of(new Breach(
                                ended.at(), "the run ended SUCCEEDED, and pods are still wanted for " + place));
                    }
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Where the last run succeeded, or a switchover was put back, the application works at that site when nothing goes wrong any
     * more: each client gets a write acknowledged there, each workload has as many pods as before, and those that work on their own
     * get theirs acknowledged too.
     */
    public static Invariant worksInTheEnd() {
        return Invariant.named(
                "it works when all is over",
                "something is not started at the site that serves, or a name that leads there is not moved",
                history -> {
                    Optional<String> serving = Optional.of(Scene.WEST);
                    Optional<String> before = serving;
                    String run = "";
                    for (Event event : history.events()) {
                        if (event instanceof Event.RunBegan began) {
                            before = began.told().runId().equals(run) ? before : serving;
                            run = began.told().runId();
                            serving = Optional.empty();
                        } else if (event instanceof Event.RunEnded ended) {
                            serving = serving(ended.report(), before);
                        }
                    }
                    return serving.flatMap(site -> history.calm().flatMap(calm -> worksAt(site, history, calm)));
                });
    }

    /** Where the application should work after a run that ended so, if anywhere. */
    private static Optional<String> serving(RunReport ended, Optional<String> before) {
        if (ended.outcome() == RunOutcome.SUCCEEDED) {
            return Optional.of(ended.to());
        }
        return ended.outcome() == RunOutcome.UNDONE && ended.mode() == Mode.SWITCHOVER ? before : Optional.empty();
    }

    private static Optional<Breach> worksAt(String site, History history, History.Calm calm) {
        for (Map.Entry<String, Integer> count : calm.counts().entrySet()) {
            int wanted = history.endPicture().wanted(site, count.getKey());
            if (wanted != count.getValue()) {
                return Optional.of(new Breach(
                        history.end(),
                        "of " + count.getKey() + " " + wanted + " pods are wanted in " + site + ", and there were "
                                + count.getValue()));
            }
        }
        Set<String> silent = new TreeSet<>(calm.writers());
        history.acknowledged().stream()
                .filter(write -> write.at().compareTo(calm.since()) >= 0 && !write.file())
                .filter(write -> write.through().equals(site))
                .forEach(write -> silent.remove(write.by()));
        return silent.isEmpty()
                ? Optional.empty()
                : Optional.of(new Breach(history.end(), "no write is acknowledged in " + site + " to " + silent));
    }

    /**
     * A run ends with a report that gives a reason unless it succeeded, or the runner refuses with an error of its own; and sooner
     * or later there is a report.
     */
    public static Invariant everyRunEndsOrSaysWhy() {
        return Invariant.named(
                "every run ends, or says what it waits for",
                "an action throws something that is no DrException, or waits by other means than the clockwork",
                history -> {
                    for (Event event : history.events()) {
                        if (event instanceof Event.RunEnded ended
                                && !ended.report().succeeded()
                                && ended.report().reason().orElse("").isBlank()) {
                            return Optional.of(new Breach(
                                    ended.at(),
                                    "the run ended " + ended.report().outcome() + " and gives no reason"));
                        } else if (event instanceof Event.RunFailed failed
                                && !(failed.failure() instanceof DrException)
                                && !(failed.failure() instanceof InterruptedException)) {
                            return Optional.of(new Breach(failed.at(), "the runner threw " + failed.failure()));
                        }
                    }
                    return history.reports().isEmpty()
                            ? Optional.of(new Breach(history.end(), "no run ever came to a report"))
                            : Optional.empty();
                });
    }

    /** Nothing accepts a change of a run that is older than one whose change it has accepted. */
    public static Invariant noStaleChange() {
        return Invariant.named(
                "no change under a lower epoch",
                "an action does not hand the epoch of its context to what it changes",
                history -> {
                    Map<String, Long> highest = new HashMap<>();
                    for (Event.Changed change : history.events(Event.Changed.class)) {
                        if (change.epoch().equals(Epoch.NONE)) {
                            continue;
                        }
                        String subject =
                                change.operation().substring(change.operation().lastIndexOf(' ') + 1);
                        String resource = change.place().replace("control of ", "") + " " + subject;
                        long before = highest.getOrDefault(resource, 0L);
                        if (change.epoch().value() < before) {
                            return Optional.of(new Breach(
                                    change.at(),
                                    change.what() + " in the name of epoch " + change.epoch() + ", after one of epoch "
                                            + before));
                        }
                        highest.put(resource, change.epoch().value());
                    }
                    return Optional.empty();
                });
    }

    /** Where runs are under a lease, a process asks for no change any more when a later run has had it. */
    public static Invariant nothingWithoutTheLease() {
        return Invariant.named(
                "nothing without the lease",
                "an action has several effects and does not ask for its authority before each of them",
                history -> history.events(Event.Overstepped.class).stream()
                        .findFirst()
                        .map(asked -> new Breach(
                                asked.at(),
                                asked.machine() + " asks " + asked.what() + " in the name of epoch " + asked.epoch()
                                        + ", after epoch " + asked.newest() + " had the lease")));
    }

    /** When the runner has answered, in whatever way, nothing is changed any more in the name of that run by that process. */
    public static Invariant nothingAfterTheEnd() {
        return Invariant.named(
                "nothing is changed after a run has ended",
                "an action starts work of its own that goes on when the action has ended or was interrupted",
                history -> {
                    Set<String> over = new TreeSet<>();
                    for (Event event : history.events()) {
                        if (event instanceof Event.RunBegan began) {
                            over.remove(began.machine());
                        } else if (event instanceof Event.RunFailed failed) {
                            over.add(failed.machine());
                        } else if (event instanceof Event.Left left && !left.died()) {
                            over.add(left.machine());
                        } else if (event instanceof Event.Changed change
                                && over.contains(change.machine())
                                && !change.epoch().equals(Epoch.NONE)) {
                            return Optional.of(new Breach(
                                    change.at(),
                                    change.machine() + " goes on " + change.what() + " after its run ended"));
                        }
                    }
                    return Optional.empty();
                });
    }

    /**
     * A run that says that it succeeded has made the other site ready, moved the names there, those of the database too, and left
     * one primary; one that says that all was put back has left primaries, names and counts of pods as they were.
     */
    public static Invariant reportsAreTrue() {
        return Invariant.named(
                "a report says only what is so",
                "a step takes for done what it has not seen to be done, or has an undo that puts back less than it changed",
                history -> {
                    Set<String> ready = Set.of();
                    Set<String> wereReady = new TreeSet<>();
                    Picture before = null;
                    String run = "";
                    for (Event event : history.events()) {
                        if (event instanceof Event.Ready now) {
                            ready = now.sites();
                            wereReady.addAll(ready);
                        } else if (event instanceof Event.RunBegan began) {
                            // whoever began it may have died before anybody heard of it
                            if (!began.told().runId().equals(run)) {
                                wereReady = new TreeSet<>(ready);
                                before = began.before();
                            }
                            run = began.told().runId();
                        } else if (event instanceof Event.RunEnded ended) {
                            Optional<String> wrong = wrong(ended.report(), before, ended.after(), wereReady);
                            if (wrong.isPresent()) {
                                return Optional.of(new Breach(
                                        ended.at(),
                                        "the report says " + ended.report().outcome() + ", but " + wrong.get()));
                            }
                        }
                    }
                    return Optional.empty();
                });
    }

    private static Optional<String> wrong(
            RunReport report, @Nullable Picture before, Picture after, Set<String> wereReady) {
        String to = report.to();
        if (report.outcome() == RunOutcome.SUCCEEDED) {
            if (!after.primaries().getOrDefault(to, false)) {
                return Optional.of("the database of " + to + " is no primary");
            }
            if (!wereReady.contains(to)) {
                return Optional.of(to + " was never ready");
            }
            return Stream.concat(after.traffic().entrySet().stream(), after.databases().entrySet().stream())
                    .filter(name -> !name.getValue().equals(to))
                    .map(name -> name.getKey() + " points at " + name.getValue())
                    .findFirst();
        }
        if (report.outcome() == RunOutcome.UNDONE && before != null && !before.equals(after)) {
            return Optional.of("it was " + before + " and is " + after);
        }
        return Optional.empty();
    }

    /** No database is promoted twice, as there is no switch back. */
    public static Invariant promotedOnce() {
        return Invariant.named(
                "what must not be done twice is done once",
                "an action applies its change again without looking whether the first time came through",
                history -> {
                    for (String site : List.of(Scene.WEST, Scene.EAST)) {
                        if (history.promotions(site) > 1) {
                            return Optional.of(new Breach(
                                    history.end(), site + " was promoted " + history.promotions(site) + " times"));
                        }
                    }
                    return Optional.empty();
                });
    }
}
