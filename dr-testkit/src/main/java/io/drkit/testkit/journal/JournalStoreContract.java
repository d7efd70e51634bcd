package io.drkit.testkit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.StaleEpochException;
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
            journal.raiseEpoch();
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
            journal.raiseEpoch();
            journal.begin(entry(Kind.RUN_BEGAN, ""));
            journal.append(entry(Kind.RUN_ENDED, ""));
            journal.raiseEpoch();
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
            one.raiseEpoch();
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
                epochs.add(journal.raiseEpoch());
                epochs.add(journal.raiseEpoch());
            }
        }
        assertThat(epochs).isSorted().doesNotHaveDuplicates();
        assertThat(epochs.get(0)).isGreaterThan(Epoch.NONE);
    }

    @Test
    @DisplayName("J7: whoever holds it under the newest epoch has authority, and nobody else")
    void requireHeld_olderEpochOrClosed_isStale() {
        Journal journal = store().open(KEY);
        Epoch older = journal.raiseEpoch();
        journal.begin(entry(Kind.RUN_BEGAN, ""));
        journal.requireHeld(older);
        Epoch newer = journal.raiseEpoch();
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
        journal.raiseEpoch();
        journal.begin(entry(Kind.RUN_BEGAN, ""));
        journal.close();
        assertThatThrownBy(() -> journal.append(entry(Kind.INTENT, "a"))).isInstanceOf(BlockedException.class);
        assertThat(latest()).hasSize(1);
    }
}
