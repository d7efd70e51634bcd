package io.drkit.testkit.disaster;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.testkit.journal.InMemoryJournalStore;
import java.util.List;

/** The journals as one process has them: it may die right before and right after each entry, and an entry may fail. */
final class MachineJournals implements JournalStore {
    private final Scene scene;
    private final Machine machine;
    private final InMemoryJournalStore journals;

    MachineJournals(Scene scene, Machine machine) {
        this.scene = scene;
        this.machine = machine;
        this.journals = scene.journals();
    }

    @Override
    public Journal open(JournalKey key) {
        machine.moment();
        return held(journals.open(key));
    }

    @Override
    public Journal takeOver(JournalKey key) {
        machine.moment();
        return held(journals.takeOver(key));
    }

    @Override
    public List<List<JournalEntry>> runs(JournalKey key, int atMost) {
        machine.requireAlive();
        return journals.runs(key, atMost);
    }

    @Override
    public List<JournalKey> keys() {
        machine.requireAlive();
        return journals.keys();
    }

    @Override
    public void post(JournalKey key, Instruction instruction) {
        machine.moment();
        journals.post(key, instruction);
    }

    @Override
    public List<Instruction> instructions(JournalKey key) {
        machine.requireAlive();
        return journals.instructions(key);
    }

    private Journal held(Journal journal) {
        machine.releasesAtDeath(journal::close);
        return new Held(journal);
    }

    private final class Held implements Journal {
        private final Journal journal;

        Held(Journal journal) {
            this.journal = journal;
        }

        @Override
        public List<JournalEntry> latestRun() {
            machine.requireAlive();
            return journal.latestRun();
        }

        @Override
        public Epoch raiseEpoch(Epoch above) {
            machine.moment();
            return journal.raiseEpoch(above);
        }

        @Override
        public void begin(JournalEntry first) {
            write(() -> journal.begin(first));
        }

        @Override
        public void append(JournalEntry entry) {
            write(() -> journal.append(entry));
        }

        private void write(Runnable writing) {
            machine.moment();
            Fate.JournalAnswer answer = scene.fate().nextEntry();
            if (answer != Fate.JournalAnswer.FAILED) {
                writing.run();
            }
            if (answer != Fate.JournalAnswer.WRITTEN) {
                throw new BlockedException(
                        "journal.unreachable",
                        Problem.expected("to write an entry")
                                .found("an error of the journal")
                                .remedy("resume when it can be reached"));
            }
            machine.moment();
        }

        @Override
        public void requireHeld(Epoch epoch) {
            machine.requireAlive();
            journal.requireHeld(epoch);
        }

        @Override
        public void close() {
            machine.requireAlive();
            journal.close();
        }
    }
}
