package io.drkit.core.safety;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;

record TrafficOnlyToReady(Action<?> toReady) implements SafetyRule<Truth> {
    @Override
    public String describe() {
        return "no traffic before this is so: " + toReady.describe();
    }

    @Override
    public boolean concerns(Outlook outlook) {
        return outlook.coming().contains(SiteChange.TRAFFIC_TO)
                || (outlook.over() && outlook.made().contains(SiteChange.TRAFFIC_TO));
    }

    @Override
    public Truth observe(ActionContext context) throws InterruptedException {
        return Truth.of(toReady, context);
    }

    @Override
    public SafetyFinding judge(Truth ready, Outlook outlook) {
        if (!concerns(outlook)) {
            return SafetyFinding.holds("no traffic is moved");
        }
        return switch (ready.is()) {
            case YES -> SafetyFinding.holds(ready.why());
            case NO -> SafetyFinding.broken("it is not ready: " + ready.why());
            case UNKNOWN -> SafetyFinding.unknown("it cannot be told whether it is ready: " + ready.why());
        };
    }
}
