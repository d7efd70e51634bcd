package io.drkit.core.run;

import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A world of named values that survives the process under test, and counts what is done to it. */
final class World {
    record Place(String name) implements Site {}

    static final Place WEST = new Place("west");
    static final Place EAST = new Place("east");

    final Map<String, String> values = new ConcurrentHashMap<>();
    final List<String> applied = new CopyOnWriteArrayList<>();
    /** Runs inside apply before the change; throws to fail it. By the action's key. */
    final Map<String, Hook> before = new ConcurrentHashMap<>();
    /** Runs inside apply after the change. */
    final Map<String, Hook> after = new ConcurrentHashMap<>();
    /** Why a key cannot be set, as its assessment says. */
    final Map<String, String> blocked = new ConcurrentHashMap<>();

    interface Hook {
        void run(ActionContext context) throws InterruptedException;
    }

    Action<String> set(String key, String value) {
        return set(key, value, Duration.ofSeconds(5));
    }

    Action<String> set(String key, String value, Duration timeout) {
        return new Action<>() {
            @Override
            public String describe() {
                return "set " + key + " to " + value;
            }

            @Override
            public String observe(ActionContext context) {
                return values.getOrDefault(key, "");
            }

            @Override
            public Assessment assess(String observed) {
                if (observed.equals(value)) {
                    return Assessment.done(key + " is " + value);
                }
                String why = blocked.get(key);
                return why == null
                        ? Assessment.needed(key + " from '" + observed + "' to '" + value + "'")
                        : Assessment.blocked(why, "unblock it");
            }

            @Override
            public void apply(String observed, ActionContext context) throws InterruptedException {
                Hook first = before.get(key);
                if (first != null) {
                    first.run(context);
                }
                applied.add(key + "=" + value);
                values.put(key, value);
                Hook second = after.get(key);
                if (second != null) {
                    second.run(context);
                }
            }

            @Override
            public ExecutionPolicy policy() {
                return ExecutionPolicy.builder()
                        .timeout(timeout)
                        .attempts(3)
                        .backoff(Duration.ofMillis(1), Duration.ofMillis(2))
                        .pollInterval(Duration.ofMillis(1))
                        .build();
            }
        };
    }
}
