package io.drkit.core.journal;

import io.drkit.core.BlockedException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.Problem;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import io.drkit.core.time.Mailbox;
import io.drkit.core.time.Task;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store that answers within a time or is unreachable: a folder on a dead site's file server hangs whoever touches it, for hours and
 * beyond interruption. Each call runs on a thread of its own, which is left behind when it is late; while it hangs, the like of it is
 * refused at once. What is late may still come about, as with an answer that was lost.
 */
final class BoundedJournalStore implements JournalStore {
    private static final Logger log = LoggerFactory.getLogger(BoundedJournalStore.class);
    /** Whoever reads again and again spends at most a tenth of its time on a store that fails slowly. */
    private static final int REST = 9;

    private static final Duration LONGEST_REST = Duration.ofMinutes(1);

    private final String name;
    private final JournalStore store;
    private final Duration within;
    private final Clockwork clockwork;
    // One that hangs is no reason to refuse the others: a slow look is not to end a run.
    private final Lane opening = new Lane();
    private final Lane reading = new Lane();
    private final Lane posting = new Lane();
    private volatile @Nullable Deadline resting;

    BoundedJournalStore(String name, JournalStore store, Duration within, Clockwork clockwork) {
        this.name = name;
        this.store = store;
        this.within = within;
        this.clockwork = clockwork;
    }

    /** Whether it was slow to fail when it was last read, and is better left alone by whoever can do without. */
    boolean resting() {
        Deadline until = resting;
        return until != null && !until.passed();
    }

    @Override
    public Journal open(JournalKey key) {
        return opened(() -> store.open(key));
    }

    @Override
    public Journal takeOver(JournalKey key) {
        return opened(() -> store.takeOver(key));
    }

    private Journal opened(Supplier<Journal> open) {
        return opening.answer(
                () -> {
                    Journal journal = open.get();
                    return new Bounded(journal, journal.owner());
                },
                this::closeLate);
    }

    /** Nobody waits for it any more, and nobody else could open it as long as it is held. */
    private void closeLate(Supplier<Bounded> late) {
        try {
            late.get().journal.close();
        } catch (RuntimeException e) {
            log.debug("What was opened too late in {} is not held", name, e);
        }
    }

    @Override
    public List<List<JournalEntry>> runs(JournalKey key, int atMost) {
        return read(() -> store.runs(key, atMost));
    }

    @Override
    public List<JournalKey> keys() {
        return read(store::keys);
    }

    @Override
    public List<Instruction> instructions(JournalKey key) {
        return read(() -> store.instructions(key));
    }

    @Override
    public Words words(JournalKey key) {
        return read(() -> store.words(key));
    }

    JournalCheck check() {
        return read(() -> JournalCheck.of(store));
    }

    private <T> T read(Supplier<T> question) {
        long began = clockwork.nanoTime();
        try {
            T answer = reading.answer(question, late -> {});
            resting = null;
            return answer;
        } catch (DrException e) {
            Duration rest = Duration.ofNanos(clockwork.nanoTime() - began).multipliedBy(REST);
            resting = clockwork.deadline(rest.compareTo(LONGEST_REST) < 0 ? rest : LONGEST_REST);
            throw e;
        }
    }

    @Override
    public void post(JournalKey key, Instruction instruction) {
        try {
            posting.run(() -> store.post(key, instruction));
        } catch (Silence e) {
            throw new UnknownOutcomeException("journal.answer-lost", e.problem(), e);
        }
    }

    /** No answer in time. */
    private static final class Silence extends BlockedException {
        private static final long serialVersionUID = 1L;

        Silence(Problem problem) {
            super("journal.unreachable", problem);
        }
    }

    /** Calls of which one that hangs says that the next would hang as well. */
    private final class Lane {
        private volatile @Nullable Task hanging;

        void run(Runnable call) {
            answer(
                    () -> {
                        call.run();
                        return true;
                    },
                    late -> {});
        }

        /** Its answer, or what it threw. {@code late} gets what comes when nobody waits any more. */
        <T> T answer(Supplier<T> call, Consumer<Supplier<T>> late) {
            if (hangs()) {
                throw silence("that an earlier call has still not ended");
            }
            return start(call, late, within);
        }

        boolean hangs() {
            Task earlier = hanging;
            return earlier != null && !earlier.ended();
        }

        <T> T start(Supplier<T> call, Consumer<Supplier<T>> late, Duration patience) {
            Mailbox<Supplier<T>> answers = clockwork.mailbox();
            AtomicBoolean settled = new AtomicBoolean();
            Task task = clockwork.start("drkit journal in " + name, () -> {
                Supplier<T> answer = answerOf(call);
                if (settled.compareAndSet(false, true)) {
                    answers.put(answer);
                } else {
                    late.accept(answer);
                }
            });
            Supplier<T> answer = poll(answers, patience);
            if (answer == null && settled.compareAndSet(false, true)) {
                hanging = task;
                throw silence("none within " + patience.toMillis() + " ms");
            }
            while (answer == null) {
                // it is being put there at this moment
                answer = poll(answers, within);
            }
            return answer.get();
        }

        private Silence silence(String found) {
            return new Silence(Problem.expected("an answer from the journal store " + name)
                    .found(found)
                    .remedy("make it reachable; what it was asked to write may stand there, which is seen on resuming"));
        }
    }

    private static <T> Supplier<T> answerOf(Supplier<T> call) {
        try {
            T answer = call.get();
            return () -> answer;
        } catch (RuntimeException e) {
            return () -> {
                throw e;
            };
        } catch (Error e) {
            return () -> {
                throw e;
            };
        }
    }

    /** The interruption of a step or of the run is no failure of the store: it waits until this is over. */
    private <T> @Nullable T poll(Mailbox<T> mailbox, Duration atMost) {
        Deadline deadline = clockwork.deadline(atMost);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return mailbox.poll(deadline.remaining());
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private final class Bounded implements Journal {
        private final Journal journal;
        private final String owner;
        private final Lane lane = new Lane();

        Bounded(Journal journal, String owner) {
            this.journal = journal;
            this.owner = owner;
        }

        @Override
        public List<JournalEntry> latestRun() {
            return lane.answer(journal::latestRun, late -> {});
        }

        @Override
        public Epoch raiseEpoch(Epoch above) {
            return lane.answer(() -> journal.raiseEpoch(above), late -> {});
        }

        @Override
        public void begin(JournalEntry first) {
            lane.run(() -> journal.begin(first));
        }

        @Override
        public void append(JournalEntry entry) {
            lane.run(() -> journal.append(entry));
        }

        @Override
        public void requireHeld(Epoch epoch) {
            lane.run(() -> journal.requireHeld(epoch));
        }

        @Override
        public String owner() {
            return owner;
        }

        /** Also where something hangs: it is closed as soon as that ends. */
        @Override
        public void close() {
            lane.start(
                    () -> {
                        journal.close();
                        return true;
                    },
                    late -> {},
                    lane.hangs() ? Duration.ZERO : within);
        }
    }
}
