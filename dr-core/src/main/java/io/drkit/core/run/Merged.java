package io.drkit.core.run;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.Function;

/** Two parts of one order, as one list in that order: the steps of a plan's two modes. */
final class Merged {
    private Merged() {}

    static <T> List<T> of(List<T> first, List<T> second, Function<T, String> name, BinaryOperator<T> both) {
        Map<String, T> inFirst = new HashMap<>();
        first.forEach(each -> inFirst.put(name.apply(each), each));
        List<T> merged = new ArrayList<>();
        int next = 0;
        for (T each : second) {
            T twin = inFirst.get(name.apply(each));
            if (twin == null) {
                merged.add(each);
                continue;
            }
            while (!name.apply(first.get(next)).equals(name.apply(each))) {
                merged.add(first.get(next));
                next++;
            }
            next++;
            merged.add(both.apply(twin, each));
        }
        merged.addAll(first.subList(next, first.size()));
        return merged;
    }
}
