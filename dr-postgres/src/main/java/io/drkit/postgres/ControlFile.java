package io.drkit.postgres;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What {@code global/pg_control} says of a server that may not be running. Read in Java, because the machine with the controller
 * need not have PostgreSQL's tools.
 *
 * <p>Source: {@code src/include/catalog/pg_control.h}; the offsets are the same from version 12 to 18 on a little-endian
 * machine: identifier 0, format 8, state 16, location of the newest checkpoint 32, its redo position 40 and timeline 48.
 */
record ControlFile(long systemId, State state, Lsn checkpoint, Lsn redo, long timeline) {
    static final String PATH = "global/pg_control";

    private static final int NEEDED_BYTES = 56;
    private static final int OLDEST_FORMAT = 1201;
    private static final int NEWEST_FORMAT = 2999;

    /** In the order of the server's own enumeration. */
    enum State {
        STARTING_UP,
        SHUT_DOWN,
        SHUT_DOWN_IN_RECOVERY,
        SHUTTING_DOWN,
        IN_CRASH_RECOVERY,
        IN_ARCHIVE_RECOVERY,
        IN_PRODUCTION
    }

    /**
     * Reads the file's bytes.
     *
     * @throws UnreadableException when these bytes are not a control file of a known format
     */
    static ControlFile parse(byte[] content) {
        if (content.length < NEEDED_BYTES) {
            throw new UnreadableException("it has only " + content.length + " bytes");
        }
        ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        int format = bytes.getInt(8);
        if (format < OLDEST_FORMAT || format > NEWEST_FORMAT) {
            throw new UnreadableException(
                    "its format " + format + " is not one of PostgreSQL 12 or later on a little-endian machine");
        }
        int state = bytes.getInt(16);
        State[] states = State.values();
        if (state < 0 || state >= states.length) {
            throw new UnreadableException("its state " + state + " is not a known one");
        }
        return new ControlFile(
                bytes.getLong(0),
                states[state],
                new Lsn(bytes.getLong(32)),
                new Lsn(bytes.getLong(40)),
                Integer.toUnsignedLong(bytes.getInt(48)));
    }

    /**
     * Whether the server ended as a primary with everything written down: then its newest checkpoint is the last record of its
     * log. A shutdown checkpoint begins where its redo begins, which also shows that the bytes are what they seem.
     */
    boolean cleanlyShutDown() {
        return state == State.SHUT_DOWN && checkpoint.equals(redo);
    }

    /** Whether the server ended as a standby, or is one that runs or crashed. */
    boolean standby() {
        return state == State.SHUT_DOWN_IN_RECOVERY || state == State.IN_ARCHIVE_RECOVERY;
    }

    /** The bytes are not a control file that can be relied on. */
    static final class UnreadableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnreadableException(String message) {
            super("The control file " + PATH + " cannot be read: " + message);
        }
    }
}
