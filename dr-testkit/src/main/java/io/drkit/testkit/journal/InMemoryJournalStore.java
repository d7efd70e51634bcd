package io.drkit.testkit.journal;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalEntry.Kind;
import io.drkit.core.journal.JournalInUseException;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Journals in memory, for tests of plans: as strict as real ones, without their disks. They outlive the runner that writes them, so
 * that a test can let a runner go down and another one resume:
 *
 * <pre>{@code
 * InMemoryJournalStore journals = new InMemoryJournalStore();
 * // … a run that a test ends with an Error, as a crash would …
 * journals.releaseAll();                                  // the crashed process holds nothing any more
 * PlanRunner.journalingTo(journals).build().resume(plan, siteSwitch);
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class InMemoryJournalStore implements JournalStore {
    private final Map<JournalKey, Kept> kept = new HashMap<>();

    /** What stays when a journal is closed. */
    private static final class Kept {
        long epoch;
        List<JournalEntry> latest = new ArrayList<>();
        List<JournalEntry> all = new ArrayList<>();

        @Nullable
        InMemoryJournal holder;
    }

    /** No journals yet. */
    public InMemoryJournalStore() {}

    @Override
    public synchronized Journal open(JournalKey key) {
        Kept journal = kept.computeIfAbsent(key, first -> new Kept());
        if (journal.holder != null) {
            throw new JournalInUseException(
                    "journal.in-use",
                    Problem.expected("no other run of " + key)
                            .found("one that has the journal open")
                            .remedy("wait for it; a test that let it crash calls releaseAll()"),
                    null);
        }
        journal.holder = new InMemoryJournal(key, journal);
        return journal.holder;
    }

    /** Every entry that any run of this key wrote, oldest first. */
    public synchronized List<JournalEntry> entries(JournalKey key) {
        Kept journal = kept.get(key);
        return journal == null ? List.of() : List.copyOf(journal.all);
    }

    /** As if the processes that have journals open were gone: what they still write is refused. */
    public synchronized void releaseAll() {
        kept.values().forEach(journal -> journal.holder = null);
    }

    private final class InMemoryJournal implements Journal {
        private final JournalKey key;
        private final Kept journal;

        InMemoryJournal(JournalKey key, Kept journal) {
            this.key = key;
            this.journal = journal;
        }

        @Override
        public List<JournalEntry> latestRun() {
            synchronized (InMemoryJournalStore.this) {
                return List.copyOf(journal.latest);
            }
        }

        @Override
        public Epoch raiseEpoch() {
            synchronized (InMemoryJournalStore.this) {
                requireOpen();
                journal.epoch++;
                return new Epoch(journal.epoch);
            }
        }

        @Override
        public void begin(JournalEntry first) {
            synchronized (InMemoryJournalStore.this) {
                requireOpen();
                journal.latest = new ArrayList<>();
                append(first);
            }
        }

        @Override
        public void append(JournalEntry entry) {
            synchronized (InMemoryJournalStore.this) {
                requireOpen();
                if (journal.latest.isEmpty() && entry.kind() != Kind.RUN_BEGAN) {
                    throw unreachable("no run has begun in it");
                }
                journal.latest.add(entry);
                journal.all.add(entry);
            }
        }

        @Override
        public void requireHeld(Epoch epoch) {
            synchronized (InMemoryJournalStore.this) {
                if (journal.holder != this || journal.epoch != epoch.value()) {
                    throw new StaleEpochException(
                            "journal.taken-over",
                            Problem.expected("to hold the journal of " + key + " under epoch " + epoch)
                                    .found(journal.holder == this ? "epoch " + journal.epoch : "that it was closed")
                                    .remedy("leave the recovery to whoever took it over"));
                }
            }
        }

        @Override
        public void close() {
            synchronized (InMemoryJournalStore.this) {
                if (journal.holder == this) {
                    journal.holder = null;
                }
            }
        }

        private void requireOpen() {
            if (journal.holder != this) {
                throw unreachable("it was closed");
            }
        }

        private BlockedException unreachable(String found) {
            return new BlockedException(
                    "journal.unreachable",
                    Problem.expected("to write the journal of " + key)
                            .found(found)
                            .remedy("open it, and begin a run or resume one"));
        }
    }
}
