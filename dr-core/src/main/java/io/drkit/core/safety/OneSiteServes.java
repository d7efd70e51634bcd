package io.drkit.core.safety;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;

record OneSiteServes(Action<?> fromServes, Action<?> toServes) implements SafetyRule<OneSiteServes.Seen> {
    record Seen(Truth from, Truth to) {}

    @Override
    public String describe() {
        return "one of these when the switch is over: " + fromServes.describe() + "; " + toServes.describe();
    }

    @Override
    public boolean concerns(Outlook outlook) {
        return outlook.over();
    }

    @Override
    public Seen observe(ActionContext context) throws InterruptedException {
        return new Seen(Truth.of(fromServes, context), Truth.of(toServes, context));
    }

    @Override
    public SafetyFinding judge(Seen seen, Outlook outlook) {
        if (seen.to().yes() || seen.from().yes()) {
            return SafetyFinding.holds((seen.to().yes() ? seen.to() : seen.from()).why());
        }
        String neither = seen.from().why() + "; " + seen.to().why();
        return seen.to().no() && seen.from().no()
                ? SafetyFinding.broken("no site serves: " + neither)
                : SafetyFinding.unknown("it cannot be told whether any site serves: " + neither);
    }
}
