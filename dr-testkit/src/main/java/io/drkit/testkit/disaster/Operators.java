package io.drkit.testkit.disaster;

import io.drkit.core.BlockedException;
import io.drkit.core.DrException;
import io.drkit.core.Site;
import io.drkit.core.event.RunEvent;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The people with the runbook. They begin a run and see it through: a run that stopped is resumed, one whose process died is
 * resumed on another machine, a switchover whose site dies is abandoned for a failover, and after some tries they leave it at
 * what the report says.
 */
final class Operators<S extends Site> {
    private static final int TRIES = 14;
    private static final int MOST_TRIES = 500;
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(20);
    private static final Duration LOOK = Duration.ofSeconds(15);
    /** How long they wait for a process that answers nothing. */
    private static final Duration PATIENCE = Duration.ofSeconds(75);
    /** How long they wait for others to end. */
    private static final Duration LAST_PATIENCE = Duration.ofMinutes(10);

    private final Scene scene;
    private final Application<S> application;
    private final Disaster disaster;
    private final Clockwork time;
    private final Mailbox<Seat> ended;
    private final Mailbox<Seat> died;
    private final List<Seat> atWork = new ArrayList<>();
    private Mode mode;
    private @Nullable Mode unfinished;
    private int machines;
    /** Whether they are on their way back. */
    private boolean back;

    private long pausedUntil;

    Operators(Scene scene, Application<S> application, Disaster disaster) {
        this.scene = scene;
        this.application = application;
        this.disaster = disaster;
        this.time = scene.time();
        this.mode = disaster.mode();
        this.ended = time.mailbox();
        this.died = time.mailbox();
        this.pausedUntil = time.nanoTime();
    }

    /** A process, with the application in it and somebody before it. */
    private final class Seat {
        final Host host;
        final RecoveryPlan<S> plan;
        final S west;
        final S east;
        final PlanRunner runner;

        @Nullable
        Task task;

        boolean mourned;
        boolean told;
        boolean watches;
        boolean saidFailOver;

        RunEvent.@Nullable WordAwaited asks;

        @Nullable
        RunReport report;

        @Nullable
        Throwable failure;

        Mode at = Mode.SWITCHOVER;
        boolean goesBack;

        Seat(Host host) {
            this.host = host;
            World world = new World(scene, host, machines == 1);
            plan = application.plan(world);
            west = application.site(world.west());
            east = application.site(world.east());
            PlanRunner.Builder building = PlanRunner.journalingTo(new HostJournals(scene, host))
                    .clockwork(host)
                    .listener(event -> note(this, event))
                    .stopGrace(Duration.ofSeconds(10));
            if (scene.underLeases()) {
                building.leasedBy(Leases.in(new HostLeases(scene, host))
                        .as(Node.named(host.name()))
                        .clockwork(host)
                        .build());
            }
            runner = building.build();
        }

        SiteSwitch<S> over(Mode which) {
            at = which;
            goesBack = back;
            S from = back ? east : west;
            S to = back ? west : east;
            return which == Mode.SWITCHOVER
                    ? SiteSwitch.switchoverFrom(from).to(to)
                    : SiteSwitch.failoverFrom(from).to(to);
        }
    }

    private interface Work {
        RunReport run() throws InterruptedException;
    }

    private Seat sit() {
        machines++;
        return new Seat(new Host(scene, "ops-" + machines));
    }

    private void note(Seat seat, RunEvent event) {
        if (event instanceof RunEvent.StepEnded || event instanceof RunEvent.RunEnded) {
            scene.look();
        }
        Duration now = scene.history().now();
        String machine = seat.host.name();
        if (event instanceof RunEvent.Attached) {
            seat.watches = true;
            decided(machine, "the run is at work elsewhere: watches it");
        }
        if (seat.watches) {
            return;
        }
        if (event instanceof RunEvent.RunBegan began) {
            if (began.line().startsWith(Mode.FAILOVER.toString())) {
                // also where it was turned into one right before its process died
                seat.at = Mode.FAILOVER;
                mode = Mode.FAILOVER;
            }
            scene.history()
                    .add(new Event.RunBegan(
                            now,
                            machine,
                            seat.at,
                            seat.goesBack ? Scene.EAST : Scene.WEST,
                            seat.goesBack ? Scene.WEST : Scene.EAST,
                            began,
                            scene.picture()));
            unfinished = seat.at;
        } else if (event instanceof RunEvent.RunEnded end) {
            scene.history().add(new Event.RunEnded(now, machine, end.report(), scene.picture()));
            RunOutcome outcome = end.report().outcome();
            unfinished = outcome == RunOutcome.SUCCEEDED || outcome == RunOutcome.UNDONE ? null : seat.at;
        } else if (event instanceof RunEvent.WordAwaited awaited && awaited.what() == RunReport.Wait.For.APPROVAL) {
            seat.asks = awaited;
            scene.history().add(new Event.Told(now, machine, event));
        } else if (!(event instanceof RunEvent.StepProgressed) && !(event instanceof RunEvent.StepWaiting)) {
            if (event instanceof RunEvent.FailedOver) {
                seat.at = Mode.FAILOVER;
                unfinished = Mode.FAILOVER;
                mode = Mode.FAILOVER;
            }
            scene.history().add(new Event.Told(now, machine, event));
        }
    }

    /** Sees the disaster through, and the way back where they go back. */
    void work() throws InterruptedException {
        Seat seat = sit();
        time.sleep(disaster.begins());
        seeThrough(seat);
        untilNobodyIsAtWork();
        if (disaster.goesBack() && application.setting().bothWays() && served(Scene.EAST)) {
            time.sleep(disaster.over().minus(scene.history().now()).plus(BETWEEN_TRIES));
            if (scene.mendsWest()) {
                decided("ops", "make the west a standby of the east again");
            }
            decided("ops", "go back to the west");
            back = true;
            mode = Mode.SWITCHOVER;
            seeThrough(sit());
            untilNobodyIsAtWork();
        }
    }

    private boolean served(String site) {
        return unfinished == null
                && last().filter(report -> report.succeeded() && report.to().equals(site))
                        .isPresent();
    }

    /** Somebody who came later may have begun something when the others had ended. */
    private void untilNobodyIsAtWork() throws InterruptedException {
        Deadline patience = time.deadline(LAST_PATIENCE);
        while (!atWork.isEmpty() && !patience.passed()) {
            ended.poll(LOOK);
        }
    }

    /** Tries until it is done, or they give up. */
    private void seeThrough(Seat first) throws InterruptedException {
        Seat seat = first;
        int tries = 1;
        for (int begun = 0; tries <= TRIES && begun < MOST_TRIES; begun++) {
            if (seat.host.dead()) {
                seat = sit();
            }
            boolean resume = unfinished != null;
            if (resume && unfinished != mode) {
                if (disaster.seed() % 2 == 0) {
                    abandon(seat);
                } else {
                    failOver(seat);
                }
                resume = unfinished != null;
            }
            begin(seat, resume);
            Seat done = await(seat);
            if (done == null) {
                decided("ops", seat.host.name() + " answers nothing: take over on another machine");
                seat = sit();
                takeOver(seat);
                while (await(seat) == null) {
                    // nobody is left to take over; it goes on when it can
                }
            }
            if (over(tries)) {
                return;
            }
            // who finds somebody else at work comes again
            tries += somebodyAtWork() ? 0 : 1;
            time.sleep(BETWEEN_TRIES);
        }
    }

    private boolean somebodyAtWork() {
        return atWork.stream().anyMatch(seat -> !seat.host.dead());
    }

    private void begin(Seat seat, boolean resume) {
        // What was told to fail over is resumed as what it is, and hears that first.
        Mode which = resume && unfinished != null ? unfinished : mode;
        decided(seat.host.name(), (resume ? "resume the " : "begin a ") + which);
        start(
                seat,
                () -> resume
                        ? seat.runner.resume(seat.plan, seat.over(which))
                        : seat.runner.run(seat.plan, seat.over(which)));
    }

    private void takeOver(Seat seat) {
        Mode which = unfinished == null ? mode : unfinished;
        decided(seat.host.name(), "take the " + which + " over");
        start(
                seat,
                () -> seat.runner.takeOver(seat.plan, seat.over(which), "bob", "the other machine does not answer"));
    }

    /** The site that they leave. */
    private String left() {
        return back ? Scene.EAST : Scene.WEST;
    }

    private String gone() {
        return "the " + left() + " is gone";
    }

    /** Tells a switchover, at work or not, to go on as a failover. */
    private void failOver(Seat seat) {
        seat.saidFailOver = true;
        try {
            seat.runner
                    .control(seat.plan, seat.over(Mode.SWITCHOVER), "ann", "commander")
                    .failOver(gone());
            decided("ann", "tells the switchover to go on as a failover");
        } catch (DrException | Host.Death e) {
            decided("ann", "could not tell it to fail over: " + e.getMessage());
        }
    }

    /** Somebody in the role that a run asks approves. */
    private void approve(Seat seat, RunEvent.WordAwaited asked) {
        seat.asks = null;
        try {
            seat.runner
                    .control(seat.plan, seat.over(seat.at), "carol", asked.role())
                    .approve(asked.name(), "all is ready");
            decided("carol", "approves \"" + asked.name() + "\"");
        } catch (DrException | Host.Death e) {
            decided("carol", "could not approve: " + e.getMessage());
        }
    }

    private void abandon(Seat seat) {
        Mode which = unfinished == null ? mode : unfinished;
        decided(seat.host.name(), "abandon the " + which);
        try {
            seat.runner.abandon(seat.plan, seat.over(which), "ann", gone());
            unfinished = null;
        } catch (DrException | Host.Death e) {
            decided(seat.host.name(), "could not: " + e.getMessage());
        }
    }

    private void start(Seat seat, Work work) {
        seat.told = false;
        seat.watches = false;
        seat.saidFailOver = false;
        seat.report = null;
        seat.failure = null;
        atWork.add(seat);
        seat.task = seat.host.start("operator", () -> {
            try {
                seat.report = work.run();
            } catch (InterruptedException | RuntimeException | Error e) {
                seat.failure = e;
                learn(seat, e);
            }
            if (seat.host.dead()) {
                // whoever waits for it is told by noticeDeaths
                return;
            }
            scene.history()
                    .add(
                            seat.failure == null
                                    ? new Event.Left(scene.history().now(), seat.host.name(), false)
                                    : new Event.RunFailed(scene.history().now(), seat.host.name(), seat.failure));
            tell(seat);
        });
    }

    /** A runner that refuses says how the journal stands. */
    private void learn(Seat seat, Throwable failure) {
        if (failure instanceof BlockedException refusal) {
            switch (refusal.code()) {
                case "run.unfinished", "run.owner-gone" -> unfinished = seat.at;
                case "run.other-plan" -> unfinished = seat.at == Mode.SWITCHOVER ? Mode.FAILOVER : Mode.SWITCHOVER;
                case "run.nothing-to-resume" -> unfinished = null;
                default -> {
                    // says nothing of it
                }
            }
        }
    }

    private void tell(Seat seat) {
        if (!seat.told) {
            seat.told = true;
            atWork.remove(seat);
            ended.put(seat);
        }
    }

    /** Looks for processes that died; called now and then. Waits for nothing. */
    void noticeDeaths() {
        for (Seat seat : atWork) {
            if (seat.host.dead() && !seat.mourned) {
                seat.mourned = true;
                died.put(seat);
            }
        }
    }

    /** Clears dead processes away and tells of them, until it is ended. */
    void buryTheDead() {
        try {
            while (true) {
                Seat seat = died.poll(PATIENCE);
                if (seat != null) {
                    seat.host.bury();
                    tell(seat);
                }
            }
        } catch (InterruptedException e) {
            // nobody dies any more
        }
    }

    /** Waits for that one; null when it has been stopped for long and answers nothing. */
    private @Nullable Seat await(Seat seat) throws InterruptedException {
        Deadline patience = time.deadline(PATIENCE);
        while (true) {
            Seat done = ended.poll(LOOK);
            if (done == seat) {
                return seat;
            }
            RunEvent.WordAwaited asks = seat.asks;
            if (asks != null) {
                approve(seat, asks);
            }
            if (patience.passed() && pausedUntil - time.nanoTime() > 0) {
                return null;
            }
            if (unfinished == Mode.SWITCHOVER && scene.down(left()) && !seat.saidFailOver && !seat.host.dead()) {
                failOver(seat);
            }
        }
    }

    /** Whether nothing is left to be done, or to be tried. */
    private boolean over(int tries) {
        Optional<RunReport> last = last();
        if (last.isPresent() && unfinished == null) {
            RunOutcome outcome = last.get().outcome();
            if (outcome == RunOutcome.SUCCEEDED) {
                return true;
            }
            if (outcome == RunOutcome.UNDONE && mode == Mode.SWITCHOVER && !scene.down(left())) {
                return true;
            }
        }
        if (mode == Mode.SWITCHOVER && scene.down(left()) && tries >= 2) {
            decided("ops", gone() + ": from now on a failover");
            mode = Mode.FAILOVER;
        }
        return false;
    }

    private Optional<RunReport> last() {
        List<RunReport> reports = scene.history().reports();
        return reports.isEmpty() ? Optional.empty() : Optional.of(reports.get(reports.size() - 1));
    }

    /** Whoever is at work is interrupted, as by Ctrl-C. */
    void interrupt() {
        for (Seat seat : List.copyOf(atWork)) {
            Task task = seat.task;
            if (task != null && !seat.host.dead()) {
                task.interrupt();
            }
        }
    }

    void pause(Duration length) {
        pausedUntil = time.nanoTime() + length.toNanos();
        for (Seat seat : atWork) {
            if (!seat.host.dead()) {
                seat.host.machine().pause(length);
            }
        }
    }

    /** Somebody else does the same at the same time. */
    void second(boolean byForce) {
        Seat seat = sit();
        decided(seat.host.name(), "a second operator comes");
        if (byForce) {
            takeOver(seat);
        } else {
            begin(seat, false);
        }
    }

    private void decided(String who, String what) {
        scene.history().add(new Event.Decided(scene.history().now(), who, what));
    }
}
