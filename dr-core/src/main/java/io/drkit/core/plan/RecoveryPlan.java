package io.drkit.core.plan;

import io.drkit.core.Problem;
import io.drkit.core.Site;
import io.drkit.core.safety.SiteChange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A recovery plan: named steps with dependencies, over a site that is left and a site that is made active. Steps that do not
 * depend on each other run in parallel. Immutable, and thread-safe as far as its step functions are.
 *
 * <pre>{@code
 * RecoveryPlan<ShopSite> plan = RecoveryPlan.<ShopSite>named("shop")
 *         .rpo(Duration.ofMinutes(15))
 *         .rto(Duration.ofMinutes(30))
 *         .step("stop writers", (from, to) -> from.workloads().toZero(RUNTIME))
 *         .undo((from, to) -> from.workloads().restore(RUNTIME))
 *         .step("promote", (from, to) -> promoter.switchover(from.database(), to.database()))
 *         .inFailover((from, to) -> promoter.failover(from.database(), to.database(), terms(from)))
 *         .after("stop writers").pointOfNoReturn()
 *         .step("start writers", (from, to) -> to.workloads().restore(RUNTIME)).after("promote").restoresService()
 *         .build();
 * }</pre>
 *
 * <p>A plan is refused when it is built if it has a cycle, a name twice, an unknown dependency, or a step before the point of no
 * return that says neither how it is undone nor that there is nothing to undo.
 */
public final class RecoveryPlan<S extends Site> {
    private final String name;
    private final Objectives objectives;
    private final Map<Mode, List<Step<S>>> steps;
    private final Map<String, RuleFunction<S>> rules;

    private RecoveryPlan(
            String name, Objectives objectives, Map<Mode, List<Step<S>>> steps, Map<String, RuleFunction<S>> rules) {
        this.name = name;
        this.objectives = objectives;
        this.steps = steps;
        this.rules = new LinkedHashMap<>(rules);
    }

    /** Begins a plan. */
    public static <S extends Site> Builder<S> named(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("A plan has a name");
        }
        return new Builder<>(name);
    }

    /** The plan's name. */
    public String name() {
        return name;
    }

    /** What every run of it is held to. */
    public Objectives objectives() {
        return objectives;
    }

    /** The plan for one direction and mode: every step function called, the steps in an order in which they can run. */
    public BoundPlan bind(SiteSwitch<S> siteSwitch) {
        List<PlannedStep> planned = Objects.requireNonNull(steps.get(siteSwitch.mode()), "mode").stream()
                .map(step -> step.bind(siteSwitch))
                .toList();
        return new BoundPlan(
                name,
                objectives,
                siteSwitch.mode(),
                siteSwitch.from().name(),
                siteSwitch.to().name(),
                siteSwitch.outageBegan(),
                siteSwitch.detectedAt(),
                planned,
                rules.entrySet().stream()
                        .map(rule -> new PlannedRule(
                                rule.getKey(), rule.getValue().between(siteSwitch.from(), siteSwitch.to())))
                        .toList());
    }

    /** One step as it was declared, its dependencies already those of one mode. */
    private record Step<S extends Site>(
            String name,
            StepFunction<S> function,
            @Nullable StepFunction<S> undo,
            @Nullable String nothingToUndo,
            Set<String> after,
            boolean pointOfNoReturn,
            boolean restoresService,
            Set<SiteChange> makes,
            Optional<Approval> approval) {
        PlannedStep bind(SiteSwitch<S> siteSwitch) {
            Undo how = undo != null
                    ? new Undo.By(undo.between(siteSwitch.from(), siteSwitch.to()))
                    : nothingToUndo != null ? new Undo.Nothing(nothingToUndo) : new Undo.Never();
            return new PlannedStep(
                    name,
                    function.between(siteSwitch.from(), siteSwitch.to()),
                    List.copyOf(after),
                    how,
                    pointOfNoReturn,
                    restoresService,
                    makes,
                    approval);
        }
    }

    /** What a step declaration holds while the plan is being built. */
    private static final class Draft<S extends Site> {
        final String name;
        final Map<Mode, StepFunction<S>> functions = new EnumMap<>(Mode.class);
        final Set<String> after = new LinkedHashSet<>();

        @Nullable
        StepFunction<S> undo;

        @Nullable
        String nothingToUndo;

        boolean pointOfNoReturn;
        boolean restoresService;
        final Set<SiteChange> makes = EnumSet.noneOf(SiteChange.class);

        @Nullable
        Approval approval;

        Draft(String name, StepFunction<S> function) {
            this.name = name;
            for (Mode mode : Mode.values()) {
                functions.put(mode, function);
            }
        }
    }

    /** Builds a plan. Not thread-safe. */
    public static final class Builder<S extends Site> {
        private final String name;
        private final List<Draft<S>> drafts = new ArrayList<>();
        private final Map<String, RuleFunction<S>> rules = new LinkedHashMap<>();
        private @Nullable Duration rpo;
        private @Nullable Duration rto;

        private Builder(String name) {
            this.name = name;
        }

        /**
         * Recovery point objective: the longest span of changes that may be lost; zero or more. Required, as the RTO is: a recovery
         * without objectives cannot be said to have met them.
         */
        public Builder<S> rpo(Duration longestLoss) {
            if (longestLoss.isNegative()) {
                throw new IllegalArgumentException("The RPO is zero or more, not " + longestLoss);
            }
            rpo = longestLoss;
            return this;
        }

        /** Recovery time objective: the longest time until service is back; more than zero. Required. */
        public Builder<S> rto(Duration longestOutage) {
            if (longestOutage.isNegative() || longestOutage.isZero()) {
                throw new IllegalArgumentException("The RTO is more than zero, not " + longestOutage);
            }
            rto = longestOutage;
            return this;
        }

        /**
         * What must hold while the plan runs, whatever its steps want: see {@link io.drkit.core.safety.SafetyRule}.
         *
         * @param ruleName unique within the plan; it names the failure, and the one who overrides the rule names it so
         * @throws InvalidPlanException when there is another rule of that name
         */
        public Builder<S> safety(String ruleName, RuleFunction<S> rule) {
            if (ruleName.isBlank()) {
                throw new IllegalArgumentException("A rule has a name");
            }
            if (rules.put(ruleName, Objects.requireNonNull(rule, "rule")) != null) {
                throw new InvalidPlanException(
                        "plan.duplicate-rule",
                        Problem.expected("rule names that differ in the plan " + name)
                                .found("two rules named \"" + ruleName + "\"")
                                .remedy("rename one of them"));
            }
            return this;
        }

        /** Declares a step; what follows until the next one describes it. */
        public StepBuilder<S> step(String stepName, StepFunction<S> function) {
            if (stepName.isBlank()) {
                throw new IllegalArgumentException("A step has a name");
            }
            Draft<S> draft = new Draft<>(stepName, Objects.requireNonNull(function, "function"));
            drafts.add(draft);
            return new StepBuilder<>(this, draft);
        }

        /**
         * The plan.
         *
         * @throws InvalidPlanException when it cannot be run as written
         * @throws IllegalStateException when it has no RPO, or no RTO
         */
        public RecoveryPlan<S> build() {
            if (rpo == null || rto == null) {
                throw new IllegalStateException("The plan " + name + " needs its objectives: rpo(…) and rto(…)");
            }
            if (drafts.isEmpty()) {
                throw new InvalidPlanException(
                        "plan.no-steps",
                        Problem.expected("steps in the plan " + name)
                                .found("none")
                                .remedy("declare them with step(…)"));
            }
            checkNames();
            checkCycles();
            Map<Mode, List<Step<S>>> byMode = new EnumMap<>(Mode.class);
            for (Mode mode : Mode.values()) {
                List<Step<S>> ordered = ordered(mode);
                checkUndo(mode, ordered);
                byMode.put(mode, ordered);
            }
            return new RecoveryPlan<>(name, new Objectives(rpo, rto), byMode, rules);
        }

        private void checkNames() {
            Set<String> names = new LinkedHashSet<>();
            for (Draft<S> draft : drafts) {
                if (!names.add(draft.name)) {
                    throw new InvalidPlanException(
                            "plan.duplicate-step",
                            Problem.expected("step names that differ in the plan " + name)
                                    .found("two steps named \"" + draft.name + "\"")
                                    .remedy("rename one of them"));
                }
            }
            Set<String> approvals = new HashSet<>();
            for (Draft<S> draft : drafts) {
                if (draft.approval != null && !approvals.add(draft.approval.name())) {
                    throw new InvalidPlanException(
                            "plan.duplicate-approval",
                            Problem.expected("approval names that differ in the plan " + name)
                                    .found("two approvals named \"" + draft.approval.name() + "\"")
                                    .remedy("rename one of them"));
                }
                for (String dependency : draft.after) {
                    if (!names.contains(dependency)) {
                        throw new InvalidPlanException(
                                "plan.unknown-dependency",
                                Problem.expected("\"" + draft.name + "\" to come after a step of the plan " + name)
                                        .found("\"" + dependency + "\", which is none of "
                                                + names.stream()
                                                        .map(n -> "\"" + n + "\"")
                                                        .collect(Collectors.joining(", ")))
                                        .remedy("correct the name in after(…)"));
                    }
                }
            }
        }

        /**
         * The steps of one mode in an order in which they can run; of those that may come next, the one declared first. The order
         * of one mode and that of the other are parts of one order of all steps.
         */
        private List<Step<S>> ordered(Mode mode) {
            Map<String, Integer> waitsFor = new HashMap<>();
            Map<String, List<Integer>> waitedForBy = new HashMap<>();
            TreeSet<Integer> next = new TreeSet<>();
            for (int i = 0; i < drafts.size(); i++) {
                Draft<S> draft = drafts.get(i);
                waitsFor.put(draft.name, draft.after.size());
                for (String dependency : draft.after) {
                    waitedForBy
                            .computeIfAbsent(dependency, none -> new ArrayList<>())
                            .add(i);
                }
                if (draft.after.isEmpty()) {
                    next.add(i);
                }
            }
            Map<String, Set<String>> standsFor = new HashMap<>();
            List<Step<S>> ordered = new ArrayList<>();
            for (Integer first = next.pollFirst(); first != null; first = next.pollFirst()) {
                Draft<S> draft = drafts.get(first);
                Set<String> after = new LinkedHashSet<>();
                draft.after.forEach(dependency -> after.addAll(standsFor.getOrDefault(dependency, Set.of())));
                StepFunction<S> function = draft.functions.get(mode);
                // A step that has no part in this mode hands on its own dependencies.
                standsFor.put(draft.name, function == null ? after : Set.of(draft.name));
                if (function != null) {
                    ordered.add(new Step<>(
                            draft.name,
                            function,
                            draft.undo,
                            draft.nothingToUndo,
                            after,
                            draft.pointOfNoReturn,
                            draft.restoresService,
                            draft.makes,
                            Optional.ofNullable(draft.approval)));
                }
                for (int waiting : waitedForBy.getOrDefault(draft.name, List.of())) {
                    if (waitsFor.merge(drafts.get(waiting).name, -1, Integer::sum) == 0) {
                        next.add(waiting);
                    }
                }
            }
            return ordered;
        }

        private void checkCycles() {
            Map<String, Draft<S>> byName = new HashMap<>();
            drafts.forEach(draft -> byName.put(draft.name, draft));
            Set<String> clear = new HashSet<>();
            for (Draft<S> draft : drafts) {
                walk(draft, byName, clear, new LinkedHashSet<>());
            }
        }

        private void walk(Draft<S> draft, Map<String, Draft<S>> byName, Set<String> clear, Set<String> path) {
            if (clear.contains(draft.name)) {
                return;
            }
            if (!path.add(draft.name)) {
                List<String> all = new ArrayList<>(path);
                List<String> cycle = new ArrayList<>(all.subList(all.indexOf(draft.name), all.size()));
                cycle.add(draft.name);
                throw new InvalidPlanException(
                        "plan.cycle",
                        Problem.expected("steps of the plan " + name + " that can be put in an order")
                                .found("a cycle: " + String.join(" after ", cycle))
                                .remedy("remove one of these dependencies"));
            }
            for (String dependency : draft.after) {
                walk(Objects.requireNonNull(byName.get(dependency), dependency), byName, clear, path);
            }
            path.remove(draft.name);
            clear.add(draft.name);
        }

        /** What is not bound to come after a point of no return may have to be put back. */
        private void checkUndo(Mode mode, List<Step<S>> ordered) {
            Set<String> beyond = new LinkedHashSet<>();
            for (Step<S> step : ordered) {
                if (step.pointOfNoReturn() || step.after().stream().anyMatch(beyond::contains)) {
                    beyond.add(step.name());
                } else if (step.undo() == null && step.nothingToUndo() == null) {
                    throw new InvalidPlanException(
                            "plan.missing-undo",
                            Problem.expected("each step before the point of no return to say how it is undone")
                                    .found("\"" + step.name() + "\" in the plan " + name
                                            + " saying nothing of it (in a " + mode + ")")
                                    .remedy(
                                            "add undo(…) or nothingToUndo(why) to it, or after(…) a point of no return"));
                }
            }
        }
    }

    /** Describes the step just declared, or goes on to the next. Not thread-safe. */
    public static final class StepBuilder<S extends Site> {
        private final Builder<S> plan;
        private final Draft<S> draft;

        private StepBuilder(Builder<S> plan, Draft<S> draft) {
            this.plan = plan;
            this.draft = draft;
        }

        /** It begins when all of these are done. */
        public StepBuilder<S> after(String... steps) {
            draft.after.addAll(Arrays.asList(steps));
            return this;
        }

        /** How it is undone, in a run over the same two sites. */
        public StepBuilder<S> undo(StepFunction<S> undo) {
            draft.undo = undo;
            draft.nothingToUndo = null;
            return this;
        }

        /** It changes nothing that would have to be put back, and {@code because} says why. */
        public StepBuilder<S> nothingToUndo(String because) {
            draft.nothingToUndo = because;
            draft.undo = null;
            return this;
        }

        /**
         * There is no way back once its change is under way, or where it was so before the run looked: from there on a failed run
         * only goes forward.
         */
        public StepBuilder<S> pointOfNoReturn() {
            draft.pointOfNoReturn = true;
            return this;
        }

        /** Service is back when this is done: the achieved RTO is measured to here. */
        public StepBuilder<S> restoresService() {
            draft.restoresService = true;
            return this;
        }

        /** What it makes true of the sites when it is done, in either mode: safety rules are judged with it before its change. */
        public StepBuilder<S> makes(SiteChange... changes) {
            draft.makes.addAll(Arrays.asList(changes));
            return this;
        }

        /**
         * It waits, before it begins, until a person in that role has approved. Rejected, or after that time, it counts as failed.
         *
         * @param name unique within the plan; whoever approves names it so
         */
        public StepBuilder<S> approval(String name, String role, Duration timeout) {
            draft.approval = new Approval(name, role, timeout);
            return this;
        }

        /** What it does instead in a failover. */
        public StepBuilder<S> inFailover(StepFunction<S> function) {
            draft.functions.put(Mode.FAILOVER, function);
            return this;
        }

        /** It has a part in this mode alone; in the other, what comes after it comes after what it comes after. */
        public StepBuilder<S> onlyIn(Mode mode) {
            draft.functions.keySet().retainAll(Set.of(mode));
            return this;
        }

        /** Goes on to the next step. */
        public StepBuilder<S> step(String name, StepFunction<S> function) {
            return plan.step(name, function);
        }

        /** As {@link Builder#build()}. */
        public RecoveryPlan<S> build() {
            return plan.build();
        }
    }

    @Override
    public String toString() {
        return "RecoveryPlan[" + name + ", "
                + Optional.ofNullable(steps.get(Mode.SWITCHOVER))
                        .map(List::size)
                        .orElse(0) + " steps]";
    }
}
