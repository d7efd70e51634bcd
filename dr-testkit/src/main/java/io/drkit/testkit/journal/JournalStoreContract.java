package io.drkit.testkit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.NotFoundException;
import io.drkit.core.StaleEpochException;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalEntry.Kind;
import io.drkit.core.journal.JournalInUseException;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every journal store keeps to. Extend it, answer {@link #store}, and your own store is held to the same rules as those of
 * DRKit.
 */
public abstract class JournalStoreContract {
    private static final JournalKey KEY = new JournalKey("shop", "west", "east");

    /** The store under test; each call may answer another object, but always the same journals. */
    protected abstract JournalStore store();

    private static JournalEntry entry(Kind kind, String step) {
        return new JournalEntry(
                kind, Instant.parse("2026-01-02T03:04:05.678901234Z"), step, Map.of("text", "a \"quote\"\nand ü"));
    }

    private List<JournalEntry> latest() {
        try (Journal journal = store().open(KEY)) {
            return journal.latestRun();
        }
    }

    @Test
    @DisplayName("J1: where nothing ran there is nothing")
    void latestRun_neverRun_isEmpty() {
        assertThat(latest()).isEmpty();
    }

    @Test
    @DisplayName("J2: what was appended is there, in order and to the letter, for whoever opens it next")
    void latestRun_reopened_isWhatWasAppended() {
        List<JournalEntry> written =
                List.of(entry(Kind.RUN_BEGAN, ""), entry(Kind.INTENT, "a"), entry(Kind.OUTCOME, "a"));
        try (Journal journal = store().open(KEY)) {
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(written.get(0));
            journal.append(written.get(1));
        }
        try (Journal journal = store().open(KEY)) {
            journal.append(written.get(2));
        }
        assertThat(latest()).isEqualTo(written);
    }

    @Test
    @DisplayName("J3: a new run hides the one before it")
    void begin_secondRun_isTheLatest() {
        try (Journal journal = store().open(KEY)) {
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(entry(Kind.RUN_BEGAN, ""));
            journal.append(entry(Kind.RUN_ENDED, ""));
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(entry(Kind.RUN_BEGAN, "second"));
        }
        assertThat(latest()).containsExactly(entry(Kind.RUN_BEGAN, "second"));
    }

    @Test
    @DisplayName("J4: it is open once at a time, whichever way round the sites are named")
    void open_twice_isRefused() {
        try (Journal held = store().open(KEY)) {
            assertThat(held.latestRun()).isEmpty();
            assertThatThrownBy(() -> store().open(new JournalKey("shop", "east", "west")))
                    .isInstanceOf(JournalInUseException.class);
        }
        store().open(KEY).close();
    }

    @Test
    @DisplayName("J5: journals of other plans or other sites are other journals")
    void open_anotherKey_isAnother() {
        try (Journal one = store().open(KEY);
                Journal other = store().open(new JournalKey("shop", "west", "north"))) {
            one.raiseEpoch(Epoch.NONE);
            one.begin(entry(Kind.RUN_BEGAN, ""));
            assertThat(other.latestRun()).isEmpty();
        }
    }

    @Test
    @DisplayName("J6: the epoch only grows, whoever raises it")
    void raiseEpoch_always_grows() {
        List<Epoch> epochs = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            try (Journal journal = store().open(KEY)) {
                epochs.add(journal.raiseEpoch(Epoch.NONE));
                epochs.add(journal.raiseEpoch(Epoch.NONE));
            }
        }
        assertThat(epochs).isSorted().doesNotHaveDuplicates();
        assertThat(epochs.get(0)).isGreaterThan(Epoch.NONE);
    }

    @Test
    @DisplayName("J7: whoever holds it under the newest epoch has authority, and nobody else")
    void requireHeld_olderEpochOrClosed_isStale() {
        Journal journal = store().open(KEY);
        Epoch older = journal.raiseEpoch(Epoch.NONE);
        journal.begin(entry(Kind.RUN_BEGAN, ""));
        journal.requireHeld(older);
        Epoch newer = journal.raiseEpoch(Epoch.NONE);
        assertThatThrownBy(() -> journal.requireHeld(older)).isInstanceOf(StaleEpochException.class);
        journal.requireHeld(newer);
        journal.close();
        assertThatThrownBy(() -> journal.requireHeld(newer)).isInstanceOf(StaleEpochException.class);
    }

    @Test
    @DisplayName("J8: nothing is appended where no run has begun, or after closing")
    void append_noRunOrClosed_isRefused() {
        Journal journal = store().open(KEY);
        assertThatThrownBy(() -> journal.append(entry(Kind.INTENT, "a"))).isInstanceOf(BlockedException.class);
        journal.raiseEpoch(Epoch.NONE);
        journal.begin(entry(Kind.RUN_BEGAN, ""));
        journal.close();
        assertThatThrownBy(() -> journal.append(entry(Kind.INTENT, "a"))).isInstanceOf(BlockedException.class);
        assertThatThrownBy(() -> journal.raiseEpoch(Epoch.NONE)).isInstanceOf(BlockedException.class);
        assertThatThrownBy(() -> journal.begin(entry(Kind.RUN_BEGAN, "a"))).isInstanceOf(BlockedException.class);
        assertThat(latest()).hasSize(1);
    }

    @Test
    @DisplayName("J9: the epoch is above one that comes from elsewhere")
    void raiseEpoch_aboveAnother_isHigherThanBoth() {
        try (Journal journal = store().open(KEY)) {
            assertThat(journal.raiseEpoch(new Epoch(40))).isEqualTo(new Epoch(41));
            assertThat(journal.raiseEpoch(new Epoch(7))).isGreaterThan(new Epoch(41));
        }
    }

    @Test
    @DisplayName("J10: each run begins under an epoch of its own")
    void begin_twiceUnderOneEpoch_isRefused() {
        try (Journal journal = store().open(KEY)) {
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(entry(Kind.RUN_BEGAN, ""));
            assertThatThrownBy(() -> journal.begin(entry(Kind.RUN_BEGAN, "second")))
                    .isInstanceOf(IllegalStateException.class);
        }
        assertThat(latest()).containsExactly(entry(Kind.RUN_BEGAN, ""));
    }

    @Test
    @DisplayName(
            "J11: F3, F13: whoever takes a journal over has every entry, under a higher epoch; the old owner is stale for good")
    void takeOver_heldByAnother_fencesItAndLosesNothing() {
        Journal old = store().open(KEY);
        Epoch epoch = old.raiseEpoch(Epoch.NONE);
        old.begin(entry(Kind.RUN_BEGAN, ""));
        old.append(entry(Kind.INTENT, "a"));
        try (Journal taken = store().takeOver(KEY)) {
            assertThat(taken.latestRun()).containsExactly(entry(Kind.RUN_BEGAN, ""), entry(Kind.INTENT, "a"));
            assertThatAllIsStale(old, epoch);
            Epoch higher = taken.raiseEpoch(Epoch.NONE);
            assertThat(higher).isGreaterThan(epoch);
            taken.append(entry(Kind.OUTCOME, "a"));
            taken.requireHeld(higher);
            assertThatAllIsStale(old, epoch);
            assertThatAllIsStale(old, higher);
        }
        assertThatAllIsStale(old, epoch);
        assertThat(latest())
                .containsExactly(entry(Kind.RUN_BEGAN, ""), entry(Kind.INTENT, "a"), entry(Kind.OUTCOME, "a"));
        old.close();
    }

    private static void assertThatAllIsStale(Journal journal, Epoch epoch) {
        assertThatThrownBy(() -> journal.requireHeld(epoch)).isInstanceOf(StaleEpochException.class);
        assertThatThrownBy(() -> journal.append(entry(Kind.OUTCOME, "stale"))).isInstanceOf(StaleEpochException.class);
        assertThatThrownBy(() -> journal.raiseEpoch(Epoch.NONE)).isInstanceOf(StaleEpochException.class);
        assertThatThrownBy(() -> journal.begin(entry(Kind.RUN_BEGAN, "stale"))).isInstanceOf(StaleEpochException.class);
    }

    @Test
    @DisplayName("J12: the take-over alone raises the epoch, before its new owner asks for one")
    void takeOver_nothingMore_theOldEpochIsNotHeld() {
        Journal old = store().open(KEY);
        Epoch epoch = old.raiseEpoch(Epoch.NONE);
        try (Journal taken = store().takeOver(KEY)) {
            assertThatThrownBy(() -> taken.requireHeld(epoch)).isInstanceOf(StaleEpochException.class);
        }
        old.close();
    }

    @Test
    @DisplayName("J13: what was taken over is open: another cannot open it, nor does the old owner's closing free it")
    void takeOver_thenOpen_isRefusedUntilTheNewOwnerCloses() {
        Journal old = store().open(KEY);
        Journal taken = store().takeOver(KEY);
        assertThatThrownBy(() -> store().open(KEY)).isInstanceOf(JournalInUseException.class);
        old.close();
        assertThatThrownBy(() -> store().open(KEY)).isInstanceOf(JournalInUseException.class);
        taken.close();
        store().open(KEY).close();
    }

    @Test
    @DisplayName(
            "J14: a journal can be taken over again and again, and where nobody holds it or nothing ever ran; the last one holds it")
    void takeOver_again_theLastHoldsIt() {
        Journal first = store().takeOver(KEY);
        Epoch one = first.raiseEpoch(Epoch.NONE);
        first.begin(entry(Kind.RUN_BEGAN, ""));
        Journal second = store().takeOver(KEY);
        Epoch two = second.raiseEpoch(Epoch.NONE);
        second.append(entry(Kind.INTENT, "a"));
        try (Journal third = store().takeOver(KEY)) {
            Epoch three = third.raiseEpoch(Epoch.NONE);
            third.append(entry(Kind.OUTCOME, "a"));
            third.requireHeld(three);
            assertThat(List.of(one, two, three)).isSorted().doesNotHaveDuplicates();
            assertThatAllIsStale(first, one);
            assertThatAllIsStale(second, two);
        }
        assertThat(latest())
                .containsExactly(entry(Kind.RUN_BEGAN, ""), entry(Kind.INTENT, "a"), entry(Kind.OUTCOME, "a"));
        first.close();
        second.close();
        store().takeOver(KEY).close();
        assertThat(latest()).hasSize(3);
    }

    @Test
    @DisplayName(
            "J15: whoever looks sees the runs so far, the newest first, without opening the journal and while another writes it")
    void runs_whileHeldAndAfterwards_areTheNewestFirst() {
        assertThat(store().runs(KEY, 1)).isEmpty();
        List<JournalEntry> one = List.of(entry(Kind.RUN_BEGAN, "one"), entry(Kind.RUN_ENDED, "one"));
        List<JournalEntry> two = List.of(entry(Kind.RUN_BEGAN, "two"), entry(Kind.INTENT, "a"));
        try (Journal journal = store().open(KEY)) {
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(one.get(0));
            assertThat(store().runs(KEY, 9)).containsExactly(one.subList(0, 1));
            journal.append(one.get(1));
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(two.get(0));
            journal.append(two.get(1));
            assertThat(store().runs(KEY, 9)).containsExactly(two, one);
            assertThat(store().runs(KEY, 1)).containsExactly(two);
            journal.append(entry(Kind.OUTCOME, "a"));
        }
        assertThat(store().runs(KEY, 1).get(0)).hasSize(3);
        Journal taken = store().takeOver(KEY);
        assertThat(store().runs(KEY, 9)).extracting(List::size).containsExactly(3, 2);
        taken.close();
        assertThatThrownBy(() -> store().runs(KEY, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    @DisplayName("J16: every journal in which a run ever began is listed, and no other")
    void keys_afterRuns_areThose() {
        assertThat(store().keys()).isEmpty();
        JournalKey another = new JournalKey("切换计划 / \\".repeat(30), "west", "east");
        for (JournalKey key : List.of(KEY, another)) {
            try (Journal journal = store().open(key)) {
                assertThat(store().keys()).doesNotContain(key);
                journal.raiseEpoch(Epoch.NONE);
                journal.begin(entry(Kind.RUN_BEGAN, ""));
            }
        }
        assertThat(store().keys()).containsExactlyInAnyOrder(KEY, another);
    }

    private static Instruction instruction(String id, Instruction.Kind kind) {
        return new Instruction(
                id,
                kind,
                "a step",
                "ann",
                "lead",
                "a \"reason\"\nand ü",
                Instant.parse("2026-01-02T03:04:05.678901234Z"),
                "run-" + id);
    }

    @Test
    @DisplayName(
            "J17: instructions reach the run in the order in which they were posted, whoever holds it, and each once")
    void post_whileHeldAndTakenOver_isThereOnceAndInOrder() {
        Instruction pause = instruction("1", Instruction.Kind.PAUSE);
        Instruction skip = instruction("2", Instruction.Kind.SKIP);
        Journal journal = store().open(KEY);
        journal.raiseEpoch(Epoch.NONE);
        journal.begin(entry(Kind.RUN_BEGAN, ""));
        assertThat(store().instructions(KEY)).isEmpty();
        store().post(KEY, pause);
        store().post(KEY, pause);
        assertThat(store().instructions(KEY)).containsExactly(pause);
        try (Journal taken = store().takeOver(KEY)) {
            assertThat(taken.latestRun()).hasSize(1);
            store().post(KEY, skip);
            store().post(KEY, pause);
            assertThat(store().instructions(KEY)).containsExactly(pause, skip);
        }
        assertThat(store().instructions(new JournalKey("shop", "east", "west"))).containsExactly(pause, skip);
        journal.close();
    }

    @Test
    @DisplayName("J18: a new run begins without instructions, and where no run began none can be left")
    void post_noRunOrAnotherRun_isNotTakenForThisOne() {
        Instruction cancel = instruction("1", Instruction.Kind.CANCEL);
        assertThat(store().instructions(KEY)).isEmpty();
        assertThatThrownBy(() -> store().post(KEY, cancel)).isInstanceOf(NotFoundException.class);
        try (Journal journal = store().open(KEY)) {
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(entry(Kind.RUN_BEGAN, ""));
            store().post(KEY, cancel);
            journal.raiseEpoch(Epoch.NONE);
            journal.begin(entry(Kind.RUN_BEGAN, "second"));
            assertThat(store().instructions(KEY)).isEmpty();
            store().post(KEY, cancel);
            assertThat(store().instructions(KEY)).containsExactly(cancel);
        }
    }
}
