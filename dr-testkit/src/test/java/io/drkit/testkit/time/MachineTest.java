package io.drkit.testkit.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class MachineTest {
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Instant BEGINNING = Instant.parse("2026-01-01T00:00:00Z");

    private static void sleep(Clockwork clockwork, Duration time) {
        try {
            clockwork.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ticks each second for ever, into {@code ticks}, in true time. */
    private static Task ticker(VirtualClockwork virtual, Machine machine, List<Duration> ticks) {
        return machine.start("ticker", () -> {
            while (true) {
                sleep(machine, SECOND);
                ticks.add(virtual.elapsed());
            }
        });
    }

    @Test
    void now_clockAheadAndStepped_isWrongByThatMuchWhileMonotonicTimeIsRight() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            Machine west = virtual.machine("west").clockAhead(Duration.ofHours(1));
            virtual.run(() -> {
                long before = west.nanoTime();
                virtual.sleep(MINUTE);
                assertThat(west.now()).isEqualTo(BEGINNING.plus(MINUTE).plus(Duration.ofHours(1)));
                west.stepClock(Duration.ofHours(-3));
                assertThat(west.now()).isEqualTo(BEGINNING.plus(MINUTE).minus(Duration.ofHours(2)));
                assertThat(west.nanoTime() - before).isEqualTo(MINUTE.toNanos());
                assertThat(virtual.now()).isEqualTo(BEGINNING.plus(MINUTE));
                west.clockAhead(Duration.ZERO);
                assertThat(west.now()).isEqualTo(BEGINNING.plus(MINUTE));
            });
        }
    }

    @Test
    void drift_fastAndSlow_waitsTakeLessAndMoreTrueTimeAndExactlyTheirOwn() throws Exception {
        for (int drift : new int[] {10_000, -10_000, 1, -7, 1_000_000, -500_000, 333_333}) {
            try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
                Machine west = virtual.machine("west").drift(drift);
                virtual.run(() -> {
                    for (long nanos : new long[] {1, 999, 1_000_000, 123_456_789_123L, 86_400_000_000_000L * 400}) {
                        Duration before = virtual.elapsed();
                        long own = west.nanoTime();
                        Instant wall = west.now();
                        west.sleep(Duration.ofNanos(nanos));
                        long took = virtual.elapsed().minus(before).toNanos();
                        assertThat(west.nanoTime() - own).as("never too early").isBetween(nanos, nanos + 1);
                        assertThat(Duration.between(wall, west.now()).toNanos()).isEqualTo(west.nanoTime() - own);
                        assertThat((double) took).isCloseTo(nanos / (1 + drift / 1e6), within(2 + nanos * 1e-15));
                    }
                });
            }
        }
    }

    @Test
    void drift_goesBackToRight_keepsWhatItHasGained() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            Machine west = virtual.machine("west").drift(100_000);
            virtual.run(() -> {
                long before = west.nanoTime();
                virtual.sleep(Duration.ofSeconds(10));
                west.drift(0);
                virtual.sleep(Duration.ofSeconds(10));
                assertThat(Duration.ofNanos(west.nanoTime() - before)).isEqualTo(Duration.ofSeconds(21));
                Duration at = virtual.elapsed();
                assertThat(west.<String>mailbox().poll(SECOND)).isNull();
                assertThat(virtual.elapsed()).isEqualTo(at.plus(SECOND));
            });
        }
    }

    @Test
    void nanoTime_twoMachines_haveNothingToDoWithEachOther() {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            assertThat(virtual.machine("west").nanoTime())
                    .isNotEqualTo(virtual.machine("east").nanoTime())
                    .isNotEqualTo(virtual.nanoTime());
            assertThat(virtual.machine("west")).isSameAs(virtual.machine("west"));
        }
    }

    @Test
    void random_otherMachineDrawsMeanwhile_staysTheSame() {
        List<Long> alone = new ArrayList<>();
        List<Long> beside = new ArrayList<>();
        for (List<Long> drawn : List.of(alone, beside)) {
            try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
                for (int i = 0; i < 10; i++) {
                    drawn.add(virtual.machine("west").random().nextLong());
                    if (drawn == beside) {
                        virtual.machine("east").random().nextLong();
                    }
                }
            }
        }
        assertThat(beside).isEqualTo(alone);
    }

    @Test
    void pause_forAWhile_noneOfItsTasksRunsAndAllOfThemGoOnUnaware() throws Exception {
        for (long seed = 0; seed < 20; seed++) {
            try (VirtualClockwork virtual = VirtualClockwork.seeded(seed)) {
                Machine west = virtual.machine("west");
                Machine east = virtual.machine("east");
                List<Duration> westTicks = new ArrayList<>();
                List<Duration> eastTicks = new ArrayList<>();
                List<Duration> noticed = new ArrayList<>();
                virtual.run(() -> {
                    ticker(virtual, west, westTicks);
                    ticker(virtual, east, eastTicks);
                    west.start("measurer", () -> {
                        long before = west.nanoTime();
                        sleep(west, Duration.ofSeconds(5));
                        noticed.add(Duration.ofNanos(west.nanoTime() - before));
                    });
                    virtual.sleep(Duration.ofMillis(2500));
                    west.pause(Duration.ofSeconds(10));
                    virtual.sleep(Duration.ofMillis(11_800));
                });
                assertThat(westTicks)
                        .containsExactly(
                                SECOND, Duration.ofSeconds(2), Duration.ofMillis(12_500), Duration.ofMillis(13_500));
                assertThat(eastTicks).hasSize(14);
                assertThat(noticed).as("its clocks went on").containsExactly(Duration.ofMillis(12_500));
            }
        }
    }

    @Test
    void pause_byItsOwnTask_stopsRightThere() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            Machine west = virtual.machine("west");
            virtual.run(() -> {
                Task task = west.start("frozen", () -> {
                    west.pause(MINUTE);
                    assertThat(virtual.elapsed()).isEqualTo(MINUTE);
                    west.pause();
                });
                assertThat(task.join(Duration.ofHours(1))).isFalse();
                west.resume();
                assertThat(task.join(MINUTE)).isTrue();
            });
            assertThat(virtual.failures()).isEmpty();
        }
    }

    @Test
    void pause_messageAndInterruptArriveMeanwhile_areSeenWhenItGoesOn() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            Machine west = virtual.machine("west");
            List<String> seen = new ArrayList<>();
            virtual.run(() -> {
                Mailbox<String> mailbox = west.mailbox();
                Task reader = west.start("reader", () -> {
                    try {
                        seen.add(mailbox.poll(MINUTE) + " " + virtual.elapsed());
                        west.sleep(Duration.ofHours(1));
                    } catch (InterruptedException e) {
                        seen.add("interrupted " + virtual.elapsed());
                    }
                });
                virtual.sleep(SECOND);
                west.pause(Duration.ofSeconds(4));
                mailbox.put("hello");
                reader.interrupt();
                virtual.sleep(MINUTE);
            });
            assertThat(seen).containsExactly("interrupted PT5S");
        }
    }

    @Test
    void pause_forEverWithNobodyElse_isStuckAndSaysWhy() {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            Machine west = virtual.machine("west");
            assertThatThrownBy(() -> virtual.run(() -> {
                        Task task = west.start("frozen", west::pause);
                        task.join(Duration.ofSeconds(Long.MAX_VALUE));
                    }))
                    .isInstanceOf(VirtualClockwork.Stuck.class)
                    .hasMessageContaining("west/frozen is held up, as its machine is paused");
        }
    }

    @Test
    void kill_tasksThatWaitRunAndHaveNotBegun_makeNoOtherCallOfAnyClockwork() throws Exception {
        for (long seed = 0; seed < 50; seed++) {
            try (VirtualClockwork virtual = VirtualClockwork.seeded(seed)) {
                Machine west = virtual.machine("west");
                List<String> written = new ArrayList<>();
                virtual.run(() -> {
                    Mailbox<String> mailbox = virtual.mailbox();
                    for (int i = 0; i < 4; i++) {
                        west.start("worker-" + i, () -> {
                            try {
                                while (true) {
                                    sleep(west, Duration.ofMillis(west.random().nextInt(3)));
                                    virtual.requireAlive();
                                    written.add("work");
                                }
                            } catch (Throwable survivor) {
                                virtual.requireAlive();
                                written.add("survived");
                            } finally {
                                try {
                                    mailbox.put("dying words");
                                } finally {
                                    west.restart();
                                    written.add("raised itself from the dead");
                                }
                            }
                        });
                    }
                    virtual.sleep(Duration.ofMillis(20));
                    Task unborn = west.start("late", () -> {
                        virtual.requireAlive();
                        sleep(west, MINUTE);
                        written.add("late");
                    });
                    west.kill();
                    assertThat(west.alive()).isFalse();
                    assertThat(unborn.ended()).isTrue();
                    int before = written.size();
                    assertThat(mailbox.poll(MINUTE)).isNull();
                    assertThat(written).hasSize(before).containsOnly("work");
                });
                assertThat(virtual.failures()).isEmpty();
            }
        }
    }

    @Test
    void kill_byItsOwnTask_endsItThere() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            Machine west = virtual.machine("west");
            List<String> seen = new ArrayList<>();
            virtual.run(() -> {
                Task other = west.start("other", () -> sleep(west, Duration.ofHours(1)));
                Task task = west.start("crashing", () -> {
                    seen.add("before");
                    try {
                        west.kill();
                        seen.add("after");
                    } finally {
                        seen.add("finally");
                    }
                });
                assertThat(task.join(MINUTE)).isTrue();
                assertThat(other.join(MINUTE)).isTrue();
                assertThat(virtual.elapsed()).isLessThan(MINUTE);
            });
            assertThat(seen).containsExactly("before", "finally");
            assertThat(virtual.failures()).isEmpty();
        }
    }

    @Test
    void restart_afterKill_isANewLifeWithItsClocksGoingOn() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            Machine west = virtual.machine("west").clockAhead(MINUTE);
            virtual.run(() -> {
                long before = west.nanoTime();
                assertThatThrownBy(west::restart).isInstanceOf(IllegalStateException.class);
                west.kill();
                assertThatThrownBy(() -> west.start("early", () -> {}))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("restart it");
                virtual.sleep(MINUTE);
                west.restart();
                assertThat(west.life()).isEqualTo(2);
                List<Duration> ticks = new ArrayList<>();
                ticker(virtual, west, ticks);
                virtual.sleep(SECOND.plusMillis(1));
                assertThat(ticks).containsExactly(MINUTE.plus(SECOND));
                assertThat(west.nanoTime() - before).isEqualTo(virtual.elapsed().toNanos());
                assertThat(west.now()).isEqualTo(virtual.now().plus(MINUTE));
            });
        }
    }

    @Test
    void kill_pausedMachine_endsItsTasks() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            Machine west = virtual.machine("west");
            virtual.run(() -> {
                List<Duration> ticks = new ArrayList<>();
                Task ticker = ticker(virtual, west, ticks);
                virtual.sleep(SECOND.plusMillis(1));
                west.pause(MINUTE);
                virtual.sleep(SECOND.multipliedBy(2));
                west.kill();
                assertThat(ticker.ended()).isTrue();
                west.restart();
                virtual.sleep(MINUTE.multipliedBy(2));
                assertThat(ticks).containsExactly(SECOND);
            });
        }
    }

    @Test
    void kill_byTheTestBetweenTwoRuns_endsItsTasks() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            Machine west = virtual.machine("west");
            List<Duration> ticks = new ArrayList<>();
            Task ticker = virtual.run(() -> {
                Task started = ticker(virtual, west, ticks);
                virtual.sleep(SECOND.plusMillis(1));
                return started;
            });
            west.kill();
            assertThat(ticker.ended()).isTrue();
            virtual.run(() -> virtual.sleep(MINUTE));
            assertThat(ticks).containsExactly(SECOND);
        }
    }

    @Test
    void caller_inAFake_isTheMachineOfTheCallingTask() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            Machine west = virtual.machine("west");
            List<Object> callers = new ArrayList<>();
            virtual.run(() -> {
                Task task = west.start("caller", () -> {
                    sleep(virtual, SECOND);
                    callers.add(virtual.caller());
                });
                task.join(MINUTE);
                callers.add(virtual.caller());
            });
            assertThat(callers).containsExactly(Optional.of(west), Optional.empty());
        }
    }

    @Test
    void traces_sameSeed_areTheSameWithSkewPausesAndKills() throws Exception {
        assertThat(traceOf(3)).isEqualTo(traceOf(3));
        assertThat(traceOf(3)).isNotEqualTo(traceOf(4));
        assertThat(String.join("\n", traceOf(3)))
                .contains(
                        "machine east is paused for PT5S",
                        "machine east goes on",
                        "machine west is killed",
                        "west/loop ends with");
    }

    private static List<String> traceOf(long seed) throws Exception {
        try (VirtualClockwork virtual =
                VirtualClockwork.builder().seed(seed).traced().build()) {
            Machine west = virtual.machine("west").drift(500);
            Machine east = virtual.machine("east").clockAhead(MINUTE);
            virtual.run(() -> {
                for (Machine machine : List.of(west, east)) {
                    for (int i = 0; i < 3; i++) {
                        machine.start("loop", () -> {
                            try {
                                while (true) {
                                    sleep(
                                            machine,
                                            Duration.ofMillis(machine.random().nextInt(1000)));
                                }
                            } catch (Error dying) {
                                throw new IllegalStateException("thrown while dying", dying);
                            }
                        });
                    }
                }
                virtual.sleep(SECOND);
                east.pause(Duration.ofSeconds(5));
                virtual.sleep(SECOND);
                west.kill();
                virtual.sleep(MINUTE);
            });
            return virtual.trace();
        }
    }
}
