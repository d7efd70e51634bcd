package io.drkit.testkit.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import io.drkit.testkit.time.Machine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What an exploration leaves out leads nowhere new: small scenarios that are drawn from a seed come to the very same ends, with as many
 * preemptions, as when every schedule is played. An end is everything that every task was told, and when, and what was changed in which
 * order, so nothing that could be required holds in the ones and not in the others.
 */
@Timeout(300)
@Tag("harness")
class LeftOutSchedulesTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final int AT_MOST = 8_000;

    private enum Act {
        READ,
        READ_OTHER,
        ADD,
        ADD_OTHER,
        SLEEP,
        SLEEP_LONGER,
        PUT,
        POLL,
        TOUCH
    }

    /** A number. */
    interface Register {
        int read();

        /** Answers what it is now: it tells in which order all was added. */
        int add(int number);
    }

    private static final class Number implements Register {
        private int value;

        @Override
        public int read() {
            return value;
        }

        @Override
        public int add(int number) {
            value = value * 3 + number;
            return value;
        }
    }

    /** Two machines with one or two tasks each, or three with one. */
    private static List<List<List<Act>>> drawn(long seed) {
        Random random = new Random(seed * 7919 + 13);
        boolean three = random.nextInt(4) == 0;
        List<List<List<Act>>> machines = new ArrayList<>();
        for (int machine = 0; machine < (three ? 3 : 2); machine++) {
            int count = three ? 1 : 1 + random.nextInt(2);
            List<List<Act>> tasks = new ArrayList<>();
            for (int task = 0; task < count; task++) {
                int acts = (!three && count == 1 ? 2 : 1) + random.nextInt(3);
                tasks.add(random.ints(acts, 0, Act.values().length)
                        .mapToObj(each -> Act.values()[each])
                        .toList());
            }
            machines.add(tasks);
        }
        return machines;
    }

    private static Scenario scenario(List<List<List<Act>>> machines, Set<String> ends) {
        return stage -> {
            List<Number> numbers = List.of(new Number(), new Number());
            List<Register> registers = List.of(
                    stage.remote(Register.class, "number", numbers.get(0), "read"),
                    stage.remote(Register.class, "other number", numbers.get(1), "read"));
            StringBuilder touched = new StringBuilder();
            List<Actor> actors = new ArrayList<>();
            List<Task> tasks = new ArrayList<>();
            for (int i = 0; i < machines.size(); i++) {
                Machine machine = stage.machine("machine " + i);
                Actor actor = new Actor(stage, machine, i, registers, machine.mailbox(), touched, new StringBuilder());
                List<List<Act>> programs = machines.get(i);
                actors.add(actor);
                tasks.add(machine.start("first", () -> actor.run(programs)));
            }
            for (Task task : tasks) {
                task.join(HOUR);
            }
            StringBuilder end = new StringBuilder();
            actors.forEach(actor -> end.append(actor.log).append("| "));
            numbers.forEach(number -> end.append(number.value).append(' '));
            ends.add(end.append(touched).toString());
        };
    }

    private record Actor(
            Stage stage,
            Machine machine,
            int number,
            List<Register> registers,
            Mailbox<String> mailbox,
            StringBuilder touched,
            StringBuilder log) {
        void run(List<List<Act>> programs) {
            try {
                List<Task> others = new ArrayList<>();
                for (int i = 1; i < programs.size(); i++) {
                    int task = i;
                    others.add(machine.start("another", () -> act(task, programs.get(task))));
                }
                act(0, programs.get(0));
                for (Task other : others) {
                    other.join(HOUR);
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            note("ends");
            stage.keeps("log of " + machine, log.toString());
        }

        private void act(int task, List<Act> acts) {
            for (int i = 0; i < acts.size(); i++) {
                Act act = acts.get(i);
                int mark = number * 10 + task * 5 + i + 1;
                log.append(task).append(act);
                try {
                    switch (act) {
                        case READ -> note(registers.get(0).read());
                        case READ_OTHER -> note(registers.get(1).read());
                        case ADD -> note(registers.get(0).add(mark));
                        case ADD_OTHER -> note(registers.get(1).add(mark));
                        case SLEEP -> machine.sleep(Duration.ofSeconds(1));
                        case SLEEP_LONGER -> machine.sleep(Duration.ofSeconds(2));
                        case PUT -> mailbox.put("message " + mark);
                        case POLL -> note(mailbox.poll(Duration.ofSeconds(1)));
                        case TOUCH -> {
                            stage.touch("touched");
                            touched.append(mark).append(' ');
                            note(touched);
                        }
                    }
                } catch (UnknownOutcomeException e) {
                    note("?");
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                note("done");
            }
        }

        private void note(Object what) {
            log.append(' ').append(what).append('@').append(machine.nanoTime()).append(' ');
        }
    }

    private static void losesNothing(int seeds, int preemptions, boolean between, Mishap... mishaps) throws Exception {
        long played = 0;
        long all = 0;
        for (int seed = 0; seed < seeds; seed++) {
            List<List<List<Act>>> machines = drawn(seed);
            for (int most = 0; most <= preemptions; most++) {
                Set<String> ends = new TreeSet<>();
                Set<String> allEnds = new TreeSet<>();
                Explored thorough = of(machines, allEnds, most, between, mishaps)
                        .withoutPruning()
                        .explore();
                if (!thorough.complete()) {
                    // too long to be compared
                    break;
                }
                Explored quick = of(machines, ends, most, between, mishaps).explore();
                assertThat(ends)
                        .as("seed %d, %d preemptions: %s", seed, most, machines)
                        .isEqualTo(allEnds);
                played += quick.schedules();
                all += thorough.schedules();
            }
        }
        System.out.println(played + " of " + all + " schedules led to the same ends");
        assertThat(played).isLessThan(all);
    }

    private static Exploration of(
            List<List<List<Act>>> machines, Set<String> ends, int preemptions, boolean between, Mishap... mishaps) {
        Exploration exploration = Exploration.of(scenario(machines, ends))
                .preemptions(preemptions)
                .mishaps(mishaps)
                .mishapTakes(Duration.ofSeconds(3))
                .atMost(AT_MOST);
        return between ? exploration.betweenMachines() : exploration;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void explore_anyScenarioWithoutMishaps_reachesEveryEndThatEveryScheduleReaches(boolean between) throws Exception {
        losesNothing(40, 2, between);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void explore_anyScenarioWithPauses_reachesEveryEndThatEveryScheduleReaches(boolean between) throws Exception {
        losesNothing(25, 1, between, Mishap.PAUSE_BEFORE, Mishap.PAUSE_AFTER);
    }

    @Test
    void explore_anyScenarioWithPausesAndTwoPreemptions_reachesEveryEndThatEveryScheduleReaches() throws Exception {
        losesNothing(8, 2, false, Mishap.PAUSE_BEFORE);
    }

    @Test
    void explore_anyScenarioWithAnyMishap_reachesEveryEndThatEveryScheduleReaches() throws Exception {
        losesNothing(8, 1, false, Mishap.values());
    }
}
