package io.drkit.core.report;

import java.util.Locale;

/** Text on its way into HTML: whatever is not written as markup here is escaped. */
final class Html {
    private final StringBuilder out = new StringBuilder(16_384);

    /** Markup of this package's own; never a text that came from a report. */
    Html raw(String markup) {
        out.append(markup);
        return this;
    }

    /** A text from a report. */
    Html text(String text) {
        out.append(escape(text));
        return this;
    }

    /** {@code <tag class="..">text</tag>}. */
    Html element(String tag, String classes, String text) {
        raw("<" + tag + (classes.isEmpty() ? "" : " class=\"" + classes + "\"") + ">");
        return text(text).raw("</" + tag + ">");
    }

    static String escape(String text) {
        String shown = Wording.printable(text);
        StringBuilder escaped = new StringBuilder(shown.length() + 16);
        for (int i = 0; i < shown.length(); i++) {
            char c = shown.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.append(c);
            }
        }
        return escaped.toString();
    }

    /** A share as a CSS and SVG percentage with two decimals. */
    static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f%%", Math.max(0, Math.min(1, share)) * 100);
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
