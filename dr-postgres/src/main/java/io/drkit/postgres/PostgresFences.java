package io.drkit.postgres;

import io.drkit.core.ConflictException;
import io.drkit.core.action.ActionContext;
import io.drkit.core.replica.CommandTerms;
import io.drkit.core.replica.Fence;
import io.drkit.core.replica.FenceProof;
import io.drkit.core.replica.NodeAgent;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Fences for PostgreSQL servers. */
public final class PostgresFences {
    private PostgresFences() {}

    /**
     * Stops the server at once through its agent, as after a crash, and leaves a {@code standby.signal}, so that it can come up
     * no more but as a read-only standby, after a reboot too. What a switchover that was called off still has on its way to the
     * agent takes that file away no more. Confirmed when the process is seen to have ended after that file was written, or to be a
     * standby; unknown when the agent cannot be reached, or the server not stopped, within 30 s, or the note of such a switchover
     * cannot be read; refused when the server still runs.
     *
     * @throws IllegalArgumentException when the node has no agent
     */
    public static Fence stopping(PostgresNode node) {
        if (node.agent().isEmpty()) {
            throw new IllegalArgumentException(node.name() + " has no agent that could stop it");
        }
        return new AgentFence(node, new DataDirectory(node));
    }

    private record AgentFence(PostgresNode node, DataDirectory disk) implements Fence {
        private static final int TRIES = 2;
        private static final Duration STOP = Duration.ofSeconds(30);

        @Override
        public String describe() {
            return "stop the server " + node.name() + " at once and bar it from starting writable";
        }

        @Override
        public FenceProof fence(ActionContext context) throws InterruptedException {
            try {
                String open = "";
                for (int i = 0; i < TRIES; i++) {
                    context.requireAuthority();
                    // Stopped first: on a server that stayed up, the file would turn its next restart into a surprise.
                    disk.stop(NodeAgent.Stop.AT_ONCE, CommandTerms.within(STOP));
                    disk.writeTombstone(disk.soon());
                    try {
                        voidLateCommands(context);
                    } catch (ConflictException e) {
                        open = "somebody else changes the note of a switchover there: " + e.getMessage();
                        continue;
                    }
                    if (!disk.tombstoned()) {
                        // by a command that got there before it was void
                        open = "its standby.signal was removed again";
                        continue;
                    }
                    open = "";
                    // Whatever started it in between may have done so before the file was there.
                    if (!disk.running()) {
                        return new FenceProof.Confirmed(
                                node.name() + " does not run, and its standby.signal lets it start as a standby only");
                    }
                    if (Session.look(node) instanceof ServerView.Answered answered && !answered.writable()) {
                        return new FenceProof.Confirmed(node.name() + " runs as a standby, under its standby.signal");
                    }
                }
                return open.isEmpty()
                        ? new FenceProof.Refused(node.name() + " runs again after it was stopped")
                        : new FenceProof.Unknown("the fence of " + node.name() + " may not stand: " + open);
            } catch (IOException e) {
                return new FenceProof.Unknown(
                        "the agent of " + node.name() + " did not come through: " + e.getMessage());
            }
        }

        /**
         * A switchover that was called off may have commands on their way that let the server write again. They count while its note
         * is as it was; whoever resumes that switchover finds in it what it said.
         */
        private void voidLateCommands(ActionContext context) throws IOException, InterruptedException {
            Optional<SwitchoverNote> left = disk.note();
            if (left.isPresent()) {
                SwitchoverNote note = left.get();
                disk.write(
                        note.by("fence of " + context.runId(), note.epoch()),
                        DataDirectory.heldBy(note, node.socketTimeout()));
            }
        }

        @Override
        public String toString() {
            return describe();
        }
    }
}
