package io.drkit.testkit.engine;

import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A world of named values for plans on virtual time, where exactly one task runs at a time. */
final class Town {
    record Place(String name) implements Site {}

    static final Place WEST = new Place("west");
    static final Place EAST = new Place("east");
    static final SiteSwitch<Place> OVER = SiteSwitch.switchoverFrom(WEST).to(EAST);

    final Map<String, String> values = new TreeMap<>();
    final List<String> applied = new ArrayList<>();
    /** Why a key cannot be set. */
    final Map<String, String> blocked = new TreeMap<>();
    /** How long setting a key takes. */
    final Map<String, Duration> takes = new TreeMap<>();
    /** The keys that cannot be read. */
    final List<String> dark = new ArrayList<>();

    /** A plan whose steps it names; objectives of an hour each. */
    static RecoveryPlan.Builder<Place> plan() {
        return RecoveryPlan.<Place>named("p").rpo(Duration.ofHours(1)).rto(Duration.ofHours(1));
    }

    Action<String> set(String key, String value) {
        return new Action<>() {
            @Override
            public String describe() {
                return "set " + key + " to " + value;
            }

            @Override
            public String observe(ActionContext context) {
                if (dark.contains(key)) {
                    throw new IllegalStateException(key + " cannot be read");
                }
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
                context.clockwork().sleep(takes.getOrDefault(key, Duration.ZERO));
                context.requireAuthority();
                applied.add(key + "=" + value);
                values.put(key, value);
            }

            @Override
            public ExecutionPolicy policy() {
                return ExecutionPolicy.builder().timeout(Duration.ofHours(1)).build();
            }
        };
    }
}
