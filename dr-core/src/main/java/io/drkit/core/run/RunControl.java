package io.drkit.core.run;

import io.drkit.core.BlockedException;
import io.drkit.core.Problem;
import io.drkit.core.journal.Instruction;
import io.drkit.core.journal.JournalEntry;
import io.drkit.core.journal.JournalKey;
import io.drkit.core.journal.JournalStore;
import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What one person can say to a run, from the process that works on it or from any other that reaches the journal's store.
 *
 * <pre>{@code
 * RunControl ann = runner.control(plan, SiteSwitch.switchoverFrom(west).to(east), "ann", "incident commander");
 * Instruction said = ann.approve("go", "all teams are ready");
 * ann.awaitAnswer(said, Duration.ofSeconds(10));     // taken, refused and why, or not heard yet
 * }</pre>
 *
 * <p>Each word is durable in the store when the method returns, and nothing more is known then: it may yet be refused, or heard by
 * nobody. {@link #awaitAnswer} tells. The run hears it within {@link PlanRunner.Builder#listenEvery}, at
 * once when it works in this process, writes it into the journal with who, role, reason and time, and only then obeys it, exactly
 * once, whatever crashes in between; or it writes down why it does not. A run that has stopped hears what was left for it when it
 * is resumed. DRKit authenticates nobody: whoever can write to the store can speak, in any name. Thread-safe.
 */
public final class RunControl {
    private static final Duration LOOKS_EVERY = Duration.ofMillis(200);

    private final JournalStore journals;
    private final JournalKey key;
    private final Clockwork clockwork;
    private final String who;
    private final String role;
    private final Runnable wake;

    RunControl(JournalStore journals, JournalKey key, Clockwork clockwork, String who, String role, Runnable wake) {
        if (who.isBlank()) {
            throw new IllegalArgumentException("Whoever speaks to a run has a name");
        }
        this.journals = journals;
        this.key = key;
        this.clockwork = clockwork;
        this.who = who;
        this.role = role;
        this.wake = wake;
    }

    /**
     * Lets the step that waits for this approval begin. Taken only while it waits, and only in the role that it asks for.
     *
     * @param approval the approval's name, or that of the step
     */
    public Instruction approve(String approval, String reason) {
        return say(Instruction.Kind.APPROVE, approval, reason);
    }

    /** Refuses the approval: the step that waits for it counts as failed. Taken as {@link #approve}. */
    public Instruction reject(String approval, String reason) {
        return say(Instruction.Kind.REJECT, approval, reason);
    }

    /** Begins no further step, nor undoing of one, until {@link #goOn}. What is at work goes on. */
    public Instruction pause(String reason) {
        return say(Instruction.Kind.PAUSE, "", reason);
    }

    /** Goes on after {@link #pause}; not for a run that has stopped: that is {@link PlanRunner#resume}. */
    public Instruction goOn(String reason) {
        return say(Instruction.Kind.CONTINUE, "", reason);
    }

    /**
     * Goes on without the step, as if it were done; the report says who said so. Taken only for a step that failed or has not
     * begun, never for a point of no return, and not while the run is putting back.
     */
    public Instruction skip(String step, String reason) {
        return say(Instruction.Kind.SKIP, step, reason);
    }

    /**
     * Tries a step that failed, or whose outcome is unknown, once more, while others are still at work or the run waits for a word:
     * see {@link PlanRunner.Builder#askOnFailure}. Refused while the run is putting back, and while the step was given up and is still
     * at work.
     */
    public Instruction retry(String step, String reason) {
        return say(Instruction.Kind.RETRY, step, reason);
    }

    /**
     * Stops what is at work, begins no further change, and puts back what was done. Refused once a point of no return was passed,
     * or may have been: from there on the run goes forward only. Whether it was refused {@link #awaitAnswer} tells. Where a step heeds
     * no stop, the run is {@code STOPPED}, and whoever resumes it puts back what was done.
     */
    public Instruction cancel(String reason) {
        return say(Instruction.Kind.CANCEL, "", reason);
    }

    /**
     * Lets this one safety rule hold nothing up any more in this run, broken or unknown; until the run is turned into a failover.
     *
     * @param rule the rule's name, or the code of its finding, such as {@code safety.one-writable-primary}
     */
    public Instruction override(String rule, String reason) {
        return say(Instruction.Kind.OVERRIDE, rule, reason);
    }

    /**
     * Turns the switchover into a failover of the same plan: what is at work is stopped, nothing is undone, and the failover's steps
     * go on from the world as it is found. From then on the failover's terms hold: its fence, and the loss that they accept. What was
     * said of the switchover does not count for the failover: an approval is asked for again, a skipped step is to be done, and an
     * overridden rule holds.
     */
    public Instruction failOver(String reason) {
        return say(Instruction.Kind.FAIL_OVER, "", reason);
    }

    /**
     * What became of a word.
     *
     * @param taken whether it was obeyed
     * @param refused why not; empty when it was
     */
    public record Answer(boolean taken, String refused) {}

    /** Empty while no process has heard it; also for ever, when the run ended first. */
    public Optional<Answer> answer(Instruction said) {
        return latest().stream()
                .filter(entry -> entry.kind() == JournalEntry.Kind.INSTRUCTION
                        && entry.detail("id").equals(said.id()))
                .findFirst()
                .map(entry -> new Answer(entry.detail("refused").isEmpty(), entry.detail("refused")));
    }

    /**
     * Waits for {@link #answer}: that a word was left says not that it is obeyed. Empty when no process heard it in time.
     *
     * @param atMost how long it waits; a run at work hears a word within {@link PlanRunner.Builder#listenEvery}
     */
    public Optional<Answer> awaitAnswer(Instruction said, Duration atMost) throws InterruptedException {
        Deadline deadline = clockwork.deadline(atMost);
        while (true) {
            Optional<Answer> answer = answer(said);
            if (answer.isPresent() || deadline.passed()) {
                return answer;
            }
            clockwork.sleep(deadline.atMost(LOOKS_EVERY));
        }
    }

    /**
     * @throws BlockedException with the code {@code run.nobody-listens} when no run is active or waits to be resumed
     */
    private Instruction say(Instruction.Kind kind, String subject, String reason) {
        RunHistory history = RunHistory.of(latest());
        if (history.over()) {
            throw new BlockedException(
                    "run.nobody-listens",
                    Problem.expected("a run of " + key + " that is not over")
                            .found(history.started() ? "that the " + history.line() + " is over" : "none")
                            .remedy("begin one first"));
        }
        // It names the run that was looked at: another may begin before the word is there, and must not obey it.
        Instruction said =
                new Instruction(clockwork.newId(), kind, subject, who, role, reason, clockwork.now(), history.runId());
        journals.post(key, said);
        wake.run();
        return said;
    }

    private List<JournalEntry> latest() {
        List<List<JournalEntry>> runs = journals.runs(key, 1);
        return runs.isEmpty() ? List.of() : runs.get(0);
    }
}
