package io.drkit.core.readiness;

import io.drkit.core.time.Clockwork;
import io.drkit.core.time.Survey;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Whether something can be read while a site is gone. */
final class SurvivalCheck implements Check {
    private static final Duration EACH = Duration.ofSeconds(10);

    private final String name;
    private final BlackHole blackHole;
    /** Whether anything was there to be read. */
    private final Reading<Boolean> reading;

    private final String nothing;
    /** One for all runs, so that a try that hangs for days is not joined by another each minute. */
    private volatile @Nullable Survey survey;

    SurvivalCheck(String name, BlackHole blackHole, Reading<Boolean> reading, String nothing) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("A check has a name");
        }
        this.name = name;
        this.blackHole = blackHole;
        this.reading = reading;
        this.nothing = nothing;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String verifies() {
        return "it can be read while " + blackHole.site() + " is gone";
    }

    @Override
    public Duration timeout() {
        return EACH.multipliedBy(3);
    }

    /** What happened inside, in the order of what can be said from it. */
    private enum Inside {
        NOT_CUT,
        EMPTY,
        READ
    }

    @Override
    public Finding run(Clockwork clockwork) throws Exception {
        String site = blackHole.site();
        if (blackHole instanceof NoBlackHole) {
            return Finding.unknown(
                    "nobody has tried it: there is no way given to do without " + site,
                    "give the check a black hole that hides " + site);
        }
        Survey asked = survey;
        if (asked == null) {
            asked = new Survey(clockwork);
            survey = asked;
        }
        Progress progress = new Progress();
        Survey.Answer<Inside> inside = asked.ask(
                name + " without " + site,
                EACH,
                () -> blackHole.inside(() -> {
                    if (blackHole.siteAnswers()) {
                        return Inside.NOT_CUT;
                    }
                    progress.cut = true;
                    return reading.read() ? Inside.READ : Inside.EMPTY;
                }));
        if (inside instanceof Survey.Answer.Value<Inside> value) {
            return switch (value.value()) {
                case READ -> Finding.ready("it was read while " + site + " did not answer");
                case EMPTY ->
                    Finding.unknown(
                            "it was read while " + site + " did not answer, but " + nothing,
                            "run a drill; if there was one, see whether the right place is read");
                case NOT_CUT -> Finding.unknown(site + " still answers inside the black hole", "mend the black hole");
            };
        }
        String how = inside instanceof Survey.Answer.Failed<Inside> failed
                ? Verdicts.say(failed.failure())
                : "it did not answer within " + EACH.toSeconds() + " s";
        if (!progress.cut) {
            return Finding.unknown("the black hole could not be tried: " + how, "mend the black hole");
        }
        if (asked.ask(name, EACH, reading::read) instanceof Survey.Answer.Value<?>) {
            return Finding.notReady(
                    "it cannot be read without " + site + ", only with it: " + how,
                    "keep it where it does not depend on " + site);
        }
        return Finding.unknown("it cannot be read at all: " + how, "see why it cannot be reached");
    }

    /** How far the work inside came; written by its thread, read after it answered or was given up. */
    private static final class Progress {
        volatile boolean cut;
    }
}
