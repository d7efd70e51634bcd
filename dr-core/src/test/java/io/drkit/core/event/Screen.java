package io.drkit.core.event;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A terminal as far as a live console uses one: what a person would see after everything that was written. */
final class Screen {
    private static final Pattern TOKEN = Pattern.compile("\u001b\\[([0-9;]*)([A-Za-z])|\n|\r|[^\u001b\n\r]+");

    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    final PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8);

    String raw() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** The lines on it; fails on a control sequence that it does not know, and on a line wider than {@code columns} - 1. */
    List<String> lines(int columns) {
        List<StringBuilder> rows = new ArrayList<>(List.of(new StringBuilder()));
        int row = 0;
        int column = 0;
        Matcher matcher = TOKEN.matcher(raw());
        int reached = 0;
        while (matcher.find()) {
            if (matcher.start() != reached) {
                throw new AssertionError("not a known sequence at " + reached);
            }
            reached = matcher.end();
            String token = matcher.group();
            String command = matcher.group(2);
            if (command != null) {
                switch (command) {
                    case "m" -> {}
                    case "A" -> {
                        row -= Integer.parseInt(matcher.group(1));
                        if (row < 0) {
                            throw new AssertionError("above the top");
                        }
                    }
                    case "J" -> {
                        rows.get(row).setLength(column);
                        rows.subList(row + 1, rows.size()).clear();
                    }
                    default -> throw new AssertionError("not a known sequence: " + token.replace('\u001b', '^'));
                }
            } else if (token.equals("\n")) {
                row++;
                column = 0;
                if (row == rows.size()) {
                    rows.add(new StringBuilder());
                }
            } else if (token.equals("\r")) {
                column = 0;
            } else {
                StringBuilder line = rows.get(row);
                if (line.length() != column) {
                    throw new AssertionError("written over: " + line);
                }
                line.append(token);
                column = line.length();
                if (Terminal.width(line.toString()) > columns - 1) {
                    throw new AssertionError("wider than " + (columns - 1) + ": " + line);
                }
            }
        }
        if (reached != raw().length()) {
            throw new AssertionError("not a known sequence at " + reached);
        }
        return rows.stream().map(StringBuilder::toString).toList();
    }
}
