package io.drkit.core.event;

import io.drkit.core.action.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** What a watcher should know about one step that is at work. */
final class StepLine {
    private static final Duration WINDOW = Duration.ofSeconds(30);
    private static final Duration SAMPLE = Duration.ofMillis(500);

    private record Sample(Instant at, long done) {}

    final String title;
    final Instant began;
    /** What is going on, or is waited for. */
    String activity;

    @Nullable
    Progress progress;

    private final Deque<Sample> samples = new ArrayDeque<>();
    private Instant moved;

    // what the plain log last said of it
    Instant said;
    String shape = "";
    boolean unsaid;

    StepLine(String title, Instant began, String activity) {
        this.title = title;
        this.began = began;
        this.activity = activity;
        this.moved = began;
        this.said = began;
    }

    void now(String activity) {
        this.activity = activity;
        progress = null;
        samples.clear();
    }

    void progressed(Instant at, Progress next) {
        Progress before = progress;
        if (before == null
                || !before.what().equals(next.what())
                || !before.unit().equals(next.unit())
                || before.done() > next.done()) {
            samples.clear();
            moved = at;
        } else if (before.done() != next.done()) {
            moved = at;
        }
        progress = next;
        activity = next.what();
        if (samples.size() >= 2) {
            // keep them half a second apart, however often progress is told
            Sample last = samples.removeLast();
            if (Duration.between(samples.getLast().at, last.at).compareTo(SAMPLE) >= 0) {
                samples.addLast(last);
            }
        }
        samples.addLast(new Sample(at, next.done()));
        while (samples.size() > 2 && Duration.between(samples.getFirst().at, at).compareTo(WINDOW) > 0) {
            samples.removeFirst();
        }
    }

    /** Whole percent, rounded down; empty when the total is not known, or was wrong. */
    Optional<Integer> percent() {
        Progress shown = progress;
        if (shown == null || shown.total().isEmpty()) {
            return Optional.empty();
        }
        long total = shown.total().getAsLong();
        if (total <= 0 || shown.done() > total) {
            return Optional.empty();
        }
        return Optional.of(Terminal.share(shown, 100));
    }

    boolean complete() {
        return percent().filter(p -> p == 100).isPresent();
    }

    /** Units a second over the last half minute; empty until there is something to tell it from. */
    OptionalDouble rate(Instant now) {
        if (samples.size() < 2) {
            return OptionalDouble.empty();
        }
        Instant last = samples.getLast().at;
        double seconds = seconds(Duration.between(samples.getFirst().at, now.isAfter(last) ? now : last));
        long units = samples.getLast().done - samples.getFirst().done;
        return seconds < 1 || units <= 0 ? OptionalDouble.empty() : OptionalDouble.of(units / seconds);
    }

    /** For how long nothing has moved, once that is worth saying. */
    Optional<Duration> stalled(Instant now) {
        Duration still = Duration.between(moved, now);
        return progress != null && !complete() && still.compareTo(WINDOW) >= 0 ? Optional.of(still) : Optional.empty();
    }

    /** At the present rate. */
    Optional<Duration> remaining(Instant now) {
        Progress shown = progress;
        OptionalDouble rate = rate(now);
        if (shown == null
                || percent().isEmpty()
                || complete()
                || rate.isEmpty()
                || stalled(now).isPresent()) {
            return Optional.empty();
        }
        double seconds = Math.ceil((shown.total().orElseThrow() - shown.done()) / rate.getAsDouble());
        return seconds > Duration.ofDays(30).toSeconds()
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds((long) seconds));
    }

    private static double seconds(Duration time) {
        return time.getSeconds() + time.getNano() / 1e9;
    }
}
