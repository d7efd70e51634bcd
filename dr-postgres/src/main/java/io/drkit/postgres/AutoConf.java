package io.drkit.postgres;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/** Edits {@code postgresql.auto.conf}, the settings that the server itself writes, keeping every line that is not ours. */
final class AutoConf {
    static final String PATH = "postgresql.auto.conf";

    private static final Set<String> OURS = Set.of("primary_conninfo", "primary_slot_name");

    private AutoConf() {}

    /** With the settings by which a standby finds its primary. */
    static byte[] following(byte[] content, String conninfo, String slot) {
        // Bytes, not characters: a comment in whatever encoding must come out as it went in.
        String text = new String(content, StandardCharsets.ISO_8859_1);
        StringBuilder edited = new StringBuilder();
        for (String line : text.split("(?<=\n)", -1)) {
            if (!OURS.contains(key(line))) {
                edited.append(line);
            }
        }
        if (edited.length() > 0 && edited.charAt(edited.length() - 1) != '\n') {
            edited.append('\n');
        }
        edited.append(setting("primary_conninfo", conninfo)).append(setting("primary_slot_name", slot));
        return edited.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String key(String line) {
        String text = line.stripLeading();
        int end = 0;
        while (end < text.length()
                && (Character.isLetterOrDigit(text.charAt(end))
                        || text.charAt(end) == '_'
                        || text.charAt(end) == '.')) {
            end++;
        }
        return text.substring(0, end).toLowerCase(Locale.ROOT);
    }

    private static String setting(String name, String value) {
        // The file's own quoting doubles both; UTF-8 bytes are carried through as they are.
        String bytes = new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        return name + " = '" + bytes.replace("\\", "\\\\").replace("'", "''") + "'\n";
    }
}
