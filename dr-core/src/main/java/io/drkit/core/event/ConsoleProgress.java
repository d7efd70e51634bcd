package io.drkit.core.event;

import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.StepStatus;
import io.drkit.core.report.TextReport;
import io.drkit.core.report.Wording;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Shows a run to whoever watches the terminal or reads the log: what is at work, what is waited for, how far long work has come,
 * what went wrong, and at the end the outcome, what was lost, the objectives, and what to do.
 *
 * <pre>{@code
 * Clockwork clockwork = Clockwork.system();
 * try (ConsoleProgress console = ConsoleProgress.to(System.out).live().ticking(clockwork).build()) {
 *     ... // hand it to the runner as a listener
 * }
 * }</pre>
 *
 * <p>Without {@link Builder#live} it writes a log, fit for CI: a line when something changes that matters, and for work that goes
 * on at most one a step in every {@link Builder#every}. With it, lines that matter scroll by and below them each step at work has
 * a line of its own, and a bar where its end is known. Nothing else should write to the same terminal meanwhile.
 *
 * <p>Percentages are rounded down; 100 % is shown only when all is done; work whose end is not known, or that outgrew it, has a
 * count and no percentage. Control characters in names and messages are spelt out, never sent to the terminal.
 *
 * <p>All times come from the events. With {@link Builder#ticking} it also moves between events. Safe to use from several threads,
 * for one run at a time; a new {@link RunEvent.RunBegan} begins anew. Does not close the stream.
 */
public final class ConsoleProgress implements RunListener, AutoCloseable {
    private static final Duration LIVE_TICK = Duration.ofMillis(250);
    private static final Duration PLAIN_TICK = Duration.ofSeconds(1);

    private final Object lock = new Object();
    private final ConsoleView view;
    private final Terminal terminal;
    private final boolean live;
    private final @Nullable Clockwork clockwork;
    private final Map<String, StepLine> running = new LinkedHashMap<>();
    private final Set<String> done = new HashSet<>();
    private final Set<String> undone = new HashSet<>();
    private int steps;
    private boolean undoing;
    private boolean resumed;
    private boolean ended;
    private @Nullable Instant began;
    private Instant now = Instant.EPOCH;
    private long nowNanos;
    private @Nullable Mailbox<Boolean> stop;

    private ConsoleProgress(Builder builder) {
        terminal = new Terminal(builder.ascii, builder.live && builder.colours, builder.columns);
        live = builder.live;
        clockwork = builder.clockwork;
        view = live
                ? new LiveView(builder.out, terminal, builder.lines)
                : new PlainView(builder.out, terminal, builder.every);
    }

    /** A log of lines to {@code out}; {@link Builder#live} makes it a live picture. */
    public static Builder to(PrintStream out) {
        return new Builder(out);
    }

    @Override
    public void on(RunEvent event) {
        synchronized (lock) {
            if (event.at().isAfter(now)) {
                now = event.at();
            }
            Clockwork ticking = clockwork;
            if (ticking != null) {
                nowNanos = ticking.nanoTime();
            }
            boolean urgent = take(event);
            if (!ended) {
                view.standing(now, running.values(), status(), urgent);
            }
        }
    }

    /** Stops moving between events; the lines stay as they are. Need not be called when the run has ended. */
    @Override
    public void close() {
        synchronized (lock) {
            stopTicking();
        }
    }

    private boolean take(RunEvent event) {
        if (event instanceof RunEvent.RunBegan e) {
            begin(e);
        } else if (event instanceof RunEvent.StepBegan e) {
            StepLine step = new StepLine(title(e.step(), e.undo()), e.at(), "looking at the real state");
            running.put(key(e.step(), e.undo()), step);
            if (!live) {
                say(e.at(), Terminal.Tone.PLAIN, step.title + ": began" + because(e.description()));
            }
        } else if (event instanceof RunEvent.StepApplying e) {
            String changes = e.changes().isEmpty() ? "making its change" : String.join("; ", e.changes());
            activity(e.at(), e.step(), e.undo(), (e.attempt() > 1 ? "attempt " + e.attempt() + ": " : "") + changes);
        } else if (event instanceof RunEvent.StepWaiting e) {
            activity(e.at(), e.step(), e.undo(), "waiting for " + e.waitingFor());
        } else if (event instanceof RunEvent.StepProgressed e) {
            StepLine step = step(e.at(), e.step(), e.undo());
            step.progressed(e.at(), e.progress());
            step.unsaid = true;
            return step.complete();
        } else if (event instanceof RunEvent.StepOutcomeUnknown e) {
            StepLine step = step(e.at(), e.step(), e.undo());
            step.now("looking again, because an answer was lost");
            say(e.at(), Terminal.Tone.WARN, step.title + ": an answer was lost" + because(e.why()) + "; looking again");
        } else if (event instanceof RunEvent.StepOverran e) {
            StepLine step = step(e.at(), e.step(), e.undo());
            step.now("waiting for it to stop; it overran its " + Wording.duration(e.allowed()));
            say(
                    e.at(),
                    Terminal.Tone.WARN,
                    step.title + ": overran its " + Wording.duration(e.allowed()) + " and was asked to stop");
        } else if (event instanceof RunEvent.StepEnded e) {
            end(e);
        } else if (event instanceof RunEvent.FactRecorded e) {
            say(e.at(), Terminal.Tone.SOFT, e.step() + ": recorded " + e.key() + " = " + e.value());
        } else if (event instanceof RunEvent.LossStated e) {
            String verb = switch (e.loss().stage()) {
                case BOUND -> "may lose";
                case ACHIEVED -> "lost";
            };
            boolean nothing = Wording.amount(e.loss()).equals("nothing");
            say(
                    e.at(),
                    nothing ? Terminal.Tone.PLAIN : Terminal.Tone.WARN,
                    e.step() + ": " + verb + " of " + e.loss().subject() + ": " + Wording.amount(e.loss())
                            + because(e.loss().evidence()));
        } else if (event instanceof RunEvent.UndoBegan e) {
            undoing = true;
            say(e.at(), Terminal.Tone.BAD, "UNDOING what was done, because: " + e.reason());
        } else if (event instanceof RunEvent.Instructed e) {
            say(
                    e.at(),
                    Terminal.Tone.WARN,
                    Wording.speaker(e.instruction()) + " " + Wording.act(e.instruction())
                            + because(e.instruction().reason())
                            + e.refused().map(why -> "; REFUSED: " + why).orElse(""));
        } else if (event instanceof RunEvent.WordUnreadable e) {
            say(e.at(), Terminal.Tone.BAD, "CANNOT READ a word left for the run (" + e.where() + "): " + e.why());
        } else if (event instanceof RunEvent.WordsUnreadable e) {
            say(e.at(), Terminal.Tone.BAD, "CANNOT HEAR what people say to the run: " + e.why());
        } else if (event instanceof RunEvent.WordAwaited e) {
            String within = ", at most " + Wording.duration(e.timeout());
            say(
                    e.at(),
                    Terminal.Tone.WARN,
                    switch (e.what()) {
                        case APPROVAL ->
                            e.step() + ": WAITING for the approval \"" + e.name() + "\" by the role " + e.role()
                                    + within;
                        case DECISION -> e.step() + ": WAITING for a word: retry, skip or cancel" + within;
                        case CONTINUATION -> "PAUSED: nothing more begins until somebody lets the run go on";
                    });
        } else if (event instanceof RunEvent.WordLapsed e) {
            say(e.at(), Terminal.Tone.BAD, e.step() + ": nobody answered in time");
        } else if (event instanceof RunEvent.FailedOver e) {
            steps = e.steps().size();
            undoing = false;
            done.retainAll(e.steps());
            say(e.at(), Terminal.Tone.WARN, "GOING ON as " + e.line() + ", " + steps + " steps");
        } else if (event instanceof RunEvent.Attached e) {
            say(e.at(), Terminal.Tone.WARN, "WATCHING run " + e.runId() + ", which another process runs");
        } else if (event instanceof RunEvent.OwnerSilent e) {
            say(
                    e.at(),
                    Terminal.Tone.WARN,
                    "the process that runs it has written nothing for " + Wording.duration(e.silent()));
        } else if (event instanceof RunEvent.RunBrokeOff e) {
            say(e.at(), Terminal.Tone.BAD, "BROKE OFF here, the run is not over: " + e.why());
        } else if (event instanceof RunEvent.RunEnded e) {
            ended = true;
            stopTicking();
            running.clear();
            RunOutcome outcome = e.report().outcome();
            Terminal.Tone tone = switch (outcome) {
                case SUCCEEDED -> e.report().warnings().isEmpty() ? Terminal.Tone.GOOD : Terminal.Tone.WARN;
                case UNDONE -> Terminal.Tone.WARN;
                case UNDO_INCOMPLETE, STOPPED -> Terminal.Tone.BAD;
            };
            view.ending(tone, TextReport.lines(e.report(), terminal.columns() - 1));
        }
        return true;
    }

    private void begin(RunEvent.RunBegan event) {
        running.clear();
        done.clear();
        undone.clear();
        undoing = false;
        resumed = event.resumed();
        ended = false;
        began = event.at();
        now = event.at();
        steps = event.steps().size();
        say(
                event.at(),
                Terminal.Tone.PLAIN,
                event.plan() + ": " + event.line() + ", " + steps + " steps, run " + event.runId() + ", epoch "
                        + event.epoch() + (event.resumed() ? ", RESUMED" : "") + ", " + event.at());
        startTicking();
    }

    private void end(RunEvent.StepEnded event) {
        running.remove(key(event.step(), event.undo()));
        String title = title(event.step(), event.undo());
        StepStatus status = event.status();
        switch (status) {
            case DONE, ALREADY_SO -> done.add(event.step());
            case UNDONE -> undone.add(event.step());
            case NOT_REACHED, RUNNING, FAILED, SKIPPED, UNKNOWN, UNDO_FAILED -> done.remove(event.step());
        }
        String mark = switch (status) {
            case DONE -> "✓ ";
            case ALREADY_SO -> "= ";
            case UNDONE -> "↺ ";
            case FAILED, UNDO_FAILED -> "✕ ";
            case UNKNOWN, RUNNING -> "? ";
            case NOT_REACHED -> "– ";
            case SKIPPED -> "» ";
        };
        String word = switch (status) {
            case DONE -> "done";
            case ALREADY_SO -> "was already so";
            case UNDONE -> "undone";
            case FAILED -> "FAILED";
            case UNDO_FAILED -> "COULD NOT BE UNDONE";
            case UNKNOWN -> "OUTCOME UNKNOWN";
            case RUNNING -> "NOT HEARD OF, may still be at work";
            case NOT_REACHED -> "not reached";
            case SKIPPED -> "skipped";
        };
        Terminal.Tone tone = switch (status) {
            case DONE, ALREADY_SO -> Terminal.Tone.GOOD;
            case UNDONE, NOT_REACHED, SKIPPED -> Terminal.Tone.WARN;
            case FAILED, UNDO_FAILED, UNKNOWN, RUNNING -> Terminal.Tone.BAD;
        };
        say(
                event.at(),
                tone,
                (live ? mark : "") + title + ": " + word + ", took " + Wording.duration(event.took())
                        + because(event.detail()));
    }

    private void activity(Instant at, String name, boolean undo, String activity) {
        StepLine step = step(at, name, undo);
        if (!step.activity.equals(activity) || step.progress != null) {
            step.now(activity);
            step.unsaid = true;
        }
    }

    /** The step's line; a listener that joined late has not seen it begin. */
    private StepLine step(Instant at, String name, boolean undo) {
        return running.computeIfAbsent(key(name, undo), k -> new StepLine(title(name, undo), at, "at work"));
    }

    private String status() {
        Instant from = began;
        StringBuilder text = new StringBuilder();
        if (undoing) {
            text.append("undoing · ").append(undone.size()).append(" undone");
        } else if (resumed) {
            // what an earlier process did is not told again, so a share of the whole would be too low
            text.append(done.size()).append(" steps done since the resumption");
        } else {
            text.append(done.size()).append(" of ").append(steps).append(" steps done");
        }
        text.append(" · ").append(running.isEmpty() ? "no step at work" : running.size() + " at work");
        if (from != null) {
            text.append(" · ")
                    .append(Terminal.clock(Duration.between(from, now)))
                    .append(resumed ? " since the resumption" : " since the run began");
        }
        return text.toString();
    }

    private void say(Instant at, Terminal.Tone tone, String text) {
        view.line(at, tone, text);
    }

    private void startTicking() {
        Clockwork ticking = clockwork;
        if (ticking == null || stop != null) {
            return;
        }
        nowNanos = ticking.nanoTime();
        Mailbox<Boolean> told = ticking.mailbox();
        stop = told;
        ticking.start("drkit-console", () -> {
            try {
                while (told.poll(live ? LIVE_TICK : PLAIN_TICK) == null) {
                    tick(ticking, told);
                }
            } catch (InterruptedException asked) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void tick(Clockwork ticking, Mailbox<Boolean> mine) {
        synchronized (lock) {
            if (stop != mine) {
                return;
            }
            // events may come from another clock than this one: only the time since the last of them is measured here
            long nanos = ticking.nanoTime();
            now = now.plusNanos(Math.max(0, nanos - nowNanos));
            nowNanos = nanos;
            view.standing(now, running.values(), status(), false);
        }
    }

    private void stopTicking() {
        Mailbox<Boolean> told = stop;
        stop = null;
        if (told != null) {
            told.put(true);
        }
    }

    private static String key(String step, boolean undo) {
        return (undo ? "undo " : "do ") + step;
    }

    private static String title(String step, boolean undo) {
        return undo ? "undo " + step : step;
    }

    private static String because(String detail) {
        return detail.isBlank() ? "" : " (" + detail + ")";
    }

    /** How the console looks. Starts as a log of 80 columns in Unicode, without a clockwork. */
    public static final class Builder {
        private final PrintStream out;
        private boolean live;
        private boolean ascii;
        private boolean colours = true;
        private int columns = 80;
        private int lines = 16;
        private Duration every = Duration.ofSeconds(10);
        private @Nullable Clockwork clockwork;

        private Builder(PrintStream out) {
            this.out = Objects.requireNonNull(out, "out");
        }

        /** A live picture, for a terminal that knows ANSI control sequences. Ask for it only when {@code out} is one. */
        public Builder live() {
            live = true;
            return this;
        }

        /** Nothing but ASCII, for a terminal or a log that cannot show more. */
        public Builder ascii() {
            ascii = true;
            return this;
        }

        /** Without colours. A log has none anyway. */
        public Builder colourless() {
            colours = false;
            return this;
        }

        /** The terminal's width: 41 to 500, by default 80. A live picture needs it to be no more than there is. */
        public Builder columns(int columns) {
            if (columns < 41 || columns > 500) {
                throw new IllegalArgumentException("columns is 41 to 500, not " + columns);
            }
            this.columns = columns;
            return this;
        }

        /** How many lines a live picture may take for steps: 2 to 200, by default 16. It must fit into the terminal's height. */
        public Builder lines(int lines) {
            if (lines < 2 || lines > 200) {
                throw new IllegalArgumentException("lines is 2 to 200, not " + lines);
            }
            this.lines = lines;
            return this;
        }

        /**
         * How often a log may say anew how far the same work has come: more than zero, by default 10 s. A step of which nothing was
         * said for six times that is said to be still at it.
         */
        public Builder every(Duration every) {
            if (every.isZero() || every.isNegative()) {
                throw new IllegalArgumentException("every is more than zero, not " + every);
            }
            this.every = every;
            return this;
        }

        /** Moves between events too, on a task of {@code clockwork} that ends with the run or by {@link ConsoleProgress#close}. */
        public Builder ticking(Clockwork clockwork) {
            this.clockwork = Objects.requireNonNull(clockwork, "clockwork");
            return this;
        }

        /** The listener. */
        public ConsoleProgress build() {
            return new ConsoleProgress(this);
        }
    }
}
