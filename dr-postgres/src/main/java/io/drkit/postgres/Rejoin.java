package io.drkit.postgres;

import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.action.HeldEpoch;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;

/** Makes {@code former} a standby of {@code primary} where it is proven that nothing is lost by that. */
final class Rejoin implements Action<Rejoin.Seen> {
    private static final String BEGUN = "rejoin.begun";

    private final PostgresNode former;
    private final PostgresNode primary;
    private final Limits limits;

    Rejoin(PostgresNode former, PostgresNode primary, Limits limits) {
        this.former = former;
        this.primary = primary;
        this.limits = limits;
    }

    /**
     * What was found.
     *
     * @param pair with {@code former} as its {@code from}
     * @param history of the primary; empty when it may not be read or there is none
     * @param written how far the primary had written when everything else had been seen
     */
    record Seen(Pair pair, Optional<TimelineHistory> history, Optional<Lsn> written) {}

    @Override
    public String describe() {
        return "rejoin " + former.name() + " to " + primary.name() + " as its streaming standby";
    }

    @Override
    public ExecutionPolicy policy() {
        return limits.policy();
    }

    @Override
    public Optional<HeldEpoch> heldEpoch() {
        return Optional.of(context -> Pair.heldEpoch(former, primary));
    }

    @Override
    public Seen observe(ActionContext context) throws InterruptedException {
        Pair pair = Pair.look(former, primary);
        if (context.recorded(BEGUN).isPresent()) {
            if (pair.to() instanceof ServerView.Silent silent) {
                throw unseen(primary.name(), silent.why());
            }
            if (pair.disk() instanceof DataDirectory.View.Unreadable unreadable) {
                throw unseen("the agent of " + former.name(), unreadable.why());
            }
        }
        Optional<TimelineHistory> history = Optional.empty();
        Optional<Lsn> written = Optional.empty();
        if (pair.to() instanceof ServerView.Answered source
                && source.writable()
                && source.timeline().isPresent()) {
            try (Session session = Session.open(primary)) {
                history = session.history(source.timeline().getAsLong());
                // read last: a standby that streams meanwhile must not seem to be ahead
                written = session.flushed().map(Session.Flushed::position);
            } catch (SQLException e) {
                throw unseen(primary.name(), String.valueOf(e.getMessage()));
            }
        }
        return new Seen(pair, history, written);
    }

    private UnknownOutcomeException unseen(String who, String why) {
        return new UnknownOutcomeException(
                "postgres.unobservable",
                Problem.expected("to see how far " + former.name() + " has come")
                        .found(who + " cannot be asked: " + why)
                        .remedy("make it reachable, then resume"));
    }

    @Override
    public Assessment assess(Seen seen) {
        Pair pair = seen.pair();
        if (pair.to() instanceof ServerView.Silent silent) {
            return Refusals.unreachable(primary, silent);
        }
        ServerView.Answered source = (ServerView.Answered) pair.to();
        if (pair.disk() instanceof DataDirectory.View.Unreadable unreadable) {
            return Refusals.agentUnreadable(former, unreadable.why());
        }
        if (pair.from() instanceof ServerView.Answered answered) {
            if (answered.systemId() != source.systemId()) {
                return Refusals.wrongPair(former, primary);
            }
            if (answered.writable() && source.writable()) {
                return Refusals.splitBrain(former, primary);
            }
        }
        if (!source.writable() || source.timeline().isEmpty()) {
            return Refusals.wrongRole(primary, former);
        }
        long timeline = source.timeline().getAsLong();
        if (pair.from() instanceof ServerView.Answered standby) {
            boolean streams = standby.streamsOn(timeline) && source.senders().streaming() > 0;
            if (streams && note(pair).isEmpty()) {
                return Assessment.done(former.name() + " streams from " + primary.name() + " on timeline " + timeline);
            }
            return streams ? Assessment.needed("remove the switchover's note") : running(standby, source, seen);
        }
        if (pair.disk() instanceof DataDirectory.View.Seen disk) {
            return disk.running()
                    ? Assessment.underway(former.name() + " runs, and is awaited to answer")
                    : stopped(disk, source, seen);
        }
        return Refusals.noAgent(former);
    }

    private static Optional<SwitchoverNote> note(Pair pair) {
        return pair.disk() instanceof DataDirectory.View.Seen disk ? disk.note() : Optional.empty();
    }

    private Assessment running(ServerView.Answered standby, ServerView.Answered source, Seen seen) {
        if (seen.pair().disk() instanceof DataDirectory.View.None
                && !(standby.rights().setConninfo() && standby.rights().reload())) {
            return Refusals.missingGrant(
                    former,
                    "point it at another primary",
                    "GRANT ALTER SYSTEM ON PARAMETER primary_conninfo TO " + former.user() + ", or give it an agent");
        }
        if (standby.timeline().isEmpty() || standby.received().isEmpty()) {
            return Refusals.diverged(former, primary, "its timeline or its position is not known");
        }
        long own = standby.timeline().getAsLong();
        long wanted = source.timeline().orElseThrow();
        Lsn at = standby.received().get();
        Optional<Lsn> limit = own == wanted ? seen.written() : left(seen, own);
        if (limit.isEmpty()) {
            return Refusals.diverged(former, primary, "timeline " + own + " is not in the history that can be read");
        }
        return at.after(limit.get())
                ? Refusals.diverged(former, primary, "it is at " + at + ", and the two have parted at " + limit.get())
                : follow();
    }

    private Assessment stopped(DataDirectory.View.Seen disk, ServerView.Answered source, Seen seen) {
        ControlFile control = disk.control();
        if (control.systemId() != source.systemId()) {
            return Refusals.wrongPair(former, primary);
        }
        if (control.state() == ControlFile.State.SHUT_DOWN_IN_RECOVERY
                || control.state() == ControlFile.State.IN_ARCHIVE_RECOVERY) {
            // It was a standby: as such it is started, and then says itself how far it is.
            return follow();
        }
        if (!control.cleanlyShutDown()) {
            return Refusals.diverged(
                    former,
                    primary,
                    "it was not shut down cleanly (" + control.state() + "), so its last write is not known");
        }
        Optional<Lsn> left = left(seen, control.timeline());
        if (left.isEmpty()) {
            return Refusals.diverged(
                    former,
                    primary,
                    "its timeline " + control.timeline() + " is not in the history of " + primary.name()
                            + " that can be read; that takes EXECUTE on pg_read_binary_file(text)");
        }
        return left.get().after(control.checkpoint())
                ? follow()
                : Refusals.diverged(
                        former,
                        primary,
                        "it wrote its last record at " + control.checkpoint() + ", and the two have parted at "
                                + left.get());
    }

    private static Optional<Lsn> left(Seen seen, long timeline) {
        return seen.history().flatMap(history -> history.leftAt(timeline));
    }

    private Assessment follow() {
        return Assessment.needed("start " + former.name() + " as a standby of " + primary.name());
    }

    /** The slot that the primary keeps for it, if any. */
    private String slot() throws SQLException {
        try (Session session = Session.open(primary)) {
            return session.hasSlot(former.slot()) ? former.slot() : "";
        }
    }

    /** Takes over what a switchover has left: what that one still has on its way to the agent does nothing any more. */
    private Optional<SwitchoverNote> claimed(
            Optional<SwitchoverNote> left, DataDirectory disk, ActionContext context)
            throws IOException, InterruptedException {
        if (left.isEmpty()) {
            return left;
        }
        SwitchoverNote mine = left.get().by("rejoin of " + context.runId(), left.get().epoch());
        disk.write(mine, DataDirectory.heldBy(left.get(), former.socketTimeout()));
        return Optional.of(mine);
    }

    @Override
    public void apply(Seen seen, ActionContext context) throws InterruptedException {
        ServerView.Answered source = (ServerView.Answered) seen.pair().to();
        Session.requireNotStale(source.mark(), context.epoch(), primary);
        context.record(BEGUN, former.name());
        context.requireAuthority();
        context.noWayBack();
        Standby standby = new Standby(former, primary, limits);
        try {
            Optional<SwitchoverNote> note = Optional.empty();
            Optional<DataDirectory> disk = former.agent().map(agent -> new DataDirectory(former));
            if (disk.isPresent()) {
                note = claimed(note(seen.pair()), disk.get(), context);
                standby.start(disk.get(), slot(), note);
            } else {
                try (Session session = Session.open(former)) {
                    session.alterSystem("primary_conninfo", primary.conninfoFor(former));
                    session.reload();
                }
            }
            // A standby that turns out to be ahead never streams: say so at once.
            if (assess(observe(context)) instanceof Assessment.Blocked blocked) {
                throw Refusals.exception(blocked, "to " + describe());
            }
            standby.awaitStreaming(source.timeline().orElseThrow(), context);
            if (disk.isPresent() && note.isPresent()) {
                context.requireAuthority();
                disk.get().removeNote(DataDirectory.heldBy(note.get(), former.socketTimeout()));
            }
        } catch (SQLException | IOException e) {
            throw Promotion.lost("rejoining " + former.name(), e);
        }
    }
}
