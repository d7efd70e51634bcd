package io.drkit.core.report;

import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.journal.Instruction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a report says in plain words, the same in every form. */
final class Summary {
    private Summary() {}

    /** For example {@code switchover west → east}. */
    static String line(RunReport report) {
        return report.mode() + " " + report.from() + " → " + report.to();
    }

    static String headline(RunReport report) {
        return switch (report.outcome()) {
            case SUCCEEDED -> "The switch is done";
            case UNDONE -> "The switch did not happen; everything was put back";
            case UNDO_INCOMPLETE -> "The switch did not happen, and not everything could be put back";
            case STOPPED -> "The run stopped; the switch is not done";
        };
    }

    static String meaning(RunReport report) {
        return switch (report.outcome()) {
            case SUCCEEDED -> done(report);
            case UNDONE ->
                stopper(report)
                        + " before the point of no return. What the run had changed was put back, and was seen to be"
                        + " back. " + report.to() + " was not made active.";
            case UNDO_INCOMPLETE ->
                stopper(report) + " before the point of no return, and something that the run had changed still"
                        + " stands: what is shown as done was not put back.";
            case STOPPED -> stopped(report);
        };
    }

    private static String done(RunReport report) {
        List<String> skipped = report.steps().stream()
                .filter(step -> step.status() == StepStatus.SKIPPED)
                .map(step -> "\"" + step.name() + "\"")
                .toList();
        String seen = skipped.isEmpty()
                ? "Every step is done and was seen to be done."
                : "Every step is done and was seen to be done, except what was skipped: " + String.join(", ", skipped)
                        + ".";
        return seen + " The active site is " + report.to() + ".";
    }

    /** What sent a run back. */
    private static String stopper(RunReport report) {
        boolean cancelled = report.told().stream()
                .anyMatch(told -> told.refused().isEmpty() && told.instruction().kind() == Instruction.Kind.CANCEL);
        return cancelled ? "The run was cancelled" : "A step failed";
    }

    private static String stopped(RunReport report) {
        String where = report.steps().stream()
                        .anyMatch(step -> step.pointOfNoReturn()
                                && (step.attempts() > 0 || step.status() == StepStatus.ALREADY_SO))
                ? "The run is past its point of no return and does not go back. "
                : "";
        String unheard = report.steps().stream().anyMatch(step -> step.status() == StepStatus.RUNNING)
                ? "A step was not heard of again and may still be at work. "
                : "";
        String service = report.serviceRestored().isPresent()
                ? "The steps that bring service back are done; others are not."
                : "Service was not seen to be back.";
        return where + unheard + service;
    }

    /** What a person does next; empty when there is nothing to do. */
    static Optional<String> remedy(RunReport report) {
        return switch (report.outcome()) {
            case SUCCEEDED -> Optional.empty();
            case UNDONE ->
                Optional.of("Mend the cause, then run the plan again. Nothing needs to be cleaned up first.");
            case UNDO_INCOMPLETE ->
                Optional.of(
                        "Mend what kept the steps from being put back, then resume run " + report.runId()
                                + ": it goes on putting back. Until it has ended, do not start writers on either site by hand.");
            case STOPPED ->
                Optional.of("Mend the cause, then resume run " + report.runId()
                        + ": it looks at the real state of every step and goes on from there. Until it has ended, do not start"
                        + " writers on either site by hand.");
        };
    }

    /** The steps because of which the run did not succeed. */
    static List<StepReport> open(RunReport report) {
        return report.steps().stream()
                .filter(step -> switch (step.status()) {
                    case FAILED, UNKNOWN, RUNNING, UNDO_FAILED -> true;
                    case NOT_REACHED, DONE, ALREADY_SO, SKIPPED, UNDONE -> false;
                })
                .toList();
    }

    static String status(StepStatus status) {
        return switch (status) {
            case NOT_REACHED -> "not reached";
            case RUNNING -> "not heard of";
            case DONE -> "done";
            case ALREADY_SO -> "was already so";
            case FAILED -> "failed";
            case SKIPPED -> "skipped";
            case UNKNOWN -> "outcome unknown";
            case UNDONE -> "undone";
            case UNDO_FAILED -> "could not be undone";
        };
    }

    /** Whether it pointed a name at another target in this run. */
    static boolean switchesDns(StepReport step) {
        return step.facts().containsKey(DnsSwitcher.RESIDUAL_FACT);
    }

    /**
     * How long after service was back some clients may have gone on to the old site, because they had its address in a cache. Empty
     * when no name was switched.
     */
    static Optional<String> residual(RunReport report) {
        List<StepReport> switched = report.steps().stream()
                .filter(Summary::switchesDns)
                .filter(step -> step.status() == StepStatus.DONE)
                .toList();
        if (switched.isEmpty()) {
            return Optional.empty();
        }
        List<String> said = new ArrayList<>();
        for (StepReport step : switched) {
            String residual = step.facts().getOrDefault(DnsSwitcher.RESIDUAL_FACT, "");
            said.add(
                    residual.startsWith("PT")
                            ? "up to " + Wording.duration(Duration.parse(residual)) + " after " + step.name()
                            : "for a time that is not known after " + step.name());
        }
        return Optional.of("Clients that had looked the name up before may go on to the old site "
                + String.join(", ", said) + ". That is not in these figures.");
    }

    /** From where the time is counted, or why it is not known. */
    static String rtoBasis(RunReport report) {
        if (report.serviceRestored().isEmpty()) {
            return notRestored(report);
        }
        if (report.achievedRto().filter(Duration::isNegative).isPresent()) {
            return "the outage is said to have begun after service was back";
        }
        if (report.outageBegan().isPresent()) {
            return "from the outage until service was back";
        }
        return report.rtoAtLeast()
                ? "from the run's begin until service was back; when the outage began was not said"
                : "from the run's begin until service was back";
    }

    /** Why there is no moment at which the switch had brought service back. */
    static String notRestored(RunReport report) {
        return switch (report.outcome()) {
            case UNDONE, UNDO_INCOMPLETE -> "the switch did not happen";
            case SUCCEEDED, STOPPED -> "service was not seen to be back";
        };
    }

    static String rpo(RunReport report) {
        Optional<Duration> achieved = report.achievedRpo();
        if (achieved.isEmpty() || achieved.get().isNegative()) {
            return "not known";
        }
        return achieved.get().isZero() ? "no change lost" : "at most " + Wording.duration(achieved.get());
    }

    static String rpoBasis(RunReport report) {
        if (report.losses().isEmpty()) {
            return "no step said what was lost";
        }
        if (report.achievedRpo().isEmpty()) {
            return "a step said that it does not know";
        }
        return report.serviceRestored().isEmpty()
                ? "as stated so far; service is not back"
                : "the longest span of changes that any step stated";
    }
}
