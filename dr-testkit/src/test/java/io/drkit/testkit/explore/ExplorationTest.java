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
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
@Tag("harness")
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
        Breach breach = catchThrowableOfType(
                Breach.class, () -> exploration.preemptions(3).explore());

        assertThat(breach)
                .hasMessageContaining("the number is 1")
                .hasMessageContaining("with 1 preemptions")
                .hasMessageContaining("exploration.replay(\"" + breach.choices() + "\")")
                .hasMessageContaining("adder is preempted");
        assertThatThrownBy(() -> exploration.replay(breach.choices()))
                .isInstanceOf(Breach.class)
                .hasMessageContaining("the number is 1");
    }

    /** Two tasks of one machine that add to one number without care. */
    private static void lostUpdateOfOneMachine(Stage stage) throws Exception {
        int[] shared = new int[1];
        Machine west = stage.machine("west");
        List<Task> tasks = new ArrayList<>();
        for (String name : List.of("first", "second")) {
            tasks.add(west.start(name, () -> {
                int read = stage.call("number", () -> shared[0]);
                stage.call("number", () -> shared[0] = read + 1);
            }));
        }
        join(tasks);
        stage.require(shared[0] == 2, "the number is " + shared[0]);
    }

    @Test
    void explore_betweenMachines_stopsTasksForThoseOfOtherMachinesOnly() throws Exception {
        Exploration within =
                Exploration.of(ExplorationTest::lostUpdateOfOneMachine).preemptions(2);
        assertThatThrownBy(within::explore).isInstanceOf(Breach.class).hasMessageContaining("the number is 1");
        assertThat(within.betweenMachines().explore().complete()).isTrue();

        assertThatThrownBy(() -> Exploration.of(ExplorationTest::lostUpdate)
                        .preemptions(1)
                        .betweenMachines()
                        .explore())
                .isInstanceOf(Breach.class)
                .hasMessageContaining("the number is 1");
    }

    /** Peterson's lock with the two lines swapped: wrong only by two preemptions in the right places. */
    private static Scenario lock(boolean right) {
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
        assertThat(Exploration.of(lock(true)).preemptions(4).explore().complete())
                .isTrue();
        assertThat(Exploration.of(lock(false)).preemptions(1).explore().complete())
                .isTrue();
        assertThatThrownBy(() -> Exploration.of(lock(false)).preemptions(2).explore())
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
            ends.add(log + " " + own.get("a") + " " + own.get("b") + " "
                    + stage.clockwork().elapsed());
        };
    }

    @Test
    void explore_withPruning_reachesEveryEndThatItReachesWithout() throws Exception {
        for (int preemptions = 0; preemptions <= 2; preemptions++) {
            Set<String> pruned = new TreeSet<>();
            Set<String> all = new TreeSet<>();
            Explored quick =
                    Exploration.of(mixed(pruned)).preemptions(preemptions).explore();
            Explored thorough = Exploration.of(mixed(all))
                    .preemptions(preemptions)
                    .withoutPruning()
                    .explore();
            assertThat(pruned).as("%d preemptions", preemptions).isEqualTo(all);
            assertThat(quick.schedules()).isLessThan(thorough.schedules());
        }
    }

    /** A number. */
    interface Register {
        int read();

        void write(int number);
    }

    /** One machine turns a number on and off and begins anew after that; the other one remembers what it happened to see. */
    private static Scenario toggling(Set<String> ends) {
        return stage -> {
            int[] number = new int[1];
            Register register = stage.remote(
                    Register.class,
                    "register",
                    new Register() {
                        @Override
                        public int read() {
                            return number[0];
                        }

                        @Override
                        public void write(int next) {
                            number[0] = next;
                        }
                    },
                    "read");
            List<Integer> seen = new ArrayList<>();
            Machine a = stage.machine("a");
            Machine b = stage.machine("b");
            Task looking = a.start("looking", () -> {
                try {
                    a.sleep(Duration.ofSeconds(1));
                    int first = register.read();
                    a.sleep(Duration.ofSeconds(1));
                    int second = register.read();
                    seen.addAll(List.of(first, second));
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                } catch (UnknownOutcomeException e) {
                    seen.add(-1);
                }
                stage.keeps("seen", seen);
            });
            Task toggling = b.start("toggling", () -> {
                for (int attempt = 0; attempt < 2; attempt++) {
                    stage.anew(attempt);
                    try {
                        b.sleep(Duration.ofSeconds(1));
                        register.write(1);
                        register.read();
                        register.write(0);
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    } catch (UnknownOutcomeException e) {
                        // the next attempt
                    }
                }
            });
            Machine c = stage.machine("c");
            Task another = c.start("another", () -> {
                try {
                    c.sleep(Duration.ofSeconds(2));
                    register.read();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                } catch (UnknownOutcomeException e) {
                    // it does not matter to it
                }
            });
            join(List.of(looking, toggling, another));
            ends.add(seen + " " + number[0] + " " + stage.clockwork().elapsed());
        };
    }

    @Test
    void explore_withPruningOfReadsPausesAndNewAttempts_reachesEveryEndThatItReachesWithout() throws Exception {
        long saved = 0;
        for (int preemptions = 0; preemptions <= 1; preemptions++) {
            Set<String> pruned = new TreeSet<>();
            Set<String> all = new TreeSet<>();
            Explored quick = Exploration.of(toggling(pruned))
                    .preemptions(preemptions)
                    .mishaps(Mishap.values())
                    .explore();
            Explored thorough = Exploration.of(toggling(all))
                    .preemptions(preemptions)
                    .mishaps(Mishap.values())
                    .withoutPruning()
                    .explore();
            assertThat(pruned).as("%d preemptions", preemptions).isEqualTo(all);
            saved += thorough.schedules() - quick.schedules();
        }
        assertThat(saved).isPositive();
    }

    /** Adds one, and does so again when no answer comes. */
    private static void impatient(Stage stage) throws Exception {
        int[] shared = new int[1];
        Task task = stage.machine("west").start("adder", () -> {
            try {
                stage.call("number", () -> shared[0]++);
            } catch (UnknownOutcomeException e) {
                stage.call("number", () -> shared[0]++);
            }
        });
        join(List.of(task));
        stage.require(shared[0] == 1, "the number is " + shared[0]);
    }

    @Test
    void explore_effectThatIsRepeatedAfterALostAnswer_isFoundByThatMishapAlone() throws Exception {
        Exploration exploration = Exploration.of(ExplorationTest::impatient);

        assertThat(exploration.explore().schedules()).isEqualTo(1);
        assertThat(exploration
                        .mishaps(Mishap.REQUEST_LOST, Mishap.PAUSE_BEFORE, Mishap.PAUSE_AFTER, Mishap.CLOCK_BACK)
                        .explore()
                        .complete())
                .isTrue();
        assertThatThrownBy(() -> exploration.mishaps(Mishap.ANSWER_LOST).explore())
                .isInstanceOf(Breach.class)
                .hasMessageContaining("the number is 2")
                .hasMessageContaining("west: ANSWER_LOST at number");
        assertThatThrownBy(() -> exploration.mishaps(Mishap.CRASH_BEFORE).explore())
                .isInstanceOf(Breach.class)
                .hasMessageContaining("the number is 0");
    }

    /** Takes a lease by its wall clock, as no one should: what was written by another clock is compared with one's own. */
    private static void wallClockLease(Stage stage) throws Exception {
        long[] until = new long[1];
        int[] holders = new int[1];
        List<Task> tasks = new ArrayList<>();
        for (String name : List.of("west", "east")) {
            Machine machine = stage.machine(name);
            tasks.add(machine.start("holder", () -> {
                long now = machine.now().getEpochSecond();
                boolean mine = stage.call("lease", () -> {
                    boolean free = until[0] < now;
                    until[0] = free ? now + 60 : until[0];
                    return free;
                });
                if (mine) {
                    stage.call("holders", () -> holders[0]++);
                    stage.require(holders[0] == 1, "two hold the lease");
                }
            }));
        }
        join(tasks);
    }

    @Test
    @DisplayName("F12: a lease that compares wall clocks of two machines is found out by a clock that jumps")
    void explore_leaseByWallClock_isFoundByAClockThatJumpsAlone() throws Exception {
        Exploration exploration =
                Exploration.of(ExplorationTest::wallClockLease).preemptions(3);

        assertThat(exploration.mishaps(Mishap.CLOCK_BACK).explore().complete()).isTrue();
        // it looks at its clock before the first call, so there is no place for a jump in front of that yet
        assertThat(exploration.mishaps(Mishap.CLOCK_FORWARD).explore().complete())
                .isTrue();
        assertThatThrownBy(() -> Exploration.of(stage -> {
                            stage.machine("east").start("early", () -> stage.call("weather", () -> null));
                            wallClockLease(stage);
                        })
                        .mishaps(Mishap.CLOCK_FORWARD)
                        .explore())
                .isInstanceOf(Breach.class)
                .hasMessageContaining("two hold the lease")
                .hasMessageContaining("east: CLOCK_FORWARD at weather");
    }

    @Test
    void explore_tasksThatWaitForEachOtherForEver_isFoundAndSaysWhatTheyWaitFor() {
        assertThatThrownBy(() -> Exploration.of(stage -> {
                            Machine west = stage.machine("west");
                            Mailbox<String> never = west.mailbox();
                            Task task = west.start("waiting", () -> {
                                try {
                                    never.poll(Duration.ofSeconds(Long.MAX_VALUE));
                                } catch (InterruptedException e) {
                                    throw new IllegalStateException(e);
                                }
                            });
                            task.join(Duration.ofSeconds(Long.MAX_VALUE));
                        })
                        .explore())
                .isInstanceOf(Breach.class)
                .hasMessageContaining("All 2 tasks are blocked for ever")
                .hasMessageContaining("west/waiting waits for a message");
    }

    @Test
    void explore_scenarioThatRemembersEarlierPlays_isToldSo() {
        int[] plays = new int[1];
        assertThatThrownBy(() -> Exploration.of(stage -> {
                            plays[0]++;
                            stage.require(plays[0] != 1, "the first play fails");
                        })
                        .explore())
                .isInstanceOf(Breach.class)
                .hasMessageContaining("It does not come up again");
    }

    @Test
    void replay_choicesOfNothing_areRefused() {
        assertThatThrownBy(() -> Exploration.of(ExplorationTest::impatient).replay("nonsense"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("12:1 40:3");
    }

    // example: explore
    @Test
    void twoNodesThatAddToANumber_loseNothing() throws Exception {
        Explored explored = Exploration.of(stage -> {
                    AtomicInteger number = new AtomicInteger();
                    List<Task> tasks = new ArrayList<>();
                    for (String name : List.of("west-1", "east-1")) {
                        tasks.add(stage.machine(name)
                                .start("adder", () -> stage.call("the number", number::incrementAndGet)));
                    }
                    for (Task task : tasks) {
                        stage.require(task.join(Duration.ofHours(1)), task.name() + " does not end");
                    }
                    stage.require(number.get() == 2, "the number is " + number);
                })
                .preemptions(3)
                .mishaps(Mishap.PAUSE_BEFORE, Mishap.CLOCK_BACK)
                .explore();

        assertThat(explored.complete()).isTrue();
        System.out.println(explored);
    }
    // end of example
}
