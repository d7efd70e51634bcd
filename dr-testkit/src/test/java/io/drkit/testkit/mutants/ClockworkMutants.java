package io.drkit.testkit.mutants;

import io.drkit.testkit.mutants.Planted.Suspect;
import java.util.List;

/** Broken clockworks. */
final class ClockworkMutants {
    private static final String TESTS = HastyClockwork.class.getName();
    private static final Suspect SYSTEM = new Suspect("io.drkit.core.time.SystemClockwork", TESTS);
    private static final Suspect CLOCKWORK = new Suspect("io.drkit.core.time.Clockwork", TESTS);
    private static final String POLL = "return queue.poll(time.toNanos(), TimeUnit.NANOSECONDS);";

    private ClockworkMutants() {}

    static List<Planted> all() {
        return List.of(
                SYSTEM.breaks(
                        "C1",
                        "TimeUnit.NANOSECONDS.sleep(time.toNanos());",
                        "TimeUnit.NANOSECONDS.sleep(time.toNanos() / 8);"),
                SYSTEM.breaks("C2", "queue.add(message);", "queue.addFirst(message);")
                        .and(
                                "private final LinkedBlockingQueue<T> queue = new LinkedBlockingQueue<>();",
                                "private final java.util.concurrent.LinkedBlockingDeque<T> queue ="
                                        + " new java.util.concurrent.LinkedBlockingDeque<>();"),
                SYSTEM.breaks("C3", POLL, "return queue.poll();"),
                SYSTEM.breaks("C4", POLL, "TimeUnit.NANOSECONDS.sleep(time.toNanos()); return queue.poll();"),
                SYSTEM.breaks("C5", "thread.interrupt();", ""),
                SYSTEM.breaks("C5", POLL, "try { " + POLL + " } catch (InterruptedException e) { return null; }"),
                SYSTEM.breaks(
                        "C6",
                        "TimeUnit.NANOSECONDS.sleep(time.toNanos());",
                        "Thread.interrupted(); TimeUnit.NANOSECONDS.sleep(time.toNanos());"),
                SYSTEM.breaks("C7", "return ended();", "return true;"),
                SYSTEM.breaks("C7", "return !thread.isAlive();", "return false;"),
                SYSTEM.breaks(
                        "C8",
                        "Thread thread = new Thread(work, name);",
                        "Thread thread = new Thread(() -> { try { work.run(); } catch (RuntimeException e) {"
                                + " while (true) { java.util.concurrent.locks.LockSupport.park(); } } }, name);"),
                SYSTEM.breaks("C9", "return thread.getName();", "return \"task\";"),
                SYSTEM.breaks("C9", "thread.start();", "thread.run();"),
                CLOCKWORK.breaks("C10", "\"%012x\"", "\"%012X\""),
                CLOCKWORK.breaks("C10", "& 0xffff_ffff_ffffL", "& 0xffL"),
                SYSTEM.breaks(
                        "C11",
                        "queue.add(message);",
                        "if (!message.toString().startsWith(\"7/\")) { queue.add(message); }"));
    }
}
