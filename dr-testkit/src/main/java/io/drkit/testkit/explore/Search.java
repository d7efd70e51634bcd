package io.drkit.testkit.explore;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is still to be played, the schedules with fewer preemptions first. So a state is met first with the most preemptions to go,
 * and whoever meets it again has nothing to add.
 */
final class Search {
    private final List<Deque<int[]>> toPlay = new ArrayList<>();
    private final Set<Long> states = new HashSet<>();
    private final boolean pruning;
    private int level;

    Search(int preemptions, boolean pruning) {
        this.pruning = pruning;
        for (int i = 0; i <= preemptions; i++) {
            toPlay.add(new ArrayDeque<>());
        }
        toPlay.get(0).add(new int[0]);
    }

    /** The choices of the next play; null when all were played. */
    int @Nullable [] next() {
        while (level < toPlay.size()) {
            int[] next = toPlay.get(level).pollLast();
            if (next != null) {
                return next;
            }
            level++;
        }
        return null;
    }

    /** How many preemptions the schedules have that are played now. */
    int level() {
        return level;
    }

    long states() {
        return states.size();
    }

    boolean isNew(long state) {
        return states.add(state) || !pruning;
    }

    void later(int[] choices, int preemptions) {
        if (level + preemptions < toPlay.size()) {
            toPlay.get(level + preemptions).add(choices);
        }
    }
}
