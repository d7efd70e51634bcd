package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.LossWaiver;
import io.drkit.core.replica.NodeAgent;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import io.drkit.testkit.action.ActionContract;
import io.drkit.testkit.net.TcpRelay;
import io.drkit.testkit.postgres.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** Every action of this module under the contract of actions, on real servers. */
@Tag("harness")
class PostgresActionsTest extends SharedPair {
    private final PostgresReplicaPromoter promoter = PostgresReplicaPromoter.withDefaults();
    private final ActionExecutor executor = ActionExecutor.on(Duo.CLOCK);

    private abstract class OnThePair extends ActionContract {
        private boolean unreadable;
        boolean losing;

        @Override
        protected Clockwork clockwork() {
            return Duo.CLOCK;
        }

        /** What each server is, since when, and what is written down in its directory for its next start. */
        @Override
        protected String fingerprint() throws Exception {
            return state(from) + "; " + state(to);
        }

        private String state(PostgresServer server) throws Exception {
            boolean tombstone = Files.exists(server.dataDirectory().resolve(DataDirectory.STANDBY_SIGNAL));
            boolean note = Files.exists(server.dataDirectory().resolve(SwitchoverNote.PATH));
            String process = "down";
            if (server.running()) {
                process = duo.writable(server) ? "primary of " + proofs(server) : "standby";
                process += " since " + duo.ask(server, "SELECT pg_postmaster_start_time()") + " of "
                        + duo.ask(server, "SHOW primary_conninfo");
            }
            return server.name() + " " + process + (tombstone ? ", barred" : "") + (note ? ", with a note" : "");
        }

        private String proofs(PostgresServer server) throws Exception {
            return duo.ask(server, "SELECT to_regclass('drkit_probe.run') IS NULL")
                            .equals("t")
                    ? "none"
                    : duo.ask(server, "SELECT string_agg(run::text, ';') FROM drkit_probe.run");
        }

        @Override
        protected void loseNextAnswer() {
            losing = true;
        }

        @Override
        protected void makeUnreadable() {
            unreadable = true;
        }

        /** As another process makes it, reached or not. */
        final PostgresNode reached(PostgresNode node) {
            return unreadable
                    ? PostgresNode.named(node.name())
                            .address("127.0.0.1", 2)
                            .user(PostgresServer.SUPERUSER)
                            .build()
                    : node;
        }

        /** With an agent whose answer to the last change is lost. */
        final PostgresNode leaving(String lastChange) {
            return from(moment -> {
                if (losing && moment.equals("after " + lastChange)) {
                    losing = false;
                    throw new IOException("the answer is lost");
                }
            });
        }

        @AfterEach
        void everythingHappened() {
            assertThat(losing).as("the answer that was to be lost was given").isFalse();
        }
    }

    @Nested
    class SwitchingOver extends OnThePair {
        @Override
        protected Action<?> action() {
            return promoter.switchover(leaving("remove " + SwitchoverNote.PATH), reached(to()));
        }
    }

    @Nested
    class FailingOver extends OnThePair {
        @BeforeEach
        void loseThePrimary() throws Exception {
            duo.pair.kill9(from);
        }

        private FailoverTerms terms() {
            return FailoverTerms.fencedBy(PostgresFences.stopping(from()))
                    .waivedBy(new LossWaiver("ann", "nobody has sampled"));
        }

        @Override
        protected Action<?> action() {
            TcpRelay relay = duo.pair.clients(to);
            PostgresNode node =
                    duo.node(to, to).address(relay.host(), relay.port()).build();
            return promoter.failover(from(), reached(node), terms());
        }

        /** As soon as it can be seen to be done, the connection that it is being done over is cut. */
        @Override
        protected Clockwork clockwork() {
            return new Watched(Duo.CLOCK, () -> {
                if (losing) {
                    losing = false;
                    Action<?> same = promoter.failover(from(), to(), terms());
                    boolean done = executor.preview(same) instanceof Assessment.Done;
                    losing = !done;
                    if (done) {
                        duo.pair.clients(to).cut();
                    }
                }
            });
        }
    }

    @Nested
    class Rejoining extends OnThePair {
        @BeforeEach
        void failOver() throws Exception {
            from.stop(NodeAgent.Stop.CLEAN);
            executor.execute(promoter.failover(from(), to(), FailoverTerms.fencedBy(PostgresFences.stopping(from()))));
        }

        @Override
        protected Action<?> action() {
            return promoter.rejoin(leaving("start"), reached(to()));
        }
    }

    /** Lets a test look each time that somebody looks at the time. */
    private record Watched(Clockwork clockwork, Look look) implements Clockwork {
        interface Look {
            void look() throws InterruptedException;
        }

        @Override
        public Instant now() {
            return clockwork.now();
        }

        @Override
        public long nanoTime() {
            try {
                look.look();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return clockwork.nanoTime();
        }

        @Override
        public void sleep(Duration time) throws InterruptedException {
            clockwork.sleep(time);
        }

        @Override
        public RandomGenerator random() {
            return clockwork.random();
        }

        @Override
        public Task start(String name, Runnable work) {
            return clockwork.start(name, work);
        }

        @Override
        public <T> Mailbox<T> mailbox() {
            return clockwork.mailbox();
        }
    }
}
