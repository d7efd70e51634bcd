package io.drkit.testkit.workload;

import io.drkit.core.DrException;
import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.EpochCheck;
import io.drkit.core.action.SupersedingAction;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.core.workload.WorkloadStatus;
import io.drkit.testkit.fault.Route;
import io.drkit.testkit.workload.FakeWorkloads.Seen;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Scales {@link FakeWorkloads}. It holds no state of its own: two of them on the same workloads are like two processes.
 * Thread-safe.
 */
public final class FakeWorkloadScaler implements WorkloadScaler {
    private final FakeWorkloads world;
    private final Route route;

    private FakeWorkloadScaler(FakeWorkloads world, Route route) {
        this.world = Objects.requireNonNull(world, "world");
        this.route = Objects.requireNonNull(route, "route");
    }

    public static FakeWorkloadScaler of(FakeWorkloads world) {
        return of(world, Route.direct());
    }

    /** As one process reaches them. */
    public static FakeWorkloadScaler of(FakeWorkloads world, Route route) {
        return new FakeWorkloadScaler(world, route);
    }

    @Override
    public List<WorkloadStatus> status(Workload... workloads) throws InterruptedException {
        return see(named(workloads)).stream().map(Seen::status).toList();
    }

    @Override
    public Action<?> toZero(Workload... workloads) {
        List<Workload> named = named(workloads);
        return new Scaling(
                named,
                "scale " + words(named) + " to 0",
                status -> status.wanted() == 0
                        ? new Aim(0, status.remembered(), false)
                        : new Aim(0, OptionalInt.of(status.wanted()), true));
    }

    @Override
    public Action<?> restore(Workload... workloads) {
        List<Workload> named = named(workloads);
        return new Scaling(named, "restore " + words(named) + " to the remembered counts", status -> {
            if (status.remembered().isPresent()) {
                return new Aim(status.remembered().getAsInt(), OptionalInt.empty(), true);
            }
            return status.wanted() == 0 ? null : new Aim(status.wanted(), OptionalInt.empty(), false);
        });
    }

    @Override
    public Action<?> scaleTo(Map<Workload, Integer> counts) {
        Map<Workload, Integer> sorted = new TreeMap<>(counts);
        if (sorted.isEmpty() || sorted.values().stream().anyMatch(count -> count < 0)) {
            throw new IllegalArgumentException("Name at least one workload, and counts of 0 or more");
        }
        return new Scaling(List.copyOf(sorted.keySet()), "scale to " + sorted, status -> {
            int count = Objects.requireNonNull(sorted.get(status.workload()));
            boolean change = status.wanted() != count || status.remembered().isPresent();
            return new Aim(count, OptionalInt.empty(), change);
        });
    }

    private List<Seen> see(List<Workload> workloads) throws InterruptedException {
        List<Seen> seen = new ArrayList<>();
        List<Workload> missing = new ArrayList<>();
        for (Workload workload : workloads) {
            world.read(route, workload).ifPresentOrElse(seen::add, () -> missing.add(workload));
        }
        if (!missing.isEmpty()) {
            throw new NotFoundException(
                    "fake.workload-missing",
                    Problem.expected("all workloads that were named")
                            .found("no " + words(missing))
                            .remedy("check the names"));
        }
        return seen;
    }

    private static List<Workload> named(Workload... workloads) {
        if (workloads.length == 0) {
            throw new IllegalArgumentException("Name at least one workload");
        }
        return Arrays.stream(workloads).distinct().toList();
    }

    private static String words(List<Workload> workloads) {
        return workloads.stream().map(Workload::toString).collect(Collectors.joining(", "));
    }

    /** Where one workload is to be, and whether it must be written to for that. */
    private record Aim(int replicas, OptionalInt memory, boolean change) {}

    private interface Write {
        /** Answers whether anything is different now. */
        boolean to(Seen seen) throws InterruptedException;
    }

    private final class Scaling implements SupersedingAction<List<Seen>> {
        private final List<Workload> workloads;
        private final String description;
        private final Function<WorkloadStatus, @Nullable Aim> aims;

        private Scaling(List<Workload> workloads, String description, Function<WorkloadStatus, @Nullable Aim> aims) {
            this.workloads = workloads;
            this.description = description;
            this.aims = aims;
        }

        @Override
        public String describe() {
            return description;
        }

        @Override
        public List<Seen> observe(ActionContext context) throws InterruptedException {
            return see(workloads);
        }

        @Override
        public Assessment assess(List<Seen> observed) {
            List<String> changes = new ArrayList<>();
            List<String> waits = new ArrayList<>();
            for (Seen seen : observed) {
                WorkloadStatus status = seen.status();
                if (status.autoscaler().isPresent()) {
                    return Assessment.blocked(
                            status.workload() + " is governed by "
                                    + status.autoscaler().get(),
                            "remove or pause that autoscaler");
                }
                Aim aim = aims.apply(status);
                if (aim == null) {
                    return Assessment.blocked(
                            status.workload() + " is at 0 and remembers no count",
                            "scale it to a count of your choice");
                } else if (aim.change()) {
                    changes.add(status.workload() + ": " + status.wanted() + " to " + aim.replicas() + " replicas");
                } else if (status.pods() != aim.replicas() || status.ready() != aim.replicas()) {
                    waits.add(status.line()
                            + (status.notReadyBecause().isEmpty() ? "" : ", because " + status.notReadyBecause()));
                }
            }
            if (!changes.isEmpty()) {
                return new Assessment.Needed(changes);
            }
            return waits.isEmpty()
                    ? Assessment.done(
                            observed.stream().map(seen -> seen.status().line()).collect(Collectors.joining("; ")))
                    : Assessment.underway(String.join("; ", waits));
        }

        @Override
        public EpochCheck epochCheck() {
            return EpochCheck.ENFORCED;
        }

        @Override
        public void apply(List<Seen> observed, ActionContext context) throws InterruptedException {
            each(observed, context, seen -> {
                Aim aim = aims.apply(seen.status());
                if (aim == null || !aim.change()) {
                    return false;
                }
                world.write(route, seen, aim.replicas(), aim.memory(), context.epoch());
                return true;
            });
        }

        @Override
        public void supersede(List<Seen> observed, ActionContext context) throws InterruptedException {
            each(observed, context, seen -> {
                world.touch(route, seen, context.epoch());
                return false;
            });
        }

        /** One that fails keeps no other from being written to, and no failure hides another. */
        private void each(List<Seen> observed, ActionContext context, Write write) throws InterruptedException {
            DrException first = null;
            for (Seen seen : observed) {
                context.requireAuthority();
                try {
                    if (write.to(seen)) {
                        // from here on a refusal of another one does not say that nothing was changed
                        context.noWayBack();
                    }
                } catch (DrException e) {
                    if (first == null) {
                        first = e;
                    } else if (first.retryable() && !e.retryable()) {
                        e.addSuppressed(first);
                        first = e;
                    } else {
                        first.addSuppressed(e);
                    }
                }
            }
            if (first != null) {
                throw first;
            }
        }
    }
}
