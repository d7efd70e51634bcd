package io.drkit.testkit.status;

import io.drkit.core.Epoch;
import io.drkit.core.detect.DetectorStatus;
import io.drkit.core.detect.Health;
import io.drkit.core.lease.Node;
import io.drkit.core.lease.NodeView;
import io.drkit.core.lease.Presence;
import io.drkit.core.plan.Mode;
import io.drkit.core.plan.Objectives;
import io.drkit.core.readiness.CheckResult;
import io.drkit.core.readiness.Finding;
import io.drkit.core.readiness.ReadinessReport;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.status.RunView;
import io.drkit.core.status.SiteView;
import io.drkit.core.status.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Statuses to show. */
public final class Statuses {
    static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");

    private Statuses() {}

    /** One of everything, with {@code name} in place of every name. */
    public static Status full(String name) {
        return new Status(
                name,
                NOW,
                Status.Part.of(List.of(
                        new SiteView(name + " west", SiteView.Role.ACTIVE, "serves, primary of the database"),
                        new SiteView(name + " east", SiteView.Role.STANDBY, "replica, 12 s behind"),
                        new SiteView(name + " north", SiteView.Role.UNKNOWN, "does not answer"))),
                Status.Part.of(List.of(new ReadinessReport(
                        name,
                        "failover west → east",
                        NOW.minusSeconds(20),
                        List.of(
                                new CheckResult(
                                        CheckResult.Kind.STEP,
                                        name + " promote",
                                        "promote east",
                                        Finding.ready("would: promote east"),
                                        true),
                                new CheckResult(
                                        CheckResult.Kind.STANDING,
                                        name + " images",
                                        "the same in west and east",
                                        Finding.notReady(
                                                "runtime is registry.example/shop/runtime:1.4.2 in west and"
                                                        + " registry.example/shop/runtime:1.4.1 in east",
                                                "bring the two sides to the same state"),
                                        false),
                                new CheckResult(
                                        CheckResult.Kind.STANDING,
                                        name + " journal",
                                        "it can be read while west is gone",
                                        Finding.unknown("nobody has tried it", "give the check a black hole"),
                                        false))))),
                Status.Part.of(List.of(
                        new NodeView(
                                new Node("n1", name + " one", "https://10.0.0.1:8443"),
                                NodeView.Mode.LEADER,
                                "ok",
                                Presence.FRESH),
                        new NodeView(Node.named("n2"), NodeView.Mode.CANDIDATE, "", stale()))),
                Status.Part.of(List.of(new DetectorStatus(
                        name + " west",
                        NOW.minusSeconds(4),
                        List.of(
                                new DetectorStatus.Opinion(
                                        name + " paris", Health.healthy("https://west answered 200")),
                                new DetectorStatus.Opinion(name + " oslo", Health.healthy("https://west answered 200")),
                                new DetectorStatus.Opinion(
                                        name + " rome", Health.unknown("no answer within 15000 ms"))),
                        0,
                        2,
                        Optional.empty()))),
                Status.Part.of(List.of(
                        new RunView(name, "switchover west → east", NOW.minusSeconds(600), false, Optional.empty()),
                        new RunView(
                                name,
                                "failover west → east",
                                NOW.minusSeconds(86_400),
                                true,
                                Optional.of(run(RunOutcome.SUCCEEDED, Optional.empty()))),
                        new RunView(
                                name,
                                "switchover east → west",
                                NOW.minusSeconds(90_000),
                                true,
                                Optional.of(run(RunOutcome.UNDONE, Optional.of(name + ": 2 of 3 pods ready")))))));
    }

    private static Presence stale() {
        for (Presence presence : Presence.values()) {
            if (presence != Presence.FRESH) {
                return presence;
            }
        }
        throw new AssertionError();
    }

    private static RunReport run(RunOutcome outcome, Optional<String> reason) {
        return run(outcome, reason, Optional.of(NOW.minusSeconds(86_700)));
    }

    static RunReport run(RunOutcome outcome, Optional<String> reason, Optional<Instant> outageBegan) {
        Instant began = NOW.minusSeconds(86_400);
        return new RunReport(
                "shop",
                "hash",
                "run",
                new Epoch(7),
                Mode.FAILOVER,
                "west",
                "east",
                outcome,
                reason,
                outageBegan,
                outageBegan.map(at -> at.plusSeconds(100)),
                began,
                began.plusSeconds(252),
                0,
                new Objectives(Duration.ofMinutes(15), Duration.ofMinutes(30)),
                List.of(),
                List.of());
    }
}
