package io.drkit.testkit.journal;

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
import io.drkit.core.journal.CorruptJournalException;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalCheck;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalEntry.Kind;
import io.drkit.core.journal.JournalInUseException;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.journal.MirroredJournalStore;
import io.drkit.core.plan.RecoveryPlan;
import io.drkit.core.plan.SiteSwitch;
import io.drkit.core.report.JsonReport;
import io.drkit.core.report.RunReport;
import io.drkit.core.run.PlanRunner;
import io.drkit.core.run.RunReports;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import io.drkit.testkit.journal.FaultyJournalStore.Crash;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two stores of which either fails at any point. */
class MirroredJournalStoreTest {
    private static final JournalKey KEY = new JournalKey("shop", "west", "east");

    private final InMemoryJournalStore left = new InMemoryJournalStore();
    private final InMemoryJournalStore right = new InMemoryJournalStore();
    private final FaultyJournalStore first = new FaultyJournalStore(left);
    private final FaultyJournalStore second = new FaultyJournalStore(right);

    private enum Which {
        FIRST,
        SECOND
    }

    private FaultyJournalStore faulty(Which which) {
        return which == Which.FIRST ? first : second;
    }

    private InMemoryJournalStore kept(Which which) {
        return which == Which.FIRST ? left : right;
    }

    private InMemoryJournalStore other(Which which) {
        return which == Which.FIRST ? right : left;
    }

    private JournalStore strict() {
        return MirroredJournalStore.of("left", first, "right", second).build();
    }

    private JournalStore lenient() {
        return MirroredJournalStore.of("left", first, "right", second)
                .goOnWithOne("ann", "west is on fire")
                .build();
    }

    private static JournalEntry began(String run) {
        return new JournalEntry(Kind.RUN_BEGAN, Instant.EPOCH, "", Map.of("run", run));
    }

    private static JournalEntry intent(String step) {
        return new JournalEntry(Kind.INTENT, Instant.EPOCH.plusSeconds(1), step, Map.of());
    }

    private static Journal begin(JournalStore store, String run) {
        Journal journal = store.open(KEY);
        journal.raiseEpoch(Epoch.NONE);
        journal.begin(began(run));
        return journal;
    }

    /** As the end of a process: nothing is held any more, and every fault is gone. */
    private void restart() {
        left.releaseAll();
        right.releaseAll();
        first.heal();
        second.heal();
    }

    private void assertBothAre(List<JournalEntry> entries) {
        assertThat(left.runs(KEY, 1)).containsExactly(entries);
        assertThat(right.runs(KEY, 1)).containsExactly(entries);
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    void append_crashBeforeOrAfterEitherWrite_isCaughtUpToTheLongerOnReopening(Which which) {
        for (boolean after : new boolean[] {false, true}) {
            String run = which + " " + after;
            Journal journal = begin(strict(), run);
            if (after) {
                faulty(which).crashAfterTheNextWrite();
            } else {
                faulty(which).crashBeforeTheNextWrite();
            }
            assertThatThrownBy(() -> journal.append(intent("a"))).isInstanceOf(Crash.class);
            restart();
            boolean written = after || which == Which.SECOND;
            List<JournalEntry> expected = written ? List.of(began(run), intent("a")) : List.of(began(run));
            try (Journal reopened = strict().open(KEY)) {
                assertThat(reopened.latestRun()).isEqualTo(expected);
                assertBothAre(expected);
                reopened.append(intent("b"));
            }
            assertThat(left.runs(KEY, 9)).isEqualTo(right.runs(KEY, 9));
        }
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    void begin_crashBeforeEitherWrite_isCaughtUpWithTheRunsThatAreMissing(Which which) {
        begin(strict(), "one").close();
        Journal journal = strict().open(KEY);
        journal.raiseEpoch(Epoch.NONE);
        faulty(which).crashBeforeTheNextWrite();
        assertThatThrownBy(() -> journal.begin(began("two"))).isInstanceOf(Crash.class);
        restart();
        strict().open(KEY).close();
        assertThat(left.runs(KEY, 9)).isEqualTo(right.runs(KEY, 9)).hasSize(which == Which.FIRST ? 1 : 2);
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    void open_oneStoreReplacedByAnEmptyOne_hasEveryRunAgainAndAHigherEpoch(Which which) {
        InMemoryJournalStore survivor = other(which);
        Epoch epoch;
        try (Journal journal = survivor.open(KEY)) {
            for (String run : List.of("one", "two", "three")) {
                epoch = journal.raiseEpoch(new Epoch(100));
                journal.begin(began(run));
                journal.append(intent(run));
            }
            epoch = journal.raiseEpoch(new Epoch(500));
        }
        try (Journal journal = strict().open(KEY)) {
            assertThat(kept(which).runs(KEY, 9))
                    .isEqualTo(survivor.runs(KEY, 9))
                    .hasSize(3);
            Epoch higher = journal.raiseEpoch(Epoch.NONE);
            assertThat(higher).isGreaterThan(epoch);
            journal.requireHeld(higher);
        }
    }

    @Test
    void raiseEpoch_storesWithDifferentEpochs_isAboveBothAndTheSameInBoth() {
        for (InMemoryJournalStore higher : List.of(left, right)) {
            try (Journal journal = higher.open(KEY)) {
                journal.raiseEpoch(new Epoch(higher == left ? 70 : 700));
            }
            try (Journal journal = strict().open(KEY)) {
                Epoch epoch = journal.raiseEpoch(Epoch.NONE);
                assertThat(epoch).isGreaterThan(new Epoch(higher == left ? 71 : 701));
                journal.requireHeld(epoch);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    void open_oneStoreUnreachable_isRefusedAndTheOtherIsFreeAgain(Which which) {
        begin(strict(), "one").close();
        faulty(which).failAll();
        BlockedException refused = catchThrowableOfType(
                BlockedException.class, () -> strict().open(KEY).close());
        assertThat(refused.code()).isEqualTo("journal.unreachable");
        restartFaultsOnly();
        strict().open(KEY).close();
    }

    private void restartFaultsOnly() {
        first.heal();
        second.heal();
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    void append_oneStoreFailsInMidRun_isRefusedFromThenOnUntilReopened(Which which) {
        for (boolean durable : new boolean[] {false, true}) {
            String run = which + " " + durable;
            Journal journal = begin(strict(), run);
            if (durable) {
                faulty(which).loseTheAnswerOfTheNextWrite();
            } else {
                faulty(which).loseTheNextWrite();
            }
            assertThatThrownBy(() -> journal.append(intent("a"))).isInstanceOf(UnknownOutcomeException.class);
            assertThatThrownBy(() -> journal.append(intent("b")))
                    .as("one store may lack what came before")
                    .isInstanceOf(BlockedException.class)
                    .hasMessageContaining("reached one of them alone");
            journal.close();
            try (Journal reopened = strict().open(KEY)) {
                assertThat(left.runs(KEY, 9)).isEqualTo(right.runs(KEY, 9));
                reopened.append(intent("b"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    void append_oneStoreLostInMidRunWhereAPersonDecidedSo_goesOnSaysSoAndIsCaughtUpLater(Which which) {
        for (boolean durable : new boolean[] {false, true}) {
            String run = which + " " + durable;
            Journal journal = begin(lenient(), run);
            Epoch epoch = journal.raiseEpoch(Epoch.NONE);
            if (durable) {
                faulty(which).loseTheAnswerOfTheNextWrite();
            } else {
                faulty(which).loseTheNextWrite();
            }
            journal.append(intent("a"));
            faulty(which).failAll();
            journal.requireHeld(epoch);
            journal.append(intent("b"));
            journal.close();
            List<JournalEntry> latest = other(which).runs(KEY, 1).get(0);
            assertThat(latest)
                    .extracting(JournalEntry::kind)
                    .containsExactly(Kind.RUN_BEGAN, Kind.INTENT, Kind.MIRROR_LOST, Kind.INTENT);
            assertThat(latest.get(2).details())
                    .containsEntry("store", which == Which.FIRST ? "left" : "right")
                    .containsEntry("who", "ann")
                    .containsEntry("reason", "west is on fire");
            restart();
            try (Journal reopened = strict().open(KEY)) {
                assertThat(reopened.latestRun()).isEqualTo(latest);
                assertBothAre(latest);
                reopened.requireHeld(reopened.raiseEpoch(epoch));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    void open_oneStoreLostWhereAPersonDecidedSo_beginsThereAndSaysSo(Which which) {
        faulty(which).failAll();
        begin(lenient(), "one").close();
        assertThat(other(which).runs(KEY, 1).get(0))
                .extracting(JournalEntry::kind)
                .containsExactly(Kind.RUN_BEGAN, Kind.MIRROR_LOST);
        restart();
        strict().open(KEY).close();
        assertThat(left.runs(KEY, 9)).isEqualTo(right.runs(KEY, 9)).hasSize(1);
    }

    /** {@code which} was lost in the middle of the run, of which it has the beginning, and the process died. */
    private List<JournalEntry> crashedAfterTheLossOf(Which which, String run) {
        Journal journal = begin(lenient(), run);
        faulty(which).failAll();
        journal.append(intent("a"));
        journal.append(intent("b"));
        restart();
        return other(which).runs(KEY, 1).get(0);
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    @DisplayName(
            "F3: a store that is readable again and not writable keeps nobody from resuming where a person decided so")
    void open_storeThatIsBehindCannotBeWritten_goesOnWithTheOtherWhereAPersonDecidedSo(Which which) {
        List<JournalEntry> before = crashedAfterTheLossOf(which, "one");
        faulty(which).failWrites();
        assertThatThrownBy(() -> strict().open(KEY)).as("nobody decided").isInstanceOf(UnknownOutcomeException.class);
        for (boolean takenOver : new boolean[] {false, true}) {
            try (Journal journal =
                    takenOver ? lenient().takeOver(KEY) : lenient().open(KEY)) {
                assertThat(journal.latestRun()).startsWith(before.toArray(JournalEntry[]::new));
                journal.requireHeld(journal.raiseEpoch(Epoch.NONE));
                journal.append(intent("c"));
                assertThat(journal.latestRun()).extracting(JournalEntry::kind).endsWith(Kind.INTENT, Kind.MIRROR_LOST);
            }
        }
        assertThat(kept(which).runs(KEY, 1)).containsExactly(List.of(began("one")));
        restart();
        try (Journal journal = strict().open(KEY)) {
            assertBothAre(journal.latestRun());
        }
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    void open_catchingUpBreaksOffHalfWay_leavesABeginningThatIsCaughtUpLater(Which which) {
        for (boolean durable : new boolean[] {false, true}) {
            crashedAfterTheLossOf(which, "one " + durable);
            begin(other(which), "two " + durable).close();
            if (durable) {
                faulty(which).loseTheAnswerOfTheNextWrite();
            } else {
                faulty(which).loseTheNextWrite();
            }
            try (Journal journal = lenient().open(KEY)) {
                assertThat(journal.latestRun()).containsExactly(began("two " + durable));
                journal.append(intent("c"));
            }
            List<JournalEntry> latest = other(which).runs(KEY, 1).get(0);
            assertThat(latest)
                    .extracting(JournalEntry::kind)
                    .containsExactly(Kind.RUN_BEGAN, Kind.INTENT, Kind.MIRROR_LOST);
            assertThat(kept(which).runs(KEY, 1).get(0)).hasSize(durable ? 2 : 1);
            restart();
            strict().open(KEY).close();
            assertBothAre(latest);
            assertThat(left.runs(KEY, 9)).isEqualTo(right.runs(KEY, 9));
        }
    }

    /** Real time, in which whatever hangs is overdue at once, and nothing else ever. */
    private final class Impatient implements Clockwork {
        private final Clockwork real = Clockwork.system();
        private final ThreadLocal<Box<?>> latest = new ThreadLocal<>();

        private final class Box<T> implements Mailbox<T> {
            private final Mailbox<T> mailbox = real.mailbox();
            private volatile Thread worker = Thread.currentThread();

            @Override
            public void put(T message) {
                mailbox.put(message);
            }

            @Override
            public T poll(Duration time) throws InterruptedException {
                T message = mailbox.poll(Duration.ZERO);
                while (message == null && !first.hangs(worker) && !second.hangs(worker)) {
                    message = mailbox.poll(Duration.ofMillis(5));
                }
                return message;
            }
        }

        @Override
        public Instant now() {
            return real.now();
        }

        @Override
        public long nanoTime() {
            return real.nanoTime();
        }

        @Override
        public void sleep(Duration time) throws InterruptedException {
            real.sleep(time);
        }

        @Override
        public RandomGenerator random() {
            return real.random();
        }

        @Override
        public Task start(String name, Runnable work) {
            Box<?> box = latest.get();
            return real.start(name, () -> {
                box.worker = Thread.currentThread();
                work.run();
            });
        }

        @Override
        public <T> Mailbox<T> mailbox() {
            Box<T> box = new Box<>();
            latest.set(box);
            return box;
        }
    }

    private MirroredJournalStore.Builder impatient() {
        return MirroredJournalStore.of("left", first, "right", second).clockwork(new Impatient());
    }

    private JournalStore lenientAndImpatient() {
        return impatient().goOnWithOne("ann", "west is on fire").build();
    }

    /** Lets everything that hung come about. */
    private void releaseHung() throws InterruptedException {
        first.heal();
        second.heal();
        while (first.hangs() || second.hangs()) {
            Clockwork.system().sleep(Duration.ofMillis(1));
        }
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    @DisplayName("F4: a store that hangs does not hang the run: it is refused in time, and caught up on resuming")
    void append_oneStoreHangs_isRefusedInTimeAndResumedLater(Which which) throws Exception {
        JournalStore store = impatient().build();
        Journal journal = begin(store, "one");
        faulty(which).hangAll();
        BlockedException refused = catchThrowableOfType(BlockedException.class, () -> journal.append(intent("a")));
        assertThat(refused.code()).isEqualTo("journal.unreachable");
        assertThat(refused).hasMessageContaining(which == Which.FIRST ? "left" : "right");
        assertThatThrownBy(() -> journal.append(intent("b"))).isInstanceOf(BlockedException.class);
        catchThrowableOfType(BlockedException.class, journal::close);
        assertThatThrownBy(() -> store.open(KEY)).isInstanceOf(DrException.class);
        releaseHung();
        Journal reopened = openedAgain(store);
        assertBothAre(reopened.latestRun());
        assertThat(reopened.latestRun()).startsWith(began("one")).doesNotContain(intent("b"));
        reopened.close();
    }

    /** What was left behind in a hung store is let go in its own time. */
    private static Journal openedAgain(JournalStore store) throws InterruptedException {
        while (true) {
            try {
                return store.open(KEY);
            } catch (JournalInUseException | BlockedException e) {
                Clockwork.system().sleep(Duration.ofMillis(1));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    @DisplayName("F4: where a person decided so, the run goes on without the store that hangs, and says so")
    void append_oneStoreHangsWhereAPersonDecidedSo_goesOn(Which which) throws Exception {
        JournalStore store = lenientAndImpatient();
        Journal journal = begin(store, "one");
        Epoch epoch = journal.raiseEpoch(Epoch.NONE);
        faulty(which).hangAll();
        Thread.currentThread().interrupt();
        journal.append(intent("a"));
        assertThat(Thread.interrupted()).as("the interruption is kept").isTrue();
        journal.requireHeld(epoch);
        journal.append(intent("b"));
        journal.close();
        List<JournalEntry> latest = other(which).runs(KEY, 1).get(0);
        assertThat(latest)
                .extracting(JournalEntry::kind)
                .containsExactly(Kind.RUN_BEGAN, Kind.INTENT, Kind.MIRROR_LOST, Kind.INTENT);
        assertThat(latest.get(2).details()).containsEntry("code", "journal.unreachable");
        releaseHung();
        Journal reopened = openedAgain(impatient().build());
        assertBothAre(latest);
        reopened.close();
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    void open_oneStoreHangs_isRefusedInTimeAndNothingStaysHeld(Which which) throws Exception {
        begin(strict(), "one").close();
        faulty(which).hangAll();
        JournalStore store = impatient().build();
        assertThatThrownBy(() -> store.open(KEY))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("none within");
        assertThatThrownBy(() -> store.open(KEY))
                .isInstanceOf(BlockedException.class)
                .hasMessageContaining("has still not ended");
        releaseHung();
        openedAgain(strict()).close();
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    void instructions_oneStoreHangs_areThoseOfTheOther(Which which) throws Exception {
        begin(strict(), "one").close();
        strict().post(KEY, instruction("1"));
        faulty(which).hangAll();
        JournalStore store = impatient().build();
        for (int i = 0; i < 3; i++) {
            assertThat(store.instructions(KEY)).extracting(Instruction::id).containsExactly("1");
        }
        assertThatThrownBy(() -> store.post(KEY, instruction("2"))).isInstanceOf(BlockedException.class);
        releaseHung();
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    void check_oneStoreHangs_isNotCalledIntact(Which which) throws Exception {
        begin(strict(), "one").close();
        assertThat(JournalCheck.of(strict()).intact()).isTrue();
        faulty(which).hangAll();
        JournalCheck check = JournalCheck.of(impatient().build());
        assertThat(check.runs()).hasSize(1);
        assertThat(check.damages()).singleElement().asString().contains("was not checked");
        releaseHung();
    }

    @Test
    void answersWithin_noTime_isRefused() {
        assertThatThrownBy(() -> impatient().answersWithin(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }

    /** The site is a name. */
    private record Place(String name) implements Site {}

    /** Something that happens once. */
    private record Deed(Runnable deed, AtomicBoolean done) implements Action<Boolean> {
        @Override
        public String describe() {
            return "do it";
        }

        @Override
        public Boolean observe(ActionContext context) {
            return done.get();
        }

        @Override
        public Assessment assess(Boolean observed) {
            return observed ? Assessment.done("done") : Assessment.needed("do it");
        }

        @Override
        public void apply(Boolean observed, ActionContext context) {
            deed.run();
            done.set(true);
        }
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    @DisplayName("F14: a run whose mirror was lost succeeds with a warning, the same from the journal alone")
    void run_oneStoreLostWhereAPersonDecidedSo_isToldInTheReport(Which which) throws Exception {
        RecoveryPlan<Place> plan = RecoveryPlan.<Place>named("shop")
                .rpo(Duration.ofMinutes(1))
                .rto(Duration.ofMinutes(1))
                .step("a", (from, to) -> new Deed(faulty(which)::failAll, new AtomicBoolean()))
                .nothingToUndo("it is a test")
                .build();
        RunReport report = PlanRunner.journalingTo(lenient())
                .build()
                .run(plan, SiteSwitch.switchoverFrom(new Place("west")).to(new Place("east")));
        assertThat(report.succeeded()).isTrue();
        assertThat(report.warnings())
                .singleElement()
                .asString()
                .contains("without the store " + (which == Which.FIRST ? "left" : "right"))
                .contains("ann", "west is on fire");
        assertThat(RunReports.of(other(which).runs(KEY, 1).get(0)).map(JsonReport::toJson))
                .contains(JsonReport.toJson(report));
    }

    @Test
    void open_bothLost_isRefusedWhateverWasDecided() {
        first.failAll();
        second.failAll();
        assertThatThrownBy(() -> lenient().open(KEY)).isInstanceOf(BlockedException.class);
        assertThatThrownBy(() -> lenient().runs(KEY, 1)).isInstanceOf(BlockedException.class);
    }

    @Test
    @DisplayName("F1, F3: two runs that went on apart are refused, and neither store is changed")
    void open_eachHasEntriesThatTheOtherLacks_isRefused() {
        begin(strict(), "one").close();
        try (Journal journal = left.open(KEY)) {
            journal.append(intent("a"));
        }
        try (Journal journal = right.open(KEY)) {
            journal.append(intent("b"));
        }
        assertDiverged();
    }

    @Test
    void open_eachHasARunThatTheOtherLacks_isRefused() {
        begin(strict(), "one").close();
        begin(left, "two").close();
        begin(right, "three").close();
        assertDiverged();
        assertThatThrownBy(() -> strict().runs(KEY, 1)).isInstanceOf(CorruptJournalException.class);
    }

    @Test
    void open_theOlderRunsLastEntryMissesWhereTheOtherHasANewerRun_isRefused() {
        begin(strict(), "one").close();
        try (Journal journal = left.open(KEY)) {
            journal.append(intent("a"));
        }
        begin(right, "two").close();
        assertDiverged();
    }

    private void assertDiverged() {
        List<JournalEntry> ofLeft = left.entries(KEY);
        List<JournalEntry> ofRight = right.entries(KEY);
        for (JournalStore store : List.of(strict(), lenient())) {
            CorruptJournalException refused =
                    catchThrowableOfType(CorruptJournalException.class, () -> store.open(KEY));
            assertThat(refused.code()).isEqualTo("journal.diverged");
            assertThat(refused).hasMessageContaining("left").hasMessageContaining("right");
        }
        assertThat(left.entries(KEY)).isEqualTo(ofLeft);
        assertThat(right.entries(KEY)).isEqualTo(ofRight);
        left.open(KEY).close();
        right.open(KEY).close();
    }

    @Test
    void open_oneHeldByAnotherProcess_isRefusedAndNotCountedAsLost() {
        for (InMemoryJournalStore held : List.of(left, right)) {
            try (Journal other = held.open(KEY)) {
                assertThatThrownBy(() -> lenient().open(KEY)).isInstanceOf(JournalInUseException.class);
                assertThat(other.latestRun()).isEmpty();
            }
            lenient().open(KEY).close();
        }
    }

    @Test
    void takeOver_anotherTakesTheFirstStoreInBetween_isRefused() {
        begin(strict(), "one").close();
        JournalStore racing = MirroredJournalStore.of("left", new TakenFromBehind(left), "right", right)
                .build();
        assertThatThrownBy(() -> racing.takeOver(KEY)).isInstanceOf(JournalInUseException.class);
        right.open(KEY).close();
    }

    @Test
    @DisplayName("F3: of two take-overs at the same moment one succeeds: the one that took the first store last")
    void takeOver_anotherThatLacksTheFirstStoreTakesTheSecondInBetween_hasBoth() {
        Journal old = begin(strict(), "one");
        JournalStore racing = MirroredJournalStore.of("left", left, "right", new TakenFromBehind(right))
                .build();
        try (Journal taken = racing.takeOver(KEY)) {
            Epoch epoch = taken.raiseEpoch(Epoch.NONE);
            taken.append(intent("a"));
            taken.requireHeld(epoch);
            assertBothAre(List.of(began("one"), intent("a")));
            assertThatThrownBy(() -> old.requireHeld(epoch)).isInstanceOf(StaleEpochException.class);
        }
        strict().open(KEY).close();
    }

    /** Whoever takes it over first loses it again at once. */
    private record TakenFromBehind(JournalStore store, AtomicBoolean done) implements JournalStore {
        TakenFromBehind(JournalStore store) {
            this(store, new AtomicBoolean());
        }

        @Override
        public Journal open(JournalKey key) {
            return store.open(key);
        }

        @Override
        public Journal takeOver(JournalKey key) {
            Journal mine = store.takeOver(key);
            if (done.compareAndSet(false, true)) {
                store.takeOver(key).close();
            }
            return mine;
        }

        @Override
        public List<List<JournalEntry>> runs(JournalKey key, int atMost) {
            return store.runs(key, atMost);
        }

        @Override
        public List<JournalKey> keys() {
            return store.keys();
        }

        @Override
        public void post(JournalKey key, Instruction instruction) {
            store.post(key, instruction);
        }

        @Override
        public List<Instruction> instructions(JournalKey key) {
            return store.instructions(key);
        }
    }

    private static Instruction instruction(String id) {
        return new Instruction(id, Instruction.Kind.CANCEL, "", "ann", "", "because", Instant.EPOCH);
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    void post_oneStoreLost_isRefusedUnlessAPersonDecided(Which which) {
        begin(strict(), "one").close();
        strict().post(KEY, instruction("1"));
        faulty(which).failAll();
        assertThatThrownBy(() -> strict().post(KEY, instruction("2"))).isInstanceOf(BlockedException.class);
        assertThat(strict().instructions(KEY)).extracting(Instruction::id).containsExactly("1");
        lenient().post(KEY, instruction("3"));
        restart();
        assertThat(strict().instructions(KEY)).extracting(Instruction::id).containsExactly("1", "3");
    }

    @Test
    @DisplayName("F3: a word that one store took and the other did not is not called unsaid: the run may obey it")
    void post_secondStoreFailsAfterTheFirstHasIt_isUnknown() {
        begin(strict(), "one").close();
        second.failPosts();
        UnknownOutcomeException unknown =
                catchThrowableOfType(UnknownOutcomeException.class, () -> strict().post(KEY, instruction("1")));
        assertThat(unknown.code()).isEqualTo("journal.answer-lost");
        assertThat(unknown).hasMessageContaining("stands in left");
        assertThat(strict().instructions(KEY)).extracting(Instruction::id).containsExactly("1");
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    @DisplayName("F3: words are heard in the order in which they were said, whichever store was lost meanwhile")
    void instructions_someInOneStoreAlone_areInTheirOrder(Which which) {
        begin(strict(), "one").close();
        strict().post(KEY, instruction("1"));
        faulty(which).failAll();
        lenient().post(KEY, instruction("2 pause"));
        restart();
        strict().post(KEY, instruction("3 go on"));
        assertThat(strict().instructions(KEY)).extracting(Instruction::id).containsExactly("1", "2 pause", "3 go on");
    }

    @ParameterizedTest
    @EnumSource(Which.class)
    void instructions_oneStoreBehindByARun_areThoseOfTheLatestRunAlone(Which which) {
        begin(strict(), "one").close();
        strict().post(KEY, instruction("cancels the first run"));
        begin(other(which), "two").close();
        assertThat(strict().instructions(KEY)).isEmpty();
        BlockedException refused =
                catchThrowableOfType(BlockedException.class, () -> strict().post(KEY, instruction("2")));
        assertThat(refused.code()).isEqualTo("journal.mirror-behind");
        assertThat(kept(which).instructions(KEY)).hasSize(1);
    }

    @Test
    void runsAndKeys_oneStoreLostOrBehind_areThoseOfTheOther() {
        begin(strict(), "one").close();
        begin(right, "two").close();
        assertThat(strict().runs(KEY, 1).get(0)).containsExactly(began("two"));
        first.failAll();
        assertThat(strict().runs(KEY, 9)).hasSize(2);
        assertThat(strict().keys()).containsExactly(KEY);
    }

    @Test
    void of_sameNamesOrNobody_isRefused() {
        assertThatThrownBy(() -> MirroredJournalStore.of("a", left, "a", right))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(Stream.of("", " "))
                .allSatisfy(nobody -> assertThatThrownBy(() ->
                                MirroredJournalStore.of("a", left, "b", right).goOnWithOne(nobody, "why"))
                        .isInstanceOf(IllegalArgumentException.class));
    }
}
