package io.drkit.core.event;

import io.drkit.core.action.Progress;
import io.drkit.core.report.Wording;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** A log: a line for every change that matters, and now and then one for what goes on. */
final class PlainView implements ConsoleView {
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final Pattern DIGITS = Pattern.compile("[0-9]+");
    private static final int QUIET = 6;

    private final PrintStream out;
    private final Terminal terminal;
    private final Duration every;

    PlainView(PrintStream out, Terminal terminal, Duration every) {
        this.out = out;
        this.terminal = terminal;
        this.every = every;
    }

    @Override
    public void line(Instant at, Terminal.Tone tone, String text) {
        out.print(CLOCK.format(at) + " " + terminal.shown(text) + "\n");
        out.flush();
    }

    @Override
    public void ending(Terminal.Tone tone, List<String> lines) {
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(terminal.shown(line)).append('\n'));
        out.print(text);
        out.flush();
    }

    @Override
    public void standing(Instant now, Collection<StepLine> running, String status, boolean urgent) {
        for (StepLine step : running) {
            Duration silent = Duration.between(step.said, now);
            // a text of which only the numbers differ is the same thing going on
            String shape = step.progress != null
                    ? "progress"
                    : DIGITS.matcher(step.activity).replaceAll("#");
            boolean news = step.unsaid && (!shape.equals(step.shape) || step.complete());
            boolean due = step.unsaid && silent.compareTo(every) >= 0;
            boolean still = silent.compareTo(every.multipliedBy(QUIET)) >= 0;
            if (news || due || still) {
                boolean same = !step.unsaid;
                step.said = now;
                step.shape = shape;
                step.unsaid = false;
                line(now, Terminal.Tone.PLAIN, step.title + ": " + (same ? "still " : "") + text(step, now));
            }
        }
    }

    private String text(StepLine step, Instant now) {
        Progress progress = step.progress;
        String since = ", "
                + Wording.duration(
                        Duration.ofSeconds(Duration.between(step.began, now).toSeconds())) + " so far";
        if (progress == null) {
            return step.activity + since;
        }
        StringBuilder text = new StringBuilder(step.activity).append(": ");
        step.percent().ifPresent(percent -> text.append(percent).append(" %, "));
        text.append(terminal.amounts(progress));
        if (step.stalled(now).isPresent()) {
            text.append(", no movement for ")
                    .append(Wording.duration(step.stalled(now).get()));
        } else {
            step.rate(now).ifPresent(rate -> text.append(", ").append(terminal.rate(rate, progress.unit())));
            step.remaining(now)
                    .ifPresent(left -> text.append(", about ")
                            .append(Wording.duration(left))
                            .append(" left"));
        }
        return text.append(since).toString();
    }
}
