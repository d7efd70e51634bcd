package io.drkit.postgres;

import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.DrException;
import io.drkit.core.DrTimeoutException;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.action.HeldEpoch;
import io.drkit.core.replica.CommandTerms;
import io.drkit.core.replica.Lag;
import io.drkit.core.replica.NodeAgent;
import io.drkit.core.safety.SiteChange;
import io.drkit.core.time.Deadline;
import io.drkit.core.time.Task;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@code to} the primary and {@code from} its standby.
 *
 * <p>What went on before a crash is read from the two servers and from the {@link SwitchoverNote} in the data directory of
 * {@code from}. The order of what is written there keeps two things true at every instant: settings are changed only under a
 * tombstone, and {@code to} is asked to promote only when {@code from} can come up no more but as a standby.
 */
final class Switchover implements Action<Switchover.Seen> {
    private static final String BEGUN = "switchover.begun";
    private static final Duration POLL = Duration.ofMillis(2);
    private static final Duration STOP_USUALLY = Duration.ofMillis(500);
    private static final Duration STOP_POLL = Duration.ofMillis(100);

    private final PostgresNode from;
    private final PostgresNode to;
    private final Limits limits;

    Switchover(PostgresNode from, PostgresNode to, Limits limits) {
        this.from = from;
        this.to = to;
        this.limits = limits;
    }

    /**
     * What was found.
     *
     * @param pending whether a promotion was asked for that is still to come about
     */
    record Seen(Pair pair, boolean pending) {
        boolean sourceWrites() {
            return pair.from() instanceof ServerView.Answered source && source.writable();
        }

        Optional<SwitchoverNote> note() {
            return pair.disk() instanceof DataDirectory.View.Seen disk ? disk.note() : Optional.empty();
        }
    }

    @Override
    public String describe() {
        return "switch the primary over from " + from.name() + " to " + to.name();
    }

    @Override
    public ExecutionPolicy policy() {
        return limits.policy();
    }

    // -- observe ----------------------------------------------------------------------------------------------------

    @Override
    public Optional<HeldEpoch> heldEpoch() {
        return Optional.of(context -> Pair.heldEpoch(from, to));
    }

    @Override
    public Seen observe(ActionContext context) throws InterruptedException {
        Pair pair = Pair.look(from, to);
        if (context.recorded(BEGUN).isPresent()) {
            // Before the beginning, silence is a reason not to begin. Now it leaves open what state things are in.
            if (pair.to() instanceof ServerView.Silent silent) {
                throw unseen(to.name(), silent.why());
            }
            if (pair.disk() instanceof DataDirectory.View.Unreadable unreadable) {
                throw unseen("the agent of " + from.name(), unreadable.why());
            }
        }
        boolean pending = pair.to() instanceof ServerView.Answered target && Promotion.pending(target, context);
        return new Seen(pair, pending);
    }

    private UnknownOutcomeException unseen(String who, String why) {
        return new UnknownOutcomeException(
                "postgres.unobservable",
                Problem.expected("to see how far the switchover to " + to.name() + " has come")
                        .found(who + " cannot be asked: " + why)
                        .remedy("make it reachable, then resume; nothing was undone"));
    }

    // -- assess -----------------------------------------------------------------------------------------------------

    @Override
    public Assessment assess(Seen seen) {
        Pair pair = seen.pair();
        if (pair.to() instanceof ServerView.Silent silent) {
            return Refusals.unreachable(to, silent);
        }
        ServerView.Answered target = (ServerView.Answered) pair.to();
        if (pair.from() instanceof ServerView.Answered source && source.systemId() != target.systemId()) {
            return Refusals.wrongPair(from, to);
        }
        if (seen.note().isPresent() && !seen.note().get().target().equals(to.name())) {
            return Refusals.otherSwitchover(from, seen.note().get());
        }
        if (pair.disk() instanceof DataDirectory.View.Unreadable unreadable) {
            return Refusals.agentUnreadable(from, unreadable.why());
        }
        if (pair.disk() instanceof DataDirectory.View.Seen disk) {
            Optional<String> mismatch = mismatch(pair.from(), disk, target);
            if (mismatch.isPresent()) {
                return Refusals.agentMismatch(from, mismatch.get());
            }
        }
        return target.writable() ? assessPromoted(seen, target) : assessStandby(seen, target);
    }

    private static Optional<String> mismatch(
            ServerView view, DataDirectory.View.Seen disk, ServerView.Answered target) {
        if (disk.control().systemId() != target.systemId()) {
            return Optional.of("the system identifier in the data directory is another");
        }
        if (view instanceof ServerView.Answered answered) {
            if (!disk.running()) {
                return Optional.of("it answers, but its process does not run");
            }
            boolean inProduction = disk.control().state() == ControlFile.State.IN_PRODUCTION;
            if (answered.writable() != inProduction) {
                return Optional.of("it answers as a " + (answered.writable() ? "primary" : "standby")
                        + ", but its control file says " + disk.control().state());
            }
        }
        return Optional.empty();
    }

    private Assessment assessPromoted(Seen seen, ServerView.Answered target) {
        Pair pair = seen.pair();
        if (pair.from() instanceof ServerView.Answered source) {
            if (source.writable()) {
                return Refusals.splitBrain(from, to);
            }
            boolean streams = target.timeline().isPresent()
                    && source.streamsOn(target.timeline().getAsLong())
                    && target.senders().streaming() > 0;
            if (streams && seen.note().isEmpty()) {
                return Assessment.done(to.name() + " is the primary on timeline "
                        + target.timeline().getAsLong() + " and " + from.name() + " streams from it");
            }
        }
        if (seen.note().isPresent()) {
            return Assessment.needed(
                    "prove " + to.name() + " by a write probe", "start " + from.name() + " as its streaming standby");
        }
        return pair.from() instanceof ServerView.Silent silent && !stopped(pair)
                ? Refusals.unreachable(from, silent)
                : Refusals.notReplicating(from, to);
    }

    private static boolean stopped(Pair pair) {
        return pair.disk() instanceof DataDirectory.View.Seen disk && !disk.running();
    }

    private Assessment assessStandby(Seen seen, ServerView.Answered target) {
        Pair pair = seen.pair();
        Optional<SwitchoverNote> note = seen.note();
        if (pair.from() instanceof ServerView.Answered source && source.writable()) {
            if (note.isPresent() && note.get().phase() == SwitchoverNote.Phase.FENCED) {
                return Refusals.maybePromoting(from, to);
            }
            return precheck(pair, source, target)
                    .orElseGet(() -> Assessment.needed(
                            "stop " + from.name() + " cleanly and bar it from starting writable",
                            "wait until " + to.name() + " has its last write, then promote it",
                            "prove " + to.name() + " by a write probe",
                            "start " + from.name() + " as its streaming standby"));
        }
        if (note.isEmpty()) {
            if (pair.from() instanceof ServerView.Answered) {
                return Refusals.wrongRole(from, to);
            }
            return stopped(pair) ? Refusals.stopped(from) : Refusals.unreachable(from, (ServerView.Silent) pair.from());
        }
        if (seen.pending()) {
            return Assessment.underway(to.name() + " to carry out the promotion that it was asked for");
        }
        Optional<Assessment> unfit = unfit(target);
        return unfit.orElseGet(() -> Assessment.needed(
                "go on with the switchover that stopped " + from.name() + ": promote " + to.name(),
                "start " + from.name() + " as its streaming standby"));
    }

    private Optional<Assessment> precheck(Pair pair, ServerView.Answered source, ServerView.Answered target) {
        if (pair.disk() instanceof DataDirectory.View.None) {
            return Optional.of(Refusals.noAgent(from));
        }
        if (pair.disk() instanceof DataDirectory.View.Seen disk && disk.tombstoned()) {
            return Optional.of(Refusals.tombstoned(from));
        }
        if (!source.rights().probe()) {
            return Optional.of(Refusals.missingGrant(
                    from, "write the probe", "GRANT CREATE ON DATABASE " + from.database() + " TO " + from.user()));
        }
        Optional<Assessment> unfit = unfit(target).or(() -> target(from, source));
        if (unfit.isPresent()) {
            return unfit;
        }
        if (target.receiver() instanceof ServerView.Receiver.None) {
            return Optional.of(Refusals.notStreaming(from, to, "it has no receiver"));
        }
        if (pair.lag() instanceof Lag.Unknown unknown && target.receiver() instanceof ServerView.Receiver.Hidden) {
            return Optional.of(Refusals.lagUnknown(to, unknown));
        }
        if (target.receiver() instanceof ServerView.Receiver.Seen receiver) {
            if (!receiver.streaming()) {
                return Optional.of(Refusals.notStreaming(from, to, "its receiver is " + receiver.status()));
            }
            if (!pair.streamsFromSource()) {
                return Optional.of(Refusals.notStreaming(
                        from,
                        to,
                        "it receives from " + receiver.address() + ", while " + from.name() + " is known as "
                                + from.replicationHost() + ":" + from.replicationPort()));
            }
        }
        if (source.senders().streaming() == 0) {
            return Optional.of(
                    source.senders().hidden() > 0
                            ? Refusals.missingGrant(
                                    from, "see pg_stat_replication", "GRANT pg_monitor TO " + from.user())
                            : Refusals.notStreaming(from, to, from.name() + " sends to no standby"));
        }
        boolean slots = target.receiver() instanceof ServerView.Receiver.Seen receiver
                && !receiver.slot().isEmpty();
        if (slots && !(target.rights().slots() && source.rights().slots())) {
            PostgresNode lacking = target.rights().slots() ? from : to;
            return Optional.of(Refusals.missingGrant(
                    lacking, "create replication slots", "ALTER ROLE " + lacking.user() + " REPLICATION"));
        }
        if (target.timeline().isEmpty() || !target.timeline().equals(source.timeline())) {
            return Optional.of(Refusals.timelines(from, to, source.timeline() + " and " + target.timeline()));
        }
        if (pair.lag() instanceof Lag.Unknown unknown) {
            return Optional.of(Refusals.lagUnknown(to, unknown));
        }
        Lag.Known lag = (Lag.Known) pair.lag();
        return lag.bytes() > limits.maxLagBytes()
                ? Optional.of(Refusals.lagging(to, lag, limits.maxLagBytes()))
                : Optional.empty();
    }

    /** What would keep the standby from being promoted or from serving afterwards. */
    private Optional<Assessment> unfit(ServerView.Answered target) {
        if (target.version() < ServerView.OLDEST_VERSION) {
            return Optional.of(Refusals.version(to, target.version()));
        }
        if (!target.rights().promote()) {
            return Optional.of(Refusals.missingGrant(
                    to, "promote", "GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO " + to.user()));
        }
        if (target.replayPaused()) {
            return Optional.of(Refusals.paused(to));
        }
        if (target.settings().applyDelayMillis() > 0) {
            return Optional.of(Refusals.delayed(to, target.settings().applyDelayMillis()));
        }
        if (target.settings().walLevel().equals("minimal") || target.settings().maxWalSenders() < 1) {
            return Optional.of(Refusals.cannotServe(
                    to,
                    "wal_level " + target.settings().walLevel() + ", max_wal_senders "
                            + target.settings().maxWalSenders()));
        }
        return target(to, target);
    }

    private static Optional<Assessment> target(PostgresNode node, ServerView.Answered view) {
        if (!view.settings().recoveryTargets().isEmpty()) {
            return Optional.of(Refusals.recoveryTarget(
                    node, String.join(", ", view.settings().recoveryTargets())));
        }
        String timeline = view.settings().recoveryTargetTimeline();
        return timeline.equals("latest")
                ? Optional.empty()
                : Optional.of(Refusals.recoveryTarget(node, "recovery_target_timeline = " + timeline));
    }

    // -- apply ------------------------------------------------------------------------------------------------------

    @Override
    public void apply(Seen seen, ActionContext context) throws InterruptedException {
        ServerView.Answered target = (ServerView.Answered) seen.pair().to();
        DataDirectory disk = new DataDirectory(from);
        Timings timings = new Timings(context.clockwork());
        Session.requireNotStale(target.mark(), context.epoch(), to);
        seen.note().ifPresent(note -> requireNotOlderThan(note, context));
        context.record(BEGUN, from.name() + " to " + to.name());
        try {
            Optional<SwitchoverNote> note = claimed(seen, disk, context);
            LastWrite last = target.writable()
                    ? lastWriteBefore(note.orElseThrow(), disk)
                    : new Handover(seen, note, target, disk, context, timings).run();
            finish(last, disk, context, timings);
        } catch (SQLException | IOException e) {
            throw Promotion.lost("finishing the switchover to " + to.name(), e);
        }
    }

    /**
     * Takes over what another process has left, in its name: that one, should it wake, finds that it is no longer its own and puts
     * nothing back. A primary that writes has nothing to be taken over.
     */
    private Optional<SwitchoverNote> claimed(Seen seen, DataDirectory disk, ActionContext context)
            throws IOException, InterruptedException {
        if (seen.note().isEmpty() || seen.sourceWrites()) {
            return seen.note();
        }
        SwitchoverNote mine = seen.note().get().by(context.runId(), context.epoch());
        if (!mine.isOf(seen.note().get().runId(), seen.note().get().epoch())) {
            context.requireAuthority();
            disk.write(mine, DataDirectory.heldBy(seen.note().get(), from.socketTimeout()));
        }
        return Optional.of(mine);
    }

    /**
     * The last write of the old primary.
     *
     * @param note with where it is
     * @param standing the note that stands in the data directory
     * @param drained whether {@code to} was seen to have received it before anybody could ask for its promotion
     */
    private record LastWrite(SwitchoverNote note, SwitchoverNote standing, boolean drained) {}

    private void requireNotOlderThan(SwitchoverNote note, ActionContext context) {
        if (!context.epoch().equals(io.drkit.core.Epoch.NONE) && note.epoch().compareTo(context.epoch()) > 0) {
            throw new StaleEpochException(
                    "postgres.stale-epoch",
                    Problem.expected("an epoch of at least " + note.epoch() + " at " + from.name())
                            .found("epoch " + context.epoch() + "; run " + note.runId() + " has been there since")
                            .remedy("let that run go on. " + StaleEpochException.remedy(note.epoch())));
        }
    }

    /** Of a primary whose target has been promoted: the note alone is not believed, as the server may have written since. */
    private LastWrite lastWriteBefore(SwitchoverNote note, DataDirectory disk)
            throws IOException, InterruptedException {
        ControlFile control = disk.control();
        if (note.phase() == SwitchoverNote.Phase.FENCED) {
            boolean follows = control.standby() && control.timeline() > note.timeline();
            if (!follows && !asFenced(control, note)) {
                throw Refusals.exception(
                        Refusals.diverged(
                                from,
                                to,
                                "it was fenced at " + note.checkpoint().orElseThrow() + ", and " + state(control)
                                        + " since"),
                        from.name() + " to have written nothing since it was fenced");
            }
            return new LastWrite(note, note, true);
        }
        if (!disk.ended(control) || !control.cleanlyShutDown() || control.timeline() != note.timeline()) {
            throw Refusals.exception(
                    Refusals.diverged(from, to, "it was not stopped cleanly before " + to.name() + " was promoted"),
                    from.name() + " to have been drained");
        }
        return new LastWrite(note.fenced(control.checkpoint()), note, false);
    }

    /** Whether a fenced server has been a standby at most: as there is no later checkpoint on its timeline, its newest is the same. */
    private static boolean asFenced(ControlFile control, SwitchoverNote note) {
        return (control.standby() || control.cleanlyShutDown())
                && control.timeline() == note.timeline()
                && note.checkpoint().filter(control.checkpoint()::equals).isPresent();
    }

    private static String state(ControlFile control) {
        return "it is " + control.state() + " with a checkpoint at " + control.checkpoint() + " on timeline "
                + control.timeline();
    }

    /** Everything up to the promotion, and what undoes it. */
    private final class Handover {
        private final Seen seen;
        private final ServerView.Answered target;
        private final DataDirectory disk;
        private final ActionContext context;
        private final Timings timings;
        private final boolean mayUndo;
        private Optional<SwitchoverNote> written;
        private boolean noted;
        private boolean slotMade;
        private boolean tombstoneBegun;
        private boolean stopOverdue;
        private boolean asked;

        /** {@code note} is ours already, unless the old primary writes. */
        Handover(
                Seen seen,
                Optional<SwitchoverNote> note,
                ServerView.Answered target,
                DataDirectory disk,
                ActionContext context,
                Timings timings) {
            this.seen = seen;
            this.written = seen.sourceWrites() ? Optional.empty() : note;
            this.noted = written.isPresent();
            this.target = target;
            this.disk = disk;
            this.context = context;
            this.timings = timings;
            // Whoever fenced it before us may have asked for the promotion, which can come about at any time.
            this.mayUndo = note.map(left -> left.phase() == SwitchoverNote.Phase.STOPPING)
                    .orElse(true);
        }

        LastWrite run() throws InterruptedException, SQLException {
            try (Session session = Session.open(to)) {
                SwitchoverNote note = attempt(session);
                timings.lap("ask");
                new Promotion(to, limits).await(session, context);
                timings.lap("promote");
                return new LastWrite(note, note, true);
            }
        }

        private SwitchoverNote attempt(Session session) throws InterruptedException {
            try {
                SwitchoverNote note = quiesce(session);
                Lsn last = lastWrite(note);
                drain(session, last);
                note = fence(note, last);
                lastLook(session, last);
                context.noWayBack();
                asked = true;
                ask(session);
                return note;
            } catch (StaleEpochException e) {
                // a newer run decides what becomes of this one's work
                throw e;
            } catch (RuntimeException | IOException | SQLException | InterruptedException e) {
                if (asked || !mayUndo) {
                    if (e instanceof InterruptedException interrupted) {
                        throw interrupted;
                    }
                    throw e instanceof DrException known ? known : Promotion.lost("promoting " + to.name(), e);
                }
                throw aborted(e, session);
            }
        }

        private SwitchoverNote quiesce(Session session) throws SQLException, IOException, InterruptedException {
            if (!seen.sourceWrites()) {
                SwitchoverNote note = written.orElseThrow();
                if (seen.pair().from() instanceof ServerView.Silent) {
                    // perhaps still on its way down
                    stop(note);
                }
                return note;
            }
            try (Session source = Session.open(from)) {
                source.writeMark(context.epoch(), context.runId());
                // what is written down now need not be while nobody can write
                source.checkpoint(limits.checkpoint());
            }
            timings.lap("checkpoint");
            String slot = target.receiver() instanceof ServerView.Receiver.Seen receiver ? receiver.slot() : "";
            SwitchoverNote note = new SwitchoverNote(
                    SwitchoverNote.Phase.STOPPING,
                    context.runId(),
                    context.epoch(),
                    to.name(),
                    target.timeline().orElseThrow(),
                    slot,
                    Optional.empty(),
                    disk.settings());
            context.requireAuthority();
            if (!slot.isEmpty()) {
                // Slots are not replicated. Whatever keeps it from being made is met before anything is stopped.
                slotMade = session.createSlot(newSlot(note));
            }
            written = Optional.of(note);
            disk.write(
                    note,
                    seen.note()
                            .map(left -> DataDirectory.heldBy(left, from.socketTimeout()))
                            .orElseGet(() -> disk.soon().onlyWhileMissing(SwitchoverNote.PATH)));
            noted = true;
            timings.lap("note");
            stop(note);
            timings.lap("stop");
            return note;
        }

        /**
         * Stops it cleanly. A server that has written its last record takes no more writes, but its process lingers while its
         * archiver or another standby keeps it waiting, perhaps for ever: that is not waited for here, where nobody can write.
         */
        private void stop(SwitchoverNote note) throws IOException, InterruptedException {
            AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
            Deadline deadline = context.clockwork().deadline(limits.stop());
            Task task = context.clockwork().start("drkit-stop-" + from.name(), () -> {
                try {
                    disk.stop(NodeAgent.Stop.CLEAN, DataDirectory.heldBy(note, limits.stop()));
                } catch (Throwable e) {
                    failed.set(e);
                }
            });
            try {
                boolean ended = task.join(deadline.atMost(STOP_USUALLY));
                while (!ended) {
                    ControlFile control = disk.control();
                    if (control.cleanlyShutDown() && control.timeline() == note.timeline() && disk.stopping()) {
                        return;
                    }
                    if (deadline.passed()) {
                        stopOverdue = true;
                        throw new BlockedException(
                                "postgres.stop-overdue",
                                Problem.expected(from.name() + " to shut down cleanly")
                                        .found("that it has not after "
                                                + limits.stop().toMillis() + " ms; " + state(control))
                                        .remedy(
                                                "see its log; what keeps it is a checkpoint that takes long, or an agent"
                                                        + " that does not come through"));
                    }
                    ended = task.join(deadline.atMost(STOP_POLL));
                }
            } finally {
                // it has been told, and ends by itself
                task.interrupt();
            }
            rethrow(failed.get());
        }

        private void rethrow(@Nullable Throwable failure) throws IOException, InterruptedException {
            if (failure instanceof IOException e) {
                throw e;
            }
            if (failure instanceof InterruptedException e) {
                throw e;
            }
            if (failure instanceof RuntimeException e) {
                throw e;
            }
            if (failure instanceof Error e) {
                throw e;
            }
        }

        /** Read from the server's own control file, whatever the note says: it may have been let write again since. */
        private Lsn lastWrite(SwitchoverNote note) throws IOException, InterruptedException {
            ControlFile control = disk.control();
            if (note.phase() == SwitchoverNote.Phase.FENCED) {
                if (!asFenced(control, note)) {
                    throw Refusals.exception(
                            Refusals.fenceBroken(from, to, note, state(control)),
                            from.name() + " to have written nothing since it was fenced");
                }
                return control.checkpoint();
            }
            if (!disk.ended(control) || !control.cleanlyShutDown() || control.timeline() != note.timeline()) {
                throw new BlockedException(
                        "postgres.not-clean",
                        Problem.expected(from.name() + " to have been shut down cleanly on timeline " + note.timeline())
                                .found((disk.running() ? "it runs; " : "") + state(control))
                                .remedy("see its log, then try again"));
            }
            return control.checkpoint();
        }

        /** The shutdown checkpoint is the last record: having more than where it begins is having all of it. */
        private void drain(Session session, Lsn last) throws SQLException, InterruptedException {
            Deadline deadline = context.clockwork().deadline(limits.drain());
            while (true) {
                Optional<Lsn> received = session.received();
                if (received.isPresent() && received.get().holdsCheckpointAt(last)) {
                    timings.lap("drain");
                    return;
                }
                if (deadline.passed()) {
                    throw new BlockedException(
                            "postgres.not-drained",
                            Problem.expected(
                                            to.name() + " to receive the last write of " + from.name() + ", at " + last)
                                    .found("it has "
                                            + received.map(Lsn::toString).orElse("nothing known") + " after "
                                            + limits.drain().toMillis() + " ms")
                                    .remedy("see why it does not receive, then try again"));
                }
                context.clockwork().sleep(deadline.atMost(POLL));
            }
        }

        private SwitchoverNote fence(SwitchoverNote note, Lsn last) throws IOException, InterruptedException {
            context.requireAuthority();
            boolean gone = requireSourceDown(last);
            SwitchoverNote fenced = note.fenced(last);
            tombstoneBegun = true;
            written = Optional.of(fenced);
            disk.write(fenced, DataDirectory.heldBy(note, from.socketTimeout()));
            CommandTerms ours = DataDirectory.heldBy(fenced, from.socketTimeout());
            disk.writeTombstone(ours);
            if (gone) {
                // else later, when its process has ended: until then it follows nobody
                disk.follow(to.conninfoFor(from), newSlot(note), ours);
            }
            timings.lap("fence");
            return fenced;
        }

        private void lastLook(Session session, Lsn last) throws SQLException, IOException, InterruptedException {
            requireSourceDown(last);
            Optional<Lsn> received = session.received();
            if (received.isEmpty() || !received.get().holdsCheckpointAt(last)) {
                throw new BlockedException(
                        "postgres.not-drained",
                        Problem.expected(to.name() + " to hold the last write of " + from.name() + ", at " + last)
                                .found("it has " + received.map(Lsn::toString).orElse("nothing known"))
                                .remedy("see what happened to it, then try again"));
            }
            context.requireAuthority();
        }

        /** Answers whether its process has ended too. */
        private boolean requireSourceDown(Lsn last) throws IOException, InterruptedException {
            if (!disk.running()) {
                return true;
            }
            ControlFile control = disk.control();
            if (control.cleanlyShutDown() && control.checkpoint().equals(last) && disk.stopping()) {
                return false;
            }
            if (Session.look(from) instanceof ServerView.Answered answered && !answered.writable()) {
                // rebooted under its tombstone
                return false;
            }
            throw new BlockedException(
                    "postgres.source-runs",
                    Problem.expected(from.name() + " to stay stopped")
                            .found("that it runs again")
                            .remedy("find out what starts it, bar that, and try again"));
        }

        private void ask(Session session) {
            try {
                new Promotion(to, limits).ask(session);
            } catch (io.drkit.core.DeniedException e) {
                asked = false;
                throw e;
            }
        }

        /** Puts the old primary back as it was, and says what went wrong first. */
        private DrException aborted(Exception first, Session session) throws InterruptedException {
            if (written.isPresent()) {
                try {
                    restore(written.get());
                } catch (StaleEpochException e) {
                    // a newer run decides what becomes of this one's work
                    e.addSuppressed(first);
                    throw e;
                } catch (IOException | RuntimeException | InterruptedException e) {
                    if (e != first) {
                        first.addSuppressed(e);
                    }
                    throw new UnknownOutcomeException(
                            "postgres.abort-incomplete",
                            Problem.expected("to put " + from.name() + " back as it was, after: " + first.getMessage())
                                    .found(String.valueOf(e.getMessage()))
                                    .remedy("resume the switchover, which goes on or puts it back; " + from.name()
                                            + " may be stopped until then"),
                            first);
                }
            }
            if (slotMade) {
                try {
                    // left behind it would hold back the log for ever
                    session.dropIdleSlot(from.slot());
                } catch (SQLException e) {
                    first.addSuppressed(e);
                }
            }
            if (first instanceof InterruptedException interrupted) {
                throw interrupted;
            }
            if (first instanceof DrException known && !known.retryable()) {
                return known;
            }
            return new BlockedException(
                    "postgres.switchover-aborted",
                    Problem.expected("to " + describe())
                            .found(String.valueOf(first.getMessage()))
                            .remedy("see to that and try again; " + from.name() + " is the primary as before"),
                    first);
        }

        /**
         * Lets the old primary write again: only for who holds the run still, and while nobody else has taken the switchover over.
         * Whoever cannot show both leaves it as it is, as {@code to} may be the primary by now.
         */
        private void restore(SwitchoverNote note) throws IOException, InterruptedException {
            context.requireAuthority();
            if (!noted && disk.note().filter(this::isMine).isEmpty()) {
                // not even the note came to be
                return;
            }
            CommandTerms mine = requireMine();
            if (disk.running()
                    && disk.stopping()
                    && (stopOverdue || disk.control().cleanlyShutDown())) {
                // It would be waited for without end. All that was acknowledged is written.
                disk.stop(NodeAgent.Stop.AT_ONCE, mine);
            }
            if (tombstoneBegun || disk.tombstoned()) {
                // First of all: from here on a writable old primary is what is wanted.
                SwitchoverNote calledOff = note.calledOff();
                disk.write(calledOff, mine);
                mine = DataDirectory.heldBy(calledOff, limits.restore());
                if (disk.running()) {
                    disk.stop(NodeAgent.Stop.CLEAN, mine);
                }
                disk.restore(note.settings(), mine);
                disk.removeTombstone(requireMine());
            }
            Deadline deadline = context.clockwork().deadline(limits.restore());
            while (true) {
                // A server that is on its way down counts as running, so one call is not enough.
                mine = requireMine();
                disk.start(mine);
                if (Session.look(from) instanceof ServerView.Answered answered && answered.writable()) {
                    disk.removeNote(mine);
                    return;
                }
                if (deadline.passed()) {
                    throw new DrTimeoutException(
                            "postgres.restore",
                            Problem.expected(from.name() + " to accept writes again")
                                    .found("that it does not, after "
                                            + limits.restore().toMillis() + " ms")
                                    .remedy("see its log"));
                }
                context.clockwork().sleep(deadline.atMost(Duration.ofMillis(50)));
            }
        }

        private boolean isMine(SwitchoverNote note) {
            return note.isOf(context.runId(), context.epoch());
        }

        /** Right before what lets the old primary write again: the terms on which the agent does that, should it be held up. */
        private CommandTerms requireMine() throws IOException, InterruptedException {
            context.requireAuthority();
            Optional<SwitchoverNote> now = disk.note();
            if (now.isEmpty()) {
                throw new BlockedException(
                        "postgres.note-gone",
                        Problem.expected("the note of this switchover on " + from.name())
                                .found("none: another process has ended the switchover, or somebody removed it")
                                .remedy("see which server is the primary"));
            }
            if (!isMine(now.get())) {
                throw new StaleEpochException(
                        "postgres.stale-epoch",
                        Problem.expected("the switchover from " + from.name() + " to be that of run " + context.runId()
                                        + " under epoch " + context.epoch())
                                .found("that run " + now.get().runId() + " took it over under epoch "
                                        + now.get().epoch())
                                .remedy("let that run go on"));
            }
            return DataDirectory.heldBy(now.get(), limits.restore());
        }
    }

    /** After the point of no return: only forward. */
    private void finish(LastWrite lastWrite, DataDirectory disk, ActionContext context, Timings timings)
            throws SQLException, IOException, InterruptedException {
        SwitchoverNote note = lastWrite.note();
        Lsn last = note.checkpoint().orElseThrow();
        long timeline;
        try (Session session = Session.open(to)) {
            ServerView.Answered view =
                    new Promotion(to, limits).prove(session, note.timeline(), Optional.empty(), context);
            timeline = view.timeline().orElseThrow();
            timings.lap("probe");
            if (disk.running() && Session.look(from) instanceof ServerView.Answered answered && answered.writable()) {
                throw Refusals.exception(Refusals.splitBrain(from, to), "one primary");
            }
            List<String> basis = new ArrayList<>();
            basis.add(from.name() + " was shut down cleanly at " + last
                    + (lastWrite.drained() ? ", which " + to.name() + " had received before it was promoted" : ""));
            Optional<Lsn> left = switchPoint(session, timeline, note, last);
            if (left.isEmpty() && !lastWrite.drained()) {
                // promoted by somebody else: nobody has seen that it had the last write
                throw Refusals.exception(
                        Refusals.missingGrant(
                                to,
                                "read the timeline's history, which alone can show that nothing is lost",
                                "GRANT EXECUTE ON FUNCTION pg_read_binary_file(text) TO " + to.user()),
                        "proof that " + to.name() + " holds the last write of " + from.name());
            }
            if (!lastWrite.drained()) {
                // Proven now, and no more to be seen once the old primary has been started.
                disk.write(note, DataDirectory.heldBy(lastWrite.standing(), from.socketTimeout()));
            }
            left.ifPresent(at -> basis.add("timeline " + timeline + " begins at " + at));
            context.report(DataLoss.none("the database of " + from.name(), String.join("; ", basis)));
            context.record("drained.position", last.toString());
            // No earlier: a switchover that is called off before the promotion lets the old primary write again.
            context.record(SiteChange.FROM_FENCED.fact(), "stopped at " + last + ", and can come up as a standby only");
            session.checkpoint(limits.checkpoint());
            timings.lap("checkpoint");
            if (!note.slot().isEmpty()) {
                session.createSlot(newSlot(note));
            }
        }
        context.requireAuthority();
        awaitEnd(disk, context);
        Standby standby = new Standby(from, to, limits);
        standby.start(disk, newSlot(note), Optional.of(note));
        standby.awaitStreaming(timeline, context);
        timings.lap("rejoin");
        if (!note.slot().isEmpty()) {
            try (Session session = Session.open(from)) {
                // it served the other direction and would hold back the log for ever
                session.dropIdleSlot(note.slot());
            }
        }
        // a process that wakes here late must not remove the note of whoever took the switchover over
        context.requireAuthority();
        disk.removeNote(DataDirectory.heldBy(note, from.socketTimeout()));
        context.record("timings", timings.toString());
    }

    /** The process of a server that has written its last record may linger; its files are not changed under it. */
    private void awaitEnd(DataDirectory disk, ActionContext context) throws IOException, InterruptedException {
        Deadline deadline = context.clockwork().deadline(limits.rejoin());
        while (disk.running() && disk.stopping()) {
            if (deadline.passed()) {
                throw new DrTimeoutException(
                        "postgres.still-stopping",
                        Problem.expected("the process of " + from.name() + " to end")
                                .found("that it lingers after its last record, "
                                        + limits.rejoin().toMillis() + " ms after " + to.name() + " was promoted")
                                .remedy("end what it waits for: its archive_command, or a standby that does not answer;"
                                        + " then resume. " + to.name() + " serves meanwhile, without a replica"));
            }
            context.clockwork().sleep(deadline.atMost(STOP_POLL));
        }
    }

    /** Whoever used a slot in one direction gets one in the other. */
    private String newSlot(SwitchoverNote note) {
        return note.slot().isEmpty() ? "" : from.slot();
    }

    /** Where the old timeline was left; empty when the role may not read it. */
    private Optional<Lsn> switchPoint(Session session, long timeline, SwitchoverNote note, Lsn last)
            throws SQLException {
        Optional<TimelineHistory> history = session.history(timeline);
        if (history.isEmpty()) {
            return Optional.empty();
        }
        Optional<Lsn> left = history.get().leftAt(note.timeline());
        if (left.isEmpty() || !left.get().after(last)) {
            throw Refusals.exception(
                    Refusals.diverged(
                            from,
                            to,
                            "its last write is at " + last + ", and the new timeline begins at "
                                    + left.map(Lsn::toString).orElse("a place not in its history")),
                    to.name() + " to hold the last write of " + from.name());
        }
        return left;
    }
}
