package io.drkit.testkit.journal;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.NotFoundException;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
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
        long begunUnder = -1;
        int takeOvers;
        final List<List<JournalEntry>> runs = new ArrayList<>();
        List<Instruction> instructions = new ArrayList<>();

        @Nullable
        InMemoryJournal holder;

        List<JournalEntry> latest() {
            return runs.isEmpty() ? List.of() : runs.get(runs.size() - 1);
        }
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

    @Override
    public synchronized Journal takeOver(JournalKey key) {
        Kept journal = kept.computeIfAbsent(key, first -> new Kept());
        journal.takeOvers++;
        journal.epoch++;
        journal.holder = new InMemoryJournal(key, journal);
        return journal.holder;
    }

    @Override
    public synchronized List<List<JournalEntry>> runs(JournalKey key, int atMost) {
        if (atMost < 1) {
            throw new IllegalArgumentException("at least 1 run is asked for, not " + atMost);
        }
        List<List<JournalEntry>> newest = new ArrayList<>();
        Kept journal = kept.get(key);
        if (journal != null) {
            for (int i = journal.runs.size() - 1; i >= 0 && newest.size() < atMost; i--) {
                newest.add(List.copyOf(journal.runs.get(i)));
            }
        }
        return newest;
    }

    @Override
    public synchronized List<JournalKey> keys() {
        return kept.entrySet().stream()
                .filter(journal -> !journal.getValue().runs.isEmpty())
                .map(Map.Entry::getKey)
                .toList();
    }

    @Override
    public synchronized void post(JournalKey key, Instruction instruction) {
        Kept journal = kept.get(key);
        if (journal == null || journal.runs.isEmpty()) {
            throw new NotFoundException(
                    "journal.no-run",
                    Problem.expected("a run of " + key + " to leave an instruction for")
                            .found("none")
                            .remedy("begin one first; what is to hold for it from its beginning, hand to its plan"));
        }
        if (journal.instructions.stream().noneMatch(posted -> posted.id().equals(instruction.id()))) {
            journal.instructions.add(instruction);
        }
    }

    @Override
    public synchronized List<Instruction> instructions(JournalKey key) {
        Kept journal = kept.get(key);
        return journal == null ? List.of() : List.copyOf(journal.instructions);
    }

    /** Every entry that any run of this key wrote, oldest first. */
    public synchronized List<JournalEntry> entries(JournalKey key) {
        Kept journal = kept.get(key);
        return journal == null
                ? List.of()
                : journal.runs.stream().flatMap(List::stream).toList();
    }

    /** As if the processes that have journals open were gone: what they still write is refused. */
    public synchronized void releaseAll() {
        kept.values().forEach(journal -> journal.holder = null);
    }

    private final class InMemoryJournal implements Journal {
        private final JournalKey key;
        private final Kept journal;
        private final int takeOvers;

        InMemoryJournal(JournalKey key, Kept journal) {
            this.key = key;
            this.journal = journal;
            this.takeOvers = journal.takeOvers;
        }

        @Override
        public List<JournalEntry> latestRun() {
            synchronized (InMemoryJournalStore.this) {
                return List.copyOf(journal.latest());
            }
        }

        @Override
        public Epoch raiseEpoch(Epoch above) {
            synchronized (InMemoryJournalStore.this) {
                requireOpen();
                journal.epoch = Math.max(journal.epoch, above.value()) + 1;
                return new Epoch(journal.epoch);
            }
        }

        @Override
        public void begin(JournalEntry first) {
            synchronized (InMemoryJournalStore.this) {
                requireOpen();
                if (journal.begunUnder == journal.epoch) {
                    throw new IllegalStateException("A run has begun under this epoch already: raise it first");
                }
                journal.begunUnder = journal.epoch;
                journal.runs.add(new ArrayList<>(List.of(first)));
                journal.instructions = new ArrayList<>();
            }
        }

        @Override
        public void append(JournalEntry entry) {
            synchronized (InMemoryJournalStore.this) {
                requireOpen();
                if (journal.runs.isEmpty()) {
                    throw unreachable("no run has begun in it");
                }
                journal.latest().add(entry);
            }
        }

        @Override
        public void requireHeld(Epoch epoch) {
            synchronized (InMemoryJournalStore.this) {
                if (journal.holder != this || journal.epoch != epoch.value()) {
                    throw takenOver(journal.holder == this ? "epoch " + journal.epoch : "that it was closed");
                }
            }
        }

        @Override
        public String owner() {
            // the same in every process, so that the same seed gives the same entries
            return "this very process";
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
            if (journal.takeOvers != takeOvers) {
                throw takenOver("that it was taken over");
            }
            if (journal.holder != this) {
                throw unreachable("it was closed");
            }
        }

        private StaleEpochException takenOver(String found) {
            return new StaleEpochException(
                    "journal.taken-over",
                    Problem.expected("to hold the journal of " + key)
                            .found(found)
                            .remedy("leave the recovery to whoever took it over"));
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
