package io.drkit.postgres;

import io.drkit.core.BlockedException;
import io.drkit.core.DeniedException;
import io.drkit.core.DrException;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.ActionContext;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;

/** Asks one standby to become the primary, and waits until it is. A request cannot be withdrawn, only waited for. */
final class Promotion {
    /** The fact that a promotion was asked for and had not come about: of which start of the server. */
    static final String PENDING = "promotion.pending";

    private static final Duration POLL = Duration.ofMillis(2);
    private static final Duration RECONNECT = Duration.ofMillis(50);

    private final PostgresNode node;
    private final Limits limits;

    Promotion(PostgresNode node, Limits limits) {
        this.node = node;
        this.limits = limits;
    }

    /** Whether this start of the server has a request that it has not carried out: it forgets one only by a restart. */
    static boolean pending(ServerView.Answered view, ActionContext context) {
        return !view.writable()
                && context.recorded(PENDING).filter(view.instance()::equals).isPresent();
    }

    /**
     * Sends the request.
     *
     * @throws DeniedException when the server refused it, so that nothing was changed
     * @throws UnknownOutcomeException when its answer was lost
     */
    void ask(Session session) {
        try {
            session.promote();
        } catch (SQLException e) {
            if (Session.INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
                throw new DeniedException(
                        "postgres.missing-grant",
                        Problem.expected("to be allowed to promote " + node.name())
                                .found(String.valueOf(e.getMessage()))
                                .remedy("GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO " + node.user()),
                        e);
            }
            if (!Session.NOT_IN_PREREQUISITE_STATE.equals(e.getSQLState())) {
                throw unknown("the answer was lost: " + e.getMessage(), e);
            }
            // it is no standby any more: a request before this one has been carried out
        }
    }

    /**
     * Waits until the server has left recovery.
     *
     * <p>Its startup process may take the request and then sleep for {@code wal_retrieve_retry_interval}, 5 s by default, because
     * its primary has just gone; being told to read its settings again wakes it.
     *
     * @throws UnknownOutcomeException when it has not in time: it may yet do so
     */
    void await(Session session, ActionContext context) throws InterruptedException {
        Clockwork clockwork = context.clockwork();
        Deadline deadline = clockwork.deadline(limits.promote());
        long start = clockwork.nanoTime();
        long nudgeAfter = Duration.ofMillis(100).toNanos();
        Session current = session;
        Optional<SQLException> lost = Optional.empty();
        try {
            while (true) {
                try {
                    if (current == null) {
                        current = Session.open(node);
                    }
                    if (!current.inRecovery()) {
                        return;
                    }
                    if (clockwork.nanoTime() - start >= nudgeAfter) {
                        nudgeAfter *= 2;
                        nudge(current);
                    }
                } catch (SQLException e) {
                    lost = Optional.of(e);
                    if (current != null && current != session) {
                        current.close();
                    }
                    current = null;
                }
                if (deadline.passed()) {
                    if (current != null) {
                        rememberPending(current, context);
                    }
                    throw unknown(
                            current == null
                                    ? "it does not answer: "
                                            + lost.map(SQLException::getMessage).orElse("")
                                    : "it is still in recovery after "
                                            + limits.promote().toMillis() + " ms",
                            lost.orElse(null));
                }
                clockwork.sleep(deadline.atMost(current == null ? RECONNECT : POLL));
            }
        } finally {
            if (current != null && current != session) {
                current.close();
            }
        }
    }

    private void nudge(Session session) throws SQLException {
        try {
            session.reload();
        } catch (SQLException e) {
            if (!Session.INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
                throw e;
            }
            // a second request wakes it as well
            session.promote();
        }
    }

    private static void rememberPending(Session session, ActionContext context) {
        try {
            context.record(PENDING, session.view().instance());
        } catch (SQLException e) {
            // then it is asked again, which does no harm
        }
    }

    private UnknownOutcomeException unknown(String found, @org.jspecify.annotations.Nullable Throwable cause) {
        return new UnknownOutcomeException(
                "postgres.promotion-unknown",
                Problem.expected(node.name() + " to have been promoted")
                        .found(found + "; the request cannot be withdrawn, and the old primary stays fenced")
                        .remedy("see why its startup process does not go on, and resume; do not start the old primary"
                                + " as a primary"),
                cause);
    }

    /**
     * Proves that the promoted server writes, on a newer timeline than before.
     *
     * @param replayedBefore how far it had replayed when {@code oldTimeline} was seen. A promotion that was under way then, asked for
     *     by a controller that is gone, may have shown its new timeline already; that one begins no earlier than this position,
     *     whereas a timeline that it had been following begins before it.
     */
    ServerView.Answered prove(Session session, long oldTimeline, Optional<Lsn> replayedBefore, ActionContext context)
            throws SQLException {
        ServerView.Answered view = session.view();
        if (!view.writable()) {
            throw unknown("it is in recovery", null);
        }
        long timeline = view.timeline().orElse(0);
        boolean begunSince = timeline == oldTimeline
                && replayedBefore.isPresent()
                && session.history(timeline)
                        .flatMap(TimelineHistory::begin)
                        .filter(begin -> !replayedBefore.get().after(begin))
                        .isPresent();
        if (timeline <= oldTimeline && !begunSince) {
            // leaving recovery without a new timeline is what a server does whose standby.signal was removed
            throw new BlockedException(
                    "postgres.timeline",
                    Problem.expected(node.name() + " to write a timeline after " + oldTimeline)
                            .found("timeline " + timeline)
                            .remedy("it was not promoted but started as a primary: keep both servers stopped and find"
                                    + " out who started it"));
        }
        session.writeMark(context.epoch(), context.runId());
        return view;
    }

    static DrException lost(String doing, Exception e) {
        return new UnknownOutcomeException(
                "postgres.answer-lost",
                Problem.expected("an answer while " + doing)
                        .found(String.valueOf(e.getMessage()))
                        .remedy("nothing was undone; resume"),
                e);
    }
}
