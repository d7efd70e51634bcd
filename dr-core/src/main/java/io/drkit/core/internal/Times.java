package io.drkit.core.internal;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Moments as people read them, always in UTC. */
public final class Times {
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter FULL =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private Times() {}

    /** {@code 10:02:13}. */
    public static String clock(Instant at) {
        return CLOCK.format(at);
    }

    /** As short as an axis needs it: {@code 0:45}, {@code 12:00}, {@code 1:30:00}, {@code 3 d}. */
    public static String elapsed(long seconds) {
        if (seconds >= 172_800) {
            return seconds / 86_400 + " d";
        }
        return seconds < 3600
                ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }

    /** {@code 2026-03-01 10:02:13}. */
    public static String full(Instant at) {
        return FULL.format(at);
    }

    /** Only the time when it is on the same day as {@code other}. */
    public static String beside(Instant other, Instant at) {
        return full(other).regionMatches(0, full(at), 0, 10) ? clock(at) : full(at);
    }
}
