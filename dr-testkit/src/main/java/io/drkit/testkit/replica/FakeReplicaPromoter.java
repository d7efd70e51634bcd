package io.drkit.testkit.replica;

import io.drkit.core.BlockedException;
import io.drkit.core.DataLoss;
import io.drkit.core.DrException;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.EpochCheck;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.Fence;
import io.drkit.core.replica.FenceProof;
import io.drkit.core.replica.Lag;
import io.drkit.core.replica.NodeStatus;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.core.replica.ReplicationStatus;
import io.drkit.core.safety.SiteChange;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.testkit.fault.Faults;
import io.drkit.testkit.fault.Route;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * Promotes the servers of {@link FakeDatabases}, in the same order of steps as one for a real database: it passes the same
 * contract. It compares epochs. Holds no state of its own. Thread-safe.
 */
public final class FakeReplicaPromoter implements ReplicaPromoter<FakeDatabase> {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(5);
    /** How far apart the samples are taken that bound a loss. */
    private static final Duration SAMPLING = Duration.ofMillis(250);
    /** The fact that says what a failover loses at most: once the new primary has written, nobody can see that any more. */
    private static final String BOUND = "loss.bound";

    private final FakeDatabases world;
    private final Function<FakeDatabase, Route> routes;

    FakeReplicaPromoter(FakeDatabases world, Function<FakeDatabase, Route> routes) {
        this.world = world;
        this.routes = routes;
    }

    /**
     * One server as it was seen.
     *
     * @param silent whether it did not answer: it may be unreachable or down
     * @param downAndReachable whether its agent says that it does not run
     * @param barred whether it is known to take no writes, now and when it starts again
     */
    private record View(
            String name,
            boolean silent,
            boolean downAndReachable,
            boolean writes,
            boolean barred,
            long system,
            long timeline,
            boolean streams,
            boolean streamsFromOther,
            boolean promoting,
            boolean proven,
            boolean diverged,
            Optional<String> leavingFor,
            String position) {}

    private record Seen(View from, View to, Lag lag, Optional<Duration> bound) {}

    /**
     * What a failover saw.
     *
     * @param recorded whether its run wrote down that it fenced the old primary, or who answers for it
     */
    private record Weighed(Seen seen, boolean recorded) {
        boolean fenced() {
            return recorded || seen.from().barred();
        }
    }

    private boolean answers(FakeDatabase server) throws InterruptedException {
        try {
            return routes.apply(server).ask("status " + server.name(), () -> {
                synchronized (world) {
                    return server.reachable;
                }
            });
        } catch (UnknownOutcomeException e) {
            return false;
        }
    }

    private View view(FakeDatabase server, FakeDatabase other, boolean reached) {
        server.receive();
        boolean silent = !server.running || !reached;
        return new View(
                server.name(),
                silent,
                !server.running && reached,
                !silent && server.writes(),
                reached && !server.writes(),
                server.system,
                server.timeline,
                server.streams(),
                server.streams() && server.upstream == other,
                server.promotedAt.isPresent(),
                server.proven,
                server.divergedFrom(other),
                server.leavingFor,
                Integer.toString(server.entries.size()));
    }

    private Seen look(FakeDatabase from, FakeDatabase to) throws InterruptedException {
        boolean fromReached = answers(from);
        boolean toReached = answers(to);
        synchronized (world) {
            View fromView = view(from, to, fromReached);
            View toView = view(to, from, toReached);
            Lag lag;
            if (fromView.silent() || toView.silent()) {
                lag = new Lag.Unknown((fromView.silent() ? from : to).name() + " does not answer");
            } else if (!fromView.writes() || to.upstream != from) {
                lag = new Lag.Unknown(to.name() + " does not replicate from " + from.name());
            } else {
                long missing = to.missing(from);
                lag = new Lag.Known(
                        missing * FakeDatabase.WRITE_BYTES, missing == 0 ? Optional.of(Duration.ZERO) : to.age());
            }
            return new Seen(fromView, toView, lag, bound(from, to));
        }
    }

    /** From the first write that is missing, less the time between two samples. */
    private Optional<Duration> bound(FakeDatabase from, FakeDatabase to) {
        if (!world.sampled || from.system != to.system) {
            return Optional.empty();
        }
        if (to.missing(from) == 0) {
            return Optional.of(SAMPLING);
        }
        long firstMissing = from.entries.get(to.entries.size()).at();
        return Optional.of(
                Duration.ofNanos(world.clockwork.nanoTime() - firstMissing).plus(SAMPLING));
    }

    @Override
    public String name(FakeDatabase node) {
        return node.name();
    }

    @Override
    public ReplicationStatus status(FakeDatabase primary, FakeDatabase replica) throws InterruptedException {
        Seen seen = look(primary, replica);
        return new ReplicationStatus(status(seen.from()), status(seen.to()), seen.lag());
    }

    private static NodeStatus status(View view) {
        if (view.silent()) {
            return new NodeStatus(
                    view.name(),
                    view.downAndReachable() ? NodeStatus.Role.STOPPED : NodeStatus.Role.UNKNOWN,
                    OptionalLong.empty(),
                    "",
                    false,
                    "it does not answer");
        }
        return new NodeStatus(
                view.name(),
                view.writes() ? NodeStatus.Role.PRIMARY : NodeStatus.Role.REPLICA,
                OptionalLong.of(view.timeline()),
                view.position(),
                view.streams(),
                "");
    }

    // -- what the actions share ---------------------------------------------------------------------------------------

    private static Assessment unreachable(View view) {
        return Assessment.blocked(view.name() + " cannot be asked", "make it reachable");
    }

    private static Assessment splitBrain(Seen seen) {
        return Assessment.blocked(
                seen.from().name() + " and " + seen.to().name() + " both accept writes", "stop one of them");
    }

    private static BlockedException refused(String code, String found) {
        return new BlockedException(
                code, Problem.expected("to be able to promote").found(found).remedy("see the test"));
    }

    /**
     * Makes a change of {@code server} in the name of the run, which it refuses when a newer one was there: the comparison and the
     * change are one operation, at the end of the time that it takes.
     */
    private void change(
            FakeDatabase server, String operation, String what, Duration takes, ActionContext context, Runnable change)
            throws InterruptedException {
        // asked before each of an action's many changes: time has passed since the one before
        context.requireAuthority();
        String named = operation + " " + server.name();
        Faults.Effect<Boolean> effect = () -> {
            world.clockwork.sleep(takes);
            synchronized (world) {
                server.claim(context.epoch());
                change.run();
            }
            return true;
        };
        routes.apply(server)
                .change(named, what, context.epoch(), () -> world.faults.call(world.clockwork, named, what, effect));
    }

    private void change(FakeDatabase server, String operation, String what, ActionContext context, Runnable change)
            throws InterruptedException {
        change(server, operation, what, Duration.ZERO, context, change);
    }

    private interface Condition {
        boolean holds();
    }

    private boolean await(FakeDatabase server, ActionContext context, Condition condition) throws InterruptedException {
        Clockwork clockwork = context.clockwork();
        Deadline deadline = clockwork.deadline(PATIENCE);
        while (true) {
            synchronized (world) {
                world.receiveAll();
                if (routes.apply(server).open() && condition.holds()) {
                    return true;
                }
            }
            if (deadline.passed()) {
                return false;
            }
            clockwork.sleep(POLL);
        }
    }

    private void promote(FakeDatabase to, ActionContext context) throws InterruptedException {
        context.requireAuthority();
        change(to, "promote", "to promote " + to.name(), context, () -> {
            requireReached(to);
            if (to.promotedAt.isEmpty() && !to.writes()) {
                to.promotedAt = Optional.of(world.clockwork.nanoTime() + world.promoting.toNanos());
            }
        });
        if (!await(to, context, to::writes)) {
            throw new UnknownOutcomeException(
                    "fake.promotion-unknown",
                    Problem.expected(to.name() + " to be promoted")
                            .found("that it is not")
                            .remedy("resume"));
        }
    }

    private static void requireReached(FakeDatabase server) {
        if (!server.reachable || !server.running) {
            throw new UnknownOutcomeException(
                    "fake.no-answer",
                    Problem.expected(server.name() + " to answer")
                            .found("nothing")
                            .remedy("observe again"));
        }
    }

    private void prove(FakeDatabase to, ActionContext context) throws InterruptedException {
        change(to, "prove", "to write a row to " + to.name(), context, () -> {
            requireReached(to);
            to.proven = true;
        });
    }

    private void follow(FakeDatabase former, FakeDatabase primary, ActionContext context) throws InterruptedException {
        change(former, "start", "to start " + former.name() + " as a replica", world.starting, context, () -> {
            former.standby = true;
            former.upstream = primary;
            former.running = true;
        });
        if (!await(former, context, former::streams)) {
            throw new UnknownOutcomeException(
                    "fake.rejoin-unproven",
                    Problem.expected(former.name() + " to stream")
                            .found("that it does not")
                            .remedy("resume"));
        }
    }

    private void settled(FakeDatabase former, ActionContext context) throws InterruptedException {
        change(former, "settle", "to note that " + former.name() + " follows", context, () -> {
            former.leavingFor = Optional.empty();
        });
    }

    /** From here on {@code server} refuses older runs. */
    private void claim(FakeDatabase server, ActionContext context) throws InterruptedException {
        change(server, "claim", "to claim " + server.name() + " for epoch " + context.epoch(), context, () -> {});
    }

    private static String subject(FakeDatabase from) {
        return "the database of " + from.name();
    }

    // -- the actions --------------------------------------------------------------------------------------------------

    @Override
    public Action<?> switchover(FakeDatabase from, FakeDatabase to) {
        return new Switchover(from, to);
    }

    @Override
    public Action<?> failover(FakeDatabase from, FakeDatabase to, FailoverTerms terms) {
        return new Failover(from, to, terms);
    }

    @Override
    public Action<?> rejoin(FakeDatabase former, FakeDatabase primary) {
        return new Rejoin(former, primary);
    }

    private final class Switchover implements Action<Seen> {
        private final FakeDatabase from;
        private final FakeDatabase to;

        Switchover(FakeDatabase from, FakeDatabase to) {
            this.from = from;
            this.to = to;
        }

        @Override
        public String describe() {
            return "switch the primary over from " + from.name() + " to " + to.name();
        }

        @Override
        public Seen observe(ActionContext context) throws InterruptedException {
            return look(from, to);
        }

        @Override
        public Assessment assess(Seen seen) {
            if (seen.to().silent()) {
                return unreachable(seen.to());
            }
            if (seen.from().system() != seen.to().system()) {
                return Assessment.blocked("the two are not copies of one database", "name the right ones");
            }
            boolean ours = seen.from().leavingFor().filter(to.name()::equals).isPresent();
            if (seen.to().writes()) {
                if (seen.from().writes()) {
                    return splitBrain(seen);
                }
                if (ours) {
                    return Assessment.needed("start " + from.name() + " as a replica");
                }
                return seen.from().streamsFromOther()
                        ? Assessment.done(to.name() + " is the primary and " + from.name() + " streams from it")
                        : Assessment.blocked(to.name() + " is a primary already", "rejoin " + from.name());
            }
            if (seen.to().promoting()) {
                return Assessment.underway(to.name() + " to be promoted");
            }
            if (seen.from().silent() && !ours) {
                return unreachable(seen.from());
            }
            if (ours) {
                return Assessment.needed("go on to promote " + to.name());
            }
            if (!seen.from().writes()) {
                return Assessment.blocked("neither accepts writes", "name the primary");
            }
            if (!seen.to().streamsFromOther() || seen.lag() instanceof Lag.Unknown) {
                return Assessment.blocked(
                        to.name() + " does not stream from " + from.name() + ", so its lag is not known",
                        "repair the replication");
            }
            return Assessment.needed("stop " + from.name(), "promote " + to.name(), "rejoin " + from.name());
        }

        @Override
        public EpochCheck epochCheck() {
            return EpochCheck.ENFORCED;
        }

        @Override
        public void apply(Seen seen, ActionContext context) throws InterruptedException {
            claim(to, context);
            claim(from, context);
            if (!seen.to().writes()) {
                if (seen.from().writes()) {
                    stop(context);
                }
                drain(context);
                context.requireAuthority();
                context.noWayBack();
                change(from, "bar", "to bar " + from.name() + " from starting writable", context, () -> {
                    from.standby = true;
                    from.upstream = to;
                });
                promote(to, context);
            }
            prove(to, context);
            context.record(SiteChange.FROM_FENCED.fact(), from.name() + " is barred");
            context.report(DataLoss.none(
                    subject(from), to.name() + " had every write of " + from.name() + " before it was promoted"));
            follow(from, to, context);
            settled(from, context);
        }

        private void stop(ActionContext context) throws InterruptedException {
            context.requireAuthority();
            change(from, "note", "to note that " + from.name() + " makes way for " + to.name(), context, () -> {
                from.leavingFor = Optional.of(to.name());
            });
            try {
                change(from, "stop", "to stop " + from.name(), context, () -> {
                    if (from.leavingFor.filter(to.name()::equals).isEmpty()) {
                        // a request that arrives when the switchover was given up long since
                        throw refused("fake.stop-too-late", from.name() + " does not make way for " + to.name());
                    }
                    world.receiveAll();
                    from.running = false;
                    from.cleanlyStopped = true;
                });
                context.clockwork().sleep(world.stopping);
            } catch (StaleEpochException e) {
                throw e;
            } catch (DrException e) {
                restore(context);
                throw e.retryable()
                        ? refused("fake.switchover-aborted", e.problem().sentence())
                        : e;
            }
        }

        private void drain(ActionContext context) throws InterruptedException {
            if (!await(to, context, () -> to.missing(from) == 0)) {
                boolean mayUndo;
                synchronized (world) {
                    // whoever barred it may have asked for the promotion
                    mayUndo = !from.standby;
                }
                if (mayUndo) {
                    restore(context);
                }
                throw refused("fake.not-drained", to.name() + " has not received the last writes");
            }
        }

        private void restore(ActionContext context) throws InterruptedException {
            context.requireAuthority();
            change(from, "restore", "to start " + from.name() + " as the primary that it was", context, () -> {
                from.running = true;
                from.cleanlyStopped = false;
                from.leavingFor = Optional.empty();
            });
        }
    }

    private final class Failover implements Action<Weighed> {
        private final FakeDatabase from;
        private final FakeDatabase to;
        private final FailoverTerms terms;

        Failover(FakeDatabase from, FakeDatabase to, FailoverTerms terms) {
            this.from = from;
            this.to = to;
            this.terms = terms;
        }

        @Override
        public String describe() {
            return "fail over from " + from.name() + " to " + to.name() + ", "
                    + terms.fence().map(Fence::describe).orElse("with no fence")
                    + terms.acceptedLoss()
                            .map(loss -> ", accepting the loss of " + loss.toMillis() + " ms")
                            .orElse("")
                    + terms.waiver()
                            .map(waiver -> ", waived by " + waiver.who())
                            .orElse("");
        }

        @Override
        public Weighed observe(ActionContext context) throws InterruptedException {
            return new Weighed(
                    look(from, to),
                    context.recorded(SiteChange.FROM_FENCED.fact()).isPresent());
        }

        @Override
        public Assessment assess(Weighed weighed) {
            Seen seen = weighed.seen();
            if (seen.to().silent()) {
                return unreachable(seen.to());
            }
            if (seen.from().system() != seen.to().system()) {
                return Assessment.blocked("the two are not copies of one database", "name the right ones");
            }
            if (seen.to().writes()) {
                if (seen.from().writes()) {
                    return splitBrain(seen);
                }
                if (!weighed.fenced()) {
                    return Assessment.needed("fence " + from.name(), "prove that " + to.name() + " takes writes");
                }
                return seen.to().proven()
                        ? Assessment.done(to.name() + " is the primary, and " + from.name() + " is fenced")
                        : Assessment.needed("prove that " + to.name() + " takes writes");
            }
            if (seen.to().promoting()) {
                return Assessment.underway(to.name() + " to be promoted");
            }
            if (seen.from().writes() && terms.fence().isEmpty()) {
                return Assessment.blocked(from.name() + " answers and accepts writes", "use switchover");
            }
            return unaccepted(seen.bound())
                    .map(why -> Assessment.blocked(why, "have somebody waive it by name"))
                    .orElseGet(() -> Assessment.needed("fence " + from.name(), "promote " + to.name()));
        }

        private Optional<String> unaccepted(Optional<Duration> bound) {
            if (terms.waiver().isPresent()) {
                return Optional.empty();
            }
            if (bound.isEmpty()) {
                return Optional.of("nobody knows how much would be lost");
            }
            return terms.acceptedLoss()
                    .filter(limit -> bound.get().compareTo(limit) > 0)
                    .map(limit -> "the writes of " + bound.get().toMillis() + " ms may be lost");
        }

        @Override
        public EpochCheck epochCheck() {
            return EpochCheck.ENFORCED;
        }

        @Override
        public void apply(Weighed weighed, ActionContext context) throws InterruptedException {
            Seen seen = weighed.seen();
            claim(to, context);
            Optional<Duration> bound = context.recorded(BOUND).map(Duration::parse);
            if (!(seen.to().writes() && weighed.fenced())) {
                fence(context);
            }
            if (!seen.to().writes()) {
                synchronized (world) {
                    world.receiveAll();
                    bound = bound(from, to);
                }
                bound.ifPresent(time -> context.record(BOUND, time.toString()));
                context.report(loss(DataLoss.Stage.BOUND, bound));
                Optional<String> unaccepted = unaccepted(bound);
                if (unaccepted.isPresent()) {
                    throw refused("fake.loss", unaccepted.get());
                }
                synchronized (world) {
                    to.upstream = null;
                }
                promote(to, context);
            }
            prove(to, context);
            context.report(loss(DataLoss.Stage.ACHIEVED, bound));
        }

        private DataLoss loss(DataLoss.Stage stage, Optional<Duration> bound) {
            return bound.map(time -> new DataLoss(
                            subject(from),
                            stage,
                            Optional.of(time),
                            OptionalLong.empty(),
                            DataLoss.Basis.SAMPLED,
                            "samples of the primary's position"))
                    .orElseGet(() -> DataLoss.unknown(subject(from), stage, "nobody sampled the primary's position"));
        }

        private void fence(ActionContext context) throws InterruptedException {
            if (terms.fence().isPresent()) {
                // A fence is meant to stay, also when the promotion is refused in the end.
                context.noWayBack();
            }
            FenceProof proof = terms.fence().isPresent()
                    ? terms.fence().get().fence(context)
                    : new FenceProof.Unknown("no fence was given");
            context.record("fence", proof.toString());
            if (!(proof instanceof FenceProof.Confirmed)) {
                if (proof instanceof FenceProof.Refused || terms.waiver().isEmpty()) {
                    throw refused("fake.not-fenced", proof.toString());
                }
                boolean answers = answers(from);
                synchronized (world) {
                    if (answers && from.running && from.writes()) {
                        throw refused("fake.primary-answers", from.name() + " answers and accepts writes");
                    }
                }
            }
            terms.waiver().ifPresent(waiver -> context.record("waiver", waiver.who() + ": " + waiver.reason()));
            context.record(
                    SiteChange.FROM_FENCED.fact(),
                    proof instanceof FenceProof.Confirmed
                            ? "confirmed"
                            : "waived by " + terms.waiver().orElseThrow().who());
        }
    }

    private final class Rejoin implements Action<Seen> {
        private final FakeDatabase former;
        private final FakeDatabase primary;

        Rejoin(FakeDatabase former, FakeDatabase primary) {
            this.former = former;
            this.primary = primary;
        }

        @Override
        public String describe() {
            return "rejoin " + former.name() + " to " + primary.name();
        }

        @Override
        public Seen observe(ActionContext context) throws InterruptedException {
            return look(former, primary);
        }

        @Override
        public Assessment assess(Seen seen) {
            if (seen.to().silent()) {
                return unreachable(seen.to());
            }
            if (seen.from().system() != seen.to().system()) {
                return Assessment.blocked("the two are not copies of one database", "name the right ones");
            }
            if (!seen.to().writes()) {
                return Assessment.blocked(primary.name() + " is no primary", "name the primary");
            }
            if (seen.from().writes()) {
                return splitBrain(seen);
            }
            if (seen.from().silent() && !seen.from().downAndReachable()) {
                return unreachable(seen.from());
            }
            if (seen.from().diverged()) {
                return Assessment.blocked(
                        former.name() + " holds writes that " + primary.name() + " lacks",
                        "keep a copy, then re-clone");
            }
            return seen.from().streamsFromOther() && seen.from().leavingFor().isEmpty()
                    ? Assessment.done(former.name() + " streams from " + primary.name())
                    : Assessment.needed("start " + former.name() + " as a replica");
        }

        @Override
        public EpochCheck epochCheck() {
            return EpochCheck.ENFORCED;
        }

        @Override
        public void apply(Seen seen, ActionContext context) throws InterruptedException {
            claim(primary, context);
            context.requireAuthority();
            follow(former, primary, context);
            settled(former, context);
        }
    }
}
