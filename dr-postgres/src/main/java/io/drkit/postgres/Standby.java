package io.drkit.postgres;

import io.drkit.core.DrTimeoutException;
import io.drkit.core.Problem;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Progress;
import io.drkit.core.replica.CommandTerms;
import io.drkit.core.time.Deadline;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;

/** Makes a stopped or replaying server follow a primary. Whether that loses anything must have been settled before. */
final class Standby {
    private static final Duration POLL = Duration.ofMillis(10);

    private final PostgresNode former;
    private final PostgresNode primary;
    private final Limits limits;

    Standby(PostgresNode former, PostgresNode primary, Limits limits) {
        this.former = former;
        this.primary = primary;
        this.limits = limits;
    }

    /**
     * Writes what makes it a standby of the primary, tombstone first, and starts it where it does not run.
     *
     * @param note of a switchover, in whose hands the server must still be; empty when there must be none
     */
    void start(DataDirectory disk, String slot, Optional<SwitchoverNote> note)
            throws IOException, SQLException, InterruptedException {
        boolean runs = disk.running();
        CommandTerms soon = DataDirectory.asSeen(note, former.socketTimeout());
        disk.writeTombstone(soon);
        disk.follow(primary.conninfoFor(former), slot, soon);
        if (!runs) {
            disk.start(DataDirectory.asSeen(note, limits.rejoin()));
            return;
        }
        try (Session session = Session.open(former)) {
            session.reload();
        }
    }

    /**
     * Waits until it is proven to stream: on the primary's timeline by its own word, and by the primary's.
     *
     * <p>Being in recovery and answering proves nothing: a server that has diverged does so too.
     */
    void awaitStreaming(long timeline, ActionContext context) throws InterruptedException {
        Deadline deadline = context.clockwork().deadline(limits.rejoin());
        String seen = "";
        long polls = 0;
        while (true) {
            ServerView view = Session.look(former);
            if (view instanceof ServerView.Answered standby) {
                if (standby.streamsOn(timeline)) {
                    if (Session.look(primary) instanceof ServerView.Answered source
                            && source.writable()
                            && source.senders().streaming() > 0) {
                        return;
                    }
                    seen = primary.name() + " does not see it stream";
                } else {
                    seen = former.name() + " is on timeline "
                            + (standby.timeline().isPresent()
                                    ? standby.timeline().getAsLong()
                                    : "unknown")
                            + " with receiver " + standby.receiver();
                }
            } else if (view instanceof ServerView.Silent silent) {
                seen = former.name() + " does not answer: " + silent.why();
            }
            if (deadline.passed()) {
                throw new DrTimeoutException(
                        "postgres.rejoin-unproven",
                        Problem.expected(former.name() + " to stream from " + primary.name() + " on timeline "
                                        + timeline)
                                .found(seen + ", after " + limits.rejoin().toMillis() + " ms")
                                .remedy("see the log of " + former.name() + "; " + primary.name()
                                        + " serves meanwhile, without a replica"));
            }
            if (polls++ % 100 == 0) {
                context.progress(Progress.openEnded(former.name() + " to stream", polls / 100, "s"));
            }
            context.clockwork().sleep(deadline.atMost(POLL));
        }
    }
}
