package io.drkit.postgres;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A position in the write-ahead log: an unsigned number of bytes, written {@code X/Y} in hexadecimal. */
record Lsn(long bytes) implements Comparable<Lsn> {
    private static final long SMALLEST_PAGE = 1024;
    private static final long SHUTDOWN_RECORD = 114;

    /** Reads PostgreSQL's own notation; null, which is what an unprivileged reader gets, is no position. */
    static Optional<Lsn> of(@Nullable String text) {
        return text == null ? Optional.empty() : Optional.of(parse(text));
    }

    static Lsn parse(String text) {
        int slash = text.indexOf('/');
        if (slash <= 0) {
            throw new IllegalArgumentException("Not a log position: " + text);
        }
        long high = Long.parseLong(text.substring(0, slash), 16);
        long low = Long.parseLong(text.substring(slash + 1), 16);
        return new Lsn(high << 32 | low);
    }

    boolean after(Lsn other) {
        return compareTo(other) > 0;
    }

    /**
     * Whether a server that has received up to here has the whole shutdown checkpoint that begins at {@code checkpoint}.
     *
     * <p>A sender stops at the end of what there is, or in between at the end of a page, so only at a page's end can a record
     * be torn; and that record has 114 bytes in versions 12 to 17, without the header of a page that it may run into.
     */
    boolean holdsCheckpointAt(Lsn checkpoint) {
        return after(checkpoint)
                && (bytes % SMALLEST_PAGE != 0 || Long.compareUnsigned(bytes - checkpoint.bytes, SHUTDOWN_RECORD) >= 0);
    }

    /** How many bytes this lies after {@code other}; 0 when it does not. */
    long beyond(Lsn other) {
        return after(other) ? bytes - other.bytes : 0;
    }

    static Lsn greatest(Lsn one, Lsn other) {
        return one.after(other) ? one : other;
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%X/%X", bytes >>> 32, bytes & 0xffff_ffffL);
    }
}
