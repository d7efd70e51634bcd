package io.drkit.testkit.replica;

import io.drkit.core.Epoch;
import io.drkit.core.action.Action;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.ReplicaPromoter;
import io.drkit.testkit.action.VirtualActionContract;
import io.drkit.testkit.fault.Fault;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;

/** The actions of the fake promoter under the contract of actions. */
class FakeReplicaActionsTest {
    private abstract static class OnTwoDatabases extends VirtualActionContract {
        final FakeDatabases databases = FakeDatabases.on(virtual);
        final FakeDatabase west = databases.primary("west");
        final FakeDatabase east = databases.replicaOf(west, "east");

        /** As another process makes one. */
        final ReplicaPromoter<FakeDatabase> promoter() {
            return databases.promoter();
        }

        @Override
        protected String fingerprint() {
            return state(west) + ", " + state(east);
        }

        private String state(FakeDatabase server) {
            synchronized (databases) {
                return server.name() + (server.running() ? " runs" : " is down") + (server.primary() ? " primary" : "")
                        + " after " + server.promotions() + " follows " + server.upstream + " for "
                        + server.leavingFor + " " + server.promotedAt + " " + server.proven;
            }
        }

        /** What moves the primary away and back again. */
        @Override
        protected void changeUnder(Epoch epoch) throws InterruptedException {
            execute(promoter().switchover(west, east), epoch);
            execute(promoter().switchover(east, west), epoch);
        }
    }

    @Nested
    class Switchover extends OnTwoDatabases {
        @Override
        protected Action<?> action() {
            return promoter().switchover(west, east);
        }

        @Override
        protected void loseNextAnswer() {
            databases.faults().next("settle", Fault.answerLost());
        }

        @Override
        protected void makeUnreadable() {
            east.reachable(false);
        }
    }

    @Nested
    class Failover extends OnTwoDatabases {
        @Override
        protected Action<?> action() {
            return promoter().failover(west, east, FailoverTerms.fencedBy(west.fence()));
        }

        @Override
        protected void loseNextAnswer() {
            databases.faults().next("prove", Fault.answerLost());
        }

        @Override
        protected void makeUnreadable() {
            east.reachable(false);
        }
    }

    @Nested
    class Rejoin extends OnTwoDatabases {
        @BeforeEach
        void failOver() throws Exception {
            run(() -> {
                virtual.sleep(Duration.ofSeconds(1));
                execute(promoter().failover(west, east, FailoverTerms.fencedBy(west.fence())), Epoch.NONE);
            });
        }

        @Override
        protected Action<?> action() {
            return promoter().rejoin(west, east);
        }

        @Override
        protected void loseNextAnswer() {
            databases.faults().next("settle", Fault.answerLost());
        }

        @Override
        protected void makeUnreadable() {
            east.reachable(false);
        }

        @Override
        protected void changeUnder(Epoch epoch) throws InterruptedException {
            execute(promoter().rejoin(west, east), epoch);
            execute(promoter().failover(east, west, FailoverTerms.fencedBy(east.fence())), epoch);
            execute(promoter().rejoin(east, west), epoch);
            execute(promoter().failover(west, east, FailoverTerms.fencedBy(west.fence())), epoch);
        }
    }
}
