package io.drkit.testkit.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.testkit.crash.FileWorld.Resource;
import io.drkit.testkit.evidence.Evidence;
import io.drkit.testkit.mutants.Mutant;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that runs the reference plan is killed at each point at which it can be: before, in the middle of and after each write to
 * the journal, before and after each call to a resource. Another process resumes. What comes of it is what comes of a run that
 * nobody disturbed, and no effect happens twice.
 */
@Tag("harness")
class CrashEverywhereTest {
    private static final int AT_A_TIME = 2;

    @TempDir
    Path root;

    private final AtomicInteger worlds = new AtomicInteger();

    /** One point at which a process was killed, and what became of the run. */
    private record Case(boolean failing, String point, String outcome, Map<String, Resource> end) {
        static Case at(boolean failing, String point) {
            return new Case(failing, point, "", Map.of());
        }

        /** SUCCEEDED, UNDONE, … */
        String word() {
            return outcome.substring(CrashChild.ENDED.length()).split(" ")[0];
        }

        /** Killed after its last entry, a run is over, and there is nothing to resume. */
        boolean endsAs(Case undisturbed) {
            return end.equals(undisturbed.end)
                    && List.of("over", undisturbed.word()).contains(word());
        }

        /** Whether all is as it was before the run, but for what nobody undoes. */
        boolean putBack() {
            return ReferencePlan.WORLD.entrySet().stream()
                    .allMatch(before -> before.getKey().equals("snapshots")
                            || before.getValue().equals(end.get(before.getKey()).value()));
        }

        int harmBeyond(Case undisturbed) {
            return ReferencePlan.NOT_IDEMPOTENT.stream()
                    .mapToInt(name -> Math.max(
                            0,
                            end.get(name).effects() - undisturbed.end.get(name).effects()))
                    .sum();
        }
    }

    @Test
    void resume_afterAKillAtAnyPoint_endsAsIfUndisturbedWithEveryEffectOnce() throws Exception {
        ChildProcess.Image image = ChildProcess.Image.in(root);
        image.train(world("training"));
        ConcurrentLinkedQueue<Case> open = new ConcurrentLinkedQueue<>();
        Map<Boolean, Case> undisturbed = undisturbed(image, open);
        assertThat(undisturbed.get(false).word()).isEqualTo("SUCCEEDED");
        assertThat(undisturbed.get(true).word()).isEqualTo("UNDONE");
        assertThat(undisturbed.get(true).putBack()).isTrue();
        int points = open.size();

        List<Case> tried = inParallel(image, open);

        List<String> different = new ArrayList<>();
        int twice = 0;
        for (Case each : tried) {
            Case wanted = undisturbed.get(each.failing());
            if (!each.endsAs(wanted)) {
                different.add((each.failing() ? "undoing, " : "forward, ") + each.point() + ": " + each.outcome()
                        + "\n  " + each.end() + "\n  instead of\n  " + wanted.end());
            }
            twice += each.harmBeyond(wanted);
        }
        Evidence.atLeast("crash-points-tried", tried.size(), "points", points).write();
        Evidence.atMost("crash-end-states-that-differed", different.size(), "end states", 0)
                .write();
        Evidence.atMost("non-idempotent-effects-done-twice", twice, "effects", 0)
                .write();
        assertThat(different).isEmpty();
        assertThat(twice).isZero();
        assertThat(tried).hasSize(points);
    }

    @Test
    void harness_aRunnerThatWritesNoIntentBeforeAnEffect_isSeen() throws Exception {
        Mutant bug = Mutant.of(
                "io.drkit.core.run.StepRun",
                "undo ? Kind.UNDO_INTENT : Kind.INTENT,",
                "undo ? Kind.UNDO_INTENT : Kind.FACT,");

        Case killed = work(broken(bug), List.of(Case.at(true, "after change of scheduler (1)")))
                .get(0);

        assertThat(killed.putBack())
                .as("nothing says that it was this run that changed it: %s", killed)
                .isFalse();
    }

    @Test
    void harness_aRunnerThatForgetsItsRunWhenItResumes_isSeenToDoAnEffectTwice() throws Exception {
        Mutant bug = Mutant.of(
                "io.drkit.core.run.PlanRun", "new RunScope( history.runId(),", "new RunScope( clockwork.newId(),");
        ChildProcess.Image image = broken(bug);
        Map<Boolean, Case> undisturbed = undisturbed(image, new ConcurrentLinkedQueue<>());

        Case killed =
                work(image, List.of(Case.at(false, "after change of jobs (1)"))).get(0);

        assertThat(killed.harmBeyond(undisturbed.get(false))).isEqualTo(1);
    }

    private ChildProcess.Image broken(Mutant bug) throws IOException {
        bug.writeTo(root.resolve("mutated"));
        return ChildProcess.Image.in(root, root.resolve("mutated"));
    }

    /** Runs both ways to their ends, and adds the points that they pass. */
    private Map<Boolean, Case> undisturbed(ChildProcess.Image image, Queue<Case> points) throws IOException {
        Map<Boolean, Case> undisturbed = new HashMap<>();
        try (ChildProcess child = ChildProcess.start(image)) {
            for (boolean failing : new boolean[] {false, true}) {
                Path directory = world("undisturbed-" + failing);
                String answer = child.tell(directory, failing, "");
                undisturbed.put(failing, new Case(failing, "", answer, end(directory)));
                for (String point : Files.readAllLines(directory.resolve("points"))) {
                    points.add(Case.at(failing, point));
                }
            }
        }
        return undisturbed;
    }

    private List<Case> inParallel(ChildProcess.Image image, Queue<Case> open) throws Exception {
        List<Case> tried = new ArrayList<>();
        ExecutorService workers = Executors.newFixedThreadPool(AT_A_TIME);
        try {
            List<Future<List<Case>>> shares = new ArrayList<>();
            for (int i = 0; i < AT_A_TIME; i++) {
                shares.add(workers.submit(() -> work(image, open)));
            }
            for (Future<List<Case>> share : shares) {
                tried.addAll(share.get());
            }
        } finally {
            workers.shutdownNow();
        }
        return tried;
    }

    /** Kills process after process; the one that resumed is the next to be killed. */
    private List<Case> work(ChildProcess.Image image, Collection<Case> cases) throws Exception {
        Queue<Case> open = cases instanceof Queue<Case> shared ? shared : new ArrayDeque<>(cases);
        List<Case> tried = new ArrayList<>();
        ChildProcess child = ChildProcess.start(image);
        try {
            for (Case next = open.poll(); next != null; next = open.poll()) {
                Path directory = world("crash-" + worlds.incrementAndGet());
                String answer = child.tell(directory, next.failing(), next.point());
                assertThat(answer).isEqualTo(CrashChild.AT + next.point());
                child.kill();
                if (next.point().startsWith(CrashChild.HALF)) {
                    tear(directory.resolve("journal"), next.point().contains("RUN_BEGAN"));
                }
                child = ChildProcess.start(image);
                String outcome = child.tell(directory, next.failing(), "");
                tried.add(new Case(next.failing(), next.point(), outcome, end(directory)));
            }
        } finally {
            child.close();
        }
        return tried;
    }

    private Path world(String name) throws IOException {
        Path directory = root.resolve(name);
        FileWorld.create(directory.resolve("world"), ReferencePlan.WORLD);
        return directory;
    }

    /** Leaves half of what was written last. */
    private static void tear(Path journal, boolean first) throws IOException {
        Path file;
        try (Stream<Path> files = Files.walk(journal)) {
            List<Path> runs =
                    files.filter(each -> each.toString().endsWith(".journal")).toList();
            assertThat(runs).hasSize(1);
            file = runs.get(0);
        }
        byte[] bytes = Files.readAllBytes(file);
        int lastLine = new String(bytes, StandardCharsets.ISO_8859_1).lastIndexOf('\n', bytes.length - 2) + 1;
        Files.write(file, Arrays.copyOf(bytes, lastLine + (bytes.length - lastLine) / 2));
        if (first) {
            // the first entry becomes visible with its file, as a whole
            Files.move(file, file.resolveSibling("run.new"));
        }
    }

    /** How the world stands: runs by their order instead of their ids, and without epochs, of which there are more after a crash. */
    private static Map<String, Resource> end(Path directory) {
        try {
            Map<String, Resource> end = new TreeMap<>();
            List<String> runs = new ArrayList<>();
            FileWorld.truth(directory.resolve("world")).forEach((name, resource) -> {
                String value = resource.value();
                if (value.endsWith(";")) {
                    StringBuilder numbered = new StringBuilder();
                    for (String run : value.split(";")) {
                        if (!runs.contains(run)) {
                            runs.add(run);
                        }
                        numbered.append("run ").append(runs.indexOf(run)).append(';');
                    }
                    value = numbered.toString();
                }
                end.put(name, new Resource(value, resource.effects(), 0));
            });
            return end;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
