package io.drkit.testkit.explore;

import io.drkit.core.BlockedException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.Site;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.time.Task;
import io.drkit.testkit.journal.InMemoryJournalStore;
import io.drkit.testkit.lease.InMemoryLeaseStore;
import io.drkit.testkit.time.Machine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The real runner on two machines: one runs a plan of two steps over two resources, and a person on the other one takes the run over,
 * whenever that is. The journal excludes them from each other; a lease does so too where that is asked for.
 */
final class TwoRunners implements Scenario {
    private static final JournalKey KEY = new JournalKey("shop", "west", "east");
    private static final SiteSwitch<Place> OVER =
            SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east"));

    private final boolean leased;
    private final boolean secondRefuses;

    /**
     * @param leased whether a lease excludes the two as well
     * @param secondRefuses whether the second step is blocked, so that the first must be undone
     */
    TwoRunners(boolean leased, boolean secondRefuses) {
        this.leased = leased;
        this.secondRefuses = secondRefuses;
    }

    record Place(String name) implements Site {}

    /** Is on or off, and refuses whoever comes with an epoch lower than one it has seen. */
    interface Switch {
        boolean on();

        void turn(boolean on, Epoch epoch);
    }

    private static final class Comparing implements Switch {
        private boolean on;
        private long highest;
        private int turned;

        @Override
        public boolean on() {
            return on;
        }

        @Override
        public void turn(boolean wanted, Epoch epoch) {
            if (epoch.value() < highest) {
                throw new StaleEpochException(
                        "switch.stale",
                        Problem.expected("epoch " + highest)
                                .found(epoch.toString())
                                .remedy("stop"));
            }
            highest = epoch.value();
            turned += on == wanted ? 0 : 1;
            on = wanted;
        }
    }

    private record Turn(Switch device, String name, boolean wanted, boolean refuses) implements Action<Boolean> {
        @Override
        public String describe() {
            return "turn " + name + (wanted ? " on" : " off");
        }

        @Override
        public Boolean observe(ActionContext context) {
            return device.on();
        }

        @Override
        public Assessment assess(Boolean on) {
            if (refuses) {
                return Assessment.blocked("it is not to be turned", "leave it");
            }
            return on == wanted ? Assessment.done("it is so") : Assessment.needed(describe());
        }

        @Override
        public void apply(Boolean on, ActionContext context) {
            device.turn(wanted, context.epoch());
        }

        @Override
        public ExecutionPolicy policy() {
            return ExecutionPolicy.builder().timeout(Duration.ofMinutes(30)).build();
        }
    }

    @Override
    public void play(Stage stage) throws Exception {
        InMemoryJournalStore kept = new InMemoryJournalStore();
        JournalStore journals = stage.remoteHoldingLocks(
                JournalStore.class, "journal", kept, "latestRun", "requireHeld", "runs", "keys", "instructions");
        LeaseStore leaseStore =
                stage.remote(LeaseStore.class, "leases", new InMemoryLeaseStore(stage.clockwork()), "read", "list");
        List<Comparing> devices = List.of(new Comparing(), new Comparing());
        RecoveryPlan.Builder<Place> building =
                RecoveryPlan.<Place>named("shop").rpo(Duration.ZERO).rto(Duration.ofHours(1));
        for (int i = 0; i < devices.size(); i++) {
            String name = "switch " + i;
            Switch remote = stage.remote(Switch.class, name, devices.get(i), "on");
            boolean refuses = secondRefuses && i == 1;
            RecoveryPlan.StepBuilder<Place> step =
                    building.step(name, (from, to) -> new Turn(remote, name, true, refuses));
            if (i > 0) {
                step.after("switch " + (i - 1));
            }
            step.undo((from, to) -> new Turn(remote, name, false, false));
        }
        RecoveryPlan<Place> plan = building.build();

        List<Task> tasks = new ArrayList<>();
        Recovery operator = null;
        for (String name : List.of("west", "east")) {
            Machine machine = stage.machine(name);
            Recovery recovery =
                    new Recovery(stage, machine, () -> runner(machine, journals, leaseStore), plan, kept, devices);
            if (name.equals("west")) {
                tasks.add(machine.start("owner", recovery::run));
            } else {
                tasks.add(machine.start("operator", recovery::takeOver));
            }
            operator = recovery;
        }
        for (Task task : tasks) {
            stage.require(task.join(Duration.ofHours(3)), task.name() + " does not end");
        }
        Machine east = stage.machine("east");
        if (!east.alive()) {
            east.restart();
            Task again = east.start("operator", operator::takeOver);
            stage.require(again.join(Duration.ofHours(3)), "the operator does not end");
        }
        stage.require(stage.clockwork().failures().isEmpty(), "a runner failed");
        JournalEntry last = last(kept);
        boolean succeeded = RunOutcome.SUCCEEDED.name().equals(last.details().get("outcome"));
        boolean undone = RunOutcome.UNDONE.name().equals(last.details().get("outcome"));
        stage.require(succeeded || undone, "it ended otherwise: " + last);
        stage.require(devices.stream().allMatch(device -> device.on == succeeded), "the switches are left half way");
        for (Comparing device : devices) {
            stage.require(
                    succeeded ? device.turned == 1 : device.turned == 0 || device.turned == 2,
                    "a switch was turned " + device.turned + " times");
        }
    }

    private PlanRunner runner(Machine machine, JournalStore journals, LeaseStore leaseStore) {
        PlanRunner.Builder runner = PlanRunner.journalingTo(journals)
                .clockwork(machine)
                .listenEvery(Duration.ofMinutes(10))
                .parallelism(1);
        if (leased) {
            runner.leasedBy(
                    Leases.in(leaseStore)
                            .as(Node.named(machine.name()))
                            .ttl(Duration.ofSeconds(30))
                            .clockwork(machine)
                            .build(),
                    Duration.ofMinutes(5));
        }
        return runner.build();
    }

    private static JournalEntry last(InMemoryJournalStore kept) {
        List<JournalEntry> entries = kept.entries(KEY);
        return entries.get(entries.size() - 1);
    }

    /** What a person does on one machine. */
    private record Recovery(
            Stage stage,
            Machine machine,
            Supplier<PlanRunner> runners,
            RecoveryPlan<Place> plan,
            InMemoryJournalStore kept,
            List<Comparing> devices) {
        void run() {
            try {
                judge(runners.get().run(plan, OVER));
            } catch (StaleEpochException takenOver) {
                // The other one goes on with it.
            } catch (BlockedException e) {
                // The other one has closed the journal over this one, or has begun.
                stage.require(e.code().startsWith("journal.") || e.code().startsWith("run."), e.toString());
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        void takeOver() {
            for (int attempt = 0; attempt < 8; attempt++) {
                stage.anew(attempt);
                PlanRunner runner = runners.get();
                try {
                    judge(neverBegun() ? runner.run(plan, OVER) : runner.takeOver(plan, OVER, "Ada", "no answer"));
                } catch (DrException e) {
                    // it is over, has not begun yet, or cannot be reached: look again
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                if (ended()) {
                    return;
                }
                try {
                    machine.sleep(Duration.ofSeconds(40));
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            stage.breach("the operator could not bring the run to an end");
        }

        /** The owner died before it wrote anything down; its lock died with it. */
        private boolean neverBegun() {
            stage.touch("journal");
            if (stage.machine("west").alive() || !kept.entries(KEY).isEmpty()) {
                return false;
            }
            kept.releaseAll();
            return true;
        }

        private boolean ended() {
            stage.touch("journal");
            return !kept.entries(KEY).isEmpty() && last(kept).kind() == JournalEntry.Kind.RUN_ENDED;
        }

        private void judge(RunReport report) {
            if (report.outcome() == RunOutcome.SUCCEEDED) {
                stage.require(devices.stream().allMatch(Comparing::on), "it says done, and is not");
            } else if (report.outcome() == RunOutcome.UNDONE) {
                stage.require(devices.stream().noneMatch(Comparing::on), "it says undone, and is not");
            }
        }
    }
}
