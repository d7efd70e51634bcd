package io.drkit.core.detect;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Survey;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/** Looks at both sites from this process. */
final class LocalObserver implements Observer {
    private final String name;
    private final HealthProbe active;
    private final HealthProbe standby;
    private final Survey survey;

    LocalObserver(String name, HealthProbe active, HealthProbe standby, Clockwork clockwork) {
        this.name = Objects.requireNonNull(name, "name");
        this.active = active;
        this.standby = standby;
        survey = new Survey(clockwork);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Duration timeout() {
        Duration longer = active.timeout().compareTo(standby.timeout()) > 0 ? active.timeout() : standby.timeout();
        return longer.plusSeconds(5);
    }

    @Override
    public Sighting look() throws InterruptedException {
        List<Survey.Answer<Health>> answers = survey.ask(
                List.of(question("active " + active.name(), active), question("standby " + standby.name(), standby)));
        return new Sighting(health(answers.get(0)), health(answers.get(1)));
    }

    private static Survey.Question<Health> question(String name, HealthProbe probe) {
        return new Survey.Question<>(
                name,
                probe.timeout(),
                () -> Objects.requireNonNull(probe.look(), () -> probe.name() + " answered nothing at all"));
    }

    /** What became of a question, read as health. */
    static Health health(Survey.Answer<Health> answer) {
        if (answer instanceof Survey.Answer.Value<Health> value) {
            return value.value();
        } else if (answer instanceof Survey.Answer.Failed<Health> failed) {
            return Health.unknown(failed.failure().toString());
        } else if (answer instanceof Survey.Answer.Silent<Health> silent) {
            return Health.unknown(silent.why());
        }
        throw new AssertionError(answer);
    }
}
