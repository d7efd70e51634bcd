package io.drkit.testkit.safety;

import io.drkit.core.Epoch;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.replica.FailoverTerms;
import io.drkit.core.replica.LossWaiver;
import io.drkit.core.safety.Outlook;
import io.drkit.core.safety.SafetyRule;
import io.drkit.core.safety.SiteChange;
import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.testkit.action.RunContext;
import io.drkit.testkit.fault.Fault;
import io.drkit.testkit.replica.FakeDatabase;
import io.drkit.testkit.replica.FakeDatabases;
import io.drkit.testkit.time.VirtualClockwork;
import io.drkit.testkit.workload.FakeWorkloadScaler;
import io.drkit.testkit.workload.FakeWorkloads;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;

/** The built-in rules under the contract of rules, on the fakes. */
class SafetyRulesContractTest {
    private abstract static class OnVirtualTime extends SafetyRuleContract {
        final VirtualClockwork virtual = VirtualClockwork.seeded(11);

        @AfterEach
        void close() {
            virtual.close();
        }

        @Override
        protected Clockwork clockwork() {
            return virtual;
        }

        @Override
        protected void run(Body body) throws Exception {
            virtual.run(body::run);
        }
    }

    @Nested
    class OneWritablePrimary extends OnVirtualTime {
        private final FakeDatabases databases = FakeDatabases.on(virtual);
        private final FakeDatabase west = databases.primary("west");
        private final FakeDatabase east = databases.replicaOf(west, "east");

        @Override
        protected SafetyRule<?> rule() {
            return SafetyRule.oneWritablePrimary(databases.promoter(), west, east);
        }

        @Override
        protected void keep() throws Exception {
            west.fence().fence(RunContext.of(virtual, Epoch.NONE));
        }

        /** East is promoted while west cannot be reached, and west comes back. */
        @Override
        protected void breach() throws Exception {
            west.crash();
            ActionExecutor.on(virtual)
                    .execute(databases
                            .promoter()
                            .failover(west, east, FailoverTerms.unfenced(new LossWaiver("ann", "the region is lost"))));
            west.reboot();
        }

        @Override
        protected void makeUnreadable() {
            west.reachable(false);
            east.reachable(false);
        }

        @Override
        protected String fingerprint() {
            return west.writable() + " " + east.writable() + " " + east.promotions();
        }
    }

    private abstract static class OfWorkloads extends OnVirtualTime {
        static final Workload APP = Workload.deployment("app");

        final FakeWorkloads west = FakeWorkloads.on(virtual);
        final FakeWorkloads east = FakeWorkloads.on(virtual);

        @BeforeEach
        void eastServes() throws Exception {
            west.run(APP, 0);
            east.run(APP, 2);
            run(() -> virtual.sleep(Duration.ofMinutes(5)));
        }

        @Override
        protected void keep() throws Exception {
            east.scaleByHand(APP, 2);
            virtual.sleep(Duration.ofMinutes(5));
        }

        @Override
        protected void breach() throws Exception {
            east.scaleByHand(APP, 0);
            virtual.sleep(Duration.ofMinutes(5));
        }

        @Override
        protected void makeUnreadable() {
            west.faults().every("read", Fault.refused(503));
            east.faults().every("read", Fault.refused(503));
        }

        @Override
        protected String fingerprint() {
            return west.version(APP) + " " + east.version(APP);
        }
    }

    @Nested
    class OneSiteServes extends OfWorkloads {
        @Override
        protected SafetyRule<?> rule() {
            return SafetyRule.oneSiteServes(
                    FakeWorkloadScaler.of(west).scaleTo(Map.of(APP, 2)),
                    FakeWorkloadScaler.of(east).scaleTo(Map.of(APP, 2)));
        }
    }

    @Nested
    class TrafficOnlyToReady extends OfWorkloads {
        @Override
        protected SafetyRule<?> rule() {
            return SafetyRule.trafficOnlyToReady(FakeWorkloadScaler.of(east).scaleTo(Map.of(APP, 2)));
        }

        @Override
        protected Outlook outlook() {
            return new Outlook(Set.of(), Set.of(SiteChange.TRAFFIC_TO), false);
        }
    }
}
