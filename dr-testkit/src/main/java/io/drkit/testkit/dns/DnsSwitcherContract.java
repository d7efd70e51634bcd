package io.drkit.testkit.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.drkit.core.ConflictException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.NotFoundException;
import io.drkit.core.StaleEpochException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.SupersedingAction;
import io.drkit.core.dns.DnsStatus;
import io.drkit.core.dns.DnsSwitcher;
import io.drkit.core.time.Clockwork;
import io.drkit.testkit.action.RunContext;
import io.drkit.testkit.fault.Fault;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link DnsSwitcher} promises, a rule a test. Extend it in your own tests, and say how your platform is set up,
 * disturbed and looked at; each test gets a platform of its own (JUnit makes an instance a test).
 */
public abstract class DnsSwitcherContract {
    /** A record's name. Override where yours look different. */
    protected String name() {
        return "shop.example.com";
    }

    /** Where it points at first. */
    protected String west() {
        return "west.example.com";
    }

    /** Where it is switched to. */
    protected String east() {
        return "east.example.com";
    }

    /** The clockwork that the switcher and its platform run on. */
    protected abstract Clockwork clockwork();

    /** A new switcher of the same platform at each call, as another process would make one. */
    protected abstract DnsSwitcher switcher();

    /** Adds a record that clients are answered already. */
    protected abstract void record(String name, String target) throws InterruptedException;

    /** Points the record elsewhere as somebody else would. */
    protected abstract void changeByHand(String name, String target);

    /** The next change is made, and its answer is lost. */
    protected abstract void loseNextAnswer();

    /** The next change is lost on its way. */
    protected abstract void loseNextRequest();

    /**
     * The next change gets no answer, and does not arrive before {@link Fault.Late#arrive} is called on what this answers.
     * Implementations without {@link io.drkit.testkit.fault.Faults} hold it with {@link Fault.Late#hold}.
     */
    protected abstract Fault.Late holdNextRequest();

    /** Whether the record cannot be read. */
    protected abstract void makeUnreadable(boolean unreadable);

    /** Where the store of the record really points it; empty when there is none. */
    protected abstract Optional<String> stored(String name);

    /** What those who serve the name really answer; empty when nothing. */
    protected abstract Optional<String> answered(String name);

    /** Keeps those who serve the name at what they answer now for a long time, whatever is stored; from the next change on. */
    protected abstract void holdAnswers();

    /** Something that differs after each change of the record, and only then. */
    protected abstract String fingerprint(String name);

    @Test
    @DisplayName("N01: status tells where the record points and what is answered")
    void status_ofRecord_tellsTargetAndAnswer() throws InterruptedException {
        record(name(), west());

        DnsStatus status = switcher().status(name());

        assertThat(status.name()).isEqualTo(name());
        assertThat(status.target()).isEqualTo(west());
        assertThat(status.answered()).hasValue(west());
    }

    @Test
    @DisplayName("N02, D11: preview says what would change, and changes nothing")
    void preview_changesNothing() throws InterruptedException {
        record(name(), west());
        String before = fingerprint(name());

        assertThat(preview(switcher().pointTo(name(), east())))
                .isInstanceOfSatisfying(
                        Assessment.Needed.class,
                        needed -> assertThat(needed.changes())
                                .singleElement()
                                .asString()
                                .contains(west())
                                .contains(east()));
        assertThat(fingerprint(name())).isEqualTo(before);
    }

    @Test
    @DisplayName("N03, A9: done is when the answer is the new one, not before")
    void pointTo_other_isAnsweredAtDone() throws InterruptedException {
        record(name(), west());

        execute(switcher().pointTo(name(), east()), Epoch.NONE);

        assertThat(stored(name())).hasValue(east());
        assertThat(answered(name())).hasValue(east());
        assertThat(switcher().status(name()).answered()).hasValue(east());
    }

    @Test
    @DisplayName("N04: while the old answer is given, it is under way and not done")
    void pointTo_oldAnswerGiven_isUnderway() throws InterruptedException {
        record(name(), west());
        holdAnswers();
        applyAfter(switcher().pointTo(name(), east()), () -> {});

        assertThat(preview(switcher().pointTo(name(), east()))).isInstanceOf(Assessment.Underway.class);
        assertThat(stored(name())).hasValue(east());
        assertThat(answered(name())).hasValue(west());
    }

    @Test
    @DisplayName("N05: pointTo a second time is done without a change")
    void pointTo_again_changesNothing() throws InterruptedException {
        record(name(), west());
        execute(switcher().pointTo(name(), east()), Epoch.NONE);
        String before = fingerprint(name());

        execute(switcher().pointTo(name(), east()), Epoch.NONE);

        assertThat(fingerprint(name())).isEqualTo(before);
    }

    @Test
    @DisplayName("N06, A10: the way back is the same way")
    void pointTo_back_isDone() throws InterruptedException {
        record(name(), west());
        execute(switcher().pointTo(name(), east()), new Epoch(1));
        execute(switcher().pointTo(name(), west()), new Epoch(2));

        assertThat(answered(name())).hasValue(west());
    }

    @Test
    @DisplayName("N07: a record that does not exist is named, and none is made")
    void pointTo_missing_isNamed() {
        assertThatExceptionOfType(NotFoundException.class)
                .isThrownBy(() -> execute(switcher().pointTo(name(), east()), Epoch.NONE))
                .withMessageContaining(name());
        assertThatExceptionOfType(NotFoundException.class)
                .isThrownBy(() -> switcher().status(name()));
        assertThat(stored(name())).isEmpty();
    }

    @Test
    @DisplayName("N08: an empty target is refused before anything is asked")
    void pointTo_blank_isRefused() throws InterruptedException {
        record(name(), west());

        assertThatIllegalArgumentException().isThrownBy(() -> switcher().pointTo(name(), " "));
        assertThatIllegalArgumentException().isThrownBy(() -> switcher().pointTo("", east()));
        assertThat(stored(name())).hasValue(west());
    }

    @Test
    @DisplayName("N09: the record is never empty, not even when answers and requests are lost")
    void pointTo_disturbed_isNeverEmpty() throws InterruptedException {
        record(name(), west());
        loseNextRequest();
        ActionExecutor.Watcher watcher = new ActionExecutor.Watcher() {
            @Override
            public void assessed(Assessment assessment) {
                assertThat(stored(name())).isPresent();
                assertThat(answered(name())).isPresent();
            }
        };

        ActionExecutor.on(clockwork())
                .execute(switcher().pointTo(name(), east()), RunContext.of(clockwork(), Epoch.NONE), watcher);

        assertThat(stored(name())).hasValue(east());
    }

    @Test
    @DisplayName("N10: a lost answer is observed again, and the change is made once")
    void pointTo_answerLost_isSeenAsMade() throws InterruptedException {
        record(name(), west());
        loseNextAnswer();
        applyIgnoringUnknown(switcher().pointTo(name(), east()));
        String once = fingerprint(name());

        execute(switcher().pointTo(name(), east()), Epoch.NONE);

        assertThat(fingerprint(name())).isEqualTo(once);
        assertThat(answered(name())).hasValue(east());
    }

    @Test
    @DisplayName("N11: a change that somebody else made after the observation is noticed, and not overwritten")
    void apply_conflictingWriter_isNoticed() throws InterruptedException {
        record(name(), west());

        assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(() -> applyAfter(
                        switcher().pointTo(name(), east()), () -> changeByHand(name(), "third.example.com")));
        assertThat(stored(name())).hasValue("third.example.com");
    }

    @Test
    @DisplayName("N12: a run with a lower epoch than the last one is refused; work outside any run is not")
    void apply_lowerEpoch_isRefused() throws InterruptedException {
        record(name(), west());
        execute(switcher().pointTo(name(), east()), new Epoch(7));

        assertThatExceptionOfType(StaleEpochException.class)
                .isThrownBy(() -> execute(switcher().pointTo(name(), west()), new Epoch(6)));
        assertThat(stored(name())).hasValue(east());

        execute(switcher().pointTo(name(), west()), Epoch.NONE);
        assertThatExceptionOfType(StaleEpochException.class)
                .isThrownBy(() -> execute(switcher().pointTo(name(), east()), new Epoch(6)));
        assertThat(stored(name())).hasValue(west());
    }

    @Test
    @DisplayName("N13: what cannot be read is never done")
    void assess_unreadable_isNeverDone() throws InterruptedException {
        record(name(), west());
        makeUnreadable(true);

        assertThatExceptionOfType(DrException.class)
                .isThrownBy(() -> preview(switcher().pointTo(name(), west())));
        assertThatExceptionOfType(DrException.class).isThrownBy(() -> switcher().status(name()));
    }

    @Test
    @DisplayName(
            "N14, F13: what got no answer takes no effect any more once it was superseded, though nothing was to be put back")
    void supersede_requestOnItsWay_neverTakesEffect() throws InterruptedException {
        record(name(), west());
        Fault.Late late = holdNextRequest();
        applyIgnoringUnknown(switcher().pointTo(name(), east()));

        supersede(switcher().pointTo(name(), east()), new Epoch(7));
        execute(switcher().pointTo(name(), west()), new Epoch(7));
        late.arrive();

        assertThat(stored(name())).hasValue(west());
    }

    @Test
    @DisplayName(
            "N15, F2: superseding points nothing elsewhere, claims the record for its run, and a newer run refuses it")
    void supersede_anything_changesNothingElse() throws InterruptedException {
        record(name(), west());
        supersede(switcher().pointTo(name(), east()), new Epoch(8));

        assertThat(stored(name())).hasValue(west());
        assertThat(preview(switcher().pointTo(name(), east()))).isInstanceOf(Assessment.Needed.class);
        assertThatExceptionOfType(StaleEpochException.class)
                .isThrownBy(() -> execute(switcher().pointTo(name(), east()), new Epoch(7)));
        assertThatExceptionOfType(StaleEpochException.class)
                .isThrownBy(() -> supersede(switcher().pointTo(name(), east()), new Epoch(7)));
    }

    /** What {@code action} would do now. */
    protected final Assessment preview(Action<?> action) throws InterruptedException {
        return ActionExecutor.on(clockwork()).preview(action);
    }

    /** Executes {@code action} to its end, in a run of {@code epoch}. */
    protected final void execute(Action<?> action, Epoch epoch) throws InterruptedException {
        ActionExecutor.on(clockwork()).execute(action, RunContext.of(clockwork(), epoch), ActionExecutor.Watcher.NONE);
    }

    /** Observes, lets something happen, and applies. */
    protected final void applyAfter(Action<?> action, Runnable between) throws InterruptedException {
        apply(action, RunContext.of(clockwork(), Epoch.NONE), between);
    }

    private void applyIgnoringUnknown(Action<?> action) throws InterruptedException {
        try {
            applyAfter(action, () -> {});
        } catch (DrException e) {
            assertThat(e.retryable()).as("a lost answer can be observed again").isTrue();
        }
    }

    private void supersede(Action<?> action, Epoch epoch) throws InterruptedException {
        assertThat(action)
                .as("a switcher writes conditionally, and so can make void what is on its way")
                .isInstanceOf(SupersedingAction.class);
        supersede((SupersedingAction<?>) action, RunContext.of(clockwork(), epoch));
    }

    private static <O> void supersede(SupersedingAction<O> action, ActionContext context) throws InterruptedException {
        action.supersede(action.observe(context), context);
    }

    private static <O> void apply(Action<O> action, ActionContext context, Runnable between)
            throws InterruptedException {
        O observed = action.observe(context);
        between.run();
        action.apply(observed, context);
    }
}
