package io.drkit.core.readiness;

import io.drkit.core.DrException;
import io.drkit.core.action.Assessment;
import io.drkit.core.time.Survey;

/** What is made of assessments and of failures. */
final class Verdicts {
    private Verdicts() {}

    static Finding of(Survey.Answer<Finding> answer) {
        if (answer instanceof Survey.Answer.Value<Finding> value) {
            return value.value();
        } else if (answer instanceof Survey.Answer.Failed<Finding> failed) {
            return of(failed.failure());
        } else if (answer instanceof Survey.Answer.Silent<Finding> silent) {
            return Finding.unknown(silent.why(), "see why it hangs");
        }
        throw new AssertionError(answer);
    }

    /** A failure that no retry helps would stop the run just the same: that is known. Any other says nothing. */
    static Finding of(Exception failure) {
        if (failure instanceof DrException known) {
            String why = "expected " + known.problem().expected() + ", found "
                    + known.problem().found();
            return known.retryable()
                    ? Finding.unknown(why, known.problem().remedy())
                    : Finding.notReady(why, known.problem().remedy());
        }
        return Finding.unknown(say(failure), "see why it cannot be looked at");
    }

    static Finding of(Assessment assessment) {
        if (assessment instanceof Assessment.Done done) {
            return Finding.ready("already so: " + done.because());
        } else if (assessment instanceof Assessment.Needed needed) {
            return Finding.ready("would: " + String.join("; ", needed.changes()));
        } else if (assessment instanceof Assessment.Underway underway) {
            // what it waits for may never come, such as a pod that never becomes ready
            return Finding.unknown(
                    "under way: waiting for " + underway.waitingFor(),
                    "look again when that should have come; if it has not, see why");
        } else if (assessment instanceof Assessment.Blocked blocked) {
            return Finding.notReady(blocked.why(), blocked.remedy());
        }
        throw new AssertionError(assessment);
    }

    static String say(Throwable failure) {
        String message = failure.getMessage();
        return message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
    }
}
