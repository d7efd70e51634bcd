package io.drkit.samples.benchmarks;

import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.run.PlanRunner;
import io.drkit.testkit.evidence.Evidence;
import io.drkit.testkit.journal.InMemoryJournalStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * How long a plan of 1,000 steps that cost nothing takes, one after the other with the journal on disk, beside writing the very
 * same journal's lines to a file with the same number of fsyncs and nothing else.
 */
final class Overhead {
    private static final int STEPS = 1_000;
    private static final int ROUNDS = 7;

    private Overhead() {}

    private record Place(String name) implements Site {}

    static void measure() throws Exception {
        Path folder = Path.of(System.getProperty("drkit.evidence.dir", "target/evidence"))
                .resolveSibling("benchmarks")
                .toAbsolutePath();
        Files.createDirectories(folder);
        System.out.println(
                "Overhead: a plan of " + STEPS + " steps beside the bare writes and fsyncs of its journal, on "
                        + Files.getFileStore(folder).type() + "; median of " + ROUNDS
                        + " in turns, least and most in brackets");
        Timing running = new Timing(ROUNDS);
        Timing bare = new Timing(ROUNDS);
        Timing inMemory = new Timing(ROUNDS);
        run(new FileJournalStore(folder.resolve("warm-up")));
        List<String> written = journal(folder.resolve("warm-up"));
        for (int round = 0; round < ROUNDS; round++) {
            Path home = folder.resolve("round-" + round);
            Path file = folder.resolve("bare-" + round);
            boolean planFirst = round % 2 == 0;
            if (planFirst) {
                running.add(() -> run(new FileJournalStore(home)));
            }
            bare.add(() -> bare(file, written));
            if (!planFirst) {
                running.add(() -> run(new FileJournalStore(home)));
            }
            inMemory.add(() -> run(new InMemoryJournalStore()));
        }
        delete(folder);
        double ratio = running.median() / bare.median();
        System.out.printf(
                Locale.ROOT,
                "  %,d journal lines, %,d of them steps' intents and outcomes%n",
                written.size(),
                2 * STEPS);
        System.out.println("  the plan, journal on disk   " + running);
        System.out.println("  bare writes and fsyncs      " + bare);
        System.out.println("  the plan, journal in memory " + inMemory);
        System.out.printf(Locale.ROOT, "  ratio of the first two %.2f%n", ratio);
        Evidence.atMost("runner-overhead", Math.round(ratio * 100) / 100.0, "times the bare fsyncs", 1.5)
                .write();
    }

    private static void run(JournalStore journals) throws InterruptedException {
        Set<String> set = new HashSet<>();
        RecoveryPlan.Builder<Place> plan = RecoveryPlan.<Place>named("thousand steps")
                .rpo(Duration.ofMinutes(1))
                .rto(Duration.ofMinutes(1));
        RecoveryPlan.StepBuilder<Place> last = plan.step("step 0", (from, to) -> new Add(set, "0"));
        last.nothingToUndo("it is a benchmark");
        for (int i = 1; i < STEPS; i++) {
            String number = Integer.toString(i);
            last = last.step("step " + i, (from, to) -> new Add(set, number))
                    .after("step " + (i - 1))
                    .nothingToUndo("it is a benchmark");
        }
        var report = PlanRunner.journalingTo(journals)
                .build()
                .run(last.build(), SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east")));
        if (!report.succeeded() || set.size() != STEPS) {
            throw new IllegalStateException("The plan did not succeed: " + report.outcome() + " " + report.reason());
        }
    }

    /** The lines of the run's journal. */
    private static List<String> journal(Path home) throws IOException {
        try (Stream<Path> files = Files.walk(home)) {
            Path file = files.filter(f -> f.toString().endsWith(".journal"))
                    .findFirst()
                    .orElseThrow();
            return Files.readAllLines(file);
        }
    }

    private static void bare(Path file, List<String> lines) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            for (String line : lines) {
                ByteBuffer buffer = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.force(false);
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** A step that costs nothing: a number is in a set. */
    private record Add(Set<String> set, String number) implements Action<Boolean> {
        @Override
        public String describe() {
            return "add " + number;
        }

        @Override
        public Boolean observe(ActionContext context) {
            return set.contains(number);
        }

        @Override
        public Assessment assess(Boolean there) {
            return there ? Assessment.done("it is there") : Assessment.needed("add " + number);
        }

        @Override
        public void apply(Boolean there, ActionContext context) {
            set.add(number);
        }
    }
}
