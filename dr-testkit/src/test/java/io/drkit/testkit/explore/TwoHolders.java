package io.drkit.testkit.explore;

import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.lease.Lease;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.time.Task;
import io.drkit.testkit.lease.InMemoryLeaseStore;
import io.drkit.testkit.time.Machine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Two controllers, one lease, two resources that compare epochs. Each controller takes the lease, and changes each resource unless
 * it sees that this was done.
 */
final class TwoHolders implements Scenario {
    private static final Duration TTL = Duration.ofSeconds(30);
    private static final Duration MARGIN = TTL.dividedBy(5);
    private static final int ATTEMPTS = 4;

    /** Counts what it accepted, and refuses whoever comes with an epoch lower than one it has seen. */
    interface Resource {
        boolean changed(Epoch epoch);

        void change(Epoch epoch);
    }

    private final boolean toldWhenLookedAt;

    TwoHolders() {
        this(true);
    }

    /** @param toldWhenLookedAt whether the resources hear of an epoch when they are looked at, and not only when they are changed */
    TwoHolders(boolean toldWhenLookedAt) {
        this.toldWhenLookedAt = toldWhenLookedAt;
    }

    private static final class Counting implements Resource {
        private final boolean toldWhenLookedAt;
        private long highest;
        private int changes;

        Counting(boolean toldWhenLookedAt) {
            this.toldWhenLookedAt = toldWhenLookedAt;
        }

        @Override
        public boolean changed(Epoch epoch) {
            if (toldWhenLookedAt) {
                compare(epoch);
            }
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

    @Override
    public void play(Stage stage) throws Exception {
        LeaseStore store =
                stage.remote(LeaseStore.class, "leases", new InMemoryLeaseStore(stage.clockwork()), "read", "list");
        List<Counting> counting = List.of(new Counting(toldWhenLookedAt), new Counting(toldWhenLookedAt));
        List<Resource> resources = new ArrayList<>();
        for (int i = 0; i < counting.size(); i++) {
            resources.add(stage.remote(Resource.class, "resource " + i, counting.get(i)));
        }
        Map<String, Lease> held = new HashMap<>();
        List<Task> tasks = new ArrayList<>();
        for (String name : List.of("west", "east")) {
            Machine machine = stage.machine(name);
            tasks.add(machine.start("controller", () -> control(stage, machine, store, resources, held)));
        }
        for (Task task : tasks) {
            stage.require(task.join(Duration.ofHours(1)), "a controller does not end");
        }
        stage.require(stage.clockwork().failures().isEmpty(), "a controller failed");
        for (Counting each : counting) {
            stage.require(each.changes == 1, "a change was made " + each.changes + " times");
        }
    }

    private static void control(
            Stage stage, Machine machine, LeaseStore store, List<Resource> resources, Map<String, Lease> held) {
        String name = machine.name();
        DrException last = null;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            stage.anew(attempt);
            Leases leases = Leases.in(store)
                    .as(Node.named(name))
                    .ttl(TTL)
                    .margin(MARGIN)
                    .clockwork(machine)
                    .build();
            try (Lease lease = leases.acquire("shop", Duration.ofMinutes(10))) {
                for (Resource resource : resources) {
                    lease.requireHeld();
                    alone(stage, name, lease, held);
                    if (!resource.changed(lease.epoch())) {
                        lease.requireHeld();
                        alone(stage, name, lease, held);
                        resource.change(lease.epoch());
                    }
                }
                return;
            } catch (DrException e) {
                last = e;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        throw new IllegalStateException("not in " + ATTEMPTS + " attempts", last);
    }

    /** No other lease may be one that its holder may act on now. */
    private static void alone(Stage stage, String name, Lease lease, Map<String, Lease> held) {
        held.put(name, lease);
        stage.keeps("lease of " + name, lease.epoch());
        held.forEach((other, theirs) -> {
            if (!other.equals(name)) {
                stage.require(
                        theirs.remaining().compareTo(MARGIN) <= 0, name + " and " + other + " both hold the lease");
                stage.require(
                        !theirs.epoch().equals(lease.epoch()),
                        name + " and " + other + " have the same epoch " + lease.epoch());
            }
        });
    }
}
