package io.drkit.testkit.explore;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.action.ActionExecutor;
import io.drkit.core.lease.Leadership;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.evidence.Evidence;
import io.drkit.testkit.mutants.Mutant;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bugs planted in the engine's own source, each of which the exploration of the scenarios finds. */
@Timeout(240)
@Tag("harness")
class PlantedBugsTest {
    private static final double AIM_SECONDS = 60;

    static final class OverRunners implements Callable<List<String>> {
        @Override
        public List<String> call() throws Exception {
            return search(
                    Exploration.of(new TwoRunners(false, true))
                            .preemptions(0)
                            .mishaps(Mishap.CRASH_AFTER, Mishap.REQUEST_LOST),
                    Exploration.of(new TwoRunners(false, false))
                            .preemptions(0)
                            .mishaps(Mishap.CRASH_AFTER, Mishap.REQUEST_LOST));
        }
    }

    static final class OverLeaders implements Callable<List<String>> {
        @Override
        public List<String> call() throws Exception {
            return search(Exploration.of(new TwoLeaders()).preemptions(0).atMost(1_000));
        }
    }

    /** The message of the breach and the seconds until it was found, as texts; empty when there is none. */
    private static List<String> search(Exploration... explorations) throws Exception {
        Clockwork real = Clockwork.system();
        long began = real.nanoTime();
        for (Exploration each : explorations) {
            try {
                each.explore();
            } catch (Breach breach) {
                double seconds = Duration.ofNanos(real.nanoTime() - began).toMillis() / 1000.0;
                return List.of(String.valueOf(breach.getMessage()), Double.toString(seconds));
            }
        }
        return List.of();
    }

    private static void isFound(String bug, List<String> found, String... sayings) throws Exception {
        assertThat(found).as("the breach of the bug %s", bug).isNotEmpty();
        assertThat(found.get(0)).containsAnyOf(sayings).contains("Replay it with: exploration.replay(");
        Evidence evidence =
                Evidence.atMost("seconds-to-find-" + bug, Double.parseDouble(found.get(1)), "s", AIM_SECONDS);
        evidence.write();
        System.out.println(bug + ": found after " + found.get(1) + " s: "
                + found.get(0).lines().limit(3).toList());
        assertThat(evidence.met()).isTrue();
    }

    @Test
    void explore_noBug_findsNothing() throws Exception {
        assertThat(new OverRunners().call()).isEmpty();
        assertThat(new OverLeaders().call()).isEmpty();
    }

    @Test
    void explore_noIntentBeforeTheEffect_isFound() throws Exception {
        Mutant bug = Mutant.of("io.drkit.core.run.StepRun", """
            log.write( undo ? Kind.UNDO_INTENT : Kind.INTENT, step.name(), Map.of("began", began.toString(), "changes",
            String.join("\\n", needed.changes())), this::requireWanted);
            """, "");
        isFound("no-intent-before-effect", bug.call(OverRunners.class), "left half way", "says undone, and is not");
    }

    @Test
    void explore_unknownReadAsSuccess_isFound() throws Exception {
        Mutant bug = Mutant.of(
                ActionExecutor.class,
                "failures.add(e); watcher.outcomeUnknown(e);",
                "return new Assessment.Done(\"no answer came\");");
        isFound(
                "unknown-read-as-success",
                bug.call(OverRunners.class),
                "left half way",
                "says done, and is not",
                "says undone, and is not");
    }

    @Test
    void explore_leaseReleasedBeforeTheStopCallbackEnded_isFound() throws Exception {
        Mutant bug = Mutant.of(
                Leadership.class,
                "boolean stopped = stopping.join(stopWithin) && leading.join(deadline.remaining());",
                "boolean stopped = true;");
        isFound("release-before-stop", bug.call(OverLeaders.class), "two lead at once");
    }
}
