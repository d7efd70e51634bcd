package io.drkit.postgres;

import io.drkit.core.BlockedException;
import io.drkit.core.Problem;
import io.drkit.core.action.Assessment;
import io.drkit.core.replica.Lag;

/** Why nothing is done, each with its own code and with what a person can do. */
final class Refusals {
    private Refusals() {}

    private static Assessment blocked(String code, String why, String remedy) {
        return Assessment.blocked(why + " [" + code + "]", remedy);
    }

    static Assessment unreachable(PostgresNode node, ServerView.Silent silent) {
        return blocked(
                silent.denied() ? "postgres.denied" : "postgres.unreachable",
                node.name() + " cannot be asked: " + silent.why(),
                silent.denied()
                        ? "see that the role " + node.user() + " may log in with the password that was given"
                        : "make it reachable, or see that its address " + node.host() + ":" + node.port()
                                + " is right; a primary that is dead is left with failover");
    }

    static Assessment splitBrain(PostgresNode one, PostgresNode other) {
        return blocked(
                "postgres.split-brain",
                one.name() + " and " + other.name() + " both accept writes",
                "stop the clients of one, compare the data, and stop that server; DRKit chooses none");
    }

    static Assessment wrongPair(PostgresNode one, PostgresNode other) {
        return blocked(
                "postgres.wrong-pair",
                one.name() + " and " + other.name() + " are not copies of one database system:"
                        + " their system identifiers differ",
                "correct the address of one, or clone it anew");
    }

    static Assessment wrongRole(PostgresNode from, PostgresNode to) {
        return blocked(
                "postgres.no-primary",
                "neither " + from.name() + " nor " + to.name() + " accepts writes",
                "find the primary and name it; when there is none, decide with failover");
    }

    static Assessment notReplicating(PostgresNode from, PostgresNode to) {
        return blocked(
                "postgres.already-primary",
                to.name() + " is a primary already, and " + from.name() + " does not stream from it",
                "rejoin " + from.name());
    }

    static Assessment stopped(PostgresNode from) {
        return blocked(
                "postgres.primary-stopped",
                from.name() + " does not run, and no switchover stopped it",
                "start it, or fail over");
    }

    static Assessment noAgent(PostgresNode from) {
        return blocked(
                "postgres.no-agent",
                from.name() + " has no agent, and nothing else can stop it and prove its last write",
                "give the node an agent");
    }

    static Assessment agentUnreadable(PostgresNode from, String why) {
        return blocked(
                "postgres.agent-unreachable",
                "the agent of " + from.name() + " cannot say how the server stands: " + why,
                "make the agent work, then try again");
    }

    static Assessment agentMismatch(PostgresNode from, String how) {
        return blocked(
                "postgres.agent-mismatch",
                "the agent of " + from.name() + " and its address show different servers: " + how,
                "correct the address or the agent");
    }

    static Assessment maybePromoting(PostgresNode from, PostgresNode to) {
        return blocked(
                "postgres.promotion-open",
                from.name() + " was fenced so that " + to.name() + " could be promoted, and it accepts writes again,"
                        + " while that promotion may still come about",
                "stop " + to.name() + ", which withdraws its promotion, remove the file " + SwitchoverNote.PATH
                        + " from the data directory of " + from.name() + ", start " + to.name()
                        + " as a standby, and begin anew");
    }

    static Assessment fenceBroken(PostgresNode from, PostgresNode to, SwitchoverNote note, String how) {
        return blocked(
                "postgres.fence-broken",
                from.name() + " was fenced at "
                        + note.checkpoint().map(Lsn::toString).orElse("an unknown position") + " so that " + to.name()
                        + " could be promoted, and wrote since: " + how,
                "find out who let it write. Stop " + to.name() + ", which withdraws its promotion, remove the files "
                        + SwitchoverNote.PATH + " and " + DataDirectory.STANDBY_SIGNAL + " from the data directory of "
                        + from.name() + ", start it, start " + to.name() + " as its standby, and begin anew");
    }

    static Assessment otherSwitchover(PostgresNode from, SwitchoverNote note) {
        return blocked(
                "postgres.other-switchover",
                "a switchover from " + from.name() + " to " + note.target() + " has not ended",
                "resume that one first");
    }

    static Assessment tombstoned(PostgresNode from) {
        return blocked(
                "postgres.leftover-signal",
                from.name() + " accepts writes but has a standby.signal, so that it would come up read-only",
                "find out who put it there and remove it");
    }

    static Assessment notStreaming(PostgresNode from, PostgresNode to, String how) {
        return blocked(
                "postgres.not-streaming",
                to.name() + " does not stream from " + from.name() + ": " + how,
                "repair the replication; where it streams from the right server by another name, declare that name and"
                        + " port with PostgresNode.Builder.replication");
    }

    static Assessment timelines(PostgresNode from, PostgresNode to, String how) {
        return blocked(
                "postgres.timeline",
                from.name() + " and " + to.name() + " are not known to be on one timeline: " + how,
                "repair the replication");
    }

    static Assessment lagUnknown(PostgresNode to, Lag.Unknown lag) {
        return blocked(
                "postgres.lag-unknown",
                "the lag of " + to.name() + " is unknown: " + lag.why(),
                "make it known, for example by GRANT pg_monitor; nothing unknown passes for zero");
    }

    static Assessment lagging(PostgresNode to, Lag.Known lag, long max) {
        return blocked(
                "postgres.lag",
                to.name() + " is " + lag.line() + " behind, more than the " + max + " B allowed",
                "wait until it has caught up, or allow more");
    }

    static Assessment paused(PostgresNode to) {
        return blocked(
                "postgres.replay-paused", "the replay of " + to.name() + " is paused", "SELECT pg_wal_replay_resume()");
    }

    static Assessment recoveryTarget(PostgresNode node, String settings) {
        return blocked(
                "postgres.recovery-target",
                node.name() + " has recovery targets set, which end its recovery elsewhere: " + settings,
                "reset them, and let recovery_target_timeline be latest");
    }

    static Assessment delayed(PostgresNode to, long millis) {
        return blocked(
                "postgres.delayed-replica",
                to.name() + " replays " + millis + " ms late on purpose, and a promotion ends that protection",
                "set recovery_min_apply_delay to 0 first");
    }

    static Assessment cannotServe(PostgresNode to, String setting) {
        return blocked(
                "postgres.cannot-serve",
                to.name() + " could not feed a standby once it is the primary: " + setting,
                "set wal_level to replica and max_wal_senders to at least 2, and restart it");
    }

    static Assessment version(PostgresNode node, int version) {
        return blocked(
                "postgres.version",
                node.name() + " runs version " + version / 10_000,
                "PostgreSQL 13 is the oldest that can be pointed at another primary without a restart");
    }

    static Assessment missingGrant(PostgresNode node, String what, String grant) {
        return blocked(
                "postgres.missing-grant", "the role " + node.user() + " may not " + what + " on " + node.name(), grant);
    }

    static Assessment primaryAnswers(PostgresNode from) {
        return blocked(
                "postgres.primary-answers",
                from.name() + " answers and accepts writes, and no fence is given that would stop it",
                "use switchover, or give a fence; a waiver does not cover a primary that is seen to be alive");
    }

    static Assessment lossUnknown(PostgresNode from, String basis) {
        return blocked(
                "postgres.loss-unknown",
                "nobody knows how much the loss of " + from.name() + " would cost: " + basis,
                "now only a loss waiver helps. For the next time let a FlushSampler run from its start in the process that"
                        + " fails over: promoter.sampling(" + from.name() + ")");
    }

    static Assessment lossAboveAccepted(String bound, java.time.Duration accepted) {
        return blocked(
                "postgres.loss-above-accepted",
                "the failover may lose " + bound + ", more than the accepted " + accepted,
                "accept more, or have somebody waive it by name");
    }

    static Assessment diverged(PostgresNode former, PostgresNode primary, String how) {
        return blocked(
                "postgres.diverged",
                former.name() + " cannot be shown to hold nothing that " + primary.name() + " lacks: " + how,
                "keep a copy of its data directory, then rewind it with pg_rewind or clone it anew; DRKit does neither"
                        + " by itself as yet");
    }

    static BlockedException exception(Assessment assessment, String expected) {
        Assessment.Blocked blocked = (Assessment.Blocked) assessment;
        int bracket = blocked.why().lastIndexOf(" [");
        return new BlockedException(
                blocked.why().substring(bracket + 2, blocked.why().length() - 1),
                Problem.expected(expected)
                        .found(blocked.why().substring(0, bracket))
                        .remedy(blocked.remedy()));
    }
}
