package io.drkit.core.event;

import io.drkit.core.action.Progress;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lines that stay scroll up; below them a region shows what is at work and is drawn again and again. */
final class LiveView implements ConsoleView {
    private static final Duration REDRAW = Duration.ofMillis(100);

    private final PrintStream out;
    private final Terminal terminal;
    private final int mostLines;
    private final StringBuilder pending = new StringBuilder();
    private int drawn;
    private int frame;
    private @Nullable Instant lastDrawn;

    LiveView(PrintStream out, Terminal terminal, int mostLines) {
        this.out = out;
        this.terminal = terminal;
        this.mostLines = mostLines;
    }

    @Override
    public void line(Instant at, Terminal.Tone tone, String text) {
        // a line that a terminal breaks would throw off the count of lines to go back, so it is broken here
        String rest = terminal.shown(text);
        boolean first = true;
        while (!rest.isEmpty() || first) {
            int room = terminal.columns() - 1 - (first ? 0 : 2);
            int end = breakAt(rest, room);
            pending.append(terminal.coloured(tone, (first ? "" : "  ") + rest.substring(0, end)))
                    .append('\n');
            rest = rest.substring(end).stripLeading();
            first = false;
        }
    }

    @Override
    public void ending(Terminal.Tone tone, List<String> lines) {
        StringBuilder text = erased().append(pending);
        pending.setLength(0);
        text.append('\n');
        for (int i = 0; i < lines.size(); i++) {
            text.append(terminal.coloured(i == 0 ? tone : Terminal.Tone.PLAIN, terminal.shown(lines.get(i))))
                    .append('\n');
        }
        drawn = 0;
        print(text);
    }

    @Override
    public void standing(Instant now, Collection<StepLine> running, String status, boolean urgent) {
        Instant last = lastDrawn;
        if (!urgent && last != null && Duration.between(last, now).compareTo(REDRAW) < 0) {
            return;
        }
        lastDrawn = now;
        frame++;
        List<String> region = new ArrayList<>();
        int name = running.stream()
                .mapToInt(step -> Terminal.width(terminal.shown(step.title)))
                .max()
                .orElse(0);
        name = Math.min(name, Math.min(28, terminal.columns() / 3));
        int hidden = 0;
        for (StepLine step : running) {
            List<String> lines = lines(step, now, name);
            if (hidden > 0 || region.size() + lines.size() > mostLines) {
                hidden++;
            } else {
                region.addAll(lines);
            }
        }
        if (hidden > 0) {
            region.add(terminal.coloured(Terminal.Tone.SOFT, "  and " + hidden + " more at work"));
        }
        region.add(terminal.coloured(Terminal.Tone.SOFT, terminal.cut(terminal.shown(status), terminal.columns() - 1)));
        StringBuilder text = erased().append(pending);
        pending.setLength(0);
        region.forEach(line -> text.append(line).append('\n'));
        drawn = region.size();
        print(text);
    }

    private List<String> lines(StepLine step, Instant now, int name) {
        String clock = Terminal.clock(Duration.between(step.began, now));
        int room = terminal.columns() - 1 - 2 - name - 2 - 1 - clock.length();
        List<String> lines = new ArrayList<>();
        lines.add(terminal.coloured(Terminal.Tone.BUSY, terminal.spinner(frame)) + " "
                + terminal.fitted(terminal.shown(step.title), name) + "  "
                + terminal.fitted(terminal.shown(step.activity), room) + " "
                + terminal.coloured(Terminal.Tone.SOFT, clock));
        Progress progress = step.progress;
        if (progress != null) {
            String head = "    ";
            if (step.percent().isPresent()) {
                int cells = Math.min(30, terminal.columns() / 4);
                head += terminal.coloured(Terminal.Tone.BUSY, terminal.bar(progress, cells))
                        + String.format(
                                java.util.Locale.ROOT, " %3d %%", step.percent().get());
                room = terminal.columns() - 1 - 4 - (cells + 2) - 6;
            } else {
                room = terminal.columns() - 1 - 4;
            }
            lines.add(head + figures(step, progress, now, room));
        }
        return lines;
    }

    private String figures(StepLine step, Progress progress, Instant now, int room) {
        List<String> figures = new ArrayList<>();
        figures.add(terminal.amounts(progress));
        if (step.stalled(now).isPresent()) {
            figures.add("no movement for " + Terminal.clock(step.stalled(now).get()));
        } else {
            step.remaining(now).ifPresent(left -> figures.add("~" + Terminal.clock(left) + " left"));
            step.rate(now).ifPresent(rate -> figures.add(terminal.rate(rate, progress.unit())));
        }
        StringBuilder text = new StringBuilder();
        for (String figure : figures) {
            // what has no room is left out from the end; half a figure would be a wrong one
            if (text.length() + 2 + Terminal.width(figure) <= room) {
                text.append("  ").append(terminal.shown(figure));
            }
        }
        return text.toString();
    }

    private StringBuilder erased() {
        StringBuilder text = new StringBuilder();
        if (drawn > 0) {
            text.append("\u001b[").append(drawn).append("A\r\u001b[J");
        }
        return text;
    }

    private void print(StringBuilder text) {
        // in one piece, so that nobody sees the region half drawn
        out.print(text);
        out.flush();
    }

    private static int breakAt(String text, int room) {
        int cells = 0;
        int space = -1;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            cells += Terminal.width(Character.toString(c));
            if (cells > room) {
                return space > 0 ? space : Math.max(i, Character.charCount(text.codePointAt(0)));
            }
            if (c == ' ') {
                space = i;
            }
            i += Character.charCount(c);
        }
        return text.length();
    }
}
