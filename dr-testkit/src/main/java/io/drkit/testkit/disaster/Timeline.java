package io.drkit.testkit.disaster;

import io.drkit.core.event.RunEvent;
import io.drkit.core.report.RunReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What happened, for people: a line each. */
final class Timeline {
    private static final int LINES = 40;

    private Timeline() {}

    /** All of it. */
    static List<String> whole(History history) {
        List<String> lines = new ArrayList<>();
        for (Event event : history.events()) {
            String words = words(event);
            if (!words.isEmpty()) {
                lines.add(stamp(event.at()) + "  " + words);
            }
        }
        return lines;
    }

    /** What leads up to that moment, and a little of what follows: at most {@link #LINES}. */
    static List<String> around(History history, Duration at) {
        List<String> lines = whole(history);
        String until = stamp(at);
        int after = 0;
        while (after < lines.size()
                && lines.get(after).substring(0, until.length()).compareTo(until) <= 0) {
            after++;
        }
        int end = Math.min(lines.size(), after + 3);
        int begin = Math.max(0, end - LINES);
        List<String> shown = new ArrayList<>();
        if (begin > 0) {
            shown.add("   … " + begin + " lines before");
        }
        shown.addAll(lines.subList(begin, end));
        if (end < lines.size()) {
            shown.add("   … " + (lines.size() - end) + " lines after");
        }
        return shown;
    }

    static String stamp(Duration at) {
        return String.format(Locale.ROOT, "%8.3f s", at.toNanos() / 1e9);
    }

    private static String words(Event event) {
        if (event instanceof Event.Struck struck) {
            return "!! " + (struck.over() ? "over: " : "") + struck.mishap().what();
        } else if (event instanceof Event.Decided decided) {
            return decided.who() + ": " + decided.what();
        } else if (event instanceof Event.RunBegan began) {
            return began.machine() + ": " + began.told().line()
                    + (began.told().resumed() ? " goes on, epoch " : " begins, epoch ")
                    + began.told().epoch();
        } else if (event instanceof Event.Told told) {
            return words(told.told()).map(said -> told.machine() + ": " + said).orElse("");
        } else if (event instanceof Event.RunEnded ended) {
            RunReport report = ended.report();
            return ended.machine() + ": the run ends " + report.outcome()
                    + report.reason().map(reason -> ": " + shortened(reason)).orElse("");
        } else if (event instanceof Event.RunFailed failed) {
            return failed.machine() + ": the runner throws " + shortened(String.valueOf(failed.failure()));
        } else if (event instanceof Event.Left left) {
            return left.died() ? left.machine() + " dies" : "";
        } else if (event instanceof Event.Changed change) {
            return change.operation().equals("files") || change.operation().equals(HostLeases.OPERATION)
                    ? ""
                    : change.machine() + " → " + change.place() + ": " + change.what();
        } else if (event instanceof Event.Overstepped overstepped) {
            return overstepped.machine() + " asks " + overstepped.what() + " without the lease";
        } else if (event instanceof Event.Writable writable) {
            return "clients can write to " + (writable.sites().isEmpty() ? "no database" : writable.sites());
        } else if (event instanceof Event.Missed missed) {
            return missed.write().by() + " does not find in " + missed.site() + " "
                    + missed.write().line();
        } else if (event instanceof Event.AtWork working) {
            return working.sites().isEmpty() ? "" : "pods work on their own in " + working.sites();
        } else if (event instanceof Event.Ready ready) {
            return ready.sites().isEmpty() ? "no site is ready" : "ready: " + ready.sites();
        }
        return "";
    }

    private static Optional<String> words(RunEvent event) {
        if (event instanceof RunEvent.StepEnded step) {
            return Optional.of("\"" + step.step() + "\" " + step.status() + ": " + shortened(step.detail()));
        } else if (event instanceof RunEvent.StepOutcomeUnknown unknown) {
            return Optional.of("\"" + unknown.step() + "\" observes again after: " + shortened(unknown.why()));
        } else if (event instanceof RunEvent.StepOverran overran) {
            return Optional.of("\"" + overran.step() + "\" overran its " + overran.allowed());
        } else if (event instanceof RunEvent.UndoBegan undo) {
            return Optional.of("puts back what was done, because " + shortened(undo.reason()));
        } else if (event instanceof RunEvent.FailedOver failedOver) {
            return Optional.of("goes on as a " + failedOver.line());
        } else if (event instanceof RunEvent.LossStated loss) {
            return Optional.of("states a loss: " + loss.loss().subject() + ", "
                    + loss.loss().stage() + ", "
                    + loss.loss().time().map(Duration::toString).orElse("unknown"));
        }
        return Optional.empty();
    }

    private static String shortened(String text) {
        String line = text.replace('\n', ' ');
        return line.length() <= 150 ? line : line.substring(0, 149) + "…";
    }
}
