package io.drkit.core.run;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.EpochCheck;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.action.SupersedingAction;

/** Makes void what an action asked for and had no answer to: observed, tried again and bounded like the action. For one execution. */
final class Superseding<O> implements Action<O> {
    private final SupersedingAction<O> asked;
    private boolean made;

    Superseding(SupersedingAction<O> asked) {
        this.asked = asked;
    }

    @Override
    public String describe() {
        return "make void what was asked for and got no answer: " + asked.describe();
    }

    @Override
    public O observe(ActionContext context) throws InterruptedException {
        return asked.observe(context);
    }

    @Override
    public Assessment assess(O observed) {
        return made ? Assessment.done("nothing that was asked for before takes effect") : Assessment.needed(describe());
    }

    @Override
    public void apply(O observed, ActionContext context) throws InterruptedException {
        asked.supersede(observed, context);
        made = true;
    }

    @Override
    public ExecutionPolicy policy() {
        return asked.policy();
    }

    @Override
    public EpochCheck epochCheck() {
        return asked.epochCheck();
    }
}
