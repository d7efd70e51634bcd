package io.drkit.testkit.journal;

import io.drkit.core.BlockedException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A store that can be cut off, hang, crash its process in the middle of a write, or lose an answer. */
final class FaultyJournalStore implements JournalStore {
    /** What ends a process, and so is caught by nobody. */
    static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }

    private enum At {
        NEVER,
        BEFORE,
        AFTER
    }

    private final JournalStore store;
    private final Set<Thread> hanging = ConcurrentHashMap.newKeySet();
    private volatile CountDownLatch hang = new CountDownLatch(0);
    private boolean unreachable;
    private boolean failPosts;
    private boolean failWrites;
    private At crash = At.NEVER;
    private At lostAnswer = At.NEVER;

    FaultyJournalStore(JournalStore store) {
        this.store = store;
    }

    void failAll() {
        unreachable = true;
    }

    void failPosts() {
        failPosts = true;
    }

    /** It can be opened and read, and whatever is written to a journal in it fails: as on a disk that is full. */
    void failWrites() {
        failWrites = true;
    }

    /** Every call hangs, deaf to interruption, until {@link #heal}; then it is done. */
    void hangAll() {
        hang = new CountDownLatch(1);
    }

    boolean hangs(Thread thread) {
        return hanging.contains(thread);
    }

    boolean hangs() {
        return !hanging.isEmpty();
    }

    void heal() {
        hang.countDown();
        unreachable = false;
        failPosts = false;
        failWrites = false;
        crash = At.NEVER;
        lostAnswer = At.NEVER;
    }

    void crashBeforeTheNextWrite() {
        crash = At.BEFORE;
    }

    void crashAfterTheNextWrite() {
        crash = At.AFTER;
    }

    void loseTheNextWrite() {
        lostAnswer = At.BEFORE;
    }

    void loseTheAnswerOfTheNextWrite() {
        lostAnswer = At.AFTER;
    }

    private JournalStore reached() {
        boolean interrupted = false;
        while (hang.getCount() > 0) {
            hanging.add(Thread.currentThread());
            try {
                if (!hang.await(1, TimeUnit.MINUTES)) {
                    throw new AssertionError("nobody healed it");
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        hanging.remove(Thread.currentThread());
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (unreachable) {
            throw new BlockedException(
                    "journal.unreachable",
                    Problem.expected("to reach it").found("that it is cut off").remedy("none"));
        }
        return store;
    }

    private void requireWritable() {
        if (failWrites) {
            throw new UnknownOutcomeException(
                    "journal.answer-lost",
                    Problem.expected("to write it")
                            .found("that the disk is full")
                            .remedy("make room"));
        }
    }

    private void write(Runnable write) {
        reached();
        requireWritable();
        if (crash == At.BEFORE) {
            throw new Crash();
        }
        if (lostAnswer != At.BEFORE) {
            write.run();
        }
        if (crash == At.AFTER) {
            throw new Crash();
        }
        if (lostAnswer != At.NEVER) {
            lostAnswer = At.NEVER;
            throw new UnknownOutcomeException(
                    "journal.answer-lost",
                    Problem.expected("an answer").found("none").remedy("open it anew"));
        }
    }

    @Override
    public Journal open(JournalKey key) {
        return new Faulty(reached().open(key));
    }

    @Override
    public Journal takeOver(JournalKey key) {
        return new Faulty(reached().takeOver(key));
    }

    @Override
    public List<List<JournalEntry>> runs(JournalKey key, int atMost) {
        return reached().runs(key, atMost);
    }

    @Override
    public List<JournalKey> keys() {
        return reached().keys();
    }

    @Override
    public void post(JournalKey key, Instruction instruction) {
        if (failPosts) {
            throw new BlockedException(
                    "journal.unreachable",
                    Problem.expected("to write it")
                            .found("that it is read-only")
                            .remedy("none"));
        }
        reached().post(key, instruction);
    }

    @Override
    public List<Instruction> instructions(JournalKey key) {
        return reached().instructions(key);
    }

    private final class Faulty implements Journal {
        private final Journal journal;

        Faulty(Journal journal) {
            this.journal = journal;
        }

        @Override
        public List<JournalEntry> latestRun() {
            return journal.latestRun();
        }

        @Override
        public Epoch raiseEpoch(Epoch above) {
            reached();
            requireWritable();
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

        @Override
        public void requireHeld(Epoch epoch) {
            reached();
            journal.requireHeld(epoch);
        }

        @Override
        public void close() {
            if (hang.getCount() > 0) {
                reached();
            }
            journal.close();
        }
    }
}
