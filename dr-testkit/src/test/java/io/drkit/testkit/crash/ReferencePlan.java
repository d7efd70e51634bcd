package io.drkit.testkit.crash;

import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/**
 * A plan of thirteen steps that has one of each kind: settings, a fact that is needed to undo, effects that must not happen twice
 * (a snapshot, a promotion, a job, a message), steps side by side, a point of no return, and no way forward if that is asked for.
 */
final class ReferencePlan {
    /** Only its name matters. */
    record Place(String name) implements Site {}

    static final SiteSwitch<Place> OVER =
            SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east"));

    /** The resources, before any run. */
    static final Map<String, String> WORLD = Map.ofEntries(
            Map.entry("scheduler", "running"),
            Map.entry("writers", "3"),
            Map.entry("queue", "2"),
            Map.entry("files", "west"),
            Map.entry("snapshots", ""),
            Map.entry("secrets", "old"),
            Map.entry("old-primary", "writable"),
            Map.entry("primary", "west 1"),
            Map.entry("readers", "0"),
            Map.entry("jobs", ""),
            Map.entry("dns", "west"),
            Map.entry("messages", ""));

    /** The effects of which a second one does harm. */
    static final Set<String> NOT_IDEMPOTENT = Set.of("snapshots", "primary", "jobs", "messages");

    private ReferencePlan() {}

    /** The plan over that world; if {@code failing}, a step shortly before the point of no return is blocked, and all is undone. */
    static RecoveryPlan<Place> over(FileWorld world, boolean failing) {
        return RecoveryPlan.<Place>named("reference")
                .rpo(Duration.ofMinutes(1))
                .rto(Duration.ofMinutes(2))
                .step("pause scheduler", (from, to) -> Change.set(world, "scheduler", "paused"))
                .undo((from, to) -> Change.set(world, "scheduler", "running"))
                .step("stop writers", (from, to) -> Change.toZero(world, "writers"))
                .after("pause scheduler")
                .undo((from, to) -> Change.restore(world, "writers"))
                .step("stop queue", (from, to) -> Change.toZero(world, "queue"))
                .after("pause scheduler")
                .undo((from, to) -> Change.restore(world, "queue"))
                .step("copy secrets", (from, to) -> Change.set(world, "secrets", "new"))
                .undo((from, to) -> Change.set(world, "secrets", "old"))
                .step("final sync", (from, to) -> Change.set(world, "files", to.name()))
                .after("stop writers", "stop queue")
                .undo((from, to) -> Change.set(world, "files", from.name()))
                .step("snapshot", (from, to) -> Change.once(world, "snapshots"))
                .after("final sync")
                .nothingToUndo("a snapshot more hurts nobody")
                .step("check capacity", (from, to) -> new Capacity(!failing))
                .after("snapshot", "copy secrets")
                .nothingToUndo("it only looks")
                .step("promote", (from, to) -> Change.promote(world, to.name()))
                .after("check capacity")
                .pointOfNoReturn()
                .step("fence old primary", (from, to) -> Change.set(world, "old-primary", "read-only"))
                .after("promote")
                .step("start readers", (from, to) -> Change.set(world, "readers", "3"))
                .after("promote")
                .step("run job", (from, to) -> Change.once(world, "jobs"))
                .after("start readers", "fence old primary")
                .step("move traffic", (from, to) -> Change.set(world, "dns", to.name()))
                .after("start readers")
                .restoresService()
                .step("tell people", (from, to) -> Change.once(world, "messages"))
                .after("move traffic", "run job")
                .build();
    }

    /** Looks whether there is room on the other side. */
    private record Capacity(boolean enough) implements Action<Boolean> {
        @Override
        public String describe() {
            return "see that there is room";
        }

        @Override
        public Boolean observe(ActionContext context) {
            return enough;
        }

        @Override
        public Assessment assess(Boolean observed) {
            return observed
                    ? Assessment.done("there is room")
                    : Assessment.blocked("there is no room", "order some, and begin again");
        }

        @Override
        public void apply(Boolean observed, ActionContext context) {}
    }
}
