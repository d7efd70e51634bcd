package io.drkit.core.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.event.RunEvent;
import io.drkit.core.journal.FileJournalStore;
import io.drkit.core.journal.JournalCheck;
import io.drkit.core.journal.JournalInUseException;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.report.StepStatus;
import io.drkit.core.run.World.Place;
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
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The same plan in real processes of their own, over a world of files that outlives them. */
@Timeout(120)
class TwoProcessesTest {
    private static final SiteSwitch<Place> OVER = SiteSwitch.switchoverFrom(World.WEST).to(World.EAST);

    @TempDir
    Path home;

    private final List<Process> processes = new ArrayList<>();

    @org.junit.jupiter.api.AfterEach
    void endAll() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
    }

    /** A value in a file; each change of it is a line in the log of effects, with the epoch that made it. */
    private record Put(Path home, String key, String value, boolean hangs) implements Action<String> {
        @Override
        public String describe() {
            return "put " + value + " into " + key;
        }

        @Override
        public String observe(ActionContext context) {
            try {
                Path file = home.resolve(key);
                return Files.exists(file) ? Files.readString(file) : "";
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public Assessment assess(String observed) {
            if (key.equals("refused")) {
                return Assessment.blocked("it is refused", "nothing");
            }
            return observed.equals(value) ? Assessment.done("it is " + value) : Assessment.needed("put " + value);
        }

        @Override
        public void apply(String observed, ActionContext context) throws InterruptedException {
            try {
                Files.writeString(
                        home.resolve("effects"),
                        key + "=" + value + " under " + context.epoch() + "\n",
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
                Files.writeString(home.resolve(key), value);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (hangs) {
                System.out.println("HANGING");
                System.out.flush();
                new CountDownLatch(1).await();
            }
        }
    }

    private static RecoveryPlan<Place> plan(Path home, String hangsIn, boolean failing) {
        return RecoveryPlan.<Place>named("p")
                .rpo(Duration.ofMinutes(1))
                .rto(Duration.ofMinutes(2))
                .step("stop", (from, to) -> new Put(home, "writers", "off", false))
                .undo((from, to) -> new Put(home, "writers", "on", hangsIn.equals("undo")))
                .step("copy", (from, to) -> new Put(home, "files", to.name(), hangsIn.equals("copy")))
                .after("stop")
                .undo((from, to) -> new Put(home, "files", from.name(), false))
                .step("promote", (from, to) -> new Put(home, failing ? "refused" : "primary", to.name(), false))
                .after("copy")
                .pointOfNoReturn()
                .step("start", (from, to) -> new Put(home, "readers", "on", false))
                .after("promote")
                .build();
    }

    /** Runs or resumes the plan from a process of its own. */
    static final class Other {
        private Other() {}

        public static void main(String[] args) throws InterruptedException {
            Path home = Path.of(args[0]);
            RecoveryPlan<Place> plan = plan(home, args[2], Boolean.parseBoolean(args[3]));
            PlanRunner runner = runner(home);
            RunReport report = args[1].equals("run") ? runner.run(plan, OVER) : runner.resume(plan, OVER);
            System.out.println(report.outcome());
        }
    }

    /** Changes "late" only when it is told to by its input, whoever interrupts it; at once where {@code told} is false. */
    private record Late(Path home, boolean told) implements Action<String> {
        @Override
        public String describe() {
            return "change late";
        }

        @Override
        public String observe(ActionContext context) {
            return new Put(home, "late", "1", false).observe(context);
        }

        @Override
        public Assessment assess(String observed) {
            return new Put(home, "late", "1", false).assess(observed);
        }

        @Override
        public void apply(String observed, ActionContext context) throws InterruptedException {
            if (told) {
                try {
                    // This no interruption ends.
                    assertThat(System.in.read()).isEqualTo('\n');
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            new Put(home, "late", "1", false).apply(observed, context);
            GivesUp.CHANGED.countDown();
        }

        @Override
        public ExecutionPolicy policy() {
            return ExecutionPolicy.builder().timeout(Duration.ofMillis(200)).build();
        }
    }

    private static RecoveryPlan<Place> latePlan(Path home, boolean told) {
        return RecoveryPlan.<Place>named("p")
                .rpo(Duration.ofMinutes(1))
                .rto(Duration.ofMinutes(2))
                .step("late", (from, to) -> new Late(home, told))
                .nothingToUndo("x")
                .step("next", (from, to) -> new Put(home, "next", "1", false))
                .after("late")
                .nothingToUndo("x")
                .build();
    }

    /** Gives "late" up, lives on, and says when "late" has changed and nobody holds the journal. */
    static final class GivesUp {
        static final CountDownLatch CHANGED = new CountDownLatch(1);

        private GivesUp() {}

        public static void main(String[] args) throws InterruptedException {
            Path home = Path.of(args[0]);
            RunReport report = PlanRunner.journalingTo(new FileJournalStore(home.resolve("journal")))
                    .listenEvery(Duration.ofMillis(20))
                    .stopGrace(Duration.ofMillis(100))
                    .build()
                    .run(latePlan(home, true), OVER);
            System.out.println(report.outcome() + " " + report.warnings());
            CHANGED.await();
            while (true) {
                try {
                    new FileJournalStore(home.resolve("journal"))
                            .open(new JournalKey("p", "west", "east"))
                            .close();
                    break;
                } catch (JournalInUseException stillHeld) {
                    Thread.onSpinWait();
                }
            }
            System.out.println("FREE");
        }
    }

    private static PlanRunner runner(Path home) {
        return PlanRunner.journalingTo(new FileJournalStore(home.resolve("journal")))
                .build();
    }

    private BufferedReader start(String verb, String hangsIn, boolean failing) throws IOException {
        return start(Other.class, verb, hangsIn, Boolean.toString(failing));
    }

    private BufferedReader start(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName(),
                home.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        processes.add(process);
        return process.inputReader(StandardCharsets.UTF_8);
    }

    /** Waits until it is in the middle of the change in which it hangs. */
    private void startAndHang(String verb, String hangsIn, boolean failing) throws IOException {
        BufferedReader output = start(verb, hangsIn, failing);
        List<String> said = new ArrayList<>();
        String line;
        while ((line = output.readLine()) != null) {
            said.add(line);
            if (line.equals("HANGING")) {
                return;
            }
        }
        throw new AssertionError("it ended before it hung: " + said);
    }

    /** As SIGKILL, a power cut of that machine, or the kernel short of memory: nothing of it runs any more. */
    private void kill() throws InterruptedException {
        Process process = processes.get(processes.size() - 1);
        process.destroyForcibly();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    private List<String> effects() throws IOException {
        return Files.readAllLines(home.resolve("effects"));
    }

    @Test
    void resumeAbandonAndAnotherDirection_whileAnotherProcessRunsThePlan_areRefusedAndChangeNothing() throws Exception {
        startAndHang("run", "copy", false);
        List<String> before = effects();
        String owner = "process " + processes.get(0).pid();

        for (SiteSwitch<Place> other :
                List.of(SiteSwitch.failoverFrom(World.WEST).to(World.EAST), SiteSwitch.failoverFrom(World.EAST).to(World.WEST))) {
            JournalInUseException refused = catchThrowableOfType(
                    JournalInUseException.class, () -> runner(home).run(plan(home, "", false), other));
            assertThat(refused)
                    .hasMessageContaining("switchover west → east")
                    .hasMessageContaining(owner)
                    .hasMessageContaining("What to do:");
        }
        assertThat(catchThrowableOfType(
                        JournalInUseException.class, () -> runner(home).resume(plan(home, "", false), OVER)))
                .isNotNull();
        assertThat(catchThrowableOfType(
                        JournalInUseException.class,
                        () -> runner(home).abandon(plan(home, "", false), OVER, "ann", "impatience")))
                .isNotNull();
        assertThat(start("resume", "", false).lines())
                .as("a third process")
                .anyMatch(line -> line.contains("journal.in-use"));
        assertThat(effects()).isEqualTo(before);
    }

    @Test
    @DisplayName(
            "F3: whoever starts the run that another process works on watches it, and takes over only when told to")
    void run_whileAnotherProcessRunsTheSame_watchesItAndTakesNothingOverWhenItDies() throws Exception {
        startAndHang("run", "copy", false);
        List<RunEvent> seen = new CopyOnWriteArrayList<>();
        CountDownLatch attached = new CountDownLatch(1);
        PlanRunner watching = PlanRunner.journalingTo(new FileJournalStore(home.resolve("journal")))
                .listenEvery(Duration.ofMillis(20))
                .listener(event -> {
                    seen.add(event);
                    if (event instanceof RunEvent.StepApplying applying
                            && applying.step().equals("copy")) {
                        attached.countDown();
                    }
                })
                .build();
        AtomicReference<Throwable> end = new AtomicReference<>();
        Thread second = new Thread(() -> {
            try {
                watching.run(plan(home, "", false), OVER);
            } catch (InterruptedException | RuntimeException e) {
                end.set(e);
            }
        });
        second.start();
        assertThat(attached.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(seen.get(0)).isInstanceOf(RunEvent.Attached.class);
        List<String> before = effects();

        kill();
        second.join(60_000);

        assertThat(end.get())
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("run.owner-gone")
                .hasMessageContaining("resume");
        assertThat(effects()).as("nothing was taken over by itself").isEqualTo(before);
        assertThat(runner(home).resume(plan(home, "", false), OVER).outcome()).isEqualTo(RunOutcome.SUCCEEDED);
    }

    @Test
    @DisplayName("F11, F13: a process whose run was taken over is stale at its next call, however long it slept")
    void takeOver_whileAnotherProcessHangs_endsItHereUnderAHigherEpoch() throws Exception {
        startAndHang("run", "copy", false);

        RunReport report = runner(home).takeOver(plan(home, "", false), OVER, "ann", "that machine hangs");

        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.told())
                .singleElement()
                .satisfies(told -> assertThat(told.instruction().who()).isEqualTo("ann"));
        assertThat(report.epoch()).isGreaterThan(new Epoch(1));
        assertThat(processes.get(0).isAlive()).isTrue();
    }

    /** Starts a process that gives a step up, as it says. */
    private BufferedReader startAndGiveUp() throws IOException {
        BufferedReader output = start(GivesUp.class);
        assertThat(output.readLine())
                .startsWith("STOPPED ")
                .contains(
                        "\"late\" was given up at ",
                        "by process " + processes.get(0).pid(),
                        "still at work");
        return output;
    }

    private void assertRefused() {
        JournalInUseException refused = catchThrowableOfType(
                JournalInUseException.class, () -> runner(home).resume(latePlan(home, false), OVER));
        assertThat(refused)
                .isNotNull()
                .hasMessageContaining("run.step-at-work")
                .hasMessageContaining("\"late\" was given up at ")
                .hasMessageContaining("process " + processes.get(0).pid());
        assertThat(home.resolve("late")).doesNotExist();
    }

    @Test
    @DisplayName("F13: while a step that was given up is at work in another process, its run cannot be resumed")
    void resume_givenUpStepIsAtWorkInAnotherProcess_isRefusedUntilItHasEnded() throws Exception {
        BufferedReader output = startAndGiveUp();
        assertRefused();

        try (var input = processes.get(0).getOutputStream()) {
            input.write('\n');
        }
        assertThat(output.readLine()).isEqualTo("FREE");

        RunReport report = runner(home).resume(latePlan(home, false), OVER);
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.warnings()).isEmpty();
        assertThat(effects()).containsExactly("late=1 under 1", "next=1 under 2");
    }

    @Test
    @DisplayName("F13: the run is free when the process with the given-up step dies, and its report warns")
    void resume_processWithAGivenUpStepKilled_endsItHereAndWarns() throws Exception {
        startAndGiveUp();
        assertRefused();
        kill();

        RunReport report = runner(home).resume(latePlan(home, false), OVER);

        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.warnings())
                .singleElement()
                .asString()
                .contains("\"late\" was given up at ", "without writing down that it ended");
        assertThat(effects()).containsExactly("late=1 under 2", "next=1 under 2");
    }

    @Test
    @DisplayName("F13: a run taken over from a frozen process warns of the step that wakes with it")
    @DisabledOnOs(OS.WINDOWS)
    void takeOver_processWithAGivenUpStepFrozen_endsItHereAndWarnsOfWhatComesLater() throws Exception {
        BufferedReader output = startAndGiveUp();
        signal("STOP");
        assertRefused();

        RunReport report = runner(home).takeOver(latePlan(home, false), OVER, "ann", "that machine hangs");

        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.warnings())
                .singleElement()
                .asString()
                .contains("\"late\" was given up at ", "nobody has seen it end", "ADVISORY");
        signal("CONT");
        try (var input = processes.get(0).getOutputStream()) {
            input.write('\n');
        }
        assertThat(output.readLine()).isEqualTo("FREE");
        assertThat(effects())
                .as("the warning was true")
                .hasSize(3)
                .last()
                .asString()
                .startsWith("late=1 under 1");
        assertThat(JournalCheck.of(new FileJournalStore(home.resolve("journal")))
                        .damages())
                .isEmpty();
    }

    private void signal(String signal) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(
                                "kill",
                                "-" + signal,
                                Long.toString(processes.get(0).pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void resume_processKilledInTheMiddleOfAChange_endsItHereWithEveryEffectOnceAndAHigherEpoch() throws Exception {
        startAndHang("run", "copy", false);
        kill();

        RunReport report = runner(home).resume(plan(home, "", false), OVER);

        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.resumptions()).isEqualTo(1);
        assertThat(report.epoch()).isEqualTo(new Epoch(2));
        assertThat(report.steps()).allMatch(step -> step.status() == StepStatus.DONE);
        assertThat(effects())
                .containsExactly(
                        "writers=off under 1", "files=east under 1", "primary=east under 2", "readers=on under 2");
    }

    @Test
    void resume_twoProcessesKilledOneInTheRunAndOneInTheUndo_isPutBackHere() throws Exception {
        Files.writeString(home.resolve("writers"), "on");
        Files.writeString(home.resolve("files"), "west");
        startAndHang("run", "copy", true);
        kill();
        startAndHang("resume", "undo", true);
        kill();

        RunReport report = runner(home).resume(plan(home, "", true), OVER);

        assertThat(report.outcome()).isEqualTo(RunOutcome.UNDONE);
        assertThat(report.resumptions()).isEqualTo(2);
        assertThat(report.reason())
                .hasValueSatisfying(reason -> assertThat(reason).contains("promote", "refused"));
        assertThat(effects())
                .containsExactly(
                        "writers=off under 1", "files=east under 1", "files=west under 2", "writers=on under 2");
    }
}
