package io.drkit.core.internal;

import java.util.Locale;

/** Text on its way into HTML: whatever is not written as markup here is escaped. */
public final class Html {
    private final StringBuilder out = new StringBuilder(16_384);

    /**
     * A page up to and with its head: no script, nothing fetched from anywhere, and a policy in it that forbids both.
     *
     * @param more further elements of the head
     */
    public static Html page(String title, String more) {
        Html out = new Html();
        return out.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .raw(
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
                .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .raw(
                        "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n")
                .raw(more)
                .element("title", "", title)
                .raw("\n<style>\n" + HtmlStyle.CSS + "</style>\n</head>\n");
    }

    /** The head of a table that a phone shows as cards; each cell then needs its column's name, see {@link #cell}. */
    public Html tableHead(String... columns) {
        // the roles keep it a table for screen readers where the style sheet, on a phone, lays its rows out as cards
        raw("<table class=\"cards-on-phone\" role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\">");
        for (String column : columns) {
            raw("<th role=\"columnheader\" scope=\"col\">").text(column).raw("</th>");
        }
        return raw("</tr></thead><tbody role=\"rowgroup\">\n");
    }

    /** The begin of a cell. */
    public Html cell(String column, String classes) {
        return raw("<td role=\"cell\" data-label=\"" + escape(column) + "\""
                + (classes.isEmpty() ? "" : " class=\"" + classes + "\"") + ">");
    }

    /** Markup of the caller's own; never a text that came from elsewhere. */
    public Html raw(String markup) {
        out.append(markup);
        return this;
    }

    /** A text from elsewhere. */
    public Html text(String text) {
        out.append(escape(text));
        return this;
    }

    /** {@code <tag class="..">text</tag>}. */
    public Html element(String tag, String classes, String text) {
        raw("<" + tag + (classes.isEmpty() ? "" : " class=\"" + classes + "\"") + ">");
        return text(text).raw("</" + tag + ">");
    }

    /** Safe as text and as the value of an attribute. */
    public static String escape(String text) {
        String shown = Printable.of(text);
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
    public static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f%%", Math.max(0, Math.min(1, share)) * 100);
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
