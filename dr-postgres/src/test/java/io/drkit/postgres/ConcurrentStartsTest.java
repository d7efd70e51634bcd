package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.drkit.core.DrException;
import io.drkit.core.Site;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.event.RunEvent;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.testkit.evidence.Evidence;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Everybody presses the button at the same time: five processes of ten threads each, over one journal. */
@Timeout(180)
class ConcurrentStartsTest {
    private static final int PROCESSES = 5;
    private static final int THREADS = 10;
    private static final JournalKey KEY = new JournalKey("shop", "west", "east");

    @TempDir
    Path home;

    private final List<Process> processes = new ArrayList<>();

    private record Place(String name) implements Site {}

    /** A change that shows at once, and ends when the test says so. */
    private record Hold(Path home) implements Action<List<Boolean>> {
        @Override
        public String describe() {
            return "hold the run";
        }

        @Override
        public List<Boolean> observe(ActionContext context) {
            return List.of(Files.exists(home.resolve("effects")), Files.exists(home.resolve("finish")));
        }

        @Override
        public Assessment assess(List<Boolean> observed) {
            if (!observed.get(0)) {
                return Assessment.needed("hold it");
            }
            return observed.get(1) ? Assessment.done("it may go on") : Assessment.underway("the test to let it go on");
        }

        @Override
        public void apply(List<Boolean> observed, ActionContext context) {
            try {
                Files.writeString(
                        home.resolve("effects"),
                        "under " + context.epoch() + "\n",
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
                System.out.println("HOLDING");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public ExecutionPolicy policy() {
            return ExecutionPolicy.builder()
                    .timeout(Duration.ofMinutes(3))
                    .pollInterval(Duration.ofMillis(100))
                    .build();
        }
    }

    /** Waits for a line, then starts the plan from every thread; tells what becomes of each. */
    static final class Starter {
        private Starter() {}

        public static void main(String[] args) throws IOException, InterruptedException {
            Path home = Path.of(args[0]);
            RecoveryPlan<Place> plan = RecoveryPlan.<Place>named("shop")
                    .rpo(Duration.ofMinutes(5))
                    .rto(Duration.ofMinutes(5))
                    .step("hold", (from, to) -> new Hold(home))
                    .pointOfNoReturn()
                    .build();
            CountDownLatch go = new CountDownLatch(1);
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                Thread thread = new Thread(() -> start(args, plan, go));
                threads.add(thread);
                thread.start();
            }
            System.out.println("READY");
            System.in.read();
            go.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
        }

        private static void start(String[] args, RecoveryPlan<Place> plan, CountDownLatch go) {
            try {
                PlanRunner runner = PlanRunner.journalingTo(journals(args))
                        .listenEvery(Duration.ofMillis(250))
                        .listener(event -> {
                            if (event instanceof RunEvent.Attached attached) {
                                System.out.println("ATTACHED " + attached.runId());
                            }
                        })
                        .build();
                go.await();
                RunReport report = runner.run(
                        plan, SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east")));
                System.out.println("RAN " + report.runId() + " " + report.epoch() + " " + report.outcome());
            } catch (DrException e) {
                System.out.println("REFUSED " + e.code() + " " + e.getMessage());
            } catch (Exception e) {
                System.out.println("FAILED " + e);
            }
        }
    }

    private static JournalStore journals(String[] args) {
        return args[1].equals("files")
                ? new FileJournalStore(Path.of(args[2]))
                : new PostgresJournalStore(RegistryServer.node(args[1], Integer.parseInt(args[2])), args[3]);
    }

    @AfterEach
    void endAll() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    @DisplayName("F3: 50 concurrent starts from 5 processes over one folder are one run under one epoch")
    void run_fiftyAtOnceOverFiles_isOneRunUnderOneEpoch() throws Exception {
        int runs = startAll("files", home.resolve("journals").toString());
        Evidence.atLeast("concurrent-starts", PROCESSES * THREADS, "starts", PROCESSES * THREADS)
                .write();
        Evidence.atMost("runs-from-concurrent-starts", runs, "runs", 1).write();
    }

    @Test
    @DisplayName("F3: 50 concurrent starts from 5 processes over one PostgreSQL registry are one run under one epoch")
    void run_fiftyAtOnceOverPostgres_isOneRunUnderOneEpoch() throws Exception {
        try (RegistryServer registry = new RegistryServer(home.resolve("registry"))) {
            int runs =
                    startAll(registry.server.host(), Integer.toString(registry.server.port()), RegistryServer.schema());
            Evidence.atMost("runs-from-concurrent-starts-postgres", runs, "runs", 1)
                    .write();
        }
    }

    private int startAll(String... store) throws Exception {
        BlockingQueue<String> said = new LinkedBlockingQueue<>();
        List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < PROCESSES; i++) {
            List<String> command = new ArrayList<>(List.of(
                    ProcessHandle.current().info().command().orElseThrow(),
                    "-Xmx96m",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Starter.class.getName(),
                    home.toString()));
            command.addAll(List.of(store));
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            processes.add(process);
            Thread reader = new Thread(() -> readAll(process, said));
            readers.add(reader);
            reader.start();
        }
        List<String> lines = new ArrayList<>();
        await(said, lines, PROCESSES, "READY");
        for (Process process : processes) {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
        }
        await(said, lines, PROCESSES * THREADS, "HOLDING", "ATTACHED", "REFUSED", "FAILED");
        Files.createFile(home.resolve("finish"));
        for (Thread reader : readers) {
            reader.join();
        }
        said.drainTo(lines);

        String[] args = new String[store.length + 1];
        System.arraycopy(store, 0, args, 1, store.length);
        List<List<JournalEntry>> runs = journals(args).runs(KEY, Integer.MAX_VALUE);
        Set<String> epochs = new TreeSet<>();
        runs.forEach(run -> run.forEach(entry -> epochs.add(entry.detail("epoch"))));
        epochs.remove("");
        Set<String> answers = new TreeSet<>(
                lines.stream().filter(line -> line.startsWith("RAN")).toList());
        assertThat(lines).noneMatch(line -> line.startsWith("FAILED"));
        assertThat(lines.stream().filter(line -> line.equals("HOLDING"))).hasSize(1);
        assertThat(answers)
                .as("%s", lines)
                .singleElement()
                .satisfies(answer -> assertThat(answer).endsWith(" 1 SUCCEEDED"));
        assertThat(Files.readAllLines(home.resolve("effects"))).containsExactly("under 1");
        assertThat(epochs).containsExactly("1");
        assertThat(runs).hasSize(1);
        return runs.size();
    }

    private static void readAll(Process process, BlockingQueue<String> said) {
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            output.lines().forEach(said::add);
        } catch (IOException | UncheckedIOException e) {
            said.add("FAILED " + e);
        }
    }

    /** Until that many lines begin with one of these words. */
    private static void await(BlockingQueue<String> said, List<String> lines, int count, String... words)
            throws InterruptedException {
        int left = count;
        while (left > 0) {
            String line = said.poll(2, TimeUnit.MINUTES);
            assertThat(line)
                    .as("%d more of %s after %s", left, List.of(words), lines)
                    .isNotNull();
            lines.add(line);
            for (String word : words) {
                left -= line.startsWith(word) ? 1 : 0;
            }
        }
    }
}
