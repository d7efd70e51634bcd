package io.drkit.testkit.explore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import io.drkit.testkit.time.Machine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class ExplorationTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private static void join(List<Task> tasks) throws InterruptedException {
        for (Task task : tasks) {
            if (!task.join(HOUR)) {
                throw new AssertionError(task.name() + " does not end");
            }
        }
    }

    /** Two machines that add to one number without care. */
    private static void lostUpdate(Stage stage) throws Exception {
        int[] shared = new int[1];
        List<Task> tasks = new ArrayList<>();
        for (String name : List.of("west", "east")) {
            tasks.add(stage.machine(name).start("adder", () -> {
                int read = stage.call("number", () -> shared[0]);
                stage.call("number", () -> shared[0] = read + 1);
            }));
        }
        join(tasks);
        stage.require(shared[0] == 2, "the number is " + shared[0]);
    }

    @Test
    void explore_updateThatGetsLostByOnePreemption_isFoundWithOneAndNotWithNone() throws Exception {
        Exploration exploration = Exploration.of(ExplorationTest::lostUpdate);

        assertThat(exploration.preemptions(0).explore().complete()).isTrue();
        Breach breach = catchThrowableOfType(Breach.class, () -> exploration.preemptions(3).explore());

        assertThat(breach)
                .hasMessageContaining("the number is 1")
                .hasMessageContaining("with 1 preemptions")
                .hasMessageContaining("exploration.replay(\"" + breach.choices() + "\")")
                .hasMessageContaining("adder is preempted");
        assertThatThrownBy(() -> exploration.replay(breach.choices()))
                .isInstanceOf(Breach.class)
                .hasMessageContaining("the number is 1");
    }

    /** Peterson's lock with the two lines swapped: wrong only by two preemptions in the right places. */
    private static Scenario lock(boolean right, int preemptionsNeeded) {
        return stage -> {
            boolean[] wants = new boolean[2];
            int[] turn = new int[1];
            int[] inside = new int[1];
            List<Task> tasks = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                int me = i;
                Machine machine = stage.machine("m" + i);
                tasks.add(machine.start("visitor", () -> {
                    if (right) {
                        stage.call("lock", () -> wants[me] = true);
                        stage.call("lock", () -> turn[0] = 1 - me);
                    } else {
                        stage.call("lock", () -> turn[0] = 1 - me);
                        stage.call("lock", () -> wants[me] = true);
                    }
                    while (stage.call("lock", () -> wants[1 - me] && turn[0] == 1 - me)) {
                        try {
                            machine.sleep(Duration.ofMillis(1));
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                    stage.call("lock", () -> {
                        inside[0]++;
                        stage.require(inside[0] == 1, "two are inside");
                        return null;
                    });
                    stage.call("lock", () -> inside[0]--);
                    stage.call("lock", () -> wants[me] = false);
                }));
            }
            join(tasks);
        };
    }

    @Test
    void explore_lockWithTwoLinesSwapped_isFoundWithTwoPreemptions() throws Exception {
        assertThat(Exploration.of(lock(true, 2)).preemptions(4).explore().complete())
                .isTrue();
        assertThat(Exploration.of(lock(false, 2)).preemptions(1).explore().complete())
                .isTrue();
        assertThatThrownBy(() -> Exploration.of(lock(false, 2)).preemptions(2).explore())
                .isInstanceOf(Breach.class)
                .hasMessageContaining("two are inside")
                .hasMessageContaining("with 2 preemptions");
    }

    /** Calls to things of which one is shared by all and others are not, a task of their own, and messages: ends in many ways. */
    private static Scenario mixed(Set<String> ends) {
        return stage -> {
            StringBuilder log = new StringBuilder();
            Map<String, StringBuilder> own = new HashMap<>();
            List<Task> tasks = new ArrayList<>();
            for (String name : List.of("a", "b")) {
                own.put(name, new StringBuilder());
                Machine machine = stage.machine(name);
                tasks.add(machine.start("first", () -> {
                    Mailbox<String> mailbox = machine.mailbox();
                    Task second = machine.start("second", () -> {
                        own.get(name).append("2");
                        stage.call("own of " + name, () -> own.get(name).append("x"));
                        mailbox.put("done");
                        stage.call("shared", () -> log.append(name).append("2 "));
                    });
                    try {
                        stage.call("shared", () -> log.append(name).append("1 "));
                    } catch (UnknownOutcomeException e) {
                        own.get(name).append("?");
                    }
                    try {
                        own.get(name).append(mailbox.poll(HOUR));
                        machine.sleep(Duration.ofSeconds(1));
                        stage.call("own of " + name, () -> own.get(name).append("y"));
                        second.join(HOUR);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    } catch (UnknownOutcomeException e) {
                        own.get(name).append("!");
                    }
                }));
            }
            join(tasks);
            ends.add(log + " " + own.get("a") + " " + own.get("b") + " " + stage.clockwork().elapsed());
        };
    }

    @Test
    void explore_withPruning_reachesEveryEndThatItReachesWithout() throws Exception {
        for (int preemptions = 0; preemptions <= 3; preemptions++) {
            Set<String> pruned = new TreeSet<>();
            Set<String> all = new TreeSet<>();
            Explored quick = Exploration.of(mixed(pruned)).preemptions(preemptions).explore();
            Explored thorough = Exploration.of(mixed(all))
                    .preemptions(preemptions)
                    .withoutPruning()
                    .explore();
            System.out.println(quick + "\n" + thorough + " ends " + all.size());
            assertThat(pruned).as("%d preemptions", preemptions).isEqualTo(all);
        }
    }
}
