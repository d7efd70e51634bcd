package io.drkit.core.internal;

import java.util.Locale;

/** Text on one line that can neither steer a terminal nor pretend to be another line. */
public final class Printable {
    private Printable() {}

    /** Line breaks and tabs as spaces, other hidden characters spelt out as {@code <U+202E>}. */
    public static String of(String text) {
        StringBuilder shown = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (c == '\n' || c == '\r' || c == '\t') {
                shown.append(' ');
            } else if (hidden(c)) {
                shown.append(String.format(Locale.ROOT, "<U+%04X>", c));
            } else {
                shown.appendCodePoint(c);
            }
        });
        return shown.toString();
    }

    /** Control characters, and those that turn the reading direction. */
    public static boolean hidden(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.SURROGATE, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                true;
            // the zero-width joiner and non-joiner are needed to write some languages
            case Character.FORMAT -> c != 0x200C && c != 0x200D && c != 0x00AD;
            default -> false;
        };
    }
}
