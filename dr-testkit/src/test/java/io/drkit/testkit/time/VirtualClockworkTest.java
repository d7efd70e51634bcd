package io.drkit.testkit.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class VirtualClockworkTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** Producers, a consumer that gives up, a task that is interrupted: a bit of everything. */
    private static List<String> traceOf(long seed) throws Exception {
        try (VirtualClockwork virtual =
                VirtualClockwork.builder().seed(seed).traced().build()) {
            List<String> seen = virtual.run(() -> {
                List<String> got = new ArrayList<>();
                Mailbox<String> mailbox = virtual.mailbox();
                List<Task> producers = new ArrayList<>();
                for (int p = 0; p < 5; p++) {
                    String name = "producer-" + p;
                    producers.add(virtual.start(name, () -> {
                        for (int i = 0; i < 10; i++) {
                            sleep(virtual, Duration.ofMillis(virtual.random().nextInt(3)));
                            mailbox.put(name + " " + i + " " + virtual.random().nextInt(100) + " " + virtual.now());
                        }
                    }));
                }
                Task idler = virtual.start("idler", () -> sleep(virtual, Duration.ofDays(1)));
                idler.interrupt();
                for (Task task : producers) {
                    assertThat(task.join(MINUTE)).isTrue();
                }
                String message = mailbox.poll(Duration.ZERO);
                while (message != null) {
                    got.add(message);
                    message = mailbox.poll(Duration.ofSeconds(1));
                }
                return got;
            });
            List<String> all = new ArrayList<>(virtual.trace());
            all.addAll(seen);
            return all;
        }
    }

    private static void sleep(Clockwork clockwork, Duration time) {
        try {
            clockwork.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void run_sameSeed_sameTraceByteForByte() throws Exception {
        for (long seed = 0; seed < 20; seed++) {
            assertThat(traceOf(seed)).as("seed %d", seed).isEqualTo(traceOf(seed));
        }
    }

    @Test
    void run_differentSeeds_differentSchedules() throws Exception {
        Set<List<String>> traces = new HashSet<>();
        for (long seed = 0; seed < 50; seed++) {
            traces.add(traceOf(seed));
        }
        assertThat(traces).hasSize(50);
    }

    @Test
    void run_tasksThatRaceForACounter_interleaveDifferentlyUnderDifferentSeeds() throws Exception {
        Set<Integer> ends = new HashSet<>();
        for (long seed = 0; seed < 100; seed++) {
            try (VirtualClockwork virtual = VirtualClockwork.seeded(seed)) {
                int[] counter = new int[1];
                virtual.run(() -> {
                    List<Task> tasks = new ArrayList<>();
                    for (int t = 0; t < 2; t++) {
                        tasks.add(virtual.start("racer", () -> {
                            int read = counter[0];
                            sleep(virtual, Duration.ZERO);
                            counter[0] = read + 1;
                        }));
                    }
                    for (Task task : tasks) {
                        task.join(MINUTE);
                    }
                });
                ends.add(counter[0]);
            }
        }
        assertThat(ends)
                .as("the lost update is found, and so is the lucky order")
                .containsExactlyInAnyOrder(1, 2);
    }

    @Test
    void sleep_manySleepers_wakeInOrderAndTimeJumps() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            List<Integer> order = new ArrayList<>();
            virtual.run(() -> {
                for (int hours : new int[] {30, 10, 20}) {
                    virtual.start("sleeper", () -> {
                        sleep(virtual, Duration.ofHours(hours));
                        order.add(hours);
                    });
                }
                virtual.sleep(Duration.ofHours(40));
            });
            assertThat(order).containsExactly(10, 20, 30);
            assertThat(virtual.elapsed()).isEqualTo(Duration.ofHours(40));
            assertThat(virtual.now()).isEqualTo(Instant.parse("2026-01-02T16:00:00Z"));
        }
    }

    @Test
    void nanoTime_afterAMinute_hasOverflowedAndStillMeasures() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            virtual.run(() -> {
                long before = virtual.nanoTime();
                var deadline = virtual.deadline(Duration.ofMinutes(2));
                virtual.sleep(Duration.ofMinutes(2).minusNanos(1));
                assertThat(virtual.nanoTime()).isLessThan(before);
                assertThat(virtual.nanoTime() - before).isEqualTo(119_999_999_999L);
                assertThat(deadline.passed()).isFalse();
                virtual.sleep(Duration.ofNanos(1));
                assertThat(deadline.passed()).isTrue();
            });
        }
    }

    @Test
    void poll_nothingComes_answersNullAfterExactlyItsTime() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            virtual.run(() -> {
                assertThat(virtual.<String>mailbox().poll(MINUTE)).isNull();
                assertThat(virtual.elapsed()).isEqualTo(MINUTE);
            });
        }
    }

    @Test
    void poll_messageComesMeanwhile_wakesAtOnce() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            virtual.run(() -> {
                Mailbox<String> mailbox = virtual.mailbox();
                virtual.start("sender", () -> {
                    sleep(virtual, Duration.ofSeconds(3));
                    mailbox.put("first");
                    mailbox.put("second");
                });
                assertThat(mailbox.poll(MINUTE)).isEqualTo("first");
                assertThat(virtual.elapsed()).isEqualTo(Duration.ofSeconds(3));
                assertThat(mailbox.poll(MINUTE)).isEqualTo("second");
            });
        }
    }

    @Test
    void poll_twoPollersOneMessage_oneGetsItAndTheOtherItsWholeTime() throws Exception {
        for (long seed = 0; seed < 20; seed++) {
            try (VirtualClockwork virtual = VirtualClockwork.seeded(seed)) {
                List<String> got = new ArrayList<>();
                virtual.run(() -> {
                    Mailbox<String> mailbox = virtual.mailbox();
                    List<Task> pollers = new ArrayList<>();
                    for (int i = 0; i < 2; i++) {
                        pollers.add(virtual.start("poller", () -> {
                            try {
                                got.add(mailbox.poll(MINUTE) + " after " + virtual.elapsed());
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        }));
                    }
                    virtual.sleep(Duration.ofSeconds(1));
                    mailbox.put("m");
                    for (Task poller : pollers) {
                        poller.join(Duration.ofHours(1));
                    }
                });
                assertThat(got).containsExactly("m after PT1S", "null after PT1M");
            }
        }
    }

    @Test
    void interrupt_taskThatSleeps_wakesItNow() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            List<String> heard = new ArrayList<>();
            virtual.run(() -> {
                Task task = virtual.start("sleeper", () -> {
                    try {
                        virtual.sleep(Duration.ofDays(1));
                    } catch (InterruptedException e) {
                        heard.add("interrupted after " + virtual.elapsed() + ", flag "
                                + Thread.currentThread().isInterrupted());
                    }
                });
                virtual.sleep(MINUTE);
                task.interrupt();
                assertThat(task.join(MINUTE)).isTrue();
            });
            assertThat(heard).containsExactly("interrupted after PT1M, flag false");
            assertThat(virtual.elapsed()).isEqualTo(MINUTE);
        }
    }

    @Test
    void interrupt_restoredFlag_endsTheNextWaitToo() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            virtual.run(() -> {
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> virtual.sleep(MINUTE)).isInstanceOf(InterruptedException.class);
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> virtual.mailbox().poll(MINUTE)).isInstanceOf(InterruptedException.class);
                virtual.sleep(MINUTE);
            });
            assertThat(virtual.elapsed()).isEqualTo(MINUTE);
        }
    }

    @Test
    void interrupt_taskThatHasNotRunYet_isSeenAtItsFirstWait() throws Exception {
        for (long seed = 0; seed < 20; seed++) {
            try (VirtualClockwork virtual = VirtualClockwork.seeded(seed)) {
                List<Duration> heard = new ArrayList<>();
                virtual.run(() -> {
                    Task task = virtual.start("sleeper", () -> {
                        try {
                            virtual.sleep(Duration.ofDays(1));
                        } catch (InterruptedException e) {
                            heard.add(virtual.elapsed());
                        }
                    });
                    task.interrupt();
                    task.join(MINUTE);
                });
                assertThat(heard).containsExactly(Duration.ZERO);
            }
        }
    }

    @Test
    void join_taskThatTakesTooLong_answersFalseAfterItsTime() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            virtual.run(() -> {
                Task task = virtual.start("slow", () -> sleep(virtual, Duration.ofHours(1)));
                assertThat(task.join(MINUTE)).isFalse();
                assertThat(task.ended()).isFalse();
                assertThat(virtual.elapsed()).isEqualTo(MINUTE);
                assertThat(task.join(Duration.ofDays(1))).isTrue();
                assertThat(virtual.elapsed()).isEqualTo(Duration.ofHours(1));
            });
        }
    }

    @Test
    void run_mainThrows_throwsTheSame() {
        IOException planted = new IOException("planted");
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            assertThatThrownBy(() -> virtual.run(() -> {
                        virtual.sleep(MINUTE);
                        throw planted;
                    }))
                    .isSameAs(planted);
        }
    }

    @Test
    void run_anotherTaskThrows_endsThatTaskAloneAndIsKept() throws Exception {
        IllegalStateException planted = new IllegalStateException("planted: this stack trace belongs to a test");
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            virtual.run(() -> {
                Task task = virtual.start("broken", () -> {
                    throw planted;
                });
                assertThat(task.join(MINUTE)).isTrue();
            });
            assertThat(virtual.failures()).containsExactly(planted);
        }
    }

    @Test
    void run_again_goesOnWithTimeAndLeftoverTasks() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            List<Duration> ticks = new ArrayList<>();
            virtual.run(() -> {
                virtual.start("ticker", () -> {
                    for (int i = 0; i < 3; i++) {
                        sleep(virtual, MINUTE);
                        ticks.add(virtual.elapsed());
                    }
                });
                virtual.sleep(Duration.ofSeconds(90));
            });
            assertThat(ticks).containsExactly(MINUTE);
            virtual.run(() -> virtual.sleep(Duration.ofMinutes(5)));
            assertThat(ticks).containsExactly(MINUTE, MINUTE.multipliedBy(2), MINUTE.multipliedBy(3));
        }
    }

    @Test
    void run_allBlockedForEver_saysWhoWaitsForWhatAndWhere() {
        Duration forEver = Duration.ofSeconds(Long.MAX_VALUE);
        try (VirtualClockwork virtual = VirtualClockwork.seeded(77)) {
            assertThatThrownBy(() -> virtual.run(() -> {
                        Mailbox<String> never = virtual.mailbox();
                        Task other = virtual.start("listener", () -> {
                            try {
                                never.poll(forEver);
                            } catch (InterruptedException e) {
                                throw new IllegalStateException(e);
                            }
                        });
                        virtual.sleep(MINUTE);
                        other.join(forEver);
                    }))
                    .isInstanceOf(VirtualClockwork.Stuck.class)
                    .hasMessageContaining("All 2 tasks are blocked for ever")
                    .hasMessageContaining("Seed 77")
                    .hasMessageContaining("2026-01-01T00:01:00Z")
                    .hasMessageContaining(
                            "main waits for task listener to end since +PT1M at io.drkit.testkit.time.Virt")
                    .hasMessageContaining("listener waits for a message in mailbox 1 since +PT0S at ");
            assertThatThrownBy(() -> virtual.run(() -> {})).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void run_loopThatNeverSleeps_isFoundAsSpinning() {
        try (VirtualClockwork virtual =
                VirtualClockwork.builder().maxSteps(10_000).build()) {
            assertThatThrownBy(() -> virtual.run(() -> {
                        var deadline = virtual.deadline(MINUTE);
                        while (!deadline.passed()) {
                            Thread.onSpinWait();
                        }
                    }))
                    .isInstanceOf(VirtualClockwork.Stuck.class)
                    .hasMessageContaining("a loop that waits must sleep")
                    .hasMessageContaining("main");
        }
    }

    @Test
    void run_beyondTheHorizon_isStuck() {
        try (VirtualClockwork virtual =
                VirtualClockwork.builder().horizon(Duration.ofDays(10)).build()) {
            assertThatThrownBy(() -> virtual.run(() -> virtual.sleep(Duration.ofDays(11))))
                    .isInstanceOf(VirtualClockwork.Stuck.class)
                    .hasMessageContaining("horizon")
                    .hasMessageContaining("main sleeps PT264H");
        }
    }

    @Test
    void run_taskWaitsOutsideTheClockwork_watchdogNamesItAndShowsItsStack() {
        CountDownLatch outside = new CountDownLatch(1);
        try (VirtualClockwork virtual =
                VirtualClockwork.builder().watchdog(Duration.ofMillis(400)).build()) {
            assertThatThrownBy(() -> virtual.run(() -> {
                        Task task = virtual.start("outsider", () -> {
                            try {
                                outside.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
                        task.join(MINUTE);
                    }))
                    .isInstanceOf(VirtualClockwork.Stuck.class)
                    .hasMessageContaining("outsider has not asked the clockwork anything for PT0.4S of real time")
                    .hasStackTraceContaining("CountDownLatch.await");
        }
    }

    @Test
    void run_lockHeldOverAWait_isReportedWithBothNames() {
        Object shared = new Object();
        try (VirtualClockwork virtual = VirtualClockwork.seeded(3)) {
            assertThatThrownBy(() -> virtual.run(() -> {
                        virtual.start("holder", () -> {
                            synchronized (shared) {
                                sleep(virtual, MINUTE);
                            }
                        });
                        virtual.sleep(Duration.ofSeconds(1));
                        synchronized (shared) {
                            throw new AssertionError("never got here");
                        }
                    }))
                    .isInstanceOf(VirtualClockwork.Stuck.class)
                    .hasMessageContaining("Task main waits for the lock java.lang.Object")
                    .hasMessageContaining("which task holder holds while it waits at io.drkit");
        }
    }

    @Test
    void close_leftoverTasks_endAndRunTheirFinally() throws Exception {
        List<String> ends = new ArrayList<>();
        VirtualClockwork virtual = VirtualClockwork.seeded(1);
        List<Task> tasks = virtual.run(() -> {
            List<Task> started = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                String name = "task-" + i;
                started.add(virtual.start(name, () -> {
                    try {
                        sleep(virtual, Duration.ofDays(1));
                        ends.add(name + " slept on");
                    } catch (RuntimeException e) {
                        ends.add(name + " survived");
                    } finally {
                        ends.add(name);
                    }
                }));
            }
            virtual.sleep(MINUTE);
            started.add(virtual.start("never begun", () -> ends.add("begun")));
            return started;
        });
        virtual.close();
        virtual.close();
        assertThat(ends).filteredOn(e -> !e.equals("begun")).containsExactly("task-0", "task-1", "task-2");
        assertThat(tasks).allMatch(Task::ended);
        assertThatThrownBy(() -> virtual.run(() -> {})).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void sleep_threadOutside_isRefused() {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            assertThatThrownBy(() -> virtual.sleep(MINUTE))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("enter by run()");
            assertThat(virtual.now()).isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
        }
    }

    @Test
    void start_beforeTheRun_runsWithIt() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            Mailbox<String> mailbox = virtual.mailbox();
            virtual.start("early", () -> mailbox.put("hello"));
            assertThat(virtual.run(() -> mailbox.poll(MINUTE))).isEqualTo("hello");
        }
    }

    @Test
    void trace_notAskedFor_isRefused() {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            assertThatThrownBy(virtual::trace).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void start_tenThousandTasksAtOnce_allRunAndEnd() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(5)) {
            int[] ended = new int[1];
            virtual.run(() -> {
                List<Task> tasks = new ArrayList<>();
                for (int i = 0; i < 10_000; i++) {
                    int seconds = i % 60;
                    tasks.add(virtual.start("task-" + i, () -> {
                        sleep(virtual, Duration.ofSeconds(seconds));
                        sleep(virtual, Duration.ofSeconds(60 - seconds));
                        ended[0]++;
                    }));
                }
                for (Task task : tasks) {
                    assertThat(task.join(Duration.ofMinutes(2))).isTrue();
                }
            });
            assertThat(ended[0]).isEqualTo(10_000);
            assertThat(virtual.elapsed()).isEqualTo(MINUTE);
        }
    }

    @Test
    void run_tenThousandTimesAfterEachOther_reusesThreads() throws Exception {
        Set<Thread> threads = new HashSet<>();
        try (VirtualClockwork virtual = VirtualClockwork.seeded(5)) {
            for (int i = 0; i < 10_000; i++) {
                virtual.run(() -> {
                    threads.add(Thread.currentThread());
                    Task task = virtual.start("other", () -> threads.add(Thread.currentThread()));
                    task.join(MINUTE);
                });
            }
        }
        assertThat(threads)
                .as("a thread that has just ended its task may still be on its way back")
                .hasSizeLessThan(20);
    }

    @Test
    void worldThatActs_actsWhenItsTimeHasComeBeforeAnyTaskGoesOn() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            List<String> seen = new ArrayList<>();
            virtual.run(() -> {
                virtual.nowAndThen(() -> {
                    seen.add("world " + virtual.elapsed());
                    return MINUTE;
                });
                for (int i = 0; i < 3; i++) {
                    virtual.sleep(MINUTE);
                    seen.add("task " + virtual.elapsed());
                }
            });

            assertThat(seen)
                    .containsExactly(
                            "world PT0S",
                            "world PT1M",
                            "task PT1M",
                            "world PT2M",
                            "task PT2M",
                            "world PT3M",
                            "task PT3M");
        }
    }

    @Test
    void worldThatActs_mayPutMessagesAndStartTasks() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            String got = virtual.run(() -> {
                Mailbox<String> mailbox = virtual.mailbox();
                virtual.nowAndThen(() -> {
                    if (virtual.elapsed().equals(MINUTE)) {
                        mailbox.put("first");
                        virtual.start("child", () -> mailbox.put("second"));
                    }
                    return MINUTE;
                });
                return mailbox.poll(Duration.ofHours(1)) + " " + mailbox.poll(Duration.ofHours(1));
            });

            assertThat(got).isEqualTo("first second");
            assertThat(virtual.elapsed()).isEqualTo(MINUTE);
        }
    }

    @Test
    void worldThatFails_actsNoMoreAndItIsKept() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            List<Duration> acted = new ArrayList<>();
            virtual.run(() -> {
                virtual.nowAndThen(() -> {
                    acted.add(virtual.elapsed());
                    throw new IllegalStateException("it rains");
                });
                virtual.nowAndThen(() -> Duration.ZERO);
                virtual.sleep(Duration.ofHours(1));
            });

            assertThat(acted).containsExactly(Duration.ZERO);
            assertThat(virtual.failures()).hasSize(2);
            assertThat(virtual.failures().get(0)).hasMessage("it rains");
            assertThat(virtual.failures().get(1)).hasMessageContaining("more than zero");
        }
    }

    @Test
    void worldThatWaitsOrKills_isRefused() throws Exception {
        try (VirtualClockwork virtual = VirtualClockwork.seeded(1)) {
            virtual.run(() -> {
                virtual.nowAndThen(() -> {
                    sleep(virtual, MINUTE);
                    return MINUTE;
                });
                virtual.nowAndThen(() -> {
                    virtual.machine("west").kill();
                    return MINUTE;
                });
                virtual.sleep(MINUTE);
            });

            assertThat(virtual.failures()).hasSize(2);
            assertThat(virtual.failures().get(0)).hasMessageContaining("cannot sleep");
            assertThat(virtual.failures().get(1)).hasMessageContaining("start a task that does it");
        }
    }
}
