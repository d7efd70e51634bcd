package io.drkit.core.journal;

import io.drkit.core.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A run as its file holds it: first the line {@code drkit-journal 1}, then the lines of an {@link EntryChain}. What stands behind
 * the last whole line was being written when a crash came, or still is: nobody has relied on it.
 *
 * <p>A last line that lacks nothing but its line end is whole: its checksum says so, and it may have been relied on, where the line
 * end is what was damaged.
 *
 * @param chain the chain up to the last whole line
 * @param end where the last whole line ends
 * @param ended whether its line end stands there
 * @param torn whether something stands behind that
 */
record RunFile(Path path, List<JournalEntry> entries, EntryChain chain, int end, boolean ended, boolean torn) {
    private static final String PREFIX = "run-";
    private static final String SUFFIX = ".journal";

    /** The epoch has a fixed width, so that the last by name is the latest. */
    static String name(long epoch) {
        return PREFIX + String.format(Locale.ROOT, "%019d", epoch) + SUFFIX;
    }

    static boolean isOne(Path path) {
        String name = path.getFileName().toString();
        return name.startsWith(PREFIX) && name.endsWith(SUFFIX);
    }

    /** The epoch under which the run began. */
    static long epochOf(Path path) {
        String name = path.getFileName().toString();
        return Long.parseLong(name.substring(PREFIX.length(), name.length() - SUFFIX.length()));
    }

    /** @throws CorruptJournalException when anything but the end of it is damaged */
    static RunFile read(Path path, String whose) throws IOException {
        return read(path, whose, Files.readAllBytes(path));
    }

    private static RunFile read(Path path, String whose, byte[] bytes) {
        EntryChain chain = EntryChain.begin();
        List<JournalEntry> entries = new ArrayList<>();
        int begin = 0;
        int number = 0;
        for (int end = indexOfLineEnd(bytes, 0); end >= 0; end = indexOfLineEnd(bytes, begin)) {
            String line = new String(bytes, begin, end - begin, StandardCharsets.UTF_8);
            number++;
            if (number == 1) {
                checkHead(path, whose, line);
            } else {
                try {
                    entries.add(chain.entry(line));
                    chain = chain.after(line);
                } catch (IllegalArgumentException e) {
                    throw corrupt(path, whose, number, String.valueOf(e.getMessage()), e);
                }
            }
            begin = end + 1;
        }
        boolean ended = true;
        // Of a line end that was damaged one byte is left.
        for (int end = bytes.length; number > 0 && ended && end > begin && end >= bytes.length - 1; end--) {
            String line = new String(bytes, begin, end - begin, StandardCharsets.UTF_8);
            try {
                entries.add(chain.entry(line));
                chain = chain.after(line);
                begin = end + 1;
                ended = false;
            } catch (IllegalArgumentException torn) {
                // it was never written whole
            }
        }
        if (entries.isEmpty()) {
            throw corrupt(path, whose, Math.max(1, number), "no whole entry", null);
        }
        return new RunFile(path, entries, chain, begin, ended, begin < bytes.length);
    }

    /** The bytes that count; of a file that is damaged, all its lines. */
    static byte[] whole(Path path, String whose) throws IOException {
        byte[] bytes = Files.readAllBytes(path);
        try {
            RunFile run = read(path, whose, bytes);
            byte[] whole = Arrays.copyOf(bytes, run.end());
            whole[whole.length - 1] = '\n';
            return whole;
        } catch (CorruptJournalException e) {
            int end = bytes.length;
            while (end > 0 && bytes[end - 1] != '\n') {
                end--;
            }
            return Arrays.copyOf(bytes, end);
        }
    }

    private static int indexOfLineEnd(byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private static void checkHead(Path path, String whose, String head) {
        if (head.equals(EntryChain.HEAD + EntryChain.FORMAT)) {
            return;
        }
        try {
            int format = Integer.parseInt(head.substring(Math.min(head.length(), EntryChain.HEAD.length())));
            if (head.startsWith(EntryChain.HEAD) && format > EntryChain.FORMAT) {
                throw new CorruptJournalException(
                        "journal.newer-format",
                        Problem.expected("a journal of format " + EntryChain.FORMAT + " or older in " + path)
                                .found("format " + format)
                                .remedy("resume with the DRKit version that began this run, or a newer one"),
                        null);
            }
        } catch (NumberFormatException e) {
            throw corrupt(path, whose, 1, "another first line", e);
        }
        throw corrupt(path, whose, 1, "another first line", null);
    }

    static CorruptJournalException corrupt(Path path, String whose, int line, String found, @Nullable Throwable cause) {
        return new CorruptJournalException(
                "journal.corrupt",
                Problem.expected("an undamaged journal of " + whose)
                        .found(found + " in line " + line + " of " + path)
                        .remedy(
                                "look at both sites to see what was done; then move that file aside and begin a new run,"
                                        + " which observes everything anew"),
                cause);
    }
}
