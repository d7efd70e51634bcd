package io.drkit.core.event;

import io.drkit.core.action.Progress;
import io.drkit.core.report.Wording;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Locale;

/** What characters there are and how wide they are: everything a line is made of. */
record Terminal(boolean ascii, boolean colours, int columns) {
    private static final String[] SPINNER = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
    private static final String[] ASCII_SPINNER = {"|", "/", "-", "\\"};
    private static final String EIGHTHS = " ▏▎▍▌▋▊▉";
    private static final String[] BYTE_UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

    enum Tone {
        PLAIN("0"),
        SOFT("2"),
        GOOD("32"),
        WARN("33"),
        BAD("1;31"),
        BUSY("36");

        private final String code;

        Tone(String code) {
            this.code = code;
        }
    }

    String coloured(Tone tone, String text) {
        return colours && tone != Tone.PLAIN && !text.isEmpty()
                ? "\u001b[" + tone.code + "m" + text + "\u001b[0m"
                : text;
    }

    String spinner(int frame) {
        String[] frames = ascii ? ASCII_SPINNER : SPINNER;
        return frames[Math.floorMod(frame, frames.length)];
    }

    /** A bar of {@code cells}; only what is wholly done is full. */
    String bar(Progress progress, int cells) {
        int parts = ascii ? 1 : 8;
        int filled = share(progress, cells * parts);
        int whole = filled / parts;
        if (ascii) {
            return "[" + "#".repeat(whole) + ".".repeat(cells - whole) + "]";
        }
        String bar = "█".repeat(whole) + (whole < cells ? EIGHTHS.charAt(filled % parts) : "");
        return "▕" + bar + " ".repeat(Math.max(0, cells - bar.length())) + "▏";
    }

    /** For example {@code 1.2 of 2.0 GiB}, {@code 12 of 30 files}, {@code 512 KiB}; rounded down. */
    String amounts(Progress progress) {
        long total = progress.total().orElse(-1);
        if (!progress.unit().equals("bytes")) {
            String done = String.format(Locale.ROOT, "%,d", progress.done());
            String unit = Wording.printable(progress.unit());
            return total < 0
                    ? done + " " + unit
                    : String.format(Locale.ROOT, "%s of %,d %s", done, total, unit) + overshoot(progress);
        }
        int unit = unit(Math.max(total, progress.done()));
        String done = scaled((double) progress.done(), unit);
        return (total < 0 ? done : done + " of " + scaled((double) total, unit)) + " " + BYTE_UNITS[unit]
                + overshoot(progress);
    }

    String rate(double perSecond, String unit) {
        if (unit.equals("bytes")) {
            int scale = unit((long) perSecond);
            return scaled(perSecond, scale) + " " + BYTE_UNITS[scale] + "/s";
        }
        String digits = perSecond >= 10
                ? String.format(Locale.ROOT, "%,d", (long) perSecond)
                : String.format(Locale.ROOT, "%.1f", perSecond);
        return digits + " " + Wording.printable(unit) + "/s";
    }

    /** For example {@code 0:42}, {@code 12:05}, {@code 1:02:03}. */
    static String clock(Duration time) {
        long seconds = Math.max(0, time.toSeconds());
        return seconds < 3600
                ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }

    /** Safe to show, and in ASCII where nothing else can be shown. */
    String shown(String text) {
        String safe = Wording.printable(text);
        if (!ascii) {
            return safe;
        }
        StringBuilder plain = new StringBuilder(safe.length());
        safe.codePoints()
                .forEach(c -> plain.append(
                        switch (c) {
                            case '→' -> "->";
                            case '…' -> "...";
                            case '–', '—' -> "-";
                            case '·' -> "-";
                            case '✓' -> "ok";
                            case '✕' -> "x";
                            case '↺' -> "<-";
                            default -> c < 0x80 ? Character.toString(c) : "?";
                        }));
        return plain.toString();
    }

    /** Cut, with an ellipsis, to {@code cells}. */
    String cut(String text, int cells) {
        if (width(text) <= cells) {
            return text;
        }
        String end = ascii ? "..." : "…";
        if (cells <= end.length()) {
            return end.substring(0, Math.max(0, cells));
        }
        StringBuilder kept = new StringBuilder();
        int room = cells - end.length();
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            room -= width(c);
            if (room < 0) {
                break;
            }
            kept.appendCodePoint(c);
            i += Character.charCount(c);
        }
        return kept + end;
    }

    /** Filled up with spaces, or cut, to exactly {@code cells}. */
    String fitted(String text, int cells) {
        String cut = cut(text, cells);
        return cut + " ".repeat(Math.max(0, cells - width(cut)));
    }

    static int width(String text) {
        return text.codePoints().map(Terminal::width).sum();
    }

    private static int width(int c) {
        int type = Character.getType(c);
        if (type == Character.NON_SPACING_MARK || type == Character.ENCLOSING_MARK || type == Character.FORMAT) {
            return 0;
        }
        // the blocks that terminals draw two cells wide: East Asian scripts, full-width forms, emoji
        boolean wide = c >= 0x1100
                && (c <= 0x115F
                        || (c >= 0x2E80 && c <= 0xA4CF)
                        || (c >= 0xAC00 && c <= 0xD7A3)
                        || (c >= 0xF900 && c <= 0xFAFF)
                        || (c >= 0xFE30 && c <= 0xFE6F)
                        || (c >= 0xFF00 && c <= 0xFF60)
                        || (c >= 0xFFE0 && c <= 0xFFE6)
                        || (c >= 0x1F300 && c <= 0x1FAFF)
                        || (c >= 0x20000 && c <= 0x3FFFD));
        return wide ? 2 : 1;
    }

    /** How many of {@code parts} equal parts of a known total are wholly done. */
    static int share(Progress progress, int parts) {
        return BigInteger.valueOf(progress.done())
                .multiply(BigInteger.valueOf(parts))
                .divide(BigInteger.valueOf(progress.total().orElseThrow()))
                .intValueExact();
    }

    private static String overshoot(Progress progress) {
        return progress.total().isPresent()
                        && progress.done() > progress.total().getAsLong()
                ? " expected"
                : "";
    }

    private static int unit(long bytes) {
        int unit = 0;
        for (long left = bytes; left >= 1024; left /= 1024) {
            unit++;
        }
        return unit;
    }

    private static String scaled(double bytes, int unit) {
        return unit == 0
                ? String.format(Locale.ROOT, "%d", (long) bytes)
                : String.format(Locale.ROOT, "%.1f", Math.floor(bytes / Math.pow(1024, unit) * 10) / 10);
    }
}
