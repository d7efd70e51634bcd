package io.drkit.postgres;

import io.drkit.core.Epoch;
import io.drkit.core.replica.Lag;
import io.drkit.core.replica.NodeStatus;
import io.drkit.core.replica.ReplicationStatus;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Both servers as they were seen, one after the other.
 *
 * @param from the server expected to be the primary
 * @param to the server expected to replicate
 * @param disk the files of {@code from}
 * @param toRuns whether the agent of {@code to} says that its process runs; empty when there is none or it cannot say
 * @param lag how far {@code to} is behind
 * @param streamsFromSource whether {@code to} says that its sender is {@code from}
 */
record Pair(
        ServerView from,
        ServerView to,
        DataDirectory.View disk,
        Optional<Boolean> toRuns,
        Lag lag,
        boolean streamsFromSource) {

    static Pair look(PostgresNode from, PostgresNode to) throws InterruptedException {
        ServerView toView;
        ServerView fromView;
        Lag lag;
        // The replica first: what the primary writes in between counts as lag, never the other way round.
        try (Session session = Session.open(to)) {
            ServerView.Answered seen = session.view();
            fromView = Session.look(from);
            Optional<Lsn> again = seen.writable() ? Optional.empty() : session.replayed();
            lag = lag(fromView, seen, again);
            toView = seen;
        } catch (SQLException e) {
            toView = Session.silent(e);
            fromView = Session.look(from);
            lag = new Lag.Unknown(to.name() + " does not answer");
        }
        DataDirectory.View disk = DataDirectory.look(from);
        return new Pair(fromView, toView, disk, runs(to), lag, streamsFrom(toView, from));
    }

    /** The highest epoch that the last runs left in either database, or in the note on the old primary's disk. */
    static Optional<Epoch> heldEpoch(PostgresNode from, PostgresNode to) throws InterruptedException {
        Pair pair = look(from, to);
        Stream<Epoch> marks = Stream.of(pair.from(), pair.to())
                .flatMap(view ->
                        view instanceof ServerView.Answered answered ? answered.mark().stream() : Stream.empty())
                .map(mark -> new Epoch(mark.epoch()));
        Stream<Epoch> note = pair.disk() instanceof DataDirectory.View.Seen disk
                ? disk.note().map(SwitchoverNote::epoch).stream()
                : Stream.empty();
        return Stream.concat(marks, note).max(Comparator.naturalOrder());
    }

    private static Lag lag(ServerView primary, ServerView.Answered replica, Optional<Lsn> replayedAgain) {
        if (!(primary instanceof ServerView.Answered source)) {
            return new Lag.Unknown("the primary does not answer");
        }
        if (!source.writable()) {
            return new Lag.Unknown("the server asked about as the primary is in recovery");
        }
        if (replica.writable()) {
            return new Lag.Unknown("the server asked about as the replica is a primary");
        }
        if (source.systemId() != replica.systemId()) {
            return new Lag.Unknown("the two are not copies of one database system");
        }
        if (replica.receiver() instanceof ServerView.Receiver.Hidden) {
            return new Lag.Unknown("the role may not see pg_stat_wal_receiver of the replica: grant pg_monitor");
        }
        if (!source.timeline().equals(replica.timeline())) {
            return new Lag.Unknown("the two are on different timelines, or the replica's is not known");
        }
        if (source.flushed().isEmpty()
                || replica.received().isEmpty()
                || replica.replayed().isEmpty()) {
            return new Lag.Unknown("a position is missing");
        }
        Lsn flushed = source.flushed().get();
        long bytes = flushed.beyond(replica.received().get());
        boolean caughtUp =
                !flushed.after(replayedAgain.orElse(replica.replayed().get()));
        // The time of the last transaction alone grows on an idle primary too; it counts only while something is
        // missing.
        // Both times are the primary's own.
        Optional<Duration> time = caughtUp
                ? Optional.of(Duration.ZERO)
                : replica.replayedTime().isEmpty()
                        ? Optional.empty()
                        : Optional.of(Duration.ofNanos(1000
                                * Math.max(
                                        0,
                                        source.clock() - replica.replayedTime().getAsLong())));
        return new Lag.Known(bytes, time);
    }

    private static Optional<Boolean> runs(PostgresNode node) throws InterruptedException {
        if (node.agent().isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(node.agent().get().running(node.socketTimeout()));
        } catch (java.io.IOException | RuntimeException e) {
            return Optional.empty();
        }
    }

    private static boolean streamsFrom(ServerView view, PostgresNode source) {
        if (!(view instanceof ServerView.Answered standby)
                || !(standby.receiver() instanceof ServerView.Receiver.Seen seen)
                || seen.port() != source.replicationPort()) {
            return false;
        }
        if (seen.host().equalsIgnoreCase(source.replicationHost())) {
            return true;
        }
        try {
            InetAddress[] said = InetAddress.getAllByName(seen.host());
            InetAddress[] declared = InetAddress.getAllByName(source.replicationHost());
            return Arrays.stream(said).anyMatch(Arrays.asList(declared)::contains);
        } catch (UnknownHostException e) {
            return false;
        }
    }

    ReplicationStatus status(PostgresNode primary, PostgresNode replica) {
        Optional<Boolean> fromRuns =
                disk instanceof DataDirectory.View.Seen seen ? Optional.of(seen.running()) : Optional.empty();
        return new ReplicationStatus(status(primary.name(), from, fromRuns), status(replica.name(), to, toRuns), lag);
    }

    private static NodeStatus status(String name, ServerView view, Optional<Boolean> runs) {
        if (view instanceof ServerView.Silent silent) {
            boolean stopped = runs.isPresent() && !runs.get();
            return new NodeStatus(
                    name,
                    stopped ? NodeStatus.Role.STOPPED : NodeStatus.Role.UNKNOWN,
                    OptionalLong.empty(),
                    "",
                    false,
                    silent.why());
        }
        ServerView.Answered seen = (ServerView.Answered) view;
        if (seen.writable()) {
            ServerView.Senders senders = seen.senders();
            return new NodeStatus(
                    name,
                    NodeStatus.Role.PRIMARY,
                    seen.timeline(),
                    seen.flushed().map(Lsn::toString).orElse(""),
                    false,
                    "sends to " + senders.streaming() + " streaming standbys"
                            + (senders.hidden() > 0
                                    ? "; " + senders.hidden() + " more cannot be seen: grant pg_monitor"
                                    : ""));
        }
        boolean streaming = seen.receiver() instanceof ServerView.Receiver.Seen receiver && receiver.streaming();
        return new NodeStatus(
                name,
                NodeStatus.Role.REPLICA,
                seen.timeline(),
                seen.received().map(Lsn::toString).orElse(""),
                streaming,
                "replayed " + seen.replayed().map(Lsn::toString).orElse("nothing known")
                        + (seen.replayPaused() ? ", replay paused" : "")
                        + receiver(seen.receiver()));
    }

    private static String receiver(ServerView.Receiver receiver) {
        if (receiver instanceof ServerView.Receiver.Seen seen) {
            return ", receiver " + seen.status() + " from " + seen.address();
        }
        return receiver instanceof ServerView.Receiver.Hidden
                ? ", receiver cannot be seen: grant pg_monitor"
                : ", no receiver";
    }
}
