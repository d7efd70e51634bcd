package io.drkit.testkit.explore;

import io.drkit.core.lease.LeaderListener;
import io.drkit.core.lease.Leadership;
import io.drkit.core.lease.Lease;
import io.drkit.core.lease.LeaseStore;
import io.drkit.core.lease.Leases;
import io.drkit.core.lease.Node;
import io.drkit.core.time.Task;
import io.drkit.testkit.lease.InMemoryLeaseStore;
import io.drkit.testkit.time.Machine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Two nodes stand for one leadership; each leads for a while and steps back, and takes a moment to stop its work. */
final class TwoLeaders implements Scenario {
    @Override
    public void play(Stage stage) throws Exception {
        LeaseStore store = stage.remote(LeaseStore.class, "leases", new InMemoryLeaseStore(stage.clockwork()));
        Set<String> atWork = new HashSet<>();
        Set<String> led = new HashSet<>();
        List<Task> tasks = new ArrayList<>();
        for (String name : List.of("west", "east")) {
            Machine machine = stage.machine(name);
            Leases leases = Leases.in(store)
                    .as(Node.named(name))
                    .ttl(Duration.ofSeconds(30))
                    // often enough, and never at the same moment as the other one
                    .lookEvery(Duration.ofSeconds(name.equals("west") ? 7 : 11))
                    .clockwork(machine)
                    .build();
            tasks.add(machine.start("node", () -> {
                Leadership leadership = Leadership.of("controller", leases).start(new LeaderListener() {
                    @Override
                    public void lead(Lease lease) {
                        stage.touch("work");
                        atWork.add(name);
                        led.add(name);
                        stage.require(atWork.size() == 1, "two lead at once: " + atWork);
                    }

                    @Override
                    public void stop(Why why) throws InterruptedException {
                        machine.sleep(Duration.ofSeconds(20));
                        stage.touch("work");
                        atWork.remove(name);
                    }
                });
                try {
                    for (int i = 0; i < 10 && !led.contains(name); i++) {
                        machine.sleep(Duration.ofSeconds(13));
                        stage.touch("work");
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                leadership.close();
            }));
        }
        for (Task task : tasks) {
            stage.require(task.join(Duration.ofHours(1)), "a node does not end");
        }
        stage.require(led.size() == 2, "only " + led + " led");
        stage.require(atWork.isEmpty(), "still at work: " + atWork);
    }
}
