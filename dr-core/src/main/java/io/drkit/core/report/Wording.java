package io.drkit.core.report;

import io.drkit.core.DataLoss;
import io.drkit.core.internal.Printable;
import io.drkit.core.journal.Instruction;
import java.time.Duration;
import java.util.Locale;

/** How DRKit writes figures and names for people, in console lines and reports alike. */
public final class Wording {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    private Wording() {}

    /**
     * For example {@code 340 ms}, {@code 12.4 s}, {@code 4 min 12 s}, {@code 2 h 5 min}, {@code 3 d 4 h}. Rounded up, so that no
     * figure looks better than it is.
     */
    public static String duration(Duration time) {
        if (time.isNegative()) {
            return "-" + duration(time.negated());
        }
        if (time.isZero()) {
            return "0 s";
        }
        if (time.compareTo(Duration.ofMillis(999)) <= 0) {
            return up(time, Duration.ofMillis(1)) + " ms";
        }
        long tenths = time.compareTo(Duration.ofMinutes(2)) < 0 ? up(time, Duration.ofMillis(100)) : Long.MAX_VALUE;
        if (tenths < 600) {
            return tenths % 10 == 0 ? tenths / 10 + " s" : tenths / 10 + "." + tenths % 10 + " s";
        }
        long seconds = up(time, Duration.ofSeconds(1));
        if (seconds < 3600) {
            return pair(seconds, 60, "min", "s");
        }
        long minutes = up(time, Duration.ofMinutes(1));
        return minutes < 24 * 60 ? pair(minutes, 60, "h", "min") : pair(up(time, Duration.ofHours(1)), 24, "d", "h");
    }

    /** For example {@code 512 B}, {@code 1.5 KiB}, {@code 13 MiB}. Rounded up. */
    public static String bytes(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("A number of bytes is 0 or more, not " + bytes);
        }
        int unit = 0;
        double amount = bytes;
        while (amount >= 1024 && unit < UNITS.length - 1) {
            amount /= 1024;
            unit++;
        }
        double shown = Math.ceil(amount * 10) / 10;
        if (shown >= 1024 && unit < UNITS.length - 1) {
            shown = 1;
            unit++;
        }
        String digits = String.format(Locale.ROOT, "%.1f", shown);
        return (digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits) + " " + UNITS[unit];
    }

    /** The achieved RTO, for example {@code 4 min 12 s}, {@code at least 4 min 12 s} or {@code not known}. */
    public static String rto(RunReport report) {
        return report.achievedRto()
                .filter(time -> !time.isNegative())
                .map(time -> (report.rtoAtLeast() ? "at least " : "") + duration(time))
                .orElse("not known");
    }

    /** How much, without the basis: for example {@code at most 2 min, 13 MiB}, {@code nothing}, {@code not known}. */
    public static String amount(DataLoss loss) {
        if (loss.time().isEmpty() && loss.bytes().isEmpty()) {
            return "not known";
        }
        boolean noTime = loss.time().filter(Duration::isZero).isPresent();
        boolean noBytes = loss.bytes().isPresent() && loss.bytes().getAsLong() == 0;
        if (noTime && noBytes) {
            return "nothing";
        }
        if (loss.time().isEmpty()) {
            return "time not known, at most " + bytes(Math.max(0, loss.bytes().orElseThrow()));
        }
        String time = "at most " + duration(loss.time().get());
        return loss.bytes().isEmpty()
                ? time + ", bytes not known"
                : time + ", " + bytes(Math.max(0, loss.bytes().getAsLong()));
    }

    /** For example {@code approved "go"}. */
    public static String act(Instruction said) {
        String subject = said.subject().isEmpty() ? "" : " \"" + said.subject() + "\"";
        return switch (said.kind()) {
            case APPROVE -> "approved" + subject;
            case REJECT -> "rejected" + subject;
            case PAUSE -> "paused the run";
            case CONTINUE -> "let the run go on";
            case SKIP -> "skipped the step" + subject;
            case RETRY -> "retried the step" + subject;
            case CANCEL -> "cancelled the run";
            case OVERRIDE -> "OVERRODE the safety rule" + subject;
            case TAKE_OVER -> "took the run over";
            case BEGIN_ABOVE -> "let the run begin above epoch " + said.subject();
            case FAIL_OVER -> "turned the switchover into a failover";
        };
    }

    /** For example {@code waits for the approval "go" of the step "promote", since 2026-03-01T10:02:13Z}. */
    public static String awaited(RunReport.Wait wait) {
        String step = " of the step \"" + wait.step() + "\"";
        String what = switch (wait.what()) {
            case APPROVAL -> "the approval \"" + wait.name() + "\"" + step;
            case DECISION -> "a word about the failure" + step;
            case CONTINUATION -> "somebody to let it go on: it is paused";
        };
        return "waits for " + what + ", since " + wait.began();
    }

    /** What an exception says for people; its kind where it says nothing. */
    public static String failure(Throwable failure) {
        String message = failure.getMessage();
        return message == null || message.isBlank() ? failure.toString() : message;
    }

    /** For example {@code ann (commander)}. */
    public static String speaker(Instruction said) {
        return said.role().isEmpty() ? said.who() : said.who() + " (" + said.role() + ")";
    }

    /**
     * The text on one line, safe to show: line breaks and tabs become spaces, and other control characters, as well as those that
     * turn the reading direction, are spelt out as {@code <U+202E>}. A name can thus neither steer a terminal nor pretend to be
     * another line.
     */
    public static String printable(String text) {
        return Printable.of(text);
    }

    private static long up(Duration time, Duration unit) {
        long whole = time.dividedBy(unit);
        return unit.multipliedBy(whole).equals(time) ? whole : whole + 1;
    }

    private static String pair(long amount, int per, String big, String small) {
        String whole = amount / per + " " + big;
        return amount % per == 0 ? whole : whole + " " + amount % per + " " + small;
    }
}
