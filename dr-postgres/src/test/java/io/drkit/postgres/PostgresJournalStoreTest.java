package io.drkit.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.drkit.core.BlockedException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.Site;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.ExecutionPolicy;
import io.drkit.core.journal.CorruptJournalException;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalCheck;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalEntry.Kind;
import io.drkit.core.journal.JournalInUseException;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.RunOutcome;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.net.RelayMode;
import io.drkit.testkit.net.TcpRelay;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What the contract cannot ask: connections that break, owners that die or freeze, and damaged rows. */
@Timeout(120)
class PostgresJournalStoreTest {
    private static final JournalKey KEY = new JournalKey("shop", "west", "east");

    @TempDir
    static Path directory;

    static RegistryServer registry;

    private final String schema = RegistryServer.schema();
    private final List<Process> processes = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        registry = new RegistryServer(directory);
    }

    @AfterAll
    static void stop() {
        registry.close();
    }

    @AfterEach
    void endAll() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
    }

    private PostgresJournalStore store() {
        return new PostgresJournalStore(registry.node(), schema);
    }

    private PostgresJournalStore over(TcpRelay relay) {
        return new PostgresJournalStore(RegistryServer.node(relay.host(), relay.port()), schema);
    }

    private static TcpRelay relay() throws IOException {
        return TcpRelay.to(
                Clockwork.system(), "registry", new InetSocketAddress(registry.server.host(), registry.server.port()));
    }

    private static JournalEntry began() {
        return new JournalEntry(Kind.RUN_BEGAN, Instant.EPOCH, "", Map.of("run", "one"));
    }

    private static JournalEntry fact(String text) {
        return new JournalEntry(Kind.FACT, Instant.EPOCH, "step", Map.of("text", text));
    }

    private static Journal begin(PostgresJournalStore store) {
        Journal journal = store.open(KEY);
        journal.raiseEpoch(Epoch.NONE);
        journal.begin(began());
        return journal;
    }

    @Test
    void append_connectionReset_isRefusedFromThenOnAndTheJournalIsFreeAgain() throws Exception {
        try (TcpRelay relay = relay()) {
            Journal journal = begin(over(relay));
            Epoch epoch = journal.raiseEpoch(Epoch.NONE);
            relay.mode(RelayMode.refuse());
            DrException lost = catchThrowableOfType(DrException.class, () -> journal.append(fact("a")));
            assertThat(lost.code()).isEqualTo("journal.unreachable");
            assertThat(lost.retryable()).isFalse();
            relay.mode(RelayMode.pass());
            assertThatThrownBy(() -> journal.append(fact("b")))
                    .as("its lock may be another's by now")
                    .isInstanceOf(BlockedException.class);
            assertThatThrownBy(() -> journal.requireHeld(epoch)).isInstanceOf(BlockedException.class);
            assertThatThrownBy(() -> journal.raiseEpoch(Epoch.NONE)).isInstanceOf(BlockedException.class);
            journal.close();
        }
        try (Journal again = opened()) {
            assertThat(again.latestRun()).isEqualTo(List.of(began()));
        }
    }

    // ---- a step that was given up

    private record Place(String name) implements Site {}

    /** Heeds nobody until it is let go, where there is somebody to let it go. */
    private record Held(Optional<CountDownLatch> release) implements Action<String> {
        @Override
        public String describe() {
            return "held";
        }

        @Override
        public String observe(ActionContext context) {
            return "";
        }

        @Override
        public Assessment assess(String observed) {
            return release.isPresent() ? Assessment.needed("it") : Assessment.done("it is so");
        }

        @Override
        public void apply(String observed, ActionContext context) {
            CountDownLatch latch = release.orElseThrow();
            while (latch.getCount() > 0) {
                try {
                    latch.await();
                } catch (InterruptedException notHeeded) {
                    // the point of it
                }
            }
        }

        @Override
        public ExecutionPolicy policy() {
            return ExecutionPolicy.builder().timeout(Duration.ofMillis(100)).build();
        }
    }

    private static RecoveryPlan<Place> plan(Optional<CountDownLatch> release) {
        return RecoveryPlan.<Place>named("shop")
                .rpo(Duration.ofMinutes(1))
                .rto(Duration.ofMinutes(1))
                .step("late", (from, to) -> new Held(release))
                .nothingToUndo("x")
                .build();
    }

    private PlanRunner runner() {
        return PlanRunner.journalingTo(store())
                .stopGrace(Duration.ofMillis(50))
                .listenEvery(Duration.ofMillis(20))
                .build();
    }

    private RunReport resumed() throws InterruptedException {
        while (true) {
            try {
                return runner().resume(
                                plan(Optional.empty()),
                                SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east")));
            } catch (JournalInUseException e) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    @DisplayName(
            "F13: a step that was given up holds the run as long as the session lives; when that breaks, the report warns")
    void resume_givenUpStepIsAtWorkAndItsSessionBreaks_isRefusedUntilThenAndWarns() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        SiteSwitch<Place> over = SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east"));
        RunReport stopped = runner().run(plan(Optional.of(release)), over);
        assertThat(stopped.outcome()).isEqualTo(RunOutcome.STOPPED);
        String owner = "process " + ProcessHandle.current().pid() + ", connected from ";
        assertThat(stopped.warnings()).singleElement().asString().contains("\"late\" was given up at ", owner);
        JournalInUseException refused =
                catchThrowableOfType(JournalInUseException.class, () -> runner().resume(plan(Optional.empty()), over));
        assertThat(refused).hasMessageContaining("\"late\" was given up at ").hasMessageContaining(owner);
        assertThat(refused.code()).isEqualTo("run.step-at-work");

        registry.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
        RunReport report = resumed();
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.warnings())
                .singleElement()
                .asString()
                .contains("\"late\" was given up at ", owner, "lost the journal, or let it go");

        release.countDown();
        assertThat(JournalCheck.of(store()).damages()).isEmpty();
    }

    @Test
    void resume_givenUpStepHasEnded_goesOnWithoutAWarning() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        runner().run(
                        plan(Optional.of(release)),
                        SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east")));
        release.countDown();
        RunReport report = resumed();
        assertThat(report.outcome()).isEqualTo(RunOutcome.SUCCEEDED);
        assertThat(report.warnings()).isEmpty();
    }

    /** As soon as the server has noticed that the session is gone. */
    private Journal opened() {
        while (true) {
            try {
                return store().open(KEY);
            } catch (JournalInUseException e) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void append_answerLostAfterTheServerDidIt_isToldAsLostAndStandsThereAfterwards() throws Exception {
        try (TcpRelay relay = relay();
                Connection other = registry.server.connect("postgres");
                Statement statement = other.createStatement()) {
            Journal journal = begin(over(relay));
            other.setAutoCommit(false);
            statement.execute("SELECT * FROM " + schema + ".journal FOR UPDATE");
            ConcurrentLinkedQueue<DrException> told = new ConcurrentLinkedQueue<>();
            Thread appending = new Thread(() -> {
                try {
                    journal.append(fact("a"));
                } catch (DrException e) {
                    told.add(e);
                }
            });
            appending.start();
            while (!registry.one("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                    .equals("1")) {
                Thread.onSpinWait();
            }
            relay.mode(RelayMode.blackhole());
            // in good time: what waits too long is ended at the server
            other.rollback();
            appending.join();
            assertThat(told).singleElement().satisfies(e -> assertThat(e.code()).isEqualTo("journal.unreachable"));
            relay.cut();
            journal.close();
        }
        try (Journal again = opened()) {
            assertThat(again.latestRun()).isEqualTo(List.of(began(), fact("a")));
        }
    }

    @Test
    void open_serverGone_isUnreachableWithWhatToDo() throws Exception {
        try (TcpRelay relay = relay()) {
            relay.mode(RelayMode.refuse());
            DrException refused =
                    catchThrowableOfType(DrException.class, () -> over(relay).open(KEY));
            assertThat(refused.code()).isEqualTo("journal.unreachable");
            assertThat(refused).hasMessageContaining("What to do:");
            assertThatThrownBy(() -> over(relay).runs(KEY, 1)).isInstanceOf(BlockedException.class);
        }
    }

    @Test
    void open_roleWithoutRights_isDenied() throws Exception {
        registry.sql("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'nobody') THEN"
                + " CREATE ROLE nobody LOGIN; END IF; END $$");
        PostgresNode node = PostgresNode.named("registry")
                .address(registry.server.host(), registry.server.port())
                .user("nobody")
                .build();
        DrException refused =
                catchThrowableOfType(DrException.class, () -> new PostgresJournalStore(node, schema).open(KEY));
        assertThat(refused.code()).isEqualTo("journal.denied");
    }

    @Test
    void new_schemaThatIsNoIdentifier_isRefused() {
        for (String name : List.of("", "a b", "a;DROP TABLE x", "A", "1a", "a\"b")) {
            assertThatThrownBy(() -> new PostgresJournalStore(registry.node(), name))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void open_rowChangedRemovedOrMoved_isCorruptAndTold() throws Exception {
        try (Journal journal = begin(store())) {
            for (String text : List.of("a", "b", "c")) {
                journal.append(fact(text));
            }
        }
        for (String damage : List.of(
                "UPDATE SCHEMA.entry SET line = replace(line, '\"b\"', '\"x\"')",
                "DELETE FROM SCHEMA.entry WHERE number = 2",
                "DELETE FROM SCHEMA.entry",
                "UPDATE SCHEMA.entry SET number = CASE number WHEN 2 THEN 12 WHEN 3 THEN 2 ELSE number END;"
                        + " UPDATE SCHEMA.entry SET number = 3 WHERE number = 12",
                "UPDATE SCHEMA.entry SET line = left(line, 40) WHERE number = 4")) {
            registry.sql("CREATE TABLE " + schema + ".kept AS SELECT * FROM " + schema + ".entry");
            registry.sql(damage.replace("SCHEMA", schema));
            CorruptJournalException refused =
                    catchThrowableOfType(CorruptJournalException.class, () -> store().open(KEY));
            assertThat(refused).as(damage).isNotNull();
            assertThat(refused.code()).isEqualTo("journal.corrupt");
            assertThatThrownBy(() -> store().takeOver(KEY)).isInstanceOf(CorruptJournalException.class);
            assertThat(JournalCheck.of(store()).damages()).hasSize(1);
            registry.sql(
                    "TRUNCATE SCHEMA.entry; INSERT INTO SCHEMA.entry SELECT * FROM SCHEMA.kept; DROP TABLE SCHEMA.kept"
                            .replace("SCHEMA", schema));
        }
        assertThat(registry.one("SELECT generation FROM " + schema + ".journal"))
                .as("what is damaged is taken from nobody")
                .isEqualTo("0");
        try (Journal journal = store().open(KEY)) {
            assertThat(journal.latestRun()).hasSize(4);
        }
        assertThat(JournalCheck.of(store()).intact()).isTrue();
    }

    @Test
    void append_epochRaisedByAnotherHand_isStale() throws Exception {
        try (Journal journal = begin(store())) {
            registry.sql("UPDATE " + schema + ".journal SET epoch = epoch + 1");
            assertThatThrownBy(() -> journal.append(fact("a"))).isInstanceOf(StaleEpochException.class);
        }
        assertThat(store().runs(KEY, 1).get(0)).hasSize(1);
    }

    @Test
    void post_answerLost_isUnknownAndPostedOnceWhenRepeated() throws Exception {
        begin(store()).close();
        Instruction pause = new Instruction("1", Instruction.Kind.PAUSE, "", "ann", "", "because", Instant.EPOCH);
        try (TcpRelay relay = relay();
                Connection other = registry.server.connect("postgres");
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE " + schema + ".instruction IN SHARE MODE");
            ConcurrentLinkedQueue<DrException> told = new ConcurrentLinkedQueue<>();
            Thread posting = new Thread(() -> {
                try {
                    over(relay).post(KEY, pause);
                } catch (DrException e) {
                    told.add(e);
                }
            });
            posting.start();
            while (!registry.one("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                    .equals("1")) {
                Thread.onSpinWait();
            }
            relay.cut();
            posting.join();
            other.rollback();
            assertThat(told).singleElement().isInstanceOf(UnknownOutcomeException.class);
            store().post(KEY, pause);
        }
        assertThat(store().instructions(KEY)).containsExactly(pause);
    }

    /** Appends as fast as it can, and says what was acknowledged, until it is told that it is stale. */
    static final class Owner {
        private Owner() {}

        public static void main(String[] args) {
            Journal journal = new PostgresJournalStore(RegistryServer.node(args[0], Integer.parseInt(args[1])), args[2])
                    .open(KEY);
            Epoch epoch = journal.raiseEpoch(Epoch.NONE);
            journal.begin(began());
            try {
                for (int i = 0; ; i++) {
                    journal.append(fact("n" + i));
                    System.out.println("n" + i);
                }
            } catch (StaleEpochException e) {
                System.out.println("STALE " + e.code());
            }
            try {
                journal.requireHeld(epoch);
            } catch (StaleEpochException e) {
                System.out.println("AND " + e.code());
            }
            journal.close();
        }
    }

    private Process owner() throws IOException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Owner.class.getName(),
                        registry.server.host(),
                        Integer.toString(registry.server.port()),
                        schema)
                .redirectErrorStream(true)
                .start();
        processes.add(process);
        return process;
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    @DisplayName("E7: whoever reaches the database can go on where a dead owner stopped")
    void open_ownerKilled_isFreeAndHasWhatWasAcknowledged() throws Exception {
        Process owner = owner();
        BufferedReader output = owner.inputReader(StandardCharsets.UTF_8);
        Set<String> acknowledged = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            acknowledged.add(output.readLine());
        }
        JournalInUseException refused = catchThrowableOfType(JournalInUseException.class, () -> store().open(KEY));
        assertThat(refused).hasMessageContaining("process " + owner.pid());
        signal(owner, "KILL");
        output.lines().forEach(acknowledged::add);
        try (Journal journal = opened()) {
            assertThat(journal.latestRun()).extracting(e -> e.detail("text")).containsAll(acknowledged);
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    @DisplayName("F3, F13: a frozen owner is taken over without waiting for it, and is stale for good when it wakes")
    void takeOver_ownerFrozen_keepsWhatWasAcknowledgedAndTheOldOneIsStaleForGood() throws Exception {
        Process owner = owner();
        BufferedReader output = owner.inputReader(StandardCharsets.UTF_8);
        Set<String> said = new HashSet<>();
        for (int i = 0; i < 25; i++) {
            said.add(output.readLine());
        }
        signal(owner, "STOP");
        try (Journal journal = store().takeOver(KEY)) {
            List<JournalEntry> taken = journal.latestRun();
            Epoch epoch = journal.raiseEpoch(Epoch.NONE);
            journal.append(fact("mine"));
            signal(owner, "CONT");
            output.lines().forEach(said::add);
            assertThat(owner.waitFor()).isZero();
            assertThat(said).contains("STALE journal.taken-over", "AND journal.taken-over");
            said.removeIf(line -> line.contains("journal."));
            assertThat(taken).extracting(e -> e.detail("text")).containsAll(said);
            journal.requireHeld(epoch);
            assertThat(store().runs(KEY, 1).get(0)).hasSize(taken.size() + 1);
        }
    }

    private static void signal(Process process, String signal) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                        .start()
                        .waitFor())
                .isZero();
    }

    @Test
    void takeOver_manyAtOnce_atMostOneHoldsItAndEpochsAreAllDifferent() throws Exception {
        begin(store()).close();
        int takers = 6;
        CountDownLatch all = new CountDownLatch(takers);
        ConcurrentLinkedQueue<Journal> taken = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<Epoch> epochs = new ConcurrentLinkedQueue<>();
        ConcurrentLinkedQueue<Throwable> others = new ConcurrentLinkedQueue<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < takers; i++) {
            Thread thread = new Thread(() -> {
                all.countDown();
                try {
                    all.await();
                    Journal journal = store().takeOver(KEY);
                    taken.add(journal);
                    epochs.add(journal.raiseEpoch(Epoch.NONE));
                } catch (JournalInUseException | StaleEpochException expected) {
                    // another one was faster, or slower
                } catch (Throwable t) {
                    others.add(t);
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(others).isEmpty();
        assertThat(epochs).doesNotHaveDuplicates();
        int holders = 0;
        for (Journal journal : taken) {
            for (Epoch epoch : epochs) {
                try {
                    journal.requireHeld(epoch);
                    holders++;
                } catch (StaleEpochException stale) {
                    // not this one
                }
            }
        }
        assertThat(holders).isLessThanOrEqualTo(1);
        taken.forEach(Journal::close);
    }
}
