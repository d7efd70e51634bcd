package io.drkit.testkit.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.drkit.core.BlockedException;
import io.drkit.core.ConflictException;
import io.drkit.core.DrException;
import io.drkit.core.Epoch;
import io.drkit.core.NotFoundException;
import io.drkit.core.StaleEpochException;
import io.drkit.core.UnknownOutcomeException;
import io.drkit.core.action.Action;
import io.drkit.core.action.ActionContext;
import io.drkit.core.action.ActionExecutor;
import io.drkit.core.action.Assessment;
import io.drkit.core.action.SupersedingAction;
import io.drkit.core.time.Clockwork;
import io.drkit.core.workload.Workload;
import io.drkit.core.workload.WorkloadScaler;
import io.drkit.core.workload.WorkloadStatus;
import io.drkit.testkit.action.RunContext;
import io.drkit.testkit.fault.Fault;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What every {@link WorkloadScaler} promises, a rule a test. Extend it in your own tests, and say how your platform is set up,
 * disturbed and looked at; each test gets a platform of its own (JUnit makes an instance a test).
 *
 * <p>Pods should take some time to become ready and to go, so that waiting is tested; a few hundred milliseconds do.
 */
public abstract class WorkloadScalerContract {
    /** A workload that scales freely. */
    protected static final Workload APP = Workload.deployment("app");

    /** Another one. */
    protected static final Workload QUEUE = Workload.statefulSet("queue");

    /** One that does not exist. */
    protected static final Workload GHOST = Workload.deployment("ghost");

    /** The clockwork that the scaler and its platform run on. */
    protected abstract Clockwork clockwork();

    /** A new scaler of the same platform at each call, as another process would make one. */
    protected abstract WorkloadScaler scaler();

    /** Adds a workload, and waits until so many of its pods are ready. */
    protected abstract void run(Workload workload, int replicas) throws InterruptedException;

    /** Puts a workload under an autoscaler of that name. */
    protected abstract void autoscale(Workload workload, String autoscaler);

    /** Scales as somebody else would. */
    protected abstract void scaleByHand(Workload workload, int replicas);

    /** The next change is made, and its answer is lost. */
    protected abstract void loseNextAnswer();

    /** The next change is lost on its way. */
    protected abstract void loseNextRequest();

    /**
     * The next change gets no answer, and does not arrive before {@link Fault.Late#arrive} is called on what this answers.
     * Implementations without {@link io.drkit.testkit.fault.Faults} hold it with {@link Fault.Late#hold}.
     */
    protected abstract Fault.Late holdNextRequest();

    /** Whether what tells how many pods there are cannot be read. */
    protected abstract void makeUnreadable(boolean unreadable);

    /** Whether terminating pods of the workload never go. */
    protected abstract void stickTerminating(Workload workload, boolean stuck);

    /** Whether pods of the workload that start from now on do not become ready, for a reason that the platform tells. */
    protected abstract void keepUnready(Workload workload, boolean unready);

    /** How many pods of the workload there really are, terminating ones included. */
    protected abstract int pods(Workload workload);

    /** How many of them are really ready. */
    protected abstract int ready(Workload workload);

    /** Something that differs after each change that a scaler makes to the workload, and only then. */
    protected abstract String fingerprint(Workload workload);

    @Test
    @DisplayName("W01: status tells what is wanted, what runs, and that nothing is remembered")
    void status_ofRunningWorkloads_tellsCounts() throws InterruptedException {
        run(APP, 2);
        run(QUEUE, 1);

        assertThat(scaler().status(APP, QUEUE))
                .extracting(
                        WorkloadStatus::workload, WorkloadStatus::wanted, WorkloadStatus::pods, WorkloadStatus::ready)
                .containsExactly(tuple(APP, 2, 2, 2), tuple(QUEUE, 1, 1, 1));
        assertThat(only(APP).remembered()).isEmpty();
        assertThat(only(APP).autoscaler()).isEmpty();
    }

    @Test
    @DisplayName("W02, D11: preview says what would change, and changes nothing")
    void preview_changesNothing() throws InterruptedException {
        run(APP, 2);
        String before = fingerprint(APP);

        assertThat(preview(scaler().toZero(APP)))
                .isInstanceOfSatisfying(
                        Assessment.Needed.class,
                        needed -> assertThat(needed.changes())
                                .singleElement()
                                .asString()
                                .contains("app"));
        assertThat(preview(scaler().scaleTo(Map.of(APP, 5)))).isInstanceOf(Assessment.Needed.class);
        assertThat(fingerprint(APP)).isEqualTo(before);
        assertThat(pods(APP)).isEqualTo(2);
    }

    @Test
    @DisplayName("W03, A1, A3, D1: toZero is done when the last pod is gone, and remembers the counts")
    void toZero_running_leavesNoPodAndRemembers() throws InterruptedException {
        run(APP, 2);
        run(QUEUE, 2);

        execute(scaler().toZero(APP, QUEUE));

        assertThat(pods(APP)).isZero();
        assertThat(pods(QUEUE)).isZero();
        assertThat(only(APP).remembered()).hasValue(2);
        assertThat(only(QUEUE).remembered()).hasValue(2);
    }

    @Test
    @DisplayName("W04, A1: scale to zero waits until pods are gone, terminating ones included")
    void toZero_terminatingPodLeft_isUnderway() throws InterruptedException {
        run(APP, 2);
        stickTerminating(APP, true);
        applyOnce(scaler().toZero(APP), Epoch.NONE);

        assertThat(becoming(scaler().toZero(APP), Assessment.Underway.class)).isNotNull();
        assertThat(pods(APP)).isEqualTo(2);
        assertThat(preview(scaler().toZero(APP))).isInstanceOf(Assessment.Underway.class);

        stickTerminating(APP, false);
        execute(scaler().toZero(APP));
        assertThat(pods(APP)).isZero();
    }

    @Test
    @DisplayName("W05: toZero a second time is done without a change, and keeps what is remembered")
    void toZero_atZero_keepsTheMemory() throws InterruptedException {
        run(APP, 2);
        execute(scaler().toZero(APP));
        String before = fingerprint(APP);

        assertThat(preview(scaler().toZero(APP))).isInstanceOf(Assessment.Done.class);
        execute(scaler().toZero(APP));

        assertThat(fingerprint(APP)).isEqualTo(before);
        assertThat(only(APP).remembered()).hasValue(2);
    }

    @Test
    @DisplayName("W06: toZero of a workload that is at zero and remembers nothing is done without a change")
    void toZero_neverRan_isDone() throws InterruptedException {
        run(APP, 0);
        String before = fingerprint(APP);

        execute(scaler().toZero(APP));

        assertThat(fingerprint(APP)).isEqualTo(before);
        assertThat(only(APP).remembered()).isEmpty();
    }

    @Test
    @DisplayName("W07, A7, D5: another process restores the remembered counts, done when that many pods are ready")
    void restore_byAnotherScaler_bringsTheCountsBack() throws InterruptedException {
        run(APP, 2);
        run(QUEUE, 1);
        execute(scaler().toZero(APP, QUEUE));

        execute(scaler().restore(APP, QUEUE));

        assertThat(ready(APP)).isEqualTo(2);
        assertThat(ready(QUEUE)).isEqualTo(1);
        assertThat(only(APP).remembered()).isEmpty();
        assertThat(only(APP).wanted()).isEqualTo(2);
    }

    @Test
    @DisplayName("W08, A7: restore waits for readiness, and tells why a pod is not ready")
    void restore_podsNotReady_isUnderwayWithTheReason() throws InterruptedException {
        run(APP, 2);
        execute(scaler().toZero(APP));
        keepUnready(APP, true);
        applyOnce(scaler().restore(APP), Epoch.NONE);
        while (pods(APP) < 2 || only(APP).notReadyBecause().isEmpty()) {
            clockwork().sleep(Duration.ofMillis(10));
        }

        String reason = only(APP).notReadyBecause();
        assertThat(preview(scaler().restore(APP)))
                .isInstanceOfSatisfying(
                        Assessment.Underway.class,
                        underway -> assertThat(underway.waitingFor()).contains(reason));
        keepUnready(APP, false);
        execute(scaler().restore(APP));
        assertThat(ready(APP)).isEqualTo(2);
    }

    @Test
    @DisplayName("W09: restore of a workload that is at zero and remembers nothing is blocked, by name")
    void restore_nothingRemembered_isBlocked() throws InterruptedException {
        run(APP, 0);

        assertThatExceptionOfType(BlockedException.class)
                .isThrownBy(() -> execute(scaler().restore(APP)))
                .withMessageContaining(APP.toString());
        assertThat(pods(APP)).isZero();
    }

    @Test
    @DisplayName("W10: restore a second time is done without a change")
    void restore_restored_changesNothing() throws InterruptedException {
        run(APP, 2);
        execute(scaler().toZero(APP));
        execute(scaler().restore(APP));
        String before = fingerprint(APP);

        execute(scaler().restore(APP));

        assertThat(fingerprint(APP)).isEqualTo(before);
    }

    @Test
    @DisplayName("W11, A7: scaleTo sets given counts, waits for readiness, and forgets what was remembered")
    void scaleTo_counts_areReadyAndNothingIsRemembered() throws InterruptedException {
        run(APP, 3);
        run(QUEUE, 0);
        execute(scaler().toZero(APP));

        execute(scaler().scaleTo(Map.of(APP, 1, QUEUE, 2)));

        assertThat(ready(APP)).isEqualTo(1);
        assertThat(ready(QUEUE)).isEqualTo(2);
        assertThat(only(APP).remembered()).isEmpty();
    }

    @Test
    @DisplayName("W12: scaleTo fewer is not done while more pods than that exist")
    void scaleTo_fewerWithPodLeft_isUnderway() throws InterruptedException {
        run(APP, 3);
        stickTerminating(APP, true);
        applyOnce(scaler().scaleTo(Map.of(APP, 1)), Epoch.NONE);

        assertThat(preview(scaler().scaleTo(Map.of(APP, 1)))).isInstanceOf(Assessment.Underway.class);

        stickTerminating(APP, false);
        execute(scaler().scaleTo(Map.of(APP, 1)));
        assertThat(pods(APP)).isEqualTo(1);
    }

    @Test
    @DisplayName("W13: a workload that does not exist is named, and the others are not touched")
    void toZero_missing_isNamedAndNothingChanges() throws InterruptedException {
        run(APP, 1);
        String before = fingerprint(APP);

        assertThatExceptionOfType(NotFoundException.class)
                .isThrownBy(() -> execute(scaler().toZero(APP, GHOST)))
                .satisfies(e -> assertThat(e.problem().found())
                        .contains(GHOST.toString())
                        .doesNotContain(APP.toString()));
        assertThatExceptionOfType(NotFoundException.class).isThrownBy(() -> scaler().status(GHOST));
        assertThat(fingerprint(APP)).isEqualTo(before);
    }

    @Test
    @DisplayName("W14: a workload under an autoscaler is refused, naming it, and nothing changes")
    void anything_autoscaled_isBlockedByName() throws InterruptedException {
        run(APP, 2);
        run(QUEUE, 1);
        autoscale(APP, "app-autoscaler");
        String before = fingerprint(APP) + fingerprint(QUEUE);

        assertThatExceptionOfType(BlockedException.class)
                .isThrownBy(() -> execute(scaler().toZero(QUEUE, APP)))
                .withMessageContaining("app-autoscaler");
        assertThat(preview(scaler().restore(APP))).isInstanceOf(Assessment.Blocked.class);
        assertThat(preview(scaler().scaleTo(Map.of(APP, 0)))).isInstanceOf(Assessment.Blocked.class);
        assertThat(only(APP).autoscaler())
                .hasValueSatisfying(name -> assertThat(name).contains("app-autoscaler"));
        assertThat(fingerprint(APP) + fingerprint(QUEUE)).isEqualTo(before);
    }

    @Test
    @DisplayName("W15: a lost answer is observed again: the change is made once, and the memory is not overwritten")
    void toZero_answerLost_isSeenAsMade() throws InterruptedException {
        run(APP, 2);
        loseNextAnswer();

        execute(scaler().toZero(APP));
        assertThat(only(APP).remembered()).hasValue(2);
        assertThat(pods(APP)).isZero();

        loseNextAnswer();
        execute(scaler().restore(APP));
        assertThat(ready(APP)).isEqualTo(2);
    }

    @Test
    @DisplayName("W16: a lost request is made again")
    void toZero_requestLost_isMadeAgain() throws InterruptedException {
        run(APP, 2);
        loseNextRequest();

        execute(scaler().toZero(APP));

        assertThat(only(APP).remembered()).hasValue(2);
        assertThat(pods(APP)).isZero();
    }

    @Test
    @DisplayName("W17: a run with a lower epoch than the last one is refused and changes nothing")
    void apply_lowerEpoch_isRefused() throws InterruptedException {
        run(APP, 2);
        execute(scaler().toZero(APP), new Epoch(7));
        String before = fingerprint(APP);

        assertThatExceptionOfType(StaleEpochException.class)
                .isThrownBy(() -> execute(scaler().restore(APP), new Epoch(6)));
        assertThat(fingerprint(APP)).isEqualTo(before);

        execute(scaler().restore(APP), new Epoch(7));
        execute(scaler().toZero(APP), new Epoch(8));
        assertThatExceptionOfType(StaleEpochException.class)
                .isThrownBy(() -> execute(scaler().restore(APP), new Epoch(7)));
    }

    @Test
    @DisplayName("W18: work outside any run is not refused, and leaves the epoch of the last run in force")
    void apply_noEpoch_neitherRefusedNorLowering() throws InterruptedException {
        run(APP, 1);
        execute(scaler().toZero(APP), new Epoch(7));

        execute(scaler().restore(APP), Epoch.NONE);

        assertThat(ready(APP)).isEqualTo(1);
        assertThatExceptionOfType(StaleEpochException.class)
                .isThrownBy(() -> execute(scaler().toZero(APP), new Epoch(6)));
    }

    @Test
    @DisplayName("W19: what cannot be read is never taken for gone, nor for ready")
    void assess_unreadable_isNeverDone() throws InterruptedException {
        run(APP, 1);
        makeUnreadable(true);
        assertThatExceptionOfType(DrException.class).isThrownBy(() -> preview(scaler().restore(APP)));
        assertThatExceptionOfType(DrException.class).isThrownBy(() -> scaler().status(APP));

        makeUnreadable(false);
        execute(scaler().toZero(APP));
        makeUnreadable(true);
        assertThatExceptionOfType(DrException.class).isThrownBy(() -> preview(scaler().toZero(APP)));
    }

    @Test
    @DisplayName("W20: a change that somebody else made after the observation is noticed, and not overwritten")
    void apply_conflictingWriter_isNoticed() throws InterruptedException {
        run(APP, 1);

        assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(() -> applyAfter(scaler().toZero(APP), () -> scaleByHand(APP, 3)));
        assertThat(only(APP).wanted()).isEqualTo(3);

        execute(scaler().toZero(APP));
        assertThat(only(APP).remembered()).hasValue(3);
    }

    @Test
    @DisplayName("W21: an action describes itself in the same words each time, and refuses to be about nothing")
    void action_madeTwice_describesItselfAlike() {
        assertThat(scaler().toZero(APP, QUEUE).describe())
                .isEqualTo(scaler().toZero(APP, QUEUE).describe())
                .contains("app")
                .contains("queue");
        assertThat(scaler().scaleTo(Map.of(APP, 1, QUEUE, 2)).describe())
                .isEqualTo(scaler().scaleTo(new TreeMap<>(Map.of(QUEUE, 2, APP, 1)))
                        .describe());
        assertThatIllegalArgumentException().isThrownBy(() -> scaler().toZero());
        assertThatIllegalArgumentException().isThrownBy(() -> scaler().restore());
        assertThatIllegalArgumentException().isThrownBy(() -> scaler().scaleTo(Map.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> scaler().scaleTo(Map.of(APP, -1)));
    }

    @Test
    @DisplayName("W22: scaleTo the count that a workload already has still forgets what is remembered")
    void scaleTo_sameCount_forgets() throws InterruptedException {
        run(APP, 3);
        execute(scaler().toZero(APP));
        scaleByHand(APP, 1);

        execute(scaler().scaleTo(Map.of(APP, 1)));

        assertThat(only(APP).remembered()).isEmpty();
        assertThat(ready(APP)).isEqualTo(1);
    }

    @Test
    @DisplayName(
            "W23, F13: what got no answer takes no effect any more once it was superseded, in whatever state that found it")
    void supersede_requestOnItsWay_neverTakesEffect() throws InterruptedException {
        run(APP, 2);
        run(QUEUE, 1);
        Fault.Late late = holdNextRequest();
        assertThatExceptionOfType(UnknownOutcomeException.class)
                .isThrownBy(() -> applyOnce(scaler().toZero(APP, QUEUE), new Epoch(7)));

        supersede(scaler().toZero(APP, QUEUE), new Epoch(7));
        execute(scaler().restore(QUEUE), new Epoch(7));
        execute(scaler().restore(APP), new Epoch(7));
        late.arrive();

        assertThat(only(APP).wanted()).isEqualTo(2);
        assertThat(only(APP).remembered()).isEmpty();
        assertThat(only(QUEUE).wanted()).isEqualTo(1);
        execute(scaler().restore(APP, QUEUE), new Epoch(7));
    }

    @Test
    @DisplayName("W24: superseding changes no count, and forgets nothing")
    void supersede_anything_changesNothingElse() throws InterruptedException {
        run(APP, 2);
        run(QUEUE, 1);
        execute(scaler().toZero(APP));
        List<WorkloadStatus> before = scaler().status(APP, QUEUE);

        supersede(scaler().toZero(APP, QUEUE), new Epoch(7));
        supersede(scaler().restore(APP, QUEUE), new Epoch(7));

        assertThat(scaler().status(APP, QUEUE)).isEqualTo(before);
        assertThat(preview(scaler().toZero(QUEUE))).isInstanceOf(Assessment.Needed.class);
        assertThat(preview(scaler().restore(APP))).isInstanceOf(Assessment.Needed.class);
    }

    @Test
    @DisplayName("W25, F2: superseding claims for its run what it touches, and a newer run refuses it")
    void supersede_byAnotherRun_comparesEpochs() throws InterruptedException {
        run(APP, 1);
        supersede(scaler().toZero(APP), new Epoch(8));

        assertThatExceptionOfType(StaleEpochException.class)
                .isThrownBy(() -> execute(scaler().toZero(APP), new Epoch(7)));
        assertThatExceptionOfType(StaleEpochException.class)
                .isThrownBy(() -> supersede(scaler().toZero(APP), new Epoch(7)));
        assertThat(only(APP).wanted()).isEqualTo(1);
    }

    @Test
    @DisplayName("W26: a workload of a kind that the scaler does not know is refused, and never taken for stopped")
    void toZero_unknownKind_isRefused() throws InterruptedException {
        run(APP, 1);
        Workload strange = new Workload(new Workload.Kind("spaceship"), APP.name());

        assertThatThrownBy(() -> execute(scaler().toZero(strange))).satisfies(WorkloadScalerContract::isRefusal);
        assertThatThrownBy(() -> execute(scaler().scaleTo(Map.of(strange, 0))))
                .satisfies(WorkloadScalerContract::isRefusal);
        assertThatThrownBy(() -> scaler().status(strange)).satisfies(WorkloadScalerContract::isRefusal);
        assertThat(pods(APP)).isEqualTo(1);
    }

    private static void isRefusal(Throwable thrown) {
        assertThat(thrown).isInstanceOfAny(IllegalArgumentException.class, DrException.class);
    }

    /** The status of one workload. */
    protected final WorkloadStatus only(Workload workload) throws InterruptedException {
        return scaler().status(workload).get(0);
    }

    /** What {@code action} would do now. */
    protected final Assessment preview(Action<?> action) throws InterruptedException {
        return ActionExecutor.on(clockwork()).preview(action);
    }

    /** Executes {@code action} to its end, outside any run. */
    protected final void execute(Action<?> action) throws InterruptedException {
        execute(action, Epoch.NONE);
    }

    /** Executes {@code action} to its end, in a run of {@code epoch}. */
    protected final void execute(Action<?> action, Epoch epoch) throws InterruptedException {
        ActionExecutor.on(clockwork()).execute(action, RunContext.of(clockwork(), epoch), ActionExecutor.Watcher.NONE);
    }

    /** Observes and applies once, and does not wait for the end. */
    protected final void applyOnce(Action<?> action, Epoch epoch) throws InterruptedException {
        apply(action, RunContext.of(clockwork(), epoch), () -> {});
    }

    /** Observes, lets something happen, and applies. */
    protected final void applyAfter(Action<?> action, Runnable between) throws InterruptedException {
        apply(action, RunContext.of(clockwork(), Epoch.NONE), between);
    }

    private void supersede(Action<?> action, Epoch epoch) throws InterruptedException {
        assertThat(action)
                .as("a scaler compares epochs and versions, and so can make void what is on its way")
                .isInstanceOf(SupersedingAction.class);
        supersede((SupersedingAction<?>) action, RunContext.of(clockwork(), epoch));
    }

    private static <O> void supersede(SupersedingAction<O> action, ActionContext context) throws InterruptedException {
        ConflictException last = null;
        for (int attempt = 0; attempt < 20; attempt++) {
            try {
                action.supersede(action.observe(context), context);
                return;
            } catch (ConflictException e) {
                last = e; // controllers write, too
            }
        }
        throw new AssertionError("Each time somebody else had written", last);
    }

    private static <O> void apply(Action<O> action, ActionContext context, Runnable between)
            throws InterruptedException {
        O observed = action.observe(context);
        between.run();
        action.apply(observed, context);
    }

    private Assessment becoming(Action<?> action, Class<? extends Assessment> wanted) throws InterruptedException {
        Assessment now = preview(action);
        while (!wanted.isInstance(now)) {
            assertThat(now).isNotInstanceOf(Assessment.Done.class);
            clockwork().sleep(Duration.ofMillis(10));
            now = preview(action);
        }
        return now;
    }
}
