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
final class HostJournals implements JournalStore {
    private final Scene scene;
    private final Host host;
    private final InMemoryJournalStore journals;

    HostJournals(Scene scene, Host host) {
        this.scene = scene;
        this.host = host;
        this.journals = scene.journals();
    }

    @Override
    public Journal open(JournalKey key) {
        host.moment();
        return held(journals.open(key));
    }

    @Override
    public Journal takeOver(JournalKey key) {
        host.moment();
        return held(journals.takeOver(key));
    }

    private Journal held(Journal journal) {
        host.releasesAtDeath(journal::close);
        return new Held(journal);
    }

    @Override
    public List<List<JournalEntry>> runs(JournalKey key, int atMost) {
        host.requireAlive();
        return journals.runs(key, atMost);
    }

    @Override
    public List<JournalKey> keys() {
        host.requireAlive();
        return journals.keys();
    }

    @Override
    public void post(JournalKey key, Instruction instruction) {
        host.requireAlive();
        journals.post(key, instruction);
    }

    @Override
    public List<Instruction> instructions(JournalKey key) {
        host.requireAlive();
        return journals.instructions(key);
    }

    private final class Held implements Journal {
        private final Journal journal;

        Held(Journal journal) {
            this.journal = journal;
        }

        @Override
        public List<JournalEntry> latestRun() {
            host.requireAlive();
            return journal.latestRun();
        }

        @Override
        public Epoch raiseEpoch(Epoch above) {
            host.moment();
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
            host.moment();
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
            host.moment();
        }

        @Override
        public void requireHeld(Epoch epoch) {
            host.requireAlive();
            if (!scene.underLeases()) {
                // Under a lease it is a journal that tells only who writes that it was taken over.
                journal.requireHeld(epoch);
            }
        }

        @Override
        public String owner() {
            return journal.owner();
        }

        @Override
        public void close() {
            host.requireAlive();
            journal.close();
        }
    }
}
