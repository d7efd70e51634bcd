package io.drkit.testkit.time;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Clockwork} promises, its mailboxes and tasks included, a rule a test. Extend it in your own tests; each test
 * gets a clockwork of its own, or one that nobody else uses meanwhile.
 */
public abstract class ClockworkContract {
    private static final Duration SHORT = Duration.ofMillis(20);

    /** The clockwork under test; the same at each call within a test. */
    protected abstract Clockwork clockwork();

    /** How long something may take that ought to happen at once; 30 s if not overridden. */
    protected Duration patience() {
        return Duration.ofSeconds(30);
    }

    /** Runs a test's body, for a clockwork whose waits must be made by its own tasks; at once if not overridden. */
    protected void run(Body body) throws Exception {
        body.run();
    }

    /** A test. */
    @FunctionalInterface
    protected interface Body {
        void run() throws Exception;
    }

    @Test
    @DisplayName("C1: sleep takes at least its time, on the monotonic time; zero and less takes none")
    void sleep_always_takesItsTime() throws Exception {
        run(() -> {
            long before = clockwork().nanoTime();
            clockwork().sleep(SHORT);
            assertThat(since(before)).isGreaterThanOrEqualTo(SHORT);
            clockwork().sleep(Duration.ZERO);
            clockwork().sleep(SHORT.negated());
        });
    }

    @Test
    @DisplayName("C2: a mailbox gives its messages in the order in which they came")
    void poll_several_firstInFirstOut() throws Exception {
        run(() -> {
            Mailbox<Integer> mailbox = clockwork().mailbox();
            for (int i = 0; i < 5; i++) {
                mailbox.put(i);
            }
            List<Integer> taken = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                taken.add(mailbox.poll(Duration.ZERO));
            }
            assertThat(taken).containsExactly(0, 1, 2, 3, 4);
        });
    }

    @Test
    @DisplayName("C3: an empty mailbox gives nothing, after the time that one is ready to wait")
    void poll_empty_isNullAfterItsTime() throws Exception {
        run(() -> {
            long before = clockwork().nanoTime();
            assertThat(clockwork().mailbox().poll(SHORT)).isNull();
            assertThat(since(before)).isGreaterThanOrEqualTo(SHORT);
            assertThat(clockwork().mailbox().poll(Duration.ZERO)).isNull();
        });
    }

    @Test
    @DisplayName("C4: whoever waits at a mailbox has a message when it comes, and not only when the time is over")
    void poll_messageComes_wakes() throws Exception {
        run(() -> {
            Mailbox<String> there = clockwork().mailbox();
            Mailbox<String> back = clockwork().mailbox();
            Task echo = clockwork().start("echo", () -> {
                try {
                    back.put("echo of " + there.poll(Duration.ofDays(1)));
                } catch (InterruptedException e) {
                    back.put("interrupted");
                }
            });
            clockwork().sleep(SHORT);
            there.put("message");
            assertThat(back.poll(patience())).isEqualTo("echo of message");
            assertThat(echo.join(patience())).isTrue();
        });
    }

    @Test
    @DisplayName("C5: to interrupt a task ends its sleep, its waiting at a mailbox and its waiting for a task")
    void interrupt_waitingTask_wakesIt() throws Exception {
        run(() -> {
            Mailbox<String> heard = clockwork().mailbox();
            Task endless = clockwork()
                    .start(
                            "endless",
                            () -> waiting(heard, "endless", () -> clockwork().sleep(Duration.ofDays(1))));
            List<Task> tasks = List.of(
                    clockwork()
                            .start(
                                    "sleep",
                                    () -> waiting(
                                            heard, "sleep", () -> clockwork().sleep(Duration.ofDays(1)))),
                    clockwork()
                            .start(
                                    "poll",
                                    () -> waiting(
                                            heard,
                                            "poll",
                                            () -> clockwork().mailbox().poll(Duration.ofDays(1)))),
                    clockwork().start("join", () -> waiting(heard, "join", () -> endless.join(Duration.ofDays(1)))));
            clockwork().sleep(SHORT);
            Set<String> all = new HashSet<>();
            for (Task task : tasks) {
                task.interrupt();
                all.add(String.valueOf(heard.poll(patience())));
                assertThat(task.join(patience())).as(task.name()).isTrue();
            }
            endless.interrupt();
            all.add(String.valueOf(heard.poll(patience())));
            assertThat(all).containsExactlyInAnyOrder("sleep", "poll", "join", "endless");
        });
    }

    private interface Waiting {
        void await() throws InterruptedException;
    }

    private static void waiting(Mailbox<String> heard, String name, Waiting waiting) {
        try {
            waiting.await();
            heard.put(name + " was not interrupted");
        } catch (InterruptedException e) {
            heard.put(name);
        }
    }

    @Test
    @DisplayName("C6: an interruption that comes before the waiting ends it all the same")
    void interrupt_beforeTheWait_isNotLost() throws Exception {
        run(() -> {
            Mailbox<String> go = clockwork().mailbox();
            Mailbox<String> heard = clockwork().mailbox();
            Task task = clockwork().start("busy", () -> {
                try {
                    while (go.poll(Duration.ZERO) == null) {
                        clockwork().sleep(Duration.ofMillis(1));
                    }
                } catch (InterruptedException e) {
                    // it may be heard here as well: then it is made anew
                    Thread.currentThread().interrupt();
                }
                waiting(heard, "busy", () -> clockwork().sleep(Duration.ofDays(1)));
            });
            clockwork().sleep(SHORT);
            task.interrupt();
            go.put("go");
            assertThat(heard.poll(patience())).isEqualTo("busy");
        });
    }

    @Test
    @DisplayName("C7: join tells whether the task has ended, after no more than the time that one is ready to wait")
    void join_runningAndEnded_tells() throws Exception {
        run(() -> {
            Mailbox<String> end = clockwork().mailbox();
            Task task =
                    clockwork().start("waits", () -> waiting(end, "interrupted", () -> end.poll(Duration.ofDays(1))));
            assertThat(task.join(SHORT)).isFalse();
            assertThat(task.ended()).isFalse();
            end.put("end");
            assertThat(task.join(patience())).isTrue();
            assertThat(task.ended()).isTrue();
            assertThat(task.join(Duration.ZERO)).isTrue();
        });
    }

    @Test
    @DisplayName("C8: what a task throws ends that task alone")
    void start_taskThrows_endsItAlone() throws Exception {
        run(() -> {
            Task broken = clockwork().start("broken", () -> {
                throw new IllegalStateException("as the test wants it");
            });
            assertThat(broken.join(patience())).isTrue();
            Mailbox<String> mailbox = clockwork().mailbox();
            clockwork().start("sound", () -> mailbox.put("sound"));
            assertThat(mailbox.poll(patience())).isEqualTo("sound");
        });
    }

    @Test
    @DisplayName("C9: a task is known by its name, and goes on beside the one that started it")
    void start_task_runsBeside() throws Exception {
        run(() -> {
            Mailbox<String> there = clockwork().mailbox();
            Mailbox<String> back = clockwork().mailbox();
            Task task = clockwork()
                    .start(
                            "some name",
                            () -> waiting(back, "none came", () -> {
                                String message = there.poll(patience());
                                back.put(message == null ? "none came" : message);
                            }));
            assertThat(task.name()).isEqualTo("some name");
            there.put("sent after the start");
            assertThat(back.poll(patience())).isEqualTo("sent after the start");
        });
    }

    @Test
    @DisplayName("C10: an id is 12 lower-case hexadecimal digits, and no other is like it")
    void newId_many_areUnlike() {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            ids.add(clockwork().newId());
        }
        assertThat(ids).hasSize(1000).allMatch(id -> id.matches("[0-9a-f]{12}"));
    }

    @Test
    @DisplayName("C11: of messages that many tasks put, none is lost and none comes twice")
    void put_byManyTasks_allArrive() throws Exception {
        run(() -> {
            Mailbox<String> mailbox = clockwork().mailbox();
            for (int i = 0; i < 8; i++) {
                int number = i;
                clockwork().start("putter " + i, () -> {
                    for (int k = 0; k < 25; k++) {
                        mailbox.put(number + "/" + k);
                    }
                });
            }
            List<String> taken = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                taken.add(mailbox.poll(patience()));
            }
            assertThat(taken).doesNotContainNull().doesNotHaveDuplicates();
            assertThat(mailbox.poll(Duration.ZERO)).isNull();
        });
    }

    private Duration since(long before) {
        return Duration.ofNanos(clockwork().nanoTime() - before);
    }
}
