package io.drkit.postgres;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What a server said of itself over SQL, or that it said nothing. */
sealed interface ServerView {
    /** From this one on {@code primary_conninfo} takes no restart. */
    int OLDEST_VERSION = 130_000;

    /**
     * It did not answer: it may be anything, a writable primary included.
     *
     * @param denied whether it answered that it does not want to talk to us, so that it is alive
     */
    record Silent(String why, boolean denied) implements ServerView {}

    /**
     * It answered.
     *
     * @param timeline of a primary: the one it writes; of a standby: the one that its position is on, or a later one
     * @param flushed of a primary: its flush position
     * @param received of a standby: the greater of its receive and replay position, as the first can fall behind the second
     * @param clock its own clock in microseconds, for differences with times made by the same server
     * @param replayedTime the primary's time of the last replayed transaction in microseconds
     * @param instance tells one start of the server from the next
     */
    record Answered(
            boolean writable,
            long systemId,
            int version,
            String instance,
            OptionalLong timeline,
            Optional<Lsn> flushed,
            Optional<Lsn> received,
            Optional<Lsn> replayed,
            long clock,
            OptionalLong replayedTime,
            boolean replayPaused,
            Receiver receiver,
            Senders senders,
            Settings settings,
            Rights rights,
            Optional<Mark> mark)
            implements ServerView {

        boolean streamsOn(long wanted) {
            return !writable && receiver instanceof Receiver.Seen seen && seen.streaming() && seen.timeline() == wanted;
        }
    }

    /** The process of a standby that receives from its primary. */
    sealed interface Receiver {
        /** There is none. */
        record None() implements Receiver {}

        /** There is one, and this role may see no more of it. */
        record Hidden() implements Receiver {}

        record Seen(String status, long timeline, String host, int port, String slot) implements Receiver {
            boolean streaming() {
                return status.equals("streaming");
            }

            String address() {
                return host + ":" + port;
            }
        }
    }

    /** The processes of a server that send to its standbys; hidden ones are those this role may see no more of. */
    record Senders(int streaming, int hidden) {}

    /**
     * Settings that decide whether it can be promoted, and serve.
     *
     * @param recoveryTargets the names of the settings that would stop a recovery somewhere
     */
    record Settings(
            List<String> recoveryTargets,
            String recoveryTargetTimeline,
            long applyDelayMillis,
            String walLevel,
            int maxWalSenders) {}

    /** What the role of the control connection may do. */
    record Rights(boolean promote, boolean reload, boolean probe, boolean setConninfo, boolean slots) {}

    /** The row that the write probe left: which run, with which epoch, wrote last on which timeline. */
    record Mark(long epoch, String runId, long timeline) {}
}
