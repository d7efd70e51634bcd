package io.drkit.testkit.disaster;

import io.drkit.core.Site;
import io.drkit.core.plan.RecoveryPlan;
import java.util.function.Function;

/** How an application makes its plan and its sites from a simulated world. */
record Application<S extends Site>(
        Function<World, RecoveryPlan<S>> plans, Function<SimulatedSite, S> sites, Setting setting) {
    RecoveryPlan<S> plan(World world) {
        return plans.apply(world);
    }

    S site(SimulatedSite parts) {
        return sites.apply(parts);
    }
}
