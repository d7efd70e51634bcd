package io.drkit.testkit.crash;

import io.drkit.core.BlockedException;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.testkit.crash.ReferencePlan.Place;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The process that runs the reference plan and is killed. It is told line by line what to do, as
 * {@code directory TAB undone|succeeds TAB point or nothing}: run the plan over the world in that directory, or resume it if it
 * was begun, and stop at that point. It answers a line.
 */
final class CrashChild {
    static final String AT = "AT ";
    static final String ENDED = "ENDED ";
    static final String HALF = "half-way into ";
    static final String FAILING = "undone";

    private static final PrintStream OUT = System.out;

    private CrashChild() {}

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split("\t", -1);
            OUT.println(ENDED + work(Path.of(words[0]), words[1].equals(FAILING), words[2]));
        }
    }

    private static String work(Path directory, boolean failing, String point) throws Exception {
        Points points = new Points(point.isEmpty() ? null : point, OUT);
        FileWorld world = new FileWorld(directory.resolve("world"), points);
        JournalStore store = new FileJournalStore(directory.resolve("journal"));
        RecoveryPlan<Place> plan = ReferencePlan.over(world, failing);
        PlanRunner runner = PlanRunner.journalingTo(points.around(store)).build();
        String outcome;
        try {
            outcome = ended(runner.resume(plan, ReferencePlan.OVER));
        } catch (BlockedException e) {
            if (!e.code().equals("run.nothing-to-resume")) {
                throw e;
            }
            // either it had not begun, or all that its process did not come to was to say how it ended
            outcome = begun(store) ? "over" : ended(runner.run(plan, ReferencePlan.OVER));
        }
        Files.write(directory.resolve("points"), points.passed());
        return outcome;
    }

    private static boolean begun(JournalStore store) {
        try (Journal journal = store.open(new JournalKey("reference", "west", "east"))) {
            return !journal.latestRun().isEmpty();
        }
    }

    private static String ended(RunReport report) throws IOException {
        return report.outcome() + " " + report.runId();
    }
}
