package io.drkit.postgres;

import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.DeniedException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.action.HeldEpoch;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.Fence;
import io.drkit.core.replica.FenceProof;
import io.drkit.core.safety.SiteChange;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/** Promotes {@code to} without the help of {@code from}, which may be dead. */
final class Failover implements Action<Failover.Seen> {
    private static final String BEGUN = "failover.begun";
    /** The fact that the replica was cut off: {@code yes}, and {@code no} when it was put back. Not from what, which may hold a secret. */
    private static final String CUT = "replica.cut";

    private static final String INTENT = "promotion.intent";
    private static final String BOUND_MILLIS = "loss.bound.millis";
    private static final String BOUND_BASIS = "loss.bound.basis";
    private static final String BOUND_EVIDENCE = "loss.bound.evidence";
    private static final Duration POLL = Duration.ofMillis(2);

    private final PostgresNode from;
    private final PostgresNode to;
    private final FailoverTerms terms;
    private final Limits limits;
    private final Clockwork clockwork;
    private final Supplier<Optional<FlushSampler>> sampler;

    /**
     * Over the two servers.
     *
     * @param clockwork what the samples are timed with
     */
    Failover(
            PostgresNode from,
            PostgresNode to,
            FailoverTerms terms,
            Limits limits,
            Clockwork clockwork,
            Supplier<Optional<FlushSampler>> sampler) {
        this.from = from;
        this.to = to;
        this.terms = terms;
        this.limits = limits;
        this.clockwork = clockwork;
        this.sampler = sampler;
    }

    /**
     * What was found.
     *
     * @param bound what would be lost if it were done now
     * @param pending whether a promotion was asked for that is still to come about
     * @param cut whether {@code to} was cut from its primary, in this process or in the one before it, and was not put back
     * @param intent on which timeline it was when a promotion of this start of the server was decided; empty when none was
     * @param fenced whether this run wrote down that it fenced {@code from}, or who answers for it in the fence's stead
     */
    record Seen(Pair pair, LossBound bound, boolean pending, boolean cut, OptionalLong intent, boolean fenced) {
        boolean sourceWrites() {
            return pair.from() instanceof ServerView.Answered source && source.writable();
        }

        /** Whether {@code from} is known to take no writes, now and after its next start. Silence says nothing of that. */
        boolean sourceBarred() {
            if (pair.disk() instanceof DataDirectory.View.Seen disk && !disk.tombstoned()) {
                return false;
            }
            return pair.from() instanceof ServerView.Answered source
                    ? !source.writable()
                    : pair.disk() instanceof DataDirectory.View.Seen disk && !disk.running();
        }
    }

    @Override
    public String describe() {
        return "fail over from " + from.name() + " to " + to.name() + ", "
                + terms.fence().map(Fence::describe).orElse("with no fence")
                + terms.acceptedLoss()
                        .map(loss -> ", accepting the loss of " + loss.toMillis() + " ms")
                        .orElse("")
                + terms.waiver().map(waiver -> ", waived by " + waiver.who()).orElse("");
    }

    @Override
    public ExecutionPolicy policy() {
        return limits.policy();
    }

    private String subject() {
        return "the database of " + from.name();
    }

    // -- observe ----------------------------------------------------------------------------------------------------

    @Override
    public Optional<HeldEpoch> heldEpoch() {
        return Optional.of(context -> Pair.heldEpoch(from, to));
    }

    @Override
    public Seen observe(ActionContext context) throws InterruptedException {
        Pair pair = Pair.look(from, to);
        if (pair.to() instanceof ServerView.Silent silent) {
            if (context.recorded(BEGUN).isPresent()) {
                throw new UnknownOutcomeException(
                        "postgres.unobservable",
                        Problem.expected("to see how far the failover to " + to.name() + " has come")
                                .found(to.name() + " cannot be asked: " + silent.why())
                                .remedy("make it reachable, then resume; nothing was undone"));
            }
            return new Seen(
                    pair,
                    LossBound.unknown(to.name() + " does not answer"),
                    false,
                    false,
                    OptionalLong.empty(),
                    fenced(context));
        }
        ServerView.Answered target = (ServerView.Answered) pair.to();
        return new Seen(
                pair,
                bound(pair, target, target.received(), now(), false),
                Promotion.pending(target, context),
                wasCut(context),
                intent(target, context),
                fenced(context));
    }

    private static boolean fenced(ActionContext context) {
        return context.recorded(SiteChange.FROM_FENCED.fact()).isPresent();
    }

    private static boolean wasCut(ActionContext context) {
        return context.recorded(CUT).filter("yes"::equals).isPresent();
    }

    private static OptionalLong intent(ServerView.Answered target, ActionContext context) {
        String prefix = target.instance() + " ";
        return context.recorded(INTENT)
                .filter(text -> text.startsWith(prefix))
                .map(text -> OptionalLong.of(Long.parseLong(text.substring(prefix.length()))))
                .orElse(OptionalLong.empty());
    }

    private long now() {
        return clockwork.nanoTime();
    }

    private LossBound bound(Pair pair, ServerView.Answered target, Optional<Lsn> received, long end, boolean fenced) {
        if (received.isEmpty() || target.timeline().isEmpty()) {
            return LossBound.unknown("the position or the timeline of " + to.name() + " is not known");
        }
        if (!(pair.from() instanceof ServerView.Answered)
                && pair.disk() instanceof DataDirectory.View.Seen disk
                && !disk.running()
                && disk.control().cleanlyShutDown()
                && disk.control().systemId() == target.systemId()
                && disk.control().timeline() == target.timeline().getAsLong()
                && received.get().holdsCheckpointAt(disk.control().checkpoint())) {
            return LossBound.nothing(from.name() + " is shut down cleanly at "
                    + disk.control().checkpoint() + ", which " + to.name() + " has received");
        }
        return LossBound.of(
                sampler.get(), target.systemId(), target.timeline().getAsLong(), received.get(), end, fenced);
    }

    // -- assess -----------------------------------------------------------------------------------------------------

    @Override
    public Assessment assess(Seen seen) {
        Pair pair = seen.pair();
        if (pair.to() instanceof ServerView.Silent silent) {
            return Refusals.unreachable(to, silent);
        }
        ServerView.Answered target = (ServerView.Answered) pair.to();
        boolean otherSystem = pair.from() instanceof ServerView.Answered source
                ? source.systemId() != target.systemId()
                : pair.disk() instanceof DataDirectory.View.Seen disk
                        && disk.control().systemId() != target.systemId();
        if (otherSystem) {
            return Refusals.wrongPair(from, to);
        }
        boolean sourceWrites = seen.sourceWrites();
        if (target.writable()) {
            if (sourceWrites) {
                return Refusals.splitBrain(from, to);
            }
            return assessPromoted(seen, target);
        }
        Optional<Assessment> refused = refused(seen, target);
        if (refused.isPresent()) {
            return seen.cut()
                    ? Assessment.needed("refuse the failover, and put back the connection of " + to.name()
                            + " to its primary, from which it was cut off: "
                            + ((Assessment.Blocked) refused.get()).why())
                    : refused.get();
        }
        if (seen.pending()) {
            return Assessment.underway(to.name() + " to carry out the promotion that it was asked for");
        }
        if (decided(seen)) {
            return Assessment.needed("go on to promote " + to.name(), "prove " + to.name() + " by a write probe");
        }
        return Assessment.needed(
                fencing(),
                "cut " + to.name() + " from " + from.name(),
                "promote " + to.name() + ", losing at most " + seen.bound() + ": "
                        + seen.bound().evidence(),
                "prove " + to.name() + " by a write probe");
    }

    /** Whoever promoted it, a run that was abandoned or a person, may not have fenced the old primary. */
    private Assessment assessPromoted(Seen seen, ServerView.Answered target) {
        boolean fenced = seen.fenced() || seen.sourceBarred();
        boolean proven = target.mark().isPresent()
                && target.timeline().isPresent()
                && target.mark().get().timeline() == target.timeline().getAsLong();
        String prove = "prove " + to.name() + " by a write probe";
        if (!fenced) {
            return Assessment.needed(fencing(), prove);
        }
        return proven
                ? Assessment.done(to.name() + " is the primary on timeline "
                        + target.timeline().getAsLong() + ", proven by a write probe, and " + from.name()
                        + (seen.sourceBarred()
                                ? " can come up as a standby only"
                                : " was fenced by this run, or waived"))
                : Assessment.needed(prove);
    }

    private String fencing() {
        return terms.fence().map(Fence::describe).orElse("rely on the waiver instead of a fence");
    }

    /** Whether it was decided before, under these terms: the request may be on its way, and the fence stands. */
    private static boolean decided(Seen seen) {
        return seen.intent().isPresent() && !seen.sourceWrites();
    }

    private Optional<Assessment> refused(Seen seen, ServerView.Answered target) {
        if (seen.sourceWrites() && terms.fence().isEmpty()) {
            return Optional.of(Refusals.primaryAnswers(from));
        }
        if (seen.pending() || decided(seen)) {
            return Optional.empty();
        }
        return unfit(target).or(() -> unaccepted(seen.bound()));
    }

    private Optional<Assessment> unfit(ServerView.Answered target) {
        if (target.version() < ServerView.OLDEST_VERSION) {
            return Optional.of(Refusals.version(to, target.version()));
        }
        if (!target.rights().promote()) {
            return Optional.of(Refusals.missingGrant(
                    to, "promote", "GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO " + to.user()));
        }
        if (!target.rights().probe()) {
            return Optional.of(Refusals.missingGrant(
                    to, "write the probe", "GRANT CREATE ON DATABASE " + to.database() + " TO " + to.user()));
        }
        if (!(target.rights().setConninfo() && target.rights().reload())) {
            return Optional.of(Refusals.missingGrant(
                    to,
                    "cut it from its primary",
                    "GRANT ALTER SYSTEM ON PARAMETER primary_conninfo TO " + to.user()
                            + " (PostgreSQL 15 and later), GRANT pg_monitor TO " + to.user()
                            + " and GRANT EXECUTE ON FUNCTION pg_reload_conf() TO "
                            + to.user()));
        }
        if (!target.settings().recoveryTargets().isEmpty()) {
            return Optional.of(Refusals.recoveryTarget(
                    to, String.join(", ", target.settings().recoveryTargets())));
        }
        if (target.settings().applyDelayMillis() > 0 && terms.waiver().isEmpty()) {
            return Optional.of(Refusals.delayed(to, target.settings().applyDelayMillis()));
        }
        // a paused replay is no obstacle: the promotion ends the pause and replays all that was received
        return Optional.empty();
    }

    private Optional<Assessment> unaccepted(LossBound bound) {
        if (terms.waiver().isPresent()) {
            return Optional.empty();
        }
        if (bound.time().isEmpty()) {
            return Optional.of(Refusals.lossUnknown(from, bound.evidence()));
        }
        return terms.acceptedLoss()
                .filter(limit -> bound.time().get().compareTo(limit) > 0)
                .map(limit -> Refusals.lossAboveAccepted(bound.toString(), limit));
    }

    // -- apply ------------------------------------------------------------------------------------------------------

    @Override
    public void apply(Seen seen, ActionContext context) throws InterruptedException {
        ServerView.Answered target = (ServerView.Answered) seen.pair().to();
        Timings timings = new Timings(context.clockwork());
        Session.requireNotStale(target.mark(), context.epoch(), to);
        context.record(BEGUN, from.name() + " to " + to.name());
        try (Session session = Session.open(to)) {
            Optional<Cut> cut = Optional.empty();
            if (target.writable()) {
                if (!(seen.fenced() || seen.sourceBarred())) {
                    fence(context);
                    timings.lap("fence");
                }
            } else {
                Optional<Assessment> refused = refused(seen, target);
                if (refused.isPresent()) {
                    BlockedException why = Refusals.exception(refused.get(), "to " + describe());
                    new Freeze(context).putBack(session, why);
                    throw why;
                }
                if (decided(seen)) {
                    context.requireAuthority();
                    context.noWayBack();
                    Promotion promotion = new Promotion(to, limits);
                    promotion.ask(session);
                    promotion.await(session, context);
                    timings.lap("promote");
                } else {
                    cut = Optional.of(promote(seen.pair(), target, session, context, timings));
                }
            }
            prove(session, seen, target, cut, context, timings);
        } catch (SQLException e) {
            throw Promotion.lost("failing over to " + to.name(), e);
        }
    }

    /** The moment at which the replica stood still, and what was known then. */
    private record Cut(Lsn received, long end, boolean fenced, long timeline) {}

    private Cut promote(Pair pair, ServerView.Answered target, Session session, ActionContext context, Timings timings)
            throws SQLException, InterruptedException {
        Fenced fence = fence(context);
        boolean fenced = fence.confirmed();
        long end = fence.at();
        timings.lap("fence");

        Freeze freeze = new Freeze(context);
        Lsn received;
        try {
            freeze.begin(session);
            timings.lap("cut");
            received = session.received().orElseThrow(() -> new SQLException("It has no position"));
            // The fence may have just written down how the old primary ended.
            Pair now = new Pair(
                    pair.from() instanceof ServerView.Answered && fenced
                            ? new ServerView.Silent("fenced", false)
                            : pair.from(),
                    pair.to(),
                    DataDirectory.look(from),
                    pair.toRuns(),
                    pair.lag(),
                    pair.streamsFromSource());
            LossBound bound = bound(now, target, Optional.of(received), fenced ? end : now(), fenced);
            context.record("received.position", received.toString());
            bound.time().ifPresent(time -> context.record(BOUND_MILLIS, Long.toString(time.toMillis() + 1)));
            context.record(BOUND_BASIS, bound.basis().name());
            context.record(BOUND_EVIDENCE, bound.evidence());
            context.report(bound.as(DataLoss.Stage.BOUND, subject()));
            Optional<Assessment> unaccepted = unaccepted(bound);
            if (unaccepted.isPresent()) {
                throw Refusals.exception(unaccepted.get(), "an accepted loss");
            }
            context.record(INTENT, target.instance() + " " + target.timeline().orElse(0));
            context.requireAuthority();
        } catch (StaleEpochException e) {
            // a newer run decides what becomes of this one's work
            throw e;
        } catch (RuntimeException | SQLException | InterruptedException e) {
            freeze.undo(e);
            throw e;
        }
        Promotion promotion = new Promotion(to, limits);
        context.noWayBack();
        try {
            promotion.ask(session);
        } catch (DeniedException e) {
            freeze.undo(e);
            throw e;
        }
        promotion.await(session, context);
        timings.lap("promote");
        return new Cut(received, end, fenced, target.timeline().orElse(0));
    }

    /**
     * What came of fencing.
     *
     * @param at when that was known
     */
    private record Fenced(boolean confirmed, long at) {}

    /** Answers only where the fence is confirmed or somebody answers for going on without, which is written down first. */
    private Fenced fence(ActionContext context) throws InterruptedException {
        context.requireAuthority();
        if (terms.fence().isPresent()) {
            // A fence is meant to stay, also when the promotion is refused in the end.
            context.noWayBack();
        }
        FenceProof proof = terms.fence().isPresent()
                ? terms.fence().get().fence(context)
                : new FenceProof.Unknown("no fence was given");
        long at = now();
        context.record("fence", proof.toString());
        boolean confirmed = proof instanceof FenceProof.Confirmed;
        if (!confirmed) {
            requireWaived(proof);
        }
        terms.waiver().ifPresent(waiver -> context.record("waiver", waiver.who() + ": " + waiver.reason()));
        context.record(
                SiteChange.FROM_FENCED.fact(),
                confirmed
                        ? "confirmed"
                        : "waived by " + terms.waiver().orElseThrow().who());
        return new Fenced(confirmed, at);
    }

    private void requireWaived(FenceProof proof) throws InterruptedException {
        String found = proof.toString();
        if (proof instanceof FenceProof.Refused || terms.waiver().isEmpty()) {
            throw new BlockedException(
                    "postgres.not-fenced",
                    Problem.expected("proof that " + from.name() + " can take no more writes")
                            .found(found)
                            .remedy(
                                    proof instanceof FenceProof.Refused
                                            ? "stop it by other means; a waiver does not cover a server known to be up"
                                            : "fence it by other means, or have somebody waive the proof by name"));
        }
        if (Session.look(from) instanceof ServerView.Answered answered && answered.writable()) {
            throw Refusals.exception(Refusals.primaryAnswers(from), "a primary that is fenced or gone");
        }
    }

    /** Keeps the replica from receiving more while its loss is being weighed. */
    private final class Freeze {
        private final ActionContext context;
        private String original = "";

        Freeze(ActionContext context) {
            this.context = context;
        }

        void begin(Session session) throws SQLException, InterruptedException {
            context.requireAuthority();
            original = connection(session);
            if (!original.isEmpty()) {
                // before it is cut, so that whoever resumes knows that it is to be put back
                context.record(CUT, "yes");
            }
            session.alterSystem("primary_conninfo", "");
            session.reload();
            Deadline deadline = context.clockwork().deadline(limits.drain());
            while (session.receiverRuns()) {
                if (deadline.passed()) {
                    throw new DrTimeoutException(
                            "postgres.not-cut",
                            Problem.expected(to.name() + " to stop receiving")
                                    .found("that its receiver still runs after "
                                            + limits.drain().toMillis() + " ms")
                                    .remedy("see its log, then resume"));
                }
                context.clockwork().sleep(POLL);
            }
        }

        /** What it is to be connected to again; what a process that is gone had cut off is known from its node alone. */
        private String connection(Session session) throws SQLException {
            String now = session.setting("primary_conninfo");
            return now.isEmpty() && wasCut(context) ? from.conninfoFor(to) : now;
        }

        /** What a process that is gone had cut off. */
        void putBack(Session session, BlockedException first) throws SQLException {
            original = connection(session);
            undo(first);
        }

        /** Over a session of its own, as the other may be what broke. */
        void undo(Exception first) {
            if (original.isEmpty()) {
                return;
            }
            try (Session session = Session.open(to)) {
                session.alterSystem("primary_conninfo", original);
                session.reload();
            } catch (SQLException e) {
                UnknownOutcomeException cut = new UnknownOutcomeException(
                        "postgres.still-cut",
                        Problem.expected("to connect " + to.name() + " to its primary again, after: "
                                        + first.getMessage())
                                .found(String.valueOf(e.getMessage()))
                                .remedy("resume, which puts it back or fails over; or rejoin " + to.name()
                                        + ": until then it receives nothing"),
                        first);
                cut.addSuppressed(e);
                throw cut;
            }
            try {
                context.record(CUT, "no");
            } catch (RuntimeException e) {
                // whoever resumes finds it connected
                first.addSuppressed(e);
            }
        }
    }

    private void prove(
            Session session,
            Seen seen,
            ServerView.Answered before,
            Optional<Cut> cut,
            ActionContext context,
            Timings timings)
            throws SQLException {
        long oldTimeline = cut.map(Cut::timeline).orElse(seen.intent().orElse(0));
        ServerView.Answered view = new Promotion(to, limits).prove(session, oldTimeline, before.replayed(), context);
        timings.lap("probe");
        long timeline = view.timeline().orElseThrow();
        Optional<Lsn> left = cut.flatMap(c -> leftAt(session, timeline, oldTimeline));
        context.report(achieved(seen.pair(), before, cut, left, context).as(DataLoss.Stage.ACHIEVED, subject()));
        session.checkpoint(limits.checkpoint());
        timings.lap("checkpoint");
        context.record("timings", timings.toString());
    }

    private static Optional<Lsn> leftAt(Session session, long timeline, long oldTimeline) {
        try {
            return session.history(timeline).flatMap(history -> history.leftAt(oldTimeline));
        } catch (SQLException e) {
            return Optional.empty();
        }
    }

    private LossBound achieved(
            Pair pair, ServerView.Answered before, Optional<Cut> cut, Optional<Lsn> left, ActionContext context) {
        if (cut.isPresent()) {
            // What had been received counts even where its last record is torn and the new timeline begins before it: a
            // position sampled below it is one up to which every record is whole.
            Lsn held = left.map(at -> Lsn.greatest(at, cut.get().received()))
                    .orElse(cut.get().received());
            LossBound bound = bound(
                    new Pair(
                            new ServerView.Silent("replaced", false),
                            pair.to(),
                            pair.disk(),
                            pair.toRuns(),
                            pair.lag(),
                            false),
                    before,
                    Optional.of(held),
                    cut.get().end(),
                    cut.get().fenced());
            if (bound.time().isPresent()) {
                return bound;
            }
        }
        // What was stated before still holds.
        String evidence = context.recorded(BOUND_EVIDENCE)
                .orElse(
                        "it was promoted before, by a process that is gone or by somebody else, and nobody wrote down what"
                                + " it had then");
        DataLoss.Basis basis =
                context.recorded(BOUND_BASIS).map(DataLoss.Basis::valueOf).orElse(DataLoss.Basis.UNKNOWN);
        return context.recorded(BOUND_MILLIS)
                .filter(millis -> basis != DataLoss.Basis.UNKNOWN)
                .map(millis -> new LossBound(
                        Optional.of(Duration.ofMillis(Long.parseLong(millis))), OptionalLong.empty(), basis, evidence))
                .orElseGet(() -> LossBound.unknown(evidence));
    }
}
