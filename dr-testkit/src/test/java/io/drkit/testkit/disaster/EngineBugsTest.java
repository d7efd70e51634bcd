package io.drkit.testkit.disaster;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.action.ActionExecutor;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.evidence.Evidence;
import io.drkit.testkit.mutants.Mutant;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bugs planted in the engine itself are found by simulating a plan that is right. */
@Tag("harness")
class EngineBugsTest {
    /** Looks for a disaster; answers what it found. */
    static final class Search implements Callable<String> {
        @Override
        public String call() throws InterruptedException {
            try {
                Shop.disasters().runs(20_000).holds(Invariants.all());
                return "";
            } catch (DisasterFound found) {
                return String.valueOf(found.getMessage());
            }
        }
    }

    @Test
    void intentWrittenAfterTheEffect_isFoundWithinAMinute() throws Exception {
        Mutant bug = Mutant.of(
                ActionExecutor.class,
                "watcher.applying(needed, applied); try { context.requireAuthority(); action.apply(observed, context);",
                "try { context.requireAuthority(); action.apply(observed, context); watcher.applying(needed, applied);");

        assertThat(found("intent-after-effect", bug)).contains("a report says only what is so");
    }

    @Test
    void journalReleasedBeforeTheStepsAreStopped_isFoundWithinAMinute() throws Exception {
        Mutant bug = Mutant.of("io.drkit.core.run.PlanRun", "crew.stopAll(e); tellBrokeOff(e);", "tellBrokeOff(e);");

        assertThat(found("release-before-stop", bug)).contains("nothing is changed after a run has ended");
    }

    @Test
    void unknownOutcomeReadAsSuccess_isFoundWithinAMinute() throws Exception {
        Mutant bug = Mutant.of(
                ActionExecutor.class,
                "failures.add(e); watcher.outcomeUnknown(e);",
                "return new Assessment.Done(\"it was applied\");");

        assertThat(found("unknown-as-success", bug)).contains("Broken at");
    }

    @Test
    void leaseNotLookedAtBeforeAnEffect_isFoundWithinAMinute() throws Exception {
        Mutant bug = Mutant.of("io.drkit.core.run.PlanRunner", "lease.ifPresent(Lease::requireHeld);", "");

        assertThat(found("lease-not-looked-at", bug)).contains("nothing without the lease");
    }

    private static String found(String name, Mutant bug) throws Exception {
        Clockwork clock = Clockwork.system();
        long began = clock.nanoTime();
        String message = bug.call(Search.class);
        double seconds = (clock.nanoTime() - began) / 1e9;
        Evidence.atMost("seconds-to-find-" + name, seconds, "s", 60).seed(1).write();
        assertThat(message).as("what was found of " + bug).isNotEmpty();
        assertThat(seconds).isLessThan(60);
        return message;
    }
}
