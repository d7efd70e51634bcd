package io.drkit.testkit.explore;

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

/**
 * Two controllers, one lease, two resources that compare epochs, and the real runner: each controller runs the same plan of two steps,
 * with a journal of its own, so that nothing but the lease excludes them from each other. The resources hear of the epoch when they are
 * looked at already: else what a paused holder sends late is accepted after the next one has looked and before it changes anything.
 */
final class TwoPlans implements Scenario {
    private static final JournalKey KEY = new JournalKey("shop", "west", "east");
    private static final SiteSwitch<Place> OVER =
            SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east"));
    private static final int ATTEMPTS = 5;

    record Place(String name) implements Site {}

    /** Is changed once, and refuses whoever comes with an epoch lower than one it has seen. */
    interface Resource {
        boolean changed(Epoch epoch);

        void change(Epoch epoch);
    }

    private static final class Counting implements Resource {
        private long highest;
        private int changes;

        @Override
        public boolean changed(Epoch epoch) {
            compare(epoch);
            return changes > 0;
        }

        @Override
        public void change(Epoch epoch) {
            compare(epoch);
            changes++;
        }

        private void compare(Epoch epoch) {
            if (epoch.value() < highest) {
                throw new StaleEpochException(
                        "resource.stale",
                        Problem.expected("epoch " + highest)
                                .found(epoch.toString())
                                .remedy("stop"));
            }
            highest = epoch.value();
        }
    }

    private record Change(Resource resource, String name) implements Action<Boolean> {
        @Override
        public String describe() {
            return "change " + name;
        }

        @Override
        public Boolean observe(ActionContext context) {
            return resource.changed(context.epoch());
        }

        @Override
        public Assessment assess(Boolean changed) {
            return changed ? Assessment.done("it is changed") : Assessment.needed(describe());
        }

        @Override
        public void apply(Boolean changed, ActionContext context) {
            resource.change(context.epoch());
        }

        @Override
        public ExecutionPolicy policy() {
            return ExecutionPolicy.builder().timeout(Duration.ofMinutes(30)).build();
        }
    }

    @Override
    public void play(Stage stage) throws Exception {
        LeaseStore leases =
                stage.remote(LeaseStore.class, "leases", new InMemoryLeaseStore(stage.clockwork()), "read", "list");
        List<Counting> counting = List.of(new Counting(), new Counting());
        RecoveryPlan.Builder<Place> building =
                RecoveryPlan.<Place>named("shop").rpo(Duration.ZERO).rto(Duration.ofHours(1));
        for (int i = 0; i < counting.size(); i++) {
            String name = "resource " + i;
            Resource remote = stage.remote(Resource.class, name, counting.get(i));
            RecoveryPlan.StepBuilder<Place> step =
                    building.step(name, (from, to) -> new Change(remote, name)).nothingToUndo("it stays so");
            if (i > 0) {
                step.after("resource " + (i - 1));
            }
        }
        RecoveryPlan<Place> plan = building.build();
        List<Task> tasks = new ArrayList<>();
        for (String name : List.of("west", "east")) {
            Machine machine = stage.machine(name);
            InMemoryJournalStore journals = new InMemoryJournalStore();
            tasks.add(machine.start("controller", () -> control(stage, machine, leases, plan, journals, counting)));
        }
        for (Task task : tasks) {
            stage.require(task.join(Duration.ofHours(3)), task.name() + " does not end");
        }
        stage.require(stage.clockwork().failures().isEmpty(), "a controller failed");
        if (stage.machine("west").alive() || stage.machine("east").alive()) {
            for (Counting each : counting) {
                stage.require(each.changes == 1, "a change was made " + each.changes + " times");
            }
        }
    }

    private static void control(
            Stage stage,
            Machine machine,
            LeaseStore leases,
            RecoveryPlan<Place> plan,
            InMemoryJournalStore journals,
            List<Counting> counting) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            stage.anew(attempt, journals.entries(KEY));
            PlanRunner runner = PlanRunner.journalingTo(journals)
                    .clockwork(machine)
                    .listenEvery(Duration.ofMinutes(10))
                    .parallelism(1)
                    .leasedBy(
                            Leases.in(leases)
                                    .as(Node.named(machine.name()))
                                    .ttl(Duration.ofSeconds(30))
                                    .clockwork(machine)
                                    .build(),
                            Duration.ofMinutes(5))
                    .build();
            try {
                RunReport report = begun(journals) ? runner.resume(plan, OVER) : runner.run(plan, OVER);
                if (report.outcome() == RunOutcome.SUCCEEDED) {
                    stage.require(counting.stream().allMatch(each -> each.changes > 0), "it says done, and is not");
                    return;
                }
            } catch (DrException e) {
                // the lease is another one's, or cannot be reached: look again
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            try {
                machine.sleep(Duration.ofSeconds(40));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        stage.breach(machine + " could not bring its run to an end");
    }

    private static boolean begun(InMemoryJournalStore journals) {
        List<JournalEntry> entries = journals.entries(KEY);
        return !entries.isEmpty() && !JournalEntry.over(entries);
    }
}
