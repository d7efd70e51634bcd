package io.drkit.core.run;

import io.drkit.core.DrException;
import io.drkit.core.Problem;
import io.drkit.core.StaleEpochException;
import io.drkit.core.event.RunEvent;
import io.drkit.core.event.RunListener;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.Journal;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.report.RunReport;
import io.drkit.core.time.Clockwork;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a run writes down and tells. An entry is durable in the journal before the history counts it and before anybody is told.
 * Thread-safe: the steps of a run share it, and its monitor puts what they write and tell in one order.
 */
final class RunLog {
    private static final Logger log = LoggerFactory.getLogger(RunLog.class);

    private final Journal journal;
    private final RunHistory history;
    private final Clockwork clockwork;
    private final Audience audience;
    private final Instant wallOrigin;
    private final long monotonicOrigin;
    private volatile boolean closed;

    RunLog(Journal journal, RunHistory history, Clockwork clockwork, List<RunListener> listeners) {
        this.journal = journal;
        this.history = history;
        this.clockwork = clockwork;
        this.audience = new Audience(listeners, clockwork);
        this.wallOrigin = clockwork.now();
        this.monotonicOrigin = clockwork.nanoTime();
    }

    /** Wall time that does not jump while this process runs: read once, then carried on by monotonic time. */
    Instant now() {
        return wallOrigin.plusNanos(clockwork.nanoTime() - monotonicOrigin);
    }

    synchronized void write(JournalEntry.Kind kind, String step, Map<String, String> details) {
        if (closed) {
            // only a step that goes on unheard comes here
            throw new StaleEpochException(
                    "run.step-given-up",
                    Problem.expected("the step \"" + step + "\" to write down something while its run goes on")
                            .found("that the run has ended or paused")
                            .remedy("let the step end; the run is resumed when its outcome can be observed"));
        }
        put(kind, step, details);
    }

    /** Writes the last entry and answers the report, which so is what the journal says up to that entry. */
    synchronized RunReport end(JournalEntry.Kind kind, Map<String, String> details) {
        write(kind, "", details);
        // The journal writes these by itself.
        List<JournalEntry> all = read();
        int resumed = all.stream().map(JournalEntry::kind).toList().lastIndexOf(JournalEntry.Kind.RUN_RESUMED);
        all.stream()
                .skip(resumed + 1L)
                .filter(entry -> entry.kind() == JournalEntry.Kind.MIRROR_LOST)
                .forEach(history::replay);
        return history.report();
    }

    private List<JournalEntry> read() {
        try {
            return journal.latestRun();
        } catch (DrException e) {
            // The end is written: that counts, and what a look back would add to the report is in the log already.
            log.warn("The journal cannot be read any more; the report may lack that a mirror was lost", e);
            return List.of();
        }
    }

    /** Writes down that a step which was given up has ended, also when the run has ended here before it. */
    void writeEnd(String step, Map<String, String> details) {
        put(JournalEntry.Kind.GIVEN_UP_ENDED, step, details);
    }

    private synchronized void put(JournalEntry.Kind kind, String step, Map<String, String> details) {
        JournalEntry entry = new JournalEntry(kind, now(), step, details);
        journal.append(entry);
        history.replay(entry);
    }

    /** As {@link #write}, unless {@code check} throws: nothing else is written between its look at the history and the entry. */
    synchronized void write(
            JournalEntry.Kind kind, String step, Map<String, String> details, Consumer<RunHistory> check) {
        check.accept(history);
        write(kind, step, details);
    }

    /**
     * Writes down what a person said, taken or refused; answers why it was refused. Whether it is, and {@code more} details, follow
     * from the history as it is at that moment.
     */
    synchronized Optional<String> take(
            Instruction said, Function<RunHistory, Optional<String>> refusal, Supplier<Map<String, String>> more) {
        Optional<String> refused = refusal.apply(history);
        Map<String, String> details = new HashMap<>(RunHistory.details(said, refused));
        if (refused.isEmpty()) {
            details.putAll(more.get());
        }
        write(JournalEntry.Kind.INSTRUCTION, "", details);
        return refused;
    }

    /** Asks the history, which must not be kept beyond the question. */
    synchronized <T> T ask(Function<RunHistory, T> question) {
        return question.apply(history);
    }

    /** Waits a moment at most. Not under a lock. */
    void tell(RunEvent event) {
        if (!closed) {
            audience.tell(event);
        }
    }

    /**
     * The run has ended here: a step that goes on unheard tells nobody any more, and writes nothing. Gives the listeners some time to
     * hear the rest.
     */
    void close() {
        synchronized (this) {
            closed = true;
        }
        audience.dismiss();
    }
}
