package io.drkit.core.report;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What became of one step.
 *
 * @param name the step
 * @param description what its action says it does
 * @param after the steps it waits for
 * @param pointOfNoReturn whether it is one
 * @param restoresService whether service is back when it is done
 * @param status how it stands
 * @param began when it began; empty when it did not
 * @param ended when it ended; empty when it did not
 * @param attempts how often its change was applied
 * @param changes what it said it would change; empty when it was already so
 * @param detail what showed that it is done, or why it is not; may be empty
 * @param undoBegan when undoing it began; empty when it was not undone
 * @param undoEnded when undoing it ended
 * @param facts what it recorded, for example who waived what
 */
public record StepReport(
        String name,
        String description,
        List<String> after,
        boolean pointOfNoReturn,
        boolean restoresService,
        StepStatus status,
        Optional<Instant> began,
        Optional<Instant> ended,
        int attempts,
        List<String> changes,
        String detail,
        Optional<Instant> undoBegan,
        Optional<Instant> undoEnded,
        Map<String, String> facts) {
    public StepReport {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(description, "description");
        after = List.copyOf(after);
        Objects.requireNonNull(status, "status");
        changes = List.copyOf(changes);
        Objects.requireNonNull(detail, "detail");
        facts = Map.copyOf(facts);
    }

    /** From begin to end; empty when it has not both. */
    public Optional<Duration> took() {
        return began.flatMap(from -> ended.map(to -> Duration.between(from, to)));
    }
}
