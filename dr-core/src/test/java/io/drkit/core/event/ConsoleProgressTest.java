package io.drkit.core.event;

import static io.drkit.core.report.Reports.T0;
import static io.drkit.core.report.Reports.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.drkit.core.DataLoss;
import io.drkit.core.Epoch;
import io.drkit.core.action.Progress;
import io.drkit.core.report.Reports;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class ConsoleProgressTest {
    private static final long GIB = 1L << 30;

    private final Screen screen = new Screen();

    private static RunEvent began(String... steps) {
        return new RunEvent.RunBegan(
                T0, "shop", "switchover west → east", "4be2a90c17d3", new Epoch(7), List.of(steps), false);
    }

    private static RunEvent step(long at, String name) {
        return new RunEvent.StepBegan(at(at), name, "", false);
    }

    private static RunEvent waiting(long at, String step, String what) {
        return new RunEvent.StepWaiting(at(at), step, what, false);
    }

    private static RunEvent progress(long at, String step, long done, long total) {
        return new RunEvent.StepProgressed(at(at), step, Progress.of("copying files", done, total, "bytes"), false);
    }

    private static RunEvent ended(long at, String step, StepStatus status, String detail) {
        return new RunEvent.StepEnded(at(at), step, status, detail, Duration.ofSeconds(at), false);
    }

    private static void tell(ConsoleProgress console, RunEvent... events) {
        for (RunEvent event : events) {
            console.on(event);
        }
    }

    private ConsoleProgress live() {
        return ConsoleProgress.to(screen.out).live().build();
    }

    private ConsoleProgress plain() {
        return ConsoleProgress.to(screen.out).build();
    }

    private List<String> shown() {
        return screen.lines(80);
    }

    @Test
    void live_stepsInParallel_eachHasItsLine() {
        tell(
                live(),
                began("copy files", "promote", "start readers"),
                step(0, "copy files"),
                step(0, "promote"),
                waiting(5, "promote", "the replica to replay 12 MiB"),
                progress(10, "copy files", GIB / 2, 2 * GIB),
                progress(20, "copy files", GIB, 2 * GIB));

        assertThat(shown())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .startsWith("shop: switchover west → east, 3 steps, run 4be2a90c17d3, epoch 7"),
                        line -> assertThat(line).isEqualTo("  2026-03-01T10:00:00Z"),
                        line -> assertThat(line).matches("\\S copy files  copying files +0:20"),
                        line -> assertThat(line)
                                .isEqualTo("    ▕██████████          ▏  50 %  1.0 of 2.0 GiB  ~0:20 left  51.2 MiB/s"),
                        line -> assertThat(line)
                                .matches("\\S promote     waiting for the replica to replay 12 MiB +0:20"),
                        line -> assertThat(line).isEqualTo("0 of 3 steps done · 2 at work · 0:20 since the run began"),
                        line -> assertThat(line).isEmpty());
    }

    @Test
    void live_stepEnded_lineStaysAndRegionShrinks() {
        tell(
                live(),
                began("a", "b"),
                step(0, "a"),
                step(0, "b"),
                ended(12, "a", StepStatus.DONE, "3 of 3 pods are gone"));

        assertThat(shown().subList(2, 5))
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("✓ a: done, took 12 s (3 of 3 pods are gone)"),
                        line -> assertThat(line).contains("b  looking at the real state"),
                        line -> assertThat(line).startsWith("1 of 2 steps done · 1 at work"));
    }

    @Test
    void live_anyEventsInAnyOrder_neverWiderThanTheTerminalAndOnlyKnownSequences() {
        for (int columns : List.of(41, 60, 80, 120)) {
            for (boolean ascii : List.of(false, true)) {
                Screen narrow = new Screen();
                ConsoleProgress.Builder builder =
                        ConsoleProgress.to(narrow.out).live().columns(columns);
                ConsoleProgress console = (ascii ? builder.ascii() : builder).build();
                String wide = "最終同期 файлы 🚀 " + "word ".repeat(40) + "x".repeat(200);
                for (RunEvent event : JsonLinesTest.ALL.subList(1, JsonLinesTest.ALL.size() - 1)) {
                    console.on(event);
                }
                tell(
                        console,
                        began(wide),
                        step(0, wide),
                        new RunEvent.StepApplying(at(1), wide, List.of(wide), 1, false),
                        new RunEvent.StepProgressed(
                                at(2), wide, Progress.of(wide, Long.MAX_VALUE - 1, Long.MAX_VALUE, "bytes"), false),
                        new RunEvent.StepProgressed(
                                at(9), wide, Progress.of(wide, Long.MAX_VALUE, Long.MAX_VALUE, wide), false),
                        new RunEvent.StepOutcomeUnknown(at(10), wide, wide, false),
                        ended(12, wide, StepStatus.UNKNOWN, wide));

                assertThat(narrow.lines(columns)).isNotEmpty();
                if (ascii) {
                    assertThat(narrow.raw()).matches("[\\x00-\\x7f]*");
                }
            }
        }
    }

    @Test
    void live_controlSequencesInNames_notSent() {
        tell(
                live(),
                began("a"),
                step(0, "\u001b[2J\u0007evil"),
                waiting(1, "\u001b[2J\u0007evil", "\u001b]0;title\u0007"));

        assertThat(screen.raw()).doesNotContain("\u001b[2J", "\u001b]", "\u0007");
        assertThat(String.join("\n", shown())).contains("<U+001B>[2J");
    }

    @Test
    void live_moreAtWorkThanRoom_saysHowManyMore() {
        ConsoleProgress console =
                ConsoleProgress.to(screen.out).live().lines(3).colourless().build();
        tell(console, began("a", "b", "c", "d", "e"));
        for (String name : List.of("a", "b", "c", "d", "e")) {
            console.on(step(1, name));
        }

        assertThat(shown()).contains("  and 2 more at work");
        assertThat(screen.raw()).doesNotContain("\u001b[2m");
    }

    @Test
    void live_floodOfProgress_drawnAtMostTenTimesASecond() {
        ConsoleProgress console = live();
        tell(console, began("a"), step(0, "a"));
        long before = screen.raw().codePoints().filter(c -> c == 'J').count();
        for (int i = 0; i < 1000; i++) {
            console.on(new RunEvent.StepProgressed(
                    T0.plusMillis(i), "a", Progress.of("copying", i, 10_000, "files"), false));
        }

        assertThat(screen.raw().codePoints().filter(c -> c == 'J').count() - before)
                .isBetween(9L, 11L);
    }

    @Test
    void percent_any_neverAboveWhatIsDone() {
        assertThat(percent(0, 3)).isEqualTo("0 %");
        assertThat(percent(2, 3)).isEqualTo("66 %");
        assertThat(percent(999_999, 1_000_000)).isEqualTo("99 %");
        assertThat(percent(Long.MAX_VALUE - 1, Long.MAX_VALUE)).isEqualTo("99 %");
        assertThat(percent(5, 5)).isEqualTo("100 %");
        assertThat(percent(6, 5)).isEqualTo("none");
        assertThat(percent(0, 0)).isEqualTo("none");
    }

    private static String percent(long done, long total) {
        StepLine line = new StepLine("a", T0, "");
        line.progressed(T0, Progress.of("w", done, total, "files"));
        return line.percent().map(p -> p + " %").orElse("none");
    }

    @Test
    void bar_almostAll_notFull() {
        Terminal unicode = new Terminal(false, false, 80);
        Terminal ascii = new Terminal(true, false, 80);

        assertThat(unicode.bar(Progress.of("w", Long.MAX_VALUE - 1, Long.MAX_VALUE, "bytes"), 4))
                .isEqualTo("▕███▉▏");
        assertThat(unicode.bar(Progress.of("w", 4, 4, "bytes"), 4)).isEqualTo("▕████▏");
        assertThat(ascii.bar(Progress.of("w", 399, 400, "bytes"), 4)).isEqualTo("[###.]");
        assertThat(ascii.bar(Progress.of("w", 0, 400, "bytes"), 4)).isEqualTo("[....]");
    }

    @Test
    void live_openEndedOrOutgrownWork_countAndNoPercentage() {
        ConsoleProgress console = live();
        tell(
                console,
                began("a", "b"),
                step(0, "a"),
                step(0, "b"),
                new RunEvent.StepProgressed(at(1), "a", Progress.openEnded("listing", 100, "files"), false),
                new RunEvent.StepProgressed(at(11), "a", Progress.openEnded("listing", 1_340, "files"), false),
                progress(11, "b", 3 * GIB, 2 * GIB));
        console.on(waiting(12, "c", "x"));

        assertThat(shown()).contains("      1,340 files  112 files/s", "      3.0 of 2.0 GiB expected");
        assertThat(String.join("\n", shown())).doesNotContain("%");
    }

    @Test
    void live_noMovement_saidInsteadOfARate() {
        tell(
                live(),
                began("a", "b"),
                step(0, "a"),
                progress(1, "a", GIB / 2, 2 * GIB),
                progress(11, "a", GIB, 2 * GIB),
                progress(56, "a", GIB, 2 * GIB));

        assertThat(String.join("\n", shown()))
                .contains("50 %  1.0 of 2.0 GiB  no movement for 0:45")
                .doesNotContain("left");
    }

    @Test
    void plain_wholeRun_oneLineAChange() {
        tell(
                plain(),
                began("stop writers", "copy files"),
                new RunEvent.StepBegan(at(0), "stop writers", "scales to zero", false),
                new RunEvent.StepApplying(at(1), "stop writers", List.of("web 3 → 0"), 1, false),
                waiting(2, "stop writers", "3 pods to end"),
                waiting(4, "stop writers", "2 pods to end"),
                waiting(6, "stop writers", "1 pods to end"),
                ended(8, "stop writers", StepStatus.DONE, "no pods are left"),
                new RunEvent.FactRecorded(at(8), "stop writers", "replicas", "3"),
                new RunEvent.StepOutcomeUnknown(at(9), "copy files", "read timed out", false),
                new RunEvent.StepOverran(at(10), "copy files", Duration.ofMinutes(5), false),
                new RunEvent.LossStated(at(11), "copy files", DataLoss.none("files", "compared")),
                new RunEvent.UndoBegan(at(12), "it failed"),
                new RunEvent.StepBegan(at(13), "stop writers", "", true),
                new RunEvent.StepEnded(
                        at(14), "stop writers", StepStatus.UNDO_FAILED, "denied", Duration.ofSeconds(1), true));

        assertThat(screen.raw()).isEqualTo("""
                        10:00:00Z shop: switchover west → east, 2 steps, run 4be2a90c17d3, epoch 7, 2026-03-01T10:00:00Z
                        10:00:00Z stop writers: began (scales to zero)
                        10:00:01Z stop writers: web 3 → 0, 1 s so far
                        10:00:02Z stop writers: waiting for 3 pods to end, 2 s so far
                        10:00:08Z stop writers: done, took 8 s (no pods are left)
                        10:00:08Z stop writers: recorded replicas = 3
                        10:00:09Z copy files: an answer was lost (read timed out); looking again
                        10:00:10Z copy files: overran its 5 min and was asked to stop
                        10:00:11Z copy files: lost of files: nothing (compared)
                        10:00:12Z UNDOING what was done, because: it failed
                        10:00:13Z undo stop writers: began
                        10:00:14Z undo stop writers: COULD NOT BE UNDONE, took 1 s (denied)
                        """);
    }

    @Test
    void plain_longWork_throttledByTheEventsTime() {
        ConsoleProgress console = plain();
        tell(console, began("a"), step(0, "a"));
        for (int second = 1; second <= 100; second++) {
            console.on(progress(second, "a", second * (GIB / 100), 100 * (GIB / 100)));
        }

        List<String> lines =
                screen.raw().lines().filter(line -> line.contains("copying")).toList();
        assertThat(lines).hasSize(11);
        assertThat(lines.get(1))
                .isEqualTo("10:00:11Z a: copying files: 11 %, 112.6 of 1023.9 MiB, 10.2 MiB/s, about 1 min 29 s left,"
                        + " 11 s so far");
        assertThat(lines.get(10)).contains("100 %, 1023.9 of 1023.9 MiB").doesNotContain("left");
    }

    @Test
    void plain_waitingForSomethingElse_saidAtOnce() {
        tell(plain(), began("a"), step(0, "a"), waiting(1, "a", "pods"), waiting(2, "a", "an approval by alice"));

        assertThat(screen.raw()).contains("10:00:02Z a: waiting for an approval by alice");
    }

    @Test
    void plain_heldBackLine_saidWithAnyLaterEvent() {
        tell(
                plain(),
                began("a", "b"),
                step(0, "a"),
                waiting(1, "a", "3 pods"),
                waiting(2, "a", "2 pods"),
                step(12, "b"),
                step(80, "c"));

        assertThat(screen.raw())
                .contains("10:00:12Z a: waiting for 2 pods, 12 s so far")
                .contains("10:01:20Z a: still waiting for 2 pods, 1 min 20 s so far");
    }

    @Test
    @DisplayName("C9, D12: the console ends with the outcome, the objectives and what was lost")
    void ending_failover_saysAll() {
        tell(live(), began("a"), step(0, "a"), new RunEvent.RunEnded(at(251), Reports.failover()));

        String end = String.join("\n", shown());
        assertThat(end)
                .contains("SUCCEEDED  shop: failover west → east")
                .contains("RTO      10 min 35 s, objective 30 min: MET")
                .contains("detection and decision 6 min 30 s")
                .contains("RPO      at most 8 s, objective 15 min: MET")
                .doesNotContain("at work");
        assertThat(screen.raw()).contains("\u001b[32mSUCCEEDED");
    }

    @Test
    void ending_notSucceeded_saysWhatToDo() {
        for (RunReport report : List.of(Reports.stopped(), Reports.undoIncomplete(), Reports.undone())) {
            Screen other = new Screen();
            ConsoleProgress console = ConsoleProgress.to(other.out).ascii().build();
            tell(console, began("a"), new RunEvent.RunEnded(at(400), report));

            assertThat(other.raw())
                    .contains("To do")
                    .contains("Mend")
                    .contains("-> east")
                    .doesNotContain("MET");
        }
    }

    @Test
    void resumedRun_countsOnlyWhatItSaw() {
        tell(live(), JsonLinesTest.ALL.get(0), step(0, "b"), ended(3, "b", StepStatus.DONE, ""));

        assertThat(String.join("\n", shown()))
                .contains("RESUMED")
                .contains("1 steps done since the resumption · no step at work · 0:03 since the resumption");
    }

    @Test
    void ticking_betweenEvents_elapsedTimeGoesOn() {
        Ticks ticks = new Ticks();
        ConsoleProgress console =
                ConsoleProgress.to(screen.out).live().ticking(ticks).build();
        tell(console, began("a"), step(0, "a"), waiting(0, "a", "pods"));

        ticks.run(40); // a quarter of a second each

        assertThat(shown()).anyMatch(line -> line.matches("\\S a  waiting for pods +0:10"));
    }

    @Test
    void ticking_plainAndQuiet_saysWhatItStillWaitsFor() {
        Ticks ticks = new Ticks();
        ConsoleProgress console = ConsoleProgress.to(screen.out).ticking(ticks).build();
        tell(console, began("a"), step(0, "a"), waiting(1, "a", "3 pods"), waiting(2, "a", "2 pods"));

        ticks.run(100);

        assertThat(screen.raw().lines().skip(3))
                .containsExactly(
                        "10:00:11Z a: waiting for 2 pods, 11 s so far",
                        "10:01:11Z a: still waiting for 2 pods, 1 min 11 s so far");
    }

    @Test
    void ticking_runEndedOrClosed_taskEnds() {
        for (boolean close : List.of(true, false)) {
            Ticks ticks = new Ticks();
            ConsoleProgress console =
                    ConsoleProgress.to(screen.out).ticking(ticks).build();
            console.on(began("a"));
            if (close) {
                console.close();
                console.close();
            } else {
                console.on(new RunEvent.RunEnded(at(1), Reports.failover()));
            }
            String before = screen.raw();

            ticks.run(1_000_000); // would not return before a million ticks

            assertThat(ticks.ticked).isZero();
            assertThat(screen.raw()).isEqualTo(before);
        }
    }

    @Test
    void ticking_runEndsWhileATickIsUnderWay_nothingIsDrawnBelowTheEnding() {
        Ticks ticks = new Ticks();
        ConsoleProgress console =
                ConsoleProgress.to(screen.out).live().ticking(ticks).build();
        tell(console, began("a"), step(0, "a"));
        ticks.meanwhile = () -> console.on(new RunEvent.RunEnded(at(1), Reports.failover()));

        ticks.run(5);

        assertThat(shown().get(shown().size() - 2)).startsWith("  Run ");
    }

    @Test
    void builder_badValue_refused() {
        ConsoleProgress.Builder builder = ConsoleProgress.to(screen.out);

        assertThatIllegalArgumentException().isThrownBy(() -> builder.columns(40));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.columns(501));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.lines(1));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.every(Duration.ZERO));
    }

    /** A clockwork whose one task runs when the test says so, on time that moves only by its waiting. */
    private static final class Ticks implements Clockwork {
        private final List<Runnable> started = new ArrayList<>();
        private long nanos;
        private int left;
        private int ticked;
        private Runnable meanwhile = () -> {};

        void run(int ticks) {
            left = ticks;
            started.forEach(Runnable::run);
            // the task was stopped as an interrupted thread, which here is the test's own
            Thread.interrupted();
        }

        @Override
        public Instant now() {
            throw new AssertionError("times come from the events");
        }

        @Override
        public long nanoTime() {
            return nanos;
        }

        @Override
        public void sleep(Duration time) {
            throw new AssertionError();
        }

        @Override
        public RandomGenerator random() {
            throw new AssertionError();
        }

        @Override
        public Task start(String name, Runnable work) {
            started.add(work);
            return new Task() {
                @Override
                public String name() {
                    return name;
                }

                @Override
                public boolean ended() {
                    return false;
                }

                @Override
                public void interrupt() {}

                @Override
                public boolean join(Duration time) {
                    return false;
                }
            };
        }

        @Override
        public <T> Mailbox<T> mailbox() {
            Deque<T> messages = new ArrayDeque<>();
            return new Mailbox<>() {
                @Override
                public void put(T message) {
                    messages.add(message);
                }

                @Override
                public T poll(Duration time) throws InterruptedException {
                    if (!messages.isEmpty()) {
                        return messages.poll();
                    }
                    if (left-- == 0) {
                        throw new InterruptedException("the test is over");
                    }
                    nanos += time.toNanos();
                    ticked++;
                    meanwhile.run();
                    return null;
                }
            };
        }
    }
}
