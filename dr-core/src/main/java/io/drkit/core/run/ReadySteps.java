package io.drkit.core.run;

import io.drkit.core.plan.PlannedStep;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** Which steps may begin, those that the plan has first first. Looks at each step and each dependency once. Not thread-safe. */
final class ReadySteps {
    private final List<PlannedStep> steps;
    private final Map<String, List<Integer>> waitedForBy = new HashMap<>();
    private final int[] waitsFor;
    private final TreeSet<Integer> ready = new TreeSet<>();
    private final Map<String, Integer> places = new HashMap<>();

    /** All steps but the {@code finished}. */
    ReadySteps(List<PlannedStep> steps, Set<String> finished) {
        this.steps = steps;
        this.waitsFor = new int[steps.size()];
        for (int i = 0; i < waitsFor.length; i++) {
            PlannedStep step = steps.get(i);
            places.put(step.name(), i);
            if (finished.contains(step.name())) {
                continue;
            }
            for (String dependency : step.after()) {
                if (!finished.contains(dependency)) {
                    waitsFor[i]++;
                    waitedForBy
                            .computeIfAbsent(dependency, none -> new ArrayList<>())
                            .add(i);
                }
            }
            if (waitsFor[i] == 0) {
                ready.add(i);
            }
        }
    }

    boolean any() {
        return !ready.isEmpty();
    }

    /** Takes the first of them; only when there is {@link #any}. */
    PlannedStep take() {
        int first = ready.first();
        ready.remove(first);
        return steps.get(first);
    }

    /** One that was taken may begin after all, or once more. One that still waits for others begins when they have finished. */
    void add(String step) {
        int place = Objects.requireNonNull(places.get(step), step);
        if (waitsFor[place] == 0) {
            ready.add(place);
        }
    }

    void remove(String step) {
        ready.remove(places.get(step));
    }

    void finished(String step) {
        for (int waiting : waitedForBy.getOrDefault(step, List.of())) {
            if (--waitsFor[waiting] == 0) {
                ready.add(waiting);
            }
        }
    }
}
