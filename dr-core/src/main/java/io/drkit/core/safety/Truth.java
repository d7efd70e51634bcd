package io.drkit.core.safety;

import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;

/** Whether something is so, as far as it can be known. */
record Truth(Is is, String why) {
    enum Is {
        YES,
        NO,
        UNKNOWN
    }

    static Truth yes(String why) {
        return new Truth(Is.YES, why);
    }

    static Truth no(String why) {
        return new Truth(Is.NO, why);
    }

    static Truth unknown(String why) {
        return new Truth(Is.UNKNOWN, why);
    }

    /** Whether nothing is left to do for it. */
    static <O> Truth of(Action<O> action, ActionContext context) throws InterruptedException {
        Assessment found;
        try {
            found = action.assess(action.observe(context));
        } catch (RuntimeException e) {
            return unknown(action.describe() + ": " + (e.getMessage() == null ? e.toString() : e.getMessage()));
        }
        if (found instanceof Assessment.Done done) {
            return yes(done.because());
        } else if (found instanceof Assessment.Needed needed) {
            return no("still to do: " + String.join("; ", needed.changes()));
        } else if (found instanceof Assessment.Underway underway) {
            return no("still waiting for " + underway.waitingFor());
        } else if (found instanceof Assessment.Blocked blocked) {
            return no(blocked.why());
        }
        throw new AssertionError(found);
    }

    boolean yes() {
        return is == Is.YES;
    }

    boolean no() {
        return is == Is.NO;
    }
}
